"""Pooling: one number, the largest or the mean, for each window of a channel, or for all its places."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.layers.layouts import channels_first, space_axes

_WINDOWS: dict[str, dict[int, Any]] = {
    "max": {1: ops.max_pool1d, 2: ops.max_pool, 3: ops.max_pool3d},
    "mean": {1: ops.avg_pool1d, 2: ops.avg_pool, 3: ops.avg_pool3d},
}
_PLACES: dict[str, Any] = {"max": ops.reduce_max, "mean": ops.reduce_mean}


def pool(kind: str, x: Any, size: Any, strides: Any, padding: str, layout: str) -> Any:
    """The largest number ("max"), or the mean, of each window: (batch, space..., channels), fewer places, as many channels.

    size and strides: one number for all space axes, or one for each; zeros of the padding "SAME" do not count.
    """
    return _WINDOWS[kind][len(layout) - 2](x, size, strides, padding, layout)


def global_pool(kind: str, x: Any, layout: str, keepdims: bool = False) -> Any:
    """The largest number ("max"), or the mean, of all places: (batch, space..., channels) -> (batch, channels)."""
    return _PLACES[kind](x, space_axes(layout), keepdims=keepdims)


def masked_mean(x: Any, mask: Any, layout: str, keepdims: bool = False) -> Any:
    """The mean of the steps of x (batch, steps, features) that a mask (batch, steps) lets count."""
    counts = ops.expand_dims(ops.cast(mask, x.dtype), 1 if channels_first(layout) else 2)
    steps = space_axes(layout)
    total = ops.reduce_sum(x * counts, steps, keepdims=keepdims)
    return total / ops.reduce_sum(counts, steps, keepdims=keepdims)
