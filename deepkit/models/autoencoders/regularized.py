"""Autoencoders that are kept from copying: by noise in the input, by dropout of the input, by codings that are seldom active."""

from __future__ import annotations

from typing import Any

import deepkit.v1 as tf
from deepkit.models.autoencoders.session import Build, Net


def denoising(noise: float = 0.0, dropout: float = 0.0, hidden: tuple[int, int] = (300, 150), always: bool = False) -> Build:
    """784-300-150-300-784 with relu, whose input is spoiled and whose target is not.

    Args:
        noise: standard deviation of the normal noise on each pixel.
        dropout: share of the pixels that is put to 0 in training (the others are divided by the share that stays).
        hidden: units of the outer layers, and codings.
        always: the noise is there outside of training, too.
    """

    def build(x: Any, training: Any) -> Net:
        on = 1.0 if always else tf.cast(training, tf.float32)
        spoiled = tf.layers.dropout(x + on * noise * tf.random_normal(tf.shape(x)), dropout, training=training)
        outer = tf.layers.dense(spoiled, hidden[0], tf.nn.relu, name="hidden1")
        codings = tf.layers.dense(outer, hidden[1], tf.nn.relu, name="hidden2")
        back = tf.layers.dense(codings, hidden[0], tf.nn.relu, name="hidden3")
        outputs = tf.layers.dense(back, x.shape.as_list()[1], name="outputs")
        error = tf.reduce_mean(tf.square(outputs - x))
        return Net(codings, outputs, error, {"MSE": error}, {"spoiled": spoiled})

    return build


def kl_divergence(p: Any, q: Any) -> Any:
    """What it costs to take a coin of chance p for one of chance q, in nats: Kullback and Leibler's divergence."""
    return p * tf.log(p / q) + (1 - p) * tf.log((1 - p) / (1 - q))


def sparse(target: float = 0.1, weight: float = 0.2, units: int = 1000, cross_entropy: bool = False) -> Build:
    """784-1000-784 with sigmoid codings, each of which is to be `target` on the average of a batch.

    Args:
        target: the mean activation that is wanted of each coding.
        weight: factor of the sum of all codings' divergences from it.
        units: how many codings.
        cross_entropy: measure the reconstruction by cross-entropy instead of squared differences.
    """

    def build(x: Any, training: Any) -> Net:
        codings = tf.layers.dense(x, units, tf.nn.sigmoid)
        logits = tf.layers.dense(codings, x.shape.as_list()[1])
        outputs = tf.sigmoid(logits) if cross_entropy else logits
        sparsity = tf.reduce_sum(kl_divergence(target, tf.reduce_mean(codings, axis=0)))
        error = tf.reduce_mean(tf.square(outputs - x))
        measured = tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits)
        rebuilt = tf.reduce_mean(measured) if cross_entropy else error
        parts = {"reconstruction": rebuilt, "sparsity": sparsity, "MSE": error}
        return Net(codings, outputs, rebuilt + weight * sparsity, parts, {})

    return build
