"""Stretches of a sequence, and what follows each of them: how a series becomes examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit.errors import ShapeError


def windows(sequence: Sequence[Any] | np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """All stretches of `length` neighbours, (n, length), and what follows each of them, (n,).

    Raises:
        ShapeError: where nothing is left to follow.

    >>> x, y = windows([5, 6, 7, 8, 9], 3)
    >>> x.tolist(), y.tolist()
    ([[5, 6, 7], [6, 7, 8]], [8, 9])
    """
    values = np.asarray(sequence)
    if values.ndim != 1 or not 0 < length < len(values):
        raise ShapeError(f"windows of {length} out of a sequence of shape {values.shape}", rule="0 < length < how many there are")
    return np.lib.stride_tricks.sliding_window_view(values[:-1], length).copy(), values[length:].copy()
