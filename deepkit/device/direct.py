"""Convolution and its derivatives computed where the images lie: each is a table of `products`, image by image.

A window's corner is a row of the table, an output channel a column, what the window sees are the terms. Nothing is copied
but images that need zeros around them. The derivative by the filters is a table too: a number of the filter is a row, and
all places it was laid on are the terms. So is the one by the input, if the windows move by one place: a convolution of dy
with the filters turned round (V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning", 2016).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepkit.device import compiled, machine, threads
from deepkit.device.registers.lanes import WIDE, check_filled, flat
from deepkit.device.registers.products import Terms, add_bias, bias_or_none, down_first, products
from deepkit.device.windows import Ints, Windows, pad, padded_shape, planar, span

SMALL = 2**18
"""Multiplications below which a matrix product by NumPy is as fast."""
PIECE = 2**18
"""Bytes of images and results that one thread takes at a time."""
OFTEN = 64
"""Times that a number is read from which on it is worth while to copy it to where no register is filled from two lines."""


def fits(xp: Any, x: Any, filters: Ints, windows: Windows, columns: int) -> bool:
    """True if the compiled kernels serve arrays of this type and these shapes; `columns` is how many channels come out."""
    return (
        xp is np
        and x.dtype == np.float32
        and len(windows.kernel) <= 2
        and columns >= WIDE
        and x.shape[0] * math.prod(windows.out) * math.prod(filters) >= SMALL
        and compiled.kernel(_images) is not None
    )


def turned(shape: Ints, windows: Windows) -> Windows | None:
    """The windows over dy whose convolution with filters turned round gives dx of this shape; None if there are none."""
    if set(windows.strides) != {1}:
        return None
    wide = [span(k, d) - 1 for k, d in zip(windows.kernel, windows.dilations, strict=True)]
    before = tuple(w - b for w, b in zip(wide, windows.before, strict=True))
    after = tuple(n + w - out - b for n, w, out, b in zip(shape[1:-1], wide, windows.out, before, strict=True))
    fitting = min(*before, *after) >= 0
    return windows._replace(before=before, after=after, out=tuple(shape[1:-1])) if fitting else None


def turn(filters: Any) -> Any:
    """Filters turned round in space, with their input and output channels exchanged."""
    space = tuple(range(filters.ndim - 2))
    return np.ascontiguousarray(np.flip(filters, space).swapaxes(-1, -2))


def convolve(x: Any, filters: Any, windows: Windows, bias: Any = None, relu: bool = False) -> Any:
    """y[n, p, o] = sum over k and c of x[n, s p + d k - before, c] filters[k, c, o], bias and relu as in convolve.convolve."""
    check_filled(filters.shape[-1])
    x, w = planar(np.ascontiguousarray(x), windows)
    filters = machine.aligned_copy(filters)
    y = np.empty((x.shape[0], *w.out, filters.shape[-1]), np.float32)
    line, channels, columns = padded_shape(x.shape, w)[2] * x.shape[-1], x.shape[-1], filters.shape[-1]
    corners = _places(w.out, (w.strides[0] * line, w.strides[1] * channels))
    down, across = w.dilations[0] * line, w.dilations[1] * channels
    if w.dilations[1] == 1:  # what the window sees of one line lies side by side
        run = w.kernel[1] * channels
        terms: Terms = ((1, w.kernel[0], run), (0, down, 1), (0, run * columns, columns))
    else:
        seen = w.kernel[1] * channels * columns
        high, wide = w.kernel
        terms = ((high, wide, channels), (down, across, 1), (seen, channels * columns, columns))
    kernel, added = compiled.kernel(_images), bias_or_none(bias)
    assert kernel is not None

    def some(first: int, last: int) -> None:
        images = pad(np, x[first:last], w.before, w.after)
        kernel(images, corners, filters, y[first:last], terms, down_first(terms), added, relu)

    threads.share(some, x.shape[0], _at_a_time(x, y))
    return y.reshape(x.shape[0], *windows.out, columns)


def filter_gradient(x: Any, dy: Any, shape: Ints, windows: Windows) -> Any:
    """The derivative of sum(y dy) by the filters, which have the given shape."""
    check_filled(shape[-1])
    x, w = planar(np.ascontiguousarray(x), windows)
    dy = np.ascontiguousarray(dy).reshape(x.shape[0], *w.out, shape[-1])
    (_, high, wide, channels), columns = padded_shape(x.shape, w), shape[-1]
    line, (down, across) = wide * channels, w.out
    numbers = _places((*w.kernel, channels), (w.dilations[0] * line, w.dilations[1] * channels, 1))
    a_steps = (high * line, w.strides[0] * line, w.strides[1] * channels)
    b_steps = (math.prod(w.out) * columns, w.out[1] * columns, columns)
    step = threads.summed_apart(x.shape[0], _at_a_time(x, dy), 4 * len(numbers) * columns)
    kernel = compiled.kernel(_table)
    parts = np.empty((-(-x.shape[0] // step), len(numbers), columns), np.float32)
    assert kernel is not None

    def some(first: int, last: int) -> None:
        images = pad(np, x[first:last], w.before, w.after)
        terms = ((last - first, down, across), a_steps, b_steps)
        sent = machine.aligned_copy(dy[first:last]) if len(numbers) >= OFTEN else dy[first:last]
        kernel(images, numbers, sent, parts[first // step], terms)

    threads.share(some, x.shape[0], step)
    return parts.sum(0).reshape(shape)


def _places(counts: Ints, steps: Ints) -> Any:
    """The flat index of every place of a grid, the last axis fastest."""
    return (np.indices(counts).reshape(len(counts), -1).T * steps).sum(1)


def _at_a_time(x: Any, y: Any) -> int:
    """How many images one thread takes: by their size alone, so that no sum depends on the number of threads."""
    return max(1, PIECE // max(1, x[0].nbytes + y[0].nbytes))


def _images(x, where, filters, y, terms, down, bias, relu):  # compiled by numba
    seen, b, made, count = flat(x), flat(filters), flat(y), x.shape[0]
    for image in range(count):
        at, to = image * (x.size // count), image * (y.size // count)
        products(seen, at, where, b, 0, y.shape[3], made, to, terms, down)
        add_bias(made, to, to + y.size // count, bias, relu)


def _table(x, where, dy, total, terms):  # compiled by numba
    products(flat(x), 0, where, flat(dy), 0, total.shape[1], flat(total), 0, terms, True)
