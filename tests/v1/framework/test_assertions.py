"""tf.assert_rank and its kin: shapes and types that are known are checked at once, values in every run."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import DTypeError, NumericsError, ShapeError

X = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.fixture(autouse=True)
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


WRONG_SHAPES = {
    "assert_rank": lambda: tf.assert_rank(X, 1), "assert_rank_at_least": lambda: tf.assert_rank_at_least(X, 3),
    "assert_rank_in": lambda: tf.assert_rank_in(X, [1, 3]), "assert_scalar": lambda: tf.assert_scalar(X),
    "ensure_shape": lambda: tf.ensure_shape(X, [None, 4]), "broadcast": lambda: tf.broadcast_static_shape([2, 3], [4]),
}


@pytest.mark.parametrize("name", WRONG_SHAPES)
def test_shapes_that_are_known_are_checked_at_once(name) -> None:
    with pytest.raises(ShapeError):
        WRONG_SHAPES[name]()


def test_shapes_that_are_right() -> None:
    tf.assert_rank(X, 2)
    tf.assert_rank_at_least(X, 2)
    tf.assert_rank_in(X, [0, 2])
    tf.assert_scalar(1.0)
    tf.assert_integer([1])
    tf.assert_type(X, tf.float32)
    assert tf.assert_same_float_dtype([tf.constant(X)], tf.float32) is tf.float32
    assert tf.is_numeric_tensor(tf.constant(X))
    assert not tf.is_numeric_tensor(tf.constant("a"))
    assert not tf.is_numeric_tensor(X)
    assert tf.broadcast_static_shape([2, 1], [3]).as_list() == [2, 3]


def test_wrong_types() -> None:
    for wrong in (
        lambda: tf.assert_integer(X),
        lambda: tf.assert_type(X, tf.int32),
        lambda: tf.assert_same_float_dtype([[1]]),
    ):
        with pytest.raises(DTypeError):
            wrong()


def test_shapes_that_are_not_known_are_checked_when_they_run(sess) -> None:
    x = tf.placeholder(tf.float32)
    sure = tf.ensure_shape(x, [None, 3])
    assert sure.shape.as_list() == [None, 3]
    assert sess.run(sure, {x: X}).tolist() == X.tolist()
    with pytest.raises(ShapeError):
        sess.run(sure, {x: X.T})
    check = tf.assert_rank_in(x, [1, 2])
    sess.run(check, {x: X})
    with pytest.raises(NumericsError):
        sess.run(check, {x: 1.0})


VALUES = {
    "assert_positive": (lambda x: tf.assert_positive(x), [1.0, 2.0], [1.0, 0.0]),
    "assert_negative": (lambda x: tf.assert_negative(x), [-1.0], [0.0]),
    "assert_non_negative": (lambda x: tf.assert_non_negative(x), [0.0], [-1.0]),
    "assert_non_positive": (lambda x: tf.assert_non_positive(x), [0.0], [1.0]),
    "assert_none_equal": (lambda x: tf.assert_none_equal(x, [1.0, 2.0]), [2.0, 1.0], [1.0, 3.0]),
    "assert_near": (lambda x: tf.assert_near(x, [1.0]), [1.0000005], [1.001]),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_are_checked_in_every_run(name, sess) -> None:
    make, right, wrong = VALUES[name]
    x = tf.placeholder(tf.float32, [None])
    with tf.control_dependencies([make(x)]):
        y = tf.identity(x)
    np.testing.assert_array_equal(sess.run(y, {x: right}), np.float32(right))
    with pytest.raises(NumericsError, match="does not hold"):
        sess.run(y, {x: wrong})
