"""MonitoredTrainingSession, Scaffold, SessionManager and the hooks: what they start, save, restore and end."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, ClosedSessionError, GraphError, UninitializedError


@pytest.fixture(autouse=True)
def own_graph():
    with tf.Graph().as_default():
        yield


class Diary(tf.train.SessionRunHook):
    """Writes down which of its methods are called."""

    def __init__(self):
        self.calls = []

    def begin(self):
        self.calls.append("begin")

    def after_create_session(self, session, coord):
        self.calls.append(f"created, coordinated: {isinstance(coord, tf.train.Coordinator)}")

    def before_run(self, run_context):
        self.calls.append("before")

    def after_run(self, run_context, run_values):
        self.calls.append("after")

    def end(self, session):
        self.calls.append("end")


def counting():
    return tf.assign_add(tf.train.get_or_create_global_step(), 1)


def test_hooks_are_called_in_order():
    diary, count = Diary(), counting()
    with tf.train.MonitoredSession(hooks=[diary]) as sess:
        assert sess.run(count) == 1
        assert sess.graph is tf.get_default_graph()
        assert not sess.should_stop()
    assert diary.calls == ["begin", "created, coordinated: True", "before", "after", "end"]
    assert sess.should_stop()
    with pytest.raises(ClosedSessionError, match="closed"):
        sess.run(count)


def test_an_error_ends_without_the_hooks_end():
    diary, count = Diary(), counting()
    with pytest.raises(KeyError), tf.train.MonitoredSession(hooks=[diary]) as sess:  # noqa: PT012
        sess.run(count)
        raise KeyError("the program's own")
    assert "end" not in diary.calls


def test_the_end_of_the_data_ends_the_block_and_is_no_error():
    before = threading.active_count()
    x = tf.train.limit_epochs(tf.constant([1.0, 2.0]), num_epochs=3)
    (one,) = tf.train.slice_input_producer([tf.constant([1.0, 2.0])], num_epochs=2, shuffle=False)
    seen = []
    with tf.train.MonitoredSession() as sess:
        while not sess.should_stop():
            seen.append(float(sess.run(one)))
    assert seen == [1.0, 2.0, 1.0, 2.0]
    assert x is not None
    assert threading.active_count() == before


def test_feeds_of_the_caller_and_of_hooks_go_together():
    x, y = tf.placeholder(tf.float32, name="x"), tf.placeholder(tf.float32)
    hook = tf.train.FeedFnHook(lambda: {"x:0": 3.0})
    total, difference = x + y, x - y
    last = tf.train.FinalOpsHook(x * 2.0, {x: 5.0})
    with tf.train.MonitoredSession(hooks=[hook, last]) as sess:
        assert sess.run(total, {y: 4.0}) == 7.0
        assert sess.run_step_fn(lambda context: context.run_with_hooks(difference, {y: 1.0})) == 2.0
        sess.run_step_fn(lambda context: context.request_stop())
        assert sess.should_stop()
    assert last.final_ops_values == 10.0


@pytest.mark.parametrize("settings", [{}, {"save_checkpoint_steps": 2}])
def test_a_training_goes_on_from_its_checkpoint(tmp_path, settings):
    for expected in (3, 6):
        with tf.Graph().as_default():
            count = counting()
            hooks = [tf.train.StopAtStepHook(num_steps=3)]
            with tf.train.MonitoredTrainingSession(
                checkpoint_dir=tmp_path, hooks=hooks, save_summaries_steps=None, log_step_count_steps=None, **settings
            ) as sess:
                while not sess.should_stop():
                    done = sess.run(count)
        assert done == expected
        assert tf.train.latest_checkpoint(tmp_path).endswith(f"model.ckpt-{expected}")


def test_the_scaffold_s_parts_are_used_and_the_missing_ones_made(tmp_path):
    v, local = tf.Variable(1.0), tf.Variable(2.0, collections=[tf.GraphKeys.LOCAL_VARIABLES])
    start = tf.placeholder(tf.float32, [])
    ran = []
    scaffold = tf.train.Scaffold(
        init_op=v.assign(start), init_feed_dict={start: 7.0}, init_fn=lambda own, session: ran.append((own, session))
    )
    with tf.train.SingularMonitoredSession(scaffold=scaffold) as sess:
        assert sess.run([v, local]) == [7.0, 2.0]
        assert ran == [(scaffold, sess.raw_session())]
        with pytest.raises(GraphError, match="finalized"):
            tf.constant(1.0)
    assert scaffold.saver is not None
    assert tf.train.Scaffold(copy_from_scaffold=scaffold).init_op is scaffold.init_op


def test_variables_that_nobody_initializes_are_named():
    tf.Variable(1.0, name="known")
    other = tf.Variable(2.0, name="forgotten")
    scaffold = tf.train.Scaffold(init_op=tf.variables_initializer([tf.global_variables()[0]]))
    with pytest.raises(UninitializedError, match="not initialized after initialization: forgotten"):
        tf.train.MonitoredSession(tf.train.ChiefSessionCreator(scaffold))
    assert other is not None


def test_a_worker_without_a_chief_is_told_so():
    tf.Variable(1.0, name="v")
    with pytest.raises(UninitializedError, match="waits for a chief: v"):
        tf.train.MonitoredTrainingSession(is_chief=False)


def test_a_session_manager_restores_or_initializes(tmp_path):
    v = tf.Variable(3.0, name="v")
    saver, init = tf.train.Saver(), tf.global_variables_initializer()
    manager = tf.train.SessionManager()
    with pytest.raises(ArgumentError, match="nothing that initializes"):
        manager.prepare_session("", saver=saver, checkpoint_dir=tmp_path)
    with manager.prepare_session("", init, saver=saver, checkpoint_dir=tmp_path) as sess:
        sess.run(v.assign(8.0))
        saver.save(sess, str(tmp_path / "m"))
    found, restored = manager.recover_session("", saver, tmp_path)
    with found:
        assert (restored, found.run(v)) == (True, 8.0)


def test_a_loss_that_is_no_number_ends_the_training():
    loss = tf.placeholder(tf.float32)
    hook = tf.train.NanTensorHook(loss)
    with (  # noqa: PT012
        pytest.raises(tf.train.NanLossDuringTrainingError, match="NaN loss"),
        tf.train.MonitoredSession(hooks=[hook]) as sess,
    ):
        sess.run(loss, {loss: 1.0})
        sess.run(loss, {loss: np.nan})
    with tf.Graph().as_default():
        loss = tf.placeholder(tf.float32)
        with tf.train.MonitoredSession(hooks=[tf.train.NanTensorHook(loss, fail_on_nan_loss=False)]) as sess:
            sess.run(loss, {loss: np.nan})
            assert sess.should_stop()


def test_the_global_step_is_found_by_its_collection_or_its_name():
    assert tf.train.get_global_step() is None
    named = tf.Variable(0, name="global_step", trainable=False)
    assert tf.train.get_global_step() is named
    tf.add_to_collection(tf.GraphKeys.GLOBAL_STEP, tf.Variable(1))
    assert tf.train.get_global_step() is not named
