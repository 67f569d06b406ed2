"""Sparse tensors of elements as three arrays (indices, values, dense_shape): several as one, and one as its rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]


def stacked(indices: Sequence[np.ndarray], values: Sequence[np.ndarray], shapes: Sequence[np.ndarray]) -> Arrays:
    """Sparse tensors as one with a first axis that counts them; each axis is as long as the longest of theirs."""
    numbers = np.repeat(np.arange(len(indices)), [len(rows) for rows in indices])
    places = np.concatenate([numbers[:, None], np.concatenate(indices)], 1).astype(np.int64)
    shape = np.concatenate([[len(shapes)], np.max(shapes, 0)]).astype(np.int64)
    return places, np.concatenate(values), shape


def rows_of(indices: np.ndarray, values: np.ndarray, shape: np.ndarray) -> list[tuple[np.ndarray, ...]]:
    """A sparse tensor's rows, sparse themselves."""
    here = [indices[:, 0] == i for i in range(int(shape[0]))]
    return [(indices[mine, 1:], values[mine], shape[1:]) for mine in here]
