"""A signal on its way through many layers of random weights, and the slopes on their way back."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.autodiff import gradients
from deepkit.core.tensor import Tensor
from deepkit.errors import ArgumentError, check_choice

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "tanh": ops.tanh, "relu": ops.relu, "sigmoid": ops.sigmoid, "none": ops.identity,
}
REACHES = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0), "relu": (0.0, 4.0), "none": (-4.0, 4.0)}
"""What is drawn of the values of each; numbers beyond it count at its end."""


def xavier(units: int) -> float:
    """The standard deviation of X. Glorot and Y. Bengio (2010) between layers of equal width: Var W = 2 / (n + n)."""
    return (2 / (units + units)) ** 0.5


def he(units: int) -> float:
    """The standard deviation of K. He and others (2015) for layers with ReLU, which halves the power: Var W = 2 / n."""
    return (2 / units) ** 0.5


class Signal:
    """Noise that goes through layers h = f(h W) of random weights, with a random loss behind the last one.

    Args:
        stddev: standard deviation of the weights, which are normal with mean 0; there is no bias.
        activation: f: "tanh", "relu", "sigmoid" or "none".
        layers: how many layers.
        units: width of each.
        examples: rows of noise, normal with variance 1.
        seed: of everything random; the weights of two stddevs differ by their factor alone.

    Attributes:
        values: of each layer its (examples, units) outputs.
        spreads: standard deviation of each layer's outputs.
        slopes: root of the mean square of the loss's derivatives by each layer's outputs. The loss is the sum of the last
            outputs, each times a number of its own, normal with variance 1: its slopes by the last layer are about 1.

    Raises:
        ArgumentError: for a stddev that is no number of 0 or more, another activation, or no layers, units or examples.
    """

    def __init__(self, stddev: float, activation: str = "tanh", layers: int = 10, units: int = 128, examples: int = 200,
                 seed: int = 1):
        check_choice("activation", activation, ACTIVATIONS)
        if not 0 <= stddev < np.inf or min(layers, units, examples) < 1:
            raise ArgumentError(f"stddev={stddev}, layers={layers}, units={units}, examples={examples}",
                                rule="stddev of 0 or more; at least one layer, unit and example")
        self.stddev, self.activation, self.units = float(stddev), activation, units
        random = np.random.default_rng(seed)
        outputs = [Tensor(random.normal(size=(examples, units)))]
        for _ in range(layers):
            weights = self.stddev * random.normal(size=(units, units))
            outputs.append(ACTIVATIONS[activation](ops.matmul(outputs[-1], weights)))
        self._outputs = outputs[1:]
        self._asked = random.normal(size=(examples, units))
        self.values = [np.asarray(h.numpy()) for h in self._outputs]
        self.spreads = [float(h.std()) for h in self.values]

    @cached_property
    def slopes(self) -> list[float]:
        loss = ops.reduce_sum(self._outputs[-1] * self._asked)
        return [float(np.sqrt(np.mean(np.square(slope.numpy())))) for slope in gradients(loss, self._outputs)]

    def sentence(self) -> str:
        """How far it spreads in the first and in the last layer, and how large the slopes are there."""
        first, last = (f"{short(self.spreads[i])} (slopes {short(self.slopes[i])})" for i in (0, -1))
        return f"{self.activation}, stddev {self.stddev:.3g}: {first} in layer 1, {last} in layer {len(self.values)}"


def short(value: float) -> str:
    """A number of any size in few letters.

    >>> short(0.6274), short(3.1e-10), short(412.0), short(0)
    ('0.63', '3e-10', '412', '0')
    """
    if value == 0 or 0.01 <= abs(value) < 1000:
        return f"{value:.2g}" if abs(value) < 100 else f"{value:.0f}"
    return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")
