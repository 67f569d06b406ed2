"""Convolution of arrays (batch, space axes..., channels) as matrix products, and its two derivatives.

Every patch that the filter sees is one row of a matrix; the filter is a matrix of one column for each output
channel (K. Chellapilla et al., "High performance convolutional neural networks for document processing", 2006).
The rows are made for a few images at a time, so that they stay in the processor's cache.

Filters are (kernel..., channels in / groups, channels out); group g of the output channels sees group g of the input.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from deepkit.device.windows import Ints, Windows, pad, slide

BLOCK = 2**21
"""Bytes of patches that are made at a time on the CPU; on a GPU, whose products like large matrices, 64 times as many."""


def convolve(xp: Any, x: Any, filters: Any, windows: Windows) -> Any:
    """y[n, p, o] = sum over k and c of x[n, s p + d k - before, c] filters[k, c, o]."""
    padded = pad(xp, x, windows.before, windows.after)
    views = slide(xp, padded, windows.kernel, windows.strides, windows.dilations, windows.out)
    return _product(xp, views, filters, _groups(x.shape, filters.shape))


def filter_gradient(xp: Any, x: Any, dy: Any, shape: Ints, windows: Windows) -> Any:
    """The derivative of sum(y dy) by the filters, which have the given shape: patches, transposed, times dy."""
    padded = pad(xp, x, windows.before, windows.after)
    views = slide(xp, padded, windows.kernel, windows.strides, windows.dilations, windows.out)
    groups = _groups(x.shape, shape)
    if _is_depthwise(views, shape, groups):
        rank, axes = len(windows.kernel), [*range(views.ndim)]
        summed = xp.einsum(views, axes, dy, [*axes[: rank + 1], axes[-1]], axes[rank + 1 :])
        return summed.reshape(shape)
    total = xp.zeros((groups, math.prod(shape[:-1]), shape[-1] // groups), x.dtype)
    for block, rows in _rows(xp, views, groups):
        part = dy[block].reshape(-1, groups, shape[-1] // groups).transpose(1, 0, 2)
        total += xp.matmul(rows.transpose(0, 2, 1), part)
    return total.transpose(1, 0, 2).reshape(shape)


def input_gradient(xp: Any, dy: Any, filters: Any, shape: Ints, windows: Windows) -> Any:
    """The derivative of sum(y dy) by x, which has the given shape.

    With stride 1 it is the convolution of dy with the filters turned round. With stride s the positions of x fall into
    s phases along each axis, by the remainder of (position + before) / s, and each phase meets only some taps of the
    filter. So each is a convolution of its own with stride 1, and nothing is multiplied by the zeros between strides.
    """
    rank = len(windows.kernel)
    groups = _groups(shape, filters.shape)
    turned = filters.reshape(*filters.shape[:-1], groups, -1)
    turned = turned.transpose(*range(rank), rank + 2, rank + 1, rank).reshape(*filters.shape[:rank], -1, shape[-1])
    dx = xp.zeros(shape, dy.dtype)
    axes = [_phases(*each) for each in zip(shape[1:-1], *windows[:4], strict=True)]
    if not all(axes):
        return dx  # strides so wide that an axis is not seen at all
    before = [max(0, *[-p.low for p in axis]) for axis in axes]
    after = [max(0, *[p.high - m + 1 for p in axis]) for axis, m in zip(axes, dy.shape[1:-1], strict=True)]
    padded = pad(xp, dy, before, after)
    for phase in itertools.product(*axes):
        corner = tuple(slice(b + p.low, None) for b, p in zip(before, phase, strict=True))
        views = slide(
            xp, padded[(slice(None), *corner)], tuple(len(p.taps) for p in phase), (1,) * rank,
            tuple(p.dilation for p in phase), tuple(p.out for p in phase),
        )  # fmt: skip
        part = _product(xp, views, turned[tuple(p.backwards for p in phase)], groups)
        dx[(slice(None), *[slice(p.start, None, s) for p, s in zip(phase, windows.strides, strict=True)])] = part
    return dx


def _groups(x: Ints, filters: Ints) -> int:
    """How many times the channels of a filter go into those of the input."""
    return x[-1] // filters[-2]


class _Phase(NamedTuple):
    """The positions start, start + s, ... of one axis of x; position j of them sees dy[low + j + dilation * t]."""

    start: int
    out: int
    taps: range
    dilation: int
    low: int

    @property
    def high(self) -> int:
        return self.low + self.out - 1 + self.dilation * (len(self.taps) - 1)

    @property
    def backwards(self) -> slice:
        """The taps as an index, the last one first: they meet dy in that order."""
        return slice(self.taps[-1], self.taps[0] - 1 if self.taps[0] else None, -self.taps.step)


def _phases(n: int, kernel: int, stride: int, dilation: int, before: int) -> list[_Phase]:
    step = stride // math.gcd(stride, dilation)  # tap k and tap k + step meet the same phase
    found = []
    for first in range(min(step, kernel)):
        start = (first * dilation - before) % stride
        out = len(range(start, n, stride))
        if out:
            taps = range(first, kernel, step)
            low = (start + before - taps[-1] * dilation) // stride
            found.append(_Phase(start, out, taps, dilation * step // stride, low))
    return found


def _is_depthwise(views: Any, filters: Ints, groups: int) -> bool:
    """True if every channel has one filter of its own: many products of tiny matrices, which einsum does faster."""
    return groups == views.shape[-1] == filters[-1] > 1


def _product(xp: Any, views: Any, filters: Any, groups: int) -> Any:
    """Each patch of a view (batch, out..., kernel..., channels) times the filters: (batch, out..., channels out)."""
    rank = views.ndim // 2 - 1
    if _is_depthwise(views, filters.shape, groups):
        axes = [*range(views.ndim)]
        kernel = filters.reshape(*filters.shape[:rank], -1)
        return xp.einsum(views, axes, kernel, axes[rank + 1 :], [*axes[: rank + 1], axes[-1]])
    matrix = filters.reshape(-1, groups, filters.shape[-1] // groups).transpose(1, 0, 2)
    y = xp.empty((*views.shape[: rank + 1], filters.shape[-1]), filters.dtype)
    for block, rows in _rows(xp, views, groups):
        y[block] = xp.matmul(rows, matrix).transpose(1, 0, 2).reshape(y[block].shape)
    return y


def _rows(xp: Any, views: Any, groups: int) -> Iterator[tuple[slice, Any]]:
    """The patches of a few images after the other: (which images, an array (groups, patches, numbers in a patch))."""
    images, size = views.shape[0], math.prod(views.shape[1:])
    target = BLOCK if xp is np else 64 * BLOCK
    step = max(1, target // max(1, size * views.dtype.itemsize))
    split = views.reshape(*views.shape[:-1], groups, views.shape[-1] // groups)
    split = split.transpose(split.ndim - 2, *range(split.ndim - 2), split.ndim - 1)
    inner = math.prod(views.shape[views.ndim // 2 :]) // groups
    for i in range(0, images, step):
        block = split[:, i : i + step]
        yield slice(i, i + step), block.reshape(groups, -1, inner)
