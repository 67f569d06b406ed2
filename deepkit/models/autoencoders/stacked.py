"""Stacked autoencoders as session programs: layers that narrow to a code and widen again, with weights of their own or tied."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

import deepkit.v1 as tf

MNIST_SIZES = (784, 300, 150)
"""The documents': pixels, units of the first layer, numbers of the code."""


class Stack(NamedTuple):
    """The tensors of a stacked autoencoder.

    x: fed with (n, sizes[0]); hidden: what each hidden layer says, the code in the middle; outputs: (n, sizes[0]); weights,
    biases: of all layers, tied weights are transposes; error: the mean squared error; loss: with the penalty.
    """

    x: Any
    hidden: list[Any]
    outputs: Any
    weights: list[Any]
    biases: list[Any]
    error: Any
    loss: Any

    @property
    def code(self) -> Any:
        """The narrowest layer: (n, sizes[-1])."""
        return self.hidden[len(self.hidden) // 2]


def stacked(sizes: Sequence[int] = MNIST_SIZES, penalty: float = 0.001, tied: bool = False,
            activation: Callable[[Any], Any] = tf.nn.elu) -> Stack:
    """An autoencoder in the default graph: sizes[0] numbers, hidden layers down to sizes[-1], and back again.

    Args:
        sizes: of the inputs, the layers, the code.
        penalty: weight of half the squares of all weights; biases are free, and tied weights are counted once.
        tied: the way back uses the transposes of the weights of the way there.
        activation: of all layers but the last.

    The variables are called weights1, biases1, ... in order. Weights begin by the rule of He, biases at 0.
    """
    mirrored = [*sizes, *reversed(sizes[:-1])]
    there = len(sizes) - 1
    weights = [weight(shape, i + 1) for i, shape in enumerate(itertools.pairwise(mirrored)) if i < there or not tied]
    free = list(weights)
    if tied:
        weights += [tf.transpose(w, name=f"weights{there + i + 1}") for i, w in enumerate(reversed(free))]
    biases = [bias(units, i + 1) for i, units in enumerate(mirrored[1:])]
    x = tf.placeholder(tf.float32, [None, sizes[0]])
    layers = [x]
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        layer = tf.matmul(layers[-1], w) + b
        layers.append(activation(layer) if i < len(weights) - 1 else layer)
    error = tf.reduce_mean(tf.square(layers[-1] - x))
    loss = tf.add_n([error, *penalties(free, penalty)])
    return Stack(x, layers[1:-1], layers[-1], weights, biases, error, loss)


def weight(shape: Sequence[int], number: int) -> Any:
    """The variable weights<number> (inputs, units), normal with variance 2 / inputs: K. He and others, 2015."""
    initializer = tf.contrib.layers.variance_scaling_initializer()
    return tf.Variable(initializer(list(shape)), dtype=tf.float32, name=f"weights{number}")


def bias(units: int, number: int) -> Any:
    """The variable biases<number> (units,), zeros."""
    return tf.Variable(tf.zeros([units]), name=f"biases{number}")


def penalties(weights: Sequence[Any], strength: float) -> list[Any]:
    """strength / 2 * the sum of squares, for each matrix; none for strength 0."""
    regularizer = tf.contrib.layers.l2_regularizer(float(strength))
    return [regularizer(w) for w in weights] if strength else []


def batches(examples: int, size: int, random: np.random.RandomState) -> Iterator[np.ndarray]:
    """The places of an epoch's examples, shuffled, in batches; what is left over at the end is not used.

    >>> [len(places) for places in batches(10, 4, np.random.RandomState(0))]
    [4, 4]
    """
    order = random.permutation(examples)
    for first in range(0, examples - size + 1, size):
        yield order[first : first + size]


def train(sess: Any, step: Any, fed: Any, examples: np.ndarray, error: Any, epochs: int, batch: int = 150,
          seed: int = 1) -> list[float]:
    """Runs `step` on batches of the examples, which are fed to the tensor `fed`; returns `error` of each epoch's last batch."""
    random, errors = np.random.RandomState(seed), []
    for _ in range(epochs):
        feed = {}
        for places in batches(len(examples), batch, random):
            feed = {fed: examples[places]}
            sess.run(step, feed)
        errors.append(float(sess.run(error, feed)))
    return errors


class Fitted(NamedTuple):
    """A trained stack with its session, and the error at the end of each epoch."""

    net: Stack
    sess: Any
    errors: list[float]

    def mse(self, images: np.ndarray) -> float:
        """The mean squared error on images (n, sizes[0])."""
        return float(self.sess.run(self.net.error, {self.net.x: images}))

    def through(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Codes (n, numbers) of pictures (n, height, width), and the pictures that come back."""
        codes, back = self.sess.run([self.net.code, self.net.outputs], {self.net.x: pictures.reshape(len(pictures), -1)})
        return codes, back.reshape(pictures.shape)

    def layers(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Weights and biases of the layers down to the code."""
        pairs = list(zip(self.net.weights, self.net.biases, strict=True))
        return [tuple(self.sess.run(pair)) for pair in pairs[: len(pairs) // 2]]


def fit(images: np.ndarray, sizes: Sequence[int] = MNIST_SIZES, penalty: float = 0.001, tied: bool = False, rate: float = 0.001,
        epochs: int = 30, batch: int = 150, seed: int = 1) -> Fitted:
    """A stack in a graph of its own, trained as a whole by Adam on images (n, sizes[0]), which are no fewer than a batch."""
    with tf.Graph().as_default() as graph:
        tf.set_random_seed(seed)
        net = stacked(sizes, penalty, tied)
        step = tf.train.AdamOptimizer(rate).minimize(net.loss)
        start = tf.global_variables_initializer()
    sess = tf.Session(graph=graph)
    sess.run(start)
    return Fitted(net, sess, train(sess, step, net.x, images, net.error, epochs, batch, seed))
