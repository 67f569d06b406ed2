"""Launches depthwise.cu: a convolution of each channel by itself, and its two derivatives, as device/depthwise.py has them."""

from __future__ import annotations

import math
from typing import Any

from deepkit.device.cuda.loader import THREADS, images_and_windows, launch, one_each
from deepkit.device.windows import Ints, Windows


def convolve(xp: Any, x: Any, filters: Any, windows: Windows) -> Any:
    """y[n, p, c m + q] = sum over k of x[n, s p + d k - before, c] filters[k, 0, c m + q]."""
    y = xp.empty((x.shape[0], *windows.out, filters.shape[-1]), filters.dtype)
    arrays = xp.ascontiguousarray(x), xp.ascontiguousarray(filters), y
    structs = images_and_windows(x.shape, windows)
    one_each(xp, "depthwise.convolve", y.size, *arrays, *structs, y.shape[-1], dtype=y.dtype)
    return y


def filter_gradient(xp: Any, x: Any, dy: Any, shape: Ints, windows: Windows) -> Any:
    """The derivative of sum(y dy) by the filters, which have the given shape."""
    df = xp.empty(shape, x.dtype)
    arrays = xp.ascontiguousarray(x), xp.ascontiguousarray(dy), df
    structs, grid = images_and_windows(x.shape, windows), (math.prod(shape),)
    launch(xp, "depthwise.filter_gradient", x.dtype, grid, (THREADS,), *arrays, *structs, shape[-1])
    return df


def input_gradient(xp: Any, dy: Any, filters: Any, shape: Ints, windows: Windows) -> Any:
    """The derivative of sum(y dy) by x, which has the given shape."""
    dx = xp.empty(shape, dy.dtype)
    arrays = xp.ascontiguousarray(dy), xp.ascontiguousarray(filters), dx
    structs = images_and_windows(shape, windows)
    one_each(xp, "depthwise.input_gradient", dx.size, *arrays, *structs, filters.shape[-1], dtype=dx.dtype)
    return dx
