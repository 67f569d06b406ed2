"""Arithmetic on two or more tensors, with NumPy's broadcasting, and the op that undoes broadcasting in gradients."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepkit.core.apply import apply
from deepkit.core.nest import listed
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape, broadcast
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike, TensorOrSymbol
from deepkit.device import rows
from deepkit.device.arrays import may_look
from deepkit.device.dtypes import DType, accumulator, float32, float64
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.define import Elementwise, binary, unary
from deepkit.ops.functions import ops

__all__ = [
    "add", "add_n", "broadcast_like", "conj", "conj_if_complex", "divide", "maximum", "minimum", "multiply", "pow",
    "realdiv", "scalar_mul", "squared_difference", "subtract", "sum_like", "truediv", "unbroadcast",
]


class ToShapeOf(Op):
    """Base: x in the shape of `like`, with which it broadcasts."""

    shape_only = (1,)
    types = ("T", "any")
    aliases = True

    def shape(self, x: Shape, like: Shape) -> Shape:
        broadcast(x, like)
        return like


@register
class SumLike(ToShapeOf):
    """Sums x over the axes along which a tensor shaped like `like` was stretched: broadcasting undone."""

    def forward(self, xp: ArrayModule, x: Array, like: Array) -> Any:
        target = like.shape
        if x.shape == target:
            return x
        extra = x.ndim - len(target)
        if target == x.shape[-1:]:
            matrix = x.reshape(math.prod(x.shape[:-1]), *target).astype(accumulator(x.dtype), copy=False)
            return rows.total(xp, matrix).astype(x.dtype, copy=False)
        stretched = tuple(i + extra for i, d in enumerate(target) if d == 1 and x.shape[i + extra] != 1)
        total = x.sum(axis=(*range(extra), *stretched), keepdims=True, dtype=accumulator(x.dtype))
        return total.astype(x.dtype, copy=False).reshape(target)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, like: AnyTensor) -> Any:
        return broadcast_like(dy, x), None


@register
class BroadcastLike(ToShapeOf):
    """x stretched to the shape of `like`."""

    def elementwise(self, *shapes: Shape) -> bool:
        return True

    def forward(self, xp: ArrayModule, x: Array, like: Array) -> Any:
        return x if x.shape == like.shape else xp.broadcast_to(x, like.shape)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, like: AnyTensor) -> Any:
        return sum_like(dy, x), None


def sum_like(x: TensorOrSymbol, like: TensorOrSymbol) -> TensorOrSymbol:
    """x summed to the shape of `like` (itself if the shapes are known to be equal).

    x: a shape that `like` broadcasts to; result: like's shape. ShapeError: the shapes do not broadcast.
    """
    if x.shape.is_full and x.shape == like.shape:
        return x
    return apply(SumLike(), x, like)


def broadcast_like(x: TensorOrSymbol, like: TensorOrSymbol) -> TensorOrSymbol:
    """x stretched to the shape of `like` (itself if the shapes are known to be equal).

    x: a shape that broadcasts to that of `like`; result: like's shape. ShapeError: the shapes do not broadcast.
    """
    if x.shape.is_full and x.shape == like.shape:
        return x
    return apply(BroadcastLike(), x, like)


def unbroadcast(dx: TensorOrSymbol, x: TensorOrSymbol, other: TensorOrSymbol) -> TensorOrSymbol:
    """The derivative by one operand x of a broadcast pair: dx summed over the axes along which x was stretched.

    dx: the broadcast shape of x and other; result: x's shape.
    """
    a, b = x.shape.lengths, other.shape.lengths
    if a is not None and b is not None and len(a) >= len(b):
        aligned = (1,) * (len(a) - len(b)) + b
        if all(q == 1 or (q is not None and p == q) for p, q in zip(a, aligned, strict=True)):
            return dx  # x was not stretched, whatever the unknown dimensions turn out to be
    return sum_like(dx, x)


def conj_if_complex(x: TensorOrSymbol) -> TensorOrSymbol:
    """The factor in a gradient: TensorFlow's derivative of a complex function is multiplied by its conjugate.

    x: any shape; result: its shape and type.
    """
    return conj(x) if x.dtype.is_complex else x


@register
class Conj(Elementwise):
    """The complex conjugate; a real tensor stays as it is."""

    ufunc = "conj"
    kinds = "ifc"

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return conj_if_complex(dy)


conj = unary(Conj, "conj")


@register
class Add(Elementwise):
    """x + y, element by element. Strings are joined."""

    ufunc = "add"
    kinds = "ifcO"

    def gradient(self, dy: AnyTensor, z: AnyTensor, x: AnyTensor, y: AnyTensor) -> Any:
        return unbroadcast(dy, x, y), unbroadcast(dy, y, x)


@register
class Sub(Elementwise):
    """x - y, element by element."""

    ufunc = "subtract"
    kinds = "ifc"

    def gradient(self, dy: AnyTensor, z: AnyTensor, x: AnyTensor, y: AnyTensor) -> Any:
        return unbroadcast(dy, x, y), unbroadcast(-dy, y, x)


@register
class Mul(Elementwise):
    """x * y, element by element."""

    ufunc = "multiply"
    kinds = "ifc"

    def gradient(self, dy: AnyTensor, z: AnyTensor, x: AnyTensor, y: AnyTensor) -> Any:
        return unbroadcast(dy * conj_if_complex(y), x, y), unbroadcast(dy * conj_if_complex(x), y, x)


@register
class RealDiv(Elementwise):
    """x / y, element by element; integers give floats (float64 for 32 and 64 bits, float32 below)."""

    kinds = "ifc"

    def dtype(self, x: DType, y: DType) -> DType:
        return (float64 if x.size >= 4 else float32) if x.is_integer else x

    def forward(self, xp: ArrayModule, x: Array, y: Array) -> Any:
        if x.dtype.kind in "iu" and x.dtype.itemsize < 4:
            x, y = x.astype(xp.float32), y.astype(xp.float32)
        return xp.true_divide(x, y)

    def gradient(self, dy: AnyTensor, z: AnyTensor, x: AnyTensor, y: AnyTensor) -> Any:
        if not x.dtype.is_differentiable:
            return None, None
        yc = conj_if_complex(y)
        ratio = conj_if_complex(x) / yc  # not z, as in TensorFlow: who feeds z does not change the derivative
        return unbroadcast(dy / yc, x, y), unbroadcast(-dy * ratio / yc, y, x)


@register
class Pow(Elementwise):
    """x to the power y. The derivative by y is taken as 0 where x <= 0."""

    ufunc = "power"
    kinds = "ifc"

    def forward(self, xp: ArrayModule, x: Array, y: Array) -> Any:
        if may_look(xp) and x.dtype.kind == "i" and bool((y < 0).any()):
            raise ArgumentError(
                "pow: an integer to a negative power is not an integer", hint="cast both to float32 first"
            )
        return xp.power(x, y)

    def bind(self, xp: ArrayModule) -> Any:
        return lambda x, y: self.forward(xp, x, y)

    def gradient(self, dy: AnyTensor, z: AnyTensor, x: AnyTensor, y: AnyTensor) -> Any:
        xc, yc, zc = conj_if_complex(x), conj_if_complex(y), conj_if_complex(z)
        positive = not_equal_zero(x) if x.dtype.is_complex else x > 0
        logarithm = ops.where(positive, ops.log(ops.where(positive, xc, ops.ones_like(xc))), ops.zeros_like(xc))
        return unbroadcast(dy * yc * pow(xc, yc - 1), x, y), unbroadcast(dy * zc * logarithm, y, x)


def not_equal_zero(x: AnyTensor) -> Any:
    """True where x is not 0."""

    return ops.not_equal(x, 0)


@register
class Maximum(Elementwise):
    """The larger of x and y; where they are equal the gradient goes to x."""

    ufunc = "maximum"
    kinds = "if"

    def gradient(self, dy: AnyTensor, z: AnyTensor, x: AnyTensor, y: AnyTensor) -> Any:
        return _by_choice(dy, x >= y, x, y)


@register
class Minimum(Elementwise):
    """The smaller of x and y; where they are equal the gradient goes to x."""

    ufunc = "minimum"
    kinds = "if"

    def gradient(self, dy: AnyTensor, z: AnyTensor, x: AnyTensor, y: AnyTensor) -> Any:
        return _by_choice(dy, x <= y, x, y)


def _by_choice(dy: AnyTensor, chose_x: AnyTensor, x: AnyTensor, y: AnyTensor) -> Any:
    zero = ops.zeros_like(dy)
    return unbroadcast(ops.where(chose_x, dy, zero), x, y), unbroadcast(ops.where(chose_x, zero, dy), y, x)


@register
class SquaredDifference(Elementwise):
    """(x - y) squared, element by element."""

    kinds = "ifc"

    def forward(self, xp: ArrayModule, x: Array, y: Array) -> Any:
        difference = x - y
        return difference * xp.conj(difference) if difference.dtype.kind == "c" else difference * difference

    def gradient(self, dy: AnyTensor, z: AnyTensor, x: AnyTensor, y: AnyTensor) -> Any:
        dx = 2 * dy * (x - y)
        return unbroadcast(dx, x, y), unbroadcast(-dx, y, x)


@register
class AddN(Op):
    """The sum of several tensors of one shape."""

    kinds = "ifc"
    aliases = True  # the sum of one tensor is that tensor

    def shape(self, *shapes: Shape) -> Shape:
        result = shapes[0]
        for other in shapes[1:]:
            result = result.merge(other)
        return result

    def elementwise(self, *shapes: Shape) -> bool:
        return all(shape.is_full and shape == shapes[0] for shape in shapes)

    def forward(self, xp: ArrayModule, *xs: Array) -> Any:
        for i, x in enumerate(xs):
            if x.shape != xs[0].shape:
                raise ShapeError(
                    f"add_n: input 0 has shape {Shape(xs[0].shape)}, input {i} {Shape(x.shape)}",
                    rule="all tensors have one shape: nothing is broadcast",
                )
        total = xs[0]
        for x in xs[1:]:
            total = total + x
        return total

    def gradient(self, dy: AnyTensor, y: AnyTensor, *xs: AnyTensor) -> Any:
        return (dy,) * len(xs)


add = binary(Add, "add")
subtract = binary(Sub, "subtract")
multiply = binary(Mul, "multiply")
truediv = binary(RealDiv, "truediv")
pow = binary(Pow, "pow")
maximum = binary(Maximum, "maximum")
minimum = binary(Minimum, "minimum")
squared_difference = binary(SquaredDifference, "squared_difference")
realdiv = divide = truediv


def add_n(inputs: TensorLike, name: str | None = None) -> AnyTensor:
    """The sum of a list of tensors of one shape.

    inputs: tensors of one shape and type; nothing is broadcast. Result: that shape and type.
    ShapeError: two different shapes. ArgumentError: an empty list.

    >>> import deepkit as dk
    >>> dk.add_n([1.0, 2.0, 3.0]).item()
    6.0
    """
    inputs = [inputs] if isinstance(inputs, np.ndarray) else listed(inputs)
    if not inputs:
        raise ArgumentError("add_n takes a list with at least one tensor", hint="add_n([a, b, c])")
    return apply(AddN(), *inputs, name=name)


def scalar_mul(scalar: TensorLike, x: TensorLike, name: str | None = None) -> AnyTensor:
    """A number times a tensor.

    scalar: (); x: any shape, integer, float or complex; result: x's shape and type. DTypeError: a scalar tensor of
    another type than x.
    """
    return apply(Mul(), scalar, x, name=name)
