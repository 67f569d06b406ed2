"""Variables in several parts: how a partitioner cuts one, and the parts together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from deepkit import ops
from deepkit.core.shape import Shape
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ArgumentError

__all__ = [
    "PartitionedVariable", "fixed_size_partitioner", "min_max_variable_partitioner", "variable_axis_size_partitioner",
]

Partitioner = Callable[..., list[int]]


class PartitionedVariable:
    """Variables name/part_0, name/part_1, ... that hold the rows of one along an axis; as a tensor they are concatenated."""

    def __init__(self, name: str, parts: Sequence[Variable], partitions: Sequence[int]):
        self.name, self._parts, self._partitions = name, list(parts), list(partitions)
        self._axis = next((i for i, n in enumerate(partitions) if n > 1), 0)

    def __iter__(self) -> Iterator[Variable]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    @property
    def dtype(self) -> DType:
        return self._parts[0].dtype

    @property
    def shape(self) -> Shape:
        dims = self._parts[0].shape.as_list()
        dims[self._axis] = sum(part.shape.as_list()[self._axis] or 0 for part in self._parts)  # a variable's lengths are known
        return Shape(dims)

    def get_shape(self) -> Shape:
        return self.shape

    def as_tensor(self) -> Symbol:
        """The parts as one tensor."""
        if len(self._parts) == 1:
            return ops.identity(self._parts[0], name=f"{self.name}/")
        return ops.concat(self._parts, self._axis, name=f"{self.name}/ConcatPartitions/concat/")

    as_dense_tensor = as_tensor


def parts_of(shape: Any, dtype: Any, partitioner: Partitioner, name: str) -> tuple[list[int], list[list[int]]]:
    """How many parts each axis has, and the shape of each part; the first parts are one longer if it does not divide evenly."""
    dims = list(map(int, Shape(shape)))
    counts = list(map(int, partitioner(shape=Shape(dims), dtype=as_dtype(dtype or "float32"))))
    cut = [i for i, n in enumerate(counts) if n != 1]
    if len(counts) != len(dims) or len(cut) > 1:
        raise ArgumentError(f"get_variable({name!r}): partitions {counts} of shape {Shape(dims)}", rule="one axis is cut")
    if not cut:
        return counts, [dims]
    (axis,) = cut
    total, count = dims[axis], counts[axis]
    if not 1 <= count <= total:
        raise ArgumentError(f"get_variable({name!r}): {count} parts of an axis of length {total}")
    lengths = [total // count + (i < total % count) for i in range(count)]
    return counts, [[*dims[:axis], n, *dims[axis + 1 :]] for n in lengths]


def split_as(value: Symbol, counts: Sequence[int], shapes: Sequence[Sequence[int]]) -> list[Any]:
    """The parts of a value, cut as `parts_of` says."""
    axis = next((i for i, count in enumerate(counts) if count != 1), 0)
    return list(ops.split(value, [shape[axis] for shape in shapes], axis)) if len(shapes) > 1 else [value]


def _row_bytes(dims: Sequence[int], axis: int, dtype: Any, text: int) -> int:
    """The bytes of one row along an axis, where a text counts `text`."""
    each = text if as_dtype(dtype).is_string else as_dtype(dtype).size
    return math.prod(d for i, d in enumerate(dims) if i != axis) * each


def fixed_size_partitioner(num_shards: int, axis: int = 0) -> Partitioner:
    """A partitioner that cuts `axis` into num_shards parts, or into as many as it is long.

    >>> fixed_size_partitioner(3)(shape=[8, 4], dtype="float32")
    [3, 1]
    """

    def partitioner(shape: Any, **_: Any) -> list[int]:
        dims = list(Shape(shape))
        return [min(int(num_shards), int(d)) if i == axis else 1 for i, d in enumerate(dims)]

    return partitioner


def variable_axis_size_partitioner(
    max_shard_bytes: int, axis: int = 0, bytes_per_string_element: int = 16, max_shards: int | None = None
) -> Partitioner:
    """A partitioner that cuts `axis` so that no part has more than max_shard_bytes, into at most max_shards parts."""
    if max_shard_bytes < 1 or bytes_per_string_element < 1 or (max_shards or 1) < 1:
        raise ArgumentError(f"max_shard_bytes={max_shard_bytes}, max_shards={max_shards}", rule="positive numbers")

    def partitioner(shape: Any, dtype: Any = "float32") -> list[int]:
        dims = [int(d) for d in Shape(shape)]
        row = _row_bytes(dims, axis, dtype, bytes_per_string_element)
        shards = -(-dims[axis] // max(max_shard_bytes // row, 1))
        return [min(shards, max_shards or shards) if i == axis else 1 for i in range(len(dims))]

    return partitioner


def min_max_variable_partitioner(
    max_partitions: int = 1, axis: int = 0, min_slice_size: int = 256 << 10, bytes_per_string_element: int = 16
) -> Partitioner:
    """A partitioner that cuts `axis` into parts of at least min_slice_size bytes, at most max_partitions of them."""

    def partitioner(shape: Any, dtype: Any = "float32") -> list[int]:
        dims = [int(d) for d in Shape(shape)]
        total = _row_bytes(dims, axis, dtype, bytes_per_string_element) * dims[axis]
        wanted = max(1, -(-total // min_slice_size))
        return [max(1, min(dims[axis], max_partitions, wanted)) if i == axis else 1 for i in range(len(dims))]

    return partitioner
