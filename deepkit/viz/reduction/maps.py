"""Maps of examples: each a point of the plane, coloured by a number, or written as the digit that it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.grids import document, frame, label
from deepkit.viz.picture import Drawing
from deepkit.viz.style import PALETTE

_WIDE, _GAP, _TITLE, _RIM = 660.0, 12.0, 20.0, 8.0
_WIDEST = 212.0  # of a map, in pixels
_DIGIT = 11  # pixels of a digit's height
_ALONG = [PALETTE[name] for name in ("blue", "violet", "pink", "orange")]  # from the smallest number to the largest
_SHADES = 8


def show_maps(maps: Mapping[str, Any], values: Any, columns: int = 3, *, most: int = 400) -> Drawing:
    """Draw maps of the same examples side by side, each to its own scale and without axes: they have no unit.

    Args:
        maps: by name (n, 2) places; the name is the title.
        values: (n,) whole numbers below 10 are classes, each point written as its digit; others are colours, from blue for
            the smallest over violet and pink to orange for the largest.
        columns: maps in a row.
        most: examples that are drawn; of more, every second, third, ...

    Raises:
        ArgumentError: without a map, or with a place that is not finite.
        ShapeError: for other shapes.

    >>> show_maps({"PCA": z}, y)
    PCA: 400 examples
    """
    told = np.asarray(values)
    places = {name: np.asarray(given, np.float64) for name, given in maps.items()}
    if not places:
        raise ArgumentError("no map to draw", hint='show_maps({"PCA": z}, y)')
    for name, at in places.items():
        if at.shape != (len(told), 2) or told.ndim != 1 or not len(told):
            raise ShapeError(f"{name!r}: places of shape {at.shape} and values of shape {told.shape}", rule="(n, 2) and (n,)")
        if not np.isfinite(at).all():
            raise ArgumentError(f"{name!r}: a place is NaN or infinite")
    stride, columns = -(-len(told) // max(most, 1)), min(columns, len(places))
    side = min(_WIDEST, (_WIDE + _GAP) / columns - _GAP)
    groups, parts = list(_groups(told[::stride])), []
    for i, (name, at) in enumerate(places.items()):
        x, y = 2 + i % columns * (side + _GAP), 4 + i // columns * (side + _GAP + _TITLE) + _TITLE
        parts += [label(name, x, y - 6), frame(x, y, side, side, wide=0.8)]
        parts += [_points(_fitted(at, side)[::stride][own] + (x, y), colour, digit) for own, colour, digit in groups]
    sentence = f"{', '.join(places)}: {len(told):,} examples"
    rows = -(-len(places) // columns)
    return Drawing(document(parts, columns * (side + _GAP), rows * (side + _GAP + _TITLE), sentence), sentence)


def _fitted(at: np.ndarray, side: float) -> np.ndarray:
    """(n, 2) pixels within a square, both axes to one scale, as large as they can be."""
    low, high = at.min(axis=0), at.max(axis=0)
    scale = (side - 2 * _RIM) / (float((high - low).max()) or 1.0)
    shift = (at - (low + high) / 2) * scale
    return np.column_stack([side / 2 + shift[:, 0], side / 2 - shift[:, 1]])


def _groups(values: np.ndarray) -> Iterator[tuple[np.ndarray, str, str]]:
    """(which points, colour, digit or nothing) of the points that look alike."""
    if values.dtype.kind in "iu" and values.min() >= 0 and values.max() < 10:
        for digit, colour in zip(range(10), [*PALETTE.values()] * 2, strict=False):
            yield values == digit, colour, str(digit)
        return
    low, high = float(values.min()), float(values.max())
    level = np.minimum((values - low) / ((high - low) or 1) * _SHADES, _SHADES - 1).astype(int)
    for k in range(_SHADES):
        yield level == k, _between(k / (_SHADES - 1)), ""


def _between(share: float) -> str:
    """The colour at this share of the way from the smallest number to the largest."""
    knots = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in _ALONG], np.float64)
    at = np.linspace(0, 1, len(_ALONG))
    return "#" + "".join(f"{round(float(np.interp(share, at, knots[:, channel]))):02x}" for channel in range(3))


def _points(at: np.ndarray, colour: str, digit: str) -> str:
    """Points of one look as one element: a path of dots, or a text whose letters have places of their own."""
    rounded = [(round(x), round(y)) for x, y in at]
    if digit:
        xs, ys = (" ".join(str(pair[k] + (0, _DIGIT // 3)[k]) for pair in rounded) for k in (0, 1))
        return (f'<text x="{xs}" y="{ys}" font-size="{_DIGIT}" text-anchor="middle" font-weight="bold" '
                f'fill="{colour}">{digit * len(rounded)}</text>')
    path = "".join(f"M{x} {y}h0" for x, y in rounded)
    return f'<path d="{path}" stroke="{colour}" stroke-width="5" stroke-linecap="round"/>'
