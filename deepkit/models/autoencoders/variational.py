"""Variational autoencoders (D. Kingma and M. Welling, 2014): an image becomes a mean and a spread, and its coding is drawn."""

from __future__ import annotations

from functools import partial
from typing import Any

import deepkit.v1 as tf
from deepkit.errors import ArgumentError
from deepkit.models.autoencoders.session import Build, Net

FORMS = ("gamma", "sigma", "point")
_EPS = 1e-10  # under the logarithm, where a sigma may be 0


def latent_cost(mean: Any, spread: Any, form: str = "gamma") -> Any:
    """KL(N(mean, sigma) || N(0, 1)) in nats, of each number for itself.

    spread: sigma, of either sign, in the form "sigma"; gamma = log sigma^2 in the form "gamma".
    """
    if form == "sigma":
        return 0.5 * (tf.square(spread) + tf.square(mean) - 1 - tf.log(_EPS + tf.square(spread)))
    return 0.5 * (tf.exp(spread) + tf.square(mean) - 1 - spread)


def draw(mean: Any, sigma: Any) -> Any:
    """Normal numbers of that mean and spread, drawn so that a gradient reaches both: the chance comes from outside."""
    return mean + sigma * tf.random_normal(tf.shape(sigma))


def variational(hidden: tuple[int, ...] = (500, 500), codings: int = 20, form: str = "gamma", beta: float = 1.0) -> Build:
    """784-500-500-20-500-500-784 with elu, He's first weights, and a cross-entropy as reconstruction loss.

    Args:
        hidden: units of the layers before the codings; behind them they come in the other order.
        codings: numbers of a coding.
        form: what the encoder says beside the mean: "gamma" is log sigma^2, "sigma" itself; "point" is the same network as
            a plain autoencoder: it says the coding, nothing is drawn, and there is no latent loss.
        beta: factor of the latent loss.

    Both parts of the loss are sums over the numbers of one image, in nats, and means over the batch.
    """
    if form not in FORMS:
        raise ArgumentError(f"there is no form {form!r}", rule=f"one of {', '.join(FORMS)}")

    def build(x: Any, training: Any) -> Net:
        dense = partial(tf.layers.dense, activation=tf.nn.elu,
                        kernel_initializer=tf.contrib.layers.variance_scaling_initializer())
        inner = x
        for units in hidden:
            inner = dense(inner, units)
        mean = dense(inner, codings, activation=None)
        spread = tf.zeros_like(mean) if form == "point" else dense(inner, codings, activation=None)
        sigma = tf.exp(spread / 2) if form == "gamma" else spread
        code = tf.identity(mean) if form == "point" else draw(mean, sigma)
        outer = code
        for units in reversed(hidden):
            outer = dense(outer, units)
        logits = dense(outer, x.shape.as_list()[1], activation=None)
        measured = tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits)
        rebuilt = tf.reduce_mean(tf.reduce_sum(measured, axis=1))
        cost = tf.zeros_like(mean) if form == "point" else latent_cost(mean, spread, form)
        latent = tf.reduce_mean(tf.reduce_sum(cost, axis=1))
        parts = {"reconstruction": rebuilt, "latent": latent}
        return Net(code, tf.sigmoid(logits), rebuilt + beta * latent, parts, {"mean": mean, "sigma": sigma, "cost": cost})

    return build
