"""Series of numbers: a document's wave, its recurrent networks for it, and forecasts that are fed forecasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

import deepkit.v1 as tf
from deepkit.errors import ArgumentError
from deepkit.v1.contrib.layers import fully_connected
from deepkit.v1.contrib.rnn import BasicRNNCell, DropoutWrapper, MultiRNNCell, OutputProjectionWrapper

_TIMES = np.linspace(0, 15, 101)


def wave(t: Any) -> np.ndarray:
    """A document's series, t sin(t) / 3 + 2 sin(5 t), at the times t."""
    times = np.asarray(t, np.float64)
    return times * np.sin(times) / 3 + 2 * np.sin(5 * times)


class Parts(NamedTuple):
    """The tensors of a built network that a program feeds and fetches."""

    X: Any
    y: Any
    outputs: Any
    loss: Any
    training_op: Any


def build(n_steps: int | None, n_neurons: int = 100, n_layers: int = 1, learning_rate: float = 0.001, *,
          projection: str = "reshape", keep_prob: float | None = None) -> Parts:
    """The document's graph: numbers (n, n_steps, 1) into ReLU cells, after each of them one number out.

    Args:
        n_steps: how many numbers a sequence has; None for any.
        projection: how 100 outputs become one: "wrapper", at every step inside the loop (OutputProjectionWrapper), or
            "reshape", for all steps together behind it.
        keep_prob: the share of its inputs that each layer is shown, drawn anew at every step; None for all of them.

    Raises:
        ArgumentError: for another projection.
    """
    if projection not in ("wrapper", "reshape"):
        raise ArgumentError(f"projection={projection!r}", rule="'wrapper' or 'reshape'")
    X = tf.placeholder(tf.float32, [None, n_steps, 1])
    y = tf.placeholder(tf.float32, [None, n_steps, 1])
    layers: list[Any] = [BasicRNNCell(num_units=n_neurons, activation=tf.nn.relu) for _ in range(n_layers)]
    if keep_prob is not None:
        layers = [DropoutWrapper(layer, input_keep_prob=keep_prob) for layer in layers]
    cell = layers[0] if n_layers == 1 else MultiRNNCell(layers)
    if projection == "wrapper":
        outputs, _ = tf.nn.dynamic_rnn(OutputProjectionWrapper(cell, output_size=1), X, dtype=tf.float32)
    else:
        rnn_outputs, _ = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)
        stacked = fully_connected(tf.reshape(rnn_outputs, [-1, n_neurons]), 1, activation_fn=None)
        outputs = tf.reshape(stacked, tf.shape(X))
    loss = tf.reduce_mean(tf.square(outputs - y))
    return Parts(X, y, outputs, loss, tf.train.AdamOptimizer(learning_rate=learning_rate).minimize(loss))


def train(sess: Any, parts: Parts, X: Any, y: Any, n_iterations: int) -> list[float]:
    """Train in `sess` on the sequences X and y, (n, steps) each, all of them at every iteration; the losses before each."""
    feed = {parts.X: np.asarray(X)[..., None], parts.y: np.asarray(y)[..., None]}
    return [float(sess.run([parts.loss, parts.training_op], feed)[0]) for _ in range(n_iterations)]


def free_running(step: Callable[[np.ndarray], float], seed: Sequence[float] | np.ndarray, count: int, n_steps: int) -> np.ndarray:
    """The next `count` values, (count,), of a forecaster that is fed its own forecasts.

    step: given the last n_steps values, (n_steps,), says the next one. seed: the values before, at least n_steps of them.

    Raises:
        ArgumentError: for a seed that is too short.

    >>> free_running(lambda last: last.sum(), [1.0, 1.0], 5, 2)
    array([ 2.,  3.,  5.,  8., 13.])
    """
    values = [float(value) for value in seed]
    if len(values) < n_steps:
        raise ArgumentError(f"a seed of {len(values)} values", rule=f"at least n_steps = {n_steps}")
    for _ in range(count):
        values.append(float(step(np.array(values[-n_steps:]))))
    return np.array(values[len(seed):])


@dataclass(frozen=True)
class Recipe:
    """A training on the wave as its document writes it: the first 100 of 101 times in, the wave out; asked about the last 100.

    Its document shows a picture and no figure.
    """

    example: str
    what: str
    n_layers: int = 1
    learning_rate: float = 0.001
    keep_prob: float | None = None
    iterations: int = 10_000

    def run(self, iterations: int | None = None, verbose: int = 0, seed: int = 1) -> dict[str, Any]:
        """Trains; returns what came out.

        "losses" holds the mean squared error before every 500th iteration and at the end; "mse" that of the times asked
        about; "predicted" the answers. With dropout these come from a second graph without it, to which the weights are
        restored; "dropped" then holds the errors of two questions to the first graph, which drops.
        """
        rounds, known, asked = iterations or self.iterations, _TIMES[None, :-1], _TIMES[None, 1:]
        with tf.Graph().as_default(), tf.Session() as sess:
            tf.set_random_seed(seed)
            parts = self._build(self.keep_prob)
            sess.run(tf.global_variables_initializer())
            losses = list(self._train(sess, parts, rounds, verbose))
            dropped = [round(_ask(sess, parts, asked)[1], 6) for _ in range(2)]
            weights = sess.run(tf.trainable_variables())
        with tf.Graph().as_default(), tf.Session() as sess:
            parts = self._build(None)
            for variable, value in zip(tf.trainable_variables(), weights, strict=True):
                variable.load(value, sess)
            losses.append(_ask(sess, parts, known)[1])
            predicted, mse = _ask(sess, parts, asked)
        row = {
            "example": self.example, "network": self.what, "seed": seed, "iterations": rounds,
            "weights": sum(value.size for value in weights), "mse": round(mse, 6),
            "losses": [round(loss, 6) for loss in losses], "predicted": [round(float(value), 3) for value in predicted],
        }
        return row if self.keep_prob is None else row | {"dropped": dropped}

    def _train(self, sess: Any, parts: Parts, rounds: int, verbose: int) -> Iterator[float]:
        """The loss before every 500th iteration."""
        known = _TIMES[None, :-1]
        for first in range(0, rounds, 500):
            losses = train(sess, parts, known, wave(known), min(500, rounds - first))
            if verbose:
                print(first, "MSE", round(losses[0], 6), flush=True)
            yield losses[0]

    def judge(self, row: dict[str, Any]) -> tuple[bool, str]:
        """Whether training brought the error down, and a sentence that says so: the document printed no figure."""
        return row["losses"][-1] < row["losses"][0], f"MSE {row['mse']:.6f} here, none printed"

    def _build(self, keep_prob: float | None) -> Parts:
        return build(100, n_layers=self.n_layers, learning_rate=self.learning_rate, keep_prob=keep_prob)


def _ask(sess: Any, parts: Parts, times: np.ndarray) -> tuple[np.ndarray, float]:
    """The outputs (steps,) for times (1, steps), and their mean squared distance from the wave."""
    outputs, loss = sess.run([parts.outputs, parts.loss], {parts.X: times[..., None], parts.y: wave(times)[..., None]})
    return outputs[0, :, 0], float(loss)


RECIPES = {
    "wave": Recipe("D3-14-09", "RNN 100, relu, Adam 0.001"),
    "wave-deep": Recipe("D3-14-11", "ten RNNs of 100, relu, Adam 0.00001", n_layers=10, learning_rate=0.00001),
    "wave-dropout": Recipe("D3-14-13", "the same, each layer shown half of its inputs", n_layers=10,
                           learning_rate=0.00001, keep_prob=0.5),
}
"""By name: the document's runs."""
