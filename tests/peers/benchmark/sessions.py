"""A network's training step in a session, by deepkit.v1 or by TensorFlow."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmark.networks import Network, data, layers, noise


def step(tf: Any, network: Network) -> Callable[[], float]:
    """Builds it; each call makes one step and returns the loss before it."""
    tf.reset_default_graph()
    values, target = data(network)
    x = tf.placeholder(tf.as_dtype(values.dtype), [None, *values.shape[1:]])
    y = tf.placeholder(tf.as_dtype(target.dtype), [None, *target.shape[1:]])
    built = Layers(tf, network)
    loss = built.loss(x, y)
    if network.optimizer:
        optimizer = {"adam": tf.train.AdamOptimizer, "descent": tf.train.GradientDescentOptimizer}[network.optimizer]
        done = optimizer(network.rate).minimize(loss)
    else:  # one number of each derivative: they stay where they are, and are computed all the same
        found = tf.gradients(loss, [x, *tf.trainable_variables()])
        done = [tf.reshape(tf.convert_to_tensor(g), [-1])[:1] for g in found]
    session, feed = tf.Session(), {x: values, y: target}
    session.run(tf.global_variables_initializer())
    run = functools.partial(session.run, [loss, done], feed)
    return lambda: float(run()[0])


class Layers:
    """One method for each kind of layer: its input, its weights, its sizes."""

    def __init__(self, tf: Any, network: Network):
        self.tf, self.network, self.dense_weights, self.latent, self.count = tf, network, [], 0.0, 0

    def loss(self, x: Any, y: Any) -> Any:
        """The loss of the whole network."""
        tf, h, kind = self.tf, x, self.network.loss
        for name, sizes, arrays in layers(self.network):
            h = getattr(self, name)(h, arrays, *sizes)
        if kind == "classes":
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=h))
        elif kind == "weighted":
            loss = tf.reduce_sum(h * y)
        elif kind == "squares":
            loss = tf.reduce_mean(tf.square(h - y))
        else:
            loss = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=h)) + self.latent
        decay = self.network.decay
        return loss + decay * tf.add_n([tf.nn.l2_loss(w) for w in self.dense_weights]) if decay else loss

    def act(self, h: Any, _: Any, name: str) -> Any:
        nn = self.tf.nn
        return {"relu": nn.relu, "elu": nn.elu, "leaky": nn.leaky_relu, "": lambda x: x}[name](h)

    def dense(self, h: Any, arrays: Any, units: int, act: str) -> Any:
        w = self.tf.Variable(arrays[0])
        self.dense_weights.append(w)
        return self.act(self.tf.matmul(h, w) + self.tf.Variable(self.tf.zeros([units])), (), act)

    def sample(self, h: Any, arrays: Any, units: int) -> Any:
        tf = self.tf
        mean, gamma = self.dense(h, arrays[:1], units, ""), self.dense(h, arrays[1:], units, "")
        self.latent = 0.5 * tf.reduce_sum(tf.exp(gamma) + tf.square(mean) - 1 - gamma)
        return mean + tf.exp(0.5 * gamma) * tf.constant(noise(self.network, units))

    def conv(self, h: Any, arrays: Any, size: int, channels: int, padding: str = "VALID", act: str = "relu") -> Any:
        tf = self.tf
        h = tf.nn.conv2d(h, tf.Variable(arrays[0]), strides=[1, 1, 1, 1], padding=padding)
        return self.act(tf.nn.bias_add(h, tf.Variable(tf.zeros([channels]))), (), act)

    def depthwise(self, h: Any, arrays: Any, size: int) -> Any:
        return self.tf.nn.depthwise_conv2d(h, self.tf.Variable(arrays[0]), [1, 1, 1, 1], "SAME")

    def pool(self, h: Any, _: Any) -> Any:
        return self.tf.nn.max_pool(h, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")

    def norm(self, h: Any, _: Any) -> Any:
        tf = self.tf
        n = int(h.shape[-1])
        scale, offset = tf.Variable(tf.ones([n])), tf.Variable(tf.zeros([n]))
        flat = h if len(h.shape) == 4 else h[:, None, None, :]
        y = tf.nn.fused_batch_norm(flat, scale, offset, epsilon=1e-3)[0]
        return y if len(h.shape) == 4 else tf.reshape(y, [-1, n])

    def flat(self, h: Any, _: Any) -> Any:
        return self.tf.reshape(h, [-1, int(np.prod([int(n) for n in h.shape[1:]]))])

    def rows(self, h: Any, _: Any) -> Any:
        return self.tf.reshape(h, [-1, int(h.shape[-1])])

    def mean(self, h: Any, _: Any) -> Any:
        return self.tf.reduce_mean(h, 1)

    def embed(self, h: Any, arrays: Any, words: int, units: int) -> Any:
        return self.tf.nn.embedding_lookup(self.tf.Variable(arrays[0]), h)

    def lstm(self, h: Any, arrays: Any, units: int, every: bool = False) -> Any:
        return self._recurrence(self.tf.nn.rnn_cell.LSTMCell(units), h, arrays, every)

    def simple(self, h: Any, arrays: Any, units: int, every: bool = False) -> Any:
        return self._recurrence(self.tf.nn.rnn_cell.BasicRNNCell(units), h, arrays, every)

    def gru(self, h: Any, arrays: Any, units: int, every: bool = False) -> Any:
        return self._recurrence(self.tf.nn.rnn_cell.GRUCell(units), h, arrays, every)

    def newgru(self, h: Any, arrays: Any, units: int, every: bool = False) -> Any:
        kernel, recurrent = (self.tf.constant_initializer(part) for part in np.split(arrays[0], [-units]))
        layer = self.tf.keras.layers.GRU(
            units, recurrent_activation="sigmoid", kernel_initializer=kernel, recurrent_initializer=recurrent,
            return_sequences=every, reset_after=True,
        )
        return layer(h)

    def _recurrence(self, cell: Any, h: Any, arrays: Any, every: bool) -> Any:
        self.count += 1
        kernels = {a.shape: a for a in arrays}

        def first(shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
            return self.tf.constant(kernels[tuple(int(n) for n in shape)])

        with self.tf.variable_scope(f"recurrent{self.count}", initializer=first):
            biased = {} if len(arrays) == 1 else {"bias_initializer": self.tf.zeros_initializer()}
            if biased:
                cell = self.tf.nn.rnn_cell.GRUCell(arrays[1].shape[1], kernel_initializer=first, **biased)
            outputs, _ = self.tf.nn.dynamic_rnn(cell, h, dtype=self.tf.float32)
        return outputs if every else outputs[:, -1]

    def inception(self, h: Any, arrays: Any, one: int, to3: int, three: int, to5: int, five: int, pooled: int) -> Any:
        tf = self.tf

        def conv(x: Any, i: int, n: int) -> Any:
            return self.conv(x, [arrays[i]], 0, n, "SAME")

        around = tf.nn.max_pool(h, [1, 3, 3, 1], [1, 1, 1, 1], "SAME")
        ways = [conv(h, 0, one), conv(conv(h, 1, to3), 2, three), conv(conv(h, 3, to5), 4, five), conv(around, 5, pooled)]
        return tf.concat(ways, 3)
