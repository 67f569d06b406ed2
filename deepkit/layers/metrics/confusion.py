"""True and false positives and negatives: predictions against labels, at one threshold or at many.

A prediction above a threshold says yes. `kind` is one of the four names in KINDS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.graph import default_graph

KINDS = {
    "true_positives": (True, True), "false_negatives": (True, False),
    "true_negatives": (False, False), "false_positives": (False, True),
}
"""What the label says and what the prediction says in each of the four cases."""

Counts = Callable[[str], Any]
"""How often a kind occurs."""


def case(kind: str, label: Any, said: Any) -> Any:
    """True where the label and what was said are as the kind has them; both are bool."""
    right, yes = KINDS[kind]
    return ops.logical_and(said if yes else ops.logical_not(said), label if right else ops.logical_not(label))


def counted(hits: Any, weights: Any, dtype: Any, axis: Any = None) -> Any:
    """The number of hits along `axis` (None: all), or the sum of their weights."""
    hits = ops.cast(hits, dtype)
    return ops.reduce_sum(hits if weights is None else hits * weights, axis)


def as_scores(x: Any) -> Any:
    """The tensor itself; the run ends if a number in it is not in [0, 1], or is NaN."""
    inside = ops.logical_and(ops.greater_equal(x, 0.0), ops.less_equal(x, 1.0))
    checked = ops.assert_(ops.reduce_all(inside), ["predictions must be in [0, 1]:", x])  # noqa: PT009
    with default_graph().control_dependencies([checked]):
        return ops.identity(x)


def by_comparing(
    scores: Any, labels: Any, weights: Any, thresholds: Sequence[float], columns: bool = False
) -> Counts:
    """Counts (thresholds) of scores compared with every threshold; with `columns` (thresholds, columns), one of each.

    scores, labels (bool) and weights (or None) have one shape, (examples, columns) where the columns count apart.
    """
    limits = np.array(thresholds, scores.dtype.numpy).reshape((-1, 1, 1) if columns else (-1, 1))

    def laid(x: Any) -> Any:
        return x if x is None else ops.expand_dims(x, 0) if columns else ops.reshape(x, [1, -1])

    scores, labels, weights = laid(scores), laid(labels), laid(weights)
    said = ops.greater(scores, limits)
    return lambda kind: counted(case(kind, labels, said), weights, scores.dtype, 1)


def by_buckets(scores: Any, labels: Any, weights: Any, thresholds: Sequence[float], columns: bool = False) -> Counts:
    """The same counts for thresholds in equal steps from 0 to 1, in one pass over the scores.

    Each score falls into the bucket below it; the thresholds up to there are those that it lies above.
    """
    positives = ops.cast(labels, scores.dtype)
    sides = {True: positives, False: 1.0 - positives}
    sides = {side: x if weights is None else x * weights for side, x in sides.items()}
    wide = int(scores.shape.lengths[-1] or 1) if columns else 0
    buckets = _buckets(scores, thresholds, wide)

    def found(kind: str) -> Any:
        right, yes = KINDS[kind]
        above = _above(sides[right], buckets, len(thresholds), wide)
        return above if yes else ops.reduce_sum(sides[right], 0 if columns else None) - above

    return found


def _above(which: Any, buckets: Any, count: int, columns: int) -> Any:
    """The sum of `which` over the scores above each of `count` thresholds: (count), or (count, columns)."""
    sums = ops.unsorted_segment_sum(ops.reshape(which, [-1]), ops.reshape(buckets, [-1]), (columns or 1) * count)
    sums = ops.cumsum(ops.reshape(sums, [columns or 1, count]), 1, reverse=True)
    return ops.transpose(sums) if columns else ops.reshape(sums, [count])


def _buckets(scores: Any, thresholds: Sequence[float], columns: int) -> Any:
    """The number of each score's bucket, -1 for none; with columns those of one column after those of another."""
    count = len(thresholds)
    bucket = ops.ceil(ops.clip_by_value(scores, 0.0, 1.0) * float(count - 1)) - 1.0
    if thresholds[0] < 0.0 or thresholds[-1] > 1.0:
        bucket = ops.maximum(bucket, 0.0)
    bucket = ops.cast(bucket, "int32")
    if not columns:
        return bucket
    first = np.arange(columns, dtype=np.int32) * count
    return ops.where(bucket < 0, ops.zeros_like(bucket) - 1, bucket + first)
