"""Rows sorted into parts and put together again: partitions, sequences turned round, scattered updates, counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import apply, convert, is_tensor, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import UNKNOWN, Shape, normalize_axis, whole
from deepkit.core.static import static_shape, static_value
from deepkit.core.typing import AnyTensor, Array, ArrayModule, DTypeLike, IntLike, ShapeLike, TensorLike
from deepkit.device.arrays import scatter
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.arrays.gathering import check_indices
from deepkit.ops.arrays.places import spots
from deepkit.ops.functions import ops

__all__ = ["bincount", "confusion_matrix", "dynamic_partition", "dynamic_stitch", "reverse_sequence", "scatter_nd"]


@register
class DynamicPartition(Op):
    """The rows of data as `num` tensors: row i goes to the one that partitions[i] names."""

    num: int = 1
    types = ("T", "index")

    def shape(self, data: Shape, partitions: Shape) -> Any:
        if data.lengths is None or partitions.lengths is None:
            return (UNKNOWN,) * self.num
        rank = len(partitions.lengths)
        if not data[:rank].is_compatible_with(partitions):
            raise ShapeError(
                f"dynamic_partition: data {data} and partitions {partitions}",
                rule="the shape of the data begins with that of the partitions",
            )
        return (Shape.of((None, *data.lengths[rank:])),) * self.num

    def dtype(self, data: DType, partitions: DType) -> Any:
        return (data,) * self.num

    def forward(self, xp: ArrayModule, data: Array, partitions: Array) -> Any:
        check_indices(xp, partitions, self.num, "dynamic_partition")
        return tuple(data[partitions == i] for i in range(self.num))

    def gradient(
        self, dys: Sequence[AnyTensor], ys: Sequence[AnyTensor], data: AnyTensor, partitions: AnyTensor
    ) -> Any:
        return apply(DynamicPartitionGrad(), data, partitions, *dys), None


@register
class DynamicPartitionGrad(Op):
    """Puts the rows of several tensors back where DynamicPartition took them from."""

    types = ("any", "index", "T")
    shape_only = (0,)

    def shape(self, like: Shape, partitions: Shape, *parts: Shape) -> Shape:
        return like

    def forward(self, xp: ArrayModule, like: Array, partitions: Array, *parts: Array) -> Any:
        dx = xp.zeros(like.shape, parts[0].dtype)
        for i, part in enumerate(parts):
            dx[partitions == i] = part
        return dx

    def gradient(self, ddx: AnyTensor, dx: AnyTensor, like: AnyTensor, partitions: AnyTensor, *parts: AnyTensor) -> Any:
        return None, None, *apply(DynamicPartition(num=len(parts)), ddx, partitions)


def dynamic_partition(
    data: TensorLike, partitions: TensorLike, num_partitions: int, name: str | None = None
) -> list[AnyTensor]:
    """The rows of data sorted into num_partitions tensors by the number in `partitions`.

    data: partitions.shape + row; partitions: integers in [0, num_partitions); result: tensors (n_i, *row). ShapeError:
    the shape of the data does not begin with that of partitions. ArgumentError: a number out of range.
    """
    return list(apply(DynamicPartition(num=whole(num_partitions)), data, partitions, name=name))


@register
class DynamicStitch(Op):
    """Rows brought together: row indices[m][i] of the result is data[m][i], the last one if there are several.

    Rows that nothing names are 0. Where several rows name one place the derivative goes to all of them.
    """

    count: int = 1
    rows: int | None = None

    def type_of(self, i: int) -> str:
        return "index" if i < self.count else "T"

    def shape(self, *shapes: Shape) -> Shape:
        indices, data = shapes[: self.count], shapes[self.count :]
        row = UNKNOWN
        for index, rows in zip(indices, data, strict=True):
            if index.lengths is None or rows.lengths is None:
                continue
            if not rows[: len(index)].is_compatible_with(index):
                raise ShapeError(
                    f"dynamic_stitch: indices {index} and data {rows}",
                    rule="the shape of the data begins with that of its indices",
                )
            row = row.merge(rows[len(index) :])
        return UNKNOWN if row.lengths is None else Shape.of((self.rows, *row.lengths))

    def dtype(self, *dtypes: DType) -> DType:
        return dtypes[self.count]

    def forward(self, xp: ArrayModule, *arrays: Array) -> Any:
        indices, data = arrays[: self.count], arrays[self.count :]
        size = max((int(index.max()) + 1 for index in indices if index.size), default=0)
        y = xp.zeros((size, *data[0].shape[indices[0].ndim :]), data[0].dtype)
        for index, rows in zip(indices, data, strict=True):
            check_indices(xp, index, size, "dynamic_stitch")
            y[index.reshape(-1)] = rows.reshape((index.size, *y.shape[1:]))
        return y

    def gradient(self, dy: AnyTensor, y: AnyTensor, *inputs: AnyTensor) -> Any:
        indices = inputs[: self.count]
        return (*[None for _ in indices], *[ops.gather(dy, index) for index in indices])


def dynamic_stitch(indices: Sequence[TensorLike], data: Sequence[TensorLike], name: str | None = None) -> AnyTensor:
    """The inverse of dynamic_partition: row indices[m][i] of the result is data[m][i].

    indices[m]: any shape, integer; data[m]: indices[m].shape + row; result: (largest index + 1, *row). Of equal indices
    the last counts. ArgumentError: lists of different lengths. ShapeError: data that do not begin with the shape of
    their indices.

    >>> import deepkit as dk
    >>> dk.dynamic_stitch([[2, 0], [1]], [[30, 10], [20]]).numpy().tolist()
    [10, 20, 30]
    """
    if len(indices) != len(data) or not len(indices):
        raise ArgumentError(f"dynamic_stitch: {len(indices)} indices and {len(data)} data", rule="one of each")
    known = [static_value(i) if is_tensor(i) else np.asarray(i) for i in indices]
    rows = None if any(i is None for i in known) else max((int(np.max(i)) + 1 for i in known if np.size(i)), default=0)
    return apply(DynamicStitch(count=len(indices), rows=rows), *indices, *data, name=name)


@register
class ReverseSequence(Op):
    """The first lengths[i] places along axis `seq` in reverse order, for each place i along axis `batch`."""

    seq: int = 1
    batch: int = 0
    types = ("T", "index")

    def shape(self, x: Shape, lengths: Shape) -> Shape:
        if x.lengths is not None:
            seq, batch = (normalize_axis(axis, len(x)) for axis in (self.seq, self.batch))
            if seq == batch or not lengths.is_compatible_with([x.lengths[batch]]):
                raise ShapeError(
                    f"reverse_sequence of {x} with lengths {lengths} along axis {seq}, batch along axis {batch}",
                    rule="two different axes, and one length for each member of the batch",
                )
            if lengths.lengths is not None:
                return Shape([*x.lengths[:batch], x.lengths[batch] or lengths.lengths[0], *x.lengths[batch + 1 :]])
        return x

    def forward(self, xp: ArrayModule, x: Array, lengths: Array) -> Any:
        axes = self.batch % x.ndim, self.seq % x.ndim
        moved = xp.moveaxis(x, axes, (0, 1))
        n = moved.shape[1]
        check_indices(xp, lengths, n + 1, "reverse_sequence, length")
        place, length = xp.arange(n)[None, :], lengths[:, None]
        source = xp.where(place < length, length - 1 - place, place)
        turned = moved[xp.arange(len(moved))[:, None], source]
        return xp.ascontiguousarray(xp.moveaxis(turned, (0, 1), axes))

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, lengths: AnyTensor) -> Any:
        return apply(ReverseSequence(seq=self.seq, batch=self.batch), dy, lengths), None


def reverse_sequence(
    input: TensorLike, seq_lengths: TensorLike, seq_axis: int | None = None, batch_axis: int | None = None,
    name: str | None = None, seq_dim: int | None = None, batch_dim: int | None = None,
) -> AnyTensor:
    """Each sequence of a batch with its first seq_lengths[i] steps in reverse order, the rest as it is.

    input: any shape; seq_lengths: (batch,), integer, at most the length of seq_axis; result: input's shape and type.
    seq_dim and batch_dim are older names. ArgumentError: no seq_axis, a length out of range. ShapeError: another number
    of lengths.
    """
    seq = seq_dim if seq_axis is None else seq_axis
    batch = batch_dim if batch_axis is None else batch_axis
    if seq is None:
        raise ArgumentError(
            "reverse_sequence needs seq_axis: the axis of time", hint="seq_axis=1 if the batch is axis 0"
        )
    return apply(ReverseSequence(seq=int(seq), batch=int(batch or 0)), input, seq_lengths, name=name)


@register
class ScatterNd(Op):
    """Zeros of the given shape, with updates[i] added at the position indices[i]."""

    static: tuple[int | None, ...] | None = None
    kinds = "ifc"
    types = ("index", "T", "index")
    host = (2,)

    def shape(self, indices: Shape, updates: Shape, dims: Shape) -> Shape:
        result = Shape(self.static)
        if indices.lengths is not None and indices.lengths[-1] is not None and result.lengths is not None:
            expected = indices[:-1] + result[indices.lengths[-1] :]
            if not updates.is_compatible_with(expected):
                raise ShapeError(
                    f"scatter_nd: updates of shape {updates} for indices {indices} into {result}",
                    rule="updates: indices.shape[:-1] + shape[indices.shape[-1]:]",
                )
        return result

    def forward(self, xp: ArrayModule, indices: Array, updates: Array, dims: Array) -> Any:
        y = xp.zeros(tuple(int(d) for d in dims), updates.dtype)
        for axis in range(indices.shape[-1]):
            check_indices(xp, indices[..., axis], y.shape[axis], f"scatter_nd, column {axis}")
        scatter("add", *spots(xp, y, indices), updates)
        return y

    def gradient(self, dy: AnyTensor, y: AnyTensor, indices: AnyTensor, updates: AnyTensor, dims: AnyTensor) -> Any:
        return None, ops.gather_nd(dy, indices), None


def scatter_nd(indices: TensorLike, updates: TensorLike, shape: ShapeLike, name: str | None = None) -> AnyTensor:
    """Zeros of `shape` with each update added at its position; the last axis of indices holds one position.

    indices: (..., k), integer; updates: indices.shape[:-1] + shape[k:], integer, float or complex; result: updates'
    type. ShapeError: updates of another shape. ArgumentError: an index out of range.

    >>> import deepkit as dk
    >>> dk.scatter_nd([[1], [3], [1]], [5, 6, 7], [4]).numpy().tolist()
    [0, 12, 0, 6]
    """
    static, dims = static_shape(shape)
    return apply(ScatterNd(static=static), indices, updates, dims, name=name)


@register
class Bincount(Op):
    """How often each of 0, ..., size - 1 occurs, or the sum of the weights of its places; larger numbers are left out."""

    static: int | None = None
    to: DType = as_dtype("int32")
    types = ("index", "index", "T")
    kinds = "if"
    host = (1,)

    def shape(self, x: Shape, size: Shape, *weights: Shape) -> Shape:
        if weights and not x.is_compatible_with(weights[0]):
            raise ShapeError(f"bincount: numbers {x} and weights {weights[0]}", rule="one weight for each number")
        return Shape((self.static,))

    def dtype(self, x: DType, size: DType, *weights: DType) -> DType:
        return weights[0] if weights else self.to

    def forward(self, xp: ArrayModule, x: Array, size: Array, *weights: Array) -> Any:
        if x.size and int(x.min()) < 0:
            raise ArgumentError(f"bincount of {int(x.min())}", rule="only numbers >= 0 can be counted")
        kept = x < int(size)
        kind = self.to.numpy if not weights else weights[0].dtype
        return xp.bincount(x[kept], *[w[kept] for w in weights], minlength=int(size)).astype(kind)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, size: AnyTensor, *weights: AnyTensor) -> Any:
        if not weights:
            return None, None
        inside = ops.where(ops.less(x, ops.cast(size, x.dtype)), x, -ops.ones_like(x))
        return None, None, ops.rows_of_segments(dy, inside)


def bincount(
    arr: TensorLike, weights: TensorLike | None = None, minlength: IntLike | None = None,
    maxlength: IntLike | None = None, dtype: DTypeLike = "int32", name: str | None = None,
) -> AnyTensor:
    """How often each number 0, 1, 2, ... occurs in arr; with weights, their sums.

    The result ends at the largest number, but is at least minlength and at most maxlength long.
    arr: any shape, integer >= 0; weights: arr's shape, integer or float. ArgumentError: a negative number. ShapeError:
    weights of another shape.

    >>> import deepkit as dk
    >>> dk.bincount([1, 1, 3]).numpy().tolist()
    [0, 2, 0, 1]
    """
    with scope(name, "bincount", arr, weights) as full:
        x = arr if is_tensor(arr) else convert(arr, beside=weights)
        size = ops.reduce_max(ops.concat([ops.reshape(x, [-1]), -ops.ones([1], x.dtype)], 0)) + 1
        if minlength is not None:
            size = ops.maximum(size, ops.cast(minlength, x.dtype))
        if maxlength is not None:
            size = ops.minimum(size, ops.cast(maxlength, x.dtype))
        known = static_value(size)
        op = Bincount(static=None if known is None else int(known), to=as_dtype(dtype))
        return apply(op, x, size, *([] if weights is None else [weights]), name=full)


def confusion_matrix(
    labels: TensorLike, predictions: TensorLike, num_classes: IntLike | None = None, dtype: DTypeLike = "int32",
    name: str | None = None, weights: TensorLike | None = None,
) -> AnyTensor:
    """Entry (i, j): how often class i was predicted as class j, or the sum of the weights of those cases.

    labels, predictions: vectors of class numbers, or columns of them. num_classes: one more than the largest if None.
    labels, predictions: (n,) or (n, 1), integer; weights: (n,); result: (num_classes, num_classes), of dtype.
    ArgumentError: a class outside [0, num_classes).

    >>> import deepkit as dk
    >>> dk.confusion_matrix([1, 0, 1], [1, 1, 0]).numpy().tolist()
    [[0, 1], [1, 1]]
    """
    with scope(name, "confusion_matrix", labels, predictions, weights) as full:
        truth, guess = (ops.cast(_flat(x), "int64") for x in (labels, predictions))
        if num_classes is None:
            num_classes = ops.maximum(ops.reduce_max(truth), ops.reduce_max(guess)) + 1
        count_of: Any = num_classes
        n = ops.cast(count_of, "int64") if is_tensor(count_of) else int(count_of)
        count = ops.ones_like(guess, dtype) if weights is None else ops.cast(weights, dtype)
        return scatter_nd(ops.stack([truth, guess], 1), count, [n, n], name=full)


def _flat(x: TensorLike) -> Any:
    x = x if is_tensor(x) else convert(x)
    return ops.squeeze(x, [-1]) if x.shape.rank == 2 else x
