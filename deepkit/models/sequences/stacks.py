"""Stacks of gated cells on a series of numbers, a document's session programs, and an LSTM whose two gates are one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

import deepkit.v1 as tf


class CoupledLSTMCell(tf.nn.rnn_cell.RNNCell):
    """An LSTM that forgets exactly where it writes: c_t = f c_(t-1) + (1 - f) candidate. Its state is (c, h).

    Three parts instead of four: kernel (depth + n, 3 n), bias (3 n). Source: K. Greff et al., 2017 (CIFG).
    """

    def __init__(self, num_units: int, forget_bias: float = 1.0):
        super().__init__()
        self._num_units, self._forget_bias = num_units, forget_bias

    @property
    def state_size(self) -> Any:
        return tf.nn.rnn_cell.LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self) -> int:
        return self._num_units

    def call(self, inputs: Any, state: Any) -> Any:
        c, h = state
        both = tf.concat([inputs, h], 1)
        kernel = tf.get_variable("kernel", [both.shape[1], 3 * self._num_units])
        bias = tf.get_variable("bias", [3 * self._num_units], initializer=tf.zeros_initializer())
        j, f, o = tf.split(tf.matmul(both, kernel) + bias, 3, 1)
        keep = tf.sigmoid(f + self._forget_bias)
        c = keep * c + (1 - keep) * tf.tanh(j)
        h = tf.sigmoid(o) * tf.tanh(c)
        return h, tf.nn.rnn_cell.LSTMStateTuple(c, h)


class Fit(NamedTuple):
    """losses: before each iteration; predicted: one number for each time that was asked about; weights: how many."""

    losses: list[float]
    predicted: np.ndarray
    weights: int


def fit_series(cells: Callable[[], Sequence[Any]], x: np.ndarray, y: np.ndarray, asked: np.ndarray, *,
               iterations: int, rate: float, seed: int) -> Fit:
    """Train a stack of cells to make y (steps,) of x (steps,), one sequence at every iteration, with Adam.

    cells: makes the cells of the layers, from below. asked: (steps,), what the trained stack is shown then.
    """
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.set_random_seed(seed)
        X = tf.placeholder(tf.float32, [1, len(x), 1])
        target = tf.placeholder(tf.float32, [1, len(x), 1])
        cell = tf.nn.rnn_cell.MultiRNNCell(list(cells()))
        rnn_outputs, _ = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)
        stacked = tf.contrib.layers.fully_connected(tf.reshape(rnn_outputs, [-1, cell.output_size]), 1, activation_fn=None)
        outputs = tf.reshape(stacked, [1, len(x), 1])
        loss = tf.reduce_mean(tf.square(outputs - target))
        training_op = tf.train.AdamOptimizer(rate).minimize(loss)
        sess.run(tf.global_variables_initializer())
        feed = {X: np.reshape(x, (1, -1, 1)), target: np.reshape(y, (1, -1, 1))}
        losses = [float(sess.run([loss, training_op], feed)[0]) for _ in range(iterations)]
        predicted = sess.run(outputs, {X: np.reshape(asked, (1, -1, 1))})[0, :, 0]
        weights = sum(int(v.shape.num_elements() or 0) for v in tf.trainable_variables())
    return Fit(losses, predicted, weights)
