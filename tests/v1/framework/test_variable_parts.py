"""v[key] of a variable can be assigned to: in a session, with keys known late, in a loop; and its gradient goes on."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ShapeError

START = np.arange(6, dtype="f").reshape(2, 3)
PARTS = {
    "a row": (lambda v: v[1], 7.0, np.s_[1]),
    "a row by its numbers": (lambda v: v[1], [7.0, 8.0, 9.0], np.s_[1]),
    "columns": (lambda v: v[:, 1:], np.float32([[7, 8], [9, 10]]), np.s_[:, 1:]),
    "every other one, backwards": (lambda v: v[..., ::-2], np.float32([7, 8]), np.s_[..., ::-2]),
    "one number": (lambda v: v[0, 2], 7.0, np.s_[0, 2]),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_assigned_to(name):
    part, value, key = PARTS[name]
    expected = START.copy()
    expected[key] = value
    with tf.Graph().as_default(), tf.Session() as sess:
        v = tf.Variable(START)
        step = part(v).assign(value)
        sess.run(v.initializer)
        np.testing.assert_array_equal(sess.run(step), expected)
        np.testing.assert_array_equal(sess.run(v), expected)


def test_the_place_may_be_a_tensor_and_the_assignment_in_a_loop():
    with tf.Graph().as_default(), tf.Session() as sess:
        v = tf.Variable(tf.zeros([4]))
        i = tf.placeholder(tf.int32, [])
        one = v[i].assign(5.0)

        def body(k):
            with tf.control_dependencies([v[k].assign(tf.cast(k, tf.float32) * 10)]):
                return k + 1

        loop = tf.while_loop(lambda k: k < 3, body, [tf.constant(0)])
        sess.run(v.initializer)
        sess.run(one, {i: 3})
        sess.run(loop)
        assert sess.run(v).tolist() == [0, 10, 20, 5]


def test_a_part_is_a_tensor_like_others():
    with tf.Graph().as_default(), tf.Session() as sess:
        v = tf.Variable(START)
        (slope,) = tf.gradients(v[1] * 3.0, v)
        sess.run(v.initializer)
        assert sess.run(v[1]).tolist() == [3, 4, 5]
        assert sess.run(slope).tolist() == [[0, 0, 0], [3, 3, 3]]


def test_a_value_of_another_shape_is_refused():
    with tf.Graph().as_default():
        v = tf.Variable(START)
        with pytest.raises(ShapeError, match="axis -1 has 3 and 2"):
            v[1].assign([1.0, 2.0])
        with pytest.raises(ShapeError, match=r"a value of shape \(2, 3\) for a part of shape \(3,\)"):
            v[1].assign(START)


@pytest.mark.parametrize("late", [False, True])
def test_gather_nd_counts_positions_within_a_batch(late):
    x = np.arange(48).reshape(2, 3, 4, 2)
    at = np.array([[[3], [0]], [[1], [1]], [[2], [0]]])[None].repeat(2, 0)
    expected = [[[x[a, b, at[a, b, c, 0]] for c in range(2)] for b in range(3)] for a in range(2)]
    with tf.Graph().as_default(), tf.Session() as sess:
        indices = tf.placeholder(tf.int64, [None, None, None, 1] if late else at.shape)
        y = tf.gather_nd(x, indices, batch_dims=2)
        np.testing.assert_array_equal(sess.run(y, {indices: at}), expected)


def test_assign_takes_a_part_as_it_takes_a_variable():
    with tf.Graph().as_default(), tf.Session() as sess:
        v = tf.Variable(START)
        sess.run(v.initializer)
        expected = START.copy()
        expected[1:, ::2] = [[7, 8]]
        np.testing.assert_array_equal(sess.run(tf.assign(v[1:, ::2], [[7, 8]])), expected)
        np.testing.assert_array_equal(sess.run(v), expected)
