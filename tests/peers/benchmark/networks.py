"""The training steps that are timed: layers, data and first weights, the same for every library."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Layer = tuple[Any, ...]
"""The kind of a layer and its sizes: the arguments of the method that every library has for this kind."""


@dataclass(frozen=True)
class Network:
    """One training step: forward, backward, update.

    layers: see `_weights`; shape: of one example; loss: `classes` (cross-entropy of logits and class numbers), `squares`
    (mean squared error), `variational`, or `weighted`, which is sum(y c) for a constant c; optimizer: adam, descent, or ""
    where nothing is updated and the step gives the derivatives by the input too; decay: times sum(w^2) / 2 of all dense
    weights; words: the example is so many word numbers; steps: how many make one measurement.
    """

    title: str
    layers: tuple[Layer, ...]
    shape: tuple[int, ...] = (784,)
    batch: int = 128
    loss: str = "classes"
    optimizer: str = "adam"
    rate: float = 0.001
    decay: float = 0.0
    words: int = 0
    classes: int = 10
    steps: int = 10


def _dense(*units: int, act: str = "relu", last: str = "") -> tuple[Layer, ...]:
    """Dense layers, the last one with an activation of its own."""
    return tuple(("dense", n, act if i < len(units) - 1 else last) for i, n in enumerate(units))


def _layer(title: str, layer: Layer, shape: tuple[int, ...], batch: int, steps: int = 10) -> Network:
    """One layer alone, with all its derivatives."""
    return Network(title, (layer,), shape, batch, "weighted", "", steps=steps)


IMAGE, ROWS = (28, 28, 1), (28, 28)
NETWORKS = {
    "regression": Network(
        "linear regression, 200 x 3", _dense(1), (3,), 200, "squares", "descent", 0.1, classes=1, steps=500
    ),
    "mlp": Network("MLP 784-320-192-10, Adam, batch 160", _dense(320, 192, 10), batch=160, steps=60),
    "mlp256": Network("MLP 784-256-256-10, Adam, batch 128", _dense(256, 256, 10), steps=60),
    "autoencoder": Network(
        "autoencoder 784-256-96-256-784, ELU, L2, Adam, batch 200", _dense(256, 96, 256, 784, act="elu"), batch=200,
        loss="squares", decay=1e-3, steps=40,
    ),
    "stacked": Network(
        "stacked autoencoder 784-300-150-300-784, ELU, L2, Adam, batch 150", _dense(300, 150, 300, 784, act="elu"),
        batch=150, loss="squares", decay=1e-3, steps=40,
    ),
    "vae": Network(
        "variational autoencoder 500-500-20, ELU, Adam, batch 150",
        (*_dense(500, 500, act="elu", last="elu"), ("sample", 20), *_dense(500, 500, 784, act="elu")), batch=150,
        loss="variational", steps=20,
    ),
    "cnn": Network(
        "three 3x3 convolutions of 48, two pools, Adam, batch 96",
        (("conv", 3, 48), ("pool",), ("conv", 3, 48), ("pool",), ("conv", 3, 48), ("flat",), *_dense(10)), IMAGE, 96,
    ),
    "cnn64": Network(
        "three 3x3 convolutions of 64, two pools, Adam, batch 128",
        (("conv", 3, 64), ("pool",), ("conv", 3, 64), ("pool",), ("conv", 3, 64), ("flat",), *_dense(10)), IMAGE,
    ),
    "lenet": Network(
        "5x5x24, 5x5x48, 256, descent, batch 64",
        (("conv", 5, 24, "SAME"), ("pool",), ("conv", 5, 48, "SAME"), ("pool",), ("flat",), *_dense(256, 10)), IMAGE, 64,
        optimizer="descent", rate=0.01,
    ),
    "lenet5": Network(
        "LeNet-5: 5x5x32, 5x5x64, 512, descent, batch 100",
        (("conv", 5, 32, "SAME"), ("pool",), ("conv", 5, 64, "SAME"), ("pool",), ("flat",), *_dense(512, 10)), IMAGE, 100,
        optimizer="descent", rate=0.01, steps=5,
    ),
    "normed": Network(
        "5x5x64, 5x5x128, leaky ReLU, 1024 with batch norm, Adam, batch 128",
        (("conv", 5, 64, "SAME", "leaky"), ("pool",), ("conv", 5, 128, "SAME", "leaky"), ("pool",), ("flat",),
         ("dense", 1024, ""), ("norm",), ("act", "leaky"), ("dense", 10, ""), ("norm",), ("act", "leaky")), IMAGE,
        rate=0.0002, steps=3,
    ),
    "lstm": Network("LSTM(96), 28 x 28, Adam, batch 100", (("lstm", 96), *_dense(10)), ROWS, 100),
    "lstm128": Network("LSTM(128), 28 x 28, Adam, batch 128", (("lstm", 128), *_dense(10)), ROWS),
    "simple": Network("SimpleRNN(200), 28 x 28, Adam, batch 100", (("simple", 200), *_dense(10)), ROWS, 100),
    "simple256": Network("SimpleRNN(256), 28 x 28, descent, batch 128", (("simple", 256), *_dense(10)), ROWS,
                         optimizer="descent", rate=0.01),
    "gru": Network("GRU(128), 28 x 28, Adam, batch 128", (("gru", 128), *_dense(10)), ROWS),
    "newgru": Network("GRU(128), reset after, 28 x 28, Adam, batch 128", (("newgru", 128), *_dense(10)), ROWS),
    "words": Network("LSTM(512), 3 steps, 112 words, Adam, batch 1", (("lstm", 512), *_dense(112)), (3, 1), 1, classes=112),
    "deep": Network(
        "10 layers of RNN(100), 100 steps, Adam, batch 1",
        (*[("simple", 100, True)] * 10, ("rows",), *_dense(1)), (100, 1), 1, "squares", rate=1e-5, classes=1,
    ),
    "embedding": Network(
        "embedding 10,000 x 128, 64 x 40 words, descent", (("embed", 10000, 128), ("mean",), *_dense(10)), (40,), 64,
        optimizer="descent", rate=0.01, words=10000, steps=40,
    ),
    "inception": _layer("Inception block, 14x14x192, batch 32", ("inception", 64, 96, 128, 16, 32, 32), (14, 14, 192), 32, 3),
    "conv1": _layer("3x3 convolution, 1 to 64 channels, batch 128", ("conv", 3, 64, "VALID", ""), IMAGE, 128),
    "conv64": _layer("3x3 convolution, 64 to 64, 13x13, batch 128", ("conv", 3, 64, "VALID", ""), (13, 13, 64), 128),
    "conv5": _layer("5x5 convolution, 32 to 64, 14x14, batch 128", ("conv", 5, 64, "VALID", ""), (14, 14, 32), 128, 5),
    "depthwise": _layer("depthwise 3x3, 28x28x64, batch 32", ("depthwise", 3), (28, 28, 64), 32),
    "norm": _layer("batch normalization, 13x13x64, batch 128", ("norm",), (13, 13, 64), 128, 20),
    "pool": _layer("max pooling 2x2, 26x26x64, batch 128", ("pool",), (26, 26, 64), 128),
    "softmax": Network("softmax cross-entropy, 256 x 1,000", (), (1000,), 256, optimizer="", classes=1000, steps=100),
}


def data(network: Network) -> tuple[Any, Any]:
    """A batch of inputs and what they should give (`weighted`: the constant c of one example), always the same."""
    rng = np.random.default_rng(0)
    shape = (network.batch, *network.shape)
    x = rng.integers(0, network.words, shape) if network.words else rng.random(shape, np.float32)
    if network.loss == "weighted":
        return x, rng.standard_normal((network.batch, *_output(network)), np.float32)
    if network.loss == "classes":
        return x, rng.integers(0, network.classes, network.batch)
    if network.classes == 1:
        return x, x.reshape(-1, network.shape[-1]).sum(1, keepdims=True)
    return x, x


def noise(network: Network, units: int) -> Any:
    """What a variational autoencoder draws, the same for everybody."""
    return np.random.default_rng(2).standard_normal((network.batch, units), np.float32)


def layers(network: Network) -> Iterator[tuple[str, tuple[Any, ...], list[Any]]]:
    """Each layer's kind, sizes and first weights; biases begin at 0."""
    rng, shape = np.random.default_rng(1), network.shape

    def matrix(of: tuple[int, ...]) -> Any:
        return (rng.standard_normal(of) * np.sqrt(1 / np.prod(of[:-1]))).astype(np.float32)

    for kind, *sizes in network.layers:
        yield kind, tuple(sizes), [matrix(s) for s in _weights(kind, sizes, shape)]
        shape = _shape(kind, sizes, shape)


def _weights(kind: str, sizes: list[Any], shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The shapes of a layer's weights, without the biases."""
    inputs = shape[-1]
    if kind == "inception":  # one, before three, three, before five, five, after the pool
        one, to3, three, to5, five, pooled = sizes
        ways = ((1, inputs, one), (1, inputs, to3), (3, to3, three), (1, inputs, to5), (5, to5, five), (1, inputs, pooled))
        return [(k, k, a, b) for k, a, b in ways]
    known: dict[str, Any] = {
        "dense": lambda: [(inputs, sizes[0])], "sample": lambda: [(inputs, sizes[0])] * 2, "embed": lambda: [tuple(sizes)],
        "conv": lambda: [(sizes[0], sizes[0], inputs, sizes[1])], "depthwise": lambda: [(sizes[0], sizes[0], inputs, 1)],
        "simple": lambda: [(inputs + sizes[0], sizes[0])], "lstm": lambda: [(inputs + sizes[0], 4 * sizes[0])],
        "gru": lambda: [(inputs + sizes[0], 2 * sizes[0]), (inputs + sizes[0], sizes[0])],
        "newgru": lambda: [(inputs + sizes[0], 3 * sizes[0])],
    }  # fmt: skip
    return known[kind]() if kind in known else []


def _shape(kind: str, sizes: list[Any], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of one example after a layer."""
    if kind == "conv":
        less = sizes[0] - 1 if len(sizes) < 3 or sizes[2] == "VALID" else 0
        return (shape[0] - less, shape[1] - less, sizes[1])
    if kind in ("lstm", "gru", "newgru", "simple"):
        return (shape[0], sizes[0]) if len(sizes) > 1 else (sizes[0],)
    after: dict[str, Any] = {
        "dense": lambda: (*shape[:-1], sizes[0]), "sample": lambda: (sizes[0],), "embed": lambda: (*shape, sizes[1]),
        "pool": lambda: (shape[0] // 2, shape[1] // 2, shape[2]), "flat": lambda: (int(np.prod(shape)),),
        "rows": lambda: shape[1:], "mean": lambda: shape[1:],
        "inception": lambda: (*shape[:2], sizes[0] + sizes[2] + sizes[4] + sizes[5]),
    }  # fmt: skip
    return after[kind]() if kind in after else shape


def _output(network: Network) -> tuple[int, ...]:
    shape = network.shape
    for kind, *sizes in network.layers:
        shape = _shape(kind, sizes, shape)
    return shape
