"""Conversion from one data type to another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from deepkit.core.apply import apply, convert, is_tensor
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, DTypeLike, TensorLike
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ShapeError
from deepkit.ops.functions import ops

__all__ = ["bitcast", "cast", "saturate_cast"]


@register
class Cast(Op):
    """x converted to another type: floats to integers towards zero, numbers to bool as "is not 0"."""

    to: DType = as_dtype("float32")
    kinds = "bifc"

    def dtype(self, x: DType) -> DType:
        return self.to

    def static_value(self, inputs: Sequence[AnyTensor], known: Callable[[AnyTensor], Any]) -> Any:
        return known(inputs[0])

    def elementwise(self, *shapes: Shape) -> bool:
        return True

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return (x.real if x.dtype.kind == "c" and not self.to.is_complex else x).astype(self.to.numpy)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return cast(dy, x.dtype) if y.dtype.is_differentiable and x.dtype.is_differentiable else None


def cast(x: TensorLike, dtype: DTypeLike, name: str | None = None) -> AnyTensor:
    """x as `dtype`; itself if it has that type already.

    x: any shape, any type but string; result: x's shape. DTypeError: strings (string_to_number reads them).

    >>> import deepkit as dk
    >>> dk.cast([1.8, -1.8], "int32").numpy().tolist()
    [1, -1]
    """
    to = as_dtype(dtype)
    x = x if is_tensor(x) else convert(x)
    return x if x.dtype is to else apply(Cast(to=to), x, name=name)


def saturate_cast(value: TensorLike, dtype: DTypeLike, name: str | None = None) -> AnyTensor:
    """As `cast`, but numbers outside the new type's range become its smallest or largest number.

    value: any shape, any type but string; result: its shape.
    DTypeError: texts.
    """
    to = as_dtype(dtype)
    x = value if is_tensor(value) else convert(value)
    if x.dtype.min < to.min:
        x = ops.maximum(x, x.dtype.as_numpy_dtype(to.min))
    if x.dtype.max > to.max:
        x = ops.minimum(x, x.dtype.as_numpy_dtype(to.max))
    return cast(x, to, name)


@register
class Bitcast(Op):
    """The same bytes read as another type.

    A narrower type adds a last axis (float32 as uint8: length 4), a wider one takes such an axis away.
    """

    to: DType = as_dtype("float32")
    width: int = 4
    kinds = "ifc"
    gradient = None

    def dtype(self, x: DType) -> DType:
        return self.to

    def shape(self, x: Shape) -> Shape:
        if x.lengths is None or self.width == self.to.size:
            return x
        if self.width > self.to.size:
            return x.concatenate([self.width // self.to.size])
        if not x[-1:].is_compatible_with([self.to.size // self.width]):
            raise ShapeError(
                f"bitcast of {x} to {self.to.name}",
                rule=f"{self.to.size // self.width} elements along the last axis make one {self.to.name}",
            )
        return x[:-1]

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        x = xp.ascontiguousarray(x).reshape(x.shape)
        if self.width > self.to.size:
            return x[..., None].view(self.to.numpy)
        return x.view(self.to.numpy).reshape(x.shape if self.width == self.to.size else x.shape[:-1])


def bitcast(input: TensorLike, type: DTypeLike, name: str | None = None) -> AnyTensor:
    """The same bytes read as another type; the last axis comes or goes where the two types differ in size.

    input: (..., n) of any numbers; result: the same shape for a type of the same size, (..., n, k) for one k times
    narrower; (..., k) becomes (...) for one k times wider. ShapeError: a last axis of another length than k.

    >>> import deepkit as dk
    >>> dk.bitcast([1.0], "int32").numpy().tolist()
    [1065353216]
    """
    x = input if is_tensor(input) else convert(input)
    return apply(Bitcast(to=as_dtype(type), width=x.dtype.size), x, name=name)
