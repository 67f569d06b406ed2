"""Whole numbers that a type does not hold are refused, wherever they come in; they never wrap around."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import DTypeError, FeedError

TOO_LARGE = [
    (tf.int32, 2**40), (tf.uint8, 300), (tf.uint8, -1), (tf.int8, 200), (tf.int64, 2**70), (tf.uint64, -1),
    (tf.int32, np.int64(2**40)), (tf.int64, np.uint64(2**63)), (tf.int32, np.array([1, 2**40])), (tf.uint8, [1, 300]),
]


@pytest.mark.parametrize(("kind", "value"), TOO_LARGE)
def test_a_feed_out_of_range(kind, value):
    with tf.Graph().as_default(), tf.Session() as sess:
        p = tf.placeholder(kind)
        with pytest.raises(FeedError, match=f"outside of {kind.name}"):
            sess.run(p, {p: value})


@pytest.mark.parametrize(("kind", "value"), TOO_LARGE)
def test_a_constant_out_of_range(kind, value):
    with tf.Graph().as_default(), pytest.raises(DTypeError, match=f"outside of {kind.name}"):
        tf.constant(value, kind)


@pytest.mark.parametrize(
    ("kind", "value"),
    [(tf.int32, 2**31 - 1), (tf.uint8, 255), (tf.int8, -128), (tf.int64, -(2**63)), (tf.uint64, 2**64 - 1)],
)
def test_the_last_number_of_a_type_is_fed(kind, value):
    with tf.Graph().as_default(), tf.Session() as sess:
        p = tf.placeholder(kind, [])
        assert int(sess.run(p, {p: value})) == value
