"""Random choices, and the arguments that many layers have in common, as Python source."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

NAMES = "relu tanh sigmoid elu selu softplus softsign hard_sigmoid linear exponential softmax swish gelu"
ACTIVATIONS = [f"'{name}'" for name in NAMES.split(" ")]
REGULARIZERS = [
    "keras.regularizers.l1(0.01)",
    "keras.regularizers.l2(0.02)",
    "keras.regularizers.l1_l2(0.01, 0.02)",
    "'l2'",
    "keras.regularizers.L1(0.02)",
    "Cubes()",
]
CONSTRAINTS = [
    "keras.constraints.MaxNorm(0.8)",
    "keras.constraints.NonNeg()",
    "keras.constraints.UnitNorm()",
    "keras.constraints.MinMaxNorm(0.2, 0.9, rate=0.7)",
    "'max_norm'",
    "Halved()",
]
INITIALIZERS = [
    "'zeros'",
    "'ones'",
    "'he_normal'",
    "keras.initializers.Constant(0.3)",
    "keras.initializers.VarianceScaling(0.5, mode='fan_avg', distribution='uniform')",
    "keras.initializers.RandomUniform(-0.2, 0.2)",
]


class Draw:
    """A stream of choices that a seed decides."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def one(self, options: Sequence[T]) -> T:
        return self.random.choice(options)

    def some(self, options: Sequence[T], most: int) -> list[T]:
        """From none to `most` of the options, none of them twice."""
        return self.random.sample(list(options), self.random.randint(0, min(most, len(options))))

    def size(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def keywords(self, options: dict[str, Sequence[str]], probability: float = 0.25) -> str:
        """', name=value' for each name that the dice keep."""
        return "".join(f", {name}={self.one(values)}" for name, values in options.items() if self.chance(probability))

    def weight_keywords(self, *weights: str, bias: bool = True) -> str:
        """Initializer, regularizer and constraint of each weight, and whether there is a bias."""
        options: dict[str, Sequence[str]] = {"use_bias": ["False", "True"]} if bias else {}
        for weight in (*weights, "bias") if bias else weights:
            options[f"{weight}_initializer"] = INITIALIZERS
            options[f"{weight}_regularizer"] = REGULARIZERS
            options[f"{weight}_constraint"] = CONSTRAINTS
        return self.keywords(options, 0.08)
