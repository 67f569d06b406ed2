"""The same numbers in another arrangement: reshaping, transposing, stretching, reversing."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import apply, convert, is_tensor
from deepkit.core.op import Op, register
from deepkit.core.shape import SCALAR, UNKNOWN, Shape, normalize_axes, normalize_axis, whole
from deepkit.core.static import entries, numbers, static_shape
from deepkit.core.typing import (
    AnyTensor,
    Array,
    ArrayModule,
    AxisLike,
    DTypeLike,
    ShapeLike,
    TensorLike,
    TensorOrSymbol,
)
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ShapeError
from deepkit.ops.define import unary
from deepkit.ops.functions import ops
from deepkit.ops.late import late, unknown

__all__ = [
    "broadcast_to", "expand_dims", "identity", "matrix_transpose", "rank", "reshape", "reshape_like", "reverse",
    "shape", "size", "squeeze", "stop_gradient", "transpose",
]


@register
class Identity(Op):
    """x itself, under a name of its own; ordered after the control dependencies in force where it is made.

    x: any shape and type; result: the same.
    """

    aliases = True

    def static_value(self, inputs: Sequence[AnyTensor], known: Callable[[AnyTensor], Any]) -> Any:
        return known(inputs[0])

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return x

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy


@register
class StopGradient(Op):
    """x itself, but for gradients a constant.

    x: any shape and type; result: the same.
    """

    aliases = True
    gradient = None

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return x


identity = unary(Identity, "identity")
stop_gradient = unary(StopGradient, "stop_gradient")


@register
class ShapeOf(Op):
    """The shape of x as a vector, known when x is."""

    shape_only = (0,)
    label = "Shape"
    to: DType = as_dtype("int32")
    types = ("any",)
    gradient = None
    cpu_only = True

    def shape(self, x: Shape) -> Shape:
        return Shape((x.rank,))

    def dtype(self, x: DType) -> DType:
        return self.to

    def static_value(self, inputs: Sequence[AnyTensor], known: Callable[[AnyTensor], Any]) -> Any:
        return None if inputs[0].shape.lengths is None else entries(inputs[0].shape.lengths)

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return xp.array(x.shape, dtype=self.to.numpy)


@register
class Size(Op):
    """The number of elements of x."""

    shape_only = (0,)
    to: DType = as_dtype("int32")
    types = ("any",)
    gradient = None
    cpu_only = True

    def shape(self, x: Shape) -> Shape:
        return SCALAR

    def dtype(self, x: DType) -> DType:
        return self.to

    def static_value(self, inputs: Sequence[AnyTensor], known: Callable[[AnyTensor], Any]) -> Any:
        return inputs[0].shape.num_elements()

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return xp.array(x.size, dtype=self.to.numpy)


@register
class Rank(Op):
    """The number of axes of x.

    x: any shape and type; result: (), int32.
    """

    shape_only = (0,)
    types = ("any",)
    returns = "int32"
    gradient = None
    cpu_only = True

    def shape(self, x: Shape) -> Shape:
        return SCALAR

    def static_value(self, inputs: Sequence[AnyTensor], known: Callable[[AnyTensor], Any]) -> Any:
        return inputs[0].shape.rank

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return xp.array(x.ndim, dtype=xp.int32)


def shape(input: TensorLike, name: str | None = None, out_type: DTypeLike = "int32") -> AnyTensor:
    """The shape of a tensor, as a tensor: right also where the graph does not know it yet.

    input: any shape; result: (rank,), of out_type.
    """
    return apply(ShapeOf(to=as_dtype(out_type)), input, name=name)


def size(input: TensorLike, name: str | None = None, out_type: DTypeLike = "int32") -> AnyTensor:
    """The number of elements of a tensor, as a tensor.

    input: any shape; result: (), of out_type.
    """
    return apply(Size(to=as_dtype(out_type)), input, name=name)


rank = unary(Rank, "rank")


def _fits(count: int, total: int, adapts: bool) -> bool:
    """Whether `count` elements fill axes of `total` elements, besides which there may be axes that adapt."""
    if not adapts:
        return count == total
    return count == 0 or (total > 0 and count % total == 0)


@register
class Reshape(Op):
    """The same numbers in the same order under another shape; one dimension may be -1: what is left over."""

    static: tuple[int | None, ...] | None = None
    types = ("T", "index")
    aliases = True
    host = (1,)

    def shape(self, x: Shape, *target: Shape) -> Shape:
        if self.static is None:
            return Shape([None] * target[0][0]) if target and target[0].is_full else UNKNOWN
        if self.static.count(-1) > 1:
            raise ShapeError(f"reshape to {list(self.static)}: only one dimension can be -1")
        dims = [None if d == -1 else d for d in self.static]
        count = x.num_elements()
        return Shape(dims if count is None else self._filled(dims, count, x))

    def _filled(self, dims: list[int | None], count: int, x: Shape) -> list[int | None]:
        """The wanted lengths, an open one being what `count` elements leave for it."""
        total = math.prod(d for d in dims if d is not None)
        if not _fits(count, total, None in dims):
            raise ShapeError(
                f"reshape from {x} to {list(self.static or ())}: {count} elements do not fit",
                rule=f"the product of the dimensions must stay {count}",
                hint="use -1 for the dimension that should adapt, e.g. the batch",
            )
        if dims.count(None) == 1 and total:
            dims[dims.index(None)] = count // total
        return dims

    def forward(self, xp: ArrayModule, x: Array, *target: Array) -> Any:
        return x.reshape(self.static if not target else tuple(int(d) for d in target[0]))

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, *target: AnyTensor) -> Any:
        return (reshape_like(dy, x), *[None for _ in target])


@register
class ReshapeLike(Op):
    """x in the shape of `like`."""

    shape_only = (1,)
    types = ("T", "any")
    aliases = True

    def shape(self, x: Shape, like: Shape) -> Shape:
        return like

    def forward(self, xp: ArrayModule, x: Array, like: Array) -> Any:
        return x.reshape(like.shape)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, like: AnyTensor) -> Any:
        return reshape_like(dy, x), None


def reshape_like(x: TensorOrSymbol, like: TensorOrSymbol) -> TensorOrSymbol:
    """x in the shape of `like` (itself if the shapes are known to be equal).

    x, like: as many elements; result: like's shape, x's type.
    InvalidArgumentError: another number of elements.
    """
    return x if x.shape.is_full and x.shape == like.shape else apply(ReshapeLike(), x, like)


def reshape(tensor: TensorLike, shape: ShapeLike, name: str | None = None) -> AnyTensor:
    """The same numbers in the same order under another shape; one dimension may be -1: what is left over.

    shape: a list, or an integer tensor (rank,). ShapeError: another number of elements, more than one -1.

    >>> import deepkit as dk
    >>> dk.reshape([1, 2, 3, 4, 5, 6], [2, -1]).shape
    Shape([2, 3])
    """
    static, dims = static_shape(shape)
    if is_tensor(dims):
        return apply(Reshape(static=static), tensor, dims, name=name)
    return apply(Reshape(static=static), tensor, name=name)


@register
class Transpose(Op):
    """Axes in another order: output axis i is input axis perm[i]; None reverses all axes."""

    label = "transpose"
    perm: tuple[int, ...] | None = None
    conjugate: bool = False
    aliases = True

    def shape(self, x: Shape) -> Shape:
        if x.lengths is None:
            return UNKNOWN if self.perm is None else Shape([None] * len(self.perm))
        if self.perm is None:
            return Shape.of(x.lengths[::-1])
        if sorted(whole(p) % max(len(x), 1) for p in self.perm) != list(builtins.range(len(x))):
            raise ShapeError(
                f"transpose of {x} by perm={list(self.perm)}", rule="perm names every axis exactly once",
                hint=f"for example {list(builtins.range(len(x)))[::-1]}",
            )
        return Shape.of(tuple(x.lengths[p] for p in self.perm))

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        y = x.transpose(self.perm)
        return xp.conj(y) if self.conjugate else y

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        back = None if self.perm is None else tuple(int(i) for i in np.argsort([p % len(self.perm) for p in self.perm]))
        return apply(Transpose(perm=back, conjugate=self.conjugate), dy)


def transpose(a: TensorLike, perm: AxisLike = None, name: str | None = None, conjugate: bool = False) -> AnyTensor:
    """Axes in another order: output axis i is input axis perm[i]; without perm all axes are reversed.

    a: (d0, ..., dn); result: (d[perm[0]], d[perm[1]], ...). ShapeError: a perm that does not name every axis once.
    """
    order = None if perm is None else numbers(perm)
    if is_tensor(order):
        a = convert(a, beside=order)
        return late(Transpose, [a], {"perm": order}, unknown(a.shape.rank), name=name, conjugate=conjugate)
    return apply(Transpose(perm=order, conjugate=conjugate), a, name=name)


def matrix_transpose(a: TensorLike, name: str | None = None, conjugate: bool = False) -> AnyTensor:
    """The last two axes exchanged.

    a: (..., m, n), a known number of axes; result: (..., n, m); conjugate: complex numbers are conjugated too.
    ShapeError: fewer than two axes.
    """
    a = convert(a)
    order: Any = [*builtins.range(len(a.shape) - 2), -1, -2] if a.shape.rank is not None else None
    if order is None:
        n = rank(a)
        order = ops.concat([ops.range(n - 2), ops.stack([n - 1, n - 2])], 0)
    return transpose(a, order, name or "matrix_transpose", conjugate)


@register
class EnsureShape(Op):
    """x itself; an error if its shape does not fit."""

    static: tuple[int | None, ...] | None = None
    aliases = True

    def shape(self, x: Shape) -> Shape:
        return x.merge(Shape(self.static))

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        if not Shape(self.static).is_compatible_with(Shape(x.shape)):
            raise ShapeError(
                f"ensure_shape: a tensor of shape {Shape(x.shape)}", rule=f"its shape is {Shape(self.static)}"
            )
        return x

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return dy


@register
class ExpandDims(Op):
    """A new axis of length 1."""

    axis: int = 0
    aliases = True

    def shape(self, x: Shape) -> Shape:
        if x.lengths is None:
            return UNKNOWN
        at = normalize_axis(self.axis, len(x.lengths) + 1)
        return Shape.of((*x.lengths[:at], 1, *x.lengths[at:]))

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return xp.expand_dims(x, self.axis)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return reshape_like(dy, x)


def expand_dims(input: TensorLike, axis: AxisLike = None, name: str | None = None, dim: AxisLike = None) -> AnyTensor:
    """A new axis of length 1 at position `axis`; negative positions count from the end of the result.

    input: (d0, ..., dn); result: (d0, ..., 1, ..., dn). `dim` is an older name of axis. ShapeError: no such position.
    """
    at = numbers(dim if axis is None else axis)
    if is_tensor(at):
        x = convert(input, beside=at)
        return late(ExpandDims, [x], {"axis": ops.reshape(at, [])}, unknown(x.shape.rank, 1), name=name)
    if not isinstance(at, int) and len(at) != 1:
        raise ShapeError(f"expand_dims at {at}", rule="one axis at a time")
    return apply(ExpandDims(axis=at if isinstance(at, int) else at[0]), input, name=name)


@register
class Squeeze(Op):
    """Takes out axes of length 1: those named, or all."""

    axis: tuple[int, ...] | None = None
    aliases = True

    def shape(self, x: Shape) -> Shape:
        if x.lengths is None:
            return UNKNOWN
        if self.axis is None:
            return UNKNOWN if None in x.lengths else Shape.of(tuple(d for d in x.lengths if d != 1))
        gone = normalize_axes(self.axis, len(x.lengths))
        for i in gone:
            if x.lengths[i] not in (1, None):
                raise ShapeError(f"squeeze of axis {i} of {x}: its length is {x.lengths[i]}", rule="only length 1 can go")
        return Shape.of(tuple(d for i, d in enumerate(x.lengths) if i not in gone))

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return xp.squeeze(x, axis=self.axis)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return reshape_like(dy, x)


def squeeze(
    input: TensorLike, axis: AxisLike = None, name: str | None = None, squeeze_dims: AxisLike = None
) -> AnyTensor:
    """Takes out axes of length 1: those named in `axis`, or all.

    input: any shape; result: the same without these axes. squeeze_dims is an older name of axis. ShapeError: a named axis of
    another length, or one that is not there.
    """
    axis = squeeze_dims if axis is None else axis
    axes = None if axis is None else numbers(axis)
    if is_tensor(axes):
        return late(Squeeze, [input], {"axis": ops.reshape(axes, [-1])}, name=name)
    axes = (axes,) if isinstance(axes, int) else axes or None
    return apply(Squeeze(axis=axes), input, name=name)


@register
class BroadcastTo(Op):
    """x stretched to a shape by NumPy's rule."""

    label = "BroadcastTo"
    static: tuple[int | None, ...] | None = None
    types = ("T", "index")
    aliases = True
    host = (1,)

    def shape(self, x: Shape, target: Shape) -> Shape:
        if self.static is not None:
            from deepkit.core.shape import broadcast

            broadcast(x, Shape(self.static))
        return Shape(self.static)

    def forward(self, xp: ArrayModule, x: Array, target: Array) -> Any:
        return xp.broadcast_to(x, tuple(int(d) for d in target))

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, target: AnyTensor) -> Any:
        return ops.sum_like(dy, x), None


def broadcast_to(input: TensorLike, shape: ShapeLike, name: str | None = None) -> AnyTensor:
    """A tensor stretched to `shape` by NumPy's broadcasting rule.

    ShapeError: a shape that input does not broadcast to.
    """
    static, dims = static_shape(shape)
    return apply(BroadcastTo(static=static), input, dims, name=name)


@register
class Reverse(Op):
    """The order along the named axes turned round."""

    label = "ReverseV2"
    axis: tuple[int, ...] = ()
    aliases = True

    def shape(self, x: Shape) -> Shape:
        if x.rank is not None and len(normalize_axes(self.axis, x.rank)) < len(self.axis):
            raise ShapeError(f"reverse along {list(self.axis)} of {x}", rule="each axis is named once")
        return x

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return xp.flip(x, self.axis)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return apply(Reverse(axis=self.axis), dy)


def reverse(tensor: TensorLike, axis: AxisLike, name: str | None = None) -> AnyTensor:
    """The order along the named axes turned round.

    tensor: any shape; result: its shape and type. ShapeError: an axis that is not there, or that is named twice.
    """
    axes = numbers(axis)
    if is_tensor(axes):
        x = convert(tensor, beside=axes)
        return late(Reverse, [x], {"axis": ops.reshape(axes, [-1])}, x.shape, name=name)
    return apply(Reverse(axis=(axes,) if isinstance(axes, int) else axes), tensor, name=name)
