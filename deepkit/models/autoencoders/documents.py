"""The documents' autoencoders on the real MNIST, as they set them: `python -m deepkit.models.autoencoders.documents`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

import deepkit.v1 as tf
from deepkit import keras
from deepkit.models.autoencoders.layerwise import phases, put_together, train_autoencoder
from deepkit.models.autoencoders.pretraining import classifier, labelled, read_with
from deepkit.models.autoencoders.stacked import MNIST_SIZES, Stack, fit, stacked, train
from deepkit.models.recipe import asking, train_all

FILE = "autoencoders.json"
Split = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Recipe:
    """A training of a document whose results are lost: its settings, and what TensorFlow makes of the same settings.

    run: of training images and labels, test images and labels, and a seed, what came out by name; measure: the name of the
    number that counts; target: TensorFlow's, None where it was not asked; level: by how much ours may be worse, as a share.
    """

    example: str
    what: str
    run: Callable[[Split, Split, int], dict[str, Any]]
    measure: str
    target: float | None
    level: float = 0.05

    def judge(self, row: dict[str, Any]) -> tuple[bool, str]:
        """Whether what came out is as good as TensorFlow's, but for luck, and a sentence. Errors are small, percentages large."""
        here = row[self.measure]
        if self.target is None:
            return True, f"{self.measure} {here:.5g} here"
        worse = self.target - here if self.measure.endswith("%") else here - self.target
        return worse <= self.level * self.target, f"{self.measure} {here:.5g} here, {self.target:.5g} with TensorFlow"


def _whole(net: Stack, rate: float, epochs: int, train_set: Split, test_set: Split, seed: int) -> dict[str, Any]:
    step = tf.train.AdamOptimizer(rate).minimize(net.loss)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        errors = train(sess, step, net.x, train_set[0], net.error, epochs, seed=seed)
        return {"epochs": epochs, "errors": errors, "test MSE": sess.run(net.error, {net.x: test_set[0]})}


def _stacked(train_set: Split, test_set: Split, seed: int) -> dict[str, Any]:
    return _whole(stacked(MNIST_SIZES, 0.001), 0.001, 30, train_set, test_set, seed)


def _tied(train_set: Split, test_set: Split, seed: int) -> dict[str, Any]:
    return _whole(stacked(MNIST_SIZES, 0.001, tied=True), 0.01, 5, train_set, test_set, seed)


def _two_graphs(train_set: Split, test_set: Split, seed: int) -> dict[str, Any]:
    outer = train_autoencoder(train_set[0], 300, seed=seed)
    inner = train_autoencoder(outer.hidden, 150, seed=seed)
    x = tf.placeholder(tf.float32, [None, 784])
    error = tf.reduce_mean(tf.square(put_together(x, [outer, inner])[1] - x))
    with tf.Session() as sess:
        return {"epochs": 4, "errors": [outer.errors, inner.errors], "test MSE": sess.run(error, {x: test_set[0]})}


def _one_graph(train_set: Split, test_set: Split, seed: int, cached: bool = False) -> dict[str, Any]:
    net = stacked(MNIST_SIZES, 0.0)
    optimizer, parts = tf.train.AdamOptimizer(0.01), phases(net, 0.0001)
    steps = [optimizer.minimize(part.loss, var_list=part.variables) for part in parts]
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        errors = [train(sess, steps[0], net.x, train_set[0], parts[0].error, 4, seed=seed)]
        fed, examples = net.x, train_set[0]
        if cached:
            fed, examples = net.hidden[0], sess.run(net.hidden[0], {net.x: train_set[0]})
        errors.append(train(sess, steps[1], fed, examples, parts[1].error, 4, seed=seed))
        found = sess.run([net.error, *(part.error for part in parts)], {net.x: test_set[0]})
    return {"epochs": 4, "errors": errors, "test MSE": found[0], "test MSE of the phases": found[1:]}


def _cached(train_set: Split, test_set: Split, seed: int) -> dict[str, Any]:
    return _one_graph(train_set, test_set, seed, cached=True)


def _classifier(train_set: Split, test_set: Split, seed: int) -> dict[str, Any]:
    net, accuracies, labels = classifier(MNIST_SIZES, 10, 0.0005), [], min(20_000, len(train_set[0]))
    step = tf.train.AdamOptimizer(0.01).minimize(net.loss)  # of a vector: the sum of the batch's losses
    random = np.random.RandomState(seed)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(4):
            for _ in range(labels // 150):
                places = random.permutation(labels)[:150]
                sess.run(step, {net.x: train_set[0][places], net.y: train_set[1][places]})
            accuracies.append(100 * sess.run(net.accuracy, {net.x: test_set[0], net.y: test_set[1]}))
    return {"epochs": 4, "errors": [], "accuracies": accuracies, "test %": accuracies[-1]}


FEW = (1, 10, 100, 2000)
"""Labelled images of each digit, in `few_labels`."""


def few_labels(train_set: Split, test_set: Split, seed: int) -> dict[str, Any]:
    """Percent read with few labels, with random first layers and with layers that have seen all images and no label.

    Without labels 15 epochs; with them 10 epochs and 400 steps at least. Three draws of labelled images for each count.
    """
    (x, y), found = train_set, dict[str, list[list[float]]]()
    start = fit(x, MNIST_SIZES, 0.0001, epochs=15, seed=seed).layers()
    for name, layers, frozen in (("random", [], False), ("pre-trained", start, False), ("frozen", start, True)):
        for each in FEW:
            shares = []
            for draw in (1, 2, 3):
                few, steps = labelled(y, each, draw), max(400, each * 10 // 5)
                shares.append(100 * read_with(x[few], y[few], test_set, MNIST_SIZES, layers, frozen, steps, seed=draw))
            found.setdefault(name, []).append(shares)
    return {"epochs": 15, "errors": [], "each": list(FEW), **found, "test %": float(np.mean(found["pre-trained"][-1]))}


RECIPES = {
    "stacked": Recipe("D3-15-02", "784-300-150-300-784, L2 0.001", _stacked, "test MSE", 0.034733),
    "tied": Recipe("D3-15-03", "the same with tied weights, L2 0.001", _tied, "test MSE", 0.025066),
    "two-graphs": Recipe("D3-15-04", "a layer at a time, two graphs, L2 0.0005", _two_graphs, "test MSE", 0.023316),
    "one-graph": Recipe("D3-15-05", "a layer at a time, one graph, L2 0.0001", _one_graph, "test MSE", 0.0097187),
    "cached": Recipe("D3-15-06", "the same, the frozen layer's output fed", _cached, "test MSE", 0.0097187),
    "classifier": Recipe("D3-15-09", "784-300-150-10, 20,000 labels", _classifier, "test %", 94.71, 0.02),
    "few-labels": Recipe("D3-15-19", "784-300-150-10, few labels, pre-trained or not", few_labels, "test %", None),
}
"""By name: the documents' runs, and the experiment that answers a question of theirs."""


def run(name: str, data: Any, seed: int = 1) -> dict[str, Any]:
    """Runs a recipe on ((x, y), (x_test, y_test)) of images 0..255 and labels; returns what came out, by name.

    The first twelfth of the training images is left out: the documents' reader kept it for validation.
    """
    recipe, start = RECIPES[name], time.perf_counter()
    (x, y), tests = ((images.reshape(len(images), -1).astype("float32") / 255, labels) for images, labels in data)
    held = len(x) // 12
    with tf.Graph().as_default():
        tf.set_random_seed(seed)
        found = recipe.run((x[held:], y[held:]), tests, seed)
    return {"example": recipe.example, "network": recipe.what, "seed": seed, "TensorFlow": recipe.target,
            **{key: _plain(value) for key, value in found.items()}, "seconds": round(time.perf_counter() - start, 1)}


def on_mnist(name: str) -> dict[str, Any]:
    """`run` on the real MNIST."""
    return run(name, keras.datasets.mnist.load_data())


def _plain(value: Any) -> Any:
    """Numbers in five digits, in lists of any depth."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value if isinstance(value, int) else float(f"{value:.5g}")


def main(arguments: list[str] | None = None) -> int:
    """Trains the named networks, one after the other, and prints a line for each."""
    parser = asking("deepkit.models.autoencoders.documents", __doc__, RECIPES)
    data = cache(keras.datasets.mnist.load_data)
    return train_all(parser, RECIPES, arguments, lambda name, chosen: run(name, data(), chosen.seed))


if __name__ == "__main__":
    sys.exit(main())
