"""Drag points of two classes, choose who parts them, turn the sheet: the boundary follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.loading import optional
from deepkit.viz.grids import document, label
from deepkit.viz.interactive import Interactive, in_row
from deepkit.viz.picture import Drawing
from deepkit.viz.plane.dragging import dragged
from deepkit.viz.plane.panel import Panel
from deepkit.viz.style import GREY

_SIDE, _LEFT, _TOP, _BOUND = 360.0, 40.0, 8.0, 1.2


class Learned(Protocol):
    """What was learned from points: probabilities of class 1, words, straight lines (the middle first), who supports it."""

    @property
    def probability(self) -> Callable[[np.ndarray], np.ndarray]: ...

    @property
    def said(self) -> str: ...

    @property
    def lines(self) -> Sequence[tuple[np.ndarray, float]]: ...

    @property
    def support(self) -> Sequence[int]: ...


Learn = Callable[[np.ndarray, np.ndarray, int], Learned]
"""(points (n, 2), classes (n,), freedom) -> what was learned."""


class BoundaryExplorer(Interactive):
    """Points to be dragged, and what a learner of your choice makes of them.

    Args:
        ways: by name what learns, see `Learn`.
        points: (n, 2), best within the unit circle, so that they stay on the sheet when it is turned.
        classes: (n,) of 0 and 1.
        way: the learner to begin with; the first one by default.
        freedom: of the learner, from 1 to 7.

    Attributes:
        points: (n, 2), where they are now; learned: what was learned from them.
        controls: the widgets by name: way, freedom, turn, anew; board: the points in the browser.

    Raises:
        ArgumentError: without a learner, or with points of one class only.
        ShapeError: for other shapes.
        MissingExtraError: without anywidget and ipywidgets (extra `course`).
    """

    def __init__(self, ways: Mapping[str, Learn], points: Any, classes: Any, way: str | None = None, freedom: int = 6):
        at, of = np.asarray(points, np.float64), np.asarray(classes).astype(int).ravel()
        if at.ndim != 2 or at.shape[1:] != (2,) or len(at) != len(of):
            raise ShapeError(f"points of shape {at.shape}, {len(of)} classes", rule="(n, 2) points and (n,) classes")
        if not ways or set(of.tolist()) != {0, 1}:
            raise ArgumentError(f"{len(ways)} learners and the classes {sorted(set(of.tolist()))}",
                                rule="a learner at least, and points of the classes 0 and 1")
        w = optional("ipywidgets", "the explorer of boundaries")
        self._ways, self._first, self._classes = dict(ways), at, of
        look = {"style": {"description_width": "70px"}, "layout": w.Layout(width="280px")}
        self.controls: dict[str, Any] = {
            "way": w.Dropdown(options=list(ways), value=way or next(iter(ways)), description="learner", **look),
            "freedom": w.IntSlider(freedom, 1, 7, description="freedom", **look),
            "turn": w.IntSlider(0, -90, 90, 5, description="turn by °", **look),
            "anew": w.Button(description="as it was", layout=w.Layout(width="110px")),
        }
        self.board = dragged(at.tolist(), of.tolist(), (_LEFT, _TOP, _SIDE), (-_BOUND, _BOUND))
        self._said = w.HTML()
        self._learn()
        for name in ("way", "freedom"):
            self.controls[name].observe(self._learn, "value")
        self.controls["turn"].observe(self._turned, "value")
        self.controls["anew"].on_click(lambda _: self.anew())
        self.board.observe(self._learn, "points")
        left = w.VBox([*self.controls.values(), self._said], layout=w.Layout(width="300px", flex="0 0 auto"))
        self.widget = in_row([left, self.board])
        self.widget.add_class("deepkit-boundary-explorer")

    @property
    def points(self) -> np.ndarray:
        return np.array(self.board.points, np.float64)

    def anew(self) -> None:
        """Put all points back, and the sheet upright."""
        self.controls["turn"].unobserve(self._turned, "value")
        self.controls["turn"].value = 0
        self.controls["turn"].observe(self._turned, "value")
        self.board.points = self._first.tolist()

    def _turned(self, change: Any) -> None:
        angle = np.deg2rad(change["new"] - change["old"])
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        self.board.points = np.clip(self.points @ turn, -_BOUND, _BOUND).tolist()

    def _learn(self, _: Any = None) -> None:
        way, freedom = self.controls["way"].value, self.controls["freedom"].value
        self.learned = self._ways[way](self.points, self._classes, freedom)
        self._said.value = self.sentence()
        self.board.picture = self._drawn(dots=False)

    def sentence(self) -> str:
        """Who learned, what came out, how many points it has right, and how far the sheet is turned."""
        right = int(np.sum((self.learned.probability(self.points) > 0.5) == self._classes))
        turned = f", turned by {self.controls['turn'].value}°" if self.controls["turn"].value else ""
        return f"{self.controls['way'].value}: {self.learned.said}; {right} of {len(self._classes)} points right{turned}"

    def _drawn(self, dots: bool) -> str:
        panel = Panel(_LEFT, _TOP, _SIDE, -_BOUND, _BOUND)
        panel.heat(self.learned.probability, 75)
        for i, (normal, offset) in enumerate(self.learned.lines):
            panel.line(normal, offset, dash="5 4" if i else "", stroke="#404040")
        for x, y in panel.places(self.points[list(self.learned.support)]):
            panel.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="none" stroke="#202020" stroke-width="1.4"/>')
        if dots:
            panel.dots(self.points, self._classes, 5)
        panel.rim()
        said = self.sentence()
        parts = [*panel.parts, label(said, 4, _TOP + _SIDE + 34, size=11, fill=GREY)] if dots else panel.parts
        return document(parts, _LEFT + _SIDE + (320 if dots else 10), _TOP + _SIDE + (44 if dots else 22), said)

    def picture(self) -> Drawing:
        """What is shown now, as a still picture."""
        return Drawing(self._drawn(dots=True), self.sentence())


def boundary_explorer(ways: Mapping[str, Learn], points: Any, classes: Any, **begin: Any) -> BoundaryExplorer:
    """Drag points and see how the boundary between two classes follows; see BoundaryExplorer.

    >>> from deepkit.models.boundaries import WAYS
    >>> boundary_explorer(WAYS, points, classes, way="street")
    """
    return BoundaryExplorer(ways, points, classes, **begin)
