"""Sparse tensors added, multiplied and reduced, without ever making them dense."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit.core.apply import apply, convert, scope
from deepkit.core.op import Op, register
from deepkit.core.other_names import shown_as
from deepkit.core.shape import Shape
from deepkit.core.static import static_value
from deepkit.core.typing import AnyTensor, Array, ArrayModule, AxisLike, TensorLike
from deepkit.device.dtypes import DType, int64
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.arrays.sparse import SparseTensor, where_it_holds
from deepkit.ops.functions import ops

__all__ = [
    "sparse_add", "sparse_dense_cwise_div", "sparse_dense_cwise_mul", "sparse_maximum", "sparse_minimum",
    "sparse_reduce_max", "sparse_reduce_sum", "sparse_softmax",
]


@register
class SparseUnion(Op):
    """The different positions among those of two sparse tensors, in order; and for each given one its number there."""

    cpu_only = True
    types = ("int64", "int64")
    gradient = None

    def shape(self, a: Shape, b: Shape) -> Any:
        rank = a.lengths[1] if a.lengths else None
        return Shape((None, rank)), Shape((None,))

    def dtype(self, *_: DType) -> Any:
        return int64, int64

    def forward(self, xp: ArrayModule, a: Array, b: Array) -> Any:
        both = np.concatenate([a, b])
        if not both.shape[1]:
            return both[:1], np.zeros(len(both), np.int64)
        places, numbers = np.unique(both, axis=0, return_inverse=True)
        return places.astype(np.int64), numbers.reshape(-1).astype(np.int64)


def _with(sp: SparseTensor, values: AnyTensor) -> SparseTensor:
    return SparseTensor(sp.indices, values, sp.dense_shape)


def _rank(sp: SparseTensor) -> int | None:
    """How many axes there are, as far as it is known before a run."""
    return sp.shape.rank if sp.shape.rank is not None else (sp.indices.shape.lengths or (None, None))[1]


def _check_axis(axis: AxisLike, rank: int | None) -> None:
    """ShapeError for an axis that a tensor of so many does not have; it cannot be said where the rank is not known."""
    if axis is None or rank is None:
        return
    for a in np.asarray(static_value(axis)).reshape(-1):
        if a not in range(-rank, rank):
            raise ShapeError(f"axis {a} of a sparse tensor of {rank} axes", rule=f"axes count from {-rank} to {rank - 1}")


def _strides(dims: AnyTensor) -> Any:
    """How far apart, row by row, neighbours along each axis lie: the product of the lengths behind it."""
    return ops.cumprod(dims, exclusive=True, reverse=True)


def _numbered(places: AnyTensor, dims: AnyTensor, kept: AnyTensor | None = None) -> Any:
    """One number for each position, row by row, by the axes that are kept: equal where all of these are."""
    if kept is None:
        return ops.reduce_sum(places * _strides(dims), 1)
    strides = _strides(ops.where(kept, dims, ops.ones_like(dims)))
    return ops.reduce_sum(places * (strides * ops.cast(kept, int64)), 1)


def _is_kept(dims: AnyTensor, axis: AxisLike) -> Any:
    """Which axes are not among those that are reduced: bool (rank,). All are if `axis` is None."""
    known = static_value(axis)
    if known is None:
        return dims < 0
    rank = ops.size(dims)
    gone = ops.floormod(np.asarray(known, np.int32).reshape(1, -1), rank)
    return ops.reduce_all(ops.not_equal(ops.expand_dims(ops.range(rank), 1), gone), 1)


def _places_kept(sp: SparseTensor, kept: AnyTensor) -> tuple[Any, Any]:
    """The place of each value in the result, which is a vector, and that vector's length."""
    dims = ops.cast(sp.dense_shape, int64)
    return _numbered(sp.indices, dims, kept), ops.reduce_prod(ops.where(kept, dims, ops.ones_like(dims)))


def _known_as(x: AnyTensor, sp: SparseTensor, axis: AxisLike, keepdims: bool) -> Any:
    """The reduced tensor with the lengths that are known before a run; of those axes that are gone they are 1."""
    rank, known = _rank(sp), static_value(axis)
    if rank is not None and hasattr(x, "set_shape"):
        gone = set(range(rank)) if known is None else {int(a) % rank for a in np.asarray(known).reshape(-1)}
        lengths = sp.shape.lengths or [None] * rank
        x.set_shape([1 if i in gone else lengths[i] for i in range(rank) if keepdims or i not in gone])
    return x


def _reduced(kind: str, take: Callable[..., Any], sp: SparseTensor, axis: AxisLike, keepdims: bool, name: str | None) -> Any:
    """The values of each place in the result brought together by `take`, a function of values, their places and a count."""
    with scope(name, kind, sp.values) as full:
        _check_axis(axis, _rank(sp))
        dims = ops.cast(sp.dense_shape, int64)
        kept = _is_kept(dims, axis)
        shape = ops.where(kept, dims, ops.ones_like(dims)) if keepdims else ops.boolean_mask(dims, kept)
        flat = take(sp.values, *_places_kept(sp, kept))
        return shown_as(_known_as(ops.reshape(flat, shape, name=full), sp, axis, keepdims), kind)


def sparse_reduce_sum(
    sp_input: SparseTensor, axis: AxisLike = None, keepdims: bool | None = None, reduction_axes: AxisLike = None,
    keep_dims: bool | None = None, name: str | None = None,
) -> AnyTensor:
    """The sum over `axis` (all axes if None) of a sparse tensor, as a dense one.

    values (n,) of numbers; result: the dense shape without `axis`, or with lengths 1 there. ShapeError: no such axis.
    """
    axes, keep = reduction_axes if axis is None else axis, keep_dims if keepdims is None else keepdims
    return _reduced("SparseReduceSum", ops.unsorted_segment_sum, sp_input, axes, bool(keep), name)


def sparse_reduce_max(
    sp_input: SparseTensor, axis: AxisLike = None, keepdims: bool | None = None, reduction_axes: AxisLike = None,
    keep_dims: bool | None = None, name: str | None = None,
) -> AnyTensor:
    """The largest of the values that are named over `axis` (all axes if None); 0 where none is.

    values (n,) of numbers; result: the dense shape without `axis`, or with lengths 1 there. ShapeError: no such axis.
    """
    axes, keep = reduction_axes if axis is None else axis, keep_dims if keepdims is None else keepdims
    return _reduced("SparseReduceMax", _largest, sp_input, axes, bool(keep), name)


def _largest(values: AnyTensor, places: AnyTensor, count: AnyTensor) -> AnyTensor:
    """The maximum of each segment; 0 for one that is empty, where unsorted_segment_max has the least number of its type."""
    most = ops.unsorted_segment_max(values, places, count)
    named = ops.unsorted_segment_sum(ops.ones_like(places), places, count)
    return ops.where(named > 0, most, ops.zeros_like(most))


def _merged(a: SparseTensor, b: SparseTensor) -> tuple[Any, Any, Any]:
    """The positions of both, and their values as vectors over these, 0 where one names none."""
    places, numbers = apply(SparseUnion(), a.indices, b.indices)
    count, mine = ops.shape(places)[0], ops.shape(a.indices)[0]
    first = ops.unsorted_segment_sum(a.values, numbers[:mine], count)
    return places, first, ops.unsorted_segment_sum(b.values, numbers[mine:], count)


def _of_its_shape(dense: AnyTensor, sp: SparseTensor) -> Any:
    """`dense`, if its shape is that of sp; ShapeError, a failed assertion in runs where only they know."""
    known = sp.shape
    if not known.is_compatible_with(dense.shape):
        raise ShapeError(f"sparse_add of shapes {known} and {dense.shape}", rule="equal shapes: it does not broadcast")
    if known.is_full and dense.shape.is_full:
        return dense
    dims, lengths = ops.cast(sp.dense_shape, int64), ops.shape(dense, out_type=int64)
    count = ops.minimum(ops.size(dims), ops.size(lengths))
    equal = ops.logical_and(
        ops.equal(ops.size(dims), ops.size(lengths)), ops.reduce_all(ops.equal(dims[:count], lengths[:count]))
    )
    return where_it_holds(dense, equal, ["sparse_add of shapes", dims, "and", lengths])


def sparse_add(
    a: SparseTensor | TensorLike, b: SparseTensor | TensorLike, threshold: TensorLike | None = None,
    thresh: TensorLike | None = None, name: str | None = None,
) -> Any:
    """a + b: sparse if both are, else dense. Sums smaller than `threshold` in size are left out of a sparse one.

    Equal shapes and types. ArgumentError: neither is sparse. ShapeError: a dense one of another shape (a failed assertion
    where only a run knows).

    >>> import deepkit as dk
    >>> a = dk.SparseTensor([[0], [2]], dk.tensor([1.0, 2.0]), [3])
    >>> dk.ops.sparse_add(a, a).values.numpy().tolist()
    [2.0, 4.0]
    """
    if not isinstance(a, SparseTensor):
        a, b = b, a
    if not isinstance(a, SparseTensor):
        raise ArgumentError("sparse_add: two dense tensors", hint="a + b")
    if not isinstance(b, SparseTensor):
        with scope(name, "SparseTensorDenseAdd", a.values, b) as full:
            dense = _of_its_shape(convert(b, a.dtype, beside=a.values), a)
            return ops.tensor_scatter_nd_add(dense, a.indices, a.values, name=full)
    with scope(name, "SparseAdd", a.values, b.values):
        places, first, second = _merged(a, b)
        total = SparseTensor(places, first + second, a.dense_shape)
        least = threshold if thresh is None else thresh
        if least is None:
            return total
        return ops.sparse_retain(total, ops.greater_equal(ops.abs(total.values), least))


def sparse_maximum(sp_a: SparseTensor, sp_b: SparseTensor, name: str | None = None) -> SparseTensor:
    """The larger of two sparse tensors at each place that one of them names; the other is 0 there.

    Equal dense shapes and types; result: positions in order. DTypeError: different types.
    """
    with scope(name, "SparseSparseMaximum", sp_a.values, sp_b.values):
        places, first, second = _merged(sp_a, sp_b)
        return SparseTensor(places, ops.maximum(first, second), sp_a.dense_shape)


def sparse_minimum(sp_a: SparseTensor, sp_b: SparseTensor, name: str | None = None) -> SparseTensor:
    """The smaller of two sparse tensors at each place that one of them names; the other is 0 there.

    Equal dense shapes and types; result: positions in order. DTypeError: different types.
    """
    with scope(name, "SparseSparseMinimum", sp_a.values, sp_b.values):
        places, first, second = _merged(sp_a, sp_b)
        return SparseTensor(places, ops.minimum(first, second), sp_a.dense_shape)


def _at_places(sp: SparseTensor, dense: TensorLike) -> Any:
    """The numbers of `dense`, broadcast to the shape of `sp`, at its places: (n,)."""
    dense = convert(dense, sp.dtype, beside=sp.values)
    return ops.gather_nd(ops.broadcast_to(dense, sp.dense_shape), sp.indices)


def sparse_dense_cwise_mul(sp: SparseTensor, dense: TensorLike, name: str | None = None) -> SparseTensor:
    """Every value of `sp` times the number at its place in `dense`: sp * dense; the empty places stay empty.

    values (n,); dense: of sp's type, a shape that broadcasts to dense_shape. InvalidArgumentError: it does not.
    """
    with scope(name, "mul", sp.values):
        return _with(sp, sp.values * _at_places(sp, dense))


def sparse_dense_cwise_div(sp: SparseTensor, dense: TensorLike, name: str | None = None) -> SparseTensor:
    """Every value of `sp` by the number at its place in `dense`: sp / dense; the empty places stay empty.

    values (n,); dense: of sp's type, a shape that broadcasts to dense_shape. InvalidArgumentError: it does not.
    """
    with scope(name, "truediv", sp.values):
        return _with(sp, ops.truediv(sp.values, _at_places(sp, dense)))


def sparse_softmax(sp_input: SparseTensor, name: str | None = None) -> SparseTensor:
    """The softmax of each row, the last axis, over the places that are named; the others stay empty.

    values (n,) of floats, rank 2 or more; result: the same positions. ShapeError: fewer axes.
    """
    if _rank(sp_input) in (0, 1):
        raise ShapeError("sparse_softmax of one axis", rule="two axes or more, the last of which is normalized")
    with scope(name, "SparseSoftmax", sp_input.values):
        rows, count = _places_kept(sp_input, _is_kept(ops.cast(sp_input.dense_shape, int64), -1))
        top = ops.gather(ops.unsorted_segment_max(sp_input.values, rows, count), rows)
        weight = ops.exp(sp_input.values - ops.stop_gradient(top))
        return _with(sp_input, weight / ops.gather(ops.unsorted_segment_sum(weight, rows, count), rows))
