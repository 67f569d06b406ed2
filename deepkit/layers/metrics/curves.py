"""The area under a curve that a threshold draws, from the counts at its points."""

from __future__ import annotations

from typing import Any

from deepkit import ops


def steps_between(count: int) -> list[float]:
    """The thresholds between 0 and 1 in equal steps, without the two ends: count - 2 of them.

    >>> steps_between(5)
    [0.25, 0.5, 0.75]
    """
    return [(i + 1) / (count - 1) for i in range(count - 2)]


def areas(x: Any, y: Any, heights: str) -> Any:
    """The areas (n - 1, ...) between the neighbours of n points, x falling, y the height.

    heights: "mean" (trapezoids), "minimum" or "maximum" of the two neighbours' heights.
    """
    left, right = y[:-1], y[1:]
    choose = {"minimum": ops.minimum, "maximum": ops.maximum}.get(heights, lambda a, b: (a + b) / 2.0)
    return (x[:-1] - x[1:]) * choose(left, right)


def precision_recall_areas(tp: Any, fp: Any, fn: Any) -> Any:
    """The areas under precision over recall, where between two thresholds true positives grow in line with all positives.

    A straight line between two points of this curve would promise more than any threshold keeps.
    Source: J. Davis, M. Goadrich, ICML 2006.
    """
    positives = tp + fp
    more = tp[:-1] - tp[1:]
    slope = _ratio(more, positives[:-1] - positives[1:])
    intercept = tp[1:] - slope * positives[1:]
    both = ops.logical_and(positives[:-1] > 0, positives[1:] > 0)
    ones = ops.ones_like(positives[1:])
    growth = ops.where(both, _ratio(positives[:-1], positives[1:]), ones)
    return _ratio(slope * (more + intercept * ops.log(growth)), tp[1:] + fn[1:])


def _ratio(total: Any, count: Any) -> Any:
    """total / count; 0 where nothing was counted."""
    return ops.div_no_nan(total, ops.maximum(count, 0))
