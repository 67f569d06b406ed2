"""The embedding layer: a trained vector for each word, user or class, found by its number."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.layers.weights import Declared


def embedding_weights(numbers: int, size: int) -> list[Declared]:
    """embeddings (numbers, size): row i is the vector of the number i."""
    return [Declared("embeddings", (numbers, size), "uniform")]


def embedding(table: Any, ids: Any) -> Any:
    """Row i of the table for each number i: ids (...), table (numbers, size) -> (..., size)."""
    ids = ids if ids.dtype.name in ("int32", "int64") else ops.cast(ids, "int32")
    return ops.embedding_lookup(table, ids)
