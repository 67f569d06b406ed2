"""Running means: what a batch adds to the sum of all values and to their number, with weights or without."""

from __future__ import annotations

from typing import Any

from deepkit import ops


def count_and_sum(values: Any, weights: Any = None) -> tuple[Any, Any]:
    """(how many values there are, their sum); with weights, broadcast against them: the sum of weights, the weighted sum."""
    if weights is None:
        return ops.cast(ops.size(values), values.dtype), ops.reduce_sum(values)
    counts, values = ops.broadcast_like(weights, values), values * weights
    return ops.reduce_sum(counts), ops.reduce_sum(values)


def of_equal_rank(weights: Any, values: Any) -> Any:
    """The weights with as many axes as the values, where they have one more or one less: a last axis of length 1."""
    mine, theirs = weights.shape.rank, values.shape.rank
    if not mine or theirs is None or abs(mine - theirs) != 1:
        return weights
    return ops.squeeze(weights, [-1]) if mine > theirs else ops.expand_dims(weights, -1)
