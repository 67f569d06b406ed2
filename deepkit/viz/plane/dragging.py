"""Points of the plane that a reader drags over a picture, with a mouse, a finger or the arrow keys."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from deepkit.viz.grids import BLUE, ORANGE
from deepkit.viz.interactive import scripted


@cache
def _board() -> Any:
    """Points in the browser, over a picture."""
    return scripted("points to drag", __file__, lambda t: {
        "points": t.List(t.List(t.Float())), "classes": t.List(t.Int()), "picture": t.Unicode(),
        "colours": t.List(t.Unicode(), [BLUE, ORANGE]), "names": t.List(t.Unicode(), ["blue", "orange"]),
        **{name: t.Float() for name in ("left", "top", "side", "low", "high")},
    })


def dragged(points: Sequence[Sequence[float]], classes: Sequence[int], square: tuple[float, float, float],
            between: tuple[float, float], names: Sequence[str] = ("blue", "orange")) -> Any:
    """A widget with points (x, y), circles of class 0 and squares of class 1, which is told to a reader by its name.

    square: left, top and side in pixels of the part of the picture on which they lie; between: what its edges mean.
    Its attribute `points` follows the reader; `picture` is the SVG behind them.

    Raises:
        MissingExtraError: without anywidget (extra `course`).
    """
    left, top, side = square
    return _board()(points=[list(map(float, point)) for point in points], classes=list(classes), names=list(names),
                    left=left, top=top, side=side, low=between[0], high=between[1])
