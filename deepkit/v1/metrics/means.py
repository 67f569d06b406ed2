"""Metrics that are means over all examples seen: accuracy, errors, distances."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.device.dtypes import float32, float64, int64
from deepkit.errors import ShapeError
from deepkit.layers.metrics.means import count_and_sum
from deepkit.layers.metrics.overlap import intersections_and_unions
from deepkit.v1.framework.scopes import variable_scope
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.metrics.base import aligned, finish, fitting, from_totals, gathered, ratio, spread


def mean(
    values: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None, name: Any = None
) -> tuple[Any, Any]:
    """(value, update_op) of the weighted mean of all values seen, in local variables `total` and `count`."""
    values = constant_of(values)
    with variable_scope(name, "mean", (values, weights)):
        values = ops.cast(values, float32)
        totals = [gathered([], float32, "total"), gathered([], float32, "count")]
        if weights is not None:
            values, _, weights = aligned(values, None, weights)
            weights = fitting(weights, values)
        number, total = count_and_sum(values, weights)
        return from_totals(totals, [total, number], ratio, metrics_collections, updates_collections)


def mean_tensor(
    values: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None, name: Any = None
) -> tuple[Any, Any]:
    """As `mean`, element by element: the result has the shape of the values, which must be known."""
    values = constant_of(values)
    if not values.shape.is_full:
        raise ShapeError(
            f"mean_tensor of values of shape {values.shape}", rule="all dimensions known", hint="tf.metrics.mean"
        )
    with variable_scope(name, "mean", (values, weights)):
        values = ops.cast(values, float32)
        totals = [gathered(values.shape, float32, "total_tensor"), gathered(values.shape, float32, "count_tensor")]
        number = ops.ones_like(values)
        if weights is not None:
            values, _, weights = aligned(values, None, weights)
            number = spread(weights, values)
            values = values * number
        return from_totals(totals, [values, number], ratio, metrics_collections, updates_collections)


def accuracy(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None,
    name: Any = None,
) -> tuple[Any, Any]:
    """(value, update_op) of the share of predictions that equal their labels.

    Run update_op once for each batch; `value` reads what was gathered since local_variables_initializer.
    """
    predictions, labels, weights = aligned(predictions, labels, weights)
    hits = ops.cast(ops.equal(ops.cast(predictions, labels.dtype), labels), float32)
    return mean(hits, weights, metrics_collections, updates_collections, name or "accuracy")


def mean_absolute_error(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None,
    name: Any = None,
) -> tuple[Any, Any]:
    """(value, update_op) of the mean of |labels - predictions|."""
    predictions, labels, weights = aligned(predictions, labels, weights)
    errors = ops.abs(predictions - labels)
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_absolute_error")


def mean_squared_error(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None,
    name: Any = None,
) -> tuple[Any, Any]:
    """(value, update_op) of the mean of (labels - predictions) squared."""
    predictions, labels, weights = aligned(predictions, labels, weights)
    errors = ops.squared_difference(labels, predictions)
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_squared_error")


def root_mean_squared_error(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None,
    name: Any = None,
) -> tuple[Any, Any]:
    """(value, update_op) of the square root of the mean squared error."""
    value, update = mean_squared_error(labels, predictions, weights, name=name or "root_mean_squared_error")
    return finish(ops.sqrt(value), ops.sqrt(update), metrics_collections, updates_collections)


def mean_relative_error(
    labels: Any, predictions: Any, normalizer: Any, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: Any = None,
) -> tuple[Any, Any]:
    """(value, update_op) of the mean of |labels - predictions| / normalizer, where 0 / 0 counts as 0."""
    predictions, labels, weights = aligned(predictions, labels, weights)
    predictions, normalizer, _ = aligned(predictions, normalizer, None)
    zero = ops.equal(normalizer, 0)
    error = ops.abs(labels - predictions) / ops.where(zero, ops.ones_like(normalizer), normalizer)
    errors = ops.where(zero, ops.zeros_like(error), error)
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_relative_error")


def mean_cosine_distance(
    labels: Any, predictions: Any, dim: int, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: Any = None,
) -> tuple[Any, Any]:
    """(value, update_op) of the mean of 1 - labels . predictions along axis `dim`; both have length 1 already."""
    predictions, labels, weights = aligned(predictions, labels, weights)
    products = ops.reduce_sum(predictions * labels, [dim], keepdims=True)
    value, update = mean(products, weights, name=name or "mean_cosine_distance")
    return finish(ops.subtract(1, value), ops.subtract(1, update), metrics_collections, updates_collections)


def percentage_below(
    values: Any, threshold: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None,
    name: Any = None,
) -> tuple[Any, Any]:
    """(value, update_op) of the share (0 to 1) of values below the threshold."""
    below = ops.cast(ops.less(constant_of(values), threshold), float32)
    return mean(below, weights, metrics_collections, updates_collections, name or "percentage_below_threshold")


def mean_per_class_accuracy(
    labels: Any, predictions: Any, num_classes: int, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: Any = None,
) -> tuple[Any, Any]:
    """(value, update_op): the mean over the classes of each class's accuracy; update_op gives the accuracies.

    labels and predictions are class numbers.
    """
    labels, predictions = constant_of(labels), constant_of(predictions)
    with variable_scope(name, "mean_accuracy", (predictions, labels, weights)):
        labels, predictions, weights = _flat(labels, predictions, weights)
        totals = [gathered([num_classes], float32, "total"), gathered([num_classes], float32, "count")]
        each = ops.ones_like(labels, float32) if weights is None else weights
        right = ops.cast(ops.equal(predictions, labels), float32) * each
        total, count = (
            ops.assign_add(t, ops.unsorted_segment_sum(v, labels, num_classes))
            for t, v in zip(totals, (each, right), strict=True)
        )
        value = ops.reduce_mean(ratio(totals[1].read(), totals[0].read()), name="mean_accuracy")
        return finish(value, ratio(count, total, "update_op"), metrics_collections, updates_collections)


def mean_iou(
    labels: Any, predictions: Any, num_classes: int, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: Any = None,
) -> tuple[Any, Any]:
    """(value, update_op) of the mean over the classes of hits / (hits + false positives + false negatives).

    Classes that were never seen do not count. update_op gives the confusion matrix.
    """
    labels, predictions = constant_of(labels), constant_of(predictions)
    with variable_scope(name, "mean_iou", (predictions, labels, weights)):
        labels, predictions, weights = _flat(labels, predictions, weights)
        matrix = gathered([num_classes, num_classes], float64, "total_confusion_matrix")
        each = None if weights is None else ops.cast(weights, float64)
        update = ops.assign_add(matrix, ops.confusion_matrix(labels, predictions, num_classes, float64, weights=each))
        hits, union = intersections_and_unions(matrix.read())
        seen = ops.reduce_sum(ops.cast(ops.not_equal(union, 0), float32))
        parts = ops.cast(hits / ops.where(union > 0, union, ops.ones_like(union)), float32)
        return finish(ratio(ops.reduce_sum(parts), seen, "mean_iou"), update, metrics_collections, updates_collections)


def _flat(labels: Any, predictions: Any, weights: Any) -> tuple[Any, Any, Any]:
    """Class numbers as int64 vectors, weights as a float32 vector."""
    labels, predictions = (ops.reshape(ops.cast(x, int64), [-1]) for x in (labels, predictions))
    if weights is not None:
        weights = ops.broadcast_like(ops.reshape(ops.cast(constant_of(weights), float32), [-1]), labels)
    return labels, predictions, weights
