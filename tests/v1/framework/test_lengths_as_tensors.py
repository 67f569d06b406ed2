"""Lengths, shapes and ranges where a tensor is taken, and the ends of linspace: what TensorFlow makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import deepkit.v1 as tf

SHAPE = tf.TensorShape([2, 3])
LENGTH = SHAPE[1]


@pytest.mark.parametrize(
    ("made", "dtype", "value"),
    [
        (lambda: tf.cast(LENGTH, tf.float32), "float32", 3.0),
        (lambda: tf.to_float(LENGTH), "float32", 3.0),
        (lambda: tf.convert_to_tensor(LENGTH), "int32", 3),
        (lambda: tf.convert_to_tensor(LENGTH, preferred_dtype=tf.float64), "int32", 3),
        (lambda: tf.convert_to_tensor(SHAPE, preferred_dtype=tf.float64), "int32", [2, 3]),
        (lambda: tf.convert_to_tensor(LENGTH, preferred_dtype=tf.int64), "int64", 3),
        (lambda: tf.stack([LENGTH, 1]), "int32", [3, 1]),
        (lambda: tf.reduce_max(SHAPE), "int32", 3),
        (lambda: tf.zeros_like(SHAPE), "int32", [0, 0]),
        (lambda: tf.truediv(SHAPE, 2), "float64", [1.0, 1.5]),
        (lambda: tf.reduce_sum(range(4)), "int32", 6),
        (lambda: tf.concat([range(2), [5]], 0), "int32", [0, 1, 5]),
        (lambda: tf.truediv(range(3), 2), "float64", [0.0, 0.5, 1.0]),
        (lambda: tf.linspace(0.0, 1, 3), "float32", [0.0, 0.5, 1.0]),
        (lambda: tf.linspace(tf.constant(0.0, tf.float64), 4, 3), "float64", [0.0, 2.0, 4.0]),
        (lambda: tf.linspace(0.0, np.nan, 1), "float32", [0.0]),
        (lambda: tf.linspace(0.0, np.nan, 3), "float32", [0.0, np.nan, np.nan]),
        (lambda: tf.linspace(np.nan, 0.0, 3), "float32", [np.nan, np.nan, 0.0]),
        (lambda: tf.linspace(-np.inf, np.inf, 3), "float32", [-np.inf, np.nan, np.inf]),
        (lambda: tf.linspace([0.0, 1.0], [np.inf, 3.0], 3), "float32", [[0.0, 1.0], [np.inf, 2.0], [np.inf, 3.0]]),
        (lambda: tf.random_uniform([2], 0, [1, 2.0], seed=1), "float32", np.float32([0.2390374, 1.8407991])),
    ],
)
def test_what_tensorflow_makes_of_it(made: Any, dtype: str, value: Any) -> None:
    tensor = made()
    assert tensor.dtype.name == dtype
    with tf.Session() as sess:
        np.testing.assert_array_equal(sess.run(tensor), np.array(value, dtype))


def test_a_range_is_the_start_of_a_variable() -> None:
    variable = tf.Variable(range(3))
    with tf.Session() as sess:
        sess.run(variable.initializer)
        assert sess.run(variable).tolist() == [0, 1, 2]


def test_a_length_that_is_not_known_is_no_tensor() -> None:
    with pytest.raises(TypeError, match="Dimension"):
        tf.constant(tf.Dimension(None))
