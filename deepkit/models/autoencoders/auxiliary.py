"""Tasks beside the task, whose layers are reused: which pairs show the same, which examples are good and which are spoilt."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

import deepkit.v1 as tf
from deepkit.models.autoencoders.stacked import batches, bias, penalties, weight

Layers = list[tuple[np.ndarray, np.ndarray]]


class Tower(NamedTuple):
    """The variables of layers that read an image, the lowest first."""

    weights: list[Any]
    biases: list[Any]

    def __call__(self, x: Any) -> Any:
        """What the highest layer says to x (n, inputs): the same variables whenever it is called."""
        for w, b in zip(self.weights, self.biases, strict=True):
            x = tf.nn.elu(tf.matmul(x, w) + b)
        return x


def tower(sizes: Sequence[int]) -> Tower:
    """Layers of sizes[1], sizes[2], ... units above sizes[0] inputs, their variables named as those of `classifier`."""
    weights = [weight(pair, i + 1) for i, pair in enumerate(itertools.pairwise(sizes))]
    return Tower(weights, [bias(units, i + 1) for i, units in enumerate(sizes[1:])])


def pairs_of(labels: np.ndarray, random: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
    """For each example the place of a partner, of the same label in about half of the cases, and 1.0 where it is the same."""
    wanted = random.uniform(size=len(labels)) < 0.5
    partner = random.randint(0, len(labels), len(labels))
    for label in np.unique(labels):
        own, here = np.flatnonzero(labels == label), wanted & (labels == label)
        partner[here] = random.choice(own, np.count_nonzero(here))
    return partner, (labels[partner] == labels).astype("float32")


def same_or_different(images: np.ndarray, labels: np.ndarray, sizes: Sequence[int], epochs: int = 20, rate: float = 0.001,
                      batch: int = 50, seed: int = 1) -> tuple[Layers, float]:
    """Layers that learned whether two images show the same thing, and the share of the last epoch's pairs that they got right.

    images: (n, sizes[0]); labels: (n,), which only serve to say "the same" or "different". Both images of a pair go through
    the same layers; the score of "different" is a weighted sum of the sizes of the differences above.
    """
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.set_random_seed(seed)
        one, two = (tf.placeholder(tf.float32, [None, sizes[0]]) for _ in range(2))
        same = tf.placeholder(tf.float32, [None])
        layers = tower(sizes)
        apart = tf.abs(layers(one) - layers(two))
        score = tf.squeeze(tf.layers.dense(apart, 1), axis=1)
        loss = tf.add_n([tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=same, logits=score)),
                         *penalties(layers.weights, 0.0001)])
        right = tf.reduce_mean(tf.cast(tf.equal(score > 0, same > 0.5), tf.float32))
        step = tf.train.AdamOptimizer(rate).minimize(loss)
        sess.run(tf.global_variables_initializer())
        random, share = np.random.RandomState(seed), []
        for _ in range(epochs):
            partner, truth = pairs_of(labels, random)
            share = [sess.run([right, step], {one: images[i], two: images[partner[i]], same: truth[i]})[0]
                     for i in batches(len(images), batch, random)]
        return _values(sess, layers), float(np.mean(share))


def spoilt(images: np.ndarray, random: np.random.RandomState, blocks: int = 4) -> np.ndarray:
    """Square images (n, side * side), each cut into blocks x blocks pieces that are put back in another order."""
    side = round(images.shape[1] ** 0.5)
    small = side // blocks
    pieces = images.reshape(-1, blocks, small, blocks, small).swapaxes(2, 3).reshape(-1, blocks**2, small, small)
    moved = np.stack([one[random.permutation(blocks**2)] for one in pieces])
    return moved.reshape(-1, blocks, blocks, small, small).swapaxes(2, 3).reshape(len(images), -1)


def good_or_bad(images: np.ndarray, sizes: Sequence[int], margin: float | None = None, epochs: int = 20, rate: float = 0.001,
                batch: int = 50, seed: int = 1) -> tuple[Layers, float]:
    """Layers that learned to tell images from spoilt ones, and the share of the last epoch's that they ordered rightly.

    Without a margin each image is labelled, good 1 and spoilt 0. With one there are no labels at all: the score of a good
    image has to be larger than that of a spoilt one by the margin, and what is missing is the loss.
    """
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.set_random_seed(seed)
        good, bad = (tf.placeholder(tf.float32, [None, sizes[0]]) for _ in range(2))
        layers, head = tower(sizes), tf.layers.Dense(1)
        high, low = head(layers(good)), head(layers(bad))
        loss = tf.reduce_mean(tf.nn.softplus(-high) + tf.nn.softplus(low) if margin is None
                              else tf.nn.relu(margin - high + low))
        step = tf.train.AdamOptimizer(rate).minimize(tf.add_n([loss, *penalties(layers.weights, 0.0001)]))
        above = tf.reduce_mean(tf.cast(high > low, tf.float32))
        sess.run(tf.global_variables_initializer())
        random, share = np.random.RandomState(seed), []
        for _ in range(epochs):
            ruined = spoilt(images, random)
            share = [sess.run([above, step], {good: images[i], bad: ruined[i]})[0]
                     for i in batches(len(images), batch, random)]
        return _values(sess, layers), float(np.mean(share))


def _values(sess: Any, layers: Tower) -> Layers:
    return [(w, b) for w, b in zip(sess.run(layers.weights), sess.run(layers.biases), strict=True)]
