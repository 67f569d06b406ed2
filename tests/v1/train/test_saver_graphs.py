"""Graphs written to files and built again from the files alone."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.core.description import describe
from deepkit.errors import ArgumentError, DataError, GraphError, GraphWarning
from deepkit.site import Cell

X = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
LABELS = np.array([0, 1, 2, 0, 1, 2])
START: list[np.ndarray] = []  # the trainable variables when they were initialized


def build() -> tf.Tensor:
    """A network with most of what graphs have: scopes, dropout, batch norm, a branch, a loop, rows, an optimizer."""
    tf.set_random_seed(3)
    x = tf.placeholder(tf.float32, [None, 4], name="image")
    label = tf.placeholder(tf.int64, [None], name="label")
    training = tf.placeholder_with_default(False, [], name="is_training")
    with tf.variable_scope("hidden"), tf.device("/cpu:0"):
        h = tf.layers.dense(x, 5, tf.nn.relu)
        h = tf.layers.batch_normalization(h, training=training)
        h = tf.cond(training, lambda: tf.nn.dropout(h, 0.7), lambda: h)
    words = tf.get_variable("words", [3, 5])
    h = h + tf.nn.embedding_lookup(words, label) * 0.1
    _, h = tf.while_loop(lambda i, _: i < 2, lambda i, y: (i + 1, tf.tanh(y)), [0, h])
    logits = tf.layers.dense(h[:, ..., 1:], 3, name="out")
    loss = tf.losses.sparse_softmax_cross_entropy(label, logits)
    tf.identity(tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), label), tf.float32)), name="accuracy")
    tf.identity(loss, name="loss")
    tf.add_to_collection("mine", logits)
    tf.add_to_collection("mine", "a text")
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        tf.train.AdamOptimizer(0.02).minimize(loss, tf.train.get_or_create_global_step(), name="train")
    return loss


def steps(graph: tf.Graph, sess: tf.Session, count: int) -> list[float]:
    feeds = {"image:0": X, "label:0": LABELS, "is_training:0": True}
    return [float(sess.run(["loss:0", graph.get_operation_by_name("train")], feeds)[0]) for _ in range(count)]


@pytest.fixture
def saved(tmp_path):
    """(path of a checkpoint after 3 steps, the losses of the next 4 steps)."""
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        build()
        sess.run(tf.global_variables_initializer())
        START[:] = sess.run(tf.trainable_variables())
        steps(graph, sess, 3)
        path = tf.train.Saver(max_to_keep=3).save(sess, str(tmp_path / "m"), 3)
        yield path, steps(graph, sess, 4)


def test_the_seeds_of_the_initializers_are_in_the_file(saved):
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.train.import_meta_graph(f"{saved[0]}.meta")
        sess.run("init")
        for a, b in zip(START, sess.run(tf.trainable_variables()), strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_graph_from_its_file_trains_on(saved):
    path, wanted = saved
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        saver = tf.train.import_meta_graph(f"{path}.meta")
        saver.restore(sess, path)
        assert steps(graph, sess, 4) == wanted
        assert sess.run(graph.get_tensor_by_name("accuracy:0"), {"image:0": X, "label:0": LABELS}) > 0.3
        mine = tf.get_collection("mine")
        assert mine[0].name == "out/BiasAdd:0"
        assert mine[1] == "a text"
        assert [v.name for v in tf.trainable_variables()][:2] == ["hidden/dense/kernel:0", "hidden/dense/bias:0"]
        assert tf.train.get_global_step().name == "global_step:0"
        assert graph.get_operation_by_name("hidden/dense/MatMul").device == "/cpu:0"
        assert graph.get_tensor_by_name("image:0").shape.as_list() == [None, 4]
        assert saver.settings()["max_to_keep"] == 3


def test_a_program_that_never_saw_the_model(saved):
    path, wanted = saved
    program = f"""
import numpy as np
import deepkit.v1 as tf
with tf.Session() as sess:
    saver = tf.train.import_meta_graph({path!r} + ".meta")
    saver.restore(sess, {path!r})
    x = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    feeds = {{"image:0": x, "label:0": [0, 1, 2, 0, 1, 2], "is_training:0": True}}
    print(repr(float(sess.run(["loss:0", sess.graph.get_operation_by_name("train")], feeds)[0])))
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert float(found.stdout) == wanted[0]


def test_new_nodes_fit_to_those_from_the_file(saved):
    path, _ = saved
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        saver = tf.train.import_meta_graph(f"{path}.meta")
        h = graph.get_tensor_by_name("hidden/dense/Relu:0")
        top = tf.layers.dense(h, 2, name="top")
        gradients = tf.gradients(graph.get_tensor_by_name("loss:0"), tf.trainable_variables()[:2])
        assert all(g is not None for g in gradients), "through the loop and the branch of the file"
        sess.run(tf.variables_initializer(tf.global_variables("top")))
        saver.restore(sess, path)
        assert sess.run(top, {"image:0": X}).shape == (6, 2)
        feeds = {"image:0": X, "label:0": LABELS, "is_training:0": True}
        assert np.isfinite(sess.run(gradients, feeds)[0]).all()


def test_import_into_a_scope(saved):
    path, wanted = saved
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        for scope in ("left", "right"):
            saver = tf.train.import_meta_graph(f"{path}.meta", import_scope=scope)
            saver.restore(sess, path)
        assert tf.trainable_variables()[0].name == "left/hidden/dense/kernel:0"
        feeds = {"right/image:0": X, "right/label:0": LABELS, "right/is_training:0": True}
        found = sess.run(["right/loss:0", graph.get_operation_by_name("right/train")], feeds)[0]
        assert np.isfinite(found)
        assert tf.train.list_variables(path)[0][0] == "beta1_power", "the checkpoint knows nothing of scopes"
    assert np.isfinite(wanted[0])


def test_a_graph_that_is_there_already(saved):
    path, wanted = saved
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        build()
        count = len(graph.get_operations())
        with pytest.warns(GraphWarning, match="has all these nodes already") as told:
            saver = tf.train.import_meta_graph(f"{path}.meta")
        assert told[0].filename == __file__
        assert len(graph.get_operations()) == count + 1, "the initializer of the stored graph"
        assert graph.get_operations()[-1].name == "init"
        saver.restore(sess, path)
        assert steps(graph, sess, 4) == wanted


def test_names_that_are_taken_get_a_suffix(tmp_path):
    with tf.Graph().as_default(), tf.Session() as sess:
        w = tf.Variable(5.0, name="w")
        tf.multiply(w, 2.0, name="y")
        sess.run(w.initializer)
        path = tf.train.Saver().save(sess, str(tmp_path / "m"))
    with tf.Graph().as_default(), tf.Session() as sess:
        other = tf.Variable([1.0, 2.0], name="w")
        saver = tf.train.import_meta_graph(f"{path}.meta")
        sess.run(other.initializer)
        saver.restore(sess, path)
        assert sess.run(["y:0", "w_1:0"]) == [10, 5]
        assert sess.run(other).tolist() == [1, 2]


def test_export_and_import_without_a_file():
    with tf.Graph().as_default() as graph:
        tf.add(tf.constant(1.0), tf.Variable(2.0, name="v"), name="y")
        tf.add_to_collection("a", graph.get_tensor_by_name("y:0"))
        tf.add_to_collection("b", 1)
        meta = tf.train.export_meta_graph(collection_list=["a", "variables"], clear_devices=True)
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        saver = tf.train.import_meta_graph(meta)
        assert list(saver.variables) == ["v"]
        assert tf.get_collection("b") == []
        sess.run(tf.global_variables_initializer())
        assert sess.run(tf.get_collection("a")) == [3]
    with tf.Graph().as_default() as graph:
        tf.constant(1.0, name="alone")
        meta = tf.train.export_meta_graph(graph=graph)
    with tf.Graph().as_default():
        assert tf.train.import_meta_graph(meta) is None
    with pytest.raises(ArgumentError, match="export_scope"):
        tf.train.export_meta_graph(graph=graph, export_scope="a")


def test_what_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match=r"File .*nothing\.meta does not exist"):
        tf.train.import_meta_graph(str(tmp_path / "nothing.meta"))
    (tmp_path / "theirs.meta").write_bytes(b"\n\x88\x02\n\x05\x08\x01\x12\x01*" * 30)
    with pytest.raises(
        DataError, match=r"theirs\.meta is no graph that deepkit wrote[^$]*TensorFlow's \.meta is not read"
    ):
        tf.train.import_meta_graph(str(tmp_path / "theirs.meta"))
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.Variable(0.0).initializer.run(session=sess)
        path = tf.train.Saver().save(sess, str(tmp_path / "m"))
    with pytest.raises(DataError, match=r"no graph that deepkit wrote: it has no tensor 'graph'"):
        tf.train.import_meta_graph(f"{path}.safetensors")
    with pytest.raises(DataError, match=r"m\.meta is there"):
        tf.train.import_meta_graph(path)


def test_a_cell_that_ran_again_is_said(monkeypatch):
    """Node y was made from an x that its cell has replaced since."""
    cell = [Cell("a", 1)]
    for module in ("deepkit.core.graph", "deepkit.v1.framework.variable_store"):
        monkeypatch.setattr(f"{module}.running_cell", lambda: cell[0])
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, name="x")
        cell[0] = Cell("b", 2)
        tf.add(x, 1.0, name="y")
        cell[0] = Cell("a", 3)
        tf.placeholder(tf.float32, name="x")
        cell[0] = None
        with pytest.raises(GraphError, match="node 'y' takes 'x', which has left the graph"):
            describe(graph)


def test_reading_the_file_in_a_cell_that_runs_again(saved, monkeypatch):
    path, wanted = saved
    cell = [Cell("a", 1)]
    monkeypatch.setattr("deepkit.core.graph.running_cell", lambda: cell[0])
    with tf.Graph().as_default() as graph:
        for run in (1, 2, 3):
            cell[0] = Cell("a", run)
            saver = tf.train.import_meta_graph(f"{path}.meta")
        cell[0] = None
        with tf.Session() as sess:
            saver.restore(sess, path)
            assert steps(graph, sess, 4) == wanted
        assert len(tf.trainable_variables()) == len({v.name for v in tf.trainable_variables()})
