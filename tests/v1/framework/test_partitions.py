"""Variables in parts: what partitioners say, the parts as one tensor, and their training."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def test_partitioners():
    assert tf.fixed_size_partitioner(3)(shape=[8, 4], dtype=tf.float32) == [3, 1]
    assert tf.fixed_size_partitioner(9, axis=1)(shape=[8, 4], dtype=tf.float32) == [1, 4]
    assert tf.variable_axis_size_partitioner(64)(shape=[8, 4], dtype=tf.float32) == [2, 1]
    assert tf.variable_axis_size_partitioner(16, max_shards=3)(shape=[8, 4], dtype=tf.float32) == [3, 1]
    assert tf.min_max_variable_partitioner(5, min_slice_size=64)(shape=[8, 4], dtype=tf.float32) == [2, 1]
    assert tf.min_max_variable_partitioner(1)(shape=[8, 4], dtype=tf.float32) == [1, 1]


def test_the_parts_are_one_tensor():
    with tf.variable_scope("net", partitioner=tf.fixed_size_partitioner(2)):
        w = tf.get_variable("w", [5, 2], initializer=tf.ones_initializer())
    assert [(v.name, v.shape.as_list()) for v in w] == [("net/w/part_0:0", [3, 2]), ("net/w/part_1:0", [2, 2])]
    assert w.shape.as_list() == [5, 2]
    y = tf.matmul(tf.constant([[1.0, 2, 3, 4, 5]]), w)
    step = tf.train.GradientDescentOptimizer(1.0).minimize(tf.reduce_sum(y))
    rows = tf.nn.embedding_lookup(w, [0, 4], "div")
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run(y).tolist() == [[15, 15]]
        sess.run(step)
        assert sess.run(tf.convert_to_tensor(w))[:, 0].tolist() == [0, -1, -2, -3, -4]
        assert sess.run(rows)[:, 0].tolist() == [0, -4]


def test_the_parts_are_shared():
    partitioner = tf.fixed_size_partitioner(2)
    w = tf.get_variable("w", [4], partitioner=partitioner)
    with tf.variable_scope("", reuse=True):
        again = tf.get_variable("w", [4], partitioner=partitioner)
    assert list(w) == list(again)


def test_a_value_to_start_with_is_cut_as_the_variable_is():
    value = np.arange(10, dtype=np.float32).reshape(2, 5)
    halves = tf.get_variable("a", initializer=value, partitioner=tf.fixed_size_partitioner(2, axis=1))
    whole = tf.get_variable("b", initializer=tf.constant(value), partitioner=tf.fixed_size_partitioner(1))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert [part.tolist() for part in sess.run(list(halves))] == [value[:, :3].tolist(), value[:, 3:].tolist()]
        assert sess.run(whole.as_tensor()).tolist() == value.tolist()
