"""Derivatives of branches and loops: of every order, with drawn numbers, and asked for inside a body. Values by hand."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf


@pytest.fixture
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def cube_in_branch(x):
    return tf.cond(tf.reduce_sum(x) > 0.0, lambda: x * x * x, lambda: x)


def cube_in_case(x):
    return tf.case([(tf.reduce_sum(x) < 0.0, lambda: x)], default=lambda: x * x * x)


def cube_in_loop(x):
    return tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * x), [0, tf.ones_like(x)])[1]


def cube_in_scan(x):
    return tf.scan(lambda a, b: a * b * x, tf.ones([3], tf.float64), initializer=tf.ones_like(x))[-1]


def cube_in_map(x):
    return tf.map_fn(lambda row: row * row * row, x)


def cube_in_branch_in_scan(x):
    yes = tf.placeholder_with_default(True, [])
    step = lambda a, b: tf.cond(yes, lambda: a * b * x, lambda: a)  # noqa: E731
    return tf.scan(step, tf.ones([3], tf.float64), initializer=tf.ones_like(x))[-1]


def cube_in_growing_loop(x):
    """The list gets longer with every turn: what its turns leave behind cannot be stacked."""
    grown = tf.while_loop(
        lambda i, a: i < 2, lambda i, a: (i + 1, tf.concat([a, a[-2:] * x], 0)), [0, x],
        shape_invariants=[tf.TensorShape([]), tf.TensorShape([None])],
    )[1]
    return grown[-2:]


CUBES = [
    cube_in_branch, cube_in_case, cube_in_loop, cube_in_scan, cube_in_map, cube_in_branch_in_scan, cube_in_growing_loop,
]


@pytest.mark.parametrize("cube", CUBES)
def test_three_derivatives_of_x_cubed(sess, cube) -> None:
    x = tf.placeholder(tf.float64, [2])
    y = cube(x)
    first = tf.gradients(y, x)[0]
    second = tf.gradients(first, x)[0]
    third = tf.gradients(second, x)[0]
    for value, expected in zip(
        sess.run([y, first, second, third], {x: [2.0, 3.0]}), ([8, 27], [12, 27], [12, 18], [6, 6]), strict=True
    ):
        np.testing.assert_allclose(value, expected)


BODIES = {
    "branch": lambda f, yes: tf.cond(yes, f, lambda: tf.zeros([64])),
    "loop": lambda f, yes: tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a + f()), [0, tf.zeros([64])])[1],
    "scan": lambda f, yes: tf.scan(lambda a, b: a + f(), np.zeros(3, "float32"), initializer=tf.zeros([64]))[-1],
    "branch in scan": lambda f, yes: tf.scan(
        lambda a, b: a + tf.cond(yes, f, lambda: a), np.zeros(3, "float32"), initializer=tf.zeros([64])
    )[-1],
    "branch that reads the state": lambda f, yes: tf.while_loop(
        lambda i, a: i < 3, lambda i, a: (i + 1, tf.cond(yes, lambda: a + f(), lambda: a)), [0, tf.zeros([64])]
    )[1],
}


@pytest.mark.parametrize("place", BODIES)
def test_what_is_below_dropout_learns(sess, place) -> None:
    """The sum is linear in w = 1, whatever was drawn: its gradient is itself."""
    w, yes = tf.Variable(tf.ones([64])), tf.placeholder_with_default(True, [])
    y = BODIES[place](lambda: tf.nn.dropout(w, rate=0.5), yes)
    gradient = tf.gradients(y, w)[0]
    sess.run(w.initializer)
    value, slope = sess.run([y, gradient])
    assert value.sum() > 0
    np.testing.assert_allclose(slope, value)


def test_gradient_by_the_parameter_of_a_drawn_number(sess) -> None:
    """The derivative of a gamma number is that of the same number drawn outside, which its seed gives again."""
    alpha = tf.constant([0.7, 2.5], tf.float64)
    outside = tf.random_gamma([3], alpha, dtype=tf.float64, seed=4)
    inside = tf.cond(
        tf.placeholder_with_default(True, []), lambda: tf.random_gamma([3], alpha, dtype=tf.float64, seed=4),
        lambda: tf.zeros([3, 2], tf.float64),
    )
    a, b, da, db = sess.run([outside, inside, tf.gradients(outside, alpha)[0], tf.gradients(inside, alpha)[0]])
    np.testing.assert_allclose(a, b)
    np.testing.assert_allclose(da, db)
    assert (da > 0).all()


def test_the_rows_of_a_jacobian(sess) -> None:
    x = tf.constant([1.0, 2.0])
    y = x * x
    rows = tf.map_fn(lambda i: tf.gradients(y[i], x)[0], tf.range(2), dtype=tf.float32)
    assert sess.run(rows).tolist() == [[2.0, 0.0], [0.0, 4.0]]


def test_a_body_reads_a_variable_as_it_is_then(sess) -> None:
    """v is 2, 3, 4 in the three turns; the gradient of x * v by x uses the same values."""
    v, x = tf.Variable(1.0), tf.constant(1.0)

    def body(i, a):
        with tf.control_dependencies([tf.assign_add(v, 1.0)]):
            return i + 1, a + x * tf.identity(v)

    y = tf.while_loop(lambda i, a: i < 3, body, [0, 0.0])[1]
    by_x, by_v = tf.gradients(y, [x, v])
    sess.run(v.initializer)
    assert sess.run([y, by_x, by_v]) == [9.0, 9.0, 3.0]
    assert sess.run(v) == 4.0


def test_a_branch_returns_an_operation(sess) -> None:
    v, yes = tf.Variable(0.0), tf.placeholder(tf.bool, [])
    done = tf.cond(yes, lambda: tf.group(tf.assign_add(v, 1.0)), lambda: tf.no_op())
    sess.run(v.initializer)
    assert [bool(sess.run(done, {yes: on})) for on in (True, False, True)] == [True, False, True]
    assert sess.run(v) == 2.0


def test_minimize_in_a_branch(sess) -> None:
    w, yes = tf.Variable(3.0), tf.placeholder(tf.bool, [])
    loss = w * w
    step = tf.cond(yes, lambda: tf.train.GradientDescentOptimizer(0.25).minimize(loss), lambda: tf.no_op())
    sess.run(w.initializer)
    sess.run(step, {yes: False})
    assert sess.run(w) == 3.0
    sess.run(step, {yes: True})
    assert sess.run(w) == 1.5


def test_a_gradient_runs_nothing_that_it_does_not_need(sess) -> None:
    w, v, unfed = tf.Variable(3.0), tf.Variable(1.0), tf.placeholder(tf.float32, [2])
    with tf.control_dependencies([tf.assign_add(v, 1.0)]):
        loss = tf.reduce_sum(w * w + unfed)
    gradient = tf.gradients(loss, [w, unfed])
    sess.run([w.initializer, v.initializer])
    by_w, by_unfed = sess.run(gradient)
    assert (by_w, by_unfed.tolist()) == (12.0, [1.0, 1.0])
    shapes = sess.run([tf.shape(unfed), tf.size(unfed), tf.rank(unfed), tf.zeros_like(unfed), tf.ones_like(unfed)])
    assert [np.asarray(s).tolist() for s in shapes] == [[2], 2, 1, [0.0, 0.0], [1.0, 1.0]]


def test_constants_wait_for_control_dependencies(sess) -> None:
    v = tf.Variable(0.0)
    with tf.control_dependencies([tf.group(tf.assign_add(v, 1.0))]):
        five = tf.constant(5.0)
    sess.run(v.initializer)
    assert (sess.run(five), sess.run(v)) == (5.0, 1.0)
