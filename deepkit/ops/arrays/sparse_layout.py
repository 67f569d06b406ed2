"""Sparse tensors reordered, cut, joined and reshaped, without ever making them dense."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import apply, convert, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.core.static import static_value
from deepkit.core.typing import AnyTensor, Array, ArrayModule, IntsLike, TensorLike
from deepkit.device.dtypes import DType, as_dtype, int64
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.arrays.sparse import SparseTensor, where_it_holds
from deepkit.ops.arrays.sparse_algebra import _check_axis, _numbered, _rank, _strides
from deepkit.ops.functions import ops

__all__ = [
    "sparse_concat", "sparse_expand_dims", "sparse_fill_empty_rows", "sparse_reorder", "sparse_reset_shape",
    "sparse_reshape", "sparse_retain", "sparse_slice", "sparse_split", "sparse_to_indicator", "sparse_transpose",
]


@register
class SparseOrder(Op):
    """The numbers of positions (n, rank) in the order in which they come in the dense tensor: row by row."""

    cpu_only = True
    types = ("int64",)
    returns = "int64"
    gradient = None

    def shape(self, places: Shape) -> Shape:
        return Shape((places.lengths[0] if places.lengths else None,))

    def forward(self, xp: ArrayModule, places: Array) -> np.ndarray:
        if not places.shape[1]:
            return np.arange(len(places), dtype=np.int64)
        return np.lexsort(places.T[::-1]).astype(np.int64)


@register
class EmptyRows(Op):
    """The rows, given their count, that no position names: their numbers (m,) and, for all rows, whether they are such."""

    cpu_only = True
    types = ("int64", "int64")
    gradient = None

    def shape(self, places: Shape, count: Shape) -> Any:
        return Shape((None,)), Shape((None,))

    def dtype(self, *_: DType) -> Any:
        return int64, as_dtype("bool")

    def forward(self, xp: ArrayModule, places: Array, count: Array) -> Any:
        empty = np.ones(int(count), np.bool_)
        empty[places[:, 0]] = False
        return np.flatnonzero(empty).astype(np.int64), empty


def sparse_reorder(sp_input: SparseTensor, name: str | None = None) -> SparseTensor:
    """The same sparse tensor with its positions in rising order, row by row.

    indices (n, rank), values (n,); result: the same shapes. DTypeError: positions that are no int64.

    >>> import deepkit as dk
    >>> a = dk.SparseTensor([[1, 0], [0, 1]], dk.tensor([1.0, 2.0]), [2, 2])
    >>> dk.ops.sparse_reorder(a).values.numpy().tolist()
    [2.0, 1.0]
    """
    with scope(name, "SparseReorder", sp_input.values):
        order = apply(SparseOrder(), sp_input.indices)
        return SparseTensor(ops.gather(sp_input.indices, order), ops.gather(sp_input.values, order), sp_input.dense_shape)


def sparse_transpose(sp_input: SparseTensor, perm: IntsLike | None = None, name: str | None = None) -> SparseTensor:
    """The sparse tensor with its axes in another order; perm=None turns it around.

    indices (n, rank), values (n,); result: positions in rising order. ShapeError: perm of another length.
    """
    with scope(name, "SparseTranspose", sp_input.values):
        rank = _rank(sp_input)
        order = None if perm is None else [int(i) for i in np.asarray(perm).reshape(-1)]
        if order is not None and rank not in (None, len(order)):
            raise ShapeError(f"sparse_transpose: perm={order} of {rank} axes")
        turned = ops.range(ops.size(sp_input.dense_shape) - 1, -1, -1) if order is None else order
        places = ops.gather(sp_input.indices, turned, axis=1)
        return sparse_reorder(SparseTensor(places, sp_input.values, ops.gather(sp_input.dense_shape, turned)))


def sparse_retain(sp_input: SparseTensor, to_retain: TensorLike) -> SparseTensor:
    """The places for which to_retain, bool (n,), holds. ShapeError: another length."""
    keep = convert(to_retain, "bool", beside=sp_input.values)
    places, values = (ops.boolean_mask(x, keep) for x in (sp_input.indices, sp_input.values))
    return SparseTensor(places, values, sp_input.dense_shape)


def sparse_slice(
    sp_input: SparseTensor, start: IntsLike, size: IntsLike, name: str | None = None
) -> SparseTensor:
    """The block of the given size from `start` on, cut off where the tensor ends; start, size: (rank,) integers.

    ShapeError: another number of axes.
    """
    with scope(name, "SparseSlice", sp_input.values):
        dims = ops.cast(sp_input.dense_shape, int64)
        begin = ops.cast(convert(start, beside=dims), int64)
        if not begin.shape.is_compatible_with(dims.shape):
            raise ShapeError(f"sparse_slice from {begin.shape} numbers in {dims.shape} axes", rule="one number for each axis")
        lengths = ops.maximum(ops.minimum(ops.cast(convert(size, beside=dims), int64), dims - begin), 0)
        inside = ops.logical_and(sp_input.indices >= begin, sp_input.indices < begin + lengths)
        cut = sparse_retain(sp_input, ops.reduce_all(inside, 1))
        return SparseTensor(cut.indices - begin, cut.values, lengths)


def sparse_concat(
    axis: int, sp_inputs: Sequence[SparseTensor], name: str | None = None, expand_nonconcat_dim: bool = False
) -> SparseTensor:
    """Sparse tensors one behind the other along `axis`, positions in order.

    Their shapes are equal but for that axis; with expand_nonconcat_dim the longest counts. ArgumentError: no tensors.
    ShapeError: different numbers of axes.
    """
    if not sp_inputs:
        raise ArgumentError("sparse_concat of no tensors")
    ranks = {_rank(sp) for sp in sp_inputs} - {None}
    if len(ranks) > 1:
        raise ShapeError(f"sparse_concat of {' and '.join(str(_rank(sp)) for sp in sp_inputs)} axes")
    _check_axis(axis, next(iter(ranks), None))
    with scope(name, "SparseConcat", *[sp.values for sp in sp_inputs]):
        dims = ops.stack([ops.cast(sp.dense_shape, int64) for sp in sp_inputs])
        unit = _unit(axis, dims[0])
        starts = ops.cumsum(dims * unit, 0, exclusive=True)
        places = [sp.indices + starts[i] for i, sp in enumerate(sp_inputs)]
        longest = ops.reduce_max(dims, 0) if expand_nonconcat_dim else dims[0]
        total = longest * (1 - unit) + unit * ops.reduce_sum(dims, 0)
        values = ops.concat([sp.values for sp in sp_inputs], 0)
        return sparse_reorder(SparseTensor(ops.concat(places, 0), values, total))


def _unit(axis: int, dims: AnyTensor) -> Any:
    """1 at an axis and 0 at the others, int64 (rank,)."""
    rank = ops.size(dims)
    return ops.one_hot(ops.floormod(int(axis), rank), rank, dtype=int64)


def sparse_split(
    sp_input: SparseTensor, num_split: int, axis: int, name: str | None = None
) -> list[SparseTensor]:
    """The sparse tensor in num_split parts along `axis`; the first ones are one longer if it does not divide evenly.

    Result: num_split sparse tensors of the shape without the other parts. ArgumentError: more parts than places, as far as
    the length is known before a run.
    """
    rank = _rank(sp_input)
    _check_axis(axis, rank)
    length = None if rank is None or sp_input.shape.lengths is None else sp_input.shape.lengths[axis % rank]
    if num_split <= 0 or (length is not None and num_split > length):
        raise ArgumentError(f"sparse_split of an axis of length {length} in {num_split}", rule="one place a part")
    with scope(name, "SparseSplit", sp_input.values):
        dims = ops.cast(sp_input.dense_shape, int64)
        unit = _unit(axis, dims)
        total = ops.reduce_sum(dims * unit)
        each, more = ops.floordiv(total, num_split), ops.floormod(total, num_split)
        starts = [part * each + ops.minimum(more, part) for part in range(num_split + 1)]
        return [
            sparse_slice(sp_input, unit * begin, dims * (1 - unit) + unit * (end - begin))
            for begin, end in itertools.pairwise(starts)
        ]


def _target(sp: SparseTensor, dims: AnyTensor, wanted: AnyTensor) -> Any:
    """The lengths `wanted`, with what -1 stands for: known before a run if these and the shape of sp are."""
    places, asked = sp.shape.num_elements(), static_value(wanted)
    if places is not None and asked is not None:
        rest = places // max(abs(int(np.prod(asked))), 1)
        lengths = np.where(asked < 0, rest, asked).astype(np.int64)
        if np.prod(lengths) != places or (asked < 0).sum() > 1:
            raise ShapeError(f"sparse_reshape of {sp.shape} to {asked.tolist()}", rule="equally many places, at most one -1")
        return convert(lengths, beside=dims)
    rest = ops.reduce_prod(dims) // ops.maximum(ops.abs(ops.reduce_prod(wanted)), 1)
    target = ops.where(wanted < 0, ops.ones_like(wanted) * rest, wanted)
    equal = ops.equal(ops.reduce_prod(dims), ops.reduce_prod(target))
    return where_it_holds(target, equal, ["sparse_reshape of", dims, "to", wanted])


def sparse_reshape(sp_input: SparseTensor, shape: IntsLike, name: str | None = None) -> SparseTensor:
    """The sparse tensor of another dense shape, of equally many places; one length may be -1.

    shape: (new rank,) integers. ShapeError: another number of places (a failed assertion where only a run knows).
    """
    with scope(name, "SparseReshape", sp_input.values):
        dims = ops.cast(sp_input.dense_shape, int64)
        wanted = ops.cast(convert(shape, beside=dims), int64)
        target = _target(sp_input, dims, wanted)
        number = ops.expand_dims(_numbered(sp_input.indices, dims), 1)
        lengths = ops.maximum(target, 1)
        return SparseTensor(ops.floormod(ops.floordiv(number, _strides(lengths)), lengths), sp_input.values, target)


def sparse_expand_dims(sp_input: SparseTensor, axis: int = -1, name: str | None = None) -> SparseTensor:
    """The sparse tensor with one more axis, of length 1, before `axis`; behind the last one for -1.

    indices (n, rank) become (n, rank + 1). ShapeError: no place for an axis there.
    """
    rank = _rank(sp_input)
    _check_axis(axis, None if rank is None else rank + 1)
    with scope(name, "SparseExpandDims", sp_input.values):
        at = ops.size(sp_input.dense_shape) + axis + 1 if axis < 0 else axis
        dims, places = ops.cast(sp_input.dense_shape, int64), sp_input.indices
        dims = ops.concat([dims[:at], ops.ones_like(dims[:1]), dims[at:]], 0)
        places = ops.concat([places[:, :at], ops.zeros_like(places[:, :1]), places[:, at:]], 1)
        if rank is not None and hasattr(places, "set_shape"):
            places.set_shape([None, rank + 1])
        return SparseTensor(places, sp_input.values, dims)


def sparse_fill_empty_rows(
    sp_input: SparseTensor, default_value: TensorLike, name: str | None = None
) -> tuple[SparseTensor, AnyTensor]:
    """The sparse matrix with default_value at place 0 of each row that names none; and for all rows whether it was so.

    default_value: (); the second result: bool (rows,). DTypeError: a tensor of another type as default_value.
    """
    with scope(name, "SparseFillEmptyRows", sp_input.values):
        rows, empty = apply(EmptyRows(), sp_input.indices, ops.cast(sp_input.dense_shape, int64)[0])
        places = ops.expand_dims(rows, 1) * _unit(0, sp_input.dense_shape)
        default = convert(default_value, sp_input.dtype, beside=sp_input.values)
        fillers = ops.fill(ops.shape(rows), default)
        indices, values = ops.concat([sp_input.indices, places], 0), ops.concat([sp_input.values, fillers], 0)
        order = apply(SparseOrder(), indices[:, :1])  # within a row the places stay in their order
        return SparseTensor(ops.gather(indices, order), ops.gather(values, order), sp_input.dense_shape), empty


def sparse_reset_shape(sp_input: SparseTensor, new_shape: IntsLike | None = None) -> SparseTensor:
    """The same places in a dense shape of the least lengths that hold them, or of new_shape (rank,).

    DTypeError: a tensor of another type than int64 as new_shape.
    """
    if new_shape is not None:
        return SparseTensor(sp_input.indices, sp_input.values, convert(new_shape, int64, beside=sp_input.values))
    last = ops.reduce_max(ops.concat([sp_input.indices, -ops.ones_like(sp_input.indices[:1])], 0), 0)
    return SparseTensor(sp_input.indices, sp_input.values, last + 1)


def sparse_to_indicator(sp_input: SparseTensor, vocab_size: int, name: str | None = None) -> AnyTensor:
    """The values, which are ids below vocab_size, as marks: bool, the dense shape with vocab_size in place of the last axis.

    ArgumentError: an id outside [0, vocab_size).
    """
    with scope(name, "SparseToIndicator", sp_input.values) as full:
        dims = ops.concat([ops.cast(sp_input.dense_shape, int64)[:-1], [vocab_size]], 0)
        ids = ops.expand_dims(ops.cast(sp_input.values, int64), 1)
        places = ops.concat([sp_input.indices[:, :-1], ids], 1)
        counts = ops.scatter_nd(places, ops.ones_like(sp_input.values, "int32"), dims)
        return ops.greater(counts, 0, name=full)
