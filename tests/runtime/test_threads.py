"""One session used by several threads at once: the same fetches, different ones, graphs that grow, and variables."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import deepkit.v1 as tf

THREADS, TURNS = 6, 60


@pytest.fixture(autouse=True)
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def at_once(work: Callable[[int], Any], threads: int = THREADS) -> list[Any]:
    """work(i) in several threads that start together; their results, or the first error."""
    results: list[Any] = [None] * threads
    errors: list[BaseException] = []
    start = threading.Barrier(threads)

    def run(i: int) -> None:
        try:
            start.wait()
            results[i] = work(i)
        except BaseException as error:
            errors.append(error)

    running = [threading.Thread(target=run, args=(i,)) for i in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(60)
    assert not any(thread.is_alive() for thread in running), "threads hang"
    if errors:
        raise errors[0]
    return results


def test_the_same_fetch_with_different_feeds(sess) -> None:
    x = tf.placeholder(tf.float32, [None, 40])
    w = tf.Variable(np.random.default_rng(0).normal(size=(40, 40)).astype("f"))
    y = tf.nn.softmax(tf.tanh(tf.matmul(x, w)) * 3.0 + x)
    sess.run(tf.global_variables_initializer())
    inputs = [np.random.default_rng(i).normal(size=(i + 1, 40)) for i in range(THREADS)]
    alone = [sess.run(y, {x: value}) for value in inputs]

    def work(i: int) -> None:
        for _ in range(TURNS):
            np.testing.assert_array_equal(sess.run(y, {x: inputs[i]}), alone[i])

    at_once(work)


def test_fetches_that_nobody_has_asked_for_before(sess) -> None:
    x = tf.placeholder(tf.float32)
    made = [x * float(n) + 1.0 for n in range(THREADS * TURNS)]

    def work(i: int) -> None:
        for n in range(i, len(made), THREADS):
            assert sess.run(made[n], {x: 2.0}) == 2.0 * n + 1
            assert sess.run([made[n], made[-1]], {x: 0.0}) == [1.0, 1.0]

    at_once(work)


def test_no_step_of_a_counter_is_lost(sess) -> None:
    count, total = tf.Variable(0), tf.Variable(np.zeros(100, np.float32))
    step = tf.group(tf.assign_add(count, 1), tf.assign_add(total, tf.ones([100])))
    sess.run(tf.global_variables_initializer())
    at_once(lambda i: [sess.run(step) for _ in range(TURNS)])
    assert sess.run(count) == THREADS * TURNS
    np.testing.assert_array_equal(sess.run(total), np.full(100, THREADS * TURNS))


def test_one_thread_trains_and_the_others_read(sess) -> None:
    """What the others read never goes back. (A large variable may be read while it is being written, as in TensorFlow.)"""
    v = tf.Variable(np.zeros(5000, np.float32))
    grow = tf.assign_add(v, tf.ones([5000]))
    sess.run(tf.global_variables_initializer())
    done = threading.Event()

    def work(i: int) -> None:
        seen = [np.zeros(5000, np.float32)]
        if i == 0:
            for _ in range(TURNS * 5):
                sess.run(grow.op)
            done.set()
        while not done.is_set():
            seen.append(sess.run(v))
            assert (seen[-1] >= seen[-2]).all()

    at_once(work)
    assert sess.run(v)[0] == TURNS * 5


def test_what_was_fetched_stays_as_it_was(sess) -> None:
    v = tf.Variable(np.zeros(1000, np.float32))
    grow = tf.assign_add(v, tf.ones([1000]))
    sess.run(tf.global_variables_initializer())

    def work(i: int) -> None:
        kept = []
        for _ in range(TURNS):
            for fetch in (grow, v):
                value = sess.run(fetch)
                kept.append((value, value.copy()))
        for value, copy in kept:
            np.testing.assert_array_equal(value, copy)

    at_once(work)


def test_training_in_several_threads_gets_there(sess) -> None:
    data = np.random.default_rng(3).normal(size=(200, 5)).astype("f")
    target = data @ np.arange(5, dtype=np.float32)[:, None]
    x, y = tf.placeholder(tf.float32, [None, 5]), tf.placeholder(tf.float32, [None, 1])
    w = tf.Variable(tf.zeros([5, 1]))
    loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - y))
    step = tf.Variable(0, trainable=False)
    train = tf.train.AdamOptimizer(0.05).minimize(loss, global_step=step)
    sess.run(tf.global_variables_initializer())

    def work(i: int) -> None:
        rng = np.random.default_rng(i)
        for _ in range(TURNS):
            rows = rng.integers(0, 200, 32)
            sess.run(train, {x: data[rows], y: target[rows]})

    at_once(work)
    assert sess.run(step) == THREADS * TURNS
    assert sess.run(loss, {x: data, y: target}) < 0.05


def test_each_run_draws_numbers_of_its_own(sess) -> None:
    x = tf.random_uniform([8], seed=5)
    drawn = at_once(lambda i: [sess.run(x) for _ in range(TURNS)])
    everything = np.stack([value for values in drawn for value in values])
    assert len(np.unique(everything, axis=0)) == THREADS * TURNS
    with tf.Session() as other:
        alone = np.stack([other.run(x) for _ in range(THREADS * TURNS)])
    np.testing.assert_array_equal(np.unique(everything, axis=0), np.unique(alone, axis=0))


def test_graphs_are_built_in_several_threads(sess) -> None:
    """Each thread has a default graph of its own."""

    def work(i: int) -> float:
        with tf.Graph().as_default() as graph, tf.Session() as session:
            for n in range(TURNS):
                x = tf.get_variable(f"v{n}", [], initializer=tf.constant_initializer(float(i)))
            session.run(tf.global_variables_initializer())
            assert len(tf.trainable_variables()) == TURNS
            assert x.graph is graph
            return float(session.run(x))

    assert at_once(work) == [float(i) for i in range(THREADS)]
