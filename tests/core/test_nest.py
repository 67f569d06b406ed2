"""Nested values, and what may stand where a list of tensors belongs: a view of a dict, a generator, a nesting."""

from collections import namedtuple

import numpy as np
import pytest

import deepkit as dk
import deepkit.v1 as tf
from deepkit.core.nest import flatten, leaves, listed, map_leaves, pack


@pytest.fixture(autouse=True)
def fresh_graph():
    tf.reset_default_graph()


def variables():
    return {"a": tf.Variable(1.0), "b": tf.Variable(2.0), "c": tf.Variable(3.0)}


WAYS = {
    "values": lambda w: w.values(),
    "a generator": lambda w: (v for v in w.values()),
    "the dict": lambda w: w,
    "a nested list": lambda w: [[w["a"]], (w["b"], [w["c"]])],
}


def value(x):
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        return s.run(x)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_trained(way):
    w = variables()
    step = tf.train.GradientDescentOptimizer(0.1).minimize(w["a"] * w["b"] * w["c"], var_list=WAYS[way](w))
    with tf.Session() as s:
        s.run(tf.global_variables_initializer())
        s.run(step)
        np.testing.assert_allclose(s.run([w["a"], w["b"], w["c"]]), [0.4, 1.7, 2.8], rtol=1e-6)


@pytest.mark.parametrize("way", WAYS)
def test_gradients_by_them_and_of_them(way):
    w = variables()
    assert value(tf.gradients(w["a"] * w["b"] * w["c"], WAYS[way](w))) == [6.0, 3.0, 2.0]
    assert value(tf.gradients(WAYS[way](w), w["b"])) == [1.0]


@pytest.mark.parametrize("way", WAYS)
def test_operations_made_of_them(way):
    w = variables()
    init = tf.variables_initializer(WAYS[way](w))
    missing = tf.report_uninitialized_variables(WAYS[way](w))
    everything = tf.group(WAYS[way]({k: v.assign_add(1.0) for k, v in w.items()}))
    with tf.Session() as s:
        assert s.run(missing).size == 3
        s.run(init)
        s.run(everything)
        assert s.run(list(w.values())) == [2.0, 3.0, 4.0]


def test_sums_and_tuples_of_views():
    w = variables()
    assert value(tf.add_n(w.values())) == 6.0
    assert value(tf.add_n(v * 2.0 for v in w.values())) == 12.0
    assert value(tf.tuple(v * 2.0 for v in w.values())) == [2.0, 4.0, 6.0]
    clipped, norm = tf.clip_by_global_norm((v * 2.0 for v in w.values()), 1.0)
    assert value(norm) == pytest.approx(56**0.5)
    np.testing.assert_allclose(value(clipped), np.array([2, 4, 6]) / 56**0.5, rtol=1e-6)


def test_a_session_refuses_what_has_no_order_of_its_own():
    w = variables()
    for fetches in (w.values(), (v for v in w.values()), set(w.values())):
        with tf.Session() as s, pytest.raises(dk.errors.FetchError):
            s.run(fetches)


def test_zeros_where_nothing_connects():
    x, z = tf.constant(1.0), tf.constant([2.0, 3.0])
    with pytest.warns(dk.errors.GraphWarning):
        assert tf.gradients(x * x, [z], unconnected_gradients="none") == [None]
    found = value(tf.gradients(x * x, [z, x], unconnected_gradients="zero"))
    assert [np.asarray(g).tolist() for g in found] == [[0.0, 0.0], 2.0]
    with pytest.raises(dk.errors.ArgumentError, match="'none' or 'zero'"):
        tf.gradients(x * x, [z], unconnected_gradients="nothing")


def test_arrays_are_no_lists():
    array = np.zeros(3)
    assert listed(array)[0] is array
    assert leaves([array, "name", None]) == [array, "name", None]


Pair = namedtuple("Pair", "first second")
NESTED = {"b": [1, (2, Pair(3, {"y": 4, "x": 5}))], "a": 0}


def test_leaves_come_and_go_in_the_order_of_the_keys():
    assert flatten(NESTED) == [0, 1, 2, 3, 5, 4]
    assert pack(NESTED, flatten(NESTED)) == NESTED
    assert list(pack(NESTED, range(6))) == ["b", "a"]  # a dict keeps the order it was written in
    assert flatten(()) == []
    assert pack([], []) == []


def test_kinds_stay():
    doubled = map_leaves(lambda leaf: 2 * leaf, NESTED)
    assert doubled == {"b": [2, (4, Pair(6, {"y": 8, "x": 10}))], "a": 0}
    assert type(doubled["b"][1][1]) is Pair
