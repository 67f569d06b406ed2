"""Metrics of yes and no: true and false positives and negatives, precision, recall."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit import ops
from deepkit.core.variable import Variable
from deepkit.device.dtypes import bool_, float32
from deepkit.layers.metrics.confusion import KINDS, case, counted
from deepkit.v1.framework.scopes import variable_scope
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.metrics.base import aligned, finish, from_totals, gathered, ratio


def _booleans(labels: Any, predictions: Any, weights: Any) -> tuple[Any, Any, Any]:
    labels, predictions = (ops.cast(constant_of(x), bool_) for x in (labels, predictions))
    return aligned(predictions, labels, weights)


def _counted(kind: str, labels: Any, predictions: Any, weights: Any) -> tuple[Variable, Any]:
    """The local variable `count`, and what this batch adds to it."""
    count = gathered([], float32, "count")
    hits = case(kind, labels, predictions)
    return count, counted(hits, None if weights is None else ops.cast(weights, float32), float32)


def _counter(kind: str) -> Callable[..., tuple[Any, Any]]:
    label, prediction = KINDS[kind]

    def metric(
        labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None,
        updates_collections: Any = None, name: Any = None,
    ) -> tuple[Any, Any]:
        labels, predictions = constant_of(labels), constant_of(predictions)
        with variable_scope(name, kind, (predictions, labels, weights)):
            predictions, labels, weights = _booleans(labels, predictions, weights)
            count, more = _counted(kind, labels, predictions, weights)
            return finish(count, ops.assign_add(count, more), metrics_collections, updates_collections)

    metric.__name__ = metric.__qualname__ = kind
    metric.__doc__ = (
        f"""(value, update_op) of the number of examples whose label is {label} and prediction {prediction}."""
    )
    return metric


true_positives = _counter("true_positives")
false_positives = _counter("false_positives")
true_negatives = _counter("true_negatives")
false_negatives = _counter("false_negatives")


def _share(
    scope: str, other: str, labels: Any, predictions: Any, weights: Any, metrics_collections: Any,
    updates_collections: Any, name: Any,
) -> tuple[Any, Any]:
    """true positives / (true positives + other)."""
    labels, predictions = constant_of(labels), constant_of(predictions)
    with variable_scope(name, scope, (predictions, labels, weights)):
        predictions, labels, weights = _booleans(labels, predictions, weights)
        pairs = []
        for kind in ("true_positives", other):
            with variable_scope(None, kind, (predictions, labels, weights)):
                pairs.append(_counted(kind, labels, predictions, weights))

        def share(hits: Any, misses: Any, name: str) -> Any:
            return ratio(hits, hits + misses, name)

        totals, increments = [t for t, _ in pairs], [i for _, i in pairs]
        return from_totals(totals, increments, share, metrics_collections, updates_collections)


def precision(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None,
    name: Any = None,
) -> tuple[Any, Any]:
    """(value, update_op) of the share of right ones among the positive predictions; 0 while there are none.

    labels and predictions count as positive where they are not 0.
    """
    return _share(
        "precision", "false_positives", labels, predictions, weights, metrics_collections, updates_collections, name
    )


def recall(
    labels: Any, predictions: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None,
    name: Any = None,
) -> tuple[Any, Any]:
    """(value, update_op) of the share of the positive labels that were found; 0 while there are none."""
    return _share(
        "recall", "false_negatives", labels, predictions, weights, metrics_collections, updates_collections, name
    )
