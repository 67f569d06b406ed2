"""An autoencoder at work: a graph and a session of its own, Adam's steps on a loss of several parts, codings out and in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, ShapeError
from deepkit.models.autoencoders.stacked import batches


class Net(NamedTuple):
    """What a builder makes of images X (n, pixels).

    codings: (n, codings), what the decoder gets; it may be fed. outputs: (n, pixels), the images rebuilt. loss: a scalar.
    parts: scalars by name, of which the loss is made. seen: whatever else can be asked for, by name.
    """

    codings: Any
    outputs: Any
    loss: Any
    parts: Mapping[str, Any]
    seen: Mapping[str, Any]


Build = Callable[[Any, Any], Net]


class Autoencoder:
    """A network that rebuilds its input, in a graph and a session of its own.

    Args:
        build: of images (n, pixels) and the switch `training`, a bool tensor, the network.
        rate: Adam's.
        pixels: of one image.
        seed: of the first weights, the batches, and all that is drawn in the graph.
    """

    def __init__(self, build: Build, rate: float = 0.001, pixels: int = 784, seed: int = 1):
        self._order = np.random.RandomState(seed)
        self._graph = tf.Graph()
        with self._graph.as_default():
            tf.set_random_seed(seed)
            self._x = tf.placeholder(tf.float32, [None, pixels])
            self._training = tf.placeholder_with_default(False, shape=(), name="training")
            self.net = build(self._x, self._training)
            self._step = tf.train.AdamOptimizer(rate).minimize(self.net.loss)
            self._session = tf.Session(graph=self._graph)
            self._session.run(tf.global_variables_initializer())
            self.weights = sum(int(np.prod(np.array(v.shape.as_list()))) for v in tf.trainable_variables())

    def fit(self, images: Any, epochs: int, batch: int = 150, verbose: int = 0) -> dict[str, list[float]]:
        """Trains on images (n, ...) of 0..1 or 0..255 in batches of another order each epoch; what is left over waits.

        Returns by part of the loss its mean over each epoch, measured before each step.
        """
        x = self._pixels(images)
        if not 1 <= batch <= len(x) or epochs < 1:
            raise ArgumentError(f"{epochs} epochs in batches of {batch} of {len(x)} images",
                                rule="one epoch or more, batches no larger than the images")
        history: dict[str, list[float]] = {name: [] for name in self.net.parts}
        for epoch in range(epochs):
            found = []
            for places in batches(len(x), batch, self._order):
                feed = {self._x: x[places], self._training: True}
                found.append(self._session.run([self._step, *self.net.parts.values()], feed)[1:])
            for name, value in zip(history, np.mean(found, axis=0), strict=True):
                history[name].append(float(value))
            if verbose:
                print(f"epoch {epoch + 1}:", *(f"{name} {values[-1]:.4f}" for name, values in history.items()), flush=True)
        return history

    def ask(self, name: str, images: Any) -> np.ndarray:
        """What the network has under a name, for images: "codings", "outputs", a part of the loss, or what the builder shows."""
        known = {"codings": self.net.codings, "outputs": self.net.outputs, **self.net.parts, **self.net.seen}
        if name not in known:
            raise ArgumentError(f"this network has no {name!r}", rule=f"one of {', '.join(known)}")
        return np.asarray(self._session.run(known[name], {self._x: self._pixels(images)}))

    def encode(self, images: Any) -> np.ndarray:
        """(n, codings) of images: the mean of each, where codings are drawn."""
        return self.ask("mean" if "mean" in self.net.seen else "codings", images)

    def decode(self, codings: Any) -> np.ndarray:
        """(n, side, side), what the decoder makes of codings (n, codings), fed in the place of the encoder's."""
        given = np.asarray(codings, np.float32)
        width = self.net.codings.shape.as_list()[1]
        if given.ndim != 2 or given.shape[1] != width:
            raise ShapeError(f"decode: codings of shape {given.shape}",
                             rule=f"a row for each picture: (n, {width}), as this network's code has {width} numbers",
                             hint=f"noise for it: np.random.default_rng().normal(size=(n, {width}))")
        return _square(self._session.run(self.net.outputs, {self.net.codings: given}))

    def rebuild(self, images: Any) -> np.ndarray:
        """(n, side, side), the images through the code and back, each drawn anew where codings are drawn."""
        return _square(self.ask("outputs", images))

    def _pixels(self, images: Any) -> np.ndarray:
        array = np.asarray(images)
        flat = array.reshape(len(array), -1)
        if flat.shape[1] != self._x.shape.as_list()[1]:
            raise ShapeError(f"images of shape {array.shape}", rule=f"(n, ...) with {self._x.shape.as_list()[1]} pixels each")
        return flat.astype(np.float32) / np.float32(255 if array.dtype == np.uint8 else 1)


def _square(flat: np.ndarray) -> np.ndarray:
    side = round(flat.shape[1] ** 0.5)
    return flat.reshape(-1, side, side) if side * side == flat.shape[1] else flat
