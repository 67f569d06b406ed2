"""The documents' autoencoders in deepkit and in TensorFlow, from the same weights and batches: the same errors, step by step."""

from __future__ import annotations

import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")

import tensorflow.compat.v1 as reference

import deepkit.v1 as tf
from deepkit.models.autoencoders.layerwise import phases
from deepkit.models.autoencoders.stacked import Stack, batches, penalties, stacked

reference.disable_eager_execution()
RNG = np.random.default_rng(2)
X = np.clip(RNG.normal(size=(90, 4)) @ RNG.normal(size=(4, 30)) / 4 + 0.4, 0, 1).astype("float32")
SIZES, STEPS = (30, 12, 5), 40


def start(tied: bool) -> list[np.ndarray]:
    shapes = [(30, 12), (12, 5)] if tied else [(30, 12), (12, 5), (5, 12), (12, 30)]
    return [RNG.normal(size=shape).astype("float32") * (2 / shape[0]) ** 0.5 for shape in shapes]


def theirs(weights: list[np.ndarray], penalty: float, tied: bool) -> Stack:
    """The stack as the documents write it, in TensorFlow."""
    free = [reference.Variable(w) for w in weights]
    w = [*free, reference.transpose(free[1]), reference.transpose(free[0])] if tied else free
    b = [reference.Variable(reference.zeros([n])) for n in (12, 5, 12, 30)]
    x = reference.placeholder(reference.float32, [None, 30])
    hidden1 = reference.nn.elu(reference.matmul(x, w[0]) + b[0])
    hidden2 = reference.nn.elu(reference.matmul(hidden1, w[1]) + b[1])
    hidden3 = reference.nn.elu(reference.matmul(hidden2, w[2]) + b[2])
    outputs = reference.matmul(hidden3, w[3]) + b[3]
    error = reference.reduce_mean(reference.square(outputs - x))
    price = reference.add_n([penalty * reference.nn.l2_loss(one) for one in free])
    return Stack(x, [hidden1, hidden2, hidden3], outputs, w, b, error, error + price)


def followed(sess, step, x, error) -> list[float]:
    """The error on all examples after each step."""
    random, errors = np.random.RandomState(5), []
    while len(errors) < STEPS:
        for places in batches(len(X), 30, random):
            sess.run(step, {x: X[places]})
            errors.append(float(sess.run(error, {x: X})))
    return errors


@pytest.mark.parametrize("tied", [False, True])
def test_a_stack_trains_as_in_tensorflow(tied: bool) -> None:
    weights, ends = start(tied), []
    for module in (tf, reference):
        with module.Graph().as_default(), module.Session() as sess:
            net = stacked(SIZES, 0.001, tied) if module is tf else theirs(weights, 0.001, tied)
            step = module.train.AdamOptimizer(0.01).minimize(net.loss)
            sess.run(module.global_variables_initializer())
            for variable, value in zip(net.weights, weights, strict=False):
                variable.load(value, sess)
            ends.append(followed(sess, step, net.x, net.error))
    assert ends[0][-1] < 0.5 * ends[0][0]
    np.testing.assert_allclose(ends[0], ends[1], rtol=2e-4)


@pytest.mark.parametrize("which", [0, 1])
def test_a_phase_trains_as_in_tensorflow(which: int) -> None:
    weights, ends = start(tied=False), []
    for module in (tf, reference):
        with module.Graph().as_default(), module.Session() as sess:
            if module is tf:
                net = stacked(SIZES, 0.0)
                error, loss, movable = phases(net, 0.001)[which]
            else:
                net = theirs(weights, 0.0, tied=False)
                bypassed = reference.matmul(net.hidden[0], net.weights[3]) + net.biases[3]
                differences = (bypassed - net.x, net.hidden[2] - net.hidden[0])[which]
                error, pair = reference.reduce_mean(reference.square(differences)), ((0, 3), (1, 2))[which]
                loss = error + reference.add_n([0.001 * reference.nn.l2_loss(net.weights[i]) for i in pair])
                movable = [parts[i] for i in pair for parts in (net.weights, net.biases)]
            step = module.train.AdamOptimizer(0.01).minimize(loss, var_list=movable)
            sess.run(module.global_variables_initializer())
            for variable, value in zip(net.weights, weights, strict=True):
                variable.load(value, sess)
            ends.append(followed(sess, step, net.x, error))
    assert ends[0][-1] < 0.5 * ends[0][0]
    np.testing.assert_allclose(ends[0], ends[1], rtol=2e-4)


def test_the_penalty_is_tensorflows() -> None:
    w = RNG.normal(size=(6, 4)).astype("float32")
    with tf.Graph().as_default(), tf.Session() as sess:
        ours = sess.run(penalties([tf.constant(w)], 0.03)[0])
    with reference.Graph().as_default(), reference.Session() as sess:
        assert ours == pytest.approx(0.03 * sess.run(reference.nn.l2_loss(reference.constant(w))), rel=1e-5)
