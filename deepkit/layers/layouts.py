"""Where the channels stand: a layer says channels_last or channels_first, the ops say NHWC or NCHW and their kin."""

from __future__ import annotations

from typing import Any

from deepkit import ops

_LAST = {1: "NWC", 2: "NHWC", 3: "NDHWC"}
_FIRST = {1: "NCW", 2: "NCHW", 3: "NCDHW"}


def layout(data_format: str, space: int) -> str:
    """The ops' name of a layer's data format with so many space axes.

    >>> layout("channels_last", 2), layout("channels_first", 1)
    ('NHWC', 'NCW')
    """
    return (_FIRST if data_format == "channels_first" else _LAST)[space]


def channels_first(name: str) -> bool:
    """True for NCHW and its kin."""
    return name.startswith("NC")


def space_axes(name: str) -> list[int]:
    """The axes of a layout that are neither the batch nor the channels.

    >>> space_axes("NHWC"), space_axes("NCW")
    ([1, 2], [2])
    """
    return [axis for axis, letter in enumerate(name) if letter not in "NC"]


def length(x: Any, axis: int) -> Any:
    """The length of one axis: a number where the shape says it, else a tensor."""
    known = x.shape.lengths[axis]
    return ops.shape(x)[axis] if known is None else known
