"""One picture through all layers: the feature maps of each, drawn small, each layer with a scale of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.grids import document, label
from deepkit.viz.picture import Drawing
from deepkit.viz.rows import drawn

_WIDE, _GAP, _LEFT, _LETTER = 660.0, 4.0, 16.0, 7.0
_LARGEST = 64.0  # pixels on the side of a map


def show_layers(layers: Mapping[str, Any], across: int = 16) -> Drawing:
    """Draw what each layer made of one picture, a layer below the other.

    Args:
        layers: by name (height, width, maps), (height, width) or (numbers,); vectors become a strip of cells.
        across: how many maps stand in a row at most.

    Full colour is the largest number of the layer; negative numbers are blue.

    Raises:
        ShapeError: for an array of another rank.
        ArgumentError: without any layer, or for `across` below 1.

    >>> show_layers({"pixels": image, "C1": maps[0]})
    2 layers: pixels 28x28, C1 6 maps of 28x28
    """
    if not layers or across < 1:
        raise ArgumentError("no maps to draw", hint='show_layers({"C1": maps}) with a layer at least, and across=16')
    found = {name: _split(values, name) for name, values in layers.items()}
    left = _LEFT + _LETTER * max(map(len, found))
    parts, y, said = [], 6.0, []
    for name, maps in found.items():
        height, width = maps[0].shape
        room = (_WIDE - left) / min(len(maps), across) - _GAP
        side = room if height == 1 else min(room, _LARGEST)
        tall = 10.0 if height == 1 else side * height / width
        parts += [label(name, 4, y + min(tall, 40) / 2 + 4), *_placed(maps, left, y, side, tall, across)]
        y += -(-len(maps) // across) * (tall + _GAP) + 8
        said.append(_sentence(name, maps))
    sentence = f"{len(found)} layer{'s' if len(found) > 1 else ''}: " + ", ".join(said)
    return Drawing(document(parts, _WIDE, y, sentence), sentence)


def _placed(maps: list[np.ndarray], left: float, top: float, side: float, tall: float, across: int) -> Iterator[str]:
    """The maps of a layer in rows of `across`; their largest number has the full colour."""
    looks = (max(float(np.abs(one).max()) for one in maps), min(float(one.min()) for one in maps) < 0, False)
    for i, one in enumerate(maps):
        row, column = divmod(i, across)
        yield drawn(one, left + column * (side + _GAP), top + row * (tall + _GAP), side, looks, tall)


def _sentence(name: str, maps: list[np.ndarray]) -> str:
    height, width = maps[0].shape
    size = f"{height}x{width}" if height > 1 else f"{width} numbers"
    return f"{name} {f'{len(maps)} maps of ' if len(maps) > 1 else ''}{size}"


def _split(values: Any, name: str) -> list[np.ndarray]:
    array = np.asarray(values.numpy() if hasattr(values, "numpy") else values, np.float64)
    if array.ndim not in (1, 2, 3) or not array.size:
        raise ShapeError(f"the maps of {name!r} have shape {array.shape}",
                         rule="(height, width, maps), (height, width) or (numbers,) of one picture", hint="maps[0]")
    if array.ndim == 3:
        return list(np.moveaxis(array, -1, 0))
    return [array if array.ndim == 2 else array[np.newaxis]]
