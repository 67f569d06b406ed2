"""Convolution with 3 x 3 filters by 16 multiplications where 36 stand in the formula, and its two derivatives.

A tile d of 4 x 4 places gives 2 x 2 results y of a 3 x 3 filter g. Along one axis, two results of three taps are

    y = A' [(G g) * (B' d)]        with * number by number, and A', B', G below,

four multiplications for six (S. Winograd, "Arithmetic complexity of computations", 1980); applied to both axes,
y = A' [(G g G') * (B' d B)] A. Summed over input channels, each of the 16 places is a matrix product (A. Lavin, S. Gray,
"Fast algorithms for convolutional neural networks", 2016). Every step is linear, so the derivative by g goes back through
the transposed matrices: G' [(B' d B) * (A dy A')] G, summed over the tiles.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepkit.device import compiled, machine, threads
from deepkit.device.registers.lanes import WIDE, check_filled, load, nothing, store
from deepkit.device.registers.products import ROWS, products
from deepkit.device.windows import Ints, Windows, pad

B = np.array([[1, 0, 0, 0], [0, 1, -1, 1], [-1, 1, 1, 0], [0, 0, 0, -1]], np.float32)
G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]], np.float32)
A = np.array([[1, 0], [1, 1], [1, -1], [0, -1]], np.float32)
ENOUGH = 24 if WIDE == 8 else 96
"""Channels, in and out, from which the multiplications saved outweigh what is added and subtracted around them.

Wide registers multiply twice as many numbers at a time, but the additions wait for memory."""
MANY = 256
"""Tiles from which they outweigh the work on the filters."""
PIECE = 2**19
"""Bytes of one piece of the work: tiles before and after their products."""


def fits(batch: int, filters: Ints, windows: Windows) -> bool:
    """True for 3 x 3 filters, moved by one place at a time, between enough channels and over enough tiles."""
    square = windows.kernel == (3, 3) and set(windows.strides) == set(windows.dilations) == {1}
    return square and min(filters[-2:]) >= ENOUGH and batch * math.prod(windows.out) >= 4 * MANY


def convolve_reference(x: Any, filters: Any, windows: Windows) -> Any:
    """y = A' [(G g G') * (B' d B)] A for all tiles at once, by NumPy."""
    products = np.einsum("ntuabc,abco->ntuabo", _spread(_tiles(x, windows), B.T), _spread_filters(filters))
    return _together(_spread(products, A.T))[:, : windows.out[0], : windows.out[1]]


def filter_gradient_reference(x: Any, dy: Any, windows: Windows) -> Any:
    """dg = G' [(B' d B) * (A dy A')] G, summed over the tiles, by NumPy."""
    n, (high, wide) = dy.shape[0], windows.out
    whole = np.pad(dy, ((0, 0), (0, high % 2), (0, wide % 2), (0, 0)))
    squares = whole.reshape(n, -(-high // 2), 2, -(-wide // 2), 2, -1).swapaxes(2, 3)
    return _gather_filters(np.einsum("ntuabc,ntuabo->abco", _spread(_tiles(x, windows), B.T), _spread(squares, A)))


def _tiles(x: Any, windows: Windows) -> Any:
    """(batch, tiles down, tiles across, 4, 4, channels): every second place begins a tile."""
    down, across = (-(-n // 2) for n in windows.out)
    after = [2 * t + 2 - n - b for t, n, b in zip((down, across), x.shape[1:3], windows.before, strict=True)]
    padded = pad(np, x, windows.before, [max(0, a) for a in after])
    n, h, w, c = padded.strides
    shape, steps = (len(x), down, across, 4, 4, x.shape[-1]), (n, 2 * h, 2 * w, h, w, c)
    return np.lib.stride_tricks.as_strided(padded, shape, steps)


def _spread(tiles: Any, matrix: Any) -> Any:
    """The matrix applied along both axes of each tile: (..., height, width, channels)."""
    return np.einsum("ai,bj,...ijc->...abc", matrix, matrix, tiles, optimize=True)


def _spread_filters(filters: Any) -> Any:
    """G g G', (4, 4, in, out)."""
    down = (G @ filters.reshape(3, -1)).reshape(4, 3, -1)
    return np.matmul(G, down).reshape(4, 4, *filters.shape[2:])


def _gather_filters(total: Any) -> Any:
    """G' t G of t (4, 4, in, out)."""
    across = np.matmul(G.T, total.reshape(4, 4, -1))
    return (G.T @ across.reshape(4, -1)).reshape(3, 3, *total.shape[2:])


def _together(squares: Any) -> Any:
    """(batch, down, across, 2, 2, channels) as images."""
    n, down, across, _, _, channels = squares.shape
    return squares.swapaxes(2, 3).reshape(n, 2 * down, 2 * across, channels)


def convolve(x: Any, filters: Any, windows: Windows) -> Any:
    """`convolve_reference`, compiled: piece by piece, each of which stays in a core's cache."""
    channels, columns = filters.shape[-2:]
    check_filled(channels, columns)
    down, across = (-(-n // 2) for n in windows.out)
    count, step = x.shape[0] * down * across, _tiles_at_a_time(channels, columns)
    x, y = np.ascontiguousarray(x), np.empty((x.shape[0], *windows.out, columns), np.float32)
    spread = machine.aligned_copy(_spread_filters(filters).reshape(16, channels, columns))
    kernel = compiled.kernel(_convolve)
    assert kernel is not None

    def some(first: int, last: int) -> None:
        seen, made = (machine.aligned((16, last - first, n)) for n in (channels, columns))
        kernel(x, spread, y, windows.before, across, down, first, last, seen, made)

    threads.share(some, count, step)
    return y


def filter_gradient(x: Any, dy: Any, windows: Windows) -> Any:
    """`filter_gradient_reference`, compiled."""
    channels, columns = x.shape[-1], dy.shape[-1]
    check_filled(channels, columns)
    down, across = (-(-n // 2) for n in windows.out)
    step = _tiles_at_a_time(channels, columns)
    count = x.shape[0] * down * across
    piece = threads.summed_apart(count, 8 * step, 64 * channels * columns)
    parts = np.zeros((-(-count // piece), 16, channels, columns), np.float32)
    x, dy, kernel = np.ascontiguousarray(x), np.ascontiguousarray(dy), compiled.kernel(_filter_gradient)
    assert kernel is not None

    def some(first: int, last: int) -> None:
        seen, sent = machine.aligned((16, step, channels)), machine.aligned((16, step, columns))
        kernel(x, dy, parts[first // piece], windows.before, across, down, first, last, seen, sent)

    threads.share(some, count, piece)
    return _gather_filters(parts.sum(0).reshape(4, 4, channels, columns))


def _tiles_at_a_time(channels: int, columns: int) -> int:
    return max(1, PIECE // (64 * (channels + columns) * ROWS)) * ROWS


def _convolve(x, filters, y, before, across, down, first, last, seen, made):  # compiled by numba
    many, channels, columns = last - first, filters.shape[1], filters.shape[2]
    for tile in range(many):
        image, place = divmod(first + tile, across * down)
        _seen(x, image, 2 * (place // across) - before[0], 2 * (place % across) - before[1], seen, tile)
    rows = np.arange(many) * channels
    terms = ((1, 1, channels), (0, 0, 1), (0, 0, columns))
    for e in range(16):
        a, b, to = e * many * channels, e * channels * columns, e * many * columns
        products(seen, a, rows, filters, b, columns, made, to, terms, False)
    for tile in range(many):
        image, place = divmod(first + tile, across * down)
        _results(made, tile, y, image, 2 * (place // across), 2 * (place % across))


def _filter_gradient(x, dy, total, before, across, down, first, last, seen, sent):  # compiled by numba
    channels, columns, step = total.shape[1], total.shape[2], sent.shape[1]
    part, rows = np.empty((channels, columns), x.dtype), np.arange(channels)
    for begin in range(first, last, step):
        many = min(step, last - begin)
        for tile in range(many):
            image, place = divmod(begin + tile, across * down)
            i, j = 2 * (place // across), 2 * (place % across)
            _seen(x, image, i - before[0], j - before[1], seen, tile)
            _sent(dy, image, i, j, sent, tile)
        terms = ((1, 1, many), (0, 0, channels), (0, 0, columns))
        for e in range(16):
            products(seen, e * step * channels, rows, sent, e * step * columns, columns, part, 0, terms, True)
            whole = total[e]
            for c in range(channels):
                for o in range(columns):
                    whole[c, o] += part[c, o]


@compiled.part
def _cut(x, image, i, j, size, edge):
    """A tile at (i, j), copied into `edge` with zeros where there is no image."""
    for a in range(size):
        for b in range(size):
            if 0 <= i + a < x.shape[1] and 0 <= j + b < x.shape[2]:
                edge[a, b] = x[image, i + a, j + b]
            else:
                edge[a, b] = 0


@compiled.part
def _seen(x, image, i, j, out, tile):
    """B' d B of the tile of x at (i, j) into out[:, tile]."""
    high, wide, channels = x.shape[1], x.shape[2], x.shape[3]
    if 0 <= i <= high - 4 and 0 <= j <= wide - 4:
        _seen_inside(x, ((image * high + i) * wide + j) * channels, wide * channels, channels, out, tile)
    else:
        edge = np.empty((4, 4, channels), x.dtype)
        _cut(x, image, i, j, 4, edge)
        _seen_inside(edge, 0, 4 * channels, channels, out, tile)


@compiled.part
def _seen_inside(x, at, line, channels, out, tile):
    step = out.shape[1] * channels
    for begin in range(0, channels, WIDE):
        c = min(begin, channels - WIDE)
        a0, a1, a2, a3 = _four(x, at + c, line)
        b0, b1, b2, b3 = _four(x, at + c + channels, line)
        c0, c1, c2, c3 = _four(x, at + c + 2 * channels, line)
        d0, d1, d2, d3 = _four(x, at + c + 3 * channels, line)
        to = tile * channels + c
        _across(a0, b0, c0, d0, out, to, step)
        _across(a1, b1, c1, d1, out, to + 4 * step, step)
        _across(a2, b2, c2, d2, out, to + 8 * step, step)
        _across(a3, b3, c3, d3, out, to + 12 * step, step)


@compiled.part
def _four(x, at, line):
    """B' of four numbers below each other."""
    p, q, r, s = load(x, at), load(x, at + line), load(x, at + 2 * line), load(x, at + 3 * line)
    return p - r, q + r, r - q, q - s


@compiled.part
def _across(p, q, r, s, out, to, step):
    """B' of four numbers beside each other, stored."""
    store(out, to, p - r)
    store(out, to + step, q + r)
    store(out, to + 2 * step, r - q)
    store(out, to + 3 * step, q - s)


@compiled.part
def _results(made, tile, y, image, i, j):
    """A' m A of made[:, tile] to the two by two places of y at (i, j), or as many as there are."""
    high, wide, columns = y.shape[1], y.shape[2], y.shape[3]
    if i + 2 <= high and j + 2 <= wide:
        _results_inside(made, tile, y, ((image * high + i) * wide + j) * columns, wide * columns, columns)
    else:
        edge = np.empty((2, 2, columns), y.dtype)
        _results_inside(made, tile, edge, 0, 2 * columns, columns)
        for a in range(min(2, high - i)):
            for b in range(min(2, wide - j)):
                y[image, i + a, j + b] = edge[a, b]


@compiled.part
def _results_inside(made, tile, y, at, line, columns):
    step = made.shape[1] * columns
    for begin in range(0, columns, WIDE):
        c = min(begin, columns - WIDE)
        m = tile * columns + c
        p0, q0 = _two(made, m, 4 * step)
        p1, q1 = _two(made, m + step, 4 * step)
        p2, q2 = _two(made, m + 2 * step, 4 * step)
        p3, q3 = _two(made, m + 3 * step, 4 * step)
        to = at + c
        store(y, to, p0 + p1 + p2)
        store(y, to + columns, p1 - p2 - p3)
        store(y, to + line, q0 + q1 + q2)
        store(y, to + line + columns, q1 - q2 - q3)


@compiled.part
def _two(made, at, step):
    """A' of four numbers below each other."""
    p, q, r, s = load(made, at), load(made, at + step), load(made, at + 2 * step), load(made, at + 3 * step)
    return p + q + r, q - r - s


@compiled.part
def _sent(dy, image, i, j, out, tile):
    """A dy A' of the two by two places at (i, j) into out[:, tile]."""
    high, wide, columns = dy.shape[1], dy.shape[2], dy.shape[3]
    if i + 2 <= high and j + 2 <= wide:
        _sent_inside(dy, ((image * high + i) * wide + j) * columns, wide * columns, columns, out, tile)
    else:
        edge = np.empty((2, 2, columns), dy.dtype)
        _cut(dy, image, i, j, 2, edge)
        _sent_inside(edge, 0, 2 * columns, columns, out, tile)


@compiled.part
def _sent_inside(dy, at, line, columns, out, tile):
    step = out.shape[1] * columns
    for begin in range(0, columns, WIDE):
        c = min(begin, columns - WIDE)
        p, q = load(dy, at + c), load(dy, at + c + columns)
        r, s = load(dy, at + c + line), load(dy, at + c + line + columns)
        to = tile * columns + c
        _sent_across(p, q, out, to, step)
        _sent_across(p + r, q + s, out, to + 4 * step, step)
        _sent_across(p - r, q - s, out, to + 8 * step, step)
        _sent_across(nothing() - r, nothing() - s, out, to + 12 * step, step)


@compiled.part
def _sent_across(p, q, out, to, step):
    """A of two numbers beside each other, stored."""
    store(out, to, p)
    store(out, to + step, p + q)
    store(out, to + 2 * step, p - q)
    store(out, to + 3 * step, nothing() - q)
