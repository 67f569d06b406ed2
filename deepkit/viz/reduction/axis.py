"""Points of the plane beside lines through them: where each point falls on a line, and how far it is from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.grids import BLUE, ORANGE, document
from deepkit.viz.picture import Drawing
from deepkit.viz.plane.panel import Panel
from deepkit.viz.style import GREY

_WIDE, _LEFT, _GAP, _SIDE = 680.0, 34.0, 40.0, 260.0


def show_axis(points: Any, axes: Mapping[str, Any]) -> Drawing:
    """Draw points, and for each axis the line, the way of each point to it, and where the points end.

    Args:
        points: (n, 2).
        axes: by name a direction (2,), of any length, through the mean of the points; or a pair of a direction and the point
            (2,) through which the line goes.

    Raises:
        ArgumentError: without an axis, or with a direction of length zero.
        ShapeError: for other shapes.

    >>> show_axis([[0, 0], [1, 1], [2, 2]], {"diagonal": (1, 1)})
    diagonal: mean squared distance 0.000
    """
    at = np.asarray(points, np.float64)
    if at.ndim != 2 or at.shape[1] != 2 or not len(at):
        raise ShapeError(f"points of shape {at.shape}", rule="(n, 2)")
    if not axes:
        raise ArgumentError("no axis to draw", hint='show_axis(points, {"first": (1, 0)})')
    low, high = float(at.min()), float(at.max())
    low, high = round(low - 0.1 * (high - low), 1), round(high + 0.1 * (high - low), 1)
    side = min(_SIDE, (_WIDE - len(axes) * _GAP) / len(axes))
    parts, said = [], []
    for i, (name, given) in enumerate(axes.items()):
        direction, through = _line(given, at)
        feet = through + np.outer((at - through) @ direction, direction)
        panel = Panel(_LEFT + i * (side + _GAP), 26, side, low, high, name)
        panel.line((-direction[1], direction[0]), float(direction[1] * through[0] - direction[0] * through[1]), stroke=ORANGE)
        panel.parts += _ways(panel.places(at), panel.places(feet))
        panel.rim()
        parts += panel.parts
        said.append(f"{name}: mean squared distance {np.mean(np.sum((at - feet) ** 2, axis=1)):.3f}")
    sentence = "; ".join(said)
    return Drawing(document(parts, _LEFT + len(axes) * (side + _GAP) - 20, side + 46, sentence), sentence)


def _ways(points: np.ndarray, feet: np.ndarray) -> list[str]:
    """Points, the ways to their feet, and the feet, in pixels: one path for all of each."""
    ways = "".join(f"M{x:.0f} {y:.0f}L{u:.0f} {v:.0f}" for (x, y), (u, v) in zip(points, feet, strict=True))
    parts = [f'<path d="{ways}" stroke="{GREY}" stroke-width="0.8"/>']
    for places, colour, wide in ((feet, ORANGE, 5), (points, BLUE, 7)):
        dots = "".join(f"M{x:.0f} {y:.0f}h0" for x, y in places)
        parts.append(f'<path d="{dots}" stroke="{colour}" stroke-width="{wide}" stroke-linecap="round"/>')
    return parts


def _line(given: Any, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The unit vector of a direction, and a point of the line."""
    paired = isinstance(given, tuple) and len(given) == 2 and np.ndim(given[0]) == 1
    direction = np.asarray(given[0] if paired else given, np.float64)
    through = np.asarray(given[1], np.float64) if paired else points.mean(axis=0)
    if direction.shape != (2,) or through.shape != (2,):
        raise ShapeError(f"a direction of shape {direction.shape} through a point of shape {through.shape}", rule="(2,) and (2,)")
    length = float(np.linalg.norm(direction))
    if not length > 0:
        raise ArgumentError("a direction of length zero points nowhere")
    return direction / length, through
