"""Launches pooling.cu: the largest number of each window, where it stands, the mean, as device/pooling.py has them."""

from __future__ import annotations

from typing import Any

from deepkit.device.cuda.loader import images_and_windows, one_each
from deepkit.device.windows import Windows


def largest(xp: Any, x: Any, windows: Windows) -> Any:
    """The largest number of each window; NaN where there is one."""
    return _pooled(xp, "largest", x, windows)


def mean(xp: Any, x: Any, windows: Windows) -> Any:
    """The mean of each window; the padding does not count."""
    return _pooled(xp, "mean", x, windows)


def places(xp: Any, x: Any, y: Any, windows: Windows) -> Any:
    """For each window the position in x, written as one row, of the first number that equals y; -1 if none does."""
    found = xp.empty(y.shape, xp.int32)
    arrays = xp.ascontiguousarray(x), xp.ascontiguousarray(y), found
    one_each(xp, "pooling.places", y.size, *arrays, *images_and_windows(x.shape, windows), dtype=x.dtype)
    return found


def largest_gradient(xp: Any, dy: Any, x: Any, y: Any, windows: Windows) -> Any:
    """Zeros in the shape of x; each dy is added where the largest number y of its window stands first."""
    return _sent_back(xp, "largest_gradient", (dy, places(xp, x, y, windows)), x, windows)


def mean_gradient(xp: Any, dy: Any, like: Any, windows: Windows) -> Any:
    """Zeros in the shape of `like`; each dy is shared equally among the numbers of its window."""
    return _sent_back(xp, "mean_gradient", (dy,), like, windows)


def _pooled(xp: Any, kernel: str, x: Any, windows: Windows) -> Any:
    y, structs = xp.empty((x.shape[0], *windows.out, x.shape[-1]), x.dtype), images_and_windows(x.shape, windows)
    one_each(xp, f"pooling.{kernel}", y.size, xp.ascontiguousarray(x), y, *structs, dtype=x.dtype)
    return y


def _sent_back(xp: Any, kernel: str, arrays: tuple[Any, ...], like: Any, windows: Windows) -> Any:
    dx, dtype = xp.empty(like.shape, arrays[0].dtype), arrays[0].dtype
    structs = images_and_windows(like.shape, windows)
    one_each(xp, f"pooling.{kernel}", dx.size, *map(xp.ascontiguousarray, arrays), dx, *structs, dtype=dtype)
    return dx
