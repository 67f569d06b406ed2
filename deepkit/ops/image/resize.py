"""Axes made longer: every entry repeated, or new entries between the old ones."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from deepkit.core.apply import convert, scope
from deepkit.core.shape import normalize_axis
from deepkit.core.static import static_value
from deepkit.core.typing import AnyTensor, IntLike, TensorLike
from deepkit.errors import ShapeError
from deepkit.ops.functions import ops

__all__ = ["repeat", "resize_linear"]


def repeat(input: TensorLike, repeats: int, axis: int, name: str | None = None) -> AnyTensor:
    """Every entry along `axis` `repeats` times in a row, as numpy.repeat.

    input: any shape; result: input's shape with axis `axis` repeats times as long. ShapeError: no such axis.

    >>> import deepkit as dk
    >>> dk.ops.repeat([1, 2], 2, axis=0).numpy().tolist()
    [1, 1, 2, 2]
    """
    with scope(name, "Repeat", input) as full:
        x = convert(input)
        at = normalize_axis(axis, len(x.shape))
        lengths: list[Any] = [ops.shape(x)[i] if d is None else d for i, d in enumerate(x.shape.lengths or ())]
        multiples = [1] * (len(lengths) + 1)
        multiples[at + 1] = int(repeats)
        lengths[at] *= int(repeats)
        return ops.reshape(ops.tile(ops.expand_dims(x, at + 1), multiples), lengths, name=full)


def resize_linear(input: TensorLike, factor: int, axis: int, name: str | None = None) -> AnyTensor:
    """`factor` times as many entries along `axis`, on straight lines between the old ones.

    Entries are the middles of intervals: new entry i lies at (i + 1/2) / factor - 1/2 between the old ones 0, 1, ...;
    beyond the first and the last one the value stays. Over two axes this is bilinear interpolation.
    input: any shape, float; result: input's shape with axis `axis` factor times as long, of its type. ShapeError: no such
    axis. DTypeError: no float.
    """
    with scope(name, "ResizeLinear", input) as full:
        x = convert(input)
        at = normalize_axis(axis, len(x.shape))
        known = (x.shape.lengths or ())[at]
        length: Any = ops.shape(x)[at] if known is None else known
        place = (ops.cast(ops.range(length * factor), x.dtype) + 0.5) / factor - 0.5
        before = ops.floor(place)
        share = ops.reshape(place - before, [-1, *[1] * builtins.max(len(x.shape) - at - 1, 0)])
        low = ops.gather(x, ops.cast(ops.maximum(before, 0), "int32"), axis=at)
        high = ops.gather(x, ops.minimum(ops.cast(ops.ceil(place), "int32"), length - 1), axis=at)
        return ops.add(low, (high - low) * share, name=full)


def resize_area(x: AnyTensor, new: IntLike, axis: int, align_corners: bool = False) -> Any:
    """An axis of another length: each new entry is the mean of the old ones under it, those at its ends by their share.

    ShapeError: a length that is not known before the graph runs.
    """
    old = x.shape.as_list()[axis]
    known = static_value(new)
    if old is None or known is None:
        raise ShapeError(f"resizing by area from {x.shape}", rule="both lengths are known")
    new = int(known)
    scale = (old - 1) / (new - 1) if align_corners and new > 1 else old / new
    moved = ops.tensordot(x, _shares(old, new, scale).astype(x.dtype.numpy), [[axis], [0]])
    last = len(x.shape) - 1
    order = list(builtins.range(last))
    order.insert(axis, last)
    return ops.transpose(moved, order)


def _shares(old: int, new: int, scale: float) -> np.ndarray:
    """How much of each old entry lies under each new one: (old, new); beyond the end the last one goes on."""
    weights = np.zeros((old, new))
    for i in builtins.range(new):
        start, end = i * scale, (i + 1) * scale
        for place in builtins.range(int(np.floor(start)), int(np.ceil(end - 1e-9))):
            share = builtins.min(place + 1, end) - builtins.max(place, start)
            weights[builtins.min(place, old - 1), i] += share / scale
    return weights
