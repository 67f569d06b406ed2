"""Complex numbers: made of two real tensors, and taken apart into real part, imaginary part and angle."""

from __future__ import annotations

import math
from typing import Any

from deepkit.core.apply import apply, convert, is_tensor
from deepkit.core.op import register
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.device.dtypes import DType, complex64, complex128, float64
from deepkit.ops.define import Elementwise
from deepkit.ops.functions import ops
from deepkit.ops.math.arithmetic import unbroadcast

__all__ = ["angle", "complex", "imag", "real"]


@register
class Complex(Elementwise):
    """real + i imag: complex64 of float32, complex128 of float64."""

    kinds = "f"
    half = False

    def dtype(self, real: DType, imag: DType) -> DType:
        return complex128 if real is float64 else complex64

    def forward(self, xp: ArrayModule, real: Array, imag: Array) -> Any:
        y = xp.empty(xp.broadcast(real, imag).shape, xp.complex128 if real.dtype == xp.float64 else xp.complex64)
        y.real, y.imag = real, imag  # real + 1j * imag would turn infinities into NaN
        return y

    def gradient(self, dy: AnyTensor, y: AnyTensor, re: AnyTensor, im: AnyTensor) -> Any:
        return unbroadcast(real(dy), re, im), unbroadcast(imag(dy), im, re)


class OfComplex(Elementwise):
    """Base of the real functions of a complex number."""

    kinds = "c"

    def dtype(self, x: DType) -> DType:
        return x.real_dtype


@register
class Real(OfComplex):
    """The real part."""

    aliases = True

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return x.real

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return complex(dy, ops.zeros_like(dy))


@register
class Imag(OfComplex):
    """The imaginary part."""

    aliases = True

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return x.imag

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return complex(ops.zeros_like(dy), dy)


@register
class Angle(OfComplex):
    """The angle of x in the complex plane, in radians, in (-pi, pi]."""

    ufunc = "angle"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return -complex(dy, ops.zeros_like(dy)) / complex(imag(x), real(x))


def complex(real: TensorLike, imag: TensorLike, name: str | None = None) -> AnyTensor:
    """The complex tensor real + i imag of two float tensors.

    real, imag: shapes that broadcast; both float32, giving complex64, or both float64, giving complex128. ShapeError:
    the shapes do not broadcast. DTypeError: another type, or two different ones.

    >>> import deepkit as dk
    >>> dk.complex(3.0, 4.0).item()
    (3+4j)
    """
    return apply(Complex(), real, imag, name=name)


def _tensor(x: TensorLike) -> Any:
    return x if is_tensor(x) else convert(x)


def real(input: TensorLike, name: str | None = None) -> AnyTensor:
    """The real part of a complex tensor; a real one as it is.

    input: any shape; result: its shape, float32 of complex64 and float64 of complex128.
    """
    x = _tensor(input)
    return apply(Real(), x, name=name) if x.dtype.is_complex else x


def imag(input: TensorLike, name: str | None = None) -> AnyTensor:
    """The imaginary part of a complex tensor; zeros for a real one.

    input: any shape; result: its shape, float32 of complex64 and float64 of complex128.
    """
    x = _tensor(input)
    return apply(Imag(), x, name=name) if x.dtype.is_complex else ops.zeros_like(x, name=name)


def angle(input: TensorLike, name: str | None = None) -> AnyTensor:
    """The angle of each number in radians; for real numbers 0, or pi where they are negative.

    input: any shape; result: its shape, float32 of complex64 and float64 of complex128.
    DTypeError: texts.
    """
    x = _tensor(input)
    if x.dtype.is_complex:
        return apply(Angle(), x, name=name)
    return ops.where(ops.less(x, 0), math.pi * ops.ones_like(x), ops.zeros_like(x), name=name)
