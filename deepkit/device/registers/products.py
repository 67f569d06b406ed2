"""Sums of products whose terms lie anywhere in two arrays: what a convolution computes, without a copy of its patches.

With where[r] for the place of row r in a, every kernel here computes

    out[r, o] = sum over i, j, k of a[where[r] + i a0 + j a1 + k a2] b[i b0 + j b1 + k b2 + o]

For a matrix product where[r] is the begin of a row; for a convolution it is the corner of a window, and i, j, k go down,
across and through the channels of what it sees. A processor multiplies and adds many numbers in a moment, but fetches
few: so a tile of `out`, ROWS high and up to ACROSS registers wide, stays in registers while all its terms go by (K. Goto,
R. van de Geijn, "Anatomy of high-performance matrix multiplication", 2008). Each number of b that is fetched serves ROWS rows,
each number of a all columns of the tile: ten are fetched for 24 products of registers. Twelve rows of two would need 14.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepkit.device import compiled
from deepkit.device.registers.lanes import (
    ACROSS,
    ROWS,
    WIDE,
    add_products,
    blank,
    highest,
    load,
    load_all,
    nothing,
    places,
    store,
    store_all,
)

NEAR = 2**17
"""Bytes that stay in the second cache of a core beside what else a tile reads."""


Triple = tuple[int, int, int]
Terms = tuple[Triple, Triple, Triple]
"""Where the terms of one sum lie: how many i, j, k there are, how far one more of each leads in a, and how far in b."""


def reference(a: Any, where: Any, b: Any, columns: int, terms: Terms) -> Any:
    """The sums by NumPy: (rows, columns)."""
    counts, a_steps, b_steps = terms
    places = np.indices(counts).reshape(3, -1)
    from_a, from_b = np.array(a_steps) @ places, np.array(b_steps) @ places
    return a.reshape(-1)[where[:, None] + from_a] @ b.reshape(-1)[from_b[:, None] + np.arange(columns)]


def down_first(terms: Terms) -> bool:
    """True if a tile's neighbour is the one below it: where all of b does not stay in the cache, one tile of it does."""
    counts, _, b_steps = terms
    return math.prod(counts) * b_steps[2] * 4 > NEAR


def bias_or_none(bias: Any) -> Any:
    """What `add_bias` takes for a bias, or for none: an array of one type always, for which it is compiled once."""
    return np.empty(0, np.float32) if bias is None else np.array(bias, np.float32, order="C")


@compiled.part
def add_bias(y, begin, end, bias, relu):
    """y + bias in the flat places from `begin` to `end`, at least 0 with `relu`; nothing if the bias is empty."""
    columns = max(1, bias.size)
    for row in range(begin, end if bias.size else begin, columns):
        for c in range(0, columns - WIDE + 1, WIDE):
            made = load(y, row + c) + load(bias, c)
            store(y, row + c, highest(nothing(), made) if relu else made)  # a NaN stays
        for c in range(columns // WIDE * WIDE, columns):
            number = y[row + c] + bias[c]
            y[row + c] = 0 if relu and number <= 0 else number


@compiled.part
def products(a, at, where, b, bt, columns, out, to, terms, down):
    """The sums, into `out` from its flat index `to` on; a and b begin at `at` and `bt`. At least WIDE columns.

    The last tiles go back over rows and columns that are done: they write the same numbers again.
    """
    last = len(where) - 1
    full = (last // ROWS + 1) * ROWS
    seen, made = np.empty(full, np.intp), np.empty(full, np.intp)
    for row in range(full):
        seen[row], made[row] = where[min(row, last)], min(row, last) * columns
    whole_tiles(a, at, seen, b, bt, columns, out, to, made, terms, down, False)


@compiled.part
def whole_tiles(a, at, seen, b, bt, columns, out, to, made, terms, down, more):
    """`products` of whole tiles, whose rows begin in a at `seen` and in out at `made`; with `more` they add to what is there."""
    filled, last = (columns - 1) // WIDE + 1, columns - WIDE
    high, wide = len(seen) // ROWS, (filled - 1) // ACROSS + 1
    for tile in range(high * wide):
        row, column = (tile % high, tile // high) if down else (tile // wide, tile % wide)
        rows, to_rows, begin = places(seen, row * ROWS), places(made, row * ROWS), column * filled // wide
        p, across = begin * WIDE, (column + 1) * filled // wide - begin
        q, r, s = p + WIDE, p + 2 * WIDE, p + 3 * WIDE
        if across == 4:
            _tile(a, at, rows, b, bt, out, to, to_rows, (p, q, r, min(s, last)), terms, more)
        elif across == 3:
            _tile(a, at, rows, b, bt, out, to, to_rows, (p, q, min(r, last)), terms, more)
        elif across == 2:
            _tile(a, at, rows, b, bt, out, to, to_rows, (p, min(q, last)), terms, more)
        else:
            _tile(a, at, rows, b, bt, out, to, to_rows, (last,), terms, more)


@compiled.part
def _tile(a, at, rows, b, bt, out, to, to_rows, columns, terms, more):
    """The sums of some rows, which begin in a at `rows` and in out at `to_rows`, and of WIDE columns from each of `columns`."""
    (ni, nj, nk), (ai, aj, ak), (bi, bj, bk) = terms
    sums = load_all(out, to, to_rows, columns) if more else blank(rows, columns)
    for i in range(ni):
        for j in range(nj):
            p = at + i * ai + j * aj
            q = bt + i * bi + j * bj
            for _ in range(nk):
                sums = add_products(sums, a, rows, p, b, columns, q)
                p += ak
                q += bk
    store_all(out, to, to_rows, columns, sums)
