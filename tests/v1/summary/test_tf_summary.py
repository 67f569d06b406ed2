"""tf.summary: names and tags of the nodes, what FileWriter writes, hooks, estimators, and what mistakes are told."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

pytest.importorskip("tensorboard", reason="tensorboard is not installed (extra: tensorboard)")

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, DTypeError, ShapeError
from deepkit.v1.client.timeline import Timeline

summary = tf.summary


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def events(folder):
    return [e for name in sorted(os.listdir(folder)) for e in tf.train.summary_iterator(os.path.join(folder, name))]


def scalars(folder):
    return [(e.step, v.tag, v.simple_value) for e in events(folder) for v in e.summary.value]


def tag_of(node) -> str:
    with tf.Session() as sess:
        return tf.Summary.FromString(sess.run(node)).value[0].tag


# ---- nodes


def test_names_and_tags():
    loss = tf.constant(0.5)
    with tf.name_scope("train"):
        first, second = summary.scalar("loss", loss), summary.scalar("loss", loss)
    assert [x.op.name for x in (first, second)] == ["train/loss", "train/loss_1"]
    assert [tag_of(x) for x in (first, second)] == ["train/loss", "train/loss_1"]
    assert [x.op.name for x in first.op.inputs] == ["train/loss/tags", "Const"]
    assert first.op.type == "ScalarSummary"


def test_a_family_stands_before_the_tag():
    with tf.name_scope("train"):
        node = summary.scalar("loss", 0.5, family="losses")
    assert node.op.name == "train/losses/loss"
    assert tag_of(node) == "losses/train/losses/loss"


def test_characters_that_names_do_not_have():
    assert tag_of(summary.scalar("/a b:0", 1.0)) == "a_b_0"


def test_summaries_are_listed_and_merged():
    summary.scalar("a", 1.0)
    summary.histogram("b", [1.0, 2.0])
    summary.scalar("c", 2.0, collections=["other"])
    merged = summary.merge_all()
    assert merged.op.name == "Merge/MergeSummary"
    with tf.Session() as sess:
        found = tf.Summary.FromString(sess.run(merged))
    assert [v.tag for v in found.value] == ["a", "b"]
    assert len(tf.get_collection(tf.GraphKeys.SUMMARIES)) == 2
    assert len(tf.get_collection("other")) == 1


def test_merge_all_of_a_scope_or_of_nothing():
    assert summary.merge_all() is None
    with tf.name_scope("eval"):
        summary.scalar("a", 1.0)
    summary.scalar("b", 1.0)
    with tf.Session() as sess:
        found = tf.Summary.FromString(sess.run(summary.merge_all(scope="eval")))
    assert [v.tag for v in found.value] == ["eval/a"]


def test_text_is_a_tensor_for_the_text_page():
    with tf.Session() as sess:
        found = tf.Summary.FromString(sess.run(summary.text("note", tf.constant([["a", "b"]])))).value[0]
    assert found.metadata.plugin_data.plugin_name == "text"
    assert list(found.tensor.string_val) == [b"a", b"b"]
    with pytest.raises(DTypeError, match="a text summary shows strings"):
        summary.text("number", tf.constant(1))


def test_a_vector_is_no_scalar():
    with pytest.raises(ShapeError, match="a scalar summary of a tensor of shape"):
        summary.scalar("loss", tf.zeros([3]))
    with pytest.raises(ArgumentError, match="the first argument is the summary's name"):
        summary.scalar(tf.constant(1.0), "loss")


# ---- the writer


def test_a_writer_writes_graph_summaries_and_runs(tmp_path, graph):
    x = tf.placeholder(tf.float32, [], name="x")
    node = summary.scalar("twice", x * 2)
    with tf.Session() as sess, summary.FileWriter(tmp_path / "logs", sess.graph) as writer:
        metadata = tf.RunMetadata()
        full = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
        for step in range(3):
            writer.add_summary(sess.run(node, {x: step}, full, metadata), np.int64(step * 10))
        writer.add_run_metadata(metadata, "run", 2)
        with pytest.raises(ArgumentError, match="there is a run 'run' already"):
            writer.add_run_metadata(metadata, "run")
    assert scalars(tmp_path / "logs") == [(0, "twice", 0), (10, "twice", 2), (20, "twice", 4)]
    graphs = [tf.GraphDef.FromString(e.graph_def) for e in events(tmp_path / "logs") if e.graph_def]
    assert [n.name for n in graphs[0].node] == [n.name for n in graph.get_operations()]
    (tagged,) = [e.tagged_run_metadata for e in events(tmp_path / "logs") if e.HasField("tagged_run_metadata")]
    assert tf.RunMetadata.FromString(tagged.run_metadata) == metadata


def test_summaries_may_be_made_by_hand(tmp_path):
    made = tf.Summary(value=[tf.Summary.Value(tag="epoch/loss", simple_value=0.25)])
    with summary.FileWriter(tmp_path) as writer:
        writer.add_summary(made, 4)
        writer.add_summary(made)
        writer.add_event(tf.Event(step=9, wall_time=0))
        writer.add_session_log(tf.SessionLog(status=tf.SessionLog.STOP), 10)
    assert scalars(tmp_path) == [(4, "epoch/loss", 0.25), (0, "epoch/loss", 0.25)]
    assert [e.session_log.status for e in events(tmp_path) if e.step == 10] == [tf.SessionLog.STOP]


def test_metadata_are_written_once(tmp_path):
    node = summary.text("note", tf.constant("hello"))
    with tf.Session() as sess, summary.FileWriter(tmp_path) as writer:
        for step in range(3):
            writer.add_summary(sess.run(node), step)
    assert [v.HasField("metadata") for e in events(tmp_path) for v in e.summary.value] == [True, False, False]


def test_a_writer_that_nobody_closes_loses_nothing(tmp_path, graph):
    tf.constant(1.0)
    summary.FileWriter(tmp_path, graph)
    assert any(e.graph_def for e in events(tmp_path))


def test_close_and_reopen(tmp_path):
    writer = summary.FileWriter(tmp_path)
    made = tf.Summary(value=[tf.Summary.Value(tag="a", simple_value=1)])
    writer.add_summary(made, 1)
    writer.close()
    with pytest.warns(UserWarning, match="is closed: nothing is written"):
        writer.add_summary(made, 2)
    writer.reopen()
    writer.add_summary(made, 3)
    writer.flush()
    writer.close()
    assert [step for step, _, _ in scalars(tmp_path)] == [1, 3]
    assert len(os.listdir(tmp_path)) == 2


def test_one_writer_for_each_folder(tmp_path):
    cache = summary.FileWriterCache
    first = cache.get(tmp_path)
    assert cache.get(str(tmp_path)) is first
    os.remove(first._events.path)
    assert cache.get(tmp_path) is not first  # its file is gone: what it writes goes nowhere
    cache.clear()


@pytest.mark.parametrize(
    ("given", "words"),
    [(None, "merge_all\\(\\) is None"), (1.0, "the bytes that a summary node gives"), (b"\xff\xff", "no summary")],
)
def test_what_is_no_summary(tmp_path, given, words):
    with summary.FileWriter(tmp_path) as writer, pytest.raises((DTypeError, ArgumentError), match=words):
        writer.add_summary(given, 0)


def test_the_node_in_the_place_of_its_value(tmp_path):
    node = summary.scalar("loss", 1.0)
    with summary.FileWriter(tmp_path) as writer, pytest.raises(DTypeError, match="not of its value"):
        writer.add_summary(node, 0)


# ---- times


def test_a_trace_has_every_call_of_the_run():
    x = tf.placeholder(tf.float32, [None, 50], name="x")
    w = tf.Variable(tf.ones([50, 40]), name="w")
    y = tf.matmul(x, w, name="y")
    count = tf.assign_add(tf.Variable(0, name="n"), 1, name="count")
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        plain = sess.run([y, count], {x: np.ones((30, 50))})
        metadata = tf.RunMetadata()
        full = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
        traced = sess.run([y, count], {x: np.ones((30, 50))}, full, metadata)
        untouched = tf.RunMetadata()
        sess.run(y, {x: np.ones((30, 50))}, run_metadata=untouched)
    np.testing.assert_array_equal(plain[0], traced[0])
    assert (plain[1], traced[1]) == (1, 2)
    assert untouched == tf.RunMetadata()
    (device,) = metadata.step_stats.dev_stats
    assert device.device.endswith("device:CPU:0")
    stats = {node.node_name: node for node in device.node_stats}
    assert {"y", "count"} <= set(stats)
    described = stats["y"].output[0].tensor_description
    assert [d.size for d in described.shape.dim] == [30, 40]
    assert described.allocation_description.allocated_bytes == 30 * 40 * 4
    assert stats["count"].output[0].tensor_description.HasField("shape")  # without it TensorBoard shows no times at all
    assert stats["y"].timeline_label == "y = MatMul(x, w/read)"
    begins = [node.all_start_nanos for node in device.node_stats]
    ends = [node.all_start_nanos + node.all_end_rel_nanos for node in device.node_stats]
    assert all(end <= begin for end, begin in zip(ends, begins[1:], strict=False))  # one after the other


def test_a_chrome_trace():
    y = tf.sqrt(tf.placeholder_with_default(np.ones(100, np.float32), [None], name="x"), name="root") * 2.0
    metadata = tf.RunMetadata()
    with tf.Session() as sess:
        sess.run(y, options=tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), run_metadata=metadata)
    trace = json.loads(Timeline(metadata.step_stats).generate_chrome_trace_format(show_memory=True))["traceEvents"]
    done = {e["args"]["name"]: e for e in trace if e["ph"] == "X"}
    assert done["root"]["name"] == "Sqrt"
    assert done["mul"]["args"]["input0"] == "root"
    assert done["root"]["ts"] + done["root"]["dur"] <= done["mul"]["ts"] + 1
    arrows = [e for e in trace if e["ph"] in "st"]
    assert {e["name"] for e in arrows} == {"x", "root"}
    assert any(e["ph"] == "C" and e["args"]["bytes"] == 400 for e in trace)


def test_an_error_in_a_traced_run_names_the_users_line():
    x = tf.placeholder(tf.float32, name="x")
    y = tf.matmul(x, tf.ones([3, 3]), name="product")
    metadata = tf.RunMetadata()
    with tf.Session() as sess, pytest.raises(Exception, match="product") as caught:
        sess.run(y, {x: np.ones((2, 4))}, tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), metadata)
    assert 'name="product"' in str(caught.value)


# ---- loops


def counting():
    step = tf.train.get_or_create_global_step()
    summary.scalar("now", tf.cast(step, tf.float32))
    return tf.assign_add(step, 1)


def test_hooks_write_every_so_many_steps(tmp_path):
    from deepkit.v1.train.hooks import HookedSession

    step = counting()
    hooks = [
        tf.train.SummarySaverHook(save_steps=3, output_dir=str(tmp_path)),
        tf.train.StepCounterHook(every_n_steps=4, output_dir=str(tmp_path)),
    ]
    for hook in hooks:
        hook.begin()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        session = HookedSession(sess, hooks)
        session.start()
        for _ in range(9):
            session.run(step)
        session.end()
    summary.FileWriterCache.clear()
    found = scalars(tmp_path)
    assert [s for s, tag, _ in found if tag == "now"] == [1, 4, 7]
    assert [s for s, tag, _ in found if tag == "global_step/sec"] == [5, 9]
    with pytest.raises(ArgumentError, match="either steps"):
        tf.train.SummarySaverHook(save_steps=3, save_secs=2)


def test_an_estimator_writes_its_loss_and_results(tmp_path):
    def model(features, labels, mode):
        w = tf.get_variable("w", [], initializer=tf.zeros_initializer())
        loss = tf.reduce_mean(tf.square(features["x"] * w - labels))
        train = tf.train.GradientDescentOptimizer(0.1).minimize(loss, tf.train.get_global_step())
        return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train, predictions=w)

    config = tf.estimator.RunConfig(save_summary_steps=2)
    estimator = tf.estimator.Estimator(model, str(tmp_path), config)
    data = tf.estimator.inputs.numpy_input_fn({"x": np.ones(8, np.float32)}, np.ones(8, np.float32), 4, None, False)
    estimator.train(data, steps=5)
    estimator.evaluate(data, steps=1)
    names = [name for name in os.listdir(tmp_path) if name.startswith("events")]
    (found,) = [list(tf.train.summary_iterator(str(tmp_path / name))) for name in names]
    losses = [(e.step, v.simple_value) for e in found for v in e.summary.value if v.tag == "loss"]
    assert [step for step, _ in losses] == [1, 3, 5]
    assert losses[0][1] == 1.0
    ((step, tag, value),) = scalars(tmp_path / "eval")
    assert (step, tag) == (5, "loss")
    assert value < losses[-1][1]
    summary.FileWriterCache.clear()


def test_the_projector_is_told_what_to_show(tmp_path):
    projector = tf.contrib.tensorboard.plugins.projector
    config = projector.ProjectorConfig()
    config.embeddings.add(tensor_name="vectors:0").metadata_path = "words.tsv"
    with summary.FileWriter(tmp_path) as writer:
        projector.visualize_embeddings(writer, config)
    text = (tmp_path / "projector_config.pbtxt").read_text()
    assert 'tensor_name: "vectors:0"' in text
    assert 'metadata_path: "words.tsv"' in text
