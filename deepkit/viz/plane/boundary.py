"""What classifiers say of each point of the plane, side by side, with the points that they learned from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.grids import document
from deepkit.viz.picture import Drawing
from deepkit.viz.plane.panel import Panel

_WIDE, _LEFT, _GAP = 680.0, 34.0, 46.0


def show_boundary(
    classifiers: Mapping[str, Callable[[np.ndarray], Any]], points: Any, classes: Any, *,
    between: tuple[float, float] | None = None, side: float = 210, weights: Mapping[str, Any] | None = None,
) -> Drawing:
    """Draw maps of the plane: orange where a classifier says class 1, blue where it says class 0, pale in between.

    Args:
        classifiers: by name functions from (n, 2) points to (n,) or (n, 1) probabilities of class 1.
        points: (n, 2); classes: (n,) of 0 and 1, drawn as discs and squares.
        between: both axes go from .. to; by default as far as the points, and a tenth more.
        side: largest width of a map in pixels.
        weights: by a classifier's name (n,) numbers, to which the areas of its dots are proportional.

    Raises:
        ArgumentError: without a classifier, or for classes other than 0 and 1.
        ShapeError: for other shapes.

    >>> show_boundary({"a line": lambda x: x @ [1, -1] > 0}, points, classes)
    a line: right for 3 of 4 points
    """
    at, of = np.asarray(points, np.float64), np.asarray(classes).ravel()
    if at.ndim != 2 or at.shape[1:] != (2,) or len(at) != len(of):
        raise ShapeError(f"points of shape {at.shape}, {len(of)} classes", rule="(n, 2) points and (n,) classes")
    if not np.isin(of, (0, 1)).all():
        raise ArgumentError(f"classes {sorted(set(of.tolist()))[:5]}", rule="0 and 1: a map tells two classes apart",
                            hint="classes == 2 asks for one of several")
    if not classifiers:
        raise ArgumentError("no classifier to draw", hint='show_boundary({"mine": predict}, points, classes)')
    low, high = between or (float(at.min()), float(at.max()))
    more = 0.0 if between else 0.1 * (high - low)
    side = min(side, (_WIDE - len(classifiers) * _GAP) / len(classifiers))
    parts, said = [], []
    for i, (name, classify) in enumerate(classifiers.items()):
        panel = Panel(_LEFT + i * (side + _GAP), 26, side, round(low - more, 1), round(high + more, 1), name)
        panel.heat(classify)
        panel.dots(at, of, _radii((weights or {}).get(name), 5 if len(at) < 40 else 3, len(at)))
        panel.rim()
        parts += panel.parts
        right = int(np.sum((np.asarray(classify(at)).ravel() > 0.5) == of.astype(bool)))
        said.append(f"{name}: right for {right:,} of {len(of):,} points")
    sentence = "; ".join(said)
    return Drawing(document(parts, _LEFT + len(classifiers) * (side + _GAP) - 20, side + 46, sentence), sentence)


def _radii(weights: Any, usual: float, count: int) -> np.ndarray:
    """Of dots whose areas go with the weights: of the usual size on the average, and none too small to be seen."""
    given = np.ones(count) if weights is None else np.asarray(weights, np.float64)
    if given.shape != (count,):
        raise ShapeError(f"weights of shape {given.shape} for {count} points", rule="one for each")
    return np.clip(usual * np.sqrt(given / given.mean()), 1.0, 4 * usual)
