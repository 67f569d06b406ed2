"""Which metrics an evaluation computes, of which predictions and labels."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from deepkit.errors import ArgumentError


def _chosen(what: str, values: Any, key: str | None) -> Any:
    """The entry of a dict that `key` names; without a key the only one, or what is no dict."""
    if not isinstance(values, Mapping):
        return values
    if key is None and len(values) == 1:
        return next(iter(values.values()))
    if key not in values:
        raise ArgumentError(f"MetricSpec: no {what} {key!r}", hint="one of " + ", ".join(map(str, values)))
    return values[key]


class MetricSpec:
    """A metric of some of the predictions and labels: metric_fn(predictions, labels[, weights]) -> (value, update_op).

    prediction_key, label_key: needed where there are several; weight_key: an entry of the features.
    """

    def __init__(
        self, metric_fn: Callable[..., Any], prediction_key: str | None = None, label_key: str | None = None,
        weight_key: str | None = None,
    ):
        self.metric_fn, self.prediction_key, self.label_key, self.weight_key = metric_fn, prediction_key, label_key, weight_key

    def create_metric_ops(self, inputs: Any, labels: Any, predictions: Any) -> Any:
        """(value, update_op) of the metric."""
        given = {
            "predictions": _chosen("prediction", predictions, self.prediction_key),
            "labels": _chosen("label", labels, self.label_key),
        }
        if self.weight_key is not None:
            given["weights"] = _chosen("feature", inputs, self.weight_key)
        named = inspect.signature(self.metric_fn).parameters
        if set(given) <= set(named) or any(p.kind is p.VAR_KEYWORD for p in named.values()):
            return self.metric_fn(**given)
        return self.metric_fn(*given.values())


def metric_ops(metrics: Mapping[Any, Any], predictions: Any, labels: Any, features: Any) -> dict[str, Any]:
    """Name -> (value, update_op), of MetricSpecs, functions, or functions under (name, key of the predictions)."""
    found = {}
    for name, metric in metrics.items():
        key = None
        if isinstance(name, tuple):
            name, key = name
        spec = metric if isinstance(metric, MetricSpec) else MetricSpec(metric, key or _usual(predictions))
        found[name] = spec.create_metric_ops(features, labels, predictions)
    return found


def _usual(predictions: Any) -> str | None:
    """What a metric is of, if it does not say so: classes of a classifier, scores of a regression."""
    names = predictions if isinstance(predictions, Mapping) else ()
    return next((name for name in ("classes", "scores") if name in names), None)
