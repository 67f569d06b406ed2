"""Batch normalization of arrays (..., channels) and its gradient: NumPy references and compiled twins side by side.

The twins pass over x three times and twice. They add up the numbers of a few rows in x's own type and the sums of those
in float64, which keeps more digits than one long sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.device import compiled

SMALL = 2**14
"""Numbers in x below which NumPy is as fast and needs no compiled code."""
ROWS = 64
"""Rows that are added up in x's own type."""


def forward(xp: Any, x: Any, scale: Any, offset: Any, epsilon: float) -> tuple[Any, Any, Any]:
    """(y, mean, variance): y = scale (x - mean) / sqrt(variance + epsilon) + offset; no mean of nothing but NaN."""
    rows = x.reshape(-1, x.shape[-1])
    kernel = _kernel(xp, _forward, x)
    if kernel is not None:
        y, mean, variance = np.empty_like(rows), np.empty_like(scale), np.empty_like(scale)
        kernel(rows, scale, offset, x.dtype.type(epsilon), y, mean, variance)
        return y.reshape(x.shape), mean, variance
    mean = rows.sum(axis=0) / x.dtype.type(len(rows))
    distance = rows - mean
    variance = (distance * distance).sum(axis=0) / x.dtype.type(len(rows))
    y = distance * (scale / xp.sqrt(variance + x.dtype.type(epsilon))) + offset
    return y.reshape(x.shape), mean, variance


def gradient(
    xp: Any, dy: Any, x: Any, scale: Any, mean: Any, variance: Any, epsilon: float
) -> tuple[Any, Any, Any]:
    """(dx, dscale, doffset): what sum(y dy) changes by, where mean and variance are those of x."""
    rows, arrived = x.reshape(-1, x.shape[-1]), dy.reshape(-1, x.shape[-1])
    r = 1 / xp.sqrt(variance + x.dtype.type(epsilon))
    kernel = _kernel(xp, _gradient, x)
    if kernel is not None and dy.flags.c_contiguous:
        dx, dscale, doffset = np.empty_like(rows), np.empty_like(scale), np.empty_like(scale)
        kernel(arrived, rows, scale, mean, r, dx, dscale, doffset)
        return dx.reshape(x.shape), dscale, doffset
    normal = (rows - mean) * r
    doffset, dscale = arrived.sum(axis=0), (arrived * normal).sum(axis=0)
    count = x.dtype.type(len(rows))
    dx = scale * r * (arrived - doffset / count - normal * (dscale / count))
    return dx.reshape(x.shape), dscale, doffset


def _kernel(xp: Any, function: Any, x: Any) -> Any:
    """The compiled twin, or None if there is none for this x."""
    large = xp is np and x.size >= SMALL and x.dtype in (np.float32, np.float64) and x.flags.c_contiguous
    return compiled.kernel(function) if large else None


def _forward(x, scale, offset, epsilon, y, mean, variance):  # compiled by numba
    count, channels = x.shape
    part, total = np.empty(channels, x.dtype), np.zeros(channels, np.float64)
    for start in range(0, count, ROWS):
        part[:] = 0
        for i in range(start, min(start + ROWS, count)):
            for c in range(channels):
                part[c] += x[i, c]
        for c in range(channels):
            total[c] += part[c]
    for c in range(channels):
        mean[c] = total[c] / count
        total[c] = 0
    for start in range(0, count, ROWS):
        part[:] = 0
        for i in range(start, min(start + ROWS, count)):
            for c in range(channels):
                distance = x[i, c] - mean[c]
                part[c] += distance * distance
        for c in range(channels):
            total[c] += part[c]
    for c in range(channels):
        variance[c] = total[c] / count
        part[c] = scale[c] / np.sqrt(variance[c] + epsilon)
    for i in range(count):
        for c in range(channels):
            y[i, c] = (x[i, c] - mean[c]) * part[c] + offset[c]


def _gradient(dy, x, scale, mean, r, dx, dscale, doffset):  # compiled by numba
    count, channels = x.shape
    part, other = np.empty(channels, x.dtype), np.empty(channels, x.dtype)
    total, product = np.zeros(channels, np.float64), np.zeros(channels, np.float64)
    for start in range(0, count, ROWS):
        part[:] = 0
        other[:] = 0
        for i in range(start, min(start + ROWS, count)):
            for c in range(channels):
                part[c] += dy[i, c]
                other[c] += dy[i, c] * (x[i, c] - mean[c])
        for c in range(channels):
            total[c] += part[c]
            product[c] += other[c]
    for c in range(channels):
        doffset[c] = total[c]
        dscale[c] = product[c] * r[c]
        part[c] = total[c] / count
        other[c] = product[c] * r[c] * r[c] / count
    for i in range(count):
        for c in range(channels):
            dx[i, c] = scale[c] * r[c] * (dy[i, c] - part[c] - (x[i, c] - mean[c]) * other[c])
