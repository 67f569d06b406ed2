"""Gradients of one's own: tf.custom_gradient, tf.RegisterGradient with gradient_override_map."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit as dk
import deepkit.v1 as tf
from deepkit import errors


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as g:
        yield g


def run(fetches):
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        return sess.run(fetches)


def test_a_function_brings_its_gradient_along():
    @tf.custom_gradient
    def log1pexp(x):
        e = tf.exp(x)
        return tf.log(1 + e), lambda dy: dy * (1 - 1 / (1 + e))

    x = tf.constant([0.0, 100.0])
    y = log1pexp(x)
    value, slope = run([y, tf.gradients(2 * y, x)[0]])
    assert value[0] == pytest.approx(np.log(2))
    assert slope.tolist() == pytest.approx([1.0, 2.0])  # the plain derivative at 100 is nan


def test_what_is_inside_has_no_other_derivative():
    @tf.custom_gradient
    def pair(x, y):
        return (x * y, x + y), lambda du, dv: (10 * du, 100 * dv)

    x, y = tf.Variable(2.0), tf.Variable(3.0)
    u, v = pair(x, y)
    assert run([u, v]) == [6.0, 5.0]
    assert run(tf.gradients(u + v, [x, y])) == [10.0, 100.0]
    assert run(tf.gradients(u, [x, y])) == [10.0, 0.0]


def test_it_serves_tensors_that_compute_at_once():
    @dk.ops.custom_gradient
    def reversed_(x):
        return dk.ops.identity(x), lambda dy: -dy

    x = dk.tensor([1.0, 2.0])
    assert dk.gradients(dk.reduce_sum(reversed_(x * 3.0)), [x])[0].numpy().tolist() == [-3.0, -3.0]


def test_one_derivative_for_each_argument():
    @tf.custom_gradient
    def wrong(x, y):
        return x * y, lambda dy: dy

    x = tf.constant(1.0)
    with pytest.raises(errors.GradientError, match="1 derivatives for 2 arguments"):
        tf.gradients(wrong(x, x), x)


def test_guided_relu_inside_the_block_only(graph):
    @tf.RegisterGradient("GuidedRelu")
    def guided(op, dy):
        return tf.where(dy > 0, tf.where(op.outputs[0] > 0, dy, tf.zeros_like(dy)), tf.zeros_like(dy))

    x = tf.constant([-1.0, 2.0, 3.0])
    weight = tf.constant([1.0, 1.0, -1.0])
    with graph.gradient_override_map({"Relu": "GuidedRelu"}):
        a = tf.nn.relu(x)
    b = tf.nn.relu(x)
    assert run(tf.gradients(a * weight, x))[0].tolist() == [0.0, 1.0, 0.0]
    assert run(tf.gradients(b * weight, x))[0].tolist() == [0.0, 1.0, -1.0]
    assert run([a, b])[0].tolist() == [0.0, 2.0, 3.0]


def test_a_python_function_with_a_gradient(graph):
    """The usual way to differentiate py_func in programs of TensorFlow 1."""
    tf.RegisterGradient("SquareRule")(lambda op, dy: 2 * op.inputs[0] * dy)
    x = tf.constant([1.0, 3.0])
    with graph.gradient_override_map({"PyFunc": "SquareRule"}):
        y = tf.py_func(np.square, [x], tf.float32)
    value, slope = run([y, tf.gradients(y, x)[0]])
    assert (value.tolist(), slope.tolist()) == ([1.0, 9.0], [2.0, 6.0])


def test_straight_through_and_turned_gradients(graph):
    x = tf.constant([0.2, 0.9])
    straight = x + tf.stop_gradient(tf.round(x) - x)
    with graph.gradient_override_map({"Round": "Identity"}), pytest.raises(errors.GradientError, match="'Identity'"):
        tf.gradients(tf.round(x), x)
    tf.RegisterGradient("Turned")(lambda op, dy: [tf.negative(dy) * 3])
    with graph.gradient_override_map({"Identity": "Turned"}):
        turned = tf.identity(x)
    assert run(tf.gradients(straight, x))[0].tolist() == [1.0, 1.0]
    assert run(tf.gradients(turned, x))[0].tolist() == [-3.0, -3.0]


def test_a_rule_that_says_there_is_none(graph):
    tf.NotDifferentiable("Nothing")
    x = tf.constant(2.0)
    with graph.gradient_override_map({"Square": "Nothing"}):
        y = tf.square(x)
    with pytest.warns(errors.GraphWarning):
        assert tf.gradients(y, x) == [None]
    with pytest.raises(errors.ArgumentError, match="dict"), graph.gradient_override_map(["Square"]):
        pass
