"""Points of the plane that a reader drags over a picture, with a mouse, a finger or the arrow keys."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from deepkit.loading import load_module, optional
from deepkit.viz.grids import BLUE, ORANGE


@cache
def _widget_class() -> Any:
    widget: Any = optional("anywidget", "points to drag").AnyWidget
    traitlets = load_module("traitlets")  # anywidget stands on it

    class Board(widget):
        """Points in the browser, over a picture."""

        _esm = Path(__file__).with_suffix(".js")
        points = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
        classes = traitlets.List(traitlets.Int()).tag(sync=True)
        picture = traitlets.Unicode().tag(sync=True)
        colours = traitlets.List(traitlets.Unicode(), default_value=[BLUE, ORANGE]).tag(sync=True)
        names = traitlets.List(traitlets.Unicode(), default_value=["blue", "orange"]).tag(sync=True)
        left, top, side, low, high = (traitlets.Float().tag(sync=True) for _ in range(5))

    return Board


def dragged(points: Sequence[Sequence[float]], classes: Sequence[int], square: tuple[float, float, float],
            between: tuple[float, float], names: Sequence[str] = ("blue", "orange")) -> Any:
    """A widget with points (x, y), circles of class 0 and squares of class 1, which is told to a reader by its name.

    square: left, top and side in pixels of the part of the picture on which they lie; between: what its edges mean.
    Its attribute `points` follows the reader; `picture` is the SVG behind them.

    Raises:
        MissingExtraError: without anywidget (extra `course`).
    """
    left, top, side = square
    return _widget_class()(points=[list(map(float, point)) for point in points], classes=list(classes), names=list(names),
                           left=left, top=top, side=side, low=between[0], high=between[1])
