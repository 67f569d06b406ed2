"""Conversion from one data type to another."""

from __future__ import annotations

from typing import Any

import deepkit.ops as ops
from deepkit.core.apply import apply, convert, is_tensor
from deepkit.core.op import Op, register
from deepkit.device.dtypes import DType, as_dtype


@register
class Cast(Op):
    """x converted to another type: floats to integers towards zero, numbers to bool as "is not 0"."""

    to: DType = as_dtype("float32")
    kinds = "bifc"

    def dtype(self, x: DType) -> DType:
        return self.to

    def forward(self, xp: Any, x: Any) -> Any:
        return (x.real if x.dtype.kind == "c" and not self.to.is_complex else x).astype(self.to.numpy)

    def gradient(self, dy: Any, y: Any, x: Any) -> Any:
        return cast(dy, x.dtype) if y.dtype.is_differentiable and x.dtype.is_differentiable else None


def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """x as `dtype`; itself if it has that type already.

    >>> import deepkit as dk
    >>> dk.cast([1.8, -1.8], "int32").numpy().tolist()
    [1, -1]
    """
    to = as_dtype(dtype)
    x = x if is_tensor(x) else convert(x)
    x = x.read() if hasattr(x, "read") else x
    return x if x.dtype is to else apply(Cast(to=to), x, name=name)


def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Any:
    """As `cast`, but numbers outside the new type's range become its smallest or largest number."""

    to = as_dtype(dtype)
    if value.dtype.min < to.min:
        value = ops.maximum(value, value.dtype.as_numpy_dtype(to.min))
    if value.dtype.max > to.max:
        value = ops.minimum(value, value.dtype.as_numpy_dtype(to.max))
    return cast(value, to, name)
