"""Optimizers that shrink weights to 0, step by step by hand, and one step for several replicas."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError

START, TARGET, RATE, L1, L2 = np.array([1.0, -2.0, 0.3, 0.01]), 0.5, 0.1, 0.2, 0.3


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def trained(make, steps=3):
    step = tf.train.get_or_create_global_step()
    v = tf.Variable(START)
    train = make(step).minimize(tf.reduce_sum((v - TARGET) ** 2), global_step=step)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(steps):
            sess.run(train)
        return sess.run(v)


def shrunk(x, by):
    return np.sign(x) * np.maximum(np.abs(x) - by, 0)


def test_proximal_gradient_descent():
    x = START.copy()
    for _ in range(3):
        x = shrunk(x - RATE * 2 * (x - TARGET), RATE * L1) / (1 + RATE * L2)
    np.testing.assert_allclose(trained(lambda step: tf.train.ProximalGradientDescentOptimizer(RATE, L1, L2)), x, rtol=1e-12)


def test_proximal_adagrad():
    x, accum = START.copy(), np.full(4, 0.1)
    for _ in range(3):
        grad = 2 * (x - TARGET)
        accum += grad**2
        rate = RATE / np.sqrt(accum)
        x = shrunk(x - rate * grad, rate * L1) / (1 + rate * L2)
    found = trained(lambda step: tf.train.ProximalAdagradOptimizer(RATE, 0.1, L1, L2))
    np.testing.assert_allclose(found, x, rtol=1e-12)


def test_dual_averaging():
    x, total, squares = START.copy(), np.zeros(4), np.full(4, 0.1)
    for t in range(1, 4):
        grad = 2 * (x - TARGET)
        total += grad
        squares += grad**2
        x = -RATE * shrunk(total, L1 * t) / (L2 * t * RATE + np.sqrt(squares))
    found = trained(lambda step: tf.train.AdagradDAOptimizer(RATE, step, 0.1, L1, L2))
    np.testing.assert_allclose(found, x, rtol=1e-12)


def test_one_step_for_several_replicas():
    step, v, x = tf.train.get_or_create_global_step(), tf.Variable(1.0), tf.placeholder(tf.float32, [])
    train = tf.train.SyncReplicasOptimizer(tf.train.GradientDescentOptimizer(0.1), 2).minimize(v * x, global_step=step)
    seen = []
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for number in (1, 3, 5, 7):
            sess.run(train, {x: number})
            seen.append((round(float(sess.run(v)), 5), int(sess.run(step))))
    assert seen == [(1.0, 0), (0.8, 1), (0.8, 1), (0.2, 2)]
    with pytest.raises(ArgumentError, match="needs a global_step"):
        tf.train.SyncReplicasOptimizer(tf.train.GradientDescentOptimizer(0.1), 2).minimize(v * x)
