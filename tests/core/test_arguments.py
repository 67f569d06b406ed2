"""Calls that do not fit: the message says which arguments there are and which of them is near; it is a TypeError."""

from __future__ import annotations

import pytest

import deepkit.keras as keras
import deepkit.v1 as tf
from deepkit.core.inputs import explained
from deepkit.errors import ArgumentError, CallError

X = [[1.0, 2.0]]
UNKNOWN = {
    "an optimizer": (lambda: tf.train.AdamOptimizer(rate=1), "AdamOptimizer has no argument 'rate'", "learning_rate"),
    "a step": (lambda: tf.train.AdamOptimizer().minimize(losses=1), "Optimizer.minimize has no argument", "loss"),
    "a layer": (lambda: tf.layers.Dense(3, activ="relu"), "Dense has no argument 'activ'", "activation"),
    "a layer's function": (lambda: tf.layers.dense(X, 3, activ="relu"), "Dense has no argument", "activation"),
    "a layer of contrib": (
        lambda: tf.contrib.layers.fully_connected(X, 3, activation=None), "fully_connected has no argument",
        "activation_fn",
    ),
    "a layer of Keras": (lambda: keras.layers.Dense(3, activ="relu"), "Dense has no argument", "activation"),
    "an optimizer of Keras": (lambda: keras.optimizers.Adam(rate=1), "Adam has no argument", "learning_rate"),
    "a cell": (lambda: tf.nn.rnn_cell.LSTMCell(3, forget=1.0), "LSTMCell has no argument", "forget_bias"),
    "an op": (lambda: tf.reduce_sum(X, axes=0), "reduce_sum has no argument 'axes'", "axis"),
    "a session": (lambda: tf.Session(grph=None), "Session has no argument 'grph'", "graph"),
    "a saver": (lambda: tf.train.Saver(max_keep=1), "Saver has no argument", "max_to_keep"),
    "a variable": (lambda: tf.get_variable("v", shap=[1]), "get_variable has no argument", "shape"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_unknown_argument(name):
    call, said, near = UNKNOWN[name]
    with tf.Graph().as_default(), pytest.raises(CallError, match=said) as told:
        call()
    assert isinstance(told.value, TypeError)
    assert near in str(told.value.hint)
    assert near in str(told.value.rule)


def test_a_missing_argument():
    with pytest.raises(CallError, match="GradientDescentOptimizer: missing a required argument: 'learning_rate'"):
        tf.train.GradientDescentOptimizer()
    with tf.Graph().as_default(), pytest.raises(CallError, match="matmul: missing a required argument: 'b'"):
        tf.matmul(X)


def test_an_optimizer_of_ones_own_is_asked_as_well():
    class Mine(tf.train.Optimizer):
        def __init__(self, speed):
            super().__init__(False, "Mine")

    with pytest.raises(ArgumentError, match="Mine has no argument 'sped'") as told:
        Mine(sped=1)
    assert "speed" in str(told.value.hint)


def test_a_type_error_from_inside_stays_what_it_is():
    def inside(x):
        return len(x)

    with pytest.raises(TypeError, match="has no len") as told:
        explained(inside)(3)
    assert not isinstance(told.value, CallError)
    with pytest.raises(TypeError, match="has no len"):
        explained(len)(3)
