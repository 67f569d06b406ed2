"""Pooling of arrays (batch, space axes..., channels): the largest number of each window, or the mean, and their gradients.

With x[p + k] for what stands at place k under window p: y[p] = max over k of x[p + k], or the mean; dy[p] goes back to
the place that held the maximum, or in equal parts to all. NumPy goes over the places in the window, all windows at once.
The compiled twins of the maximum go over the windows: what one sees is then read once, and stays in the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from deepkit.device import compiled
from deepkit.device.dtypes import accumulator
from deepkit.device.windows import Windows, inside, pad, padded_shape, planar, taps


def largest_reference(xp: Any, x: Any, windows: Windows) -> Any:
    """The largest number of each window; NaN where there is one."""
    padded, y = pad(xp, x, windows.before, windows.after, _lowest(xp, x.dtype)), None
    for at in taps(windows):
        y = padded[at].copy() if y is None else xp.maximum(y, padded[at], out=y)
    return y


def largest_gradient_reference(xp: Any, dy: Any, x: Any, y: Any, windows: Windows) -> Any:
    """Zeros in the shape of x; each dy is added where the largest number y of its window stands first."""
    dx = xp.zeros(padded_shape(x.shape, windows), accumulator(dy.dtype))
    for at, hit in hits(xp, x, y, windows):
        dx[at] += xp.where(hit, dy, dy.dtype.type(0))
    return dx[inside(x.shape[1:-1], windows.before)].astype(dy.dtype, copy=False)


def mean(xp: Any, x: Any, windows: Windows) -> Any:
    """The mean of each window; the padding does not count."""
    padded = pad(xp, x, windows.before, windows.after)
    total = xp.zeros((x.shape[0], *windows.out, x.shape[-1]), accumulator(x.dtype))
    for at in taps(windows):
        total += padded[at]
    total /= _counts(xp, x, windows)
    return total.astype(x.dtype, copy=False)


def mean_gradient(xp: Any, dy: Any, like: Any, windows: Windows) -> Any:
    """Zeros in the shape of `like`; each dy is shared equally among the numbers of its window."""
    share = dy / _counts(xp, like, windows).astype(accumulator(dy.dtype), copy=False)
    dx = xp.zeros(padded_shape(like.shape, windows), share.dtype)
    for at in taps(windows):
        dx[at] += share
    return dx[inside(like.shape[1:-1], windows.before)].astype(dy.dtype, copy=False)


def hits(xp: Any, x: Any, y: Any, windows: Windows) -> Iterator[tuple[Any, Any]]:
    """For each place in the window: its index in padded arrays, and where it is the first to hold its window's number y.

    NaN stands around the image, which equals no y: not even -infinity is found in the padding.
    """
    outside = xp.nan if x.dtype.kind == "f" else _lowest(xp, x.dtype)
    padded, free = pad(xp, x, windows.before, windows.after, outside), None
    for at in taps(windows):
        hit = padded[at] == y
        if free is None:
            free = ~hit
        else:
            hit &= free
            free ^= hit
        yield at, hit


def _lowest(xp: Any, dtype: Any) -> Any:
    """What never wins against a number of this type: it stands outside the image."""
    return -xp.inf if dtype.kind == "f" else xp.iinfo(dtype).min


def _counts(xp: Any, x: Any, windows: Windows) -> Any:
    """How many numbers each window holds, padding left out: an array that broadcasts against the pooled x."""
    ones = pad(xp, xp.ones((1, *x.shape[1:-1], 1), accumulator(x.dtype)), windows.before, windows.after)
    return sum(ones[at] for at in taps(windows))


SMALL = 2**12
"""Numbers of output below which NumPy is as fast and needs no compiled code."""


def largest(xp: Any, x: Any, windows: Windows) -> Any:
    """`largest_reference`, compiled where that is faster."""
    if xp is np:
        y = np.empty((x.shape[0], *windows.out, x.shape[-1]), x.dtype)
        if _compiled(_largest, windows, y, x):
            return y
    return largest_reference(xp, x, windows)


def largest_gradient(xp: Any, dy: Any, x: Any, y: Any, windows: Windows) -> Any:
    """`largest_gradient_reference`, compiled where that is faster."""
    if xp is np:
        dx = np.empty(x.shape, dy.dtype)
        if _compiled(_largest_gradient, windows, y, dx, dy, x):
            return dx
    return largest_gradient_reference(xp, dy, x, y, windows)


def _compiled(function: Callable, windows: Windows, pooled: Any, *arrays: Any) -> bool:
    """Runs a compiled kernel on `pooled` and the arrays, which it may write; False if there is none for them."""
    if pooled.size < SMALL or len(windows.kernel) > 2 or pooled.dtype not in (np.float32, np.float64):
        return False
    kernel = compiled.kernel(function)
    if kernel is None:
        return False
    w = planar(pooled, windows)[1]
    flat = [planar(np.ascontiguousarray(a), windows)[0] for a in (pooled, *arrays)]
    kernel(*flat, w.kernel, w.strides, w.dilations, w.before)
    return True


def _largest(y, x, kernel, strides, dilations, before):  # compiled by numba
    height, width, channels = x.shape[1], x.shape[2], x.shape[3]
    for image in range(y.shape[0]):
        for i in range(y.shape[1]):
            for j in range(y.shape[2]):
                best = y[image, i, j]
                best[:] = -np.inf
                for a in range(kernel[0]):
                    v = i * strides[0] + a * dilations[0] - before[0]
                    if v < 0 or v >= height:
                        continue
                    for b in range(kernel[1]):
                        h = j * strides[1] + b * dilations[1] - before[1]
                        if h < 0 or h >= width:
                            continue
                        seen = x[image, v, h]
                        for c in range(channels):
                            # a NaN, once met, is never less than another number, and so it stays
                            best[c] = best[c] if best[c] >= seen[c] or best[c] != best[c] else seen[c]


def _largest_gradient(y, dx, dy, x, kernel, strides, dilations, before):  # compiled by numba
    height, width, channels = x.shape[1], x.shape[2], x.shape[3]
    zero = dy.dtype.type(0)
    left = np.empty(channels, dy.dtype)  # of this window's dy, what has not found its place yet
    for image in range(y.shape[0]):
        dx[image] = 0
        for i in range(y.shape[1]):
            for j in range(y.shape[2]):
                best = y[image, i, j]
                left[:] = dy[image, i, j]
                for a in range(kernel[0]):
                    v = i * strides[0] + a * dilations[0] - before[0]
                    if v < 0 or v >= height:
                        continue
                    for b in range(kernel[1]):
                        h = j * strides[1] + b * dilations[1] - before[1]
                        if h < 0 or h >= width:
                            continue
                        seen, to = x[image, v, h], dx[image, v, h]
                        for c in range(channels):
                            here = seen[c] == best[c]
                            to[c] += left[c] if here else zero
                            left[c] = zero if here else left[c]
