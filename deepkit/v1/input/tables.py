"""Lookup tables: words to numbers and back, filled by an initializer, or key by key while the graph runs."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from deepkit import ops
from deepkit.core.apply import apply
from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.core.node import Node
from deepkit.core.symbol import Symbol
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ArgumentError, DataError, DTypeError
from deepkit.ops.input import tables as table_ops
from deepkit.v1.framework.control_flow import py_func
from deepkit.v1.framework.creators import group
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.ops.sparse import SparseTensor

__all__ = ["initialize_all_tables", "tables_initializer"]


class KeyValueTensorInitializer:
    """Keys and values of a table, two tensors (or lists) of one shape."""

    def __init__(self, keys: Any, values: Any, key_dtype: Any = None, value_dtype: Any = None, name: str | None = None):
        self.keys, self.values = constant_of(keys, key_dtype), constant_of(values, value_dtype)

    @property
    def key_dtype(self) -> DType:
        return self.keys.dtype

    @property
    def value_dtype(self) -> DType:
        return self.values.dtype

    def pairs(self) -> tuple[Symbol, Symbol]:
        """The tensors of the keys and of the values."""
        return self.keys, self.values


class TextFileIndex:
    """What of a line of a file is meant: all of it, its number, or else the column of that number."""

    WHOLE_LINE, LINE_NUMBER = -2, -1


class TextFileInitializer:
    """Keys and values of a table from the lines of a file, which is read when the table is initialized.

    key_index and value_index: TextFileIndex.WHOLE_LINE, LINE_NUMBER, or a column of lines cut at `delimiter`.
    """

    def __init__(
        self, filename: Any, key_dtype: Any, key_index: int, value_dtype: Any, value_index: int, vocab_size: int | None = None,
        delimiter: str = "\t", name: str | None = None,
    ):
        self.filename, self.vocab_size, self.delimiter = filename, vocab_size, delimiter
        self.key_dtype, self.value_dtype = as_dtype(key_dtype), as_dtype(value_dtype)
        self.indices = int(key_index), int(value_index)

    def pairs(self) -> tuple[Symbol, Symbol]:
        """The tensors of the keys and of the values: each run of them reads the file."""
        keys, values = py_func(self._read, [constant_of(self.filename)], [self.key_dtype, self.value_dtype])
        return keys, values

    def _read(self, filename: Any) -> list[np.ndarray]:
        path = filename.item() if hasattr(filename, "item") else filename
        with open(path, "rb") as file:
            lines = [line.rstrip(b"\r\n") for line in file]
        if self.vocab_size is not None and len(lines) < self.vocab_size:
            raise DataError(f"{path.decode()} has {len(lines)} lines", rule=f"vocab_size={self.vocab_size}")
        lines = lines[: self.vocab_size]
        return [
            np.array([self._part(line, number, index) for number, line in enumerate(lines)], object if dtype.is_string else None)
            .astype(dtype.numpy)
            for index, dtype in zip(self.indices, (self.key_dtype, self.value_dtype), strict=True)
        ]

    def _part(self, line: bytes, number: int, index: int) -> Any:
        if index == TextFileIndex.LINE_NUMBER:
            return number
        if index == TextFileIndex.WHOLE_LINE:
            return line
        columns = line.split(self.delimiter.encode())
        if index >= len(columns):
            raise DataError(f"line {number + 1} has {len(columns)} columns", rule=f"column {index} is asked for")
        return columns[index]


class TextFileStringTableInitializer(TextFileInitializer):
    """From numbers of lines to the lines, or what key and value columns say."""

    def __init__(
        self, filename: Any, key_column_index: int = TextFileIndex.LINE_NUMBER,
        value_column_index: int = TextFileIndex.WHOLE_LINE, vocab_size: int | None = None, delimiter: str = "\t",
        name: str | None = None,
    ):
        super().__init__(filename, "int64", key_column_index, "string", value_column_index, vocab_size, delimiter)


class TextFileIdTableInitializer(TextFileInitializer):
    """From lines to their numbers, or what key and value columns say."""

    def __init__(
        self, filename: Any, key_column_index: int = TextFileIndex.WHOLE_LINE,
        value_column_index: int = TextFileIndex.LINE_NUMBER, vocab_size: int | None = None, delimiter: str = "\t",
        name: str | None = None, key_dtype: Any = "string",
    ):
        super().__init__(filename, key_dtype, key_column_index, "int64", value_column_index, vocab_size, delimiter)


class LookupTable:
    """Base: a table of the session, and what is asked of it."""

    key_dtype: DType
    value_dtype: DType

    def __init__(self, key_dtype: Any, value_dtype: Any, default: Any, mutable: bool, name: str):
        self.key_dtype, self.value_dtype = as_dtype(key_dtype), as_dtype(value_dtype)
        self.table: Symbol = default_graph().add(table_ops.HashTableV2(mutable=mutable), (), name)
        self.default_value = constant_of(default, self.value_dtype)

    @property
    def resource_handle(self) -> Symbol:
        return self.table

    @property
    def name(self) -> str:
        return self.table.node.name

    def _keys(self, keys: Any) -> Symbol:
        given = constant_of(keys, None if hasattr(keys, "dtype") else self.key_dtype)
        if given.dtype is not self.key_dtype:
            raise DTypeError(
                f"the table {self.name!r} has keys of type {self.key_dtype.name}, not {given.dtype.name}",
                hint=f"tf.cast(keys, tf.{self.key_dtype.name})",
            )
        return given

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The value of each key, of the keys' shape; of a SparseTensor's keys a SparseTensor."""
        if isinstance(keys, SparseTensor):
            return SparseTensor(keys.indices, self.lookup(keys.values, name), keys.dense_shape)
        label = name or f"{self.name}_Lookup/LookupTableFindV2"
        return apply(table_ops.LookupTableFindV2(), self.table, self._keys(keys), self.default_value, name=label)

    def size(self, name: str | None = None) -> Symbol:
        """The number of keys: int64."""
        label = name or f"{self.name}_Size/LookupTableSizeV2"
        return apply(table_ops.LookupTableSizeV2(), self.table, name=label)

    def export(self, name: str | None = None) -> list[Symbol]:
        """All keys, and all values."""
        op = table_ops.LookupTableExportV2(
            key_dtype=self.key_dtype.name, value_dtype=self.value_dtype.name,
            row=tuple(d for d in self.default_value.shape.as_list() if d is not None),
        )
        return apply(op, self.table, name=name or f"{self.name}_lookup_table_export_values/LookupTableExportV2")


class StaticHashTable(LookupTable):
    """A table that its initializer fills once; a key that it does not know has the default value.

    >>> import deepkit.v1 as tf
    >>> with tf.Graph().as_default(), tf.Session() as sess:
    ...     pairs = tf.lookup.KeyValueTensorInitializer(["a", "b"], [3, 4])
    ...     table = tf.lookup.StaticHashTable(pairs, -1)
    ...     numbers = table.lookup(tf.constant(["b", "c"]))
    ...     sess.run(tf.tables_initializer())
    ...     sess.run(numbers).tolist()
    [4, -1]
    """

    def __init__(self, initializer: Any, default_value: Any, name: str | None = None, **_: Any):
        super().__init__(initializer.key_dtype, initializer.value_dtype, default_value, False, name or "hash_table")
        filled = apply(
            table_ops.InitializeTableV2(), self.table, *initializer.pairs(), name=f"{self.name}/table_init/LookupTableImportV2"
        )
        self.initializer: Node = filled.node
        default_graph().add_to_collection(GraphKeys.TABLE_INITIALIZERS, self.initializer)

    @property
    def init(self) -> Node:
        return self.initializer


class MutableHashTable(LookupTable):
    """A table without an initializer: keys come and go by `insert` and `remove`."""

    def __init__(
        self, key_dtype: Any, value_dtype: Any, default_value: Any, shared_name: str | None = None,
        name: str = "MutableHashTable", checkpoint: bool = True,
    ):
        super().__init__(key_dtype, value_dtype, default_value, True, name)

    def insert(self, keys: Any, values: Any, name: str | None = None) -> Node:
        """An operation that gives these keys these values."""
        filled = apply(
            table_ops.LookupTableInsertV2(), self.table, self._keys(keys), constant_of(values, self.value_dtype), name=name
        )
        return filled.node

    def remove(self, keys: Any, name: str | None = None) -> Node:
        """An operation that takes these keys out."""
        return apply(table_ops.LookupTableRemoveV2(), self.table, self._keys(keys), name=name).node


class MutableDenseHashTable(MutableHashTable):
    """MutableHashTable with TensorFlow's arguments for a table of another layout; empty_key and deleted_key are never keys."""

    def __init__(
        self, key_dtype: Any, value_dtype: Any, default_value: Any, empty_key: Any, deleted_key: Any = None,
        initial_num_buckets: int | None = None, shared_name: str | None = None, name: str = "MutableDenseHashTable",
        checkpoint: bool = True,
    ):
        super().__init__(key_dtype, value_dtype, default_value, shared_name, name)


class HasherSpec(NamedTuple):
    """Which hash puts unknown keys into buckets: "fasthash", or "stronghash" under a key of two integers."""

    hasher: str
    key: Any


FastHashSpec = HasherSpec("fasthash", None)


def StrongHashSpec(key: Any) -> HasherSpec:  # TensorFlow's name
    """Buckets by SipHash under a key of two integers."""
    return HasherSpec("stronghash", list(key))


class IdTableWithHashBuckets:
    """A table of ids, in which an unknown key has the id of one of num_oov_buckets that follow, by its hash."""

    def __init__(
        self, table: StaticHashTable | None, num_oov_buckets: int, hasher_spec: HasherSpec = FastHashSpec,
        name: str | None = None, key_dtype: Any = None,
    ):
        if table is None and num_oov_buckets < 1:
            raise ArgumentError("IdTableWithHashBuckets: no table and no buckets", rule="num_oov_buckets is positive")
        self._table, self._buckets, self._hasher = table, int(num_oov_buckets), hasher_spec
        self.key_dtype = as_dtype(key_dtype) if key_dtype is not None else table.key_dtype if table else as_dtype("string")
        self.value_dtype = as_dtype("int64")

    @property
    def initializer(self) -> Node:
        return group() if self._table is None else self._table.initializer

    init = initializer

    def size(self, name: str | None = None) -> Any:
        """The number of ids, those of the buckets included."""
        return constant_of(self._buckets, "int64") if self._table is None else self._table.size(name) + self._buckets

    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The id of each key, int64, of the keys' shape; of a SparseTensor's keys a SparseTensor."""
        if isinstance(keys, SparseTensor):
            return SparseTensor(keys.indices, self.lookup(keys.values, name), keys.dense_shape)
        given = constant_of(keys, None if hasattr(keys, "dtype") else self.key_dtype)
        if not self._buckets:
            return self._table.lookup(given, name)  # type: ignore[union-attr]
        texts = given if given.dtype.is_string else ops.as_string(given)
        bucket = self._bucket(texts)
        if self._table is None:
            return bucket
        ids = self._table.lookup(given if given.dtype is self._table.key_dtype else ops.cast(given, self._table.key_dtype))
        known = ops.not_equal(ids, self._table.default_value)
        return ops.where(known, ids, bucket + self._table.size(), name=name)

    def _bucket(self, texts: Symbol) -> Any:
        if self._hasher.hasher == "stronghash":
            return ops.string_to_hash_bucket_strong(texts, self._buckets, self._hasher.key)
        if self._hasher.hasher != "fasthash":
            raise ArgumentError(f"hasher {self._hasher.hasher!r}", rule="FastHashSpec, or StrongHashSpec(key)")
        return ops.string_to_hash_bucket_fast(texts, self._buckets)


class StaticVocabularyTable(IdTableWithHashBuckets):
    """A vocabulary of ids 0, 1, ...: words that it lacks have the id of one of num_oov_buckets that follow, by their hash."""

    def __init__(
        self, initializer: Any, num_oov_buckets: int, lookup_key_dtype: Any = None, name: str | None = None, **_: Any
    ):
        table = None if initializer is None else StaticHashTable(initializer, -1, name)
        super().__init__(table, num_oov_buckets, key_dtype=lookup_key_dtype)


def tables_initializer(name: str = "init_all_tables") -> Node:
    """One operation that fills all tables made so far."""
    return group(*default_graph().get_collection(GraphKeys.TABLE_INITIALIZERS), name=name)


initialize_all_tables = tables_initializer
