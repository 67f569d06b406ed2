"""Threads that fill queues: start, stop, errors, and no thread that stays behind."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, GraphError, OutOfRangeError


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def alive() -> set[threading.Thread]:
    return {t for t in threading.enumerate() if "QueueRunner" in t.name}


def gone(within=5.0) -> bool:
    until = time.monotonic() + within
    while alive() and time.monotonic() < until:
        time.sleep(0.005)
    return not alive()


def test_five_threads_of_random_numbers(graph):
    queue = tf.FIFOQueue(100, "float")
    enqueue_op = queue.enqueue([tf.random_normal([1])])
    qr = tf.train.QueueRunner(queue, [enqueue_op] * 5)
    tf.train.add_queue_runner(qr)
    out = queue.dequeue()
    with tf.Session() as sess:
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess=sess, coord=coord)
        assert len(threads) == 6  # the sixth closes the queue
        found = [float(sess.run(out)[0]) for _ in range(30)]
        coord.request_stop()
        coord.join(threads)
        assert not any(t.is_alive() for t in threads)
        assert sess.run(queue.is_closed())
    assert len(set(found)) == 30  # two threads never draw the same numbers
    assert abs(np.mean(found)) < 1.2


def test_a_thousand_starts_and_stops_leave_no_thread(graph):
    number = tf.train.range_input_producer(3, shuffle=False, capacity=4).dequeue()
    before = threading.active_count()
    with tf.Session() as sess:
        pass
    for i in range(1000):
        with tf.Session() as sess:
            coord = tf.train.Coordinator() if i % 2 else None
            threads = tf.train.start_queue_runners(sess, coord)
            assert sess.run(number) == 0
            if coord:
                coord.request_stop()
                coord.join(threads)
            # every second time the session is closed while its threads are at work
    assert gone()
    assert threading.active_count() <= before


def test_the_end_of_the_data_closes_the_queue(graph):
    number = tf.train.range_input_producer(3, num_epochs=2, shuffle=False).dequeue()
    batch = tf.train.batch([number], 2, allow_smaller_final_batch=True)
    with tf.Session() as sess:
        sess.run(tf.local_variables_initializer())
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess, coord)
        found = []
        try:
            while not coord.should_stop():
                found.append(sess.run(batch).tolist())
        except tf.errors.OutOfRangeError:
            coord.request_stop()
        coord.join(threads)
    assert found == [[0, 1], [2, 0], [1, 2]]


def broken(graph, error):
    def fail():
        raise error

    queue = tf.FIFOQueue(10, tf.float64, shapes=[[]])
    tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue([tf.py_func(fail, [], tf.float64)])]))
    return queue.dequeue()


def test_an_error_of_a_thread_is_raised_by_join(graph):
    x = broken(graph, ValueError("a bad record"))
    with tf.Session() as sess:
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess, coord)
        with pytest.raises(OutOfRangeError):  # not a wait without end
            sess.run(x)
        with pytest.raises(tf.errors.InvalidArgumentError, match="a bad record"):
            coord.join(threads)
    assert gone()


def test_an_error_without_a_coordinator_is_logged_kept_and_ends_the_wait(graph, caplog, capfd):
    x = broken(graph, ValueError("a bad record"))
    (runner,) = graph.get_collection(tf.GraphKeys.QUEUE_RUNNERS)
    with tf.Session() as sess:
        tf.train.start_queue_runners(sess)
        with pytest.raises(OutOfRangeError):
            sess.run(x)
    assert gone()
    assert "a bad record" in str(runner.exceptions_raised[0])
    assert "Exception in QueueRunner" in capfd.readouterr().err + caplog.text


def test_forgotten_local_variables_reach_the_program(graph):
    number = tf.train.range_input_producer(3, num_epochs=1).dequeue()
    with tf.Session() as sess:
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess, coord)
        with pytest.raises(OutOfRangeError):
            sess.run(number)
        with pytest.raises(tf.errors.FailedPreconditionError, match="limit_epochs/epochs"):
            coord.join(threads)


def test_closing_the_session_stops_the_threads_quietly(graph, capfd):
    tf.train.range_input_producer(3, capacity=2)
    sess = tf.Session()
    threads = tf.train.start_queue_runners(sess)
    assert len(threads) == 1
    assert tf.train.start_queue_runners(sess) == []  # they are at work already
    sess.close()
    assert gone()
    assert capfd.readouterr().err == ""


def test_start_needs_a_session_and_a_runner_its_parts(graph):
    with pytest.raises(GraphError, match="needs a session"):
        tf.train.start_queue_runners()
    queue = tf.FIFOQueue(1, tf.int32)
    with pytest.raises(ArgumentError, match=r"\[enqueue_op\] \* 5"):
        tf.train.QueueRunner(queue, [])
    with pytest.raises(ArgumentError, match="a list of them"):
        tf.train.QueueRunner(queue, queue.enqueue([1]))
    runner = tf.train.QueueRunner(queue, [queue.enqueue([1])])
    with tf.Session() as sess:
        made = runner.create_threads(sess)
        assert [t.is_alive() for t in made] == [False]
        assert all(t.daemon for t in made)


@pytest.mark.parametrize("end", ["", "sess.close()"])
def test_a_program_that_forgets_its_threads_ends(end):
    program = f"""
        import deepkit.v1 as tf
        number = tf.train.range_input_producer(3, capacity=2).dequeue()
        other = tf.FIFOQueue(1, tf.int32).dequeue()
        data = tf.data.Dataset.range(100).repeat().map(lambda x: x + 1, num_parallel_calls=2).prefetch(2)
        element = data.make_one_shot_iterator().get_next()
        sess = tf.Session()
        tf.train.start_queue_runners(sess)
        import threading
        threading.Thread(target=lambda: sess.run(other), daemon=True).start()
        print(sess.run(number) in (0, 1, 2), sess.run(element))
        {end}
        """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=Path(__file__).parents[3])
    assert done.stdout.split() == ["True", "1"]
    assert done.returncode == 0


def test_looper_thread():
    coord = tf.train.Coordinator()
    counted: list[float] = []

    def count(step):
        counted.append(step)
        if len(counted) == 3:
            coord.request_stop()

    thread = tf.train.LooperThread.loop(coord, 0.01, count, args=(2,))
    coord.join()
    assert not thread.is_alive()
    assert counted == [2, 2, 2]

    class Failing(tf.train.LooperThread):
        def run_loop(self):
            raise KeyError("lost")

    other = tf.train.Coordinator()
    Failing(other, None).start()
    with pytest.raises(KeyError, match="lost"):
        other.join()
