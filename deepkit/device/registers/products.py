"""Sums of products whose terms lie anywhere in two arrays: what a convolution computes, without a copy of its patches.

With where[r] for the place of row r in a, every kernel here computes

    out[r, o] = sum over i, j, k of a[where[r] + i a0 + j a1 + k a2] b[i b0 + j b1 + k b2 + o]

For a matrix product where[r] is the begin of a row; for a convolution it is the corner of a window, and i, j, k go down,
across and through the channels of what it sees. A processor multiplies and adds sixteen numbers in a moment, but fetches
few: so a tile of 6 rows and 16 columns of `out` stays in twelve registers while all its terms go by (K. Goto, R. van de
Geijn, "Anatomy of high-performance matrix multiplication", 2008). Each number of b that is fetched serves six rows, each
number of a sixteen columns.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepkit.device import compiled
from deepkit.device.registers.lanes import WIDE, fused, load, nothing, spread, store

ROWS = 6
"""Rows of one tile: 6 x 2 sums, 2 registers of b and 1 of a are what fits in the 16 of AVX2."""
COLUMNS = 2 * WIDE
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


@compiled.part
def products(a, at, where, b, bt, columns, out, to, terms, down):
    """The sums, into `out` from its flat index `to` on; a and b begin at `at` and `bt`. At least 8 columns.

    The last tiles go back over rows and columns that are done: they write the same numbers again.
    """
    last = len(where) - 1
    high, wide = last // ROWS + 1, (columns - 1) // COLUMNS + 1
    for tile in range(high * wide):
        row, column = (tile % high, tile // high) if down else (tile // wide, tile % wide)
        left = min(column * COLUMNS, max(0, columns - COLUMNS))
        _tile(a, at, where, b, bt, columns, out, to, terms, row * ROWS, left, min(left + WIDE, columns - WIDE))


@compiled.part
def _tile(a, at, where, b, bt, columns, out, to, terms, row, left, right):
    """Six rows from `row` on, eight columns from `left` and eight from `right` on."""
    (ni, nj, nk), (ai, aj, ak), (bi, bj, bk) = terms
    last = len(where) - 1
    r0, r1, r2 = row, min(row + 1, last), min(row + 2, last)
    r3, r4, r5 = min(row + 3, last), min(row + 4, last), min(row + 5, last)
    p0, p1, p2 = at + where[r0], at + where[r1], at + where[r2]
    p3, p4, p5 = at + where[r3], at + where[r4], at + where[r5]
    s0 = s1 = s2 = s3 = s4 = s5 = nothing()
    t0 = t1 = t2 = t3 = t4 = t5 = nothing()
    for i in range(ni):
        for j in range(nj):
            p = i * ai + j * aj
            q = bt + i * bi + j * bj
            for _ in range(nk):
                u, v = load(b, q + left), load(b, q + right)
                x = spread(a, p0 + p)
                s0, t0 = fused(x, u, s0), fused(x, v, t0)
                x = spread(a, p1 + p)
                s1, t1 = fused(x, u, s1), fused(x, v, t1)
                x = spread(a, p2 + p)
                s2, t2 = fused(x, u, s2), fused(x, v, t2)
                x = spread(a, p3 + p)
                s3, t3 = fused(x, u, s3), fused(x, v, t3)
                x = spread(a, p4 + p)
                s4, t4 = fused(x, u, s4), fused(x, v, t4)
                x = spread(a, p5 + p)
                s5, t5 = fused(x, u, s5), fused(x, v, t5)
                p += ak
                q += bk
    store(out, to + r0 * columns + left, s0)
    store(out, to + r0 * columns + right, t0)
    store(out, to + r1 * columns + left, s1)
    store(out, to + r1 * columns + right, t1)
    store(out, to + r2 * columns + left, s2)
    store(out, to + r2 * columns + right, t2)
    store(out, to + r3 * columns + left, s3)
    store(out, to + r3 * columns + right, t3)
    store(out, to + r4 * columns + left, s4)
    store(out, to + r4 * columns + right, t4)
    store(out, to + r5 * columns + left, s5)
    store(out, to + r5 * columns + right, t5)
