"""`tf.losses`: losses as one number, which also enter the collection `losses`."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.core.apply import check_same_shape
from deepkit.core.apply import scope as _scope
from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.device.dtypes import float16, float32
from deepkit.errors import ArgumentError, check_choice
from deepkit.v1.framework.eager import executing_eagerly
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.framework.weights import broadcastable, with_rank_of

__all__ = [
    "Reduction", "absolute_difference", "add_loss", "compute_weighted_loss", "cosine_distance", "get_losses",
    "get_regularization_loss", "get_regularization_losses", "get_total_loss", "hinge_loss", "huber_loss",
    "log_loss", "mean_pairwise_squared_error", "mean_squared_error", "sigmoid_cross_entropy",
    "softmax_cross_entropy", "sparse_softmax_cross_entropy",
]


class Reduction:
    """How the losses of single elements become one number."""

    NONE = "none"
    SUM = "weighted_sum"
    MEAN = "weighted_mean"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """Every kind of reduction."""
        return cls.NONE, cls.SUM, cls.MEAN, cls.SUM_OVER_BATCH_SIZE, cls.SUM_BY_NONZERO_WEIGHTS


_MEAN = Reduction.SUM_BY_NONZERO_WEIGHTS


def compute_weighted_loss(
    losses: Any, weights: Any = 1.0, scope: Any = None, loss_collection: Any = GraphKeys.LOSSES, reduction: str = _MEAN
) -> Any:
    """sum(losses * weights), by default divided by the number of elements whose weight is not 0.

    weights: a number, or a tensor with the axes of the losses, where an axis of length 1 stands for all.
    """
    check_choice("reduction", reduction, Reduction.all())
    losses = constant_of(losses)
    weights = weights if isinstance(weights, (int, float)) else constant_of(weights)
    weights = broadcastable(weights, losses)
    with _scope(scope, "weighted_loss", losses, weights):
        kind = losses.dtype
        losses = ops.cast(losses, float32) if kind is float16 or not kind.is_floating else losses
        weights = weights if isinstance(weights, (int, float)) else ops.cast(weights, losses.dtype)
        whole = isinstance(weights, (int, float)) and weights == 1
        weighted = losses if whole and reduction != Reduction.NONE else ops.multiply(losses, weights, name="Mul")
        loss = weighted if reduction == Reduction.NONE else _reduced(weighted, losses, weights, reduction)
        loss = ops.cast(loss, kind)
    add_loss(loss, loss_collection)
    return loss


def _reduced(weighted: Any, losses: Any, weights: Any, reduction: str) -> Any:
    if reduction == Reduction.SUM:
        return ops.reduce_sum(weighted)
    number = isinstance(weights, (int, float))
    if reduction == Reduction.SUM_OVER_BATCH_SIZE or (number and weights and reduction == _MEAN):
        count = ops.cast(ops.size(losses), losses.dtype)
    elif reduction == Reduction.MEAN:
        count = ops.reduce_sum(weights * ops.ones_like(losses))
    else:
        count = num_present(losses, weights)
    return safe_ratio(ops.reduce_sum(weighted), count, "value")


def num_present(losses: Any, weights: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """How many elements of `losses` have a weight that is not 0."""
    counted = ops.cast(ops.not_equal(weights * ops.ones_like(losses), 0), losses.dtype)
    return ops.reduce_sum(counted, axis, keepdims=keepdims)


def safe_ratio(total: Any, count: Any, name: str | None = None) -> Any:
    """total / count, or 0 where count is 0."""
    return ops.div_no_nan(total, count, name)


def _pair(what: str, labels: Any, outputs: Any) -> tuple[Any, Any]:
    """Labels and outputs as float32 tensors of one shape."""
    if labels is None or outputs is None:
        raise ArgumentError(f"{what}: labels or outputs are None", hint=f"tf.losses.{what}(labels, predictions)")
    outputs, labels = (ops.cast(constant_of(x), float32) for x in (outputs, labels))
    check_same_shape(f"{what}: labels and predictions", labels, outputs)
    return labels, outputs


def absolute_difference(
    labels: Any, predictions: Any, weights: Any = 1.0, scope: Any = None, loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _MEAN,
) -> Any:
    """The mean of |predictions - labels|."""
    labels, predictions = _pair("absolute_difference", labels, predictions)
    with _scope(scope, "absolute_difference", predictions, labels, weights) as full:
        losses = ops.abs(predictions - labels)
        return compute_weighted_loss(losses, weights, full, loss_collection, reduction)


def cosine_distance(
    labels: Any, predictions: Any, axis: Any = None, weights: Any = 1.0, scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES, reduction: str = _MEAN, dim: Any = None,
) -> Any:
    """The mean of 1 - labels . predictions along `axis`; both must have length 1 there already."""
    along = dim if axis is None else axis
    if along is None:
        raise ArgumentError("cosine_distance needs the axis of the vectors", hint="axis=1 for (batch, n)")
    labels, predictions = _pair("cosine_distance", labels, predictions)
    with _scope(scope, "cosine_distance_loss", predictions, labels, weights) as full:
        losses = 1 - ops.reduce_sum(predictions * labels, [along], keepdims=True)
        return compute_weighted_loss(losses, weights, full, loss_collection, reduction)


def hinge_loss(
    labels: Any, logits: Any, weights: Any = 1.0, scope: Any = None, loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _MEAN,
) -> Any:
    """The mean of max(0, 1 - t logits) with t = 2 labels - 1: labels are 0 or 1."""
    labels, logits = _pair("hinge_loss", labels, logits)
    with _scope(scope, "hinge_loss", logits, labels, weights) as full:
        losses = ops.relu(1 - (2 * labels - 1) * logits)
        return compute_weighted_loss(losses, weights, full, loss_collection, reduction)


def huber_loss(
    labels: Any, predictions: Any, weights: Any = 1.0, delta: float = 1.0, scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES, reduction: str = _MEAN,
) -> Any:
    """e^2 / 2 for errors up to delta, then delta (e - delta / 2): a parabola that goes on as a straight line."""
    labels, predictions = _pair("huber_loss", labels, predictions)
    with _scope(scope, "huber_loss", predictions, labels, weights) as full:
        error = ops.abs(predictions - labels)
        inner = ops.minimum(error, delta)
        losses = 0.5 * (inner * inner) + delta * (error - inner)
        return compute_weighted_loss(losses, weights, full, loss_collection, reduction)


def log_loss(
    labels: Any, predictions: Any, weights: Any = 1.0, epsilon: float = 1e-7, scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES, reduction: str = _MEAN,
) -> Any:
    """The mean of -labels log(p + epsilon) - (1 - labels) log(1 - p + epsilon): predictions p are probabilities."""
    labels, p = _pair("log_loss", labels, predictions)
    with _scope(scope, "log_loss", predictions, labels, weights) as full:
        losses = -(labels * ops.log(p + epsilon)) - (1 - labels) * ops.log(1 - p + epsilon)
        return compute_weighted_loss(losses, weights, full, loss_collection, reduction)


def mean_squared_error(
    labels: Any, predictions: Any, weights: Any = 1.0, scope: Any = None, loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _MEAN,
) -> Any:
    """The mean of (predictions - labels) squared. Both must have one shape: (n,) against (n, 1) is an error."""
    labels, predictions = _pair("mean_squared_error", labels, predictions)
    with _scope(scope, "mean_squared_error", predictions, labels, weights) as full:
        losses = ops.squared_difference(predictions, labels)
        return compute_weighted_loss(losses, weights, full, loss_collection, reduction)


def mean_pairwise_squared_error(
    labels: Any, predictions: Any, weights: Any = 1.0, scope: Any = None, loss_collection: Any = GraphKeys.LOSSES
) -> Any:
    """The squared difference between the differences of all pairs of each example's elements: (batch, ...).

    With d = predictions - labels and n elements of an example: 2 sum(d^2) / (n - 1) - 2 sum(d)^2 / (n (n - 1)), summed
    over the examples.
    """
    labels, predictions = _pair("mean_pairwise_squared_error", labels, predictions)
    with _scope(scope, "mean_pairwise_squared_error", predictions, labels, weights):
        weights = broadcastable(ops.cast(constant_of(weights), float32), labels)
        d = predictions - labels
        axes = ops.range(1, ops.rank(d)) if d.shape.rank is None else list(range(1, d.shape.rank))
        n = num_present(d, weights, axes, keepdims=True)
        squares = safe_ratio(ops.reduce_sum(ops.square(d), axes, keepdims=True), ops.maximum(n - 1, 0), "value")
        mixed = safe_ratio(
            ops.square(ops.reduce_sum(d, axes, keepdims=True)), ops.maximum(n * (n - 1), 0), "value"
        )
        loss = ops.reduce_sum((2 * squares - 2 * mixed) * weights, name="value")
        add_loss(loss, loss_collection)
        return loss


def sigmoid_cross_entropy(
    multi_class_labels: Any, logits: Any, weights: Any = 1.0, label_smoothing: float = 0, scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES, reduction: str = _MEAN,
) -> Any:
    """The mean cross-entropy of labels between 0 and 1 and sigmoid(logits), element by element.

    label_smoothing s moves the labels towards 1/2: labels (1 - s) + s / 2.
    """
    logits = constant_of(logits)
    with _scope(scope, "sigmoid_cross_entropy_loss", logits, multi_class_labels, weights) as full:
        labels = ops.cast(constant_of(multi_class_labels), logits.dtype)
        if label_smoothing > 0:
            labels = labels * (1 - label_smoothing) + 0.5 * label_smoothing
        losses = ops.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, full, loss_collection, reduction)


def softmax_cross_entropy(
    onehot_labels: Any, logits: Any, weights: Any = 1.0, label_smoothing: float = 0, scope: Any = None,
    loss_collection: Any = GraphKeys.LOSSES, reduction: str = _MEAN,
) -> Any:
    """The mean cross-entropy of rows of class probabilities and softmax(logits): (batch, classes) both.

    label_smoothing s moves the labels towards 1 / classes: labels (1 - s) + s / classes.
    """
    logits = constant_of(logits)
    with _scope(scope, "softmax_cross_entropy_loss", logits, onehot_labels, weights) as full:
        labels = ops.cast(constant_of(onehot_labels), logits.dtype)
        check_same_shape("softmax_cross_entropy: labels and logits", labels, logits)
        if label_smoothing > 0:
            classes = ops.cast(ops.shape(labels)[-1], logits.dtype)
            labels = labels * (1 - label_smoothing) + label_smoothing / classes
        losses = ops.softmax_cross_entropy_with_logits_v2(
            labels=ops.stop_gradient(labels), logits=logits, name="xentropy"
        )
        return compute_weighted_loss(losses, weights, full, loss_collection, reduction)


def sparse_softmax_cross_entropy(
    labels: Any, logits: Any, weights: Any = 1.0, scope: Any = None, loss_collection: Any = GraphKeys.LOSSES,
    reduction: str = _MEAN,
) -> Any:
    """The mean cross-entropy of class numbers (batch,) or (batch, 1) and softmax(logits), logits (batch, classes)."""
    logits, labels = constant_of(logits), constant_of(labels)
    with _scope(scope, "sparse_softmax_cross_entropy_loss", logits, labels, weights) as full:
        labels = with_rank_of(labels, logits, 1)
        if not isinstance(weights, (int, float)):
            weights = with_rank_of(constant_of(weights), labels)
        losses = ops.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, full, loss_collection, reduction)


def add_loss(loss: Any, loss_collection: Any = GraphKeys.LOSSES) -> None:
    """Adds a loss of your own to the collection."""
    if loss_collection and not executing_eagerly():
        default_graph().add_to_collection(loss_collection, loss)


def get_losses(scope: str | None = None, loss_collection: Any = GraphKeys.LOSSES) -> list[Any]:
    """The losses made so far, those in `scope` if it is given."""
    return default_graph().get_collection(loss_collection, scope)


def get_regularization_losses(scope: str | None = None) -> list[Any]:
    """What regularizers have added so far."""
    return default_graph().get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


def get_regularization_loss(scope: str | None = None, name: str = "total_regularization_loss") -> Any:
    """The sum of what regularizers have added, 0.0 if there is nothing."""
    terms = get_regularization_losses(scope)
    return ops.add_n(terms, name=name) if terms else constant_of(0.0)


def get_total_loss(add_regularization_losses: bool = True, name: str = "total_loss", scope: str | None = None) -> Any:
    """The sum of all losses, with what regularizers have added if wanted."""
    terms = get_losses(scope)
    if add_regularization_losses:
        terms += get_regularization_losses(scope)
    if not terms:
        raise ArgumentError("get_total_loss: the graph has no losses yet", hint="tf.losses.softmax_cross_entropy(...)")
    return ops.add_n(terms, name=name)
