"""`tf.contrib.metrics`: the streaming metrics with their arguments in the older order, and lists of them put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit import ops
from deepkit.device.dtypes import float32
from deepkit.v1 import metrics as _now
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.metrics.base import aligned

__all__ = [
    "accuracy", "aggregate_metric_map", "aggregate_metrics", "confusion_matrix", "streaming_accuracy", "streaming_auc",
    "streaming_false_negatives", "streaming_false_positives", "streaming_mean", "streaming_mean_absolute_error",
    "streaming_mean_cosine_distance", "streaming_mean_iou", "streaming_mean_relative_error",
    "streaming_mean_squared_error", "streaming_mean_tensor", "streaming_percentage_less", "streaming_precision",
    "streaming_precision_at_thresholds", "streaming_recall", "streaming_recall_at_k", "streaming_recall_at_thresholds",
    "streaming_root_mean_squared_error", "streaming_sensitivity_at_specificity", "streaming_sparse_precision_at_k",
    "streaming_sparse_recall_at_k", "streaming_specificity_at_sensitivity", "streaming_true_negatives",
    "streaming_true_positives",
]


def aggregate_metrics(*value_update_tuples: tuple[Any, Any]) -> tuple[list[Any], list[Any]]:
    """The values of several metrics as a list, and their update ops as another."""
    values, updates = zip(*value_update_tuples, strict=True)
    return list(values), list(updates)


def aggregate_metric_map(names_to_tuples: dict[str, tuple[Any, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of named metrics as a dict, and their update ops as another."""
    return (
        {name: value for name, (value, _) in names_to_tuples.items()},
        {name: update for name, (_, update) in names_to_tuples.items()},
    )


def accuracy(predictions: Any, labels: Any, weights: Any = None, name: Any = None) -> Any:
    """The share of the predictions of this batch that equal their labels; nothing is gathered."""
    predictions, labels, weights = aligned(constant_of(predictions), constant_of(labels), weights)
    right = ops.cast(ops.equal(predictions, labels), float32)
    if weights is None:
        return ops.reduce_mean(right, name=name or "accuracy")
    weights = ops.broadcast_like(ops.cast(weights, float32), right)
    return ops.div_no_nan(ops.reduce_sum(right * weights), ops.reduce_sum(weights), name=name or "accuracy")


def confusion_matrix(
    labels: Any, predictions: Any, num_classes: Any = None, dtype: Any = "int32", name: Any = None, weights: Any = None
) -> Any:
    """`tf.confusion_matrix(labels, predictions)`."""
    return ops.confusion_matrix(constant_of(labels), predictions, num_classes, dtype, name, weights)


streaming_mean, streaming_mean_tensor = _now.mean, _now.mean_tensor
streaming_percentage_less = _now.percentage_below


def _turned(name: str, metric: Callable[..., tuple[Any, Any]]) -> Callable[..., tuple[Any, Any]]:
    """The metric with its first two arguments in the order (predictions, labels)."""

    def function(predictions: Any, labels: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        return metric(labels, predictions, *args, **kwargs)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""`tf.metrics.{metric.__name__}(labels, predictions, ...)`: (value, update_op)."""
    return function


streaming_accuracy = _turned("streaming_accuracy", _now.accuracy)
streaming_auc = _turned("streaming_auc", _now.auc)
streaming_false_negatives = _turned("streaming_false_negatives", _now.false_negatives)
streaming_false_positives = _turned("streaming_false_positives", _now.false_positives)
streaming_mean_absolute_error = _turned("streaming_mean_absolute_error", _now.mean_absolute_error)
streaming_mean_cosine_distance = _turned("streaming_mean_cosine_distance", _now.mean_cosine_distance)
streaming_mean_iou = _turned("streaming_mean_iou", _now.mean_iou)
streaming_mean_relative_error = _turned("streaming_mean_relative_error", _now.mean_relative_error)
streaming_mean_squared_error = _turned("streaming_mean_squared_error", _now.mean_squared_error)
streaming_precision = _turned("streaming_precision", _now.precision)
streaming_precision_at_thresholds = _turned("streaming_precision_at_thresholds", _now.precision_at_thresholds)
streaming_recall = _turned("streaming_recall", _now.recall)
streaming_recall_at_thresholds = _turned("streaming_recall_at_thresholds", _now.recall_at_thresholds)
streaming_root_mean_squared_error = _turned("streaming_root_mean_squared_error", _now.root_mean_squared_error)
streaming_sensitivity_at_specificity = _turned("streaming_sensitivity_at_specificity", _now.sensitivity_at_specificity)
streaming_sparse_precision_at_k = _turned("streaming_sparse_precision_at_k", _now.precision_at_k)
streaming_sparse_recall_at_k = _turned("streaming_sparse_recall_at_k", _now.recall_at_k)
streaming_specificity_at_sensitivity = _turned("streaming_specificity_at_sensitivity", _now.specificity_at_sensitivity)
streaming_true_negatives = _turned("streaming_true_negatives", _now.true_negatives)
streaming_true_positives = _turned("streaming_true_positives", _now.true_positives)


def streaming_recall_at_k(
    predictions: Any, labels: Any, k: int, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: Any = None,
) -> tuple[Any, Any]:
    """(value, update_op) of the share of examples whose class is among the k highest scores: (batch, classes), (batch,)."""
    inside = ops.cast(ops.in_top_k(constant_of(predictions), labels, k), float32)
    return _now.mean(inside, weights, metrics_collections, updates_collections, name or f"recall_at_{k}")
