"""Printing, asserting and calling Python from a graph."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import DTypeError, NumericsError


@pytest.fixture
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


def test_print_shows_and_passes_on(sess, capsys) -> None:
    x = tf.placeholder(tf.float32)
    y = tf.Print(x, [x, "text"], message="x is ") * 2.0
    assert sess.run(y, {x: [1.0, 2.0, 3.0, 4.0]}).tolist() == [2, 4, 6, 8]
    assert capsys.readouterr().err == "x is [1 2 3...][text]\n"
    assert sess.run(tf.gradients(y, x)[0], {x: [1.0]}).tolist() == [2.0]


def test_assert(sess) -> None:
    x = tf.placeholder(tf.float32)
    with tf.control_dependencies([tf.Assert(tf.reduce_all(x > 0), [x])]):
        y = tf.log(x)
    assert sess.run(y, {x: 1.0}) == 0.0
    with pytest.raises(NumericsError, match=r"does not hold: \[-1\]"):
        sess.run(y, {x: -1.0})
    with pytest.raises(NumericsError, match="=="):
        sess.run(tf.assert_equal(x, 2.0), {x: 3.0})
    sess.run(tf.assert_less(x, 2.0), {x: 1.0})


def test_py_func(sess) -> None:
    x = tf.placeholder(tf.float32, [None])
    y = tf.py_func(lambda v: np.sort(v)[::-1], [x], tf.float32)
    assert sess.run(y * 2.0, {x: [1.0, 3.0, 2.0]}).tolist() == [6, 4, 2]
    a, b = tf.py_func(lambda v: (v.sum(), len(v)), [x], [tf.float32, tf.int64])
    assert sess.run([a, b], {x: [1.0, 2.0]}) == [3.0, 2]
    with pytest.raises(DTypeError, match="value 0 is float64, Tout says float32"):
        sess.run(tf.py_func(lambda v: v.astype(np.float64), [x], tf.float32), {x: [1.0]})
    with pytest.raises(DTypeError, match="returned 2 values"):
        sess.run(tf.py_func(lambda v: (v, v), [x], tf.float32), {x: [1.0]})


def test_py_func_without_results_is_an_operation(sess) -> None:
    calls = []
    x = tf.placeholder(tf.float32, [])
    noted = tf.py_func(lambda v: calls.append(float(v)), [x], [])
    with tf.control_dependencies([noted]):
        y = x + 1.0
    assert sess.run(y, {x: 2.0}) == 3.0
    assert sess.run(noted, {x: 5.0}) is None
    count = tf.while_loop(lambda i: i < 3, lambda i: _after(tf.py_func(lambda: calls.append(-1.0), [], []), i + 1), [0])
    assert sess.run(count) == 3
    assert calls == [2.0, 5.0, -1.0, -1.0, -1.0]
    with pytest.raises(DTypeError, match="returned 1 values, Tout names 0"):
        sess.run(tf.py_func(lambda: 1.0, [], []))


def _after(node, value):
    with tf.control_dependencies([node]):
        return tf.identity(value)


def test_py_func_runs_every_time(sess) -> None:
    calls = []
    y = tf.py_func(lambda: calls.append(1) or np.float32(len(calls)), [], tf.float32)
    assert [sess.run(y) for _ in range(3)] == [1.0, 2.0, 3.0]
