"""Lookup tables: keys and values that a session keeps, and what is asked of them."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from deepkit.core.node import Node
from deepkit.core.op import register
from deepkit.core.shape import Shape
from deepkit.core.typing import Array, ArrayModule
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ArgumentError, UninitializedError
from deepkit.ops.input.resources import Kept, Resource, ResourceUse


class Table:
    """The entries of one table in one session."""

    def __init__(self, name: str, mutable: bool):
        self.name, self.mutable = name, mutable
        self.entries: dict[Any, Any] | None = {} if mutable else None

    @property
    def known(self) -> dict[Any, Any]:
        """The entries. UninitializedError: nothing has filled the table yet."""
        if self.entries is None:
            raise UninitializedError(
                f"the table {self.name!r} is empty", rule="a table is filled by its initializer",
                hint="sess.run(tf.tables_initializer()) before the first lookup",
            )
        return self.entries

    def cancel(self) -> None:
        """Nobody waits at a table."""


Handle = Table | np.ndarray
"""A table, or an array that holds one: so it comes to the functions of data sets."""


def opened(handle: Handle) -> Table:
    """The table itself."""
    return handle.item() if isinstance(handle, np.ndarray) else handle


@register
class HashTableV2(Resource):
    """A table: a value for each key it knows. One that is not mutable is filled once, by its initializer."""

    mutable: bool = False

    def make(self, node: Node, session: Kept) -> Table:
        return Table(node.name, self.mutable)


class TableUse(ResourceUse):
    """Base of what is asked of a table: keys and values of the types that it was made for."""

    types: ClassVar[tuple[str, ...]] = ("string", "any")


def _keys(array: Array) -> list[Any]:
    return np.asarray(array, getattr(array, "dtype", object)).reshape(-1).tolist()


class Filling(TableUse):
    """Base of the ops that put pairs into a table: keys (n,), values (n, ...)."""

    returns = "bool"

    def pairs(self, keys: Array, values: Array) -> list[tuple[Any, Any]]:
        """Each key with its value: a number, a text, or a copy of its row."""
        if np.shape(keys) != np.shape(values)[: np.ndim(keys)]:
            raise ArgumentError(
                f"a table of keys {Shape(np.shape(keys))} and values {Shape(np.shape(values))}", rule="a value for each key"
            )
        rows = np.asarray(values).reshape(-1, *np.shape(values)[np.ndim(keys) :])
        found = [row.copy() for row in rows] if rows.ndim > 1 else rows.tolist()
        return list(zip(_keys(keys), found, strict=True))


@register
class InitializeTableV2(Filling):
    """Fills a table that has nothing yet; one that has stays as it is."""

    def forward(self, xp: ArrayModule, handle: Handle, keys: Array, values: Array) -> Any:
        table = opened(handle)
        if table.entries is None:
            entries: dict[Any, Any] = {}
            for key, value in self.pairs(keys, values):
                if entries.setdefault(key, value) != value:
                    raise ArgumentError(f"table {table.name!r}: the key {key!r} has two values", rule="each key once")
            table.entries = entries
        return np.True_


@register
class LookupTableInsertV2(Filling):
    """Puts pairs into a mutable table; a key that is known gets the new value."""

    def forward(self, xp: ArrayModule, handle: Handle, keys: Array, values: Array) -> Any:
        opened(handle).known.update(self.pairs(keys, values))
        return np.True_


@register
class LookupTableRemoveV2(Filling):
    """Takes keys out of a mutable table; those that it does not know are left aside."""

    def forward(self, xp: ArrayModule, handle: Handle, keys: Array) -> Any:
        for key in _keys(keys):
            opened(handle).known.pop(key, None)
        return np.True_


@register
class LookupTableFindV2(TableUse):
    """The value of each key, or the default, the third input, which says what a value looks like."""

    def shape(self, table: Shape, keys: Shape, default: Shape) -> Shape:
        return keys + default

    def dtype(self, table: DType, keys: DType, default: DType) -> DType:
        return default

    def forward(self, xp: ArrayModule, handle: Handle, keys: Array, default: Array) -> Any:
        found = np.empty((np.size(keys), *np.shape(default)), np.asarray(default).dtype)
        known = opened(handle).known
        for i, key in enumerate(_keys(keys)):
            found[i] = known.get(key, np.asarray(default)[()])
        return found.reshape((*np.shape(keys), *np.shape(default)))


@register
class LookupTableSizeV2(TableUse):
    """The number of keys."""

    returns = "int64"

    def forward(self, xp: ArrayModule, handle: Handle) -> Any:
        return np.int64(len(opened(handle).known))


@register
class LookupTableExportV2(TableUse):
    """All keys and all values, in the order in which they came."""

    key_dtype: str = "int64"
    value_dtype: str = "int64"
    row: tuple[int, ...] = ()

    def shape(self, table: Shape) -> Any:
        return Shape((None,)), Shape((None, *self.row))

    def dtype(self, table: DType) -> Any:
        return as_dtype(self.key_dtype), as_dtype(self.value_dtype)

    def forward(self, xp: ArrayModule, handle: Handle) -> Any:
        keys = np.empty(len(opened(handle).known), as_dtype(self.key_dtype).numpy)
        values = np.empty((len(opened(handle).known), *self.row), as_dtype(self.value_dtype).numpy)
        for i, (key, value) in enumerate(opened(handle).known.items()):
            keys[i], values[i] = key, value
        return keys, values
