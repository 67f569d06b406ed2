"""The ways of two weights through their plane: the whole way on the left, the neighbourhood of a goal on the right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from deepkit.errors import ShapeError
from deepkit.viz.grids import document, label
from deepkit.viz.picture import Drawing
from deepkit.viz.plane.panel import Panel
from deepkit.viz.slopes.race_drawing import looks_of, stroke
from deepkit.viz.style import GREY

_SIDE, _LEFT, _TOP, _GAP = 290.0, 34.0, 26.0, 62.0
_SHORTEST = 1.0  # pixels of a step that is drawn


def show_paths(paths: Mapping[str, Any], goal: tuple[float, float], *, near: float, names: tuple[str, str] = ("w1", "w2"),
               about: str = "the truth") -> Drawing:
    """Draw training paths of two weights.

    Args:
        paths: by name (steps, 2) weights.
        goal: a place that is marked by a cross, and `about` says what it is.
        near: the right panel shows what is at most so far from the goal along each axis.
        names: of the two weights.

    Raises:
        ShapeError: for a path that is not (steps, 2).

    >>> show_paths({"fair": path}, goal=(1, 1), near=0.1)
    fair: from (-0.81, 1.49) to (0.974, 1.024)
    """
    ways = {name: np.asarray(path, np.float64) for name, path in paths.items()}
    for name, way in ways.items():
        if way.ndim != 2 or way.shape[1] != 2 or not len(way):
            raise ShapeError(f"path {name!r} of shape {way.shape}", rule="(steps, 2), one step at least")
    every = np.concatenate([*ways.values(), [goal]])
    room = 0.06 * np.ptp(every) or 1.0
    low, high = float(np.floor(10 * (every.min() - room)) / 10), float(np.ceil(10 * (every.max() + room)) / 10)
    looks = dict(zip(ways, looks_of(len(ways)), strict=True))
    said = "; ".join(f"{name}: from ({way[0, 0]:.2f}, {way[0, 1]:.2f}) to ({way[-1, 0]:.3f}, {way[-1, 1]:.3f})"
                     for name, way in ways.items())
    parts = _panel(ways, looks, goal, (_LEFT, low, high, 0.0, 0.0), names, f"the whole way; + {about}")
    right = (_LEFT + _SIDE + _GAP, -near, near, *goal)
    parts += _panel(ways, looks, goal, right, names, f"within {near:g} of {about}")
    for i, name in enumerate(ways):
        y = _TOP + _SIDE + 36 + 17 * i
        parts += [stroke(f"M{_LEFT:.1f} {y - 4:.1f}h30", looks[name]), label(name, _LEFT + 38, y)]
    return Drawing(document(parts, _LEFT + 2 * _SIDE + _GAP + 12, _TOP + _SIDE + 30 + 17 * len(ways), said), said)


def _visible(places: np.ndarray) -> list[list[np.ndarray]]:
    """The pieces of a way that can be seen: what lies within the panel, without steps shorter than a pixel."""
    pieces: list[list[np.ndarray]] = [[]]
    for place in places:
        if np.abs(place - _SIDE / 2).max() > _SIDE:  # far outside: the line is cut there
            pieces.append([])
        elif not pieces[-1] or np.abs(place - pieces[-1][-1]).max() >= _SHORTEST:
            pieces[-1].append(place)
    return [piece for piece in pieces if len(piece) > 1]


def _disc(place: np.ndarray, radius: float, fill: str) -> str:
    x, y = place
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{fill}" stroke="{GREY}" stroke-width="1.5"/>'


def _panel(ways: Mapping[str, np.ndarray], looks: Mapping[str, tuple[str, str]], goal: tuple[float, float],
           part: tuple[float, float, float, float, float], names: tuple[str, str], title: str) -> list[str]:
    """The part (x of the panel, low, high, and the middle of the plane's two axes) with every way on it."""
    x, low, high, *middle = part
    inside = Panel(0, 0, _SIDE, low, high)
    for name, way in ways.items():
        places = inside.places(way - middle)
        inside.parts += [stroke("M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in piece), looks[name])
                         for piece in _visible(places)]
        inside.parts += [_disc(places[0], 5, "none"), _disc(places[-1], 4, looks[name][0])]
    a, b = inside.places(np.array(goal) - middle)[0]
    inside.parts.append(f'<path d="M{a - 7:.1f} {b:.1f}h14M{a:.1f} {b - 7:.1f}v14" stroke="{GREY}" stroke-width="2"/>')
    rim = Panel(x, _TOP, _SIDE, low, high, title)
    across, up = (f"{name} - {m:g}" if any(middle) else name for name, m in zip(names, middle, strict=True))
    rim.rim(across, "" if any(middle) else up)
    if any(middle):  # it is too long for its place beside the panel
        rim.parts.append(label(up, x + 4, _TOP + 14, size=11))
    clipped = (f'<svg x="{x:g}" y="{_TOP:g}" width="{_SIDE:g}" height="{_SIDE:g}" overflow="hidden">'
               f"{''.join(inside.parts)}</svg>")
    return [*rim.parts, clipped]
