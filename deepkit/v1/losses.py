"""`tf.losses`: losses as one number, which also enter the collection `losses`."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.core.apply import check_same_shape, scope
from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.v1.symbolic import constant_of


class Reduction:
    """How the losses of single elements become one number."""

    NONE = "none"
    SUM = "weighted_sum"
    MEAN = "weighted_mean"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"


def compute_weighted_loss(
    losses: Any, weights: Any = 1.0, scope: Any = None, loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Any:  # fmt: skip
    """sum(losses * weights) divided by the number of elements whose weight is not 0."""
    weights = ops.cast(constant_of(weights), losses.dtype)
    weighted = losses * weights
    if reduction == Reduction.NONE:
        return weighted
    total = ops.reduce_sum(weighted)
    if reduction == Reduction.MEAN:
        total = _safe_ratio(total, ops.reduce_sum(weights + ops.zeros_like(losses)))
    elif reduction == Reduction.SUM_OVER_BATCH_SIZE:
        total = total / ops.cast(ops.size(losses), losses.dtype)
    elif reduction == Reduction.SUM_BY_NONZERO_WEIGHTS:
        spread = weights + ops.zeros_like(losses)
        total = _safe_ratio(total, ops.reduce_sum(ops.cast(ops.not_equal(spread, 0), losses.dtype)))
    if loss_collection:
        default_graph().add_to_collection(loss_collection, total)
    return total


def _safe_ratio(total: Any, count: Any) -> Any:
    """total / count, or 0 where nothing counts."""
    return ops.where(ops.greater(count, 0), total / ops.maximum(count, 1e-12), ops.zeros_like(total))


def mean_squared_error(
    labels: Any, predictions: Any, weights: Any = 1.0, scope: Any = None, loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = Reduction.SUM_BY_NONZERO_WEIGHTS,
) -> Any:  # fmt: skip
    """The mean of (predictions - labels) squared. Both must have one shape: (n,) against (n, 1) is an error."""
    with _scope(scope, "mean_squared_error", predictions, labels):
        predictions = constant_of(predictions)
        labels = ops.cast(constant_of(labels), predictions.dtype)
        check_same_shape("mean_squared_error: labels and predictions", labels, predictions)
        squared = ops.squared_difference(predictions, labels)
        return compute_weighted_loss(squared, weights, None, loss_collection, reduction)


_scope = scope


def get_losses(scope: str | None = None, loss_collection: Any = GraphKeys.LOSSES) -> list[Any]:
    """The losses made so far."""
    return default_graph().get_collection(loss_collection, scope)


def get_total_loss(add_regularization_losses: bool = True, name: str = "total_loss") -> Any:
    """The sum of all losses, with the regularization losses if wanted."""
    terms = get_losses()
    if add_regularization_losses:
        terms += default_graph().get_collection(GraphKeys.REGULARIZATION_LOSSES)
    return ops.add_n(terms, name=name)
