"""The training steps that are timed: sizes, data and first weights, the same for every library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Network:
    """One training step: forward, backward, update.

    kind: dense, autoencoder, convolution, lstm or simple; sizes: units of the dense layers, or (side of the kernel,
    channels...) of the convolutions, or the recurrent units; rate: of Adam, or of gradient descent where `plain`.
    """

    title: str
    kind: str
    sizes: tuple[int, ...]
    batch: int
    rate: float = 0.001
    plain: bool = False
    dense: tuple[int, ...] = (10,)
    padding: str = "VALID"
    pools: int = 2
    steps: int = 20


NETWORKS = {
    "regression": Network("linear regression, 200 x 3", "dense", (3,), 200, 0.1, True, (1,), steps=500),
    "mlp": Network("MLP 784-320-192-10, Adam, batch 160", "dense", (784, 320, 192), 160, steps=60),
    "lstm": Network("LSTM(96), 28 x 28, Adam, batch 100", "lstm", (96,), 100),
    "simple": Network("SimpleRNN(200), 28 x 28, Adam, batch 100", "simple", (200,), 100),
    "autoencoder": Network(
        "autoencoder 784-256-96-256-784, ELU, L2, Adam, batch 200", "autoencoder", (784, 256, 96, 256), 200,
        dense=(784,), steps=40,
    ),
    "cnn": Network("CNN 3 x (3x3, 48), two pools, Adam, batch 96", "convolution", (3, 48, 48, 48), 96, steps=10),
    "lenet": Network(
        "LeNet-like 5x5x24, 5x5x48, 256, batch 64", "convolution", (5, 24, 48), 64, 0.01, True, (256, 10), "SAME",
        steps=10,
    ),
}


def data(network: Network) -> tuple[Any, Any]:
    """A batch of inputs and what they should give, always the same."""
    rng = np.random.default_rng(0)
    if network.kind == "dense" and network.dense == (1,):
        x = rng.random((network.batch, network.sizes[0]), np.float32)
        return x, x.sum(1, keepdims=True)
    shape = {"convolution": (28, 28, 1), "lstm": (28, 28), "simple": (28, 28)}.get(network.kind, (784,))
    x = rng.random((network.batch, *shape), np.float32)
    return x, x if network.kind == "autoencoder" else rng.integers(0, 10, network.batch)


def side(network: Network) -> int:
    """Height and width of what the last convolution gives, pooled."""
    kernel, *channels = network.sizes
    length = 28
    for layer in range(len(channels)):
        length -= kernel - 1 if network.padding == "VALID" else 0
        length = -(-length // 2) if layer < network.pools and network.padding == "SAME" else length
        length = length // 2 if layer < network.pools and network.padding == "VALID" else length
    return length


def weights(network: Network) -> list[Any]:
    """The first weights, layer by layer, without the biases, which begin at 0."""
    shapes: list[tuple[int, ...]] = []
    if network.kind == "convolution":
        kernel, *channels = network.sizes
        shapes = [(kernel, kernel, a, b) for a, b in zip([1, *channels], channels, strict=False)]
        first = side(network) ** 2 * channels[-1]
    elif network.kind in ("lstm", "simple"):
        units = network.sizes[0]
        shapes, first = [(28 + units, units * (4 if network.kind == "lstm" else 1))], units
    else:
        shapes = list(zip(network.sizes, network.sizes[1:], strict=False))
        first = network.sizes[-1]
    shapes += zip([first, *network.dense], network.dense, strict=False)
    rng = np.random.default_rng(1)
    return [(rng.standard_normal(shape) * np.sqrt(1 / np.prod(shape[:-1]))).astype(np.float32) for shape in shapes]
