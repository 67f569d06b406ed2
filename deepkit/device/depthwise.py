"""Depthwise convolution: each channel has filters of its own, so nothing is a matrix product; and its two derivatives.

x (batch, space..., channels), filters (kernel..., 1, channels * m): output channel c * m + q is channel c under filter q.
NumPy goes over the places of the filter, all windows at once. The compiled twin goes over the windows, so that what one
sees is read once; with m filters for each channel, it takes every channel m times.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepkit.device import compiled, cuda
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


def fits(x: Ints, filters: Ints) -> bool:
    """True if filters of this shape see one channel each of an x of this shape that has several."""
    return filters[-2] == 1 < x[-1]


def convolve(xp: Any, x: Any, filters: Any, windows: Windows) -> Any:
    """`convolve_reference`, on a GPU by its kernel, compiled where that is faster."""
    if cuda.fits_windows(xp, windows, x, filters):
        return cuda.depthwise.convolve(xp, x, filters, windows)
    y = xp.zeros((x.shape[0], *windows.out, filters.shape[-1]), filters.dtype)
    done = _compiled(xp, OUTPUT, x, y, filters, windows)
    return y if done else convolve_reference(xp, x, filters, windows)


def filter_gradient(xp: Any, x: Any, dy: Any, shape: Ints, windows: Windows) -> Any:
    """`filter_gradient_reference`, on a GPU by its kernel, compiled where that is faster."""
    if cuda.fits_windows(xp, windows, x, dy):
        return cuda.depthwise.filter_gradient(xp, x, dy, shape, windows)
    total = xp.zeros(shape, x.dtype)
    done = _compiled(xp, FILTERS, x, dy, total, windows)
    return total if done else filter_gradient_reference(xp, x, dy, shape, windows)


def input_gradient(xp: Any, dy: Any, filters: Any, shape: Ints, windows: Windows) -> Any:
    """`input_gradient_reference`, on a GPU by its kernel, compiled where that is faster."""
    if cuda.fits_windows(xp, windows, dy, filters):
        return cuda.depthwise.input_gradient(xp, dy, filters, shape, windows)
    dx = xp.zeros((*shape[:-1], filters.shape[-1]), dy.dtype)
    if not _compiled(xp, INPUT, dx, dy, filters, windows):
        return input_gradient_reference(xp, dy, filters, shape, windows)
    return dx if shape[-1] == dx.shape[-1] else dx.reshape(*shape, -1).sum(-1)


def _compiled(xp: Any, target: int, x: Any, y: Any, filters: Any, windows: Windows) -> bool:
    """Runs the compiled twin, which adds to the one of x, y and filters that is the target; False if it cannot."""
    if xp is not np or len(windows.kernel) > 2 or y.size < SMALL:
        return False
    kernel = compiled.kernel(_walk)
    if kernel is None:
        return False
    if x.shape[-1] != filters.shape[-1]:
        x = np.repeat(x, filters.shape[-1] // x.shape[-1], axis=-1)
    x, w = planar(np.ascontiguousarray(x), windows)
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
