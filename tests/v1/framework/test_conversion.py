"""Python values that become tensors: what is ordered, what is wished for, and what is refused; values from TensorFlow."""

from __future__ import annotations

import numpy as np
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


LISTED = [  # types of TensorFlow 2.21: in a list NumPy's numbers count as Python's
    ([np.int64(1), np.int64(2)], "int32"), ([1, np.int64(2)], "int32"), ([[np.int64(1)], [np.int64(2)]], "int32"),
    ([np.int64(1), 2**40], "int64"), ([np.float64(1), 2], "float32"), ([np.float64(1.5), np.float32(2)], "float32"),
    ([np.int64(1), 2.5], "float32"), ([np.int8(1), np.int8(2)], "int8"), ([np.uint16(3), 4], "int32"),
    ([np.array(1), np.array(2)], "int32"), ([np.float16(1)], "float16"), (np.int64(1), "int64"), (np.arange(2), "int64"),
    (np.float64(1), "float64"), ([np.int64(-1), np.uint8(3)], "int32"), ([np.bool_(True)], "bool"),
]


@pytest.mark.parametrize(("value", "expected"), LISTED)
def test_the_type_of_numbers_in_a_list(value, expected):
    assert tf.constant(value).dtype.name == tf.convert_to_tensor(value).dtype.name == expected


def test_stacked_numbers_are_of_the_type_they_have_as_a_list():
    assert tf.stack([np.float64(1), 2.5]).dtype is tf.float32
    assert tf.stack([1, 2.5]).dtype is tf.float32
    assert tf.stack([np.arange(2), np.arange(2)]).dtype is tf.int64
    assert tf.stack([1, tf.constant(2)]).shape == [2]


def test_a_list_with_tensors_in_it_becomes_what_is_ordered():
    with tf.Session() as sess:
        made = tf.convert_to_tensor([tf.constant(1), 2], tf.float64)
        assert made.dtype is tf.float64
        assert sess.run(made).tolist() == [1.0, 2.0]


def test_texts_are_padded_with_empty_ones():
    with tf.Session() as sess:
        assert sess.run(tf.pad(["a", "b"], [[1, 2]])).tolist() == [b"", b"a", b"b", b"", b""]


def test_lengths_that_are_floats_are_cut_as_tensorflow_cuts_them():
    with tf.Session() as sess:
        assert sess.run(tf.sequence_mask([1.5, 3.0], 3)).tolist() == [[True, False, False], [True, True, True]]


@pytest.mark.parametrize(
    "call",
    [
        lambda: tf.constant(None), lambda: tf.convert_to_tensor(None), lambda: tf.add(1.0, None),
        lambda: tf.zeros([2]) + None, lambda: tf.losses.log_loss([1.0], [0.5], weights=None),
    ],
)
def test_none_is_no_tensor(call) -> None:
    with tf.Graph().as_default(), pytest.raises(ValueError, match="None is given where a tensor or a number is needed"):
        call()


def test_the_ends_of_linspace_have_the_type_of_the_first() -> None:
    """As TensorFlow 2.21, which converts stop to the type of start."""
    with tf.Graph().as_default(), tf.Session() as sess:
        exact = tf.linspace(np.float64(0), 1.0, 3)
        assert (exact.dtype, sess.run(exact).tolist()) == (tf.float64, [0, 0.5, 1])
        assert tf.linspace(0.0, np.float64(1), 3).dtype == tf.float32
        with pytest.raises(DTypeError):
            tf.linspace(0.0, tf.constant(1.0, tf.float64), 3)


class Drawn:
    """A random variable of a library's, which stands for a tensor."""

    def __init__(self, tensor):
        self.tensor = tensor


def test_objects_of_a_class_of_ones_own_stand_for_tensors():
    tf.register_tensor_conversion_function(Drawn, lambda value, dtype=None, name=None, as_ref=False: value.tensor)
    x = Drawn(tf.constant([1.0, 2.0]))
    made = [tf.add(x, 3.0), tf.concat([x, [5.0]], 0), tf.reduce_sum(x), tf.convert_to_tensor(x) * x, tf.stack([x, x])]
    with tf.Session() as sess:
        found = [y.tolist() for y in sess.run(made)]
    assert found == [[4, 5], [1, 2, 5], 3, [1, 4], [[1, 2], [1, 2]]]
    with pytest.raises(ValueError, match="a class of your own"):
        tf.register_tensor_conversion_function(list, lambda value, **_: value)


def test_a_cast_of_a_variable_to_its_own_type_is_the_variable():
    v = tf.Variable([1.0, 2.0])
    same = tf.cast(v, tf.float32)
    assert same is v
    with tf.Session() as sess:
        sess.run(v.initializer)
        assert sess.run(tf.gradients(v * v, same)[0]).tolist() == [2, 4]
