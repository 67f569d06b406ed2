"""Metrics of scores between 0 and 1, counted at many thresholds at once: the area under a curve, and points on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from deepkit import ops
from deepkit.device.dtypes import bool_, float32
from deepkit.errors import ArgumentError, check_choice
from deepkit.layers.metrics.confusion import KINDS, as_scores, by_comparing
from deepkit.layers.metrics.curves import areas, precision_recall_areas
from deepkit.v1.framework.scopes import variable_scope
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.metrics.base import aligned, from_totals, gathered, spread, thresholds_between

_EPSILON = 1e-7
_ALL = tuple(KINDS)


def _counts(
    labels: Any, predictions: Any, thresholds: Sequence[float], weights: Any, kinds: Sequence[str]
) -> tuple[list[Any], list[Any]]:
    """Local variables (thresholds,) for each kind, and what this batch adds to them.

    A prediction is positive where it lies above the threshold. The run ends if one is not in [0, 1].
    """
    predictions, labels, weights = aligned(
        as_scores(ops.cast(constant_of(predictions), float32)), ops.cast(constant_of(labels), bool_), weights
    )
    each = None if weights is None else spread(weights, predictions)
    counts = by_comparing(predictions, labels, each, thresholds)
    return [gathered([len(thresholds)], float32, kind) for kind in kinds], [counts(kind) for kind in kinds]


def auc(
    labels: Any, predictions: Any, weights: Any = None, num_thresholds: int = 200, metrics_collections: Any = None,
    updates_collections: Any = None, curve: str = "ROC", name: Any = None, summation_method: str = "trapezoidal",
    thresholds: Any = None,
) -> tuple[Any, Any]:
    """(value, update_op) of the area under the curve of recall over the false-positive rate (ROC) or of PR.

    PR is precision over recall. predictions lie in [0, 1]. The area is a sum over num_thresholds points; its summation:
    trapezoidal, minoring, majoring, or careful_interpolation (for PR: J. Davis, M. Goadrich, ICML 2006).
    """
    check_choice("auc: curve", curve, ("ROC", "PR"))
    methods = ("trapezoidal", "careful_interpolation", "minoring", "majoring")
    check_choice("auc: summation_method", summation_method, methods)
    points = thresholds_between(num_thresholds)
    if thresholds is not None:
        points = [points[0], *sorted(float(t) for t in thresholds), points[-1]]
    labels, predictions = constant_of(labels), constant_of(predictions)

    def area(tp: Any, fn: Any, tn: Any, fp: Any, name: str) -> Any:
        tp, fn, tn, fp = (ops.identity(x) for x in (tp, fn, tn, fp))
        if curve == "PR" and summation_method == "careful_interpolation":
            return ops.reduce_sum(precision_recall_areas(tp, fp, fn), name=name)
        recall = (tp + 1e-6) / (tp + fn + 1e-6)
        x, y = (fp / (fp + tn + 1e-6), recall) if curve == "ROC" else (recall, (tp + 1e-6) / (tp + fp + 1e-6))
        heights = {"minoring": "minimum", "majoring": "maximum"}.get(summation_method, "mean")
        return ops.reduce_sum(areas(x, y, heights), name=name)

    with variable_scope(name, "auc", (labels, predictions, weights)):
        variables, increments = _counts(labels, predictions, points, weights, _ALL)
        return from_totals(variables, increments, area, metrics_collections, updates_collections)


def _at_thresholds(
    scope: str, kinds: Sequence[str], compute: Callable[..., Any]
) -> Callable[..., tuple[Any, Any]]:
    def metric(
        labels: Any, predictions: Any, thresholds: Any, weights: Any = None, metrics_collections: Any = None,
        updates_collections: Any = None, name: Any = None,
    ) -> tuple[Any, Any]:
        labels, predictions = constant_of(labels), constant_of(predictions)
        with variable_scope(name, scope, (predictions, labels, weights)):
            variables, increments = _counts(labels, predictions, list(thresholds), weights, kinds)
            return from_totals(variables, increments, compute, metrics_collections, updates_collections)

    return metric


def _share(hits: Any, others: Any, name: str) -> Any:
    return ops.divide(hits, _EPSILON + hits + others, name=name)


def _as_it_is(count: Any, name: str) -> Any:
    return count


precision_at_thresholds = _at_thresholds("precision_at_thresholds", ("true_positives", "false_positives"), _share)
precision_at_thresholds.__doc__ = "(value, update_op) of the precision at each of the thresholds, a vector."
recall_at_thresholds = _at_thresholds("recall_at_thresholds", ("true_positives", "false_negatives"), _share)
recall_at_thresholds.__doc__ = "(value, update_op) of the recall at each of the thresholds, a vector."
true_positives_at_thresholds = _at_thresholds("true_positives", ("true_positives",), _as_it_is)
true_positives_at_thresholds.__doc__ = "(value, update_op) of the number of true positives at each of the thresholds."
false_positives_at_thresholds = _at_thresholds("false_positives", ("false_positives",), _as_it_is)
false_positives_at_thresholds.__doc__ = "(value, update_op) of the number of false positives at each of the thresholds."
true_negatives_at_thresholds = _at_thresholds("true_negatives", ("true_negatives",), _as_it_is)
true_negatives_at_thresholds.__doc__ = "(value, update_op) of the number of true negatives at each of the thresholds."
false_negatives_at_thresholds = _at_thresholds("false_negatives", ("false_negatives",), _as_it_is)
false_negatives_at_thresholds.__doc__ = "(value, update_op) of the number of false negatives at each of the thresholds."


def sensitivity_at_specificity(
    labels: Any, predictions: Any, specificity: float, weights: Any = None, num_thresholds: int = 200,
    metrics_collections: Any = None, updates_collections: Any = None, name: Any = None,
) -> tuple[Any, Any]:
    """(value, update_op) of the recall at the threshold whose specificity tn / (tn + fp) is nearest to the given one."""
    _check_share("specificity", specificity)
    labels, predictions = constant_of(labels), constant_of(predictions)

    def chosen(tp: Any, fn: Any, tn: Any, fp: Any, name: str) -> Any:
        tp, fn, tn, fp = (ops.identity(x) for x in (tp, fn, tn, fp))
        at = ops.argmin(ops.abs(tn / (tn + fp + _EPSILON) - specificity), 0)
        hits = ops.gather(tp, at)
        return ops.divide(hits, hits + ops.gather(fn, at) + _EPSILON, name=name)

    with variable_scope(name, "sensitivity_at_specificity", (predictions, labels, weights)):
        variables, increments = _counts(labels, predictions, thresholds_between(num_thresholds), weights, _ALL)
        return from_totals(variables, increments, chosen, metrics_collections, updates_collections)


def specificity_at_sensitivity(
    labels: Any, predictions: Any, sensitivity: float, weights: Any = None, num_thresholds: int = 200,
    metrics_collections: Any = None, updates_collections: Any = None, name: Any = None,
) -> tuple[Any, Any]:
    """(value, update_op) of tn / (tn + fp) at the highest threshold whose recall is nearest to the given sensitivity."""
    _check_share("sensitivity", sensitivity)
    labels, predictions = constant_of(labels), constant_of(predictions)

    def chosen(tp: Any, fn: Any, tn: Any, fp: Any, name: str) -> Any:
        tp, fn, tn, fp = (ops.identity(x) for x in (tp, fn, tn, fp))
        distance = ops.abs(tp / (tp + fn + _EPSILON) - sensitivity)
        nearest = ops.cast(ops.equal(distance, ops.reduce_min(distance)), "int64")
        at = ops.argmax(ops.cumsum(nearest), 0)  # the last of those that are equally near
        right = ops.gather(tn, at)
        return ops.divide(right, right + ops.gather(fp, at) + _EPSILON, name=name)

    points = [*thresholds_between(num_thresholds)[:-1], 1 - _EPSILON]
    with variable_scope(name, "specificity_at_sensitivity", (predictions, labels, weights)):
        variables, increments = _counts(labels, predictions, points, weights, _ALL)
        return from_totals(variables, increments, chosen, metrics_collections, updates_collections)


def _check_share(what: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ArgumentError(f"{what}={value}", rule=f"0 <= {what} <= 1")
