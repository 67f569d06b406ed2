"""Weights beside values: which axes they must have, checked at once where the shapes are known and in every run where not."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.core.graph import default_graph
from deepkit.errors import ShapeError
from deepkit.layers.metrics.means import of_equal_rank

Lengths = tuple[int | None, ...]

__all__ = ["broadcastable", "with_rank_of", "with_the_rank_of_values"]


def with_rank_of(x: Any, other: Any, fewer: int = 0) -> Any:
    """x, without its last axis if that has length 1 and is one more than the axes of `other`, less `fewer`."""
    mine, theirs = x.shape.rank, other.shape.rank
    if None not in (mine, theirs):
        more = mine == theirs - fewer + 1 and x.shape.lengths[-1] in (None, 1)
        return ops.squeeze(x, [-1]) if more else x
    whole = mine is not None and (mine == 0 or x.shape.lengths[-1] not in (None, 1))
    return x if whole else ops.reshape(x, ops.shape(x)[: ops.rank(other) - fewer])


def with_the_rank_of_values(weights: Any, values: Any) -> Any:
    """The weights, a last axis of length 1 put to them or taken off where the values have one axis more or less."""
    if weights.shape.rank == 0 or None not in (weights.shape.rank, values.shape.rank):
        return of_equal_rank(weights, values)
    return ops.reshape(weights, ops.concat([ops.shape(weights), [1]], 0)[: ops.rank(values)])


def broadcastable(weights: Any, values: Any, what: str = "losses") -> Any:
    """The weights: a number, or with as many axes as the values, each as long or of length 1.

    ShapeError where the shapes say otherwise; where they are not known, the runs say it.
    """
    mine, theirs = getattr(getattr(weights, "shape", None), "lengths", ()), values.shape.lengths
    if mine == ():
        return weights
    if mine is None or theirs is None:
        return _checked_in_runs(weights, values, what)
    if not _fit(mine, theirs):
        raise ShapeError(
            f"weights of shape {weights.shape} for {what} of shape {values.shape}",
            rule=f"a number, or as many axes as the {what}, each of the same length or of length 1",
            hint="weights for each example of (batch, n): tf.expand_dims(weights, 1)",
        )
    return weights if None not in (*mine, *theirs) else _checked_in_runs(weights, values, what)


def _fit(mine: Lengths, theirs: Lengths) -> bool:
    pairs = zip(mine, theirs, strict=False)
    return len(mine) == len(theirs) and all(m is None or t is None or m in (1, t) for m, t in pairs)


def _checked_in_runs(weights: Any, values: Any, what: str) -> Any:
    mine, theirs = ops.shape(weights), ops.shape(values)
    padded = ops.concat([theirs, ops.zeros([ops.maximum(ops.size(mine) - ops.size(theirs), 0)], "int32")], 0)
    beside = padded[: ops.size(mine)]
    lengths = ops.reduce_all(ops.logical_or(ops.equal(mine, 1), ops.equal(mine, beside)))
    ranks = ops.logical_or(ops.equal(ops.size(mine), 0), ops.equal(ops.size(mine), ops.size(theirs)))
    check = ops.assert_(ops.logical_and(ranks, lengths), [f"weights for {what}: their shapes", mine, theirs])  # noqa: PT009
    with default_graph().control_dependencies([check]):
        return ops.identity(weights)
