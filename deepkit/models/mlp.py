"""The documents' multi-layer perceptrons as session programs: `python -m deepkit.models.mnist session-mlp-64` trains one."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import deepkit.v1 as tf
from deepkit.v1.input.tutorials import DataSet


def mlp(x: Any, num_inputs: int, num_outputs: int, num_layers: int, num_neurons: Sequence[int]) -> Any:
    """Scores (n, num_outputs) of x (n, num_inputs) behind num_layers hidden relu layers of num_neurons[i] units each.

    Weights and biases begin as normal random numbers of standard deviation 1; the scores have no activation.
    """
    sizes = [num_inputs, *num_neurons[:num_layers], num_outputs]
    layer = x
    for i, (n_in, n_out) in enumerate(itertools.pairwise(sizes)):
        name = f"{i:04d}" if i < num_layers else "out"
        w = tf.Variable(tf.random_normal([n_in, n_out]), name=f"w_{name}")
        b = tf.Variable(tf.random_normal([n_out]), name=f"b_{name}")
        layer = tf.matmul(layer, w) + b
        if i < num_layers:
            layer = tf.nn.relu(layer)
    return layer


def layered(x: Any, num_inputs: int, num_outputs: int, num_layers: int, num_neurons: Sequence[int]) -> Any:
    """The same network with weights of tf.layers.dense: Xavier's rule, and biases of zero."""
    del num_inputs  # the layers see it
    for units in num_neurons[:num_layers]:
        x = tf.layers.dense(x, units, tf.nn.relu)
    return tf.layers.dense(x, num_outputs)


@dataclass(frozen=True)
class Recipe:
    """A session program of a document: which hidden layers it has, how it is trained, which accuracy was printed.

    test: the printed accuracy in percent, None where there is none; level: points of it that another seed may cost.
    """

    example: str
    what: str
    hidden: tuple[int, ...]
    test: float | None
    rate: float = 0.001
    epochs: int = 50
    batch: int = 100
    build: Callable[..., Any] = mlp
    level: float = 5.0

    def run(self, data: Any, epochs: int | None = None, verbose: int = 0, seed: int = 1) -> dict[str, Any]:
        """Trains on ((x, y), (x_test, y_test)) of images 0..255 and labels, without the first twelfth of the training images:
        the documents' reader kept 5,000 of 60,000 for validation. Returns what came out."""
        (x, y), (x_test, y_test) = data
        held, start = len(x) // 12, time.perf_counter()
        train = DataSet(x[held:, ..., np.newaxis], np.eye(10)[y[held:]], seed=seed)
        test = DataSet(x_test[..., np.newaxis], np.eye(10)[y_test], seed=seed)
        losses, accuracy = self._train(train, test, epochs or self.epochs, verbose, seed)
        return {
            "example": self.example, "network": self.what, "epochs": len(losses), "printed test %": self.test,
            "test %": round(100 * accuracy, 2), "losses": [round(loss, 4) for loss in losses],
            "seconds": round(time.perf_counter() - start, 1),
        }

    def _train(self, train: DataSet, test: DataSet, epochs: int, verbose: int, seed: int) -> tuple[list[float], float]:
        """The mean loss of each epoch, and the accuracy on the test images, from 0 to 1."""
        losses = []
        with tf.Graph().as_default(), tf.Session() as sess:
            tf.set_random_seed(seed)
            pixels, labels = train.images.shape[1], train.labels.shape[1]
            x, y = tf.placeholder(tf.float32, [None, pixels]), tf.placeholder(tf.float32, [None, labels])
            scores = self.build(x, pixels, labels, len(self.hidden), self.hidden)
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=scores, labels=y))
            step = tf.train.GradientDescentOptimizer(self.rate).minimize(loss)
            right = tf.equal(tf.argmax(scores, 1), tf.argmax(y, 1))
            accuracy = tf.reduce_mean(tf.cast(right, tf.float32))
            sess.run(tf.global_variables_initializer())
            batches = train.num_examples // self.batch
            for epoch in range(epochs):
                total = 0.0
                for _ in range(batches):
                    images, digits = train.next_batch(self.batch)
                    total += float(sess.run([step, loss], {x: images, y: digits})[1])
                losses.append(total / batches)
                if verbose:
                    print(f"epoch: {epoch:04d} loss = {losses[-1]:0.6f}", flush=True)
            return losses, float(sess.run(accuracy, {x: test.images, y: test.labels}))


RECIPES = {
    "session-softmax": Recipe("D1-4-11", "784-10, session, descent 0.001", (), 66.42),
    "session-mlp-64": Recipe("D1-4-12", "784-64-64-10, session, relu, descent 0.001", (64, 64), 82.96, level=10.0),
    "session-mlp-256": Recipe("D1-4-13", "784-256-256-10, session, relu, descent 0.001", (256, 256), 92.46),
    # 20 of its 400 epochs; the document prints no accuracy
    "session-dnn": Recipe("D3-10-17", "784-300-100-10, session, relu, descent 0.01", (300, 100), None, 0.01, 20, 50, layered),
}
"""By name: the session programs whose accuracy a document prints, and one whose accuracy is ours to find."""
