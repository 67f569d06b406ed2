"""Order along an axis: sorting, places in a sorted row, rolling, counting into intervals."""

from __future__ import annotations

from typing import Any

from deepkit.core.apply import apply, convert, is_tensor, scope
from deepkit.core.op import Op, register
from deepkit.core.other_names import shown_as
from deepkit.core.shape import Shape, normalize_axes, normalize_axis, whole
from deepkit.core.static import numbers, static_value
from deepkit.core.typing import AnyTensor, Array, ArrayModule, AxisLike, DTypeLike, TensorLike
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ArgumentError, ShapeError, check_choice
from deepkit.ops.arrays.selection import top_k
from deepkit.ops.functions import ops
from deepkit.ops.late import late

__all__ = [
    "argsort", "count_nonzero", "histogram_fixed_width", "histogram_fixed_width_bins", "roll", "searchsorted", "sort",
]


def _swap_with_last(x: AnyTensor, axis: int) -> Any:
    """The order of x's axes that exchanges one with the last: a list, a tensor if the rank is not known, or None."""
    rank = x.shape.rank
    if axis == -1 or (rank is not None and normalize_axis(axis, rank) == rank - 1):
        return None
    if rank is not None:
        swap = list(range(rank))
        swap[axis], swap[-1] = swap[-1], swap[axis]
        return swap
    places, n = ops.range(ops.rank(x)), ops.rank(x)
    at, last = ops.equal(places, ops.floormod(axis, n)), ops.equal(places, n - 1)
    one = ops.cast(at, "int32"), ops.cast(last, "int32")
    return places + (one[0] - one[1]) * (n - 1 - ops.floormod(axis, n))


def _order(values: AnyTensor, axis: int, direction: str) -> tuple[Any, Any, Any]:
    """Sorted values and their positions along the last axis, and the exchange of axes that put `axis` there."""
    check_choice("direction", direction, ("ASCENDING", "DESCENDING"))
    if values.shape.rank == 0:
        raise ShapeError(f"sort of a tensor of shape {values.shape}", rule="at least one axis")
    swap = _swap_with_last(values, whole(axis))
    values = values if swap is None else ops.transpose(values, swap)
    rising = direction == "ASCENDING"
    result, places = top_k(ops.negative(values) if rising else values, ops.shape(values)[-1])
    return (ops.negative(result) if rising else result), places, swap


def sort(values: TensorLike, axis: int = -1, direction: str = "ASCENDING", name: str | None = None) -> AnyTensor:
    """The numbers along an axis in rising order, or falling with direction="DESCENDING".

    values: at least one axis, integer or float; result: its shape and type. ArgumentError: another direction.
    ShapeError: no axes, or no such axis.

    >>> import deepkit as dk
    >>> dk.ops.sort([3.0, 1.0, 2.0]).numpy().tolist()
    [1.0, 2.0, 3.0]
    """
    with scope(name, "sort", values) as full:
        result, _, swap = _order(convert(values), axis, direction)
        return ops.identity(result if swap is None else ops.transpose(result, swap), name=full)


def argsort(
    values: TensorLike, axis: int = -1, direction: str = "ASCENDING", stable: bool = False, name: str | None = None
) -> AnyTensor:
    """The positions (int32) that put the numbers along an axis in order; equal numbers keep their order.

    values: at least one axis, integer or float. ArgumentError: another direction. ShapeError: no axes, or no such axis.

    >>> import deepkit as dk
    >>> dk.ops.argsort([3.0, 1.0, 2.0]).numpy().tolist()
    [1, 2, 0]
    """
    with scope(name, "argsort", values) as full:
        _, places, swap = _order(convert(values), axis, direction)
        return shown_as(ops.identity(places if swap is None else ops.transpose(places, swap), name=full), "TopKV2")


@register
class SearchSorted(Op):
    """For each number of `values` (..., m) its place in the sorted row (..., n): how many numbers stand before it."""

    side: str = "left"
    index: DType = as_dtype("int32")
    kinds = "if"
    types = ("T", "T")
    gradient = None

    def shape(self, row: Shape, values: Shape) -> Shape:
        if row.rank is not None and values.rank is not None and not row[:-1].is_compatible_with(values[:-1]):
            raise ShapeError(f"searchsorted: rows {row}, values {values}", rule="all axes but the last are the same")
        return values

    def dtype(self, row: DType, values: DType) -> DType:
        return self.index

    def forward(self, xp: ArrayModule, row: Array, values: Array) -> Any:
        result = xp.empty(values.shape, self.index.numpy)
        rows, wanted = row.reshape(-1, row.shape[-1]), values.reshape(-1, values.shape[-1])
        flat = result.reshape(wanted.shape)
        for i in range(len(wanted)):
            flat[i] = xp.searchsorted(rows[i], wanted[i], self.side)
        return result


def searchsorted(
    sorted_sequence: TensorLike, values: TensorLike, side: str = "left", out_type: DTypeLike = "int32",
    name: str | None = None,
) -> AnyTensor:
    """Where each value would be put into the sorted row that it belongs to: (..., n) and (..., m) give (..., m).

    side="left": before equal numbers, "right": after them.
    integer or float, one type. ArgumentError: another side. ShapeError: rows whose other axes differ.
    """
    check_choice("searchsorted: side", side, ("left", "right"))
    return apply(SearchSorted(side=side, index=as_dtype(out_type)), sorted_sequence, values, name=name)


@register
class Roll(Op):
    """The numbers moved along each axis[i] by shift[i] places, round the end."""

    shift: tuple[int, ...] = ()
    axis: tuple[int, ...] = ()

    def shape(self, x: Shape) -> Shape:
        if x.rank is not None:
            normalize_axes(self.axis, x.rank)
        return x

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return xp.roll(x, self.shift, self.axis)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return apply(Roll(shift=tuple(-s for s in self.shift), axis=self.axis), dy)


def roll(input: TensorLike, shift: TensorLike, axis: AxisLike, name: str | None = None) -> AnyTensor:
    """The numbers moved along an axis by `shift` places; what leaves at the end comes in at the start.

    shift and axis may be lists.
    input: any shape; result: its shape and type. ShapeError: an axis that is not there.

    >>> import deepkit as dk
    >>> dk.ops.roll([1, 2, 3, 4], 1, 0).numpy().tolist()
    [4, 1, 2, 3]
    """
    given = {"shift": numbers(shift), "axis": numbers(axis)}
    if not any(is_tensor(v) for v in given.values()):
        settings = {key: (v,) if isinstance(v, int) else v for key, v in given.items()}
        if len(settings["shift"]) != len(settings["axis"]):
            raise ShapeError(f"roll by {shift!r} along {axis!r}", rule="one shift for each axis")
        return apply(Roll(**settings), input, name=name)
    vectors = {key: ops.reshape(ops.cast(convert(v), "int64"), [-1]) for key, v in given.items()}
    x = convert(input, beside=next(v for v in given.values() if is_tensor(v)))
    return late(Roll, [x], vectors, x.shape, name=name)


def count_nonzero(
    input_tensor: TensorLike, axis: AxisLike = None, keepdims: bool | None = None, dtype: DTypeLike = "int64",
    name: str | None = None, reduction_indices: AxisLike = None, keep_dims: bool | None = None,
) -> AnyTensor:
    """How many elements along the axes (all) are not 0; of strings: not empty.

    input_tensor: any shape and type; result: its shape without `axis`, with keepdims of length 1 there, of dtype.
    reduction_indices and keep_dims are older names. ShapeError: an axis that is not there.
    """
    axis = reduction_indices if axis is None else axis
    with scope(name, "count_nonzero", input_tensor) as full:
        x = convert(input_tensor)
        present = ops.not_equal(x, b"" if x.dtype.is_string else ops.zeros_like(x))
        keep = bool(keep_dims if keepdims is None else keepdims)
        return ops.cast(ops.reduce_sum(ops.cast(present, "int64"), axis, keep), dtype, name=full)


def histogram_fixed_width_bins(
    values: TensorLike, value_range: TensorLike, nbins: int = 100, dtype: DTypeLike = "int32", name: str | None = None
) -> AnyTensor:
    """For each value which of nbins equal intervals of [low, high] it lies in; those outside belong to the outermost.

    values: any shape, integer or float; value_range: (2,), of the same type; result: values' shape, of dtype.
    DTypeError: texts, nbins that is no whole number. ArgumentError: a range whose low is not below its high, nbins below 1.
    """
    with scope(name, "histogram_fixed_width_bins", values) as full:
        x = convert(values)
        limits = convert(value_range, x.dtype if not is_tensor(value_range) else None, beside=x)
        known, bins = static_value(limits), whole(nbins)
        if known is not None and not (known.shape == (2,) and known[0] < known[1]):
            raise ArgumentError(f"histogram of the range {known.tolist()}", rule="(low, high), low < high")
        if bins < 1:
            raise ArgumentError(f"histogram of {bins} intervals", rule="at least one")
        low, high = limits[0], limits[1]
        place = ops.floor((x - low) / (high - low) * float(bins))
        inside = ops.clip_by_value(place, 0.0, float(bins - 1))
        return ops.cast(inside, dtype, name=full)


def histogram_fixed_width(
    values: TensorLike, value_range: TensorLike, nbins: int = 100, dtype: DTypeLike = "int32", name: str | None = None
) -> AnyTensor:
    """How many values lie in each of nbins equal intervals of value_range; those outside count in the outermost.

    values: any shape, integer or float; value_range: (2,), of the same type; result: (nbins,), of dtype.
    DTypeError: texts, nbins that is no whole number. ArgumentError: a range whose low is not below its high, nbins below 1.

    >>> import deepkit as dk
    >>> dk.ops.histogram_fixed_width([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], nbins=5).numpy().tolist()
    [2, 1, 1, 0, 2]
    """
    with scope(name, "histogram_fixed_width", values) as full:
        bins = ops.reshape(histogram_fixed_width_bins(values, value_range, nbins), [-1])
        counts = ops.bincount(bins, minlength=nbins, maxlength=nbins)
        if hasattr(counts, "set_shape"):
            counts.set_shape([nbins])
        return shown_as(ops.cast(counts, dtype, name=full), "HistogramFixedWidth")
