"""A network's training step in a session, by deepkit.v1 or by TensorFlow."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from benchmark.networks import Network, data, weights


def step(tf: Any, network: Network) -> Callable[[], float]:
    """Builds it; each call makes one step and returns the loss before it."""
    tf.reset_default_graph()
    values, target = data(network)
    x = tf.placeholder(tf.float32, [None, *values.shape[1:]])
    y = tf.placeholder(tf.float32 if target.dtype.kind == "f" else tf.int64, [None, *target.shape[1:]])
    loss = _loss(tf, network, x, y)
    optimizer = tf.train.GradientDescentOptimizer if network.plain else tf.train.AdamOptimizer
    train = optimizer(network.rate).minimize(loss)
    session, feed = tf.Session(), {x: values, y: target}
    session.run(tf.global_variables_initializer())
    run = functools.partial(session.run, [loss, train], feed)
    return lambda: float(run()[0])


def _loss(tf: Any, network: Network, x: Any, y: Any) -> Any:
    first = [tf.Variable(w) for w in weights(network)]
    h = x
    if network.kind == "convolution":
        h = _convolutions(tf, network, h, first)
    elif network.kind in ("lstm", "simple"):
        h = _recurrence(tf, network, h, first.pop(0))
    act = tf.nn.elu if network.kind == "autoencoder" else tf.nn.relu
    for i, w in enumerate(first):
        h = tf.matmul(h, w) + tf.Variable(tf.zeros([w.shape[1]]))
        h = act(h) if i < len(first) - 1 else h
    if y.dtype == tf.int64:
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=h))
    loss = tf.reduce_mean(tf.square(h - y))
    return loss + 1e-3 * tf.add_n([tf.nn.l2_loss(w) for w in first]) if network.kind == "autoencoder" else loss


def _convolutions(tf: Any, network: Network, h: Any, first: list[Any]) -> Any:
    for layer in range(len(network.sizes) - 1):
        w = first.pop(0)
        h = tf.nn.conv2d(h, w, strides=[1, 1, 1, 1], padding=network.padding)
        h = tf.nn.relu(tf.nn.bias_add(h, tf.Variable(tf.zeros([w.shape[-1]]))))
        if layer < network.pools:
            h = tf.nn.max_pool(h, [1, 2, 2, 1], [1, 2, 2, 1], network.padding)
    return tf.reshape(h, [-1, int(h.shape[1]) * int(h.shape[2]) * int(h.shape[3])])


def _recurrence(tf: Any, network: Network, h: Any, kernel: Any) -> Any:
    units, value = network.sizes[0], weights(network)[0]
    cells = tf.nn.rnn_cell
    cell = cells.LSTMCell(units) if network.kind == "lstm" else cells.BasicRNNCell(units)
    with tf.variable_scope("recurrent", initializer=tf.constant_initializer(value)):
        outputs, _ = tf.nn.dynamic_rnn(cell, h, dtype=tf.float32)
    return outputs[:, -1]
