"""The two spellings of a data format: channels_last and channels_first for layers, NHWC and NCHW for ops."""

from __future__ import annotations

from typing import Any

from deepkit.core.shape import whole
from deepkit.errors import ArgumentError, check_choice
from deepkit.layers.layouts import layout

AXES = {1: "batch, width, channels", 2: "batch, height, width, channels", 3: "batch, depth, height, width, channels"}


def channel_axis(data_format: str) -> int:
    """Which axis the channels are: -1 or 1."""
    check_choice("data_format", data_format, ("channels_last", "channels_first"))
    return -1 if data_format == "channels_last" else 1


def native_format(data_format: str, space: int) -> str:
    """The ops' name of a layer's data format."""
    channel_axis(data_format)  # an error unless it is one of the two
    return layout(data_format, space)


def per_axis(name: str, value: Any, space: int) -> tuple[int, ...]:
    """One number for all space axes, or one for each, as a tuple."""
    listed = tuple(value) if hasattr(value, "__iter__") else (value,) * space
    if len(listed) != space or any(whole(v) < 1 for v in listed):
        raise ArgumentError(f"{name}={value!r}", rule=f"a positive integer, or {space} of them")
    return tuple(whole(v) for v in listed)
