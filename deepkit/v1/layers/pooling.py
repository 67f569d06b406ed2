"""Pooling layers: the largest number, or the mean, of each window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from deepkit import ops
from deepkit.v1.layers.base import Layer, check_rank
from deepkit.v1.layers.format import AXES, native_format


class Pooling(Layer):
    """Base: windows of `pool_size`, moved by `strides` (default: the pool size itself), padding "valid" or "same"."""

    function: ClassVar[Callable[..., Any]]
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
        return type(self).function(inputs, self.pool_size, self.strides, self.padding.upper(), data_format=native)


def _pooling(
    name: str, function: Callable[..., Any], space: int, what: str
) -> tuple[type[Pooling], Callable[..., Any]]:
    """The class and the function of one kind of pooling."""
    doc = f"The {what} of each window: (batch, {AXES[space]}) with pool_size and strides as numbers or one per axis."
    doc = doc.replace("batch, batch", "batch")
    cls = type(
        name, (Pooling,), {"function": staticmethod(function), "space": space, "__doc__": doc, "__module__": __name__}
    )

    def layer(
        inputs: Any, pool_size: Any, strides: Any, padding: str = "valid", data_format: str = "channels_last",
        name: Any = None,
    ) -> Any:
        return cls(pool_size, strides, padding, data_format, name)(inputs)

    layer.__doc__ = doc
    return cls, layer


MaxPooling1D, max_pooling1d = _pooling("MaxPooling1D", ops.max_pool1d, 1, "largest number")
MaxPooling2D, max_pooling2d = _pooling("MaxPooling2D", ops.max_pool, 2, "largest number")
MaxPooling3D, max_pooling3d = _pooling("MaxPooling3D", ops.max_pool3d, 3, "largest number")
AveragePooling1D, average_pooling1d = _pooling("AveragePooling1D", ops.avg_pool1d, 1, "mean")
AveragePooling2D, average_pooling2d = _pooling("AveragePooling2D", ops.avg_pool, 2, "mean")
AveragePooling3D, average_pooling3d = _pooling("AveragePooling3D", ops.avg_pool3d, 3, "mean")
