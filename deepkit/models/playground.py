"""The programs of the playground: their text is written from a few choices, and that text is what runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import deepkit.v1 as tf
from deepkit import keras
from deepkit.errors import ArgumentError

ACTIVATIONS = ("tanh", "relu", "sigmoid", "none")


def _line(text: str, wanted: Any) -> str:
    """The text as a line of a program, or nothing."""
    return f"{text}\n" if wanted else ""


class SessionProgram:
    """A session program for points (n, 2) and classes (n,) of 0 and 1, with hidden layers and Adam.

    Args:
        hidden, activation, rate, seed: units of each hidden layer, what follows each, Adam's rate, the seed of the weights.
        penalty: lambda of lambda / 2 times the sum of the squared weights of all layers.
        dropout: the share of hidden units that each step leaves out.

    Attributes:
        source: its text, which runs as it stands; `points`, `classes` (n, 1) and `steps` are given.
        losses: of every step taken so far.
    """

    def __init__(self, points: np.ndarray, classes: np.ndarray, hidden: Sequence[int], activation: str, rate: float, seed: int,
                 penalty: float = 0.0, dropout: float = 0.0):
        if activation not in ACTIVATIONS:
            raise ArgumentError(f"activation={activation!r}", rule=f"one of {', '.join(ACTIVATIONS)}")
        if not (penalty >= 0 and 0 <= dropout < 1):
            raise ArgumentError(f"penalty={penalty}, dropout={dropout}", rule="a penalty of 0 or more; a share of 0 to below 1")
        self._penalty, self._dropout = float(penalty), float(dropout)
        self._build, self._loop = self._write([int(units) for units in hidden], activation, float(f"{rate:.4g}"), int(seed))
        self.source = f"{self._build}\n{self._loop}"
        self.losses: list[float] = []
        self._names: dict[str, Any] = {
            "np": np, "points": np.asarray(points, np.float32), "classes": np.asarray(classes, np.float32)[:, None],
            "losses": self.losses,
        }
        self._graph = tf.Graph()
        self._run(self._build)

    def _write(self, hidden: list[int], activation: str, rate: float, seed: int) -> tuple[str, str]:
        bend = "" if activation == "none" else f", tf.{'nn.' if activation != 'tanh' else ''}{activation}"
        punished = ", kernel_regularizer=l2" if self._penalty else ""
        drop = _line(f"h = tf.layers.dropout(h, {self._dropout:g}, training=training)", self._dropout)
        layers = "".join(f"h = tf.layers.dense(h, {units}{bend}{punished})\n{drop}" for units in hidden)
        fit = "fit" if self._penalty else "loss"
        return (
            "import deepkit.v1 as tf\n\n"
            f"tf.set_random_seed({seed})\n"
            "x = h = tf.placeholder(tf.float32, [None, 2])\n"
            "t = tf.placeholder(tf.float32, [None, 1])\n"
            f"{_line('training = tf.placeholder_with_default(False, [])', drop)}"
            f"{_line(f'l2 = tf.contrib.layers.l2_regularizer({self._penalty:g})', punished)}"
            f"{layers}"
            f"z = tf.layers.dense(h, 1{punished})\n"
            f"{fit} = tf.losses.sigmoid_cross_entropy(t, z)\n"
            f"{_line('loss = fit + tf.losses.get_regularization_loss()', punished)}"
            f"step = tf.train.AdamOptimizer({rate:g}).minimize(loss)\n"
            "answer = tf.sigmoid(z)\n"
            "sess = tf.Session()\n"
            "sess.run(tf.global_variables_initializer())\n",
            "for i in range(steps):\n"
            f"    _, now = sess.run([step, {fit}], {{x: points, t: classes{', training: True' if drop else ''}}})\n"
            "    losses.append(float(now))\n",
        )

    def _run(self, text: str) -> None:
        with self._graph.as_default():
            exec(compile(text, "<playground>", "exec"), self._names)

    def train(self, steps: int) -> None:
        """Run the loop of the program for so many steps."""
        self._names["steps"] = steps
        self._run(self._loop)

    def probability(self, points: np.ndarray) -> np.ndarray:
        """(n,) probabilities of class 1 at (n, 2) points."""
        n = self._names
        return np.asarray(n["sess"].run(n["answer"], {n["x"]: np.float32(points)})).ravel()


class KerasProgram(SessionProgram):
    """The same network as a Keras program."""

    def _write(self, hidden: list[int], activation: str, rate: float, seed: int) -> tuple[str, str]:
        bend = "" if activation == "none" else f', activation="{activation}"'
        punished = ", kernel_regularizer=l2" if self._penalty else ""
        drop = _line(f"model.add(keras.layers.Dropout({self._dropout:g}))", self._dropout)
        layers = "".join(f"model.add(keras.layers.Dense({units}{bend}{punished}))\n{drop}" for units in hidden)
        return (
            "from deepkit import keras\n\n"
            f"np.random.seed({seed})\n"
            f"{_line(f'l2 = keras.regularizers.l2({self._penalty / 2:g})  # Keras does not halve', punished)}"
            "model = keras.Sequential()\n"
            "model.add(keras.layers.InputLayer((2,)))\n"
            f"{layers}"
            f'model.add(keras.layers.Dense(1, activation="sigmoid"{punished}))\n'
            f'model.compile(keras.optimizers.Adam({rate:g}), "binary_crossentropy")\n',
            "for i in range(steps):\n"
            "    losses.append(float(model.train_on_batch(points, classes)))\n",
        )

    def probability(self, points: np.ndarray) -> np.ndarray:
        """(n,) probabilities of class 1 at (n, 2) points."""
        model: keras.Model = self._names["model"]
        with self._graph.as_default():
            return np.asarray(model.predict(np.float32(points), batch_size=4096)).ravel()


PROGRAMS = {"a session": SessionProgram, "Keras": KerasProgram}
"""By name: how a program is written from points, classes, hidden units, activation, rate and seed, with penalty and dropout."""
