"""Three logits, their softmax, and where the three probabilities lie in a triangle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.grids import ORANGE, document, frame, label
from deepkit.viz.picture import Drawing
from deepkit.viz.style import GREY, PALETTE

COLOURS = (PALETTE["blue"], PALETTE["orange"], PALETTE["green"])
_SIDE, _LEFT, _TOP = 300.0, 36.0, 34.0
_TALL = _SIDE * 3**0.5 / 2
_BARS, _WIDE, _BAR = 430.0, 680.0, 130.0  # where the bars begin, the drawing's width, the longest bar
_NAMES = ("A", "B", "C")


def softmax(logits: Any) -> np.ndarray:
    """The probabilities (..., 3) of logits (..., 3), by the library."""
    return np.asarray(ops.softmax(np.asarray(logits, np.float64)).numpy())


def show_simplex(
    points: Any, classes: Any = None, names: Sequence[str] = _NAMES, paths: Mapping[str, Any] | None = None
) -> Drawing:
    """Draw probabilities of three classes as points of a triangle, whose corners are the three certainties.

    Each point lies the nearer to a corner the more probable that class is; on the dashed lines two classes tie, so they
    bound what is answered.

    Args:
        points: (n, 3) probabilities, each row with the sum 1.
        classes: (n,) of 0, 1, 2: the true ones, for the points' colours. What is answered wrongly gets an orange ring.
        names: of the three classes.
        paths: by name (m, 3) probabilities that are joined by a line.

    Raises:
        ShapeError: for points that are not (n, 3), or as many classes as there are not points.
        ArgumentError: for rows that are no probabilities.

    >>> show_simplex([[0.7, 0.2, 0.1]], names=["cat", "dog", "cow"])
    1 point; most probable: cat 1, dog 0, cow 0
    """
    at = _probabilities(points)
    of = None if classes is None else np.asarray(classes).ravel()
    if of is not None and len(of) != len(at):
        raise ShapeError(f"{len(at)} points, {len(of)} classes", rule="a class for each point")
    counts = np.bincount(at.argmax(axis=1), minlength=3)
    told = ", ".join(f"{name} {count}" for name, count in zip(names, counts, strict=True))
    said = f"{len(at)} point{'s' if len(at) != 1 else ''}; most probable: {told}"
    parts = [*_triangle(names)]
    for path in (paths or {}).values():
        parts.append(_line(_probabilities(path)))
    parts += _dots(at, of)
    return Drawing(document(parts, _LEFT + _SIDE + 40, _TOP + _TALL + 34, said), said)


def draw(logits: Sequence[float], truth: int, names: Sequence[str] = _NAMES) -> Drawing:
    """The triangle beside bars of logits, of their exponentials and of the probabilities, and the loss if `truth` is right."""
    z = np.asarray(logits, np.float64)
    p = softmax(z)
    loss = float(-np.log(max(p[truth], 1e-300)))
    shifted = softmax(z[None] * np.linspace(0, 4, 60)[:, None])  # the same logits, ever surer of themselves
    parts = [*_triangle(names), _line(shifted), *_dots(p[None], None)]
    for k, name in enumerate(names):
        y = _TOP + 18 + 66 * k
        parts.append(label(f"{name}{'  (true)' if k == truth else ''}", _BARS, y, size=13, bold=k == truth, fill=COLOURS[k]))
        parts.append(label(f"z = {z[k]:.1f}    exp z = {np.exp(z[k]):.3g}", _BARS, y + 18, size=12))
        parts.append(f'<rect x="{_BARS}" y="{y + 26}" width="{_BAR * p[k]:.1f}" height="14" fill="{COLOURS[k]}"/>')
        parts.append(frame(_BARS, y + 26, _BAR, 14, wide=0.6))
        parts.append(label(f"{p[k]:.3f}", _BARS + _BAR + 8, y + 38, size=12))
    parts.append(label(f"loss: −ln {p[truth]:.3f} = {loss:.2f}", _BARS, _TOP + 232, size=13, bold=True))
    said = f"logits {z[0]:.1f}, {z[1]:.1f}, {z[2]:.1f}: probabilities {p[0]:.3f}, {p[1]:.3f}, {p[2]:.3f}; loss {loss:.2f}"
    return Drawing(document(parts, _WIDE, _TOP + _TALL + 34, said), said)


def _place(p: np.ndarray) -> np.ndarray:
    """(n, 2) pixels of (n, 3) probabilities: the corners are lower left, top, lower right."""
    corners = np.array([[_LEFT, _TOP + _TALL], [_LEFT + _SIDE / 2, _TOP], [_LEFT + _SIDE, _TOP + _TALL]])
    return p @ corners


def _triangle(names: Sequence[str]) -> list[str]:
    a, b, c = _place(np.eye(3))
    middle = _place(np.full((1, 3), 1 / 3))[0]
    parts = [f'<path d="M{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}L{c[0]:.1f} {c[1]:.1f}Z" fill="none" stroke="{GREY}"/>']
    for halfway in _place(np.array([[0.5, 0.5, 0], [0, 0.5, 0.5], [0.5, 0, 0.5]])):
        parts.append(f'<path d="M{middle[0]:.1f} {middle[1]:.1f}L{halfway[0]:.1f} {halfway[1]:.1f}" stroke="{GREY}" '
                     'stroke-dasharray="4 4"/>')
    corners = ((a, 0, 20, "start"), (b, 0, -10, "middle"), (c, 0, 20, "end"))
    return parts + [label(name, x + dx, y + dy, size=14, anchor=anchor, bold=True, fill=COLOURS[k])
                    for k, (name, ((x, y), dx, dy, anchor)) in enumerate(zip(names, corners, strict=True))]


def _dots(at: np.ndarray, of: np.ndarray | None) -> list[str]:
    parts = []
    for i, (x, y) in enumerate(_place(at)):
        fill = GREY if of is None else COLOURS[int(of[i])]
        wrong = of is not None and at[i].argmax() != of[i]
        radius = 8 if of is None and len(at) == 1 else 3.5
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill}" fill-opacity="0.75"/>')
        if wrong:
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="none" stroke="{ORANGE}" stroke-width="2"/>')
    return parts


def _line(p: np.ndarray) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in _place(p))
    return f'<polyline points="{points}" fill="none" stroke="{PALETTE["violet"]}" stroke-width="2"/>'


def _probabilities(points: Any) -> np.ndarray:
    at = np.asarray(points.numpy() if hasattr(points, "numpy") else points, np.float64)
    if at.ndim != 2 or at.shape[1:] != (3,):
        raise ShapeError(f"points of shape {at.shape}", rule="(n, 3): three probabilities each")
    if not np.isfinite(at).all() or (at < -1e-9).any() or not np.allclose(at.sum(axis=1), 1, atol=1e-4):
        raise ArgumentError("a row is no distribution", rule="three numbers of 0 or more with the sum 1", hint="use softmax")
    return at
