"""Python values that become tensors: what is ordered, what is wished for, and what is refused; values from TensorFlow."""

from __future__ import annotations

import pytest

import deepkit.v1 as tf
from deepkit.errors import DTypeError

WISHES = [
    (3, tf.float64, "float64"), (3, tf.string, "int32"), ("three", tf.float64, "string"), ([1, 2], tf.int64, "int64"),
    (3.5, tf.int64, "float32"), (3.5, tf.float64, "float64"), (3.5, tf.string, "float32"),
]


@pytest.mark.parametrize("called", ["preferred_dtype", "dtype_hint"])
@pytest.mark.parametrize(("value", "wish", "expected"), WISHES)
def test_a_wish_is_granted_where_it_is_possible(value, wish, expected, called):
    assert tf.convert_to_tensor(value, **{called: wish}).dtype.name == expected


def test_an_order_comes_before_a_wish_and_is_refused_by_name():
    assert tf.convert_to_tensor(3, dtype=tf.float32, preferred_dtype=tf.float64).dtype is tf.float32
    with pytest.raises(DTypeError, match="float64"):
        tf.convert_to_tensor("three", dtype=tf.float64)


def test_a_tensor_stays_as_it_is():
    x = tf.constant([1, 2])
    assert tf.convert_to_tensor(x, preferred_dtype=tf.float64) is x
