"""Feature columns of numbers: as they are, or as the interval they lie in."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.device.dtypes import float32, int64
from deepkit.errors import ArgumentError, DTypeError, ShapeError
from deepkit.v1.feature_column.base import CategoricalColumn, DenseColumn, checked_key, raw_feature


@dataclass(frozen=True)
class NumericColumn(DenseColumn):
    """Numbers as they are, or after normalizer_fn."""

    key: str
    shape: tuple[int, ...] = (1,)
    normalizer_fn: Callable[[Any], Any] | None = None

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.key

    @property
    def width(self) -> int:  # type: ignore[override]
        return math.prod(self.shape)

    def dense(self, features: dict[str, Any], trainable: bool = True) -> Any:
        value = raw_feature(features, self.key)
        if not (value.dtype.is_floating or value.dtype.is_integer or value.dtype.is_bool):
            raise DTypeError(
                f"feature {self.key!r} is {value.dtype.name}", rule="a numeric column is for numbers",
                hint="categorical_column_with_vocabulary_list for words",
            )
        dims = value.shape.lengths
        if dims is not None and None not in dims[1:] and math.prod(d or 0 for d in dims[1:]) != self.width:
            raise ShapeError(
                f"feature {self.key!r} has shape {value.shape}, but its numeric column has shape {self.shape}",
                rule="(batch, *shape)", hint=f'numeric_column("{self.key}", shape={list(dims[1:])})',
            )
        value = value if self.normalizer_fn is None else self.normalizer_fn(value)
        return ops.reshape(ops.cast(value, float32), [-1, self.width])


def numeric_column(
    key: str, shape: Any = (1,), default_value: Any = None, dtype: Any = float32,
    normalizer_fn: Callable[[Any], Any] | None = None,
) -> NumericColumn:
    """The feature `key` as numbers: `shape` numbers for each example, each first put through normalizer_fn.

    default_value and dtype concern files of examples and do nothing here.

    >>> numeric_column("height").width, numeric_column("image", shape=[28, 28]).width
    (1, 784)
    """
    dims = tuple(int(d) for d in (shape if isinstance(shape, Iterable) else [shape]))
    if not all(d > 0 for d in dims):
        raise ArgumentError(f"numeric_column: shape={shape!r}", rule="positive dimensions")
    if normalizer_fn is not None and not callable(normalizer_fn):
        raise ArgumentError(
            f"numeric_column: normalizer_fn={normalizer_fn!r}", rule="a function", hint="lambda x: x / 255"
        )
    return NumericColumn(checked_key(key, "numeric_column"), dims, normalizer_fn)


@dataclass(frozen=True)
class BucketizedColumn(DenseColumn, CategoricalColumn):
    """The interval that a number lies in; dense it is one-hot."""

    source_column: NumericColumn
    boundaries: tuple[float, ...]

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"{self.source_column.name}_bucketized"

    @property
    def num_buckets(self) -> int:  # type: ignore[override]
        return (len(self.boundaries) + 1) * self.source_column.width

    width = num_buckets  # type: ignore[assignment]

    def _buckets(self, features: dict[str, Any]) -> Any:
        """For each number how many boundaries are not above it."""
        numbers = ops.expand_dims(self.source_column.dense(features), -1)
        reached = ops.greater_equal(numbers, np.array(self.boundaries, np.float32))
        return ops.reduce_sum(ops.cast(reached, int64), -1)

    def ids(self, features: dict[str, Any]) -> Any:
        first = np.arange(self.source_column.width, dtype=np.int64) * (len(self.boundaries) + 1)
        return self._buckets(features) + first

    def dense(self, features: dict[str, Any], trainable: bool = True) -> Any:
        return ops.reshape(ops.one_hot(self._buckets(features), len(self.boundaries) + 1), [-1, self.width])


def bucketized_column(source_column: NumericColumn, boundaries: Any) -> BucketizedColumn:
    """The interval that a number lies in: with boundaries [0, 10] below 0, from 0 to below 10, or from 10 on."""
    if not isinstance(source_column, NumericColumn) or len(source_column.shape) > 1:
        raise ArgumentError(
            f"bucketized_column({source_column!r})", rule="made from a numeric column with one axis",
            hint="numeric_column",
        )
    limits = tuple(boundaries)
    if not limits or any(b <= a for a, b in itertools.pairwise(limits)):
        raise ArgumentError(f"bucketized_column: boundaries {list(limits)}", rule="each is larger than the one before")
    return BucketizedColumn(source_column, limits)
