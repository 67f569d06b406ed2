"""Constraints: where a weight is put back to after each update."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.errors import ShapeError
from deepkit.keras import registry
from deepkit.keras.backend.config import epsilon
from deepkit.keras.backend.tensors import int_shape, tensor
from deepkit.loading import listing

__all__ = [
    "Constraint", "MaxNorm", "MinMaxNorm", "NonNeg", "RadialConstraint", "UnitNorm", "deserialize", "get", "max_norm",
    "maxnorm", "min_max_norm", "non_neg", "nonneg", "radial_constraint", "serialize", "unit_norm", "unitnorm",
]
__dir__ = listing(__all__)


class Constraint:
    """Base of constraints of your own: called with a weight, they return what it becomes."""

    def __call__(self, w: Any) -> Any:
        return w

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal constraint."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A constraint from what `get_config` gave."""
        return cls(**config)


def _norms(w: Any, axis: Any) -> Any:
    return ops.sqrt(ops.reduce_sum(ops.square(w), axis, keepdims=True))


class MaxNorm(Constraint):
    """Weights whose norm along `axis` is above max_value shrink to it.

    axis 0 holds the weights of one unit of a dense layer, [0, 1, 2] those of one filter of a convolution.
    """

    def __init__(self, max_value: float = 2, axis: Any = 0):
        self.max_value, self.axis = max_value, axis

    def __call__(self, w: Any) -> Any:
        w = tensor(w)
        norms = _norms(w, self.axis)
        return w * (ops.clip_by_value(norms, 0.0, self.max_value) / (epsilon() + norms))

    def get_config(self) -> dict[str, Any]:
        return {"max_value": self.max_value, "axis": self.axis}


class NonNeg(Constraint):
    """Negative weights become 0.

    >>> NonNeg()([-1.0, 2.0]).numpy().tolist()
    [-0.0, 2.0]
    """

    def __call__(self, w: Any) -> Any:
        w = tensor(w)
        return w * ops.cast(w >= 0.0, w.dtype)


class UnitNorm(Constraint):
    """Weights are scaled to norm 1 along `axis`."""

    def __init__(self, axis: Any = 0):
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        w = tensor(w)
        return w / (epsilon() + _norms(w, self.axis))

    def get_config(self) -> dict[str, Any]:
        return {"axis": self.axis}


class MinMaxNorm(Constraint):
    """Norms along `axis` move into [min_value, max_value]: by the share `rate` of the way at each update."""

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0):
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def __call__(self, w: Any) -> Any:
        w = tensor(w)
        norms = _norms(w, self.axis)
        inside = ops.clip_by_value(norms, self.min_value, self.max_value)
        desired = self.rate * inside + (1 - self.rate) * norms
        return w * (desired / (epsilon() + norms))

    def get_config(self) -> dict[str, Any]:
        return {"min_value": self.min_value, "max_value": self.max_value, "rate": self.rate, "axis": self.axis}


class RadialConstraint(Constraint):
    """The weights of a square filter (size, size, in, out) become equal on each ring around its middle.

    A ring takes the weight that stands on the diagonal. With size 2 m the rings, from the inside, take w[m-1, m-1],
    w[m+1, m+1], w[m+2, m+2], ...; with size 2 m + 1 they take w[m-1, m-1], w[m, m], w[m+1, m+1], ...
    """

    def __call__(self, w: Any) -> Any:
        w = tensor(w)
        shape = int_shape(w)
        if shape is None or len(shape) != 4 or None in shape or shape[0] != shape[1] or shape[0] == 1:
            raise ShapeError(
                f"radial constraint of a weight of shape {w.shape}",
                rule="(size, size, channels in, channels out): a square filter of at least 2 x 2",
            )
        size = int(shape[0] or 0)
        away = np.abs(np.arange(size) - (size - 1) / 2)
        ring = np.floor(np.maximum(away[:, None], away[None, :])).astype(np.int32)  # 0 in the middle
        half = size // 2
        source = np.where(ring == 0, half - 1, half + ring - size % 2)
        flat = ops.reshape(w, [size * size, shape[2] * shape[3]])  # type: ignore[operator]
        return ops.reshape(ops.gather(flat, (source * size + source).reshape(-1)), list(shape))


max_norm = maxnorm = MaxNorm
non_neg = nonneg = NonNeg
unit_norm = unitnorm = UnitNorm
min_max_norm = MinMaxNorm
radial_constraint = RadialConstraint

OBJECTS: dict[str, Any] = {
    name: value for name, value in globals().items() if isinstance(value, type) and issubclass(value, Constraint)
}
"""The constraints by their names."""


def serialize(constraint: Any) -> Any:
    """The configuration of a constraint."""
    return registry.serialize_keras_object(constraint)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The constraint that a configuration or a name describes."""
    return registry.deserialize_keras_object(config, OBJECTS, custom_objects, "constraint")


def get(identifier: Any) -> Any:
    """The constraint that an argument means: a name, a configuration, an object or function, None for none."""
    return registry.find(identifier, OBJECTS, "constraint")
