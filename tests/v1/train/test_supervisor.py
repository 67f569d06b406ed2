"""Supervisor: it initializes or restores, saves at the start, runs loops in threads, and hands on their errors."""

from __future__ import annotations

import threading

import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, GraphError


@pytest.fixture(autouse=True)
def own_graph():
    with tf.Graph().as_default():
        yield


def test_it_initializes_then_restores(tmp_path):
    for expected in (1, 2):
        with tf.Graph().as_default():
            step = tf.Variable(0, name="global_step", trainable=False)
            count = step.assign_add(1)
            sv = tf.train.Supervisor(logdir=tmp_path, summary_op=None)
            assert sv.global_step is step
            with sv.managed_session() as sess:
                assert sess.run(count) == expected
                sv.saver.save(sess, sv.save_path, global_step=sv.global_step)
            assert sv.should_stop()
    assert tf.train.latest_checkpoint(tmp_path).endswith("model.ckpt-2")


def test_without_a_folder_nothing_is_saved():
    v = tf.Variable(2.0)
    ran = []
    sv = tf.train.Supervisor(init_fn=ran.append)
    with sv.managed_session() as sess:
        assert sess.run(v) == 2.0
    assert ran == [sess]
    assert sv.save_path is None
    with pytest.raises(GraphError, match="finalized"):
        tf.constant(1.0)
    with pytest.raises(ArgumentError, match="summary_computed"):
        sv.summary_computed(sess, b"")


def test_loops_run_until_the_stop_and_their_errors_are_raised():
    tf.Variable(2.0)
    before, done = threading.active_count(), threading.Event()
    sv = tf.train.Supervisor()
    with sv.managed_session():
        sv.loop(60, done.set)
        assert done.wait(10)
    assert threading.active_count() == before

    def fail() -> None:
        raise KeyError("from the thread")

    with pytest.raises(KeyError, match="from the thread"), sv.managed_session():  # noqa: PT012
        sv.loop(60, fail)
        sv.coord.wait_for_stop(10)


def test_the_program_s_own_error_comes_out_of_the_block():
    tf.Variable(2.0)
    with pytest.raises(ZeroDivisionError), tf.train.Supervisor().managed_session():
        1 / 0  # noqa: B018


def test_the_end_of_the_data_is_no_error():
    (x,) = tf.train.slice_input_producer([tf.constant([1, 2, 3])], num_epochs=1, shuffle=False)
    sv, seen = tf.train.Supervisor(), []
    with sv.managed_session() as sess:
        while not sv.should_stop():
            seen.append(int(sess.run(x)))
    assert seen == [1, 2, 3]
