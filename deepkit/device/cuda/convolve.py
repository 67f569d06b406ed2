"""Launches convolve.cu: a convolution as an implicit matrix product, and its two derivatives, as device/convolve.py has them."""

from __future__ import annotations

import math
from typing import Any

from deepkit.device.cuda import loader
from deepkit.device.windows import Ints, Windows

SIDE, ACROSS = 64, 16
"""A block makes SIDE x SIDE numbers of a product, by ACROSS x ACROSS threads: product.cuh."""
BLOCKS = 256
"""So many blocks keep a GPU at work: a sum over all windows is cut into parts until there are."""
LEAST = 512
"""Windows in a part, at least."""


def convolve(xp: Any, x: Any, filters: Any, windows: Windows) -> Any:
    """y[n, p, o] = sum over k and c of x[n, s p + d k - before, c] filters[k, c, o]."""
    outputs, groups = filters.shape[-1], x.shape[-1] // filters.shape[-2]
    y = xp.empty((x.shape[0], *windows.out, outputs), filters.dtype)
    arrays = xp.ascontiguousarray(x), xp.ascontiguousarray(filters), y
    _launch(xp, "convolve", math.prod(y.shape[:-1]), outputs // groups, groups, arrays, x.shape, windows, outputs, groups)
    return y


def filter_gradient(xp: Any, x: Any, dy: Any, shape: Ints, windows: Windows) -> Any:
    """The derivative of sum(y dy) by the filters, which have the given shape; the parts of a sum are added in order."""
    outputs, groups, rows = shape[-1], x.shape[-1] // shape[-2], math.prod(shape[:-1])
    squares = math.prod(_grid(rows, outputs // groups, groups))
    parts = max(1, min(math.prod(dy.shape[:-1]) // LEAST, BLOCKS // max(1, squares)))
    df = xp.empty((parts, rows, outputs), x.dtype)
    arrays = xp.ascontiguousarray(x), xp.ascontiguousarray(dy), df
    _launch(
        xp, "filter_gradient", rows, outputs // groups, groups * parts, arrays, x.shape, windows, outputs, groups, parts
    )
    return df.sum(axis=0).reshape(shape)


def input_gradient(xp: Any, dy: Any, filters: Any, shape: Ints, windows: Windows) -> Any:
    """The derivative of sum(y dy) by x, which has the given shape."""
    outputs, groups = filters.shape[-1], shape[-1] // filters.shape[-2]
    dx = xp.empty(shape, dy.dtype)
    arrays = xp.ascontiguousarray(dy), xp.ascontiguousarray(filters), dx
    _launch(
        xp, "input_gradient", math.prod(shape[:-1]), filters.shape[-2], groups, arrays, shape, windows, outputs, groups
    )
    return dx


def _grid(rows: int, columns: int, layers: int) -> Ints:
    return -(-rows // SIDE), -(-columns // SIDE), layers


def _launch(
    xp: Any, kernel: str, rows: int, columns: int, layers: int, arrays: tuple[Any, ...], shape: Ints, windows: Windows,
    *numbers: int,
) -> None:
    """Runs a kernel that makes so many layers of rows x columns numbers, for an x of the given shape."""
    structs = loader.images_and_windows(shape, windows)
    grid, dtype = _grid(rows, columns, layers), arrays[-1].dtype
    loader.launch(xp, f"convolve.{kernel}", dtype, grid, (ACROSS, ACROSS), *arrays, *structs, *numbers)
