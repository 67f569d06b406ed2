"""Launches philox.cu: random numbers made on the GPU, of the streams that device/philox.py draws from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepkit.device.cuda import loader

Place = tuple[int, int, int]
"""Where a draw stands: the key of its stream, the upper half of its counter, and its first block."""


def fits(xp: Any, dtype: Any, shape: tuple[int, ...]) -> bool:
    """True if kernels make numbers of this type, so many of them."""
    return loader.on_gpu(xp) and np.dtype(dtype).name in loader.C_NAMES and math.prod(shape) < 2**31


def uniform(xp: Any, place: Place, shape: tuple[int, ...], dtype: Any) -> Any:
    """Uniform numbers in [0, 1): the digits of the CPU."""
    return _made(xp, "uniform", place, shape, dtype, math.prod(shape))


def normal(xp: Any, place: Place, shape: tuple[int, ...], dtype: Any) -> Any:
    """Standard normal numbers; their last digits are those of the GPU's sine, cosine and logarithm."""
    return _made(xp, "normals", place, shape, dtype, math.prod(shape))


def truncated_normal(xp: Any, place: Place, shape: tuple[int, ...], dtype: Any) -> Any:
    """Standard normal numbers of absolute value below 2."""
    numbers = 16 // np.dtype(dtype).itemsize
    return _made(xp, "truncated_normals", place, shape, dtype, -(-math.prod(shape) // numbers))


def dropout(xp: Any, place: Place, x: Any, keep: Any) -> tuple[Any, Any]:
    """(x factors, factors): 1 / keep where a uniform number is at least 1 - keep, else 0."""
    one, y, factors = x.dtype.type(1), xp.empty(x.shape, x.dtype), xp.empty(x.shape, x.dtype)
    share = x.dtype.type(float(keep))
    arrays = xp.ascontiguousarray(x), y, factors
    loader.one_each(
        xp, "philox.dropout", x.size, *arrays, one - share, one / share, x.size, *map(np.uint64, place), dtype=x.dtype
    )
    return y, factors


def _made(xp: Any, kernel: str, place: Place, shape: tuple[int, ...], dtype: Any, threads: int) -> Any:
    y = xp.empty(shape, dtype)
    loader.one_each(xp, f"philox.{kernel}", threads, y, y.size, *map(np.uint64, place), dtype=dtype)
    return y
