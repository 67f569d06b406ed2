"""Rows added up: all of a matrix, which is the derivative by a bias, and those of one number, which is that of an embedding."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.device import compiled, cuda, threads
from deepkit.device.arrays import scatter
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


SUMS = 2**21
"""Bytes of sums that one thread takes at a time: several times longer than it takes to wake another one."""
OFTEN = 32
"""Numbers of one row up to which all rows take their first together, then their second, and so on."""


def summed_reference(xp: Any, ids: Any, x: Any) -> tuple[Any, Any]:
    """The rows that ids (count,) names, each once, rising, and for each the sum of its x (count, ...), added in their order."""
    rows, place, counts = xp.unique(ids, return_inverse=True, return_counts=True)
    if xp is not np or counts.max(initial=0) > OFTEN:
        sums = xp.zeros((rows.size, *x.shape[1:]), x.dtype)
        scatter("add", sums, place.reshape(-1), x)
        return rows, sums
    order, begins = np.argsort(ids, kind="stable"), np.cumsum(counts) - counts
    sums = x[order[begins]]
    for turn in range(1, counts.max(initial=0)):
        more = np.flatnonzero(counts > turn)
        sums[more] += x[order[begins[more] + turn]]
    return rows, sums


def summed(xp: Any, ids: Any, x: Any) -> tuple[Any, Any]:
    """`summed_reference`, compiled for large arrays: once sorted, what belongs to one row stands in one run."""
    fits = xp is np and x.dtype in (np.float32, np.float64) and x.size >= SMALL and x.flags.c_contiguous
    kernel = compiled.kernel(_sum_runs) if fits else None
    if kernel is None:
        return summed_reference(xp, ids, x)
    order = np.argsort(ids, kind="stable")
    named, flat = ids[order], x.reshape(ids.size, -1)
    bounds = np.flatnonzero(np.concatenate([[True], named[1:] != named[:-1], [True]]))
    sums = np.empty((bounds.size - 1, *x.shape[1:]), x.dtype)
    to, step = sums.reshape(len(sums), -1), max(1, SUMS // flat[0].nbytes)
    threads.share(lambda i, j: kernel(flat, order, bounds[i : j + 1], to[i:j]), len(to), step)
    return named[bounds[:-1]], sums


def _sum_runs(x, order, bounds, to):  # compiled by numba
    for row in range(to.shape[0]):
        sums, first = to[row], x[order[bounds[row]]]
        for c in range(sums.size):
            sums[c] = first[c]
        for k in range(bounds[row] + 1, bounds[row + 1]):
            more = x[order[k]]
            for c in range(sums.size):
                sums[c] += more[c]


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
