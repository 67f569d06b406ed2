"""Several threads in one session: runs at the same time, plans and streams made once, and a session that closes meanwhile."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import CancelledError
from deepkit.ops.input.queues import Queue


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def at_once(count, function):
    """function(i) in `count` threads that begin together; what they returned or raised."""
    results: list = [None] * count
    gate = threading.Barrier(count)

    def work(i):
        gate.wait(10)
        try:
            results[i] = function(i)
        except Exception as error:
            results[i] = error

    threads = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(30)
    return results


def test_runs_with_different_feeds_do_not_mix(graph):
    x = tf.placeholder(tf.float32, [None, 8])
    w = tf.Variable(tf.ones([8, 8]))
    y = tf.reduce_sum(tf.nn.relu(tf.matmul(x, w) + 1.0))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())

        def work(i):
            return {float(sess.run(y, {x: np.full((i + 1, 8), i, np.float32)})) for _ in range(50)}

        assert at_once(8, work) == [{(8.0 * i + 1) * 8 * (i + 1)} for i in range(8)]


def test_a_stream_never_gives_two_threads_the_same_numbers(graph):
    draw = tf.random_uniform([4], seed=1)
    with tf.Session() as sess:
        found = at_once(6, lambda i: [tuple(sess.run(draw).tolist()) for _ in range(60)])
    assert len({row for rows in found for row in rows}) == 360


def test_a_queue_is_made_once_however_many_threads_use_it_first(graph, monkeypatch):
    make = Queue.make
    monkeypatch.setattr(Queue, "make", lambda op, *args: (time.sleep(0.01), make(op, *args))[1])
    for _ in range(5):
        queue = tf.FIFOQueue(100, tf.int32, shapes=[[]])
        puts = [queue.enqueue([i]) for i in range(6)]
        with tf.Session() as sess:
            at_once(6, lambda i, puts=puts, sess=sess: sess.run(puts[i]))
            assert sorted(sess.run(queue.dequeue_many(6)).tolist()) == [0, 1, 2, 3, 4, 5]


def test_a_session_that_closes_meanwhile_says_so(graph):
    v = tf.Variable(np.ones(10))
    step = v.assign_add(np.ones(10))
    sess = tf.Session()
    sess.run(tf.global_variables_initializer())
    begun = threading.Barrier(4)

    def work(i):
        if i == 3:
            begun.wait(10)
            return sess.close()
        for n in range(10**9):
            if n == 5:
                begun.wait(10)
            sess.run(step)

    results = at_once(4, work)
    assert all(isinstance(error, CancelledError) for error in results[:3]), results
