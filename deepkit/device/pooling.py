"""Pooling of arrays (batch, space axes..., channels): the largest number of each window, or the mean, and their gradients.

With x[p + k] for what stands at place k under window p: y[p] = max over k of x[p + k], or the mean; dy[p] goes back to
the place that held the maximum, or in equal parts to all. NumPy goes over the places in the window, all windows at once.
The compiled twins of the maximum go over the windows: what one sees is then read once, and stays in the cache. Those with
lanes take a register of channels at a time, the others the channels that are left, and other types than float32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from deepkit.device import compiled, cuda, threads
from deepkit.device.dtypes import accumulator
from deepkit.device.registers.lanes import WIDE, choose, highest, load, nothing, spread, store
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


def places_reference(xp: Any, x: Any, y: Any, windows: Windows) -> Any:
    """For each window the position in x, written as one row, of the first number that equals y; -1 if none does."""
    positions = pad(xp, xp.arange(x.size).reshape(x.shape), windows.before, windows.after)
    found = xp.full(y.shape, -1)
    for at, hit in hits(xp, x, y, windows):
        found = xp.where(hit, positions[at], found)
    return found


def mean_reference(xp: Any, x: Any, windows: Windows) -> Any:
    """The mean of each window; the padding does not count."""
    padded = pad(xp, x, windows.before, windows.after)
    total = xp.zeros((x.shape[0], *windows.out, x.shape[-1]), accumulator(x.dtype))
    for at in taps(windows):
        total += padded[at]
    total /= _counts(xp, x, windows)
    return total.astype(x.dtype, copy=False)


def mean_gradient_reference(xp: Any, dy: Any, like: Any, windows: Windows) -> Any:
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
PIECE = 2**19
"""Bytes of one array that a thread takes at a time."""


def largest(xp: Any, x: Any, windows: Windows) -> Any:
    """`largest_reference`, on a GPU by its kernel, compiled where that is faster."""
    if cuda.fits_windows(xp, windows, x):
        return cuda.pooling.largest(xp, x, windows)
    if xp is np:
        y = np.empty((x.shape[0], *windows.out, x.shape[-1]), x.dtype)
        if _compiled(_largest, _largest_lanes, windows, y, x):
            return y
    return largest_reference(xp, x, windows)


def largest_gradient(xp: Any, dy: Any, x: Any, y: Any, windows: Windows) -> Any:
    """`largest_gradient_reference`, on a GPU by its kernel, compiled where that is faster."""
    if cuda.fits_windows(xp, windows, dy, x, y):
        return cuda.pooling.largest_gradient(xp, dy, x, y, windows)
    if xp is np:
        dx = np.empty(x.shape, dy.dtype)
        if _compiled(_largest_gradient, _largest_gradient_lanes, windows, y, dx, dy, x):
            return dx
    return largest_gradient_reference(xp, dy, x, y, windows)


def places(xp: Any, x: Any, y: Any, windows: Windows) -> Any:
    """`places_reference`, on a GPU by its kernel."""
    return (cuda.pooling.places if cuda.fits_windows(xp, windows, x, y) else places_reference)(xp, x, y, windows)


def mean(xp: Any, x: Any, windows: Windows) -> Any:
    """`mean_reference`, on a GPU by its kernel."""
    return (cuda.pooling.mean if cuda.fits_windows(xp, windows, x) else mean_reference)(xp, x, windows)


def mean_gradient(xp: Any, dy: Any, like: Any, windows: Windows) -> Any:
    """`mean_gradient_reference`, on a GPU by its kernel."""
    way = cuda.pooling.mean_gradient if cuda.fits_windows(xp, windows, dy) else mean_gradient_reference
    return way(xp, dy, like, windows)


def _compiled(function: Callable, by_lanes: Callable, windows: Windows, pooled: Any, *arrays: Any) -> bool:
    """Runs compiled kernels on `pooled` and the arrays, which they may write; False if there are none for them."""
    if pooled.size < SMALL or len(windows.kernel) > 2 or pooled.dtype not in (np.float32, np.float64):
        return False
    kernel, lanes_kernel = compiled.kernel(function), compiled.kernel(by_lanes)
    if kernel is None or lanes_kernel is None:
        return False
    w = planar(pooled, windows)[1]
    flat = [planar(np.ascontiguousarray(a), windows)[0] for a in (pooled, *arrays)]
    channels = pooled.shape[-1]
    done = channels // WIDE * WIDE if pooled.dtype == np.float32 else 0

    def some(first: int, last: int) -> None:
        parts = [a[first:last] for a in flat]
        if done:
            lanes_kernel(*parts, w.kernel, w.strides, w.dilations, w.before, done)
        if done < channels:
            kernel(*parts, w.kernel, w.strides, w.dilations, w.before, done)

    largest_image = max(a[:1].nbytes for a in flat)
    threads.share(some, pooled.shape[0], max(1, PIECE // max(1, largest_image)))
    return True


@compiled.part
def _covered(p, stride, before, dilation, length, count):
    """The first tap of window p that lies on an axis of this length, and the one after the last."""
    start = p * stride - before
    first = max(0, (-start + dilation - 1) // dilation)
    return start, first, max(first, min(count, (length - start + dilation - 1) // dilation))


@compiled.part
def _side_by_side(counts, kernel, strides, dilations, before, lengths):
    """Whether the windows stand side by side and cover their array: each place is seen, by one of them."""
    for k in range(2):
        if strides[k] != kernel[k] or dilations[k] != 1 or before[k] != 0 or counts[k] * kernel[k] != lengths[k]:
            return False
    return True


def _largest_lanes(y, x, kernel, strides, dilations, before, channels):  # compiled by numba
    (_, height, width, each), lowest = x.shape, np.full(1, -np.inf, x.dtype)
    for image in range(y.shape[0]):
        for i in range(y.shape[1]):
            top, first_a, last_a = _covered(i, strides[0], before[0], dilations[0], height, kernel[0])
            for j in range(y.shape[2]):
                left, first_b, last_b = _covered(j, strides[1], before[1], dilations[1], width, kernel[1])
                to = ((image * y.shape[1] + i) * y.shape[2] + j) * each
                for c in range(0, channels, WIDE):
                    best = spread(lowest, 0)
                    for a in range(first_a, last_a):
                        line = (image * height + top + a * dilations[0]) * width + left
                        for b in range(first_b, last_b):
                            best = highest(best, load(x, (line + b * dilations[1]) * each + c))
                    store(y, to + c, best)


def _largest_gradient_lanes(y, dx, dy, x, kernel, strides, dilations, before, channels):  # compiled by numba
    _, height, width, each = x.shape
    alone = strides[0] >= (kernel[0] - 1) * dilations[0] + 1 and strides[1] >= (kernel[1] - 1) * dilations[1] + 1
    all_seen = _side_by_side(y.shape[1:3], kernel, strides, dilations, before, (height, width))
    for image in range(y.shape[0]):
        if not all_seen:
            dx[image] = 0
        for i in range(y.shape[1]):
            top, first_a, last_a = _covered(i, strides[0], before[0], dilations[0], height, kernel[0])
            for j in range(y.shape[2]):
                left, first_b, last_b = _covered(j, strides[1], before[1], dilations[1], width, kernel[1])
                at = ((image * y.shape[1] + i) * y.shape[2] + j) * each
                for c in range(0, channels, WIDE):
                    best, waiting = load(y, at + c), load(dy, at + c)  # until its place is found
                    for a in range(first_a, last_a):
                        line = (image * height + top + a * dilations[0]) * width + left
                        for b in range(first_b, last_b):
                            place = (line + b * dilations[1]) * each + c
                            seen = load(x, place)
                            found = choose(seen, best, waiting, nothing())
                            store(dx, place, found if alone else load(dx, place) + found)  # alone: in no other window
                            waiting = choose(seen, best, nothing(), waiting)


def _largest(y, x, kernel, strides, dilations, before, begin):  # compiled by numba
    height, width, channels = x.shape[1], x.shape[2], x.shape[3]
    for image in range(y.shape[0]):
        for i in range(y.shape[1]):
            top, first_a, last_a = _covered(i, strides[0], before[0], dilations[0], height, kernel[0])
            for j in range(y.shape[2]):
                left, first_b, last_b = _covered(j, strides[1], before[1], dilations[1], width, kernel[1])
                best = y[image, i, j]
                best[begin:] = -np.inf
                for a in range(first_a, last_a):
                    for b in range(first_b, last_b):
                        seen = x[image, top + a * dilations[0], left + b * dilations[1]]
                        for c in range(begin, channels):
                            # a NaN, once met, is never less than another number, and so it stays
                            best[c] = best[c] if best[c] >= seen[c] or best[c] != best[c] else seen[c]


def _largest_gradient(y, dx, dy, x, kernel, strides, dilations, before, begin):  # compiled by numba
    height, width, channels = x.shape[1], x.shape[2], x.shape[3]
    zero = dy.dtype.type(0)
    waiting = np.empty(channels, dy.dtype)  # of this window's dy, what has not found its place yet
    for image in range(y.shape[0]):
        dx[image, :, :, begin:] = 0
        for i in range(y.shape[1]):
            top, first_a, last_a = _covered(i, strides[0], before[0], dilations[0], height, kernel[0])
            for j in range(y.shape[2]):
                left, first_b, last_b = _covered(j, strides[1], before[1], dilations[1], width, kernel[1])
                best = y[image, i, j]
                waiting[:] = dy[image, i, j]
                for a in range(first_a, last_a):
                    for b in range(first_b, last_b):
                        v, h = top + a * dilations[0], left + b * dilations[1]
                        seen, to = x[image, v, h], dx[image, v, h]
                        for c in range(begin, channels):
                            here = seen[c] == best[c]
                            to[c] += waiting[c] if here else zero
                            waiting[c] = zero if here else waiting[c]
