"""The same numbers in another arrangement: reshaping, transposing, joining, splitting, repeating, padding."""

from __future__ import annotations

import builtins
import itertools
from typing import Any

import numpy as np

import deepkit.ops as ops
from deepkit.core.apply import apply, convert, is_tensor, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import SCALAR, UNKNOWN, Shape, normalize_axes, normalize_axis
from deepkit.core.static import static_shape, static_value
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.define import unary


@register
class Identity(Op):
    """x itself, under a name of its own; ordered after the control dependencies in force where it is made."""

    aliases = True

    def forward(self, xp: Any, x: Any) -> Any:
        return x

    def gradient(self, dy: Any, y: Any, x: Any) -> Any:
        return dy


@register
class StopGradient(Op):
    """x itself, but for gradients a constant."""

    aliases = True
    gradient = None

    def forward(self, xp: Any, x: Any) -> Any:
        return x


@register
class PreventGradient(Op):
    """x itself; asking for its gradient gives None."""

    aliases = True
    message: str = ""
    gradient = None

    def forward(self, xp: Any, x: Any) -> Any:
        return x


identity = unary(Identity, "identity")
stop_gradient = unary(StopGradient, "stop_gradient")


@register
class ShapeOf(Op):
    """The shape of x as a vector, known when x is."""

    label = "Shape"
    to: DType = as_dtype("int32")
    types = ("any",)
    gradient = None

    def shape(self, x: Shape) -> Shape:
        return Shape((x.rank,))

    def dtype(self, x: DType) -> DType:
        return self.to

    def forward(self, xp: Any, x: Any) -> Any:
        return np.array(x.shape, dtype=self.to.numpy)


@register
class Size(Op):
    """The number of elements of x."""

    to: DType = as_dtype("int32")
    types = ("any",)
    gradient = None

    def shape(self, x: Shape) -> Shape:
        return SCALAR

    def dtype(self, x: DType) -> DType:
        return self.to

    def forward(self, xp: Any, x: Any) -> Any:
        return np.array(x.size, dtype=self.to.numpy)


@register
class Rank(Op):
    """The number of axes of x."""

    types = ("any",)
    returns = "int32"
    gradient = None

    def shape(self, x: Shape) -> Shape:
        return SCALAR

    def forward(self, xp: Any, x: Any) -> Any:
        return np.array(x.ndim, dtype=np.int32)


def shape(input: Any, name: str | None = None, out_type: Any = "int32") -> Any:
    """The shape of a tensor, as a tensor: right also where the graph does not know it yet."""
    return apply(ShapeOf(to=as_dtype(out_type)), input, name=name)


def size(input: Any, name: str | None = None, out_type: Any = "int32") -> Any:
    """The number of elements of a tensor, as a tensor."""
    return apply(Size(to=as_dtype(out_type)), input, name=name)


rank = unary(Rank, "rank")


@register
class Reshape(Op):
    """The same numbers in the same order under another shape; one dimension may be -1: what is left over."""

    static: tuple[int | None, ...] | None = None
    types = ("T", "index")
    aliases = True

    def shape(self, x: Shape, *target: Shape) -> Shape:
        if self.static is None:
            return Shape([None] * target[0][0]) if target and target[0].is_full else UNKNOWN
        count = x.num_elements()
        known = [d for d in self.static if d is not None and d != -1]
        free = [i for i, d in enumerate(self.static) if d == -1 or d is None]
        total = int(np.prod(known, dtype=np.int64))
        if len([d for d in self.static if d == -1]) > 1:
            raise ShapeError(f"reshape to {list(self.static)}: only one dimension can be -1")
        dims = [None if d is None or d == -1 else d for d in self.static]
        if count is not None:
            if (not free and total != count) or ((free and (total == 0 or count % total)) and count != 0):
                raise ShapeError(
                    f"reshape from {x} to {list(self.static)}: {count} elements do not fit",
                    rule=f"the product of the dimensions must stay {count}",
                    hint="use -1 for the dimension that should adapt, e.g. the batch",
                )
            if len(free) == 1 and total:
                dims[free[0]] = count // total
        return Shape(dims)

    def forward(self, xp: Any, x: Any, *target: Any) -> Any:
        return x.reshape(self.static if not target else tuple(int(d) for d in target[0]))

    def gradient(self, dy: Any, y: Any, x: Any, *target: Any) -> Any:
        return (reshape_like(dy, x), *[None for _ in target])


@register
class ReshapeLike(Op):
    """x in the shape of `like`."""

    types = ("T", "any")
    aliases = True

    def shape(self, x: Shape, like: Shape) -> Shape:
        return like

    def forward(self, xp: Any, x: Any, like: Any) -> Any:
        return x.reshape(like.shape)

    def gradient(self, dy: Any, y: Any, x: Any, like: Any) -> Any:
        return reshape_like(dy, x), None


def reshape_like(x: Any, like: Any) -> Any:
    """x in the shape of `like` (itself if the shapes are known to be equal)."""
    return x if x.shape.is_full and x.shape == like.shape else apply(ReshapeLike(), x, like)


def reshape(tensor: Any, shape: Any, name: str | None = None) -> Any:
    """The same numbers in the same order under another shape; one dimension may be -1: what is left over.

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
        if x.dims is None:
            return UNKNOWN if self.perm is None else Shape([None] * len(self.perm))
        if self.perm is None:
            return Shape.of(x.dims[::-1])
        if sorted(p % max(len(x), 1) for p in self.perm) != list(builtins.range(len(x))):
            raise ShapeError(
                f"transpose of {x} by perm={list(self.perm)}", rule="perm names every axis exactly once",
                hint=f"for example {list(builtins.range(len(x)))[::-1]}",
            )  # fmt: skip
        return Shape.of(tuple(x.dims[p] for p in self.perm))

    def forward(self, xp: Any, x: Any) -> Any:
        y = x.transpose(self.perm)
        return xp.conj(y) if self.conjugate else y

    def gradient(self, dy: Any, y: Any, x: Any) -> Any:
        back = None if self.perm is None else tuple(int(i) for i in np.argsort([p % len(self.perm) for p in self.perm]))
        return apply(Transpose(perm=back, conjugate=self.conjugate), dy)


def transpose(a: Any, perm: Any = None, name: str | None = None, conjugate: bool = False) -> Any:
    """Axes in another order: output axis i is input axis perm[i]; without perm all axes are reversed."""
    perm = static_value(perm) if is_tensor(perm) else perm
    return apply(
        Transpose(perm=None if perm is None else tuple(int(p) for p in perm), conjugate=conjugate), a, name=name
    )


def matrix_transpose(a: Any, name: str | None = None, conjugate: bool = False) -> Any:
    """The last two axes exchanged."""
    a = convert(a)
    rank = len(a.shape)
    return transpose(a, [*builtins.range(rank - 2), rank - 1, rank - 2], name or "matrix_transpose", conjugate)


@register
class ExpandDims(Op):
    """A new axis of length 1."""

    axis: int = 0
    aliases = True

    def shape(self, x: Shape) -> Shape:
        if x.dims is None:
            return UNKNOWN
        at = normalize_axis(self.axis, len(x.dims) + 1)
        return Shape.of((*x.dims[:at], 1, *x.dims[at:]))

    def forward(self, xp: Any, x: Any) -> Any:
        return xp.expand_dims(x, self.axis)

    def gradient(self, dy: Any, y: Any, x: Any) -> Any:
        return reshape_like(dy, x)


def expand_dims(input: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Any:
    """A new axis of length 1 at position `axis`; negative positions count from the end of the result."""
    at = dim if axis is None else axis
    return apply(ExpandDims(axis=int(static_value(at))), input, name=name)


@register
class Squeeze(Op):
    """Takes out axes of length 1: those named, or all."""

    axis: tuple[int, ...] | None = None
    aliases = True

    def shape(self, x: Shape) -> Shape:
        if x.dims is None:
            return UNKNOWN
        if self.axis is None:
            return UNKNOWN if None in x.dims else Shape.of(tuple(d for d in x.dims if d != 1))
        gone = normalize_axes(self.axis, len(x.dims))
        for i in gone:
            if x.dims[i] not in (1, None):
                raise ShapeError(f"squeeze of axis {i} of {x}: its length is {x.dims[i]}", rule="only length 1 can go")
        return Shape.of(tuple(d for i, d in enumerate(x.dims) if i not in gone))

    def forward(self, xp: Any, x: Any) -> Any:
        return xp.squeeze(x, axis=self.axis)

    def gradient(self, dy: Any, y: Any, x: Any) -> Any:
        return reshape_like(dy, x)


def squeeze(input: Any, axis: Any = None, name: str | None = None, squeeze_dims: Any = None) -> Any:
    """Takes out axes of length 1: those named in `axis`, or all."""
    axis = squeeze_dims if axis is None else axis
    axes = None if axis is None or axis == [] else tuple(axis) if isinstance(axis, (list, tuple)) else (int(axis),)
    return apply(Squeeze(axis=axes), input, name=name)


@register
class BroadcastTo(Op):
    """x stretched to a shape by NumPy's rule."""

    label = "BroadcastTo"
    static: tuple[int | None, ...] | None = None
    types = ("T", "index")
    aliases = True

    def shape(self, x: Shape, target: Shape) -> Shape:
        if self.static is not None:
            from deepkit.core.shape import broadcast

            broadcast(x, Shape(self.static))
        return Shape(self.static)

    def forward(self, xp: Any, x: Any, target: Any) -> Any:
        return xp.broadcast_to(x, tuple(int(d) for d in target))

    def gradient(self, dy: Any, y: Any, x: Any, target: Any) -> Any:
        return ops.sum_like(dy, x), None


def broadcast_to(input: Any, shape: Any, name: str | None = None) -> Any:
    """A tensor stretched to `shape` by NumPy's broadcasting rule."""
    static, dims = static_shape(shape)
    return apply(BroadcastTo(static=static), input, dims, name=name)


@register
class Concat(Op):
    """Tensors joined along an axis that exists."""

    label = "concat"
    axis: int = 0

    def shape(self, *shapes: Shape) -> Shape:
        known = [s for s in shapes if s.dims is not None]
        if not known:
            return UNKNOWN
        at = normalize_axis(self.axis, len(known[0]))
        result = UNKNOWN
        for i, s in enumerate(shapes):
            if s.dims is None:
                continue
            masked = Shape.of(tuple(None if j == at else d for j, d in enumerate(s.dims)))
            if not result.is_compatible_with(masked):
                raise ShapeError(
                    f"concat along axis {at}: input {i} has shape {s}, the others {known[0]}",
                    rule="all dimensions but the joined one must be equal",
                )
            result = result.merge(masked)
        lengths = [None if s.dims is None else s.dims[at] for s in shapes]
        total = None if None in lengths else builtins.sum(d or 0 for d in lengths)
        return Shape.of(tuple(total if j == at else d for j, d in enumerate(result.dims or ())))

    def forward(self, xp: Any, *xs: Any) -> Any:
        return xp.concatenate(xs, axis=self.axis)

    def gradient(self, dy: Any, y: Any, *xs: Any) -> Any:
        return apply(ConcatGrad(axis=self.axis), dy, *xs) if len(xs) > 1 else (dy,)


@register
class ConcatGrad(Op):
    """Cuts dy into pieces shaped like xs along `axis`: the inverse of Concat."""

    axis: int = 0
    types = ("T",)
    aliases = True

    def shape(self, dy: Shape, *xs: Shape) -> Any:
        return xs

    def forward(self, xp: Any, dy: Any, *xs: Any) -> Any:
        ends = np.cumsum([x.shape[self.axis] for x in xs])[:-1]
        return tuple(xp.split(dy, [int(e) for e in ends], axis=self.axis))

    def gradient(self, dys: Any, ys: Any, dy: Any, *xs: Any) -> Any:
        return (apply(Concat(axis=self.axis), *dys), *[None for _ in xs])


def concat(values: Any, axis: Any, name: str | None = None) -> Any:
    """Tensors joined along an axis that exists: shapes (2, 3) and (4, 3) along axis 0 give (6, 3)."""
    if isinstance(axis, (list, tuple)):
        raise ArgumentError(
            "concat(axis, values) is the order of TensorFlow 0.x", hint="swap the arguments: concat(values, axis)"
        )
    values = list(values) if isinstance(values, (list, tuple)) else [values]
    return apply(Concat(axis=int(static_value(axis))), *values, name=name)


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
        if merged.dims is None:
            return UNKNOWN
        at = normalize_axis(self.axis, len(merged.dims) + 1)
        return Shape.of((*merged.dims[:at], len(shapes), *merged.dims[at:]))

    def forward(self, xp: Any, *xs: Any) -> Any:
        return xp.stack(xs, axis=self.axis)

    def gradient(self, dy: Any, y: Any, *xs: Any) -> Any:
        return tuple(_unpack(dy, len(xs), self.axis))


@register
class Unpack(Op):
    """The slices along an axis, as `num` tensors without that axis."""

    label = "unstack"
    axis: int = 0
    num: int = 0
    aliases = True

    def shape(self, x: Shape) -> Any:
        if x.dims is None:
            return (UNKNOWN,) * self.num
        at = normalize_axis(self.axis, len(x.dims))
        if x.dims[at] not in (None, self.num):
            raise ShapeError(
                f"unstack of {x} into {self.num} along axis {at}", rule=f"axis {at} has length {x.dims[at]}"
            )
        return (Shape.of(x.dims[:at] + x.dims[at + 1 :]),) * self.num

    def forward(self, xp: Any, x: Any) -> Any:
        moved = xp.moveaxis(x, self.axis, 0)
        return tuple(moved[i] for i in builtins.range(self.num))

    def gradient(self, dys: Any, ys: Any, x: Any) -> Any:
        return apply(Pack(axis=self.axis), *dys)


def _unpack(x: Any, num: int, axis: int) -> list[Any]:
    result = apply(Unpack(axis=axis, num=num), x)
    return list(result)


def stack(values: Any, axis: int = 0, name: str | None = None) -> Any:
    """Tensors of one shape joined along a new axis: three of shape (2,) give (3, 2)."""
    return apply(Pack(axis=axis), *list(values), name=name)


def unstack(value: Any, num: int | None = None, axis: int = 0, name: str | None = None) -> list[Any]:
    """The slices along an axis, as a list of tensors without that axis."""
    value = convert(value)
    if num is None:
        num = value.shape.dims[normalize_axis(axis, len(value.shape))] if value.shape.dims is not None else None
    if num is None:
        raise ShapeError(f"unstack: the length of axis {axis} of {value.shape} is not known", hint="pass num=...")
    return list(apply(Unpack(axis=axis, num=int(num)), value, name=name)) if num else []


@register
class Split(Op):
    """Pieces of the given lengths along an axis; one length may be -1: what is left over."""

    label = "split"
    axis: int = 0
    sizes: tuple[int, ...] | None = None
    num: int = 0
    aliases = True

    def shape(self, x: Shape) -> Any:
        if x.dims is None:
            return (UNKNOWN,) * (self.num or len(self.sizes or ()))
        at = normalize_axis(self.axis, len(x.dims))
        lengths = self._lengths(x.dims[at])
        return tuple(Shape.of((*x.dims[:at], length, *x.dims[at + 1 :])) for length in lengths)

    def _lengths(self, total: int | None) -> list[int | None]:
        if self.sizes is None:
            if total is not None and total % self.num:
                raise ShapeError(f"split of length {total} into {self.num} equal parts", rule="it must divide evenly")
            return [None if total is None else total // self.num] * self.num
        sizes: list[int | None] = list(self.sizes)
        if -1 in sizes:
            rest = None if total is None else total - builtins.sum(s for s in self.sizes if s != -1)
            sizes[sizes.index(-1)] = rest
        elif total is not None and builtins.sum(self.sizes) != total:
            raise ShapeError(
                f"split of length {total} into {list(self.sizes)}", rule="the parts must add up to the whole"
            )
        return sizes

    def forward(self, xp: Any, x: Any) -> Any:
        ends = list(itertools.accumulate(int(n or 0) for n in self._lengths(x.shape[self.axis])))[:-1]
        return tuple(xp.split(x, ends, axis=self.axis))

    def gradient(self, dys: Any, ys: Any, x: Any) -> Any:
        return apply(Concat(axis=self.axis), *dys)


def split(
    value: Any, num_or_size_splits: Any, axis: Any = 0, num: int | None = None, name: str | None = None
) -> list[Any]:
    """A tensor cut along an axis: into n equal parts, or into parts of the given lengths."""
    if isinstance(value, int) and is_tensor(axis):
        raise ArgumentError("split(axis, num, value) is the order of TensorFlow 0.x", hint="split(value, num, axis)")
    sizes = static_value(num_or_size_splits)
    at = int(static_value(axis))
    if np.ndim(sizes) == 0:
        op = Split(axis=at, num=int(sizes))
    else:
        op = Split(axis=at, sizes=tuple(int(s) for s in sizes), num=len(sizes))
    return list(apply(op, value, name=name))


@register
class Tile(Op):
    """x repeated multiples[i] times along each axis i."""

    multiples: tuple[int, ...] | None = None
    types = ("T", "index")

    def shape(self, x: Shape, *multiples: Shape) -> Shape:
        if x.dims is None:
            return UNKNOWN
        if self.multiples is None:
            return Shape([None] * len(x.dims))
        if len(self.multiples) != len(x.dims):
            raise ShapeError(f"tile of {x} by {list(self.multiples)}", rule="one multiple for each axis")
        return Shape(None if d is None else d * m for d, m in zip(x.dims, self.multiples, strict=True))

    def forward(self, xp: Any, x: Any, *multiples: Any) -> Any:
        return xp.tile(x, self.multiples if not multiples else tuple(int(m) for m in multiples[0]))

    def gradient(self, dy: Any, y: Any, x: Any, *multiples: Any) -> Any:
        return (apply(TileGrad(), dy, x), *[None for _ in multiples])


@register
class TileGrad(Op):
    """Adds up the copies that Tile made of a tensor shaped like `like`."""

    types = ("T", "any")

    def shape(self, dy: Shape, like: Shape) -> Shape:
        return like

    def forward(self, xp: Any, dy: Any, like: Any) -> Any:
        pairs = [(big // max(small, 1), small) for big, small in zip(dy.shape, like.shape, strict=True)]
        split_axes = dy.reshape([n for pair in pairs for n in pair])
        return split_axes.sum(axis=tuple(builtins.range(0, 2 * dy.ndim, 2)), dtype=dy.dtype)

    def gradient(self, ddx: Any, dx: Any, dy: Any, like: Any) -> Any:
        return apply(TileLike(), ddx, dy), None


@register
class TileLike(Op):
    """x repeated until it has the shape of `like`."""

    types = ("T", "any")

    def shape(self, x: Shape, like: Shape) -> Shape:
        return like

    def forward(self, xp: Any, x: Any, like: Any) -> Any:
        return xp.tile(x, [big // max(small, 1) for big, small in zip(like.shape, x.shape, strict=True)])

    def gradient(self, dy: Any, y: Any, x: Any, like: Any) -> Any:
        return apply(TileGrad(), dy, x), None


def tile(input: Any, multiples: Any, name: str | None = None) -> Any:
    """A tensor repeated multiples[i] times along each axis i."""
    known, dims = static_shape(multiples)
    if is_tensor(dims):
        return apply(Tile(multiples=None if known is None or None in known else known), input, dims, name=name)
    return apply(Tile(multiples=known), input, name=name)


@register
class Pad(Op):
    """More elements before and after along each axis: a constant, or the inner ones mirrored."""

    paddings: tuple[tuple[int, int], ...] = ()
    mode: str = "CONSTANT"
    constant: float = 0

    def shape(self, x: Shape) -> Shape:
        if x.dims is None:
            return Shape([None] * len(self.paddings))
        if len(x.dims) != len(self.paddings):
            raise ShapeError(f"pad of {x} by {len(self.paddings)} pairs", rule="one pair (before, after) for each axis")
        return Shape(None if d is None else d + a + b for d, (a, b) in zip(x.dims, self.paddings, strict=True))

    def forward(self, xp: Any, x: Any) -> Any:
        if self.mode == "CONSTANT":
            return xp.pad(x, self.paddings, constant_values=self.constant)
        return xp.pad(x, self.paddings, mode=self.mode.lower())

    def gradient(self, dy: Any, y: Any, x: Any) -> Any:
        return apply(PadGrad(paddings=self.paddings, mode=self.mode), dy, x)


@register
class PadGrad(Op):
    """Folds dy, padded, back into the shape of `like`: mirrored elements are added to those they mirror."""

    paddings: tuple[tuple[int, int], ...] = ()
    mode: str = "CONSTANT"
    types = ("T", "any")

    def shape(self, dy: Shape, like: Shape) -> Shape:
        return like

    def forward(self, xp: Any, dy: Any, like: Any) -> Any:
        inner = tuple(slice(a, dy.shape[i] - b) for i, (a, b) in enumerate(self.paddings))
        if self.mode == "CONSTANT":
            return dy[inner]
        skip = 1 if self.mode == "REFLECT" else 0
        for axis, (before, after) in enumerate(self.paddings):
            dy = xp.moveaxis(dy, axis, 0)
            length = dy.shape[0] - before - after
            core = dy[before : before + length].copy()
            if before:
                core[skip : skip + before] += dy[:before][::-1]
            if after:
                core[length - skip - after : length - skip] += dy[before + length :][::-1]
            dy = xp.moveaxis(core, 0, axis)
        return dy

    def gradient(self, ddx: Any, dx: Any, dy: Any, like: Any) -> Any:
        return apply(Pad(paddings=self.paddings, mode=self.mode), ddx), None


def pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", name: str | None = None, constant_values: Any = 0) -> Any:
    """More elements before and after along each axis: constants, or the inner ones mirrored (REFLECT, SYMMETRIC)."""
    if mode.upper() not in ("CONSTANT", "REFLECT", "SYMMETRIC"):
        raise ArgumentError(f"pad: mode {mode!r}", hint="CONSTANT, REFLECT (without the edge) or SYMMETRIC (with it)")
    pairs = tuple((int(a), int(b)) for a, b in np.asarray(static_value(paddings)).tolist())
    fill = static_value(constant_values)
    constant = fill.item() if hasattr(fill, "item") else fill
    return apply(Pad(paddings=pairs, mode=mode.upper(), constant=constant), tensor, name=name)


@register
class Reverse(Op):
    """The order along the named axes turned round."""

    label = "ReverseV2"
    axis: tuple[int, ...] = ()
    aliases = True

    def shape(self, x: Shape) -> Shape:
        if x.rank is not None:
            normalize_axes(self.axis, x.rank)
        return x

    def forward(self, xp: Any, x: Any) -> Any:
        return xp.flip(x, self.axis)

    def gradient(self, dy: Any, y: Any, x: Any) -> Any:
        return apply(Reverse(axis=self.axis), dy)


def reverse(tensor: Any, axis: Any, name: str | None = None) -> Any:
    """The order along the named axes turned round."""
    axes = static_value(axis)
    return apply(Reverse(axis=tuple(int(a) for a in np.asarray(axes).reshape(-1).tolist())), tensor, name=name)


def parallel_stack(values: Any, name: str | None = None) -> Any:
    """As `stack` along axis 0."""
    with scope(name, "parallel_stack", values):
        return stack(values)
