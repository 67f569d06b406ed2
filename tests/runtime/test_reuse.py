"""Results written into the memory of an array that nobody needs any more: where it happens, and where it must not."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf

X = np.array([[-1.0, 2.0], [3.0, -4.0]], np.float32)


@pytest.fixture
def sess():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def reused(sess, fetches, feeds) -> bool:
    return "_reusing(" in str(sess.plan(fetches, feeds))


def test_a_chain_works_in_one_array(sess) -> None:
    x = tf.placeholder(tf.float32, [None, 2])
    y = tf.nn.elu(tf.nn.bias_add(tf.matmul(x, tf.eye(2)), tf.constant([1.0, 1.0])))
    text = str(sess.plan(y, [x]))
    assert "BiasAdd_reusing(" in text
    assert "Elu_reusing(" in text
    for _ in range(2):
        expected = np.where(X > -1, X + 1, np.expm1(X + 1))
        np.testing.assert_allclose(sess.run(y, {x: X}), expected, rtol=1e-6)


def test_the_gradient_of_relu_too(sess) -> None:
    x = tf.placeholder(tf.float32, [None, 2])
    (dx,) = tf.gradients(tf.nn.relu(x * 2.0), [x], grad_ys=[tf.matmul(x, tf.eye(2))])
    assert "ReluGrad_reusing(" in str(sess.plan(dx, [x]))
    np.testing.assert_array_equal(sess.run(dx, {x: X}), 2 * X * (X > 0))


CASES = {
    "what is fed": lambda x: (tf.nn.relu(x), lambda: np.maximum(X, 0)),
    "a view of what is fed": lambda x: (tf.nn.relu(tf.reshape(x, [4])), lambda: np.maximum(X, 0).ravel()),
    "what is fetched": lambda x: (
        (lambda y: [y, tf.nn.relu(y)])(x + 0.0), lambda: [X, np.maximum(X, 0)],
    ),
    "what a fetched view shows": lambda x: (
        (lambda y: [tf.reshape(y, [4]), tf.nn.relu(y)])(x + 0.0), lambda: [X.ravel(), np.maximum(X, 0)],
    ),
    "a constant": lambda x: (tf.nn.relu(tf.constant(X)) + x, lambda: np.maximum(X, 0) + X),
    "a broadcast view": lambda x: (
        tf.nn.relu(tf.broadcast_to(tf.reduce_sum(x) * 1.0, [2, 2])), lambda: np.maximum(np.full((2, 2), X.sum()), 0),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_others_still_see_is_left_alone(sess, case: str) -> None:
    x = tf.placeholder(tf.float32, [2, 2])
    y, expected = CASES[case](x)
    fed = X.copy()
    for _ in range(2):
        got = sess.run(y, {x: fed})
        for a, b in zip(*([got], [expected()]) if not isinstance(got, list) else (got, expected()), strict=True):
            np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(fed, X)


def test_what_is_used_later(sess) -> None:
    x = tf.placeholder(tf.float32, [2, 2])
    y = x + 0.0
    total = tf.nn.relu(y) + y
    assert not reused(sess, total, [x])
    np.testing.assert_array_equal(sess.run(total, {x: X}), np.maximum(X, 0) + X)


def test_the_value_of_a_variable(sess) -> None:
    v = tf.Variable(tf.zeros([2, 2]))
    x = tf.placeholder(tf.float32, [2, 2])
    y = x + 0.0
    with tf.control_dependencies([v.assign(y)]):
        rectified = tf.nn.relu(y)
    sess.run(v.initializer)
    np.testing.assert_array_equal(sess.run(rectified, {x: X}), np.maximum(X, 0))
    np.testing.assert_array_equal(sess.run(v), X)
    np.testing.assert_array_equal(sess.run(tf.nn.relu(v)), np.maximum(X, 0))
    np.testing.assert_array_equal(sess.run(v), X)


def test_what_a_python_function_kept(sess) -> None:
    kept = []
    x = tf.placeholder(tf.float32, [2, 2])
    y = x + 0.0
    noted = tf.py_func(lambda a: kept.append(a) or np.float32(0), [y], tf.float32)
    with tf.control_dependencies([noted]):
        rectified = tf.nn.relu(y)
    np.testing.assert_array_equal(sess.run(rectified, {x: X}), np.maximum(X, 0))
    np.testing.assert_array_equal(kept[0], X)


def test_switched_off(sess) -> None:
    x = tf.placeholder(tf.float32, [2, 2])
    y = tf.nn.relu(x + 0.0)
    assert reused(sess, y, [x])
    with tf.Session(config=tf.ConfigProto(passes="-inplace")) as plain:
        assert not reused(plain, y, [x])
