"""A network's training step by Keras 3, jit-compiled: train_on_batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmark.networks import Network, data, layers


class UnsaidError(Exception):
    """What train_on_batch has no words for: derivatives by the input, a loss of two parts."""


def step(keras: Any, network: Network) -> Callable[[], float]:
    """Builds it; each call makes one step and returns the loss before it."""
    if network.loss in ("weighted", "variational") or not network.optimizer or not network.layers:
        raise UnsaidError(f"{network.title}: no step of train_on_batch")
    values, target = data(network)
    built = Layers(keras, network)
    x = keras.Input(network.shape, network.batch, dtype="int64" if network.words else "float32")
    h = x
    for name, sizes, arrays in layers(network):
        h = getattr(built, name)(h, arrays, *sizes)
    model = keras.Model(x, h)
    classes = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = {"adam": keras.optimizers.Adam, "descent": keras.optimizers.SGD}[network.optimizer](network.rate)
    model.compile(optimizer, classes if network.loss == "classes" else "mse", jit_compile=True)
    for layer, weights in built.first:
        layer.set_weights(weights)
    target = target.reshape(h.shape) if network.loss == "squares" else target
    return lambda: float(model.train_on_batch(values, target))


class Layers:
    """One method for each kind of layer: its input, its weights, its sizes."""

    def __init__(self, keras: Any, network: Network):
        self.keras, self.layers, self.network = keras, keras.layers, network
        self.first: list[tuple[Any, list[Any]]] = []

    def _with(self, layer: Any, h: Any, *weights: Any) -> Any:
        self.first.append((layer, list(weights)))
        return layer(h)

    def act(self, h: Any, _: Any, name: str) -> Any:
        known = {"relu": self.layers.ReLU, "elu": self.layers.ELU, "leaky": lambda: self.layers.LeakyReLU(0.2)}
        return known[name]()(h) if name else h

    def dense(self, h: Any, arrays: Any, units: int, act: str) -> Any:
        decay = self.network.decay
        keeps = {"kernel_regularizer": self.keras.regularizers.L2(decay / 2)} if decay else {}
        layer = self.layers.Dense(units, activation=act or None, **keeps)
        return self._with(layer, h, arrays[0], np.zeros(units))

    def conv(self, h: Any, arrays: Any, size: int, channels: int, padding: str = "VALID", act: str = "relu") -> Any:
        layer = self.layers.Conv2D(channels, size, padding=padding.lower())
        return self.act(self._with(layer, h, arrays[0], np.zeros(channels)), (), act)

    def pool(self, h: Any, _: Any) -> Any:
        return self.layers.MaxPooling2D(2)(h)

    def norm(self, h: Any, _: Any) -> Any:
        return self.layers.BatchNormalization()(h)

    def flat(self, h: Any, _: Any) -> Any:
        return self.layers.Flatten()(h)

    def rows(self, h: Any, _: Any) -> Any:
        return h

    def mean(self, h: Any, _: Any) -> Any:
        return self.layers.GlobalAveragePooling1D()(h)

    def embed(self, h: Any, arrays: Any, words: int, units: int) -> Any:
        return self._with(self.layers.Embedding(words, units), h, arrays[0])

    def simple(self, h: Any, arrays: Any, units: int, every: bool = False) -> Any:
        layer = self.layers.SimpleRNN(units, return_sequences=every)
        return self._with(layer, h, arrays[0][:-units], arrays[0][-units:], np.zeros(units))

    def lstm(self, h: Any, arrays: Any, units: int, every: bool = False) -> Any:
        i, j, f, o = np.split(arrays[0], 4, axis=1)  # TensorFlow 1's order; here it is i, f, j, o, and f has 1 added
        kernel, bias = np.concatenate([i, f, j, o], axis=1), np.zeros(4 * units)
        bias[units : 2 * units] = 1
        return self._with(self.layers.LSTM(units, return_sequences=every), h, kernel[:-units], kernel[-units:], bias)

    def gru(self, h: Any, arrays: Any, units: int, every: bool = False) -> Any:
        reset, update = np.split(arrays[0], 2, axis=1)
        kernel = np.concatenate([update, reset, arrays[1]], axis=1)
        layer = self.layers.GRU(units, return_sequences=every, reset_after=False)
        return self._with(layer, h, kernel[:-units], kernel[-units:], np.zeros(3 * units))

    def newgru(self, h: Any, arrays: Any, units: int, every: bool = False) -> Any:
        kernel, recurrent = np.split(arrays[0], [-units])
        return self._with(self.layers.GRU(units, return_sequences=every), h, kernel, recurrent, np.zeros((2, 3 * units)))
