"""Positions, lists and lengths at their edges: no numbers in a position, lists of several types, axes known late."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf

X = np.arange(12, dtype="f").reshape(2, 3, 2)
NOWHERE = np.zeros((4, 0), "i")


def in_session(make):
    with tf.Graph().as_default(), tf.Session() as sess:
        return sess.run(make())


def test_a_position_without_numbers_is_all_of_the_tensor():
    np.testing.assert_array_equal(in_session(lambda: tf.gather_nd(X, NOWHERE)), np.stack([X] * 4))
    np.testing.assert_array_equal(in_session(lambda: tf.scatter_nd(NOWHERE, np.ones((4, 2), "f"), [2])), [4, 4])
    added = in_session(lambda: tf.tensor_scatter_add(tf.ones([2]), NOWHERE, np.ones((4, 2), "f")))
    np.testing.assert_array_equal(added, [5, 5])


def test_its_derivative_is_the_sum():
    def slope():
        x = tf.constant(X)
        return tf.gradients(tf.gather_nd(x, NOWHERE), x)[0]

    np.testing.assert_array_equal(in_session(slope), np.full_like(X, 4))


def test_numbers_in_a_list_take_the_type_of_the_tensor_beside_them():
    with tf.Graph().as_default(), tf.Session() as sess:
        mixed = tf.convert_to_tensor([[0.0, 1.0], tf.constant([2.0, 3.0], tf.float64)])
        assert mixed.dtype == tf.float64
        assert sess.run(mixed).tolist() == [[0.0, 1.0], [2.0, 3.0]]
        asked = tf.convert_to_tensor([tf.constant(1.5), tf.constant(2), 3], tf.float64)
        assert asked.dtype == tf.float64
        assert sess.run(asked).tolist() == [1.5, 2.0, 3.0]


def test_a_tensor_is_stacked_already():
    assert in_session(lambda: tf.stack(tf.constant([[1, 2], [3, 4]]))).tolist() == [[1, 2], [3, 4]]
    assert in_session(lambda: tf.stack(tf.constant([[1, 2], [3, 4]]), axis=1)).tolist() == [[1, 3], [2, 4]]


def test_lengths_beside_a_cut_of_unknown_lengths_are_known():
    with tf.Graph().as_default():
        sizes = tf.constant([2, 1, 2]) * tf.placeholder_with_default(1, [])
        assert [piece.shape.as_list() for piece in tf.split(tf.ones([5, 2]), sizes)] == [[None, 2]] * 3


def test_a_scalar_is_padded_by_no_pairs():
    assert in_session(lambda: tf.pad(3.0, np.zeros((0, 2), "i"))) == 3


@pytest.mark.parametrize("use", [bool, float, len, iter, list])
def test_what_python_asks_of_numbers_is_a_type_error_of_nodes(use):
    with tf.Graph().as_default(), pytest.raises(tf.errors.OperatorNotAllowedInGraphError) as told:
        use(tf.placeholder(tf.float32))
    assert isinstance(told.value, TypeError)
