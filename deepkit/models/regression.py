"""The documents' linear regression as a graph, its descent, and their runs on Boston: `python -m deepkit.models.regression`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import deepkit.v1 as tf
from deepkit.datasets import load_boston
from deepkit.files import write_whole

Penalty = Callable[[Any], Any]


def mean_abs(w: Any) -> Any:
    """Lasso's penalty as the documents write it: the mean of |w|."""
    return tf.reduce_mean(tf.abs(w))


def mean_square(w: Any) -> Any:
    """Ridge's penalty as the documents write it: the mean of w^2."""
    return tf.reduce_mean(tf.square(w))


@dataclass(frozen=True)
class Regression:
    """The tensors of y = x w + b: placeholders x (n, inputs) and y (n, 1), variables w (inputs, 1) and b (1,).

    loss = mse + strength * penalty(w); r2 = 1 - (sum of squared errors) / (sum of squares around the mean of y).
    """

    x: Any
    y: Any
    w: Any
    b: Any
    model: Any
    mse: Any
    r2: Any
    loss: Any
    strength: Any


def linear(inputs: int, penalty: Penalty | None = None, strength: float = 0.8, trained: bool = False) -> Regression:
    """Build a linear regression in a graph of its own; all weights begin at zero, so nothing in it is random.

    Args:
        inputs: the number of features.
        penalty: of the weights, a scalar tensor; none by default.
        strength: what it is multiplied by.
        trained: the strength is a variable that the optimizer changes, too, as it does in the documents.
    """
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, inputs], name="x")
        y = tf.placeholder(tf.float32, [None, 1], name="y")
        w = tf.Variable(tf.zeros([inputs, 1]), name="w")
        b = tf.Variable(tf.zeros([1]), name="b")
        model = tf.matmul(x, w) + b
        mse = tf.reduce_mean(tf.square(model - y))
        total = tf.reduce_sum(tf.square(y - tf.reduce_mean(y)))
        r2 = 1 - tf.div(tf.reduce_sum(tf.square(y - model)), total)
        weight = tf.Variable(strength, trainable=trained, dtype=tf.float32, name="strength")
        loss = mse if penalty is None else mse + penalty(w) * weight
        return Regression(x, y, w, b, model, mse, r2, loss, weight)


@dataclass(frozen=True)
class Descent:
    """Of each step loss (training set, before it), mse, r2 (test set, after it), strength; at the end w (inputs,) and b."""

    loss: np.ndarray
    mse: np.ndarray
    r2: np.ndarray
    strength: np.ndarray
    w: np.ndarray
    b: float


def descend(graph: Regression, train: tuple[Any, Any], test: tuple[Any, Any], rate: float, epochs: int) -> Descent:
    """Gradient descent with all rows in every step, as the documents do it.

    Args:
        train, test: features (n, inputs) and targets (n, 1).
        rate: the learning rate.
        epochs: the number of steps.
    """
    seen = []
    with graph.loss.graph.as_default(), tf.Session() as sess:
        step = tf.train.GradientDescentOptimizer(rate).minimize(graph.loss)
        sess.run(tf.global_variables_initializer())
        for _ in range(epochs):
            now, _ = sess.run([graph.loss, step], {graph.x: train[0], graph.y: train[1]})
            feed = {graph.x: test[0], graph.y: test[1]}
            seen.append([now, *sess.run([graph.mse, graph.r2, graph.strength], feed)])
        w, b = sess.run([graph.w, graph.b])
    loss, mse, r2, strength = np.array(seen, np.float32).T
    return Descent(loss, mse, r2, strength, w.ravel(), float(b[0]))


# ---- the documents' three runs


@dataclass(frozen=True)
class Recipe:
    """A run of a document: its penalty, the data as it was (see `boston`), and what it printed."""

    example: str
    what: str
    penalty: Penalty | None
    misprinted: bool
    single: bool
    mse: str
    r2: str


RECIPES = {
    "plain": Recipe("D1-3-18", "no penalty", None, True, False, "32.59047699", "0.60608959"),
    "lasso": Recipe("D1-3-22", "0.8 mean|w|", mean_abs, True, True, "32.59975433", "0.60597742"),
    "ridge": Recipe("D1-3-25", "0.8 mean(w^2)", mean_square, False, True, "32.89019012", "0.60246706"),
}
"""A district's crime rate is 10.6718; scikit-learn's file had 0.6718 until 2018 (its issue 10801). Which file, and which
sums, each run had is told by its digits: no other choice comes as near."""


def boston(misprinted: bool = False, single: bool = True) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Boston housing as the documents prepare it: 13 features of mean 0 and spread 1 over all rows, then 404 + 102 rows.

    Args:
        misprinted: with the wrong number that scikit-learn's file had.
        single: mean and spread are added up in float32, as scikit-learn did then; in float64 otherwise, as it does now.

    Raises:
        DataError: the data is not on this machine.
    """
    from sklearn.model_selection import train_test_split

    x, y = load_boston(verbose=False)
    if misprinted:
        x[445, 0] = 0.6718
    x = x.astype(np.float32)
    kind = np.float32 if single else np.float64
    mean, spread = x.sum(axis=0, dtype=kind) / kind(len(x)), np.sqrt(x.var(axis=0, dtype=kind))
    x = (x - mean.astype(np.float32)) / spread.astype(np.float32)
    x_train, x_test, y_train, y_test = train_test_split(x, y.astype(np.float32)[:, None], test_size=0.2, random_state=123)
    return (x_train, y_train), (x_test, y_test)


def measure(recipe: Recipe, epochs: int = 1500) -> dict[str, Any]:
    """A recipe's row: what was printed, what comes out on the data as it was, and on the data as it is today.

    `strength` is the weight of the penalty at the end: it was 0.8, and the optimizer trained it, too.
    """
    runs = []
    for data in (boston(recipe.misprinted, recipe.single), boston(single=False)):
        graph = linear(13, recipe.penalty, trained=recipe.penalty is not None)
        runs.append(descend(graph, *data, 0.001, epochs))
    then, today = ([round(float(run.mse[-1]), 8), round(float(run.r2[-1]), 8)] for run in runs)
    return {
        "example": recipe.example, "what": recipe.what, "printed": [recipe.mse, recipe.r2], "then": then, "today": today,
        "strength": round(float(runs[0].strength[-1]), 4),
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the documents' regressions, print a line for each, and write what came out where --out says."""
    parser = argparse.ArgumentParser(prog="python -m deepkit.models.regression", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which: " + ", ".join(RECIPES) + " (default: all)")
    parser.add_argument("--out", type=Path, help="also write the results to this JSON file")
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.names if name not in RECIPES]
    if unknown:
        parser.error(f"there is no run {unknown[0]!r}; there are {', '.join(RECIPES)}")
    rows = {name: measure(RECIPES[name]) for name in chosen.names or RECIPES}
    for name, row in rows.items():
        print(f"{name}: printed {' '.join(row['printed'])}, here {row['then'][0]:.8f} {row['then'][1]:.8f}")
    if chosen.out:
        write_whole(chosen.out, json.dumps(rows, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
