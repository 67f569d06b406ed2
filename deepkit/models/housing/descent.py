"""The documents' regression on California housing: its data, its batches and its graph, for the chapters that train it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

import deepkit.v1 as tf
from deepkit.datasets import invent_california, load_california

BATCH = 100


class Districts(NamedTuple):
    """Features (m, n + 1), scaled and with a column of ones in front, and prices (m, 1) in 100,000 dollars."""

    x: np.ndarray
    y: np.ndarray

    def batch(self, epoch: int, number: int, size: int = BATCH) -> tuple[np.ndarray, np.ndarray]:
        """The batch of this number in this epoch, drawn as the document draws it: seeded by how many came before."""
        before = epoch * self.batches(size) + number
        chosen = np.random.RandomState(before).randint(len(self.x), size=size)
        return self.x[chosen], self.y[chosen]

    def batches(self, size: int = BATCH) -> int:
        """Batches of an epoch."""
        return -(-len(self.x) // size)


def districts(*, real: bool = False, verbose: bool = True) -> Districts:
    """California housing, each feature with mean 0 and spread 1; invented districts where `real` is False."""
    table = load_california(verbose=verbose) if real else invent_california(verbose=verbose)
    scaled = (table.x - table.x.mean(axis=0)) / table.x.std(axis=0)
    return Districts(np.c_[np.ones(len(scaled)), scaled], table.y.reshape(-1, 1))


class Regression(NamedTuple):
    """Placeholders (or constants) for features and prices, the weights, and what is computed from them."""

    x: tf.Tensor
    y: tf.Tensor
    theta: tf.Variable
    predictions: tf.Tensor
    error: tf.Tensor
    mse: tf.Tensor
    train: tf.Operation


def regression(columns: int = 9, rate: float = 0.01, data: Districts | None = None, scope: str | None = None) -> Regression:
    """Linear regression by gradient descent, in the default graph; weights uniform in [-1, 1) of seed 42.

    data: kept in the graph as constants; without it, placeholders are fed. scope: a name scope around error and mse.
    """
    if data is None:
        x = tf.placeholder(tf.float32, (None, columns), name="X")
        y = tf.placeholder(tf.float32, (None, 1), name="y")
    else:
        x, y = (tf.constant(part, tf.float32, name=name) for part, name in ((data.x, "X"), (data.y, "y")))
    theta = tf.Variable(tf.random_uniform([columns, 1], -1.0, 1.0, seed=42), name="theta")
    predictions = tf.matmul(x, theta, name="predictions")
    with tf.name_scope(scope):
        error = predictions - y
        mse = tf.reduce_mean(tf.square(error), name="mse")
    train = tf.train.GradientDescentOptimizer(rate).minimize(mse)
    return Regression(x, y, theta, predictions, error, mse, train)
