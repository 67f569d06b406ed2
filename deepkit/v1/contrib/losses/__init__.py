"""`tf.contrib.losses`: the losses of `tf.losses` with their two arguments in the older order, predictions first."""

from __future__ import annotations

from typing import Any

from deepkit.v1 import losses as _now
from deepkit.v1.contrib.losses import metric_learning
from deepkit.v1.losses import (
    add_loss,
    compute_weighted_loss,
    get_losses,
    get_regularization_losses,
    get_total_loss,
)

__all__ = [
    "absolute_difference", "add_loss", "compute_weighted_loss", "cosine_distance", "get_losses",
    "get_regularization_losses", "get_total_loss", "hinge_loss", "log_loss", "mean_pairwise_squared_error",
    "mean_squared_error", "metric_learning", "sigmoid_cross_entropy", "softmax_cross_entropy",
    "sparse_softmax_cross_entropy",
]


def absolute_difference(predictions: Any, labels: Any = None, weights: Any = 1.0, scope: Any = None) -> Any:
    """`tf.losses.absolute_difference(labels, predictions)`."""
    return _now.absolute_difference(labels, predictions, weights, scope)


def cosine_distance(
    predictions: Any, labels: Any = None, axis: Any = None, weights: Any = 1.0, scope: Any = None, dim: Any = None
) -> Any:
    """`tf.losses.cosine_distance(labels, predictions, axis)`."""
    return _now.cosine_distance(labels, predictions, axis, weights, scope, dim=dim)


def hinge_loss(logits: Any, labels: Any = None, scope: Any = None) -> Any:
    """max(0, 1 - t logits) with t = 2 labels - 1, for each element."""
    return _now.hinge_loss(labels, logits, 1.0, scope, None, _now.Reduction.NONE)


def log_loss(predictions: Any, labels: Any = None, weights: Any = 1.0, epsilon: float = 1e-7, scope: Any = None) -> Any:
    """`tf.losses.log_loss(labels, predictions)`."""
    return _now.log_loss(labels, predictions, weights, epsilon, scope)


def mean_squared_error(predictions: Any, labels: Any = None, weights: Any = 1.0, scope: Any = None) -> Any:
    """`tf.losses.mean_squared_error(labels, predictions)`."""
    return _now.mean_squared_error(labels, predictions, weights, scope)


def mean_pairwise_squared_error(predictions: Any, labels: Any = None, weights: Any = 1.0, scope: Any = None) -> Any:
    """`tf.losses.mean_pairwise_squared_error(labels, predictions)`."""
    return _now.mean_pairwise_squared_error(labels, predictions, weights, scope)


def sigmoid_cross_entropy(
    logits: Any, multi_class_labels: Any, weights: Any = 1.0, label_smoothing: float = 0, scope: Any = None
) -> Any:
    """`tf.losses.sigmoid_cross_entropy(multi_class_labels, logits)`."""
    return _now.sigmoid_cross_entropy(multi_class_labels, logits, weights, label_smoothing, scope)


def softmax_cross_entropy(
    logits: Any, onehot_labels: Any, weights: Any = 1.0, label_smoothing: float = 0, scope: Any = None
) -> Any:
    """`tf.losses.softmax_cross_entropy(onehot_labels, logits)`."""
    return _now.softmax_cross_entropy(onehot_labels, logits, weights, label_smoothing, scope)


def sparse_softmax_cross_entropy(logits: Any, labels: Any, weights: Any = 1.0, scope: Any = None) -> Any:
    """`tf.losses.sparse_softmax_cross_entropy(labels, logits)`."""
    return _now.sparse_softmax_cross_entropy(labels, logits, weights, scope)
