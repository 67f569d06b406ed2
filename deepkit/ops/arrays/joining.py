"""Tensors joined, cut apart, repeated and padded."""

from __future__ import annotations

import builtins
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import apply, convert, is_tensor, scope
from deepkit.core.op import Op, register
from deepkit.core.other_names import shown_as
from deepkit.core.shape import UNKNOWN, Shape, normalize_axis, whole
from deepkit.core.static import entries, numbers, static_shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, AxisLike, IntsLike, TensorLike
from deepkit.device.dtypes import accumulator
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.late import late, unknown

__all__ = ["concat", "parallel_stack", "split", "stack", "tile", "unstack"]


def _with_length(shape: Shape, axis: int, length: int | None) -> Shape:
    """The shape with another length along one axis."""
    if shape.lengths is None:
        return shape
    return Shape.of(tuple(length if i == axis else d for i, d in enumerate(shape.lengths)))


def _unknown(x: AnyTensor) -> Any:
    """What is known of a tensor by its full shape alone: that many entries, each None."""
    return np.full(x.shape.lengths, None)


@register
class Concat(Op):
    """Tensors joined along an axis that exists."""

    label = "concat"
    axis: int = 0

    def shape(self, *shapes: Shape) -> Shape:
        known = [s for s in shapes if s.lengths is not None]
        if not known:
            return UNKNOWN
        at = normalize_axis(self.axis, len(known[0]))
        common = UNKNOWN
        for i, s in enumerate(shapes):
            around = _with_length(s, at, None)
            if not common.is_compatible_with(around):
                raise ShapeError(
                    f"concat along axis {at}: input {i} has shape {s}, the others {known[0]}",
                    rule="all dimensions but the joined one must be equal",
                    hint="another axis=, or first one length on the others: stride 1 and padding='SAME' keep them",
                )
            common = common.merge(around)
        lengths = [None if s.lengths is None else s.lengths[at] for s in shapes]
        return _with_length(common, at, None if None in lengths else builtins.sum(d or 0 for d in lengths))

    def static_value(self, inputs: Sequence[AnyTensor], known: Callable[[AnyTensor], Any]) -> Any:
        if not all(x.shape.rank == 1 and x.shape.is_full for x in inputs):
            return None
        parts = [_unknown(x) if (value := known(x)) is None else value for x in inputs]
        return entries(d for part in parts for d in np.asarray(part).tolist())

    def forward(self, xp: ArrayModule, *xs: Array) -> Any:
        return xp.concatenate(xs, axis=self.axis)

    def gradient(self, dy: AnyTensor, y: AnyTensor, *xs: AnyTensor) -> Any:
        return apply(ConcatGrad(axis=self.axis), dy, *xs) if len(xs) > 1 else (dy,)


@register
class ConcatGrad(Op):
    """Cuts dy into pieces shaped like xs along `axis`: the inverse of Concat."""

    axis: int = 0
    types = ("T",)
    shape_only = range(1, 1 << 30)
    aliases = True

    def shape(self, dy: Shape, *xs: Shape) -> Any:
        return xs

    def forward(self, xp: ArrayModule, dy: Array, *xs: Array) -> Any:
        ends = list(itertools.accumulate(x.shape[self.axis] for x in xs))[:-1]
        return tuple(xp.split(dy, ends, axis=self.axis))

    def gradient(self, dys: Sequence[AnyTensor], ys: Sequence[AnyTensor], dy: AnyTensor, *xs: AnyTensor) -> Any:
        return (apply(Concat(axis=self.axis), *dys), *[None for _ in xs])


def concat(values: TensorLike, axis: AxisLike, name: str | None = None) -> AnyTensor:
    """Tensors joined along an axis that exists: shapes (2, 3) and (4, 3) along axis 0 give (6, 3).

    values: one type and rank; all lengths but that of the axis are equal. Result: that type. ShapeError: other lengths
    differ, no such axis. ArgumentError: axis and values exchanged. DTypeError: two types.
    """
    if isinstance(axis, (list, tuple)):
        raise ArgumentError(
            "concat(axis, values) is the order of TensorFlow 0.x", hint="swap the arguments: concat(values, axis)"
        )
    values = list(values) if isinstance(values, (list, tuple)) else [values]
    at = numbers(axis)
    if is_tensor(at):
        parts: list[Any] = [convert(x, beside=at) for x in values]
        common: Any = UNKNOWN
        for x in parts:  # the lengths may differ, for the axis is not known
            common = common.merge(Shape(unknown(x.shape.rank)))
        if common.rank == 0:
            raise ShapeError("concat of scalars", hint="stack(values) joins them along a new axis")
        return late(Concat, parts, {"axis": at}, common, name=name)
    return apply(Concat(axis=at), *values, name=name)


@register
class Pack(Op):
    """Tensors of one shape joined along a new axis."""

    label = "stack"
    axis: int = 0

    def shape(self, *shapes: Shape) -> Shape:
        merged = shapes[0]
        for s in shapes[1:]:
            if not merged.is_compatible_with(s):
                raise ShapeError(f"stack of shapes {merged} and {s}", rule="all inputs must have one shape")
            merged = merged.merge(s)
        if merged.lengths is None:
            return UNKNOWN
        at = normalize_axis(self.axis, len(merged.lengths) + 1)
        return Shape.of((*merged.lengths[:at], len(shapes), *merged.lengths[at:]))

    def static_value(self, inputs: Sequence[AnyTensor], known: Callable[[AnyTensor], Any]) -> Any:
        if inputs[0].shape.rank and not inputs[0].shape.is_full:
            return None
        values = [known(x) for x in inputs]
        return entries(_unknown(x) if v is None and x.shape.rank else v for x, v in zip(inputs, values, strict=True))

    def forward(self, xp: ArrayModule, *xs: Array) -> Any:
        return xp.stack(xs, axis=self.axis)

    def gradient(self, dy: AnyTensor, y: AnyTensor, *xs: AnyTensor) -> Any:
        return tuple(_unpack(dy, len(xs), self.axis))


@register
class Unpack(Op):
    """The slices along an axis, as `num` tensors without that axis."""

    label = "unstack"
    axis: int = 0
    num: int = 0
    aliases = True

    def shape(self, x: Shape) -> Any:
        if x.lengths is None:
            return (UNKNOWN,) * self.num
        at = normalize_axis(self.axis, len(x.lengths))
        if x.lengths[at] not in (None, self.num):
            raise ShapeError(
                f"unstack of {x} into {self.num} along axis {at}", rule=f"axis {at} has length {x.lengths[at]}"
            )
        return (Shape.of(x.lengths[:at] + x.lengths[at + 1 :]),) * self.num

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        moved = xp.moveaxis(x, self.axis, 0)
        return tuple(moved[i] for i in builtins.range(self.num))

    def gradient(self, dys: Sequence[AnyTensor], ys: Sequence[AnyTensor], x: AnyTensor) -> Any:
        return apply(Pack(axis=self.axis), *dys)


def _unpack(x: AnyTensor, num: int, axis: int) -> list[Any]:
    result = apply(Unpack(axis=axis, num=num), x)
    return list(result)


def stack(values: Sequence[TensorLike] | np.ndarray, axis: int = 0, name: str | None = None) -> AnyTensor:
    """Tensors of one shape joined along a new axis: three of shape (2,) give (3, 2).

    values: at least one; of a tensor its rows, which along axis 0 give it back. ShapeError: two different shapes, no such
    axis. DTypeError: two different types.
    """
    if is_tensor(values):
        return convert(values) if axis == 0 else apply(Pack(axis=axis), *iter(values), name=name)
    return apply(Pack(axis=axis), *list(values), name=name)


def unstack(value: TensorLike, num: int | None = None, axis: int = 0, name: str | None = None) -> list[AnyTensor]:
    """The slices along an axis, as a list of tensors without that axis.

    value: (..., n, ...); result: n tensors. num: n, where the shape is not known. ShapeError: n is not known, or not
    num.
    """
    value = convert(value)
    if num is None:
        num = value.shape.lengths[normalize_axis(axis, len(value.shape))] if value.shape.lengths is not None else None
    if num is None:
        raise ShapeError(f"unstack: the length of axis {axis} of {value.shape} is not known", hint="pass num=...")
    return list(apply(Unpack(axis=axis, num=whole(num)), value, name=name)) if num else []


@register
class Split(Op):
    """Pieces of the given lengths along an axis; one length may be -1: what is left over."""

    label = "split"
    axis: int = 0
    sizes: tuple[int, ...] | None = None
    num: int = 0
    aliases = True

    def shape(self, x: Shape) -> Any:
        if x.lengths is None:
            return (UNKNOWN,) * (self.num or len(self.sizes or ()))
        at = normalize_axis(self.axis, len(x.lengths))
        lengths = self._lengths(x.lengths[at])
        return tuple(Shape.of((*x.lengths[:at], length, *x.lengths[at + 1 :])) for length in lengths)

    def _equal_part(self, total: int | None) -> int | None:
        if total is not None and total % self.num:
            raise ShapeError(f"split of length {total} into {self.num} equal parts", rule="it must divide evenly")
        return None if total is None else total // self.num

    def _left_over(self, total: int | None, taken: int) -> int | None:
        if total is not None and taken > total:
            raise ShapeError(f"split of length {total} into {list(self.sizes or ())}", rule="nothing is left for the -1")
        return None if total is None else total - taken

    def _lengths(self, total: int | None) -> list[int | None]:
        if self.sizes is None:
            return [self._equal_part(total)] * self.num
        sizes: list[int | None] = list(self.sizes)
        if -1 in sizes:
            sizes[sizes.index(-1)] = self._left_over(total, builtins.sum(s for s in self.sizes if s != -1))
        elif total is not None and builtins.sum(self.sizes) != total:
            raise ShapeError(
                f"split of length {total} into {list(self.sizes)}", rule="the parts must add up to the whole"
            )
        return sizes

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        ends = list(itertools.accumulate(int(n or 0) for n in self._lengths(x.shape[self.axis])))[:-1]
        return tuple(xp.split(x, ends, axis=self.axis))

    def gradient(self, dys: Sequence[AnyTensor], ys: Sequence[AnyTensor], x: AnyTensor) -> Any:
        return apply(Concat(axis=self.axis), *dys)


def split(
    value: TensorLike, num_or_size_splits: IntsLike, axis: AxisLike = 0, num: int | None = None, name: str | None = None
) -> list[AnyTensor]:
    """A tensor cut along an axis: into n equal parts, or into parts of the given lengths.

    value: any shape; result: tensors that differ in length along `axis` alone; one length may be -1, what is left over.
    num: how many, where num_or_size_splits is a tensor of unknown length. ShapeError: lengths that do not add up, n
    that does not divide.
    """
    if isinstance(value, int) and is_tensor(axis):
        raise ArgumentError("split(axis, num, value) is the order of TensorFlow 0.x", hint="split(value, num, axis)")
    sizes, given = numbers(num_or_size_splits), {"axis": numbers(axis)}
    if isinstance(sizes, int):
        given["num"] = sizes
    else:
        given |= {"sizes": sizes, "num": _how_many(sizes, num)}
    unknown_yet = {key: v for key, v in given.items() if is_tensor(v)}
    if not unknown_yet:
        return list(apply(Split(**given), value, name=name))
    value = convert(value, beside=next(iter(unknown_yet.values())))
    fixed = {key: v for key, v in given.items() if key not in unknown_yet}
    cut = unknown(value.shape.rank)
    if cut and "axis" in fixed:
        cut = _with_length(value.shape, normalize_axis(fixed["axis"], len(cut)), None).lengths
    shapes = (cut,) * given["num"]
    return list(late(Split, [value], unknown_yet, shapes, many=True, name=name, **fixed))


def _how_many(sizes: AnyTensor | Sequence[int], num: int | None) -> int:
    """The number of pieces, from their lengths or from `num`, which must agree with them."""
    known = (sizes.shape.lengths or (None,))[0] if is_tensor(sizes) else len(sizes)
    if known is None:
        if num is None:
            raise ShapeError("split: the number of pieces is not known", hint="pass num=...")
        return num
    if num not in (None, known):
        raise ShapeError(f"split into num={num} pieces by {known} lengths", rule="num is how many lengths there are")
    return int(known)


@register
class Tile(Op):
    """x repeated multiples[i] times along each axis i."""

    multiples: tuple[int, ...] | None = None
    types = ("T", "index")

    def shape(self, x: Shape, *multiples: Shape) -> Shape:
        if self.multiples is None:
            return x if x.lengths is None else Shape([None] * len(x.lengths))
        if x.lengths is None:
            return Shape([None] * len(self.multiples))
        if len(self.multiples) != len(x.lengths):
            raise ShapeError(f"tile of {x} by {list(self.multiples)}", rule="one multiple for each axis")
        return Shape(None if d is None else d * m for d, m in zip(x.lengths, self.multiples, strict=True))

    def forward(self, xp: ArrayModule, x: Array, *multiples: Array) -> Any:
        times = self.multiples if not multiples else tuple(int(m) for m in multiples[0])
        if times is not None and len(times) != x.ndim:  # NumPy would add axes
            raise ShapeError(f"tile of {Shape(x.shape)} by {list(times)}", rule="one multiple for each axis")
        return xp.tile(x, times)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, *multiples: AnyTensor) -> Any:
        return (apply(TileGrad(), dy, x), *[None for _ in multiples])


@register
class TileGrad(Op):
    """Adds up the copies that Tile made of a tensor shaped like `like`."""

    types = ("T", "any")
    shape_only = (1,)

    def shape(self, dy: Shape, like: Shape) -> Shape:
        return like

    def forward(self, xp: ArrayModule, dy: Array, like: Array) -> Any:
        pairs = [(big // max(small, 1), small) for big, small in zip(dy.shape, like.shape, strict=True)]
        split_axes = dy.reshape([n for pair in pairs for n in pair])
        total = split_axes.sum(axis=tuple(builtins.range(0, 2 * dy.ndim, 2)), dtype=accumulator(dy.dtype))
        return total.astype(dy.dtype, copy=False)

    def gradient(self, ddx: AnyTensor, dx: AnyTensor, dy: AnyTensor, like: AnyTensor) -> Any:
        return apply(TileLike(), ddx, dy), None


@register
class TileLike(Op):
    """x repeated until it has the shape of `like`."""

    types = ("T", "any")
    shape_only = (1,)

    def shape(self, x: Shape, like: Shape) -> Shape:
        return like

    def forward(self, xp: ArrayModule, x: Array, like: Array) -> Any:
        return xp.tile(x, [big // max(small, 1) for big, small in zip(like.shape, x.shape, strict=True)])

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, like: AnyTensor) -> Any:
        return apply(TileGrad(), dy, x), None


def tile(input: TensorLike, multiples: IntsLike, name: str | None = None) -> AnyTensor:
    """A tensor repeated multiples[i] times along each axis i.

    input: (d1, ..., dn); multiples: (n,), integers; result: (d1 m1, ..., dn mn). ShapeError: another number of
    multiples.
    """
    known, dims = static_shape(multiples)
    if is_tensor(dims):
        return apply(Tile(multiples=None if known is None or None in known else known), input, dims, name=name)
    return apply(Tile(multiples=known), input, name=name)


def parallel_stack(values: Sequence[TensorLike] | np.ndarray, name: str | None = None) -> AnyTensor:
    """As `stack` along axis 0.

    values: at least one, of one shape and type; result: (number of values, ...). ShapeError: two different shapes.
    """
    with scope(name, "parallel_stack", values):
        return shown_as(stack(values), "ParallelConcat")
