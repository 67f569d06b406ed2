"""Feature columns of categories: from a list, by a hash, or numbered already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deepkit import ops
from deepkit.device.dtypes import as_dtype, int64, string
from deepkit.errors import ArgumentError, DTypeError
from deepkit.v1.feature_column.base import (
    CategoricalColumn,
    category_feature,
    checked_ids,
    checked_key,
    vocabulary_ids,
    without_missing,
)


@dataclass(frozen=True)
class VocabularyColumn(CategoricalColumn):
    """Categories from a list; what is not in it goes to a bucket of its own or nowhere."""

    key: str
    vocabulary: tuple[Any, ...]
    dtype: Any
    default_value: int = -1
    num_oov_buckets: int = 0

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.key

    @property
    def num_buckets(self) -> int:  # type: ignore[override]
        return len(self.vocabulary) + self.num_oov_buckets

    def ids(self, features: dict[str, Any]) -> Any:
        values = category_feature(features, self.key, self.dtype)
        ids = vocabulary_ids(values, self.vocabulary, self.default_value)
        if self.num_oov_buckets:
            others = _hashed(values, self.num_oov_buckets) + len(self.vocabulary)
            ids = ops.where(ops.less(ids, 0), others, ids)
        return without_missing(values, ids)


def _text(word: Any) -> Any:
    return word.decode() if isinstance(word, bytes) else word


def categorical_column_with_vocabulary_list(
    key: str, vocabulary_list: Any, dtype: Any = None, default_value: int = -1, num_oov_buckets: int = 0
) -> VocabularyColumn:
    """Categories from a list of words or whole numbers: the category is the place in the list.

    What is not in the list becomes default_value (-1: nothing), or one of num_oov_buckets more categories, by its hash.
    "" and -1 stand for nothing.
    """
    words = tuple(map(_text, vocabulary_list))
    if not words or len(set(words)) < len(words):
        raise ArgumentError(
            f"categorical_column_with_vocabulary_list({key!r}): {list(words)[:10]}", rule="at least one word, each once"
        )
    if default_value != -1 and num_oov_buckets:
        raise ArgumentError("default_value and num_oov_buckets exclude each other", hint="leave one of them out")
    kind = string if isinstance(words[0], str) else int64
    kinds = {isinstance(word, str) for word in words} | ({as_dtype(dtype).is_string} if dtype is not None else set())
    if len(kinds) > 1:
        raise DTypeError(f"vocabulary of {key!r}: {list(words)[:10]}, dtype {dtype}", rule="all words, or all numbers")
    key = checked_key(key, "categorical_column_with_vocabulary_list")
    return VocabularyColumn(key, words, kind, int(default_value), int(num_oov_buckets))


def _hashed(values: Any, buckets: int) -> Any:
    text = values if values.dtype.is_string else ops.as_string(values)
    return ops.string_to_hash_bucket_fast(text, buckets)


@dataclass(frozen=True)
class HashedColumn(CategoricalColumn):
    """Categories without a list: the hash of the word, modulo the number of buckets."""

    key: str
    num_buckets: int
    dtype: Any = string

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.key

    def ids(self, features: dict[str, Any]) -> Any:
        values = category_feature(features, self.key, self.dtype)
        return without_missing(values, _hashed(values, self.num_buckets))


def categorical_column_with_hash_bucket(key: str, hash_bucket_size: int, dtype: Any = string) -> HashedColumn:
    """Categories without a list: FarmHash of the word (or of the number as text) modulo hash_bucket_size."""
    if int(hash_bucket_size) < 1:
        raise ArgumentError(f"hash_bucket_size={hash_bucket_size}", rule="at least 1")
    kind = as_dtype(dtype)
    if not (kind.is_string or kind.is_integer):
        raise DTypeError(f"categorical_column_with_hash_bucket: {kind.name}", rule="strings or integers")
    key = checked_key(key, "categorical_column_with_hash_bucket")
    return HashedColumn(key, int(hash_bucket_size), string if kind.is_string else int64)


@dataclass(frozen=True)
class IdentityColumn(CategoricalColumn):
    """Categories that are numbers from 0 on already."""

    key: str
    num_buckets: int
    default_value: int | None = None

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.key

    def ids(self, features: dict[str, Any]) -> Any:
        values = category_feature(features, self.key, int64)
        nothing = ops.equal(values, -1)
        if self.default_value is None:
            hint = f"num_buckets, now {self.num_buckets}, or default_value for numbers outside"
            inside = ops.where(nothing, ops.zeros_like(values), values)
            ids = checked_ids(inside, self.num_buckets, f"feature {self.key!r}", hint)
        else:
            outside = ops.logical_or(ops.less(values, 0), ops.greater_equal(values, self.num_buckets))
            ids = ops.where(outside, ops.ones_like(values) * self.default_value, values)
        return without_missing(values, ids)


def categorical_column_with_identity(key: str, num_buckets: int, default_value: int | None = None) -> IdentityColumn:
    """Categories that are numbers from 0 to num_buckets - 1; others become default_value, or are an error without one."""
    if int(num_buckets) < 1 or (default_value is not None and not 0 <= default_value < num_buckets):
        raise ArgumentError(
            f"num_buckets={num_buckets}, default_value={default_value}", rule="1 <= num_buckets, default_value below it"
        )
    return IdentityColumn(checked_key(key, "categorical_column_with_identity"), int(num_buckets), default_value)
