"""Numbers of another kind are fed where nothing of them is lost: 1.0 for int32, 1 for bool; never 1.5 for int32."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import FeedError


@pytest.mark.parametrize(
    ("dtype", "value", "expected"),
    [
        (tf.int32, np.array([0.0, 3.0, -2.0]), [0, 3, -2]),
        (tf.int64, [1.0, 2.0], [1, 2]),
        (tf.int32, np.array([True, False]), [1, 0]),
        (tf.uint8, np.array([255.0]), [255]),
        (tf.bool, np.array([1, 0]), [True, False]),
        (tf.bool, 1, True),
    ],
)
def test_what_fits_is_taken(dtype, value, expected):
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.placeholder(dtype)
        got = sess.run(x, {x: value})
        assert got.dtype == dtype.as_numpy_dtype
        assert np.array_equal(got, expected)


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        (tf.int32, [1.5]),
        (tf.int32, [np.nan]),
        (tf.int32, [3e10]),
        (tf.uint8, [-1.0]),
        (tf.bool, [2]),
        (tf.int32, ["1"]),
    ],
)
def test_what_would_be_cut_is_not(dtype, value):
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.placeholder(dtype, name="x")
        with pytest.raises(FeedError, match="x:0"):
            sess.run(x, {x: value})


def test_the_name_of_an_operation_is_answered_with_that_of_its_tensor():
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.placeholder(tf.float32, name="pixels")
        with pytest.raises(FeedError, match=r"try:\s+feed the tensor that it makes, 'pixels:0'"):
            sess.run(x, {"pixels": 1.0})
        with pytest.raises(FeedError, match=r"try:\s+feed a tensor"):
            sess.run(x, {tf.no_op(name="nothing").name: 1.0})
        assert sess.run(x, {"pixels:0": 1.0}) == 1.0


@pytest.mark.parametrize("feeds", [[1.0], (1.0,), "x:0", 3])
def test_what_is_no_dict_is_told(feeds):
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.placeholder(tf.float32, name="x")
        with pytest.raises(FeedError, match=f"feed_dict is a {type(feeds).__name__}\\b"):
            sess.run(x, feeds)
