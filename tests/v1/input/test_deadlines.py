"""Runs that wait no longer than they were given: RunOptions and ConfigProto, as TensorFlow 2.21 was seen to do."""

from __future__ import annotations

import threading
import time

import pytest

import deepkit.v1 as tf
from deepkit.ops.input import deadline

SHORT = 50  # milliseconds


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def test_a_dequeue_gives_up_in_time_and_the_queue_goes_on():
    q = tf.FIFOQueue(3, tf.float32, [[]])
    put, pair, one = q.enqueue(7.0), q.dequeue_many(2), q.dequeue()
    with tf.Session() as sess:
        sess.run(put)
        began = time.monotonic()
        with pytest.raises(tf.errors.DeadlineExceededError, match="an element in <FIFOQueue 'fifo_queue'"):
            sess.run(pair, options=tf.RunOptions(timeout_in_ms=SHORT))
        assert SHORT / 1000 <= time.monotonic() - began < 5
        assert sess.run(one) == 7.0  # what the run had taken already is inside again


def test_an_enqueue_gives_up_in_time():
    q = tf.FIFOQueue(1, tf.float32, [[]])
    put = q.enqueue(1.0)
    with tf.Session() as sess:
        sess.run(put)
        with pytest.raises(tf.errors.DeadlineExceededError, match="room in"):
            sess.run(put, options=tf.RunOptions(timeout_in_ms=SHORT))
        assert sess.run(q.size()) == 1


def test_a_session_says_it_for_all_of_its_runs_and_options_for_one():
    q = tf.FIFOQueue(3, tf.float32, [[]])
    put, one = q.enqueue(1.0), q.dequeue()
    with tf.Session(config=tf.ConfigProto(operation_timeout_in_ms=SHORT)) as sess:
        for run in (lambda: sess.run(one), sess.make_callable(one)):
            with pytest.raises(tf.errors.DeadlineExceededError):
                run()
        later = threading.Timer(4 * SHORT / 1000, lambda: sess.run(put))
        later.start()
        assert sess.run(one, options=tf.RunOptions(timeout_in_ms=60_000)) == 1.0
        later.join()


def test_a_reader_that_waits_for_a_file_gives_up_in_time():
    files = tf.train.string_input_producer(["never read: nobody started the threads"])
    key, _ = tf.TFRecordReader().read(files)
    with tf.Session() as sess, pytest.raises(tf.errors.DeadlineExceededError, match="start_queue_runners"):
        sess.run(key, options=tf.RunOptions(timeout_in_ms=SHORT))


def test_a_thread_that_gave_up_tells_the_coordinator():
    q = tf.FIFOQueue(1, tf.float32, [[]])
    tf.train.add_queue_runner(tf.train.QueueRunner(q, [q.enqueue(1.0)]))
    with tf.Session(config=tf.ConfigProto(operation_timeout_in_ms=SHORT)) as sess:
        coord = tf.train.Coordinator()
        tf.train.start_queue_runners(sess, coord)
        with pytest.raises(tf.errors.DeadlineExceededError, match="room"):
            coord.join()


def test_time_counts_over_all_waits_of_a_run():
    """A wait gets what is left, and the old limits hold again afterwards."""

    class Asked:
        def __init__(self):
            self.seconds = []

        def wait_for(self, condition, timeout):
            self.seconds.append(timeout)
            return True

    changed = Asked()
    with deadline.within(60_000):
        deadline.wait(changed, bool, 10.0, "")
        with deadline.within(5_000):
            time.sleep(0.01)
            deadline.wait(changed, bool, 10.0, "")
        deadline.wait(changed, bool, None, "")
    deadline.wait(changed, bool, None, "")
    first, second, third, last = changed.seconds
    assert (first, last) == (10.0, None)
    assert second < 5 < third < 60
