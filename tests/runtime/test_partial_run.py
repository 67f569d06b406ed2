"""Runs in several parts: nothing is computed twice, and only what was announced is fed and fetched, once."""

from __future__ import annotations

import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError


def test_a_run_in_two_parts():
    with tf.Graph().as_default(), tf.Session() as sess:
        a, b, count = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, []), tf.Variable(0)
        with tf.control_dependencies([count.assign_add(1)]):
            first = a + tf.random_uniform([])
        second = first * b
        sess.run(tf.global_variables_initializer())
        handle = sess.partial_run_setup([first, second], [a, b])
        found = sess.partial_run(handle, first, {a: 1.0})
        assert sess.partial_run(handle, {"y": second}, {b: 2.0})["y"] == found * 2
        assert sess.run(count) == 1
        with pytest.raises(ArgumentError, match="fetched again"):
            sess.partial_run(handle, first)


def test_what_was_not_announced():
    with tf.Graph().as_default(), tf.Session() as sess:
        a, b = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
        handle = sess.partial_run_setup([a * 2], [a])
        with pytest.raises(ArgumentError, match="was not announced"):
            sess.partial_run(handle, [], {b: 1.0})
        with pytest.raises(ArgumentError, match="without fetches"):
            sess.partial_run_setup([], [a])
