"""A linear autoencoder of points in space, and the angle between the plane that it finds and that of the principal components."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import deepkit.v1 as tf
from deepkit.errors import ShapeError


def arc(points: int = 200, seed: int = 4) -> np.ndarray:
    """Noisy points (points, 3) of an arc that leans in space: a document's data, from the seed that it names.

    The third number is a tenth of the first and three tenths of the second, and noise.
    """
    random, noise = np.random.RandomState(seed), 0.1
    angles = random.rand(points) * 3 * np.pi / 2 - 0.5
    data = np.empty((points, 3))
    data[:, 0] = np.cos(angles) + np.sin(angles) / 2 + noise * random.randn(points) / 2
    data[:, 1] = np.sin(angles) * 0.7 + noise * random.randn(points) / 2
    data[:, 2] = data[:, 0] * 0.1 + data[:, 1] * 0.3 + noise * random.randn(points)
    return data


class Linear(NamedTuple):
    """The tensors of a linear autoencoder: what is fed, the code, what comes back, and the mean squared error."""

    x: Any
    code: Any
    outputs: Any
    error: Any


def linear_autoencoder(inputs: int = 3, codes: int = 2) -> Linear:
    """Two dense layers without an activation, n numbers to k and back, in the default graph."""
    x = tf.placeholder(tf.float32, [None, inputs])
    code = tf.contrib.layers.fully_connected(x, codes, activation_fn=None)
    outputs = tf.contrib.layers.fully_connected(code, inputs, activation_fn=None)
    return Linear(x, code, outputs, tf.reduce_mean(tf.square(outputs - x)))


def angles_between(first: Any, second: Any) -> np.ndarray:
    """The principal angles in degrees between the spaces that the rows of two matrices span, the smallest first.

    first, second: (k, n), k rows that do not depend on each other. All angles are 0 where the spaces are the same.

    Where the cosine is near 1 it says little in floating point; there the sine of the angle, the part of one space's
    directions that is outside the other, is used. Source: A. Björck and G. Golub, "Numerical methods for computing angles
    between linear subspaces", 1973.

    >>> angles_between([[1.0, 0, 0]], [[1.0, 1, 0]]).round(6)
    array([45.])
    """
    one, two = (np.asarray(rows, np.float64) for rows in (first, second))
    if one.ndim != 2 or one.shape != two.shape or one.shape[0] > one.shape[1]:
        raise ShapeError(f"spaces of {one.shape} and {two.shape}", rule="both (k, n), k of n directions")
    one, two = (np.linalg.qr(rows.T)[0] for rows in (one, two))
    cosines = np.linalg.svd(one.T @ two, compute_uv=False)
    sines = np.linalg.svd(two - one @ (one.T @ two), compute_uv=False)[::-1]
    return np.degrees(np.where(cosines**2 < 0.5, np.arccos(np.clip(cosines, 0, 1)), np.arcsin(np.clip(sines, 0, 1))))
