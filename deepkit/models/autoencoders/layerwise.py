"""A stacked autoencoder trained one layer at a time: each in a graph of its own, or all in one graph, phase by phase."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import deepkit.v1 as tf
from deepkit.models.autoencoders.stacked import Stack, penalties, train


class Trained(NamedTuple):
    """A trained autoencoder of one hidden layer, as arrays.

    hidden: (n, units), what the layer says to the examples; weights (inputs, units), biases, back (units, inputs),
    back_biases; errors: the mean squared error at the end of each epoch.
    """

    hidden: np.ndarray
    weights: np.ndarray
    biases: np.ndarray
    back: np.ndarray
    back_biases: np.ndarray
    errors: list[float]


def train_autoencoder(examples: np.ndarray, units: int, epochs: int = 4, batch: int = 150, rate: float = 0.01,
                      penalty: float = 0.0005, activation: Callable[[Any], Any] = tf.nn.elu, seed: int = 42) -> Trained:
    """One hidden layer, trained in a graph of its own on examples (n, inputs), which must be no fewer than a batch."""
    inputs = examples.shape[1]
    with tf.Graph().as_default() as graph:
        tf.set_random_seed(seed)
        x = tf.placeholder(tf.float32, [None, inputs])
        dense = partial(tf.layers.dense, kernel_initializer=tf.contrib.layers.variance_scaling_initializer(),
                        kernel_regularizer=tf.contrib.layers.l2_regularizer(penalty))
        hidden = dense(x, units, activation=activation, name="hidden")
        outputs = dense(hidden, inputs, name="outputs")
        error = tf.reduce_mean(tf.square(outputs - x))
        loss = tf.add_n([error, *tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)])
        step = tf.train.AdamOptimizer(rate).minimize(loss)
        start = tf.global_variables_initializer()
    with tf.Session(graph=graph) as sess:
        sess.run(start)
        errors = train(sess, step, x, examples, error, epochs, batch, seed)
        found = dict(zip((v.name for v in graph.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES)),
                         sess.run(graph.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES)), strict=True))
        return Trained(sess.run(hidden, {x: examples}), found["hidden/kernel:0"], found["hidden/bias:0"],
                       found["outputs/kernel:0"], found["outputs/bias:0"], errors)


def put_together(x: Any, parts: Sequence[Trained], activation: Callable[[Any], Any] = tf.nn.elu) -> tuple[Any, Any]:
    """The autoencoders as one, each inside the one before it: the code and the outputs for inputs x (n, inputs)."""
    layer = x
    for part in parts:
        layer = activation(tf.matmul(layer, part.weights) + part.biases)
    code = layer
    for part in reversed(parts):
        layer = tf.matmul(layer, part.back) + part.back_biases
        layer = layer if part is parts[0] else activation(layer)
    return code, layer


class Phase(NamedTuple):
    """Training of one layer and its mirror: what is compared, the loss with the penalty, and the four variables that move."""

    error: Any
    loss: Any
    variables: list[Any]


def phases(stack: Stack, penalty: float = 0.0001, activation: Callable[[Any], Any] = tf.nn.elu) -> list[Phase]:
    """For each layer of a stack with weights of its own, the outermost first, a loss that asks for what went into the layer.

    All layers further in are bypassed: the layer's numbers go straight to its mirror.
    """
    found, below = [], stack.x
    for i, hidden in enumerate(stack.hidden[: len(stack.weights) // 2]):
        back = len(stack.weights) - 1 - i
        with tf.name_scope(f"phase{i + 1}"):
            again = tf.matmul(hidden, stack.weights[back]) + stack.biases[back]
            error = tf.reduce_mean(tf.square((activation(again) if i else again) - below))
            loss = tf.add_n([error, *penalties([stack.weights[i], stack.weights[back]], penalty)])
        found.append(Phase(error, loss, [stack.weights[i], stack.biases[i], stack.weights[back], stack.biases[back]]))
        below = hidden
    return found
