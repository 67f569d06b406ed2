"""Batch normalization of arrays (..., channels) and its gradient: NumPy references, then compiled twins.

y = scale n + offset, where n = (x - mean) r and r = 1 / sqrt(variance + epsilon) (S. Ioffe and C. Szegedy, "Batch
normalization", 2015). Since mean and variance depend on x too, what arrives by dn loses its mean and its part along n.

The twins make no array beside the result. They add up the numbers of a few rows in x's own type and the sums of those in
float64, which keeps more digits than one long sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.device import compiled, cuda

Triple = tuple[Any, Any, Any]


def forward_reference(xp: Any, rows: Any, scale: Any, offset: Any, epsilon: Any) -> Triple:
    """(y, mean, variance) of rows (count, channels)."""
    count = rows.dtype.type(len(rows))
    mean = rows.sum(axis=0) / count
    distance = rows - mean
    variance = (distance * distance).sum(axis=0) / count
    return distance * (scale / xp.sqrt(variance + epsilon)) + offset, mean, variance


def gradient_reference(dy: Any, rows: Any, scale: Any, mean: Any, r: Any) -> Triple:
    """(dx, dscale, doffset) for rows and dy (count, channels)."""
    count = rows.dtype.type(len(rows))
    normal = (rows - mean) * r
    doffset, dscale = dy.sum(axis=0), (dy * normal).sum(axis=0)
    return scale * r * (dy - doffset / count - normal * (dscale / count)), dscale, doffset


SMALL = 2**14
"""Numbers in x below which NumPy is as fast and needs no compiled code."""
ROWS = 64
"""Rows that are added up in x's own type."""


def forward(xp: Any, x: Any, scale: Any, offset: Any, epsilon: float) -> Triple:
    """(y, mean, variance): y = scale (x - mean) / sqrt(variance + epsilon) + offset; no mean of nothing but NaN."""
    if cuda.fits(xp, x, scale, offset):
        return cuda.batchnorm.forward(xp, x, scale, offset, epsilon)
    rows, small = x.reshape(-1, x.shape[-1]), x.dtype.type(epsilon)
    sums, squares, normalize = _kernels(xp, x, _sums, _squares, _normalize)
    if not normalize:
        y, mean, variance = forward_reference(xp, rows, scale, offset, small)
        return y.reshape(x.shape), mean, variance
    mean = (sums(rows) / len(rows)).astype(x.dtype)
    variance = (squares(rows, mean) / len(rows)).astype(x.dtype)
    y = np.empty_like(rows)
    normalize(rows, mean, scale / np.sqrt(variance + small), offset, y)
    return y.reshape(x.shape), mean, variance


def gradient(xp: Any, dy: Any, x: Any, scale: Any, mean: Any, variance: Any, epsilon: float) -> Triple:
    """(dx, dscale, doffset): what sum(y dy) changes by, where mean and variance are those of x."""
    if cuda.fits(xp, dy, x, scale, mean, variance):
        return cuda.batchnorm.gradient(xp, dy, x, scale, mean, variance, epsilon)
    rows, arrived = x.reshape(-1, x.shape[-1]), dy.reshape(-1, x.shape[-1])
    r = 1 / xp.sqrt(variance + x.dtype.type(epsilon))
    (kernel,) = _kernels(xp, x, _gradient)
    if kernel and dy.flags.c_contiguous:
        dx, dscale, doffset = np.empty_like(rows), np.empty_like(scale), np.empty_like(scale)
        kernel(arrived, rows, scale, mean, r, dx, dscale, doffset)
    else:
        dx, dscale, doffset = gradient_reference(arrived, rows, scale, mean, r)
    return dx.reshape(x.shape), dscale, doffset


def _kernels(xp: Any, x: Any, *functions: Any) -> list[Any]:
    """The functions compiled, or None for each where there are no twins for this x."""
    large = xp is np and x.size >= SMALL and x.dtype in (np.float32, np.float64) and x.flags.c_contiguous
    return [compiled.kernel(function) if large else None for function in functions]


def _sums(x):  # compiled by numba
    count, channels = x.shape
    part, total = np.empty(channels, x.dtype), np.zeros(channels, np.float64)
    for start in range(0, count, ROWS):
        part[:] = 0
        for i in range(start, min(start + ROWS, count)):
            for c in range(channels):
                part[c] += x[i, c]
        for c in range(channels):
            total[c] += part[c]
    return total


def _squares(x, mean):  # compiled by numba
    count, channels = x.shape
    part, total = np.empty(channels, x.dtype), np.zeros(channels, np.float64)
    for start in range(0, count, ROWS):
        part[:] = 0
        for i in range(start, min(start + ROWS, count)):
            for c in range(channels):
                distance = x[i, c] - mean[c]
                part[c] += distance * distance
        for c in range(channels):
            total[c] += part[c]
    return total


def _normalize(x, mean, factor, offset, y):  # compiled by numba
    for i in range(x.shape[0]):
        for c in range(x.shape[1]):
            y[i, c] = (x[i, c] - mean[c]) * factor[c] + offset[c]


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
