"""The feature columns of `tf.contrib.layers`, older names and argument orders of those in `tf.feature_column`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deepkit.errors import ArgumentError, check_choice
from deepkit.v1 import feature_column as _now
from deepkit.v1.feature_column.base import CategoricalColumn
from deepkit.v1.feature_column.dense import COMBINERS

__all__ = [
    "bucketized_column", "crossed_column", "embedding_column", "one_hot_column", "real_valued_column",
    "sparse_column_with_hash_bucket", "sparse_column_with_integerized_feature", "sparse_column_with_keys",
]


@dataclass(frozen=True)
class _Combining(CategoricalColumn):
    """A column with a combiner of its own for linear models: sum, mean, or sqrtn."""

    column: CategoricalColumn
    combiner: str  # type: ignore[misc]

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.column.name

    @property
    def num_buckets(self) -> int:  # type: ignore[override]
        return self.column.num_buckets

    def ids(self, features: dict[str, Any]) -> Any:
        return self.column.ids(features)


def _combining(column: Any, combiner: str) -> Any:
    check_choice("combiner", combiner, COMBINERS)
    return column if combiner == "sum" else _Combining(column, combiner)  # sum is what linear models do by themselves


def _plain(column: Any) -> Any:
    return column.column if isinstance(column, _Combining) else column


def real_valued_column(
    column_name: str, dimension: int = 1, default_value: Any = None, dtype: Any = "float32", normalizer: Any = None
) -> Any:
    """`numeric_column`: `dimension` numbers for each example."""
    return _now.numeric_column(column_name, (dimension,), default_value, dtype, normalizer)


def bucketized_column(source_column: Any, boundaries: Any) -> Any:
    """`tf.feature_column.bucketized_column`."""
    return _now.bucketized_column(source_column, boundaries)


def sparse_column_with_hash_bucket(
    column_name: str, hash_bucket_size: int, combiner: str = "sum", dtype: Any = "string", hash_keys: Any = None
) -> Any:
    """`categorical_column_with_hash_bucket`."""
    if hash_keys is not None:
        raise ArgumentError("sparse_column_with_hash_bucket: hash_keys", rule="one hash for each word")
    return _combining(_now.categorical_column_with_hash_bucket(column_name, hash_bucket_size, dtype), combiner)


def sparse_column_with_keys(
    column_name: str, keys: Any, default_value: int = -1, combiner: str = "sum", dtype: Any = None
) -> Any:
    """`categorical_column_with_vocabulary_list`."""
    column = _now.categorical_column_with_vocabulary_list(column_name, keys, dtype, default_value)
    return _combining(column, combiner)


def sparse_column_with_integerized_feature(
    column_name: str, bucket_size: int, combiner: str = "sum", dtype: Any = "int64"
) -> Any:
    """`categorical_column_with_identity`."""
    return _combining(_now.categorical_column_with_identity(column_name, bucket_size), combiner)


def crossed_column(
    columns: Any, hash_bucket_size: int, combiner: str = "sum", hash_key: int | None = None, **_: Any
) -> Any:
    """`tf.feature_column.crossed_column`; a hashed column is crossed by the words of its feature."""
    plain = [_plain(c) for c in columns]
    keys = [c.key if type(c).__name__ == "HashedColumn" else c for c in plain]
    return _combining(_now.crossed_column(keys, hash_bucket_size, hash_key), combiner)


def embedding_column(
    sparse_id_column: Any, dimension: int, combiner: str = "mean", initializer: Any = None, ckpt_to_load_from: Any = None,
    tensor_name_in_ckpt: Any = None, max_norm: float | None = None, trainable: bool = True,
) -> Any:
    """`tf.feature_column.embedding_column`."""
    return _now.embedding_column(
        _plain(sparse_id_column), dimension, combiner, initializer, ckpt_to_load_from, tensor_name_in_ckpt, max_norm, trainable
    )


def one_hot_column(sparse_id_column: Any) -> Any:
    """`indicator_column`: how often each category occurs."""
    return _now.indicator_column(_plain(sparse_id_column))
