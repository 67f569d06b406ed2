"""Rows brought together by segment ids: row i belongs to segment ids[i], and each segment becomes one row.

The ids of the segment_* functions ascend from 0, and the last one says how many segments there are; those of the
unsorted_segment_* functions may stand in any order, and rows with a negative id are left out.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from deepkit.core.apply import apply, convert, is_tensor, scope
from deepkit.core.op import Op, register
from deepkit.core.other_names import shown_as
from deepkit.core.shape import UNKNOWN, Shape
from deepkit.core.static import static_value
from deepkit.core.typing import AnyTensor, Array, ArrayModule, IntLike, TensorLike, TensorOrSymbol
from deepkit.device.arrays import may_look, scatter
from deepkit.device.dtypes import accumulator
from deepkit.device.rows import add_at
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.define import named
from deepkit.ops.functions import ops

__all__ = [
    "rows_of_segments", "segment_max", "segment_mean", "segment_min", "segment_prod", "segment_sum",
    "sparse_segment_mean", "sparse_segment_sqrt_n", "sparse_segment_sum",
    "unsorted_segment_max", "unsorted_segment_mean", "unsorted_segment_min", "unsorted_segment_prod",
    "unsorted_segment_sqrt_n", "unsorted_segment_sum",
]


_SORTED = """

    data: (n, ...); segment_ids: (n,), ascending from 0; result: (last id + 1, ...).
    ShapeError: data and ids of different lengths. ArgumentError: ids that are not in order.
    """
_UNSORTED = """

    data: ids.shape + row; segment_ids: any shape, any order, rows with a negative id are left out; result: (num_segments,
    *row). ShapeError: the shape of the data does not begin with that of the ids. ArgumentError: an id >= num_segments.
    """


class SegmentReduction(Op):
    """Base. Inputs: data, ids, and for unsorted ids the number of segments.

    data has the shape ids.shape + row; the result is (number of segments, *row).
    """

    static: int | None = None
    kinds = "if"
    types = ("T", "index", "index")
    host = (2,)

    def shape(self, data: Shape, ids: Shape, *num: Shape) -> Shape:
        if data.lengths is None or ids.lengths is None:
            return UNKNOWN
        rank = len(ids.lengths)
        if not num and rank != 1:
            raise ShapeError(f"{self.type}: the segment ids have shape {ids}", rule="sorted segment ids are a vector")
        if not data[:rank].is_compatible_with(ids):
            raise ShapeError(
                f"{self.type}: data of shape {data} and segment ids of shape {ids}",
                rule="the shape of the data begins with that of the ids: one id for each row",
            )
        return Shape.of((self.static, *data.lengths[rank:]))

    def forward(self, xp: ArrayModule, data: Array, ids: Array, *num: Array) -> Any:
        rows = data.reshape((ids.size, *data.shape[ids.ndim :]))
        flat = ids.reshape(-1)
        count = int(num[0]) if num else _check_sorted(self.type, flat)
        start = self.neutral(data.dtype, not num)
        if num and not may_look(xp):  # what belongs to no segment meets in one more, which nobody sees
            y = xp.full((count + 1, *rows.shape[1:]), start, data.dtype)
            return self.gather_up(xp, y, rows, xp.where((flat < 0) | (flat >= count), count, flat))[:count]
        if flat.size and int(flat.max()) >= count:
            raise ArgumentError(f"{self.type}: id {int(flat.max())} is out of range", rule=f"ids are below {count}")
        if flat.size and int(flat.min()) < 0:
            rows, flat = rows[flat >= 0], flat[flat >= 0]
        y = xp.full((count, *rows.shape[1:]), start, data.dtype)
        y = self.gather_up(xp, y, rows, flat)
        if not num and start not in (0, 1):  # extremes of nothing: 0 among sorted segments
            y[~xp.isin(xp.arange(count), flat)] = 0
        return y

    def neutral(self, dtype: np.dtype, ordered: bool) -> Any:
        """What every segment starts from, the value of an empty one with unsorted ids."""
        return 0

    def gather_up(self, xp: ArrayModule, y: Array, rows: Array, ids: Array) -> Any:
        """y with every row taken into its segment."""
        raise TypeError(f"{self.type} does not define gather_up")


def _check_sorted(what: str, ids: Array) -> int:
    """How many segments ascending ids make."""
    if ids.size and (int(ids[0]) < 0 or bool((ids[1:] < ids[:-1]).any())):
        raise ArgumentError(
            f"{what}: the segment ids are not in order", rule="0 <= ids[0] <= ids[1] <= ...",
            hint="the unsorted_segment_ functions take ids in any order",
        )
    return int(ids[-1]) + 1 if ids.size else 0


@register
class SegmentSum(SegmentReduction):
    """The sum of every segment; 0 where it is empty."""

    kinds = "ifc"

    def gather_up(self, xp: ArrayModule, y: Array, rows: Array, ids: Array) -> Any:
        total = y.astype(accumulator(y.dtype), copy=False)
        add_at(xp, total, ids, rows)
        return total.astype(y.dtype, copy=False)

    def gradient(self, dy: AnyTensor, y: AnyTensor, data: AnyTensor, ids: AnyTensor, *num: AnyTensor) -> Any:
        return (rows_of_segments(dy, ids), *[None for _ in (ids, *num)])


@register
class SegmentProd(SegmentReduction):
    """The product of every segment; 1 where it is empty."""

    kinds = "ifc"

    def neutral(self, dtype: np.dtype, ordered: bool) -> Any:
        return 1

    def gather_up(self, xp: ArrayModule, y: Array, rows: Array, ids: Array) -> Any:
        order = xp.argsort(ids, kind="stable")
        ids, rows = ids[order], rows[order]
        step = 1
        while step < len(ids):  # each row takes in the one `step` further on, if it is of the same segment
            same = (ids[:-step] == ids[step:]).reshape(-1, *[1] * (rows.ndim - 1))
            rows = xp.concatenate([xp.where(same, rows[:-step] * rows[step:], rows[:-step]), rows[-step:]])
            step *= 2
        first = xp.ones(len(ids), bool)
        first[1:] = ids[1:] != ids[:-1]
        y[ids[first]] = rows[first]
        return y

    def gradient(self, dy: AnyTensor, y: AnyTensor, data: AnyTensor, ids: AnyTensor, *num: AnyTensor) -> Any:
        others = apply(SegmentProdOfOthers(), data, ids)
        return (rows_of_segments(dy, ids) * ops.conj_if_complex(others), *[None for _ in (ids, *num)])


@register
class SegmentProdOfOthers(Op):
    """For each element the product of all the others of its segment; right also where some are 0."""

    kinds = "fc"
    types = ("T", "index")

    def forward(self, xp: ArrayModule, data: Array, ids: Array) -> Any:
        count = max(int(ids.max()), -1) + 1 if ids.size else 0
        zero = data == 0
        num = xp.array(count, xp.int64)
        nonzero = xp.where(zero, data.dtype.type(1), data)
        product = SegmentProd().forward(xp, nonzero, ids, num)
        zeros = SegmentSum().forward(xp, zero.astype(xp.int32), ids, num)
        at = xp.maximum(ids, 0)
        if not count:
            return xp.zeros_like(data)
        others = zeros[at] - zero  # zeros among the others
        return xp.where(others == 0, product[at] / nonzero, data.dtype.type(0)).astype(data.dtype)

    def gradient(self, ddx: AnyTensor, dx: AnyTensor, data: AnyTensor, ids: AnyTensor) -> Any:
        # as for ProdOfOthers: two factors are left out; exact where an element is not 0, else 0
        num = ops.maximum(ops.reduce_max(ids), 0) + 1
        shares = ddx * ops.conj_if_complex(dx)
        total = rows_of_segments(unsorted_segment_sum(shares, ids, num), ids)
        return ops.div_no_nan(total - shares, ops.conj_if_complex(data)), None


class SegmentExtreme(SegmentReduction):
    """Base of max and min: the gradient is shared equally among equal extremes."""

    def gradient(self, dy: AnyTensor, y: AnyTensor, data: AnyTensor, ids: AnyTensor, *num: AnyTensor) -> Any:
        if not data.dtype.is_differentiable:
            return (None, *[None for _ in (ids, *num)])
        chosen = ops.equal(data, rows_of_segments(y, ids))
        tied = apply(SegmentSum(static=self.static), ops.cast(chosen, data.dtype), ids, *num)
        share = rows_of_segments(dy / ops.maximum(tied, ops.ones_like(tied)), ids)
        return (ops.where(chosen, share, ops.zeros_like(share)), *[None for _ in (ids, *num)])


@register
class SegmentMax(SegmentExtreme):
    """The largest element of every segment; of an empty one 0, or the smallest number there is with unsorted ids."""

    def neutral(self, dtype: np.dtype, ordered: bool) -> Any:
        if dtype.kind != "f":
            return np.iinfo(dtype).min
        return -np.inf if ordered else np.finfo(dtype).min

    def gather_up(self, xp: ArrayModule, y: Array, rows: Array, ids: Array) -> Any:
        scatter("maximum", y, ids, rows)
        return y


@register
class SegmentMin(SegmentExtreme):
    """The smallest element of every segment; of an empty one 0, or the largest number there is with unsorted ids."""

    def neutral(self, dtype: np.dtype, ordered: bool) -> Any:
        if dtype.kind != "f":
            return np.iinfo(dtype).max
        return np.inf if ordered else np.finfo(dtype).max

    def gather_up(self, xp: ArrayModule, y: Array, rows: Array, ids: Array) -> Any:
        scatter("minimum", y, ids, rows)
        return y


@register
class RowsOfSegments(Op):
    """For every id the row of its segment; zeros for negative ids."""

    types = ("T", "index")

    def shape(self, x: Shape, ids: Shape) -> Shape:
        return UNKNOWN if x.lengths is None or ids.lengths is None else Shape.of(ids.lengths + x.lengths[1:])

    def forward(self, xp: ArrayModule, x: Array, ids: Array) -> Any:
        if not len(x):
            return xp.zeros((*ids.shape, *x.shape[1:]), x.dtype)
        y = xp.take(x, xp.maximum(ids, 0), axis=0)
        y[ids < 0] = 0
        return y

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, ids: AnyTensor) -> Any:
        return unsorted_segment_sum(dy, ids, ops.shape(x)[0]), None


def rows_of_segments(x: TensorOrSymbol, ids: TensorOrSymbol) -> AnyTensor:
    """x[ids], with zeros where an id is negative: the derivative of the segment sums.

    x: (segments, ...); ids: any shape, integer; result: ids.shape + x.shape[1:].
    """
    return apply(RowsOfSegments(), x, ids)


class SortedSegments(Protocol):
    """A public function of segments that stand in order."""

    def __call__(self, data: TensorLike, segment_ids: TensorLike, name: str | None = None) -> AnyTensor: ...


class UnsortedSegments(Protocol):
    """A public function of segments whose rows stand anywhere."""

    def __call__(
        self, data: TensorLike, segment_ids: TensorLike, num_segments: IntLike, name: str | None = None
    ) -> AnyTensor: ...


def _sorted(op: type[SegmentReduction], name: str) -> SortedSegments:
    def function(data: TensorLike, segment_ids: TensorLike, name: str | None = None) -> AnyTensor:
        return apply(op(), data, segment_ids, name=name)

    return named(function, name, f"{op.__doc__}{_SORTED}")


def _unsorted(op: type[SegmentReduction], name: str) -> UnsortedSegments:
    def function(
        data: TensorLike, segment_ids: TensorLike, num_segments: IntLike, name: str | None = None
    ) -> AnyTensor:
        known = static_value(num_segments)
        static = None if known is None else int(known)
        kind = f"Unsorted{op.__name__}"
        return shown_as(apply(op(static=static), data, segment_ids, num_segments, name=name or kind), kind)

    return named(function, name, f"{op.__doc__}{_UNSORTED}")


segment_sum = _sorted(SegmentSum, "segment_sum")
segment_prod = _sorted(SegmentProd, "segment_prod")
segment_max = _sorted(SegmentMax, "segment_max")
segment_min = _sorted(SegmentMin, "segment_min")
unsorted_segment_sum = _unsorted(SegmentSum, "unsorted_segment_sum")
unsorted_segment_prod = _unsorted(SegmentProd, "unsorted_segment_prod")
unsorted_segment_max = _unsorted(SegmentMax, "unsorted_segment_max")
unsorted_segment_min = _unsorted(SegmentMin, "unsorted_segment_min")


def _counts(data: AnyTensor, ids: AnyTensor, total: AnyTensor, *num: IntLike) -> Any:
    """How many rows each segment has (at least 1), in a shape that broadcasts against `total`."""
    count = apply(SegmentSum(), ops.ones_like(ids, data.dtype.real_dtype), ids, *num)
    least = ops.maximum(count, ops.ones_like(count))
    if total.shape.rank:
        segments, *rest = total.shape.as_list()
        return ops.reshape(ops.cast(least, data.dtype), [-1 if segments is None else segments, *[1 for _ in rest]])
    return ops.reshape(ops.cast(least, data.dtype), ops.concat([[-1], ops.ones_like(ops.shape(total)[1:])], 0))


def _tensors(data: TensorLike, ids: TensorLike) -> tuple[Any, Any]:
    x = data if is_tensor(data) else convert(data, beside=ids)
    return x, ids if is_tensor(ids) else convert(ids, beside=x)


def segment_mean(data: TensorLike, segment_ids: TensorLike, name: str | None = None) -> AnyTensor:
    """The mean of every segment; 0 where it is empty.

    data: (n, ...); segment_ids: (n,), ascending from 0; result: (last id + 1, ...). Integers are divided towards zero.
    ShapeError: data and ids of different lengths. ArgumentError: ids that are not in order.

    >>> import deepkit as dk
    >>> dk.segment_mean([1.0, 3.0, 5.0], [0, 0, 1]).numpy().tolist()
    [2.0, 5.0]
    """
    with scope(name, "SegmentMean", data, segment_ids) as full:
        x, ids = _tensors(data, segment_ids)
        total = segment_sum(x, ids)
        divide = ops.truncatediv if x.dtype.is_integer else ops.truediv
        return shown_as(divide(total, _counts(x, ids, total), name=full), "SegmentMean")


def unsorted_segment_mean(
    data: TensorLike, segment_ids: TensorLike, num_segments: IntLike, name: str | None = None
) -> AnyTensor:
    """The mean of every segment; 0 where it is empty.

    data: ids.shape + row; segment_ids in any order, negative ones left out; result: (num_segments, *row). ShapeError:
    the shape of the data does not begin with that of the ids. ArgumentError: an id >= num_segments.
    """
    with scope(name, "UnsortedSegmentMean", data, segment_ids) as full:
        x, ids = _tensors(data, segment_ids)
        total = unsorted_segment_sum(x, ids, num_segments)
        return ops.truediv(total, _counts(x, ids, total, num_segments), name=full)


def unsorted_segment_sqrt_n(
    data: TensorLike, segment_ids: TensorLike, num_segments: IntLike, name: str | None = None
) -> AnyTensor:
    """The sum of every segment divided by the root of how many rows it has; 0 where it is empty.

    data: ids.shape + row; segment_ids in any order, negative ones left out; result: (num_segments, *row). ShapeError:
    the shape of the data does not begin with that of the ids. ArgumentError: an id >= num_segments.
    """
    with scope(name, "UnsortedSegmentSqrtN", data, segment_ids) as full:
        x, ids = _tensors(data, segment_ids)
        total = unsorted_segment_sum(x, ids, num_segments)
        return ops.truediv(total, ops.sqrt(_counts(x, ids, total, num_segments)), name=full)


def _sorted_sqrt_n(data: TensorLike, segment_ids: TensorLike, name: str | None = None) -> AnyTensor:
    """unsorted_segment_sqrt_n of as many segments as there are ids."""
    x, ids = _tensors(data, segment_ids)
    count = ops.reduce_max(ops.concat([ids, -ops.ones_like(ids[:1])], 0)) + 1
    return unsorted_segment_sqrt_n(x, ids, count, name=name)


_ROWS = """, made of the rows of data that indices name.

    data: (rows, ...); indices: (n,); segment_ids: (n,), ascending from 0; result: (last id + 1, ...), or (num_segments, ...).
    ArgumentError: an index outside [0, rows), or ids that are not in order.
    """


class SegmentsOfRows(Protocol):
    """A public function of segments of some rows."""

    def __call__(
        self, data: TensorLike, indices: TensorLike, segment_ids: TensorLike, name: str | None = None,
        num_segments: IntLike | None = None,
    ) -> AnyTensor: ...


def _of_rows(kind: str, plain: SortedSegments, counted: UnsortedSegments, name: str, about: str) -> SegmentsOfRows:
    def function(
        data: TensorLike, indices: TensorLike, segment_ids: TensorLike, name: str | None = None,
        num_segments: IntLike | None = None,
    ) -> AnyTensor:
        with scope(name, kind, data, indices, segment_ids) as full:
            rows = ops.gather(data if is_tensor(data) else convert(data, beside=indices), indices)
            if num_segments is None:
                found = plain(rows, segment_ids, name=full)
            else:
                found = counted(rows, segment_ids, num_segments, name=full)
            return shown_as(found, kind)

    return named(function, name, about + _ROWS)


sparse_segment_sum = _of_rows(
    "SparseSegmentSum", segment_sum, unsorted_segment_sum, "sparse_segment_sum", "The sum of every segment")
sparse_segment_mean = _of_rows(
    "SparseSegmentMean", segment_mean, unsorted_segment_mean, "sparse_segment_mean", "The mean of every segment")
sparse_segment_sqrt_n = _of_rows(
    "SparseSegmentSqrtN", _sorted_sqrt_n, unsorted_segment_sqrt_n, "sparse_segment_sqrt_n",
    "The sum of every segment divided by the root of how many rows it has")
