"""Functions of arrays in a graph give the graph's tensors, also where all that is a tensor is an axis or a length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import deepkit.v1 as tf

X = np.arange(8, dtype="f").reshape(2, 2, 2)
CALLS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "roll": (lambda c: tf.roll(X, c(1), 2), np.roll(X, 1, 2)),
    "transpose": (lambda c: tf.transpose(X, c([0, 2, 1])), X.transpose(0, 2, 1)),
    "pad": (lambda c: tf.pad(X, c([[0, 0], [1, 1], [0, 0]])), np.pad(X, [(0, 0), (1, 1), (0, 0)])),
    "slice": (lambda c: tf.slice(X, c([0, 0, 1]), c([1, 1, 1])), X[:1, :1, 1:]),
    "expand_dims": (lambda c: tf.expand_dims(X, c(0)), X[None]),
    "reduce_sum": (lambda c: tf.reduce_sum(X, axis=c(0)), X.sum(0)),
    "argmax": (lambda c: tf.argmax(X, c(0)), X.argmax(0)),
    "cumsum": (lambda c: tf.cumsum(X, c(1)), X.cumsum(1)),
    "concat": (lambda c: tf.concat([X, X], c(0)), np.concatenate([X, X])),
    "split": (lambda c: tf.split(X, 2, c(1))[1], X[:, 1:]),
    "gather": (lambda c: tf.gather(X, [1], axis=c(1)), X[:, 1:]),
    "strided_slice": (lambda c: tf.strided_slice(X, c([1]), c([2])), X[1:]),
    "resize": (lambda c: tf.image.resize_nearest_neighbor(X[None], c([4, 4])), X[None].repeat(2, 1).repeat(2, 2)),
}


@pytest.mark.parametrize("name", CALLS)
def test_an_axis_or_length_may_be_the_only_tensor(name: str) -> None:
    call, expected = CALLS[name]
    with tf.Graph().as_default() as graph, tf.Session() as sess:
        result = call(tf.constant)
        assert result.graph is graph
        np.testing.assert_array_equal(sess.run(result), expected)
