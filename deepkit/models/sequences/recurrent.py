"""Recurrent networks that read an image row by row: the documents' classifiers, and what they know after each row."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

import deepkit.v1 as tf
from deepkit import keras
from deepkit.keras.layers import Activation, Dense, SimpleRNN, TimeDistributed
from deepkit.keras.models import Sequential
from deepkit.models.recipe import Recipe
from deepkit.v1.input.tutorials import DataSet


def rnn(units: int = 256) -> Any:
    """SimpleRNN over the 28 rows, dropout 0.2 of their pixels: 75,530 weights with 256 units."""
    return Sequential([SimpleRNN(units, dropout=0.2, input_shape=(28, 28)), Dense(10), Activation("softmax")])


def small_rnn() -> Any:
    """SimpleRNN(16, relu) over the rows: 890 weights."""
    return Sequential([SimpleRNN(16, activation="relu", input_shape=(28, 28)), Dense(10), Activation("softmax")])


def row_reader(units: int = 64) -> Any:
    """A network that says after every row what the digit is: (n, 28, 28) images to (n, 28, 10) probabilities."""
    return Sequential([
        SimpleRNN(units, return_sequences=True, input_shape=(28, 28)), TimeDistributed(Dense(10, activation="softmax")),
    ])


def at_every_row(labels: np.ndarray, rows: int = 28) -> np.ndarray:
    """The labels (n,) of images as targets (n, rows, 1) for `row_reader`: the same one after each row."""
    return np.repeat(np.asarray(labels).reshape(-1, 1, 1), rows, axis=1)


def classifier(X: Any, y: Any, n_neurons: int = 150, n_outputs: int = 10) -> tuple[Any, Any, Any]:
    """(loss, accuracy, scores) of images X (n, steps, inputs) with labels y (n,): a basic cell, unrolled dynamically, its
    last state to n_outputs scores."""
    cell = tf.nn.rnn_cell.BasicRNNCell(num_units=n_neurons)
    _, states = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)
    logits = tf.contrib.layers.fully_connected(states, n_outputs, activation_fn=None)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    correct = tf.nn.in_top_k(logits, y, 1)
    return loss, tf.reduce_mean(tf.cast(correct, tf.float32)), logits


def slopes_by_step(model: Any, images: np.ndarray, labels: np.ndarray, every: bool = False) -> list[float]:
    """How steeply the loss depends on the state after each step: the root of the mean square of its derivatives.

    model: a SimpleRNN and a dense layer with softmax. images: (n, steps, inputs); labels: (n,). every: the loss is the sum
    over the outputs at all steps, and not that of the last alone. The unrolled network is a graph of its own, and the
    derivatives come from tf.gradients: back-propagation through time is the chain rule along that graph.
    """
    W_x, W_h, b, W_y, c = model.get_weights()
    bend = {"tanh": tf.tanh, "relu": tf.nn.relu}[model.layers[0].get_config()["activation"]]
    with tf.Graph().as_default(), tf.Session() as sess:
        h, states = tf.zeros([len(images), len(W_h)]), []
        for x in np.moveaxis(np.asarray(images, np.float32), 1, 0):
            h = bend(tf.matmul(x, W_x) + tf.matmul(h, W_h) + b)
            states.append(h)
        loss = tf.add_n([
            tf.losses.sparse_softmax_cross_entropy(labels, tf.matmul(state, W_y) + c)
            for state in (states if every else states[-1:])
        ])
        slopes = sess.run(tf.gradients(loss, states))
    return [float(np.sqrt(np.mean(np.square(slope)))) for slope in slopes]


@dataclass(frozen=True)
class SessionRecipe:
    """The training of `classifier` as its document writes it; its accuracies stand in a picture that is lost.

    test: the printed accuracy in percent, None where there is none; level: points of it that another seed may cost.
    """

    example: str
    what: str
    epochs: int
    batch: int = 150
    rate: float = 0.001
    test: float | None = None
    level: float = 5.0

    def run(self, data: Any, epochs: int | None = None, verbose: int = 0, seed: int = 1) -> dict[str, Any]:
        """Trains on ((x, y), (x_test, y_test)) of images 0..255 and labels, without the first twelfth of the training
        images, which the document's reader keeps for validation. "accuracies" holds, after each epoch, the percent of
        its last batch and of the test images that are read correctly."""
        (x, y), (x_test, y_test) = data
        held, start = len(x) // 12, time.perf_counter()
        train = DataSet(x[held:, ..., np.newaxis], y[held:], seed=seed)
        test = {"X": x_test.astype("float32") / 255, "y": y_test}
        accuracies, weights = self._train(train, test, epochs or self.epochs, verbose, seed)
        return {
            "example": self.example, "network": self.what, "seed": seed, "epochs": len(accuracies), "weights": weights,
            "printed test %": self.test, "test %": accuracies[-1][1], "accuracies": accuracies,
            "seconds": round(time.perf_counter() - start, 1),
        }

    def _train(self, train: DataSet, test: dict[str, Any], epochs: int, verbose: int,
               seed: int) -> tuple[list[list[float]], int]:
        rows, columns = test["X"].shape[1:]
        accuracies = []
        with tf.Graph().as_default(), tf.Session() as sess:
            tf.set_random_seed(seed)
            X, y = tf.placeholder(tf.float32, [None, rows, columns]), tf.placeholder(tf.int32, [None])
            loss, accuracy, _ = classifier(X, y)
            training_op = tf.train.AdamOptimizer(self.rate).minimize(loss)
            sess.run(tf.global_variables_initializer())
            weights = sum(values.size for values in sess.run(tf.trainable_variables()))
            for epoch in range(epochs):
                for _ in range(train.num_examples // self.batch):
                    images, digits = train.next_batch(self.batch)
                    feed = {X: images.reshape(-1, rows, columns), y: digits}
                    sess.run(training_op, feed)
                shares = [sess.run(accuracy, feed), sess.run(accuracy, {X: test["X"], y: test["y"]})]
                accuracies.append([round(100 * float(share), 2) for share in shares])
                if verbose:
                    print(f"{epoch} Train accuracy: {shares[0]:.4f} Test accuracy: {shares[1]:.4f}", flush=True)
        return accuracies, weights


RECIPES: dict[str, Recipe | SessionRecipe] = {
    "rnn": Recipe("D4-6-06", "SimpleRNN 256, dropout 0.2, SGD", rnn, (28, 28), lambda: "sgd", 20, 128, 97.26, 98.0),
    "rnn-rmsprop": Recipe("D4-6-06", "SimpleRNN 256, dropout 0.2, RMSprop", rnn, (28, 28), lambda: "rmsprop", 20, 128, 96.72,
                          97.6),
    "rnn-adam": Recipe("D4-6-06", "SimpleRNN 256, dropout 0.2, Adam", rnn, (28, 28), lambda: "adam", 20, 128, 96.79, 97.4),
    # the table's last row repeats the setting of its first; with more units it would make sense
    "rnn-512": Recipe("D4-6-06", "SimpleRNN 512, dropout 0.2, SGD", lambda: rnn(512), (28, 28), lambda: "sgd", 20, 128, 97.88,
                      98.3),
    "small-rnn": Recipe("D1-5-17", "SimpleRNN 16, relu, RMSprop 0.01", small_rnn, (28, 28),
                        lambda: keras.optimizers.RMSprop(lr=0.01), 20, 100, None, 82.29),
    "session-rnn": SessionRecipe("D3-14-07", "BasicRNNCell 150, session, Adam 0.001", 100),
}
"""By name: the runs of the documents."""
