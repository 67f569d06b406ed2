"""Categories made dense: counted, or as trained vectors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from deepkit import ops
from deepkit.core.collections import GraphKeys
from deepkit.device.dtypes import float32
from deepkit.errors import ArgumentError
from deepkit.v1 import initializers
from deepkit.v1.feature_column.base import CategoricalColumn, DenseColumn
from deepkit.v1.framework.scopes import get_variable

COMBINERS = ("mean", "sqrtn", "sum")


def _categorical(column: Any, call: str) -> CategoricalColumn:
    if not isinstance(column, CategoricalColumn):
        raise ArgumentError(
            f"{call}({column!r})", rule="made from a categorical column", hint="categorical_column_with_..."
        )
    return column


@dataclass(frozen=True)
class IndicatorColumn(DenseColumn):
    """How often each category occurs in an example: one-hot if it is one."""

    categorical_column: CategoricalColumn

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"{self.categorical_column.name}_indicator"

    @property
    def width(self) -> int:  # type: ignore[override]
        return self.categorical_column.num_buckets

    def dense(self, features: dict[str, Any], trainable: bool = True) -> Any:
        return ops.reduce_sum(ops.one_hot(self.categorical_column.ids(features), self.width), 1)


def indicator_column(categorical_column: CategoricalColumn) -> IndicatorColumn:
    """A categorical column as numbers (batch, num_buckets): how often each category occurs."""
    return IndicatorColumn(_categorical(categorical_column, "indicator_column"))


@dataclass(frozen=True)
class EmbeddingColumn(DenseColumn):
    """A trained vector for each category."""

    categorical_column: CategoricalColumn
    width: int
    combiner: str = "mean"
    initializer: Any = None
    max_norm: float | None = None
    trainable: bool = True

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"{self.categorical_column.name}_embedding"

    def dense(self, features: dict[str, Any], trainable: bool = True) -> Any:
        ids = self.categorical_column.ids(features)
        start = self.initializer or initializers.truncated_normal(0.0, 1 / math.sqrt(self.width))
        shape = [self.categorical_column.num_buckets, self.width]
        table = column_variable("embedding_weights", shape, start, trainable and self.trainable)
        return combined(table, ids, self.combiner, self.max_norm)


def embedding_column(
    categorical_column: CategoricalColumn, dimension: int, combiner: str = "mean", initializer: Any = None,
    ckpt_to_load_from: Any = None, tensor_name_in_ckpt: Any = None, max_norm: float | None = None, trainable: bool = True,
) -> EmbeddingColumn:
    """A categorical column as a trained vector (batch, dimension).

    combiner: how the vectors of several categories of one example become one: mean, sqrtn (the sum divided by the root
    of their number) or sum. An example without any gets zeros. Initializer: a truncated normal with 1 / sqrt(dimension).
    """
    if int(dimension) < 1 or combiner not in COMBINERS:
        raise ArgumentError(
            f"embedding_column: dimension={dimension}, combiner={combiner!r}",
            rule=f"dimension at least 1, combiner one of {', '.join(COMBINERS)}",
        )
    if ckpt_to_load_from is not None:
        raise ArgumentError("embedding_column: ckpt_to_load_from is not supported", hint="initializer=...")
    source = _categorical(categorical_column, "embedding_column")
    return EmbeddingColumn(source, int(dimension), combiner, initializer, max_norm, trainable)


def combined(table: Any, ids: Any, combiner: str, max_norm: float | None = None) -> Any:
    """The rows of table (n, size) that ids (batch, k) name, added up for each example; -1 names none."""
    present = ops.cast(ops.greater_equal(ids, 0), float32)
    rows = ops.embedding_lookup(table, ops.maximum(ids, 0), max_norm=max_norm)
    total = ops.reduce_sum(rows * ops.expand_dims(present, -1), 1)
    if combiner == "sum":
        return total
    count = ops.maximum(ops.reduce_sum(present, 1, keepdims=True), 1.0)
    return total / (ops.sqrt(count) if combiner == "sqrtn" else count)


def column_variable(name: str, shape: Any, initializer: Any, trainable: bool) -> Any:
    """A float32 variable of the open scope that belongs to the model."""
    collections = [GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES]
    return get_variable(name, shape, float32, initializer, trainable=trainable, collections=collections)
