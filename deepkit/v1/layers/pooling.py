"""Pooling layers: the largest number, or the mean, of each window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from deepkit.layers.pooling import pool
from deepkit.v1.layers.base import Layer, check_rank
from deepkit.v1.layers.format import AXES, native_format


class Pooling(Layer):
    """Base: windows of `pool_size`, moved by `strides` (default: the pool size itself), padding "valid" or "same"."""

    kind: ClassVar[str]
    space: ClassVar[int]

    def __init__(
        self, pool_size: Any, strides: Any, padding: str = "valid", data_format: str = "channels_last", name: Any = None,
        **kwargs: Any,
    ):
        super().__init__(name=name, **kwargs)
        self.pool_size, self.strides = pool_size, pool_size if strides is None else strides
        self.padding, self.data_format = padding, data_format

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        check_rank(self, inputs.shape, self.space + 2, AXES[self.space])
        native = native_format(self.data_format, self.space)
        return pool(self.kind, inputs, self.pool_size, self.strides, self.padding.upper(), native)


_KINDS = {"max": "largest number", "mean": "mean"}


def _pooling(name: str, kind: str, space: int) -> tuple[type[Pooling], Callable[..., Any]]:
    """The class and the function of one kind of pooling."""
    doc = f"The {_KINDS[kind]} of each window: ({AXES[space]}) with pool_size and strides as numbers or one per axis."
    cls = type(name, (Pooling,), {"kind": kind, "space": space, "__doc__": doc, "__module__": __name__})

    def layer(
        inputs: Any, pool_size: Any, strides: Any, padding: str = "valid", data_format: str = "channels_last",
        name: Any = None,
    ) -> Any:
        return cls(pool_size, strides, padding, data_format, name)(inputs)

    layer.__doc__ = doc
    return cls, layer


MaxPooling1D, max_pooling1d = _pooling("MaxPooling1D", "max", 1)
MaxPooling2D, max_pooling2d = _pooling("MaxPooling2D", "max", 2)
MaxPooling3D, max_pooling3d = _pooling("MaxPooling3D", "max", 3)
AveragePooling1D, average_pooling1d = _pooling("AveragePooling1D", "mean", 1)
AveragePooling2D, average_pooling2d = _pooling("AveragePooling2D", "mean", 2)
AveragePooling3D, average_pooling3d = _pooling("AveragePooling3D", "mean", 3)
