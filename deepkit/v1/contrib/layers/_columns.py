"""The feature columns of `tf.contrib.layers`, older names and argument orders of those in `tf.feature_column`."""

from __future__ import annotations

from typing import Any

from deepkit.errors import ArgumentError
from deepkit.v1 import feature_column as _now

__all__ = [
    "bucketized_column", "crossed_column", "embedding_column", "one_hot_column", "real_valued_column",
    "sparse_column_with_hash_bucket", "sparse_column_with_integerized_feature", "sparse_column_with_keys",
]


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
    return _now.categorical_column_with_hash_bucket(column_name, hash_bucket_size, dtype)


def sparse_column_with_keys(
    column_name: str, keys: Any, default_value: int = -1, combiner: str = "sum", dtype: Any = None
) -> Any:
    """`categorical_column_with_vocabulary_list`."""
    return _now.categorical_column_with_vocabulary_list(column_name, keys, dtype, default_value)


def sparse_column_with_integerized_feature(
    column_name: str, bucket_size: int, combiner: str = "sum", dtype: Any = "int64"
) -> Any:
    """`categorical_column_with_identity`."""
    return _now.categorical_column_with_identity(column_name, bucket_size)


def crossed_column(
    columns: Any, hash_bucket_size: int, combiner: str = "sum", hash_key: int | None = None, **_: Any
) -> Any:
    """`tf.feature_column.crossed_column`; a hashed column is crossed by the words of its feature."""
    keys = [c.key if type(c).__name__ == "HashedColumn" else c for c in columns]
    return _now.crossed_column(keys, hash_bucket_size, hash_key)


def embedding_column(
    sparse_id_column: Any, dimension: int, combiner: str = "mean", initializer: Any = None, ckpt_to_load_from: Any = None,
    tensor_name_in_ckpt: Any = None, max_norm: float | None = None, trainable: bool = True,
) -> Any:
    """`tf.feature_column.embedding_column`."""
    return _now.embedding_column(
        sparse_id_column, dimension, combiner, initializer, ckpt_to_load_from, tensor_name_in_ckpt, max_norm, trainable
    )


def one_hot_column(sparse_id_column: Any) -> Any:
    """`indicator_column`: how often each category occurs."""
    return _now.indicator_column(sparse_id_column)
