"""Depthwise convolution: each channel has filters of its own, so nothing is a matrix product; and its two derivatives.

x (batch, space..., channels), filters (kernel..., 1, channels * m): output channel c * m + q is channel c under filter q.
NumPy goes over the places of the filter, all windows at once, and writes its sums as often as the filter has places. The
compiled twins go over the windows: the sum over a window stays in a register of channels until it is done, and is written
once; for the derivative by the filters that is the sum over a line of windows. With m filters for each channel, they take
every channel m times.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepkit.device import compiled, cuda, threads
from deepkit.device.direct import turned
from deepkit.device.registers.lanes import WIDE, fused, load, nothing, store
from deepkit.device.windows import Ints, Windows, inside, pad, padded_shape, planar, taps


def convolve_reference(xp: Any, x: Any, filters: Any, windows: Windows) -> Any:
    """y[n, p, c m + q] = sum over k of x[n, s p + d k - before, c] filters[k, 0, c m + q]."""
    y = xp.zeros((x.shape[0], *windows.out, filters.shape[-1]), filters.dtype)
    padded, apart = pad(xp, x, windows.before, windows.after), _apart(y, x)
    for at, w in zip(taps(windows), _by_place(filters, x), strict=True):
        apart += padded[at][..., None] * w
    return y


def filter_gradient_reference(xp: Any, x: Any, dy: Any, shape: Ints, windows: Windows) -> Any:
    """The derivative of sum(y dy) by the filters, which have the given shape."""
    total = xp.zeros(shape, x.dtype)
    padded, apart = pad(xp, x, windows.before, windows.after), _apart(dy, x)
    for at, w in zip(taps(windows), _by_place(total, x), strict=True):
        w += xp.einsum("pc,pcm->cm", padded[at].reshape(-1, x.shape[-1]), apart.reshape(-1, *apart.shape[-2:]))
    return total


def input_gradient_reference(xp: Any, dy: Any, filters: Any, shape: Ints, windows: Windows) -> Any:
    """The derivative of sum(y dy) by x, which has the given shape."""
    dx = xp.zeros(padded_shape(shape, windows), dy.dtype)
    apart = _apart(dy, dx)
    for at, w in zip(taps(windows), _by_place(filters, dx), strict=True):
        dx[at] += (apart * w).sum(-1)
    return dx[inside(shape[1:-1], windows.before)]


def _apart(y: Any, x: Any) -> Any:
    """(..., channels * m) as (..., channels, m)."""
    return y.reshape(*y.shape[:-1], x.shape[-1], y.shape[-1] // x.shape[-1])


def _by_place(filters: Any, x: Any) -> Any:
    """(kernel..., 1, channels * m) as (places, channels, m)."""
    return filters.reshape(math.prod(filters.shape[:-2]), x.shape[-1], -1)


OUTPUT, INPUT, FILTERS = range(3)
SMALL = 2**12
"""Numbers of output below which NumPy is as fast and needs no compiled code."""
PIECE = 2**18
"""Bytes of images and results that one thread takes at a time."""


def fits(x: Ints, filters: Ints) -> bool:
    """True if filters of this shape see one channel each of an x of this shape that has several."""
    return filters[-2] == 1 < x[-1]


def convolve(xp: Any, x: Any, filters: Any, windows: Windows) -> Any:
    """`convolve_reference`, on a GPU by its kernel, compiled where that is faster."""
    if cuda.fits_windows(xp, windows, x, filters):
        return cuda.depthwise.convolve(xp, x, filters, windows)
    if _fills_registers(xp, x, filters.shape, windows):
        return _slide(x, filters, windows)
    y = xp.zeros((x.shape[0], *windows.out, filters.shape[-1]), filters.dtype)
    done = _compiled(xp, OUTPUT, x, y, filters, windows)
    return y if done else convolve_reference(xp, x, filters, windows)


def filter_gradient(xp: Any, x: Any, dy: Any, shape: Ints, windows: Windows) -> Any:
    """`filter_gradient_reference`, on a GPU by its kernel, compiled where that is faster."""
    if cuda.fits_windows(xp, windows, x, dy):
        return cuda.depthwise.filter_gradient(xp, x, dy, shape, windows)
    if _fills_registers(xp, x, shape, windows):
        return _along_lines(x, dy, windows).reshape(shape)
    total = xp.zeros(shape, x.dtype)
    done = _compiled(xp, FILTERS, x, dy, total, windows)
    return total if done else filter_gradient_reference(xp, x, dy, shape, windows)


def input_gradient(xp: Any, dy: Any, filters: Any, shape: Ints, windows: Windows) -> Any:
    """`input_gradient_reference`, on a GPU by its kernel, compiled where that is faster."""
    if cuda.fits_windows(xp, windows, dy, filters):
        return cuda.depthwise.input_gradient(xp, dy, filters, shape, windows)
    back = turned(shape, windows)
    if back is not None and _fills_registers(xp, dy, filters.shape, back):
        dx = _slide(dy, np.flip(filters, tuple(range(filters.ndim - 2))), back)
    else:
        dx = xp.zeros((*shape[:-1], filters.shape[-1]), dy.dtype)
        if not _compiled(xp, INPUT, dx, dy, filters, windows):
            return input_gradient_reference(xp, dy, filters, shape, windows)
    return dx if shape[-1] == dx.shape[-1] else dx.reshape(*shape, -1).sum(-1)


def _fills_registers(xp: Any, x: Any, filters: Ints, windows: Windows) -> bool:
    """Whether `_slide` and `_along_lines` serve: enough float32 for each register."""
    size = x.shape[0] * math.prod(windows.out) * filters[-1]
    large = xp is np and x.dtype == np.float32 and len(windows.kernel) <= 2 and size >= SMALL and filters[-1] >= WIDE
    return large and compiled.kernel(_in_registers) is not None


def _slide(x: Any, filters: Any, windows: Windows) -> Any:
    """`convolve_reference`, some images for each thread."""
    kernel, channels, (x, w) = compiled.kernel(_in_registers), filters.shape[-1], planar(_repeated(x, filters.shape), windows)
    places, y = np.ascontiguousarray(filters).reshape(-1, channels), np.empty((x.shape[0], *w.out, channels), x.dtype)
    assert kernel is not None

    def some(first: int, last: int) -> None:
        kernel(x[first:last], places, y[first:last], w.kernel, w.strides, w.dilations, w.before)

    threads.share(some, x.shape[0], _at_a_time(x, y))
    return y.reshape(x.shape[0], *windows.out, channels)


def _along_lines(x: Any, dy: Any, windows: Windows) -> Any:
    """`filter_gradient_reference`, (places, channels), some images for each thread."""
    kernel, channels, (x, w) = compiled.kernel(_filters_in_registers), dy.shape[-1], planar(_repeated(x, dy.shape), windows)
    dy = np.ascontiguousarray(dy).reshape(x.shape[0], *w.out, channels)
    step = _at_a_time(x, dy)
    parts = np.zeros((-(-x.shape[0] // step), math.prod(w.kernel), -(-channels // WIDE) * WIDE), x.dtype)
    assert kernel is not None

    def some(first: int, last: int) -> None:
        kernel(x[first:last], dy[first:last], parts[first // step], w.kernel, w.strides, w.dilations, w.before)

    threads.share(some, x.shape[0], step)
    total = parts.sum(0)
    if channels % WIDE:  # the last register begins so that it ends with the last channel
        total[:, channels - WIDE : channels] = total[:, -WIDE:].copy()
    return total[:, :channels]


def _repeated(x: Any, filters: Ints) -> Any:
    """x with each channel as often as it has filters."""
    return np.ascontiguousarray(x if x.shape[-1] == filters[-1] else np.repeat(x, filters[-1] // x.shape[-1], axis=-1))


def _at_a_time(x: Any, y: Any) -> int:
    """How many images one thread takes: by their size alone, so that no sum depends on the number of threads."""
    return max(1, PIECE // max(1, x[0].nbytes + y[0].nbytes))


def _compiled(xp: Any, target: int, x: Any, y: Any, filters: Any, windows: Windows) -> bool:
    """Runs the compiled twin, which adds to the one of x, y and filters that is the target; False if it cannot."""
    if xp is not np or len(windows.kernel) > 2 or y.size < SMALL:
        return False
    kernel = compiled.kernel(_walk)
    if kernel is None:
        return False
    x, w = planar(_repeated(x, filters.shape), windows)
    images = np.ascontiguousarray(y).reshape(x.shape[0], *w.out, -1)
    places = np.ascontiguousarray(filters).reshape(-1, filters.shape[-1])
    kernel(x, images, places, w.kernel, w.strides, w.dilations, w.before, target)
    return True


def _walk(x, y, filters, kernel, strides, dilations, before, target):  # compiled by numba
    height, width, channels = x.shape[1], x.shape[2], x.shape[3]
    for image in range(y.shape[0]):
        for i in range(y.shape[1]):
            for a in range(kernel[0]):
                v = i * strides[0] + a * dilations[0] - before[0]
                if v < 0 or v >= height:
                    continue
                for j in range(y.shape[2]):
                    for b in range(kernel[1]):
                        h = j * strides[1] + b * dilations[1] - before[1]
                        if h < 0 or h >= width:
                            continue
                        seen, given, w = x[image, v, h], y[image, i, j], filters[a * kernel[1] + b]
                        if target == OUTPUT:  # a loop for each target: so the compiler uses the wide registers
                            for c in range(channels):
                                given[c] += seen[c] * w[c]
                        elif target == INPUT:
                            for c in range(channels):
                                seen[c] += given[c] * w[c]
                        else:
                            for c in range(channels):
                                w[c] += seen[c] * given[c]


@compiled.part
def _within(at, step, count, length):
    """The k below `count` for which at + k step lies on an axis of this length: the first, and the one behind the last."""
    return max(0, -(at // step)), min(count, -((at - length) // step))


@compiled.part
def _four_windows(x, at, beside, steps, filters, w, taps, y, to):
    """Four windows `beside` each other, seen whole from left to right: each number of the filter serves them all."""
    (down, across), ((a0, a1), wide, channels), first, second = steps, taps, nothing(), nothing()
    third, fourth = nothing(), nothing()
    for a in range(a0, a1):
        for b in range(wide):
            p, u = at + a * down + b * across, load(filters, w + (a * wide + b) * channels)
            first, second = fused(load(x, p), u, first), fused(load(x, p + beside), u, second)
            third, fourth = fused(load(x, p + 2 * beside), u, third), fused(load(x, p + 3 * beside), u, fourth)
    store(y, to, first)
    store(y, to + channels, second)
    store(y, to + 2 * channels, third)
    store(y, to + 3 * channels, fourth)


@compiled.part
def _window(x, at, steps, filters, w, taps, bs, y, to):
    """One window, of which the places bs from left to right lie on the image."""
    (down, across), ((a0, a1), wide, channels), total = steps, taps, nothing()
    for a in range(a0, a1):
        for b in range(bs[0], bs[1]):
            total = fused(load(x, at + a * down + b * across), load(filters, w + (a * wide + b) * channels), total)
    store(y, to, total)


def _in_registers(x, filters, y, kernel, strides, dilations, before):  # compiled by numba
    (_, height, width, channels), (images, down, across, _), wide = x.shape, y.shape, kernel[1]
    steps, beside = (dilations[0] * width * channels, dilations[1] * channels), strides[1] * channels
    for image in range(images):
        for i in range(down):
            taps = (_within(i * strides[0] - before[0], dilations[0], kernel[0], height), wide, channels)
            line, j = (image * height + i * strides[0] - before[0]) * width, 0
            while j < across:
                left, to = j * strides[1] - before[1], ((image * down + i) * across + j) * channels
                bs, right = _within(left, dilations[1], wide, width), left + 3 * strides[1] + (wide - 1) * dilations[1]
                four = left >= 0 and right < width and j + 4 <= across
                for begin in range(0, channels, WIDE):
                    c = min(begin, channels - WIDE)
                    at = (line + left) * channels + c
                    if four:
                        _four_windows(x, at, beside, steps, filters, c, taps, y, to + c)
                    else:
                        _window(x, at, steps, filters, c, taps, bs, y, to + c)
                j += 4 if four else 1


@compiled.part
def _along(x, at, beside, dy, to, channels, count):
    """The sum of products of a register of channels at `count` places of x, `beside` each other, and of dy: four sums abreast."""
    first, second, third, fourth = nothing(), nothing(), nothing(), nothing()
    for j in range(0, count - 3, 4):
        p, q = at + j * beside, to + j * channels
        first = fused(load(x, p), load(dy, q), first)
        second = fused(load(x, p + beside), load(dy, q + channels), second)
        third = fused(load(x, p + 2 * beside), load(dy, q + 2 * channels), third)
        fourth = fused(load(x, p + 3 * beside), load(dy, q + 3 * channels), fourth)
    for j in range(count // 4 * 4, count):
        first = fused(load(x, at + j * beside), load(dy, to + j * channels), first)
    return (first + second) + (third + fourth)


def _filters_in_registers(x, dy, total, kernel, strides, dilations, before):  # compiled by numba
    (_, height, width, channels), (images, down, across, _), room = x.shape, dy.shape, total.shape[1]
    for image in range(images):
        for i in range(down):
            a0, a1 = _within(i * strides[0] - before[0], dilations[0], kernel[0], height)
            for a in range(a0, a1):
                line = (image * height + i * strides[0] + a * dilations[0] - before[0]) * width
                for b in range(kernel[1]):
                    left = b * dilations[1] - before[1]
                    j0, j1 = _within(left, strides[1], across, width)
                    at, to = (line + left + j0 * strides[1]) * channels, ((image * down + i) * across + j0) * channels
                    for begin in range(0, channels, WIDE):
                        c, place = min(begin, channels - WIDE), (a * kernel[1] + b) * room + begin
                        found = _along(x, at + c, strides[1] * channels, dy, to + c, channels, max(0, j1 - j0))
                        store(total, place, load(total, place) + found)
