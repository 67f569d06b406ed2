"""Moving averages: the names in checkpoints, of variables, of tensors and below variable scopes."""

from __future__ import annotations

import pytest

import deepkit.v1 as tf


@pytest.mark.parametrize("zero_debias", [False, True])
def test_what_is_restored_under_which_name(zero_debias) -> None:
    """Averages go into their variables, averages of tensors and what has none stay what they are, as in TensorFlow 2.21."""
    with tf.Graph().as_default():
        with tf.variable_scope("one"):
            v = tf.Variable(10.0, name="v")
            steps = tf.Variable(20.0, name="steps", trainable=False)
            total = tf.add(v, 1.0, name="total")
        with tf.variable_scope("two"):
            average = tf.train.ExponentialMovingAverage(0.25, zero_debias=zero_debias, name="foo")
            assert average.average_name(v) == "two/one/v/foo"
            average.apply([v, total])
        assert average.average_name(total) == average.average(total).op.name == "two/one/total/foo"
        names = average.variables_to_restore()
        assert names["two/one/v/foo"] is v
        assert names["two/one/total/foo"] is average.average(total)
        assert names["one/steps"] is steps
        assert len(names) == (5 if zero_debias else 3)
