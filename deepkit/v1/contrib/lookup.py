"""`tf.contrib.lookup`: lookup tables, and vocabularies from lists and files."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.device.dtypes import as_dtype
from deepkit.errors import ArgumentError
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.input.tables import (
    FastHashSpec,
    HasherSpec,
    IdTableWithHashBuckets,
    KeyValueTensorInitializer,
    MutableDenseHashTable,
    MutableHashTable,
    StaticHashTable,
    StrongHashSpec,
    TextFileIdTableInitializer,
    TextFileIndex,
    TextFileInitializer,
    TextFileStringTableInitializer,
)

__all__ = [
    "FastHashSpec", "HashTable", "HasherSpec", "IdTableWithHashBuckets", "KeyValueTensorInitializer", "MutableDenseHashTable",
    "MutableHashTable", "StrongHashSpec", "TextFileIdTableInitializer", "TextFileIndex", "TextFileInitializer",
    "TextFileStringTableInitializer", "index_table_from_file", "index_table_from_tensor", "index_to_string",
    "index_to_string_table_from_file", "index_to_string_table_from_tensor", "string_to_index",
]


class HashTable(StaticHashTable):
    """A table that its initializer fills once; a key that it does not know has the default value."""

    def __init__(self, initializer: Any, default_value: Any, shared_name: str | None = None, name: str = "hash_table"):
        super().__init__(initializer, default_value, name)


def _with_buckets(
    initializer: Any, num_oov_buckets: int, default_value: int, hasher_spec: HasherSpec, name: str | None, key_dtype: Any
) -> Any:
    if num_oov_buckets < 0:
        raise ArgumentError(f"num_oov_buckets={num_oov_buckets}", rule="0 or more")
    table = HashTable(initializer, default_value, name=name or "hash_table")
    if not num_oov_buckets:
        return table
    return IdTableWithHashBuckets(table, num_oov_buckets, hasher_spec, key_dtype=key_dtype)


def index_table_from_tensor(
    mapping: Any = None, num_oov_buckets: int = 0, default_value: int = -1, hasher_spec: HasherSpec = FastHashSpec,
    dtype: Any = "string", name: str | None = None, vocabulary_list: Any = None,
) -> Any:
    """A table from the words of a list to their places in it; others have default_value, or the id of a bucket."""
    words = constant_of(mapping if mapping is not None else vocabulary_list)
    if words.dtype.is_string is not as_dtype(dtype).is_string:
        raise ArgumentError(f"a mapping of {words.dtype.name} for keys of {as_dtype(dtype).name}", rule="the same kind")
    keys = words if words.dtype.is_string else ops.cast(words, "int64")
    places = ops.range(ops.cast(ops.size(keys), "int64"))
    initializer = KeyValueTensorInitializer(keys, places)
    return _with_buckets(initializer, num_oov_buckets, default_value, hasher_spec, name, dtype)


def index_table_from_file(
    vocabulary_file: Any = None, num_oov_buckets: int = 0, vocab_size: int | None = None, default_value: int = -1,
    hasher_spec: HasherSpec = FastHashSpec, key_dtype: Any = "string", name: str | None = None,
    key_column_index: int = TextFileIndex.WHOLE_LINE, value_column_index: int = TextFileIndex.LINE_NUMBER,
    delimiter: str = "\t",
) -> Any:
    """A table from the lines of a file to their numbers; others have default_value, or the id of a bucket."""
    kept = "string" if as_dtype(key_dtype).is_string else "int64"
    initializer = TextFileIdTableInitializer(
        vocabulary_file, key_column_index, value_column_index, vocab_size, delimiter, key_dtype=kept
    )
    return _with_buckets(initializer, num_oov_buckets, default_value, hasher_spec, name, key_dtype)


def index_to_string_table_from_tensor(
    mapping: Any = None, default_value: str = "UNK", name: str | None = None, vocabulary_list: Any = None
) -> HashTable:
    """A table from places in a list to its words; others have default_value."""
    words = constant_of(mapping if mapping is not None else vocabulary_list, "string")
    places = ops.range(ops.cast(ops.size(words), "int64"))
    return HashTable(KeyValueTensorInitializer(places, words), default_value, name=name or "index_to_string")


def index_to_string_table_from_file(
    vocabulary_file: Any, vocab_size: int | None = None, default_value: str = "UNK", name: str | None = None,
    key_column_index: int = TextFileIndex.LINE_NUMBER, value_column_index: int = TextFileIndex.WHOLE_LINE,
    delimiter: str = "\t",
) -> HashTable:
    """A table from numbers of lines to the lines of a file; others have default_value."""
    initializer = TextFileStringTableInitializer(
        vocabulary_file, key_column_index, value_column_index, vocab_size, delimiter
    )
    return HashTable(initializer, default_value, name=name or "index_to_string")


def string_to_index(tensor: Any, mapping: Any, default_value: int = -1, name: str | None = None) -> Any:
    """The place of each string in a list; others have default_value."""
    return index_table_from_tensor(mapping, default_value=default_value, name=name).lookup(tensor)


def index_to_string(tensor: Any, mapping: Any, default_value: str = "UNK", name: str | None = None) -> Any:
    """The word at each place of a list; others have default_value."""
    return index_to_string_table_from_tensor(mapping, default_value, name).lookup(tensor)
