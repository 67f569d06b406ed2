"""Discrete Fourier transforms over the last one, two or three axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from deepkit.core.apply import apply, convert, scope
from deepkit.core.op import Op, register
from deepkit.core.other_names import shown_as
from deepkit.core.shape import Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, IntsLike, TensorLike
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.define import named
from deepkit.ops.functions import ops

__all__ = ["fft", "fft2d", "fft3d", "ifft", "ifft2d", "ifft3d", "irfft", "irfft2d", "rfft", "rfft2d"]


@register
class FFT(Op):
    """y_k = sum over n of x_n exp(-2 pi i k n / N) over the last `axes` axes; inverse: exp(+...), divided by N."""

    axes: int = 1
    inverse: bool = False
    kinds = "c"

    def shape(self, x: Shape) -> Shape:
        if x.lengths is not None and len(x) < self.axes:
            raise ShapeError(f"a Fourier transform over {self.axes} axes of a tensor of shape {x}")
        return x

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        axes = tuple(range(-self.axes, 0))
        return (xp.fft.ifftn if self.inverse else xp.fft.fftn)(x, axes=axes).astype(x.dtype, copy=False)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        # the matrix of the transform is symmetric, so its adjoint is the inverse but for the factor N
        count = ops.cast(ops.reduce_prod(ops.shape(x)[-self.axes :]), x.dtype)
        dx = apply(FFT(axes=self.axes, inverse=not self.inverse), dy)
        return dx / count if self.inverse else dx * count


class Transform(Protocol):
    """A public function that transforms a tensor over its last axes."""

    def __call__(self, input: TensorLike, name: str | None = None) -> AnyTensor: ...


def _transform(name: str, axes: int, inverse: bool) -> Transform:
    def function(input: TensorLike, name: str | None = None) -> AnyTensor:
        return apply(FFT(axes=axes, inverse=inverse), input, name=name or label)

    label = name.upper()
    where = "axis" if axes == 1 else f"{axes} axes"
    formula = "x_n = sum of y_k exp(2 pi i k n / N) / N." if inverse else "y_k = sum of x_n exp(-2 pi i k n / N)."
    doc = f"""The {'inverse ' if inverse else ''}discrete Fourier transform of complex numbers over the last {where}.

    input: complex, at least {axes} axes; result: its shape and type. {formula}
    ShapeError: fewer axes. DTypeError: numbers that are not complex.
    """
    return named(function, name, doc)


fft, fft2d, fft3d = (_transform(f"fft{s}", n, False) for n, s in ((1, ""), (2, "2d"), (3, "3d")))
ifft, ifft2d, ifft3d = (_transform(f"ifft{s}", n, True) for n, s in ((1, ""), (2, "2d"), (3, "3d")))


def _fitted(x: AnyTensor, n: int) -> Any:
    """x cut off, or filled with zeros, to n places along its last axis."""
    if isinstance(n, int) and x.shape.lengths is not None and x.shape.lengths[-1] == n:
        return x
    known = Shape(x.shape)[:-1]
    others = known.lengths if known.is_full else ops.shape(x)[:-1]
    zeros = ops.zeros([*others, n] if known.is_full and isinstance(n, int) else ops.concat([others, [n]], 0), x.dtype)
    return ops.concat([x, zeros], -1)[..., :n]


def _length(x: AnyTensor, axis: int) -> Any:
    """The length of an axis: a number where it is known, else a tensor."""
    dims = x.shape.with_rank_at_least(-axis).lengths
    known = None if dims is None else dims[axis]
    return ops.shape(x)[axis] if known is None else int(known)


def _given(fft_length: IntsLike | None, axes: int) -> list[Any]:
    if fft_length is None:
        return [None] * axes
    given = list(fft_length) if isinstance(fft_length, (list, tuple)) else ops.unstack(fft_length, axes)
    if len(given) != axes:
        raise ArgumentError(f"fft_length={fft_length!r}", rule=f"one number for each transformed axis, here {axes}")
    return [int(n) if isinstance(n, np.integer) else n for n in given]


def _half(x: AnyTensor, n: int) -> Any:
    """The frequencies 0 to n // 2 of n real numbers along the last axis."""
    n = _length(x, -1) if n is None else n
    x = _fitted(x, n)
    return fft(ops.complex(x, ops.zeros_like(x)))[..., : n // 2 + 1]


def _from_half(x: AnyTensor, n: int) -> Any:
    """The n real numbers whose first frequencies are x."""
    n = 2 * (_length(x, -1) - 1) if n is None else n
    x = _fitted(x, n // 2 + 1)
    # the frequencies that a real signal has twice: those in between, conjugated and turned round
    twice = ops.conj(ops.reverse(x[..., 1 : n - n // 2], [-1]))
    return ops.real(ifft(ops.concat([x, twice], -1)))


def _other_axis(x: AnyTensor, n: int, transform: Callable[..., Any]) -> Any:
    """The transform of the axis before the last one, cut off or filled to n places."""
    x = ops.matrix_transpose(x)
    return ops.matrix_transpose(transform(x if n is None else _fitted(x, n)))


def rfft(input_tensor: TensorLike, fft_length: IntsLike | None = None, name: str | None = None) -> AnyTensor:
    """The transform of real numbers over the last axis: its frequencies 0 to n // 2, the others being their conjugates.

    fft_length: [n]; the input is cut off or filled with zeros to n numbers.
    input_tensor: (..., n), float32 or float64; result: (..., n // 2 + 1), complex64 or complex128. ArgumentError:
    fft_length of more than one number.

    >>> import deepkit as dk
    >>> dk.ops.rfft(dk.tensor([1.0, 0.0, 0.0, 0.0])).numpy().real.tolist()
    [1.0, 1.0, 1.0]
    """
    with scope(name, "rfft", input_tensor) as full:
        x = convert(input_tensor)
        return shown_as(ops.identity(_half(x, *_given(fft_length, 1)), name=full), "RFFT")


def irfft(input_tensor: TensorLike, fft_length: IntsLike | None = None, name: str | None = None) -> AnyTensor:
    """The n real numbers whose transform begins with these frequencies; n = 2 (m - 1) for m of them, or fft_length = [n].

    input_tensor: (..., m), complex; result: (..., n), float32 of complex64 and float64 of complex128. ArgumentError:
    fft_length of more than one number.
    """
    with scope(name, "irfft", input_tensor) as full:
        x = convert(input_tensor)
        return shown_as(ops.identity(_from_half(x, *_given(fft_length, 1)), name=full), "IRFFT")


def rfft2d(input_tensor: TensorLike, fft_length: IntsLike | None = None, name: str | None = None) -> AnyTensor:
    """`rfft` over the last axis, then `fft` over the one before it. fft_length: [rows, columns].

    input_tensor: (..., rows, n), float; result: (..., rows, n // 2 + 1), complex. ArgumentError: fft_length of another
    number of numbers.
    """
    with scope(name, "rfft2d", input_tensor) as full:
        x, (rows, columns) = convert(input_tensor), _given(fft_length, 2)
        return shown_as(ops.identity(_other_axis(_half(x, columns), rows, fft), name=full), "RFFT2D")


def irfft2d(input_tensor: TensorLike, fft_length: IntsLike | None = None, name: str | None = None) -> AnyTensor:
    """What `rfft2d` was made of. fft_length: [rows, columns] of the result.

    input_tensor: (..., rows, m), complex; result: (..., rows, 2 (m - 1)), float. ArgumentError: fft_length of another
    number of numbers.
    """
    with scope(name, "irfft2d", input_tensor) as full:
        x, (rows, columns) = convert(input_tensor), _given(fft_length, 2)
        return shown_as(ops.identity(_from_half(_other_axis(x, rows, ifft), columns), name=full), "IRFFT2D")
