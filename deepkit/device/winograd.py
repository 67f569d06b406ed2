"""Convolution with 3 x 3 and 5 x 5 filters by a third of the multiplications in the formula, and its two derivatives.

Along one axis m results y of a filter g of r taps, over a tile d of m + r - 1 = 6 places, are

    y = A' [(G g) * (B' d)]        with * number by number

six multiplications for m r (S. Winograd, "Arithmetic complexity of computations", 1980). Where the matrices come from: the
product of two polynomials, of degrees r - 1 and m - 1, has degree 5, so that its values at five points and its first
coefficient say which one it is. G and A evaluate the two at those points, B says what a coefficient is made of; and the
transpose of a product of polynomials is a filter that slides. Applied to both axes, y = A' [(G g G') * (B' d B)] A.

Summed over input channels, each of the 36 places is a matrix product (A. Lavin, S. Gray, "Fast algorithms for convolutional
neural networks", 2016). Every step is linear, so the derivative by g goes back through the transposed matrices:
G' [(B' d B) * (A dy A')] G, summed over the tiles, and the derivative by d is B [(G g G') * (A dy A')] B', summed over the
output channels and where tiles overlap.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepkit.device import compiled, machine, patches, threads
from deepkit.device.registers.lanes import WIDE, check_filled, flat
from deepkit.device.registers.products import ROWS, add_bias, bias_or_none, whole_tiles
from deepkit.device.registers.tiles import TILE, back, results, seen, send
from deepkit.device.windows import Ints, Windows

POINTS = (0, 3 / 4, -3 / 4, 3 / 2, -3 / 2)
"""Near 1, whose powers stay near 1: large and small numbers side by side would cost digits. In pairs they are half the work."""
ENOUGH = 16
"""Channels, in and out, from which the multiplications saved outweigh what is added and subtracted around them."""
MANY = 96
"""Tiles from which they outweigh the work on the filters."""
TILES = 6 * ROWS
"""Tiles that one core carries through all three steps at a time: more would leave its cache before their products, fewer use
each number of the filters less often."""
PARTS = 4
"""Sums of filter gradients that are made apart, as long as each has enough tiles."""


def _values(count: int) -> Any:
    """(6, count): the powers of each point, whose sums are values of a polynomial; last, its first coefficient."""
    return np.array([[p**k for k in range(count)] for p in POINTS] + [[0] * (count - 1) + [1]], np.float64)


def _b() -> Any:
    """B' (6, 6): the coefficients of the polynomials that are 0 at all points but one, then at all."""
    rows = [np.poly([q for q in POINTS if q != p])[::-1] for p in POINTS]
    return np.array([[*row, 0] for row in rows] + [np.poly(POINTS)[::-1]], np.float32).T


def _g(taps: int) -> Any:
    """G (6, taps): a filter's values, each divided by what its polynomial in B' is there."""
    scale = [math.prod(p - q for q in POINTS if q != p) for p in POINTS]
    return (_values(taps) / np.array([*scale, 1])[:, None]).astype(np.float32)


B = _b()
G = {taps: _g(taps) for taps in (3, 5)}
A = {taps: _values(TILE + 1 - taps).astype(np.float32) for taps in (3, 5)}


def fits(batch: int, filters: Ints, windows: Windows) -> bool:
    """True for 3 x 3 and 5 x 5 filters, moved by one place at a time, between enough channels and over enough tiles."""
    square = windows.kernel in ((3, 3), (5, 5)) and set(windows.strides) == set(windows.dilations) == {1}
    return square and min(filters[-2:]) >= max(ENOUGH, WIDE) and batch * math.prod(_counts(windows)) >= MANY


def convolve_reference(x: Any, filters: Any, windows: Windows) -> Any:
    """y = A' [(G g G') * (B' d B)] A for all tiles at once, by NumPy."""
    products = np.einsum("ntuabc,abco->ntuabo", _spread(_tiles(x, windows), B.T), _spread_filters(filters))
    return _together(_spread(products, A[windows.kernel[0]].T))[:, : windows.out[0], : windows.out[1]]


def filter_gradient_reference(x: Any, dy: Any, windows: Windows) -> Any:
    """dg = G' [(B' d B) * (A dy A')] G, summed over the tiles, by NumPy."""
    products = np.einsum("ntuabc,ntuabo->abco", _spread(_tiles(x, windows), B.T), _sent(dy, windows))
    return _gather_filters(products, windows.kernel[0])


def input_gradient_reference(dy: Any, filters: Any, shape: Ints, windows: Windows) -> Any:
    """dd = B [(G g G') * (A dy A')] B' of every tile, added up where they came from, by NumPy."""
    dx = np.zeros(shape, dy.dtype)
    back = _spread(np.einsum("ntuabo,abco->ntuabc", _sent(dy, windows), _spread_filters(filters)), B)
    patches.put_back(np, back, dx, _over(shape, windows))
    return dx


def _made(windows: Windows) -> int:
    """Results of one tile along an axis."""
    return TILE + 1 - windows.kernel[0]


def _counts(windows: Windows) -> tuple[int, int]:
    """How many tiles there are down and across."""
    down, across = (-(-n // _made(windows)) for n in windows.out)
    return down, across


def _over(shape: Ints, windows: Windows) -> Windows:
    """The tiles as windows over x: one begins where the results of the one before end."""
    made, counts = _made(windows), _counts(windows)
    ends = [made * (t - 1) + TILE - n - b for t, n, b in zip(counts, shape[1:3], windows.before, strict=True)]
    return Windows((TILE, TILE), (made, made), (1, 1), windows.before, tuple(ends), counts)


def _tiles(x: Any, windows: Windows) -> Any:
    """(batch, tiles down, tiles across, 6, 6, channels)."""
    return patches.matrix(np, x, _over(x.shape, windows)).reshape(x.shape[0], *_counts(windows), TILE, TILE, x.shape[-1])


def _sent(dy: Any, windows: Windows) -> Any:
    """A dy A' of every tile's results: (batch, tiles down, tiles across, 6, 6, channels)."""
    made, (down, across) = _made(windows), _counts(windows)
    whole = np.zeros((dy.shape[0], down * made, across * made, dy.shape[-1]), dy.dtype)
    whole[:, : dy.shape[1], : dy.shape[2]] = dy
    return _spread(whole.reshape(dy.shape[0], down, made, across, made, -1).swapaxes(2, 3), A[windows.kernel[0]])


def _spread(squares: Any, matrix: Any) -> Any:
    """The matrix applied along both axes of each tile: (..., height, width, channels)."""
    return np.einsum("ai,bj,...ijc->...abc", matrix, matrix, squares, optimize=True)


def _spread_filters(filters: Any) -> Any:
    """G g G', (6, 6, in, out)."""
    taps = filters.shape[0]
    down = (G[taps] @ filters.reshape(taps, -1)).reshape(TILE, taps, -1)
    return np.matmul(G[taps], down).reshape(TILE, TILE, *filters.shape[2:])


def _gather_filters(total: Any, taps: int) -> Any:
    """G' t G of t (6, 6, in, out)."""
    across = np.matmul(G[taps].T, total.reshape(TILE, TILE, -1))
    return (G[taps].T @ across.reshape(TILE, -1)).reshape(taps, taps, *total.shape[2:])


def _together(squares: Any) -> Any:
    """(batch, down, across, m, m, channels) as images."""
    n, down, across, made, _, channels = squares.shape
    return squares.swapaxes(2, 3).reshape(n, made * down, made * across, channels)


def convolve(x: Any, filters: Any, windows: Windows, bias: Any = None, relu: bool = False) -> Any:
    """`convolve_reference`, compiled: a few tiles at a time stay in a core's cache; bias and relu as in convolve.convolve."""
    channels, columns = filters.shape[-2:]
    check_filled(channels, columns)
    down, across = _counts(windows)
    x, y = np.ascontiguousarray(x), np.empty((x.shape[0], *windows.out, columns), np.float32)
    spread = machine.aligned_copy(_spread_filters(filters).reshape(TILE * TILE, channels, columns))
    kernel, added = compiled.kernel(_convolve), bias_or_none(bias)
    assert kernel is not None

    def some(first: int, last: int) -> None:
        taken, made = (_room(TILES, n) for n in (channels, columns))
        size = _made(windows)
        kernel(x[first:last], spread, y[first:last], windows.before, down, across, size, taken, made, added, relu)

    threads.share(some, x.shape[0], _images_at_a_time(x.shape[0], down * across))
    return y


def filter_gradient(x: Any, dy: Any, windows: Windows) -> Any:
    """`filter_gradient_reference`, compiled."""
    channels, columns = x.shape[-1], dy.shape[-1]
    check_filled(channels, columns)
    down, across = _counts(windows)
    count, step = x.shape[0] * down * across, TILES + 2 * ROWS
    least = -(-max(count // PARTS, 4 * step) // step) * step
    piece = threads.summed_apart(count, least, 4 * TILE * TILE * channels * columns)
    wide = -(-columns // WIDE) * WIDE  # whole registers: what is added to a register must not be added to its neighbour, too
    parts = np.zeros((-(-count // piece), TILE * TILE, channels, wide), np.float32)
    x, dy, kernel = np.ascontiguousarray(x), np.ascontiguousarray(dy), compiled.kernel(_filter_gradient)
    assert kernel is not None

    def some(first: int, last: int) -> None:
        taken, sent = (_room(step, n) for n in (channels, wide))
        sent[...] = 0
        kernel(x, dy, parts[first // piece], windows.before, down, across, _made(windows), first, last, taken, sent)

    threads.share(some, count, piece)
    return _gather_filters(parts.sum(0)[..., :columns].reshape(TILE, TILE, channels, columns), windows.kernel[0])


def input_gradient(dy: Any, filters: Any, shape: Ints, windows: Windows) -> Any:
    """`input_gradient_reference`, compiled; the channels of x must fill whole registers, whose sums would meet otherwise."""
    channels, columns = filters.shape[-2:]
    check_filled(0 if channels % WIDE else channels, columns)
    down, across = _counts(windows)
    dy, dx = np.ascontiguousarray(dy), np.empty(shape, np.float32)
    turned = _spread_filters(filters.swapaxes(-1, -2)).reshape(TILE * TILE, columns, channels)
    spread, kernel = machine.aligned_copy(turned), compiled.kernel(_input_gradient)
    assert kernel is not None

    def some(first: int, last: int) -> None:
        sent, made = (_room(TILES, n) for n in (columns, channels))
        kernel(dy[first:last], spread, dx[first:last], windows.before, down, across, _made(windows), sent, made)

    threads.share(some, dy.shape[0], _images_at_a_time(dy.shape[0], down * across))
    return dx


def _room(tiles: int, channels: int) -> Any:
    """Memory for the 36 numbers of some tiles; a register between two keeps them from falling on the same lines of a cache."""
    return machine.aligned((TILE * TILE, tiles * channels + WIDE))


def _images_at_a_time(batch: int, each: int) -> int:
    """How many images one thread takes: few, whose tiles nearly fill the rows of products."""
    most = max(1, min(-(-batch // 4), 32 * ROWS // each))
    return min(range(1, most + 1), key=lambda n: (round(-n * each % ROWS / (n * each), 2), -n))


# ---- compiled by numba


def _convolve(x, filters, y, before, down, across, size, taken, made, bias, relu):
    (_, channels, columns), each, count = filters.shape, down * across, x.shape[0] * down * across
    step, edge = (taken.shape[1] - WIDE) // channels, np.empty((TILE, TILE, channels), x.dtype)
    for begin in range(0, count, step):
        many = min(step, count - begin)
        for tile in range(many):
            image, place = divmod(begin + tile, each)
            i, j = size * (place // across), size * (place % across)
            seen(x, image, i - before[0], j - before[1], edge, taken, tile * channels)
        _multiply(taken, filters, made, many)
        for tile in range(many):
            image, place = divmod(begin + tile, each)
            results(made, tile * columns, y, image, size * (place // across), size * (place % across), size)
    add_bias(flat(y), 0, y.size, bias, relu)


def _input_gradient(dy, filters, dx, before, down, across, size, sent, made):
    (_, columns, channels), each, count = filters.shape, down * across, dy.shape[0] * down * across
    step, square = (sent.shape[1] - WIDE) // columns, np.empty((4, 4, columns), dy.dtype)
    for begin in range(0, count, step):
        many = min(step, count - begin)
        for tile in range(many):
            image, place = divmod(begin + tile, each)
            send(dy, image, size * (place // across), size * (place % across), size, square, sent, tile * columns)
        _multiply(sent, filters, made, many)
        for tile in range(many):
            image, place = divmod(begin + tile, each)
            i, j = size * (place // across), size * (place % across)
            if place == 0:
                dx[image] = 0
            back(made, tile * channels, dx, image, i - before[0], j - before[1])


@compiled.part
def _multiply(tiles, filters, made, many):
    """For each of the 36 places the product of the first `many` tiles (tiles, n) and the filters (n, m)."""
    _, n, m = filters.shape
    rows = np.arange((many + ROWS - 1) // ROWS * ROWS)
    terms, seen_rows, made_rows = ((1, 1, n), (0, 0, 1), (0, 0, m)), rows * n, rows * m
    x, f, y = flat(tiles), flat(filters), flat(made)
    for e in range(TILE * TILE):
        a, b, to = e * tiles.shape[1], e * n * m, e * made.shape[1]
        whole_tiles(x, a, seen_rows, f, b, m, y, to, made_rows, terms, False, False)


def _filter_gradient(x, dy, total, before, down, across, size, first, last, taken, sent):
    (_, channels, wide), each = total.shape, down * across
    step, edge = (taken.shape[1] - WIDE) // channels, np.empty((TILE, TILE, channels), x.dtype)
    rows = np.minimum(np.arange((channels + ROWS - 1) // ROWS * ROWS), channels - 1)
    square = np.empty((4, 4, dy.shape[3]), x.dtype)
    for begin in range(first, last, step):
        many = min(step, last - begin)
        for tile in range(many):
            image, place = divmod(begin + tile, each)
            i, j = size * (place // across), size * (place % across)
            seen(x, image, i - before[0], j - before[1], edge, taken, tile * channels)
            send(dy, image, i, j, size, square, sent, tile * wide)
        terms = ((1, 1, many), (0, 0, channels), (0, 0, wide))
        for e in range(TILE * TILE):
            a, b, to = e * taken.shape[1], e * sent.shape[1], e * channels * wide
            whole_tiles(flat(taken), a, rows, flat(sent), b, wide, flat(total), to, rows * wide, terms, True, True)
