"""A plane of codings as a sheet of pictures: what a decoder makes of each place, and where the encoder puts what it is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.grids import document, label
from deepkit.viz.picture import Drawing
from deepkit.viz.plane.panel import Panel
from deepkit.viz.rows import drawn

Decode = Callable[[np.ndarray], Any]
"""(n, 2) codings to (n, height, width) pictures of 0..1."""

_LEFT, _TOP, _SIDE, _GAP = 40.0, 8.0, 360.0, 64.0
_SHADES = 15  # of a sheet that is drawn: more cannot be told apart, and take twice the room


def sheet(decode: Decode, count: int, between: tuple[float, float]) -> np.ndarray:
    """(count * height, count * width): the pictures of count x count places, the second number of the codings upwards.

    Raises:
        ArgumentError: for fewer than two places a side, or edges in the wrong order.
        ShapeError: for a decoder that does not answer with a picture for each coding.
    """
    low, high = between
    if count < 2 or not low < high:
        raise ArgumentError(f"{count} places a side between {low:g} and {high:g}", rule="two or more, the lower edge first")
    middles = low + (high - low) * (np.arange(count) + 0.5) / count
    codings = np.array([(x, y) for y in middles[::-1] for x in middles])
    made = np.asarray(decode(codings), np.float64)
    if made.ndim != 3 or len(made) != count**2:
        raise ShapeError(f"{count**2} codings, answers of shape {made.shape}", rule="(n, height, width) pictures")
    height, width = made.shape[1:]
    return made.reshape(count, count, height, width).swapaxes(1, 2).reshape(count * height, count * width)


def drawn_sheet(made: np.ndarray, square: Panel) -> str:
    """A sheet of pictures as an SVG element that fills a panel."""
    shades = np.rint(np.clip(made, 0, 1) * _SHADES) / _SHADES
    return drawn(shades, square.x, square.y, square.side, (1.0, False, False))


def show_plane(decode: Decode, codings: Any = None, labels: Any = None, *, count: int = 13,
               between: tuple[float, float] = (-2.6, 2.6)) -> Drawing:
    """Draw the plane of two codings as the pictures that a decoder makes there; beside it where known images lie.

    Args:
        decode: (n, 2) codings to (n, height, width) pictures.
        codings: (n, 2), where the encoder puts images; points outside of the plane are left out.
        labels: (n,), written as numerals at their places.
        count: pictures a side.
        between: what the edges of the plane mean.

    >>> show_plane(vae.decode, vae.encode(x_test), y_test)
    13 x 13 pictures between -2.6 and 2.6; 352 of 360 points
    """
    square = Panel(_LEFT, _TOP, _SIDE if codings is None else 300.0, *between)
    parts = [drawn_sheet(sheet(decode, count, between), square)]
    square.rim("z1", "z2")
    said = f"{count} x {count} pictures between {between[0]:g} and {between[1]:g}"
    if codings is None:
        return Drawing(document(parts + square.parts, _LEFT + _SIDE + 10, _TOP + _SIDE + 24, said), said)
    points = np.asarray(codings, np.float64)
    names = np.asarray(labels)
    if points.ndim != 2 or points.shape[1] != 2 or names.shape != (len(points),):
        raise ShapeError(f"codings of shape {points.shape} and labels of shape {names.shape}", rule="(n, 2) and (n,)")
    beside = Panel(_LEFT + square.side + _GAP - 20, _TOP, square.side, *between)
    inside = ((points > between[0]) & (points < between[1])).all(axis=1)
    for (x, y), name in zip(beside.places(points[inside]), names[inside], strict=True):
        beside.parts.append(label(str(name), x, y + 4, size=11, anchor="middle"))
    beside.rim("z1", "")
    said += f"; {int(inside.sum())} of {len(points)} points"
    parts += square.parts + beside.parts
    return Drawing(document(parts, beside.x + beside.side + 12, _TOP + square.side + 24, said), said)
