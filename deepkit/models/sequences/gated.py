"""An LSTM that reads digits row by row, a document's session program: `python -m deepkit.models.mnist session-lstm`."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

import deepkit.v1 as tf
from deepkit.models.recipe import in_batches, share_right


class Reader(NamedTuple):
    """The tensors of a reader of digits that a program feeds and fetches."""

    x: Any
    y: Any
    loss: Any
    accuracy: Any
    train_step: Any


def reader(time_steps: int = 28, n_input: int = 28, num_units: int = 128, n_classes: int = 10,
           learning_rate: float = 0.001) -> Reader:
    """An LSTM over the rows of images (n, time_steps, n_input), unrolled, and a dense layer on its last output.

    The graph has one copy of the cell for each row; all copies share one kernel and one bias.
    """
    x = tf.placeholder(tf.float32, [None, time_steps, n_input])
    y = tf.placeholder(tf.int64, [None])
    rows = tf.unstack(x, time_steps, 1)
    cell = tf.nn.rnn_cell.BasicLSTMCell(num_units, forget_bias=1.0)
    outputs, _ = tf.nn.static_rnn(cell, rows, dtype=tf.float32)
    scores = tf.layers.dense(outputs[-1], n_classes)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits=scores, labels=y))
    right = tf.equal(tf.argmax(scores, 1), y)
    accuracy = tf.reduce_mean(tf.cast(right, tf.float32))
    return Reader(x, y, loss, accuracy, tf.train.AdamOptimizer(learning_rate).minimize(loss))


@dataclass(frozen=True)
class Recipe:
    """The training of `reader` as its document writes it.

    batch: images in a batch; step: a batch is reported if the number of images before it divides by this one; level:
    as in mnist, though the document prints no accuracy on test images.
    """

    example: str
    what: str
    epochs: int = 10
    batch: int = 128
    step: int = 100
    units: int = 128
    level: float = 5.0

    def run(self, data: Any, epochs: int | None = None, verbose: int = 0, seed: int = 1) -> dict[str, Any]:
        """Trains on ((x, y), (x_test, y_test)) of images 0..255 and labels; returns what came out.

        "batches" holds (epoch, images seen before in it, share read correctly, loss) of the batches that the document
        reports, measured after their step; "accuracies" the percent of the test images read after each epoch.
        """
        start, rounds = time.perf_counter(), epochs or self.epochs
        (x, y), (x_test, y_test) = ((images.astype("float32") / 255, labels.astype("int64")) for images, labels in data)
        batches: list[list[float]] = []
        accuracies: list[float] = []
        with tf.Graph().as_default(), tf.Session() as sess:
            tf.set_random_seed(seed)
            parts = reader(x.shape[1], x.shape[2], self.units)
            sess.run(tf.global_variables_initializer())
            order = np.random.RandomState(seed)
            for epoch in range(rounds):
                batches += self._epoch(sess, parts, (x, y), order.permutation(len(x)), epoch)
                accuracies.append(round(100 * share_right(sess, parts.accuracy, {parts.x: x_test, parts.y: y_test}), 2))
                if verbose:
                    print(f"epoch {epoch}: {batches[-1][2]:.6f} of the last batch reported, test {accuracies[-1]} %", flush=True)
            train = round(100 * share_right(sess, parts.accuracy, {parts.x: x, parts.y: y}), 2)
            weights = sum(int(values.size) for values in sess.run(tf.trainable_variables()))
        return {
            "example": self.example, "network": self.what, "seed": seed, "epochs": rounds, "weights": weights,
            "printed train %": None, "train %": train, "printed test %": None, "test %": accuracies[-1],
            "batches": batches, "accuracies": accuracies, "seconds": round(time.perf_counter() - start, 1),
        }

    def _epoch(self, sess: Any, parts: Reader, data: tuple[np.ndarray, np.ndarray], order: np.ndarray,
               epoch: int) -> list[list[float]]:
        """One round over the images; what is reported of it."""
        (x, y), told = data, []
        for first, chosen in in_batches(order, self.batch):
            feed = {parts.x: x[chosen], parts.y: y[chosen]}
            sess.run(parts.train_step, feed)
            if first % math.lcm(self.step, self.batch) == 0:
                share, loss = sess.run([parts.accuracy, parts.loss], feed)
                told.append([epoch, first, round(float(share), 6), round(float(loss), 6)])
        return told


RECIPES = {"session-lstm": Recipe("D0-12-04", "LSTM 128 over rows, session, Adam 0.001")}
"""By name: the document's run."""
