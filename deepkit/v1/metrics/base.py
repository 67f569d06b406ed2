"""What all streaming metrics share: local variables that gather, a value read from them, and an op that updates them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.apply import check_same_shape
from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.core.variable import Variable
from deepkit.device.dtypes import as_dtype, float32
from deepkit.layers.metrics.curves import steps_between
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.framework.weights import broadcastable, with_rank_of, with_the_rank_of_values
from deepkit.v1.losses import safe_ratio


def gathered(shape: Any, dtype: Any, name: str) -> Variable:
    """A local variable that starts at zero, in the collections of local and of metric variables."""
    return Variable(
        np.zeros(tuple(int(d) for d in shape), as_dtype(dtype).numpy), trainable=False, name=name,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES],
    )


def ratio(total: Any, count: Any, name: str | None = None) -> Any:
    """total / count, or 0 where nothing was counted."""
    return safe_ratio(total, ops.maximum(count, 0), name)


def finish(value: Any, update: Any, metrics_collections: Any, updates_collections: Any) -> tuple[Any, Any]:
    """The pair that every metric returns, entered into the collections."""
    if metrics_collections:
        default_graph().add_to_collections(metrics_collections, value)
    if updates_collections:
        default_graph().add_to_collections(updates_collections, update)
    return value, update


def from_totals(
    totals: list[Variable], increments: list[Any], compute: Callable[..., Any], metrics_collections: Any,
    updates_collections: Any,
) -> tuple[Any, Any]:
    """(value, update_op): compute(*totals, name) of what was gathered before, and of that with this batch added."""
    grown = [ops.assign_add(total, more) for total, more in zip(totals, increments, strict=True)]
    return finish(compute(*totals, "value"), compute(*grown, "update_op"), metrics_collections, updates_collections)


def aligned(predictions: Any, labels: Any, weights: Any) -> tuple[Any, Any, Any]:
    """The three as tensors of equal rank: a last axis of length 1 is taken off the longer one (or put to the weights)."""
    predictions = constant_of(predictions)
    if labels is not None:
        labels = constant_of(labels)
        predictions, labels = with_rank_of(predictions, labels), with_rank_of(labels, predictions)
        check_same_shape("predictions and labels", predictions, labels)
    if weights is None:
        return predictions, labels, None
    return predictions, labels, with_the_rank_of_values(constant_of(weights), predictions)


def fitting(weights: Any, values: Any) -> Any:
    """The weights as float32; ShapeError unless they can be broadcast against the values."""
    return ops.cast(broadcastable(weights, values, "values"), float32)


def spread(weights: Any, values: Any) -> Any:
    """The weights as float32, one for each of the values."""
    return ops.broadcast_like(fitting(weights, values), values)


def thresholds_between(count: int) -> list[float]:
    """`count` thresholds from just below 0 to just above 1 at equal distances."""
    return [-1e-7, *steps_between(count), 1 + 1e-7]
