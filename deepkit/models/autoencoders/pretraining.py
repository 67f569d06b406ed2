"""A classifier whose first layers are taken from a network that was trained without labels, or for something else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

import deepkit.v1 as tf
from deepkit.models.autoencoders.stacked import MNIST_SIZES, batches, bias, penalties, weight

Layers = Sequence[tuple[np.ndarray, np.ndarray]]
"""Weights (inputs, units) and biases (units,) of the first layers, the lowest first."""


class Classifier(NamedTuple):
    """The tensors of a classifier: fed x (n, inputs) and y (n,); scores (n, classes); the loss of each example with the
    penalty; accuracy; the variables, layer by layer."""

    x: Any
    y: Any
    scores: Any
    loss: Any
    accuracy: Any
    weights: list[Any]
    biases: list[Any]


def classifier(sizes: Sequence[int] = MNIST_SIZES, classes: int = 10, penalty: float = 0.0005,
               activation: Callable[[Any], Any] = tf.nn.elu) -> Classifier:
    """The encoder of a stack with a layer of scores on top, in the default graph, its variables named as those of `stacked`."""
    x, y = tf.placeholder(tf.float32, [None, sizes[0]]), tf.placeholder(tf.int32, [None])
    shapes = list(zip(sizes, [*sizes[1:], classes], strict=True))
    weights = [weight(shape, i + 1) for i, shape in enumerate(shapes)]
    biases = [bias(units, i + 1) for i, (_, units) in enumerate(shapes)]
    layer = x
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        layer = tf.matmul(layer, w) + b
        layer = activation(layer) if i < len(weights) - 1 else layer
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=layer)
    for one in penalties(weights, penalty):
        loss = loss + one
    right = tf.cast(tf.nn.in_top_k(layer, y, 1), tf.float32)
    return Classifier(x, y, layer, loss, tf.reduce_mean(right), weights, biases)


def read_with(images: np.ndarray, labels: np.ndarray, tests: tuple[np.ndarray, np.ndarray], sizes: Sequence[int],
              start: Layers = (), frozen: bool = False, steps: int = 200, batch: int = 50, rate: float = 0.001,
              seed: int = 1, activation: Callable[[Any], Any] = tf.nn.elu,
              optimizer: Callable[[float], Any] = tf.train.AdamOptimizer) -> float:
    """The share of the test images that a classifier reads, trained on some labelled images.

    Args:
        images, labels: (n, sizes[0]) and (n,), all that it ever sees a label of.
        tests: images and labels to judge by.
        sizes: of the inputs and the layers below the scores.
        start: layers to begin with instead of random ones.
        frozen: only the layers above `start` are trained.
        steps, batch, rate: of the optimizer, which is made from the rate; a batch is no larger than n.
        seed: of the weights that are random, and of the batches.
    """
    batch = min(batch, len(images))
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.set_random_seed(seed)
        net = classifier(sizes, int(max(labels.max(), tests[1].max())) + 1, activation=activation)
        free = [*net.weights, *net.biases]
        if frozen:
            free = [*net.weights[len(start) :], *net.biases[len(start) :]]
        step = optimizer(rate).minimize(tf.reduce_mean(net.loss), var_list=free)
        sess.run(tf.global_variables_initializer())
        for variables, values in zip(zip(net.weights, net.biases, strict=True), start, strict=False):
            for variable, value in zip(variables, values, strict=True):
                variable.load(value, sess)
        random, done = np.random.RandomState(seed), 0
        while done < steps:
            for places in batches(len(images), batch, random):
                sess.run(step, {net.x: images[places], net.y: labels[places]})
                done += 1
        return float(sess.run(net.accuracy, {net.x: tests[0], net.y: tests[1]}))


def labelled(labels: np.ndarray, each: int, seed: int = 1) -> np.ndarray:
    """The places of `each` examples of every class, drawn at random."""
    random = np.random.RandomState(seed)
    return np.concatenate([random.permutation(np.flatnonzero(labels == one))[:each] for one in np.unique(labels)])
