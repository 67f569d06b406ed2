"""Rows and entries of tensors by their index or by a mask, and the ops that put them back for gradients."""

from __future__ import annotations

from typing import Any

from deepkit.core.apply import apply, convert, is_tensor, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import UNKNOWN, Shape, normalize_axis, whole
from deepkit.core.slices import IndexedSlices
from deepkit.core.static import numbers, static_value
from deepkit.core.typing import AnyTensor, Array, ArrayModule, AxisLike, TensorLike
from deepkit.device.arrays import may_look, scatter
from deepkit.device.dtypes import accumulator
from deepkit.device.rows import add_at
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.arrays.places import spots
from deepkit.ops.functions import ops
from deepkit.ops.late import late, unknown

__all__ = ["boolean_mask", "gather", "gather_nd"]


@register
class Gather(Op):
    """Rows of params along `axis`: y[..., i, ...] = params[..., indices[i], ...]."""

    label = "GatherV2"
    axis: int = 0
    types = ("T", "index")

    def shape(self, params: Shape, indices: Shape) -> Shape:
        if params.lengths is None or indices.lengths is None:
            return UNKNOWN
        at = normalize_axis(self.axis, len(params))
        return Shape.of(params.lengths[:at] + indices.lengths + params.lengths[at + 1 :])

    def forward(self, xp: ArrayModule, params: Array, indices: Array) -> Any:
        check_indices(xp, indices, params.shape[self.axis], "gather")
        return xp.take(params, indices, axis=self.axis)

    def gradient(self, dy: AnyTensor, y: AnyTensor, params: AnyTensor, indices: AnyTensor) -> Any:
        source = getattr(params, "node", None)
        if self.axis == 0 and source is not None and source.op.reads_variable:
            shape, row = ops.shape(params), params.shape[1:]
            rows = ops.reshape(dy, [-1, *row.as_list()] if row.is_full else ops.concat([[-1], shape[1:]], 0))
            return IndexedSlices(rows, ops.reshape(indices, [-1]), shape), None
        return apply(GatherGrad(axis=self.axis), dy, params, indices), None


@register
class GatherGrad(Op):
    """Zeros in the shape of `like`; each row of dy is added at its index along `axis`."""

    axis: int = 0
    types = ("T", "any", "index")
    shape_only = (1,)

    def shape(self, dy: Shape, like: Shape, indices: Shape) -> Shape:
        return like

    def forward(self, xp: ArrayModule, dy: Array, like: Array, indices: Array) -> Any:
        dx = xp.zeros(like.shape, accumulator(dy.dtype))
        at = self.axis % dx.ndim
        rows = xp.moveaxis(dy.reshape((*dx.shape[:at], -1, *dx.shape[at + 1 :])), at, 0)
        add_at(xp, xp.moveaxis(dx, at, 0), indices.reshape(-1), rows)
        return dx.astype(dy.dtype, copy=False)

    def gradient(self, ddx: AnyTensor, dx: AnyTensor, dy: AnyTensor, like: AnyTensor, indices: AnyTensor) -> Any:
        return apply(Gather(axis=self.axis), ddx, indices), None, None


def check_indices(xp: ArrayModule, indices: Array, length: int, what: str) -> None:
    """ArgumentError naming the first index outside [0, length); on a GPU nobody looks."""
    if may_look(xp) and indices.size and (int(indices.min()) < 0 or int(indices.max()) >= length):
        bad = indices[(indices < 0) | (indices >= length)].reshape(-1)[0]
        raise ArgumentError(
            f"{what}: index {int(bad)} is out of range",
            rule=f"0 <= index < {length}",
            hint="check the vocabulary size, and whether labels start at 0 or 1",
        )


def gather(
    params: TensorLike, indices: TensorLike, validate_indices: bool | None = None, name: str | None = None,
    axis: AxisLike = None, batch_dims: int = 0,
) -> AnyTensor:
    """Slices of params along `axis` (batch_dims), in the order `indices` names them.

    With batch_dims = b the first b axes of params and indices belong together: each row has indices of its own.
    params: any shape; indices: any shape, integer, counting from 0; result: params.shape[:axis] + indices.shape +
    params.shape[axis + 1:]. ShapeError: no such axis. ArgumentError: an index outside [0, length), batch_dims > axis.

    >>> import deepkit as dk
    >>> dk.gather([10, 20, 30], [2, 0, 0]).numpy().tolist()
    [30, 10, 10]
    """
    if batch_dims:
        return _gather_rows(params, indices, axis, whole(batch_dims), name)
    at = 0 if axis is None else numbers(axis)
    if is_tensor(at):
        params, indices = convert(params, beside=at), convert(indices, beside=at)
        inner = indices.shape.rank
        static = unknown(params.shape.rank, inner - 1) if inner is not None else None
        return late(Gather, [params, indices], {"axis": at}, static, name=name)
    return apply(Gather(axis=at), params, indices, name=name)


def _axis_of_rows(axis: int, batch: int, rank: int | None) -> int:
    """An axis of params counted from the first; where their rank is not known it can only be the first after the batch."""
    if rank is not None:
        return normalize_axis(axis, rank)
    if axis != batch:
        raise ShapeError("gather with batch_dims along another axis needs to know the number of axes of params")
    return axis


def _gather_rows(given: TensorLike, places: TensorLike, axis: Any, batch: int, name: str | None) -> Any:
    """gather with batch_dims: the batch axes and `axis` become one long axis, and each row's indices are moved along it."""
    with scope(name, "GatherV2", given, places) as full:
        params, indices = convert(given, beside=places), convert(places, beside=given)
        if indices.shape.rank is None:
            raise ShapeError("gather with batch_dims needs to know the number of axes of indices")
        batch = batch if batch >= 0 else batch + indices.shape.rank
        at = _axis_of_rows(batch if axis is None else int(static_value(axis)), batch, params.shape.rank)
        if not 0 <= batch <= min(at, indices.shape.rank):
            raise ArgumentError(f"gather: batch_dims {batch}, axis {at}", rule="batch_dims <= axis")
        between, after = list(range(batch, at)), range(at + 1, params.shape.rank or 0)
        front = ops.transpose(params, [*range(batch), at, *between, *after]) if between else params
        lengths, inner = ops.shape(front), indices.shape.rank - batch
        rows = ops.reduce_prod(lengths[:batch])
        first = ops.reshape(ops.range(rows) * lengths[batch], ops.concat([lengths[:batch], [1] * inner], 0))
        flat = ops.reshape(front, ops.concat([[-1], lengths[batch + 1 :]], 0))
        inside = check_inside(indices, lengths[batch])
        found = gather(flat, inside + ops.cast(first, indices.dtype))
        if hasattr(found, "set_shape") and front.shape.rank is not None:
            found.set_shape(indices.shape.concatenate(front.shape[batch + 1 :]))
        if not between:
            return ops.identity(found, name=full)
        rank = len(found.shape)
        own = list(range(batch, batch + inner))
        moved = list(range(batch + inner, batch + inner + len(between)))
        return ops.transpose(found, [*range(batch), *moved, *own, *range(moved[-1] + 1, rank)], name=full)


@register
class CheckInside(Op):
    """The indices themselves; an error if one is not below `length`."""

    types = ("index", "index")
    gradient = None
    aliases = True
    host = (1,)

    def forward(self, xp: ArrayModule, indices: Array, length: Array) -> Any:
        check_indices(xp, indices, int(length), "gather")
        return indices


def check_inside(indices: AnyTensor, length: AnyTensor) -> Any:
    """The indices themselves, after a check in every run that they are from 0 to length - 1."""
    return apply(CheckInside(), indices, length)


@register
class GatherNd(Op):
    """Elements or slices at full positions: y[i] = params[indices[i, 0], indices[i, 1], ...]."""

    types = ("T", "index")

    def shape(self, params: Shape, indices: Shape) -> Shape:
        if params.lengths is None or indices.lengths is None or indices.lengths[-1] is None:
            return UNKNOWN
        return Shape.of(indices.lengths[:-1] + params.lengths[indices.lengths[-1] :])

    def forward(self, xp: ArrayModule, params: Array, indices: Array) -> Any:
        for axis in range(indices.shape[-1]):
            check_indices(xp, indices[..., axis], params.shape[axis], f"gather_nd, column {axis}")
        found, key = spots(xp, params, indices)
        return found[key]

    def gradient(self, dy: AnyTensor, y: AnyTensor, params: AnyTensor, indices: AnyTensor) -> Any:
        return apply(ScatterNdLike(), dy, params, indices), None


@register
class ScatterNdLike(Op):
    """Zeros in the shape of `like`; dy is added at the positions in `indices`."""

    types = ("T", "any", "index")
    shape_only = (1,)

    def shape(self, dy: Shape, like: Shape, indices: Shape) -> Shape:
        return like

    def forward(self, xp: ArrayModule, dy: Array, like: Array, indices: Array) -> Any:
        dx = xp.zeros(like.shape, accumulator(dy.dtype))
        scatter("add", *spots(xp, dx, indices), dy)
        return dx.astype(dy.dtype, copy=False)

    def gradient(self, ddx: AnyTensor, dx: AnyTensor, dy: AnyTensor, like: AnyTensor, indices: AnyTensor) -> Any:
        return apply(GatherNd(), ddx, indices), None, None


def gather_nd(params: TensorLike, indices: TensorLike, name: str | None = None, batch_dims: int = 0) -> AnyTensor:
    """Elements or slices at full positions: the last axis of indices holds one index for each leading axis of params.

    params: rank n; indices: (..., k), integer, k <= n; result: indices.shape[:-1] + params.shape[k:]. With batch_dims = b
    both begin with the same b axes, and positions count from there: result: indices.shape[:-1] + params.shape[b + k:].
    ArgumentError: an index out of range, or batch_dims below 0.
    """
    if batch_dims < 0:
        raise ArgumentError(f"gather_nd: batch_dims is {batch_dims}", rule="0 or the number of leading axes of a batch")
    if batch_dims == 0:
        return apply(GatherNd(), params, indices, name=name)
    with scope(name, "GatherNd", params, indices) as full:
        indices = convert(indices, beside=convert(params))
        ones = ops.ones_like(indices[..., :1])  # type: ignore[index]
        own = [ops.cumsum(ones, axis, exclusive=True) for axis in range(batch_dims)]  # each its own place in the batch
        return apply(GatherNd(), params, ops.concat([*own, indices], -1), name=full)


@register
class BooleanMask(Op):
    """The rows of x where mask is True; mask covers the axes from `axis` on."""

    axis: int = 0
    types = ("T", "bool")

    def shape(self, x: Shape, mask: Shape) -> Shape:
        if x.lengths is None or mask.lengths is None:
            return UNKNOWN
        if not mask.lengths:
            raise ShapeError("boolean_mask: the mask is a scalar", rule="it has at least one axis")
        end = self.axis + len(mask.lengths)
        if not mask.is_compatible_with(x[self.axis : end]):
            raise ShapeError(f"boolean_mask: a mask of shape {mask} on axes {self.axis} to {end} of {x}")
        return Shape.of((*x.lengths[: self.axis], None, *x.lengths[end:]))

    def forward(self, xp: ArrayModule, x: Array, mask: Array) -> Any:
        return x[(slice(None),) * self.axis + (mask,)]

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, mask: AnyTensor) -> Any:
        return apply(BooleanMaskGrad(axis=self.axis), dy, x, mask), None


@register
class BooleanMaskGrad(Op):
    """Zeros in the shape of `like`, with the rows of dy where mask is True."""

    axis: int = 0
    types = ("T", "any", "bool")
    shape_only = (1,)

    def shape(self, dy: Shape, like: Shape, mask: Shape) -> Shape:
        return like

    def forward(self, xp: ArrayModule, dy: Array, like: Array, mask: Array) -> Any:
        dx = xp.zeros(like.shape, dy.dtype)
        dx[(slice(None),) * self.axis + (mask,)] = dy
        return dx

    def gradient(self, ddx: AnyTensor, dx: AnyTensor, dy: AnyTensor, like: AnyTensor, mask: AnyTensor) -> Any:
        return apply(BooleanMask(axis=self.axis), ddx, mask), None, None


def boolean_mask(tensor: TensorLike, mask: TensorLike, name: str | None = None, axis: int | None = None) -> AnyTensor:
    """The rows of a tensor where the mask is True.

    tensor: any shape; mask: bool, as long as the axes of the tensor from `axis` (0) on; result: one axis, as long as
    there are True entries, in place of those. ShapeError: a mask of another shape.
    """
    return apply(BooleanMask(axis=0 if axis is None else whole(axis)), tensor, mask, name=name or "boolean_mask")
