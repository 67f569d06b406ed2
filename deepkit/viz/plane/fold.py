"""XOR's four corners on a sheet of paper, and where two hidden units put them: folded, a line can part them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.errors import ArgumentError
from deepkit.viz.grids import document, label
from deepkit.viz.picture import Drawing
from deepkit.viz.plane.panel import INK, Panel
from deepkit.viz.style import GREY, PALETTE

CORNERS = np.array([[0.0, 0], [1, 1], [0, 1], [1, 0]])
CLASSES = np.array([0, 0, 1, 1])
NAMES = ["0,0", "1,1", "0,1", "1,0"]
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "relu": ops.relu, "tanh": ops.tanh, "sigmoid": ops.sigmoid, "softplus": ops.softplus, "none": ops.identity,
}
_MEET = 1e-9
_PAPER, _GAP, _TOP, _LEFT = 250.0, 74.0, 44.0, 34.0
FIRST, SECOND = PALETTE["green"], PALETTE["pink"]


class Fold:
    """Two hidden units h = f(w · x + b) that look at the four corners of XOR.

    Args:
        angles: in degrees, of each unit the direction w in which its sum grows; w has length 1.
        offsets: of each unit b.
        activation: f, one of relu, tanh, sigmoid, softplus, none.

    Attributes:
        weights: (2, 2), a row for each unit.
        corners: (4, 2), where the corners (0,0), (1,1), (0,1), (1,0) are in hidden space.
        gap: the distance there between the two segments that join corners of one class; 0 where they meet.
        normal, offset: of the line normal · h + offset = 0 in the middle of the gap; zeros without a gap.
    """

    def __init__(self, angles: tuple[float, float] = (-45.0, 135.0), offsets: tuple[float, float] = (0.0, 0.0),
                 activation: str = "relu"):
        if activation not in ACTIVATIONS:
            raise ArgumentError(f"activation={activation!r}", rule=f"one of {', '.join(ACTIVATIONS)}")
        self.angles, self.offsets, self.activation = tuple(angles), np.asarray(offsets, np.float64), activation
        turns = np.deg2rad(np.asarray(angles, np.float64))
        self.weights = np.column_stack([np.cos(turns), np.sin(turns)])
        self.corners = self.hidden(CORNERS)
        here, there = _nearest(self.corners[:2], self.corners[2:])
        self.gap = float(np.linalg.norm(there - here))
        self.normal, self.offset = np.zeros(2), 0.0
        if self.gap > _MEET:
            self.normal = (there - here) / self.gap
            self.offset = -float(self.normal @ (here + there)) / 2
        else:
            self.gap = 0.0

    def hidden(self, points: np.ndarray) -> np.ndarray:
        """(n, 2) what the two units answer to (n, 2) points."""
        return np.asarray(ACTIVATIONS[self.activation](points @ self.weights.T + self.offsets).numpy())

    def probability(self, points: np.ndarray) -> np.ndarray:
        """(n,) how surely each point lies on the side of class 1: a half on the line, 1/2 everywhere without one."""
        if not self.gap:
            return np.full(len(points), 0.5)
        score = 6 * (self.hidden(points) @ self.normal + self.offset) / self.gap
        return np.asarray(ops.sigmoid(score).numpy())

    def sentence(self) -> str:
        """The two units and what became of the corners, in words."""
        units = " and ".join(f"{a:.0f}° {b:+.2f}" for a, b in zip(self.angles, self.offsets, strict=True))
        end = f"a line parts them, with a gap of {self.gap:.2f}" if self.gap else "no line parts the corners"
        return f"units at {units}, {self.activation}: {end}"


def _nearest(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest points of two segments, each given by its ends (2, 2); one and the same where they cross."""
    (a, b), (c, d) = first, second
    both = np.column_stack([b - a, c - d])
    if abs(np.linalg.det(both)) > _MEET:
        s, t = np.linalg.solve(both, c - a)
        if 0 <= s <= 1 and 0 <= t <= 1:
            return a + s * (b - a), a + s * (b - a)
    pairs = [(_foot(end, c, d), end)[::-1] for end in first] + [(_foot(end, a, b), end) for end in second]
    return min(pairs, key=lambda pair: float(np.linalg.norm(pair[1] - pair[0])))


def _foot(point: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The point of a segment that is nearest to a point."""
    along = end - start
    length = float(along @ along)
    share = np.clip((point - start) @ along / length, 0, 1) if length > 0 else 0.0
    return np.asarray(start + share * along)


def show_fold(folds: Mapping[str, Fold]) -> Drawing:
    """Draw for each fold the paper with its lines on the left, and the same paper in hidden space on the right.

    >>> show_fold({"along the diagonal": Fold((-45, 135))})
    units at -45° +0.00 and 135° +0.00, relu: a line parts them, with a gap of 0.50
    """
    if not folds:
        raise ArgumentError("no fold to draw", hint='show_fold({"one": Fold()})')
    return Drawing(draw(folds), "; ".join(fold.sentence() for fold in folds.values()))


def draw(folds: Mapping[str, Fold]) -> str:
    """The SVG: two panels for each fold, one pair below the other."""
    parts, tall = [], _PAPER + _TOP + 42
    for i, (name, fold) in enumerate(folds.items()):
        y = _TOP + i * tall
        parts += [label(name, 4, y - 26, size=13, bold=True), *_paper(fold, y), *_hidden(fold, y)]
        end = f"gap {fold.gap:.2f}" if fold.gap else "no line parts them"
        parts.append(label(end, _LEFT + 2 * _PAPER + _GAP, y - 7, anchor="end", bold=True))
    said = "; ".join(fold.sentence() for fold in folds.values())
    return document(parts, _LEFT + 2 * _PAPER + _GAP + 12, len(folds) * tall, said)


def _paper(fold: Fold, y: float) -> list[str]:
    panel = Panel(_LEFT, y, _PAPER, -0.5, 1.5, "what goes in")
    panel.heat(fold.probability)
    for w, b, stroke in zip(fold.weights, fold.offsets, (FIRST, SECOND), strict=True):
        panel.line(w, b, dash="6 4", stroke=stroke, wide=2.2)
        panel.path([-b * w, -b * w + 0.25 * w], stroke=stroke, wide=3.5)
    panel.dots(CORNERS, CLASSES, 7, NAMES, INK)
    panel.rim()
    return panel.parts


def _hidden(fold: Fold, y: float) -> list[str]:
    ticks = np.linspace(-0.5, 1.5, 9)
    low, high = _reach(fold)
    panel = Panel(_LEFT + _PAPER + _GAP, y, _PAPER, low, high, "in hidden space")
    ends = np.linspace(-0.5, 1.5, 33)
    for tick in ticks:  # the paper's grid: many short pieces, for they may bend
        for line in (np.column_stack([np.full(33, tick), ends]), np.column_stack([ends, np.full(33, tick)])):
            panel.path(fold.hidden(line), stroke=GREY, wide=0.6)
    panel.line(fold.normal, fold.offset, stroke=PALETTE["violet"], wide=2.4)
    panel.dots(fold.corners, CLASSES, 7, _together(fold.corners))
    panel.rim("h1", "h2")
    return panel.parts


def _reach(fold: Fold) -> tuple[float, float]:
    """Round numbers that hold all of the paper in hidden space."""
    seen = fold.hidden(np.array([[-0.5, -0.5], [-0.5, 1.5], [1.5, -0.5], [1.5, 1.5]]))
    return float(np.floor(2 * min(seen.min(), 0) - 0.2) / 2), float(np.ceil(2 * seen.max() + 0.2) / 2)


def _together(corners: np.ndarray) -> list[str]:
    """The corners' names; where several lie on one place, the first bears them all."""
    names = []
    for i, corner in enumerate(corners):
        same = [NAMES[k] for k, other in enumerate(corners) if np.abs(other - corner).max() < 0.02]
        names.append(" ".join(same) if same[0] == NAMES[i] else "")
    return names
