"""Bowls drawn from above: rings of equal error, the paths of descents, and the shapes of penalties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepkit.errors import ShapeError
from deepkit.viz.grids import BLUE, ORANGE, document, frame, label, number
from deepkit.viz.picture import Drawing
from deepkit.viz.regression.bowl import Bowl
from deepkit.viz.style import GREY, PALETTE

SIDE, _LEFT, _TOP, _BETWEEN = 300.0, 46.0, 26.0, 70.0
_TURN = np.linspace(0, 2 * np.pi, 61)  # a multiple of four: the corners of a diamond are among them
_LINES = (ORANGE, PALETTE["green"], PALETTE["violet"], PALETTE["pink"])
KINDS = {"ridge": 0.0, "elastic net": 0.5, "lasso": 1.0}
"""The share of |w| in a penalty; the rest is w squared."""


class _Map:
    """From weights to pixels: both axes have the same scale, so a circle is round."""

    def __init__(self, seen: np.ndarray, x: float, y: float):
        low, high = seen.min(axis=0), seen.max(axis=0)
        self.span = 1.3 * float((high - low).max() or 1.0)
        self.corner = (low + high - self.span) / 2
        self.x, self.y = x, y

    def __call__(self, w: Any) -> np.ndarray:
        share = (np.asarray(w, np.float64) - self.corner) / self.span
        return np.stack([self.x + SIDE * share[..., 0], self.y + SIDE * (1 - share[..., 1])], axis=-1)


def show_bowl(x: Any, y: Any, paths: Mapping[str, Any], names: Sequence[str] = ("weight 1", "weight 2")) -> Drawing:
    """Draw the error over two weights from above, and paths over it, a panel each.

    Args:
        x, y: as for `Bowl`.
        paths: by name (steps + 1, 2) weights, at most four.
        names: of the weights.

    >>> show_bowl(x, y, {"all rows": walked})
    all rows: 50 steps from an error of 5.2e+03 to 3.69e+03; the floor is 3.69e+03
    """
    bowl, walks = Bowl(x, y), {name: np.asarray(path, np.float64) for name, path in paths.items()}
    if any(path.ndim != 2 or path.shape[1] != 2 for path in walks.values()) or not 0 < len(walks) <= len(_LINES):
        raise ShapeError(f"{len(walks)} paths of shapes {[path.shape for path in walks.values()]}",
                         rule=f"from 1 to {len(_LINES)} paths, (steps + 1, 2) weights each")
    seen = np.concatenate([*walks.values(), bowl.best[None]])
    parts, step = [], SIDE + 22
    for i, (name, path) in enumerate(walks.items()):
        place = _Map(seen, _LEFT + i * step, _TOP)
        parts += [label(name, place.x, _TOP - 9, bold=True), *_rings(bowl, place, seen), *_walk(path, place, _LINES[i])]
        parts += _axes(place, names, left=not i)
    told = "; ".join(f"{name}: {len(path) - 1} steps from an error of {bowl.error(path[0]):.3g} to {bowl.error(path[-1]):.3g}"
                     for name, path in walks.items())
    sentence = f"{told}; the floor is {bowl.floor:.3g}"
    return Drawing(document(parts, _LEFT + len(walks) * step, _TOP + SIDE + 40, sentence), sentence)


def show_penalty(x: Any, y: Any, strength: float, kinds: Sequence[str] = ("ridge", "lasso"),
                 names: Sequence[str] = ("weight 1", "weight 2")) -> Drawing:
    """Draw where a penalty holds the weights: the ring of the error touches the penalty's own shape.

    Args:
        x, y: as for `Bowl`.
        strength: of the penalty, in units of the error: e + strength sum(w^2), or strength sum|w|.
        kinds: a panel for each, of "ridge", "elastic net" and "lasso".
        names: of the weights.

    >>> show_penalty(x, y, 600, ["lasso"])
    lasso of strength 600: weights 23.4 and 0, error 4.3e+03 (without penalty 22.7 and 9.1, error 3.69e+03)
    """
    bowl, parts, told, step = Bowl(x, y), list[str](), list[str](), SIDE + 22
    for i, kind in enumerate(kinds):
        drawn, sentence = panel(bowl, strength, KINDS[kind], kind, _LEFT + i * step, names, left=not i)
        parts, told = parts + drawn, [*told, sentence]
    return Drawing(document(parts, _LEFT + len(kinds) * step, _TOP + SIDE + 40, "; ".join(told)), "; ".join(told))


def panel(bowl: Bowl, strength: float, share: float, kind: str, x: float, names: Sequence[str],
          left: bool = True) -> tuple[list[str], str]:
    """The rings, the penalty's shape and the two places; and a sentence."""
    held = bowl.penalized(strength, share)
    reach = 1.15 * float(np.abs(bowl.best).max())
    seen = np.array([[-0.45 * reach, -0.45 * reach], [reach, reach]]) * np.where(bowl.best < 0, -1, 1)
    place = _Map(seen, x, _TOP)
    shape = _filled(place(_shape(held, share)))
    touching = _ring(bowl, place, bowl.error(held) - bowl.floor, ORANGE, 1.8)
    parts = [label(f"{kind}, strength {strength:.3g}", x, _TOP - 9, bold=True), *_rings(bowl, place, seen),
             *_inside(place, shape + touching), *_dot(place(held), ORANGE), *_axes(place, names, left)]
    said = " and ".join(f"{w:.3g}" for w in held)
    free = " and ".join(f"{w:.3g}" for w in bowl.best)
    return parts, (f"{kind} of strength {strength:.3g}: weights {said}, error {bowl.error(held):.3g} "
                   f"(without penalty {free}, error {bowl.floor:.3g})")


def paths_panel(bowl: Bowl, strength: float, share: float, strengths: np.ndarray, x: float, names: Sequence[str]) -> list[str]:
    """Both weights against the strength, on a logarithmic axis, with a line at the one that is chosen."""
    weights = np.array([bowl.penalized(s, share) for s in strengths])
    low, high = min(weights.min(), 0.0), max(weights.max(), 0.0)
    room = 0.08 * (high - low or 1.0)
    low, high = low - room, high + room
    across = x + SIDE * (np.log(strengths) - np.log(strengths[0])) / (np.log(strengths[-1]) - np.log(strengths[0]))
    here = x + SIDE * (np.log(strength) - np.log(strengths[0])) / (np.log(strengths[-1]) - np.log(strengths[0]))
    parts = [label("weights against strength", x, _TOP - 9, bold=True), frame(x, _TOP, SIDE, SIDE)]
    zero = _TOP + SIDE * high / (high - low)
    parts.append(f'<path d="M{x:.1f},{zero:.1f}h{SIDE:.1f}M{here:.1f},{_TOP}v{SIDE}" stroke="{GREY}" stroke-width="0.8"/>')
    for k, colour in ((0, BLUE), (1, PALETTE["pink"])):
        up = _TOP + SIDE * (high - weights[:, k]) / (high - low)
        dash = ' stroke-dasharray="6 3"' if k else ""
        path = "M" + "L".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, up, strict=True))
        parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        parts.append(label(names[k], x + 8, up[0] + (-7 if k else 16), fill=colour, size=11))
    for value, anchor, at in ((strengths[0], "start", x), (strengths[-1], "end", x + SIDE)):
        parts.append(label(f"{value:g}", at, _TOP + SIDE + 16, size=10, anchor=anchor))
    return [*parts, label("0", x - 6, zero + 4, size=10, anchor="end")]


def two_panels(bowl: Bowl, strength: float, share: float, kind: str, strengths: np.ndarray, names: Sequence[str]) -> Drawing:
    """The bowl with the penalty, and beside it both weights against the strength."""
    parts, sentence = panel(bowl, strength, share, kind, _LEFT, names)
    parts += paths_panel(bowl, strength, share, strengths, _LEFT + SIDE + _BETWEEN - 20, names)
    return Drawing(document(parts, _LEFT + 2 * SIDE + _BETWEEN, _TOP + SIDE + 40, sentence), sentence)


def _ring(bowl: Bowl, place: _Map, height: float, colour: str, wide: float) -> str:
    """All places whose error is `height` above the floor: an ellipse along the bend's eigenvectors."""
    values, vectors = np.linalg.eigh(bowl.bend)
    (x, y), (across, along) = place(bowl.best), np.sqrt(height / values) * SIDE / place.span
    turn = -np.degrees(np.arctan2(vectors[1, 0], vectors[0, 0]))  # pixels count downwards
    return (f'<ellipse rx="{across:.1f}" ry="{along:.1f}" transform="translate({x:.1f} {y:.1f}) rotate({turn:.1f})" '
            f'fill="none" stroke="{colour}" stroke-width="{wide:g}"/>')


def _shape(w: np.ndarray, share: float) -> np.ndarray:
    """(61, 2) places that are punished as much as w: a circle, a diamond, or what lies between."""
    level = share * np.abs(w).sum() + (1 - share) * (w**2).sum()
    unit = np.stack([np.cos(_TURN), np.sin(_TURN)], axis=1)
    a, b = 1 - share, share * np.abs(unit).sum(axis=1)  # a r^2 + b r = level along each direction
    radius = level / b if a == 0 else (np.sqrt(b**2 + 4 * a * level) - b) / (2 * a)
    return unit * radius[:, None]


def _rings(bowl: Bowl, place: _Map, seen: np.ndarray) -> list[str]:
    corners = place.corner + place.span * np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    top = max(bowl.error(corner) for corner in corners) - bowl.floor
    rings = "".join(_ring(bowl, place, top * (k / 9) ** 2, BLUE, 0.9) for k in range(1, 9))
    cross = place(bowl.best)
    mark = f'<path d="M{cross[0] - 5:.1f},{cross[1]:.1f}h10m-5,-5v10" stroke="{BLUE}" stroke-width="2"/>'
    origin = place(np.zeros(2))
    lines = (f'<path d="M{place.x},{origin[1]:.1f}h{SIDE}M{origin[0]:.1f},{place.y}v{SIDE}" stroke="{GREY}" '
             'stroke-opacity="0.5" stroke-width="0.8"/>')
    return [frame(place.x, place.y, SIDE, SIDE), *_inside(place, lines + rings + mark)]


def _inside(place: _Map, drawn: str) -> list[str]:
    """What is drawn, cut off at the panel's frame."""
    name = f"p{place.x:.0f}"
    return [f'<clipPath id="{name}"><rect x="{place.x}" y="{place.y}" width="{SIDE}" height="{SIDE}"/></clipPath>',
            f'<g clip-path="url(#{name})">{drawn}</g>']


def _filled(points: np.ndarray) -> str:
    path = "M" + "L".join(f"{a:.1f},{b:.1f}" for a, b in points) + "z"
    return f'<path d="{path}" fill="{GREY}" fill-opacity="0.25" stroke="{GREY}" stroke-width="1.2"/>'


def _walk(path: np.ndarray, place: _Map, colour: str) -> list[str]:
    points = place(path)
    line = "M" + "L".join(f"{a:.1f},{b:.1f}" for a, b in points)
    dots = "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2"/>' for a, b in points[1:]) if len(points) < 60 else ""
    first = f'<circle cx="{points[0, 0]:.1f}" cy="{points[0, 1]:.1f}" r="5.5" fill="none" stroke="{colour}" stroke-width="2"/>'
    return _inside(place, f'<path d="{line}" fill="none" stroke="{colour}" stroke-width="1.1"/><g fill="{colour}">{dots}</g>'
                   + first)


def _dot(at: np.ndarray, colour: str) -> list[str]:
    return [f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="5" fill="{colour}"/>']


def _axes(place: _Map, names: Sequence[str], left: bool) -> list[str]:
    low, high = place.corner, place.corner + place.span
    bottom = place.y + SIDE
    parts = [label(number(low[0]), place.x, bottom + 14, size=10), label(number(high[0]), place.x + SIDE, bottom + 14, size=10,
                                                                         anchor="end"),
             label(names[0], place.x + SIDE / 2, bottom + 16, size=11, anchor="middle")]
    if left:
        parts += [label(number(low[1]), place.x - 5, bottom, size=10, anchor="end"),
                  label(number(high[1]), place.x - 5, place.y + 9, size=10, anchor="end"),
                  f'<g transform="rotate(-90 {place.x - 12:.1f} {place.y + SIDE / 2:.1f})">'
                  + label(names[1], place.x - 12, place.y + SIDE / 2, size=11, anchor="middle") + "</g>"]
    return parts
