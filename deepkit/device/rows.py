"""Rows added up: all of a matrix, which is the derivative by a bias, and where numbers say, which is that of an embedding."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.device import compiled, cuda, threads
from deepkit.device.registers.lanes import WIDE, load, nothing, store

SMALL = 2**16
"""Numbers below which NumPy is as fast and needs no compiled code."""
NARROW = 256
"""Columns from which NumPy, which adds row to row, is as fast: the sum it adds to is then long enough."""
PIECE = 2**18
"""Bytes of rows that one thread takes at a time."""


def total(xp: Any, x: Any) -> Any:
    """x (rows, columns) summed over its rows: (columns,)."""
    fits = xp is np and x.dtype == np.float32 and x.size >= SMALL and WIDE <= x.shape[1] < NARROW
    if fits and x.flags.c_contiguous:
        kernel = compiled.kernel(_total)
        if kernel is not None:
            step = max(1, PIECE // x[0].nbytes)
            parts = np.empty((-(-x.shape[0] // step), x.shape[1]), np.float32)
            threads.share(lambda first, last: kernel(x[first:last], parts[first // step]), x.shape[0], step)
            return parts.sum(0)
    return x.sum(0, dtype=x.dtype)


def add_at(xp: Any, total: Any, ids: Any, x: Any) -> None:
    """total[ids] += x, where what is added to one row adds up: total (rows, ...), ids (...), x (ids..., ...)."""
    if cuda.rows.fits(xp, total, ids, x):
        cuda.rows.add_at(xp, total, ids, x)
    else:
        xp.add.at(total, ids, x)


def _total(x, to):  # compiled by numba
    rows, columns = x.shape
    for begin in range(0, columns, WIDE):
        c = min(begin, columns - WIDE)
        even, odd = nothing(), nothing()  # two sums: an addition need not wait for the one before
        for row in range(0, rows - 1, 2):
            even = even + load(x, row * columns + c)
            odd = odd + load(x, (row + 1) * columns + c)
        if rows % 2:
            even = even + load(x, (rows - 1) * columns + c)
        store(to, c, even + odd)
