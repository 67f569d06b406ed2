"""tf.train.Saver and what stands beside it: files, names, what is kept, what comes back, and what is said to mistakes."""

from __future__ import annotations

import os
import warnings

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import (
    ArgumentError,
    ClosedSessionError,
    DataError,
    DTypeError,
    GraphError,
    NameNotFoundError,
    ShapeError,
    UninitializedError,
)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


@pytest.fixture
def model():
    """Two variables with values that their initializers do not give."""
    v1 = tf.Variable(tf.zeros([2, 3]), name="v1")
    v2 = tf.Variable(np.int64(0), name="v2", trainable=False)
    with tf.Session() as sess:
        sess.run([v1.assign(np.arange(6.0).reshape(2, 3)), v2.assign(7)])
        yield sess, v1, v2


def files(folder) -> list[str]:
    return sorted(os.listdir(folder))


def test_what_is_saved_comes_back_without_initializing(model, tmp_path):
    sess, v1, v2 = model
    path = tf.train.Saver().save(sess, str(tmp_path / "model.ckpt"))
    assert path == str(tmp_path / "model.ckpt")
    assert files(tmp_path) == ["checkpoint", "model.ckpt.meta", "model.ckpt.safetensors"]
    with tf.Session() as again:
        tf.train.Saver().restore(again, path)
        np.testing.assert_array_equal(again.run(v1), [[0, 1, 2], [3, 4, 5]])
        assert again.run(v2) == 7
        again.run(v1.assign_add(tf.ones([2, 3])))
    np.testing.assert_array_equal(sess.run(v1), [[0, 1, 2], [3, 4, 5]])


def test_a_list_saves_a_part_and_a_dict_renames(model, tmp_path):
    sess, v1, v2 = model
    part = tf.train.Saver([v1]).save(sess, str(tmp_path / "part"))
    renamed = tf.train.Saver({"weights": v1, "count": v2}).save(sess, str(tmp_path / "renamed"))
    assert tf.train.list_variables(part) == [("v1", [2, 3])]
    assert tf.train.list_variables(renamed) == [("count", []), ("weights", [2, 3])]
    with tf.Session() as again:
        tf.train.Saver({"weights": v1}).restore(again, renamed)
        np.testing.assert_array_equal(again.run(v1), sess.run(v1))
        with pytest.raises(UninitializedError):
            again.run(v2)


def test_numbers_behind_the_name(model, tmp_path):
    sess, _, v2 = model
    saver = tf.train.Saver()
    base = str(tmp_path / "m")
    assert saver.save(sess, base, global_step=v2) == f"{base}-7"
    assert saver.save(sess, base, global_step=np.int32(8)) == f"{base}-8"
    assert saver.save(sess, base, global_step="v2:0") == f"{base}-7"
    assert tf.train.Saver(pad_step_number=True).save(sess, base, 12) == f"{base}-00000012"
    with pytest.raises(ArgumentError, match=r"global_step=1\.5"):
        saver.save(sess, base, global_step=1.5)


def test_the_oldest_go(model, tmp_path):
    sess, *_ = model
    saver = tf.train.Saver(max_to_keep=2)
    for step in (1, 2, 3, 2):
        saver.save(sess, str(tmp_path / "m"), global_step=step, write_meta_graph=step > 1)
    assert saver.last_checkpoints == [str(tmp_path / "m-3"), str(tmp_path / "m-2")]
    assert files(tmp_path) == ["checkpoint", "m-2.meta", "m-2.safetensors", "m-3.meta", "m-3.safetensors"]
    state = tf.train.get_checkpoint_state(str(tmp_path))
    assert state.model_checkpoint_path == tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "m-2")
    assert state.all_model_checkpoint_paths == saver.last_checkpoints


@pytest.mark.parametrize("most", [None, 0])
def test_all_are_kept_if_asked_for(model, tmp_path, most):
    saver = tf.train.Saver(max_to_keep=most)
    for step in range(7):
        saver.save(model[0], str(tmp_path / "m"), step, write_meta_graph=False)
    assert len(files(tmp_path)) == 8
    assert tf.train.get_checkpoint_state(str(tmp_path)).all_model_checkpoint_paths == [str(tmp_path / "m-6")]


def test_one_in_so_many_hours_stays(model, tmp_path, monkeypatch):
    now = [1e9]
    monkeypatch.setattr("time.time", lambda: now[0])
    saver = tf.train.Saver(max_to_keep=1, keep_checkpoint_every_n_hours=2)
    for hour in range(7):
        now[0] = 1e9 + 3600 * hour + 1
        saver.save(model[0], str(tmp_path / "m"), hour, write_meta_graph=False)
    # Hours 2 and 4 are the first ones after two and four hours; hour 6 is the latest.
    assert files(tmp_path) == ["checkpoint", "m-2.safetensors", "m-4.safetensors", "m-6.safetensors"]


def test_a_training_that_goes_on_counts_the_checkpoints_before(model, tmp_path):
    sess, *_ = model
    first = tf.train.Saver(max_to_keep=2)
    for step in (1, 2):
        first.save(sess, str(tmp_path / "m"), step, write_meta_graph=False)
    second = tf.train.Saver(max_to_keep=2)
    second.recover_last_checkpoints([*first.last_checkpoints, str(tmp_path / "gone")])
    second.save(sess, str(tmp_path / "m"), 3, write_meta_graph=False)
    assert files(tmp_path) == ["checkpoint", "m-2.safetensors", "m-3.safetensors"]
    third = tf.train.Saver(max_to_keep=1)
    third.set_last_checkpoints(second.last_checkpoints)
    third.save(sess, str(tmp_path / "m"), 4, write_meta_graph=False)
    assert "m-2.safetensors" in files(tmp_path), "TensorFlow does not delete these"


def test_relative_names_and_folders(model, tmp_path, monkeypatch):
    sess, *_ = model
    monkeypatch.chdir(tmp_path)
    saver = tf.train.Saver()
    assert saver.save(sess, "./classifier", global_step=1) == "./classifier-1"
    assert tf.train.latest_checkpoint("./") == tf.train.latest_checkpoint(".") == "./classifier-1"
    assert saver.save(sess, "new/classifier") == "new/classifier"
    assert tf.train.latest_checkpoint("new") == "new/classifier"
    assert tf.train.get_checkpoint_state("new").all_model_checkpoint_paths == ["new/classifier"]
    os.rename("new", "moved")
    saver.restore(sess, tf.train.latest_checkpoint("moved"))
    assert saver.save(sess, "moved/other", latest_filename="best", write_meta_graph=False) == "moved/other"
    assert tf.train.latest_checkpoint("moved", "best") == "moved/other"
    assert tf.train.latest_checkpoint("moved") == "moved/classifier"
    assert tf.train.latest_checkpoint("nowhere") is None
    assert tf.train.get_checkpoint_state("nowhere") is None


def test_what_is_in_a_checkpoint(model, tmp_path):
    path = tf.train.Saver().save(model[0], str(tmp_path / "m"), 5)
    assert tf.train.checkpoint_exists(path)
    assert not tf.train.checkpoint_exists(str(tmp_path / "m"))
    np.testing.assert_array_equal(tf.train.load_variable(str(tmp_path), "v1"), [[0, 1, 2], [3, 4, 5]])
    reader = tf.train.NewCheckpointReader(path)
    assert reader.get_variable_to_shape_map() == {"v1": [2, 3], "v2": []}
    assert reader.get_variable_to_dtype_map() == {"v1": tf.float32, "v2": tf.int64}
    assert reader.has_tensor("v2")
    assert not reader.has_tensor("v3")
    assert reader.debug_string() == b"v1 (float32) [2,3]\nv2 (int64) []\n"
    with pytest.raises(NameNotFoundError, match="has no tensor 'v3'"):
        reader.get_tensor("v3")
    assert len(tf.train.get_checkpoint_mtimes([path, "nothing"])) == 1
    tf.train.remove_checkpoint(path)
    assert files(tmp_path) == ["checkpoint"]
    assert tf.train.latest_checkpoint(str(tmp_path)) is None


def test_variables_start_with_values_of_a_checkpoint(model, tmp_path):
    path = tf.train.Saver({"old/w": model[1], "old/n": model[2]}).save(model[0], str(tmp_path / "m"))
    with tf.Graph().as_default(), tf.Session() as sess:
        with tf.variable_scope("new"):
            w, n = tf.get_variable("w", [2, 3]), tf.get_variable("n", [], tf.int64)
        other = tf.get_variable("other", [2, 3])
        tf.train.init_from_checkpoint(path, {"old/": "new/", "old/w": other})
        sess.run(tf.global_variables_initializer())
        for variable in (w, other):
            np.testing.assert_array_equal(sess.run(variable), [[0, 1, 2], [3, 4, 5]])
        assert sess.run(n) == 7
        with pytest.raises(ShapeError, match=r"'?old/w has shape \(2, 3\)"):
            tf.train.init_from_checkpoint(path, {"old/w": tf.get_variable("small", [3])})
        with pytest.raises(DTypeError, match="old/n is int64"):
            tf.train.init_from_checkpoint(path, {"old/n": tf.get_variable("f", [])})
        with pytest.raises(NameNotFoundError, match="no variable 'neww'"):
            tf.train.init_from_checkpoint(path, {"old/w": "neww"})


def test_shadow_variables_are_restored_into_the_variables(tmp_path):
    w = tf.Variable(tf.constant([1.0, 2.0]), name="w")
    average = tf.train.ExponentialMovingAverage(0.5)
    move = average.apply([w])
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(w.assign([3.0, 6.0]))
        sess.run(move)
        path = tf.train.Saver().save(sess, str(tmp_path / "m"))
    with tf.Graph().as_default(), tf.Session() as sess:
        w = tf.Variable([0.0, 0.0], name="w")
        names = tf.train.ExponentialMovingAverage(0.5).variables_to_restore()
        assert list(names) == ["w/ExponentialMovingAverage"]
        tf.train.Saver(names).restore(sess, path)
        np.testing.assert_array_equal(sess.run(w), [2, 4])


def test_reshape(model, tmp_path):
    path = tf.train.Saver().save(model[0], str(tmp_path / "m"))
    with tf.Graph().as_default(), tf.Session() as sess:
        flat = tf.Variable(tf.zeros([6]), name="v1")
        with pytest.raises(ShapeError, match=r"v1 has shape \(2, 3\) in the checkpoint"):
            tf.train.Saver().restore(sess, path)
        tf.train.Saver(reshape=True).restore(sess, path)
        np.testing.assert_array_equal(sess.run(flat), range(6))


def test_restoring_is_all_or_nothing(model, tmp_path):
    sess, v1, v2 = model
    path = tf.train.Saver([v1]).save(sess, str(tmp_path / "m"))
    sess.run(v1.assign(tf.ones([2, 3])))
    with pytest.raises(NameNotFoundError, match="Key v2 not found in checkpoint"):
        tf.train.Saver([v1, v2]).restore(sess, path)
    np.testing.assert_array_equal(sess.run(v1), np.ones([2, 3]))


def test_mistakes(model, tmp_path):
    sess, v1, _ = model
    saver = tf.train.Saver()
    base = str(tmp_path / "m")
    with pytest.raises(ArgumentError, match="Can't load save_path when it is None"):
        saver.restore(sess, tf.train.latest_checkpoint(str(tmp_path)))
    with pytest.raises(DataError, match="not a valid checkpoint"):
        saver.restore(sess, base)
    with pytest.raises(DataError, match=r"Parent directory of .* doesn't exist"):
        saver.save(sess, str(tmp_path / "a" / "b" / "c"))
    with pytest.raises(ArgumentError, match="must not contain path components"):
        saver.save(sess, base, latest_filename="a/b")
    with pytest.raises(ArgumentError, match="save_path="):
        saver.save(sess, str(tmp_path) + "/")
    assert files(tmp_path) == []
    with pytest.raises(ArgumentError, match="At least two variables have the same name: v1"):
        tf.train.Saver([v1, v1])
    with pytest.raises(ArgumentError, match="is no variable"):
        tf.train.Saver([v1 + 1])
    with pytest.raises(ArgumentError, match="is no variable"):
        tf.train.Saver({"a": [v1]})
    with pytest.raises(ArgumentError, match="is no name"):
        tf.train.Saver({v1: v1})
    assert list(tf.train.Saver([[v1]]).variables) == ["v1"]
    with pytest.raises(ArgumentError, match="is no session"):
        saver.save(base, sess)
    with tf.Graph().as_default():
        with pytest.raises(GraphError, match="No variables to save"):
            tf.train.Saver()
        late = tf.train.Saver(defer_build=True)
        with pytest.raises(GraphError, match="no variables yet"):
            late.save(sess, base)
        other = tf.Variable([[0.0] * 3] * 2, name="v1")
        late.build()
        with pytest.raises(GraphError, match="is not in the session's graph"):
            late.restore(sess, saver.save(sess, base))
        with tf.Session() as empty, pytest.raises(UninitializedError, match="'v1' has no value"):
            late.save(empty, base)
        wrong = tf.Variable(np.zeros((2, 3)), name="w")
        with tf.Session() as empty, pytest.raises(DTypeError, match="v1 is float32 in the checkpoint"):
            tf.train.Saver({"v1": wrong}).restore(empty, base)
        assert other.shape == (2, 3)
    sess.close()
    with pytest.raises(ClosedSessionError, match="needs an open session"):
        saver.save(sess, base)


# ---- the places in the random streams


def test_random_streams_go_on_where_they_were(tmp_path, graph):
    noise = [tf.random_normal([3], seed=4), tf.random_uniform([3]), tf.nn.dropout(tf.ones([8]), 0.5)]
    loop = tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x + tf.random_normal([])), [0, 0.0])[1]
    noise.append(loop)
    tf.Variable(0.0)
    saver = tf.train.Saver()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(noise)
        path = saver.save(sess, str(tmp_path / "m"))
        wanted = [sess.run(noise) for _ in range(3)]
    with tf.Session() as sess:
        sess.run(noise)
        saver.restore(sess, path)
        found = [sess.run(noise) for _ in range(3)]
    for a, b in zip(wanted, found, strict=True):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_array_equal(x, y)
    with tf.Session() as sess:  # in another process: the same graph from the file
        with tf.Graph().as_default() as again:
            imported = tf.train.import_meta_graph(f"{path}.meta")
        sess = tf.Session(graph=again)
        imported.restore(sess, path)
        found = sess.run([x.name for x in noise])
    for x, y in zip(wanted[0], found, strict=True):
        np.testing.assert_array_equal(x, y)


def test_a_saver_of_some_variables_and_other_seeds_leave_the_streams_alone(tmp_path):
    x, v = tf.random_normal([3], seed=4), tf.Variable(0.0, name="v")
    with tf.Session() as sess:
        sess.run([v.initializer, x])
        path = tf.train.Saver().save(sess, str(tmp_path / "m"))
        second = sess.run(x)
    with tf.Session() as sess:
        tf.train.Saver([v]).restore(sess, path)
        first = sess.run(x)
        assert not np.array_equal(first, second)
    with tf.Graph().as_default(), tf.Session() as sess:
        other, _ = tf.random_normal([3], seed=5), tf.Variable(0.0, name="v")
        fresh = sess.run(other)
    with tf.Graph().as_default(), tf.Session() as sess:
        other, _ = tf.random_normal([3], seed=5), tf.Variable(0.0, name="v")
        tf.train.Saver().restore(sess, path)
        np.testing.assert_array_equal(sess.run(other), fresh)


# ---- hooks


def test_a_hook_saves_while_the_training_runs(tmp_path):
    from deepkit.v1.train.hooks import HookedSession

    step = tf.train.get_or_create_global_step()
    more = step.assign_add(1)
    events = []

    class Listener(tf.train.CheckpointSaverListener):
        def after_save(self, session, global_step_value):
            events.append(global_step_value)

    hooks = [
        tf.train.CheckpointSaverHook(str(tmp_path), save_steps=3, listeners=[Listener()]),
        tf.train.StopAtStepHook(num_steps=8),
    ]
    hooked = HookedSession(None, hooks)
    for hook in hooks:
        hook.begin()
    with tf.Session() as sess:
        sess.run(step.initializer)
        hooked.session = sess
        hooked.start()
        runs = 0
        while not hooked.should_stop:
            hooked.run(more)
            runs += 1
        hooked.end()
    assert runs == 8
    assert events == [0, 3, 6, 8]
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "model.ckpt-8")
    with pytest.raises(ArgumentError, match="either save_secs or save_steps"):
        tf.train.CheckpointSaverHook(str(tmp_path))


def test_a_graph_with_a_python_function_is_saved_without_it(model, tmp_path):
    sess, *_ = model
    saver = tf.train.Saver()
    saver.save(sess, str(tmp_path / "m"))
    tf.py_func(np.sin, [tf.constant(1.0)], tf.float32, name="mine")
    with pytest.warns(UserWarning, match=r"node 'mine' .* calls a Python function") as told:
        saver.save(sess, str(tmp_path / "m"))
    assert told[0].filename == __file__
    assert "\n" not in str(told[0].message), "a warning is one line"
    assert files(tmp_path) == ["checkpoint", "m.safetensors"], "the graph of before would be another one"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        saver.save(sess, str(tmp_path / "m"))
    with pytest.raises(GraphError, match=r"node 'mine' .* calls a Python function"):
        saver.export_meta_graph()
    with pytest.raises(GraphError, match=r"node 'mine' .* calls a Python function"):
        tf.train.export_meta_graph(str(tmp_path / "g.meta"))
    assert not (tmp_path / "g.meta").exists()
