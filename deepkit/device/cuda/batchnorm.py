"""Launches batchnorm.cu: batch normalization of arrays (..., channels) and its gradient, as device/batchnorm.py has them."""

from __future__ import annotations

from typing import Any

from deepkit.device.cuda.loader import launch, one_each

ACROSS, DOWN = 32, 8
"""Channels and lines of threads in a block: batchnorm.cu."""
PART, PARTS = 512, 64
"""Rows that one block adds up, at least, and into how many parts they are cut, at most."""
Triple = tuple[Any, Any, Any]


def forward(xp: Any, x: Any, scale: Any, offset: Any, epsilon: float) -> Triple:
    """(y, mean, variance): y = scale (x - mean) / sqrt(variance + epsilon) + offset; no mean of nothing but NaN."""
    rows, small = xp.ascontiguousarray(x.reshape(-1, x.shape[-1])), x.dtype.type(epsilon)
    (total,) = _sums(xp, "sums", rows, 1, rows)
    mean = (total / rows.shape[0]).astype(x.dtype)
    (total,) = _sums(xp, "squares", rows, 1, rows, mean)
    variance, y = (total / rows.shape[0]).astype(x.dtype), xp.empty(rows.shape, x.dtype)
    per_channel = mean, scale / xp.sqrt(variance + small), xp.ascontiguousarray(offset)
    one_each(xp, "batchnorm.normalize", y.size, rows, *per_channel, y, y.size, y.shape[1], dtype=y.dtype)
    return y.reshape(x.shape), mean, variance


def gradient(xp: Any, dy: Any, x: Any, scale: Any, mean: Any, variance: Any, epsilon: float) -> Triple:
    """(dx, dscale, doffset): what sum(y dy) changes by, where mean and variance are those of x."""
    rows, arrived = (xp.ascontiguousarray(a.reshape(-1, x.shape[-1])) for a in (x, dy))
    mean, r = xp.ascontiguousarray(mean), 1 / xp.sqrt(variance + x.dtype.type(epsilon))
    total, product = _sums(xp, "gradient_sums", rows, 2, arrived, rows, mean)
    part, other = total / rows.shape[0], product * r * r / rows.shape[0]
    dx, per_channel = xp.empty(rows.shape, x.dtype), (scale * r, part.astype(x.dtype), other.astype(x.dtype))
    one_each(xp, "batchnorm.gradient", dx.size, arrived, rows, mean, *per_channel, dx, dx.size, dx.shape[1], dtype=x.dtype)
    return dx.reshape(x.shape), (product * r).astype(x.dtype), total.astype(x.dtype)


def _sums(xp: Any, kernel: str, rows: Any, results: int, *arrays: Any) -> list[Any]:
    """Sums over the rows, float64 (channels,), by a kernel that leaves them part by part."""
    count, channels = rows.shape
    parts = max(1, min(PARTS, count // PART))
    totals = [xp.empty((parts, channels), xp.float64) for _ in range(results)]
    grid = -(-channels // ACROSS), parts
    launch(xp, f"batchnorm.{kernel}", rows.dtype, grid, (ACROSS, DOWN), *arrays, *totals, count, channels)
    return [total.sum(axis=0) for total in totals]
