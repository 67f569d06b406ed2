"""Regularizers: what a weight or an output costs, added to the loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.errors import ArgumentError, ShapeError, check_choice
from deepkit.keras import registry
from deepkit.keras.backend.config import floatx
from deepkit.keras.backend.tensors import rank, tensor
from deepkit.loading import listing

__all__ = [
    "L1", "L1L2", "L2", "OrthogonalRegularizer", "Regularizer", "deserialize", "get", "l1", "l1_l2", "l2",
    "orthogonal_regularizer", "serialize",
]
__dir__ = listing(__all__, __name__)


class Regularizer:
    """Base of regularizers of your own: called with a weight, they return a number to add to the loss."""

    def __call__(self, x: Any) -> Any:
        return 0.0

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal regularizer; needed to save a model that has it."""
        raise ArgumentError(
            f"{type(self).__name__} does not define get_config", rule="a saved model holds the arguments of its parts",
            hint="def get_config(self): return {'factor': self.factor}",
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A regularizer from what `get_config` gave."""
        return cls(**config)


def _penalty(value: Any, default: float) -> float:
    """A factor as Keras keeps it: rounded to floatx()."""
    value = default if value is None else value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ArgumentError(f"a regularizer's factor is {value!r}", rule="a finite number", hint="l2(0.001)")
    return float(np.asarray(value, floatx()))


class L1L2(Regularizer):
    """l1 sum(|x|) + l2 sum(x^2).

    >>> L1L2(l1=0.5, l2=1.0)([[1.0, -2.0]]).item()
    6.5
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0):
        self.l1, self.l2 = _penalty(l1, 0.0), _penalty(l2, 0.0)

    def __call__(self, x: Any) -> Any:
        x = tensor(x)
        parts = [L1(self.l1)(x)] if self.l1 else []
        parts += [L2(self.l2)(x)] if self.l2 else []
        return ops.add_n(parts) if parts else ops.zeros([], x.dtype)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


class L1(Regularizer):
    """l1 sum(|x|): drives weights to exactly 0. `l` is the older name of the argument."""

    def __init__(self, l1: float | None = 0.01, l: float | None = None):  # noqa: E741
        self.l1 = _penalty(l1 if l is None else l, 0.01)

    def __call__(self, x: Any) -> Any:
        return self.l1 * ops.reduce_sum(ops.abs(tensor(x)))

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


class L2(Regularizer):
    """l2 sum(x^2): keeps weights small. `l` is the older name of the argument."""

    def __init__(self, l2: float | None = 0.01, l: float | None = None):  # noqa: E741
        self.l2 = _penalty(l2 if l is None else l, 0.01)

    def __call__(self, x: Any) -> Any:
        return 2.0 * self.l2 * ops.l2_loss(tensor(x))  # l2_loss is half the sum of squares

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """factor times the mean |cosine| between two rows of a matrix (or columns, with mode="columns")."""

    def __init__(self, factor: float = 0.01, mode: str = "rows"):
        check_choice("mode", mode, ("rows", "columns"))
        self.factor, self.mode = _penalty(factor, 0.01), mode

    def __call__(self, inputs: Any) -> Any:
        x = tensor(inputs)
        if rank(x) != 2:
            raise ShapeError(f"orthogonal regularizer of a weight of shape {x.shape}", rule="a matrix")
        rows = ops.l2_normalize(x if self.mode == "rows" else ops.transpose(x), 1)
        size = int(rows.shape[0])
        cosines = ops.matmul(rows, rows, transpose_b=True) * (1.0 - ops.eye(size, dtype=x.dtype))
        return self.factor * 0.5 * ops.reduce_sum(ops.abs(cosines)) / (size * (size - 1.0) / 2.0)

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor, "mode": self.mode}


l1, l2 = L1, L2
orthogonal_regularizer = OrthogonalRegularizer


def l1_l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    """A regularizer with both penalties."""
    return L1L2(l1, l2)


OBJECTS: dict[str, Any] = {
    "L1": L1, "L2": L2, "L1L2": L1L2, "OrthogonalRegularizer": OrthogonalRegularizer, "l1": L1, "l2": L2,
    "orthogonal_regularizer": OrthogonalRegularizer,
}
"""The regularizers by their names."""


def serialize(regularizer: Any) -> Any:
    """The configuration of a regularizer."""
    return registry.serialize_keras_object(regularizer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The regularizer that a configuration or a name describes."""
    if config == "l1_l2":  # by name both factors are 0.01, while the class starts from 0
        return l1_l2()
    return registry.deserialize_keras_object(config, OBJECTS, custom_objects, "regularizer")


def get(identifier: Any) -> Any:
    """The regularizer that an argument means: a name, a configuration, an object, None for none.

    >>> get("l2").get_config()["l2"] == float(np.float32(0.01))
    True
    """
    return l1_l2() if identifier == "l1_l2" else registry.find(identifier, OBJECTS, "regularizer")
