"""A square part of the plane as SVG: a map of probabilities, points of two classes, lines, and the numbers at its rim."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepkit.errors import ShapeError
from deepkit.viz.grids import BLUE, ORANGE, colours, frame, label
from deepkit.viz.rows import encoded
from deepkit.viz.style import GREY

INK = "#202020"  # of names on a painted panel
_PAPER = "#ffffff"


class Panel:
    """The square [low, high] x [low, high], drawn `side` pixels wide with its upper left corner at (x, y).

    Attributes:
        parts: what was drawn so far, as SVG.
    """

    def __init__(self, x: float, y: float, side: float, low: float, high: float, name: str = ""):
        self.x, self.y, self.side, self.low, self.high = x, y, side, low, high
        self.parts = [label(name, x, y - 7, bold=True)] if name else []

    def places(self, points: Any) -> np.ndarray:
        """(n, 2) pixels of (n, 2) points."""
        share = (np.asarray(points, np.float64).reshape(-1, 2) - self.low) / (self.high - self.low)
        return np.column_stack([self.x + self.side * share[:, 0], self.y + self.side * (1 - share[:, 1])])

    def cells(self, count: int) -> np.ndarray:
        """(count * count, 2) midpoints of cells, row by row from the top."""
        middles = self.low + (np.arange(count) + 0.5) * (self.high - self.low) / count
        across, up = np.meshgrid(middles, middles[::-1])
        return np.column_stack([across.ravel(), up.ravel()])

    def heat(self, probability: Callable[[np.ndarray], Any], count: int = 60) -> None:
        """Paint what (n, 2) points get from (n,) probabilities: blue for 0, pale for a half, orange for 1."""
        values = np.asarray(probability(self.cells(count)), np.float64)
        if values.size != count * count:
            raise ShapeError(f"{count * count} points gave values of shape {values.shape}", rule="one number for each point")
        values = np.nan_to_num(values.reshape(count, count), nan=0.5)
        painted = encoded(colours(0.8 * (2 * values - 1), 1.0, True, 24), "PNG")
        self.parts.append(
            f'<image x="{self.x:.1f}" y="{self.y:.1f}" width="{self.side:.1f}" height="{self.side:.1f}" '
            f'preserveAspectRatio="none" href="data:image/png;base64,{painted}"/>'
        )

    def dots(self, points: Any, classes: Any, radius: Any = 5, names: Sequence[str] = (), ink: str = GREY) -> None:
        """Points of class 0 as blue discs, of class 1 as orange squares; names stand beside them in `ink`.

        radius: of all, or (n,) of each.
        """
        radii = np.broadcast_to(np.round(radius, 1), len(classes)).tolist()
        for i, ((x, y), one, radius) in enumerate(zip(self.places(points), classes, radii, strict=True)):
            look = f'stroke="{_PAPER}" stroke-width="{radius / 4:g}"'
            if one:
                self.parts.append(f'<rect x="{x - radius:.1f}" y="{y - radius:.1f}" width="{2 * radius:g}" '
                                  f'height="{2 * radius:g}" fill="{ORANGE}" {look}/>')
            else:
                self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{BLUE}" {look}/>')
            if names:
                self.parts.append(label(names[i], x + radius + 4, y - radius, size=11, fill=ink))

    def line(self, normal: Any, offset: float, *, dash: str = "", stroke: str = GREY, wide: float = 1.8) -> None:
        """The part of normal · point + offset = 0 that lies inside."""
        ends = self._ends(np.asarray(normal, np.float64), offset)
        if len(ends) == 2:
            self.path(ends, dash=dash, stroke=stroke, wide=wide)

    def _ends(self, normal: np.ndarray, offset: float) -> list[np.ndarray]:
        """Where a line crosses the rim: two points, or none."""
        if not np.abs(normal).max() > 0:
            return []
        foot, along = -offset * normal / (normal @ normal), np.array([-normal[1], normal[0]]) / np.linalg.norm(normal)
        low, high = -np.inf, np.inf
        for start, step in zip(foot, along, strict=True):
            if abs(step) < 1e-12:
                if not self.low <= start <= self.high:
                    return []
                continue
            near, far = sorted(((self.low - start) / step, (self.high - start) / step))
            low, high = max(low, near), min(high, far)
        return [foot + low * along, foot + high * along] if low < high else []

    def path(self, points: Any, *, dash: str = "", stroke: str = GREY, wide: float = 1.0) -> None:
        """A line from point to point."""
        told = "L".join(f"{x:.1f} {y:.1f}" for x, y in self.places(points))
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<path d="M{told}" stroke="{stroke}" stroke-width="{wide:g}" fill="none"{dashes}/>')

    def rim(self, across: str = "x1", up: str = "x2") -> None:
        """Frame, names of the axes, and the numbers at their ends."""
        left, bottom = self.x, self.y + self.side
        self.parts.append(frame(self.x, self.y, self.side, self.side, wide=0.8))
        for text, x, y, anchor in (
            (f"{self.low:g}", left, bottom + 14, "start"), (f"{self.high:g}", left + self.side, bottom + 14, "end"),
            (across, left + self.side / 2, bottom + 14, "middle"), (f"{self.high:g}", left - 5, self.y + 10, "end"),
            (f"{self.low:g}", left - 5, bottom, "end"), (up, left - 5, self.y + self.side / 2, "end"),
        ):
            self.parts.append(label(text, x, y, size=11, anchor=anchor))
