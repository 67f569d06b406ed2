"""What training shows beside the loss: the metrics of all outputs, their names, and how a batch comes into them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit import ops
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras import metrics as metrics_module
from deepkit.keras.backend.context import mask_of
from deepkit.keras.backend.nested import keras_shape, listed
from deepkit.keras.backend.session import snake_case
from deepkit.keras.engine.objective import aligned, per_output
from deepkit.keras.losses.reduction import Reduction, masked_weights
from deepkit.keras.metrics.base import MeanMetricWrapper, Metric, listed_updates

_CHOSEN_BY_SHAPE = {"accuracy": "accuracy", "acc": "accuracy", "crossentropy": "crossentropy", "ce": "crossentropy"}


class CompiledMetrics:
    """The metrics of a model's outputs, as compile was given them.

    An output without a loss has no targets, so it has no metrics. Each metric is called as it was given ("mae"), after
    the name of its output where there are several. A weighted metric whose name is taken says what it is, weighted_mae
    (Keras 2.3.1 and graphs of TensorFlow 1 give it a number: mae_1); any other gets a number.
    """

    named_by_functions = False
    """Whether "mse" is shown as mean_squared_error, "accuracy" as acc, and each weighted metric says that it is."""
    marks_weighted = True
    """Whether a weighted metric whose name is taken says that it is one."""

    def __init__(self, metrics: Any, weighted: Any, names: list[str], losses: list[Any]):
        used: set[int] = set()
        plain, weighed = (
            [
                [self._made(_own(m, used), loss, prefix) for m in row] if loss is not None else []
                for row, loss in zip(_nested(wanted, names), losses, strict=True)
            ]
            for wanted, prefix in ((metrics, ""), (weighted, "weighted_"))
        )
        self._plain, self._weighed = plain, weighed
        self._name(names)
        self.shown: list[Metric] = [m for rows in zip(plain, weighed, strict=True) for row in rows for m in row]
        """The metrics output by output, the weighted ones after the others."""

    def _made(self, wanted: Any, loss: Any, prefix: str) -> Metric:
        """The metric object, called as it was given or by its function."""
        metric = _metric_for(wanted, loss)
        if self.named_by_functions:
            short = {"accuracy": "acc", "crossentropy": "ce"}
            known = _CHOSEN_BY_SHAPE.get(wanted) if isinstance(wanted, str) else None
            metric.name = prefix + (short[known] if known else _name_of(metrics_module.get(wanted)))
        return metric

    def _name(self, outputs: list[str]) -> None:
        several = len(outputs) > 1
        taken = {"loss", *[f"{name}_loss" for name in outputs if several]}
        for output, plain, weighed in zip(outputs, self._plain, self._weighed, strict=True):
            front = f"{output}_" if several else ""
            for metric in (*plain, *weighed):
                marked = self.marks_weighted and metric in weighed and front + metric.name in taken
                metric.name = _untaken(f"{front}{'weighted_' if marked else ''}{metric.name}", taken)
                taken.add(metric.name)

    def update(self, ys: list[Any], outputs: list[Any], weights: list[Any]) -> list[Any]:
        """The updates for one batch."""
        updates: list[Any] = []
        for y_true, y_pred, weight, plain, weighed in zip(
            ys, outputs, weights, self._plain, self._weighed, strict=True
        ):
            if y_true is None:
                continue
            y_true, weight = aligned(y_true, y_pred, weight)
            mask = mask_of(y_pred)
            kept = None if mask is None else ops.cast(mask, y_pred.dtype)
            both = weight if kept is None else masked_weights(kept, weight, kept, Reduction.SUM)
            for metrics, w in ((plain, kept), (weighed, both)):
                for metric in metrics:
                    _check_classes(metric, y_true, y_pred)
                    with metric.beside(y_pred):
                        updates += listed_updates(metric.update_state(y_true, y_pred, sample_weight=w))
        return updates


# ---- from what compile was given to objects


def _nested(metrics: Any, names: list[str]) -> list[list[Any]]:
    """A list of metrics for each output; one list for all gives each of several outputs metrics of its own."""
    if not metrics:
        return [[] for _ in names]
    by_output = isinstance(metrics, dict) or any(isinstance(m, (list, tuple)) for m in listed(metrics))
    rows = per_output(metrics, names, "metrics") if by_output else [metrics] * len(names)
    found = [_each_once(listed(row)) for row in rows]
    return found if by_output or len(names) == 1 else [list(map(_copy, row)) for row in found]


def _each_once(row: Any) -> list[Any]:
    """Of metrics that are called alike the last one counts, in the place of the first."""
    return list({_name_of(m): m for m in row}.values())


def _own(metric: Any, used: set[int]) -> Any:
    """A metric object where it is used first, then copies: each has one state and one name."""
    if id(metric) in used:
        return _copy(metric)
    used.add(id(metric))
    return metric


def _copy(metric: Any) -> Any:
    """A metric of the same configuration; names and functions stand for themselves."""
    if not isinstance(metric, Metric):
        return metric
    try:
        return type(metric).from_config(metric.get_config())
    except TypeError as error:
        raise ArgumentError(
            f"the metric {metric.name!r} of class {type(metric).__name__} cannot be copied: {error}",
            rule="each output has a metric object of its own, made from get_config()",
            hint="let get_config return the arguments of __init__, or give each output another object",
        ) from None


def _metric_for(metric: Any, loss: Any) -> Metric:
    """The metric object for a name, function or object; "accuracy" and "crossentropy" are chosen by the loss and the shapes."""
    if isinstance(metric, Metric):
        return metric
    kind = _CHOSEN_BY_SHAPE.get(metric.lower()) if isinstance(metric, str) else None
    if kind:
        return MeanMetricWrapper(_chosen(kind, loss), metric)
    found = metrics_module.get(metric)
    if isinstance(found, type):
        found = found()
    if not isinstance(found, Metric):
        return MeanMetricWrapper(found, _name_of(metric))
    if isinstance(metric, str):
        found.name = metric
    return found


def _name_of(metric: Any) -> str:
    if isinstance(metric, str):
        return metric
    return getattr(metric, "name", None) or getattr(metric, "__name__", None) or snake_case(type(metric).__name__)


def _untaken(name: str, taken: set[str]) -> str:
    label, number = name, 0
    while label in taken:
        number += 1
        label = f"{name}_{number}"
    return label


def _chosen(kind: str, loss: Any) -> Callable[[Any, Any], Any]:
    """The binary, sparse or categorical function of this kind, whichever the loss and the shapes ask for."""
    of = getattr(getattr(loss, "fn", None), "__name__", "")

    def choose(y_true: Any, y_pred: Any) -> Any:
        true, pred = keras_shape(y_true), keras_shape(y_pred)
        if pred[-1] == 1 or of == "binary_crossentropy":
            family = "binary"
        elif of == "sparse_categorical_crossentropy" or len(true) < len(pred) or true[-1] == 1:
            family = "sparse_categorical"
        else:
            family = "categorical"
        return metrics_module.get(f"{family}_{kind}")(y_true, y_pred)

    choose.__name__ = kind
    return choose


def _check_classes(metric: Metric, y_true: Any, y_pred: Any) -> None:
    """ShapeError for a metric of one-hot rows beside class numbers, and the other way round."""
    called = getattr(getattr(metric, "_fn", None), "__name__", "")
    true, pred = keras_shape(y_true), keras_shape(y_pred)
    if not true or not pred or len(true) != len(pred) or None in (true[-1], pred[-1]) or pred[-1] == 1:
        return
    sparse = called.startswith("sparse_")
    if called.endswith(("categorical_accuracy", "categorical_crossentropy")) and sparse == (true[-1] == pred[-1]):
        other = called.removeprefix("sparse_") if sparse else f"sparse_{called}"
        raise ShapeError(
            f"metric {metric.name!r}: targets of shape {true} beside predictions of shape {pred}",
            rule="it takes one class number for each sample"
            if sparse
            else f"it takes one-hot rows of {pred[-1]} numbers",
            hint=f"metrics=[{other!r}], or metrics=['accuracy'], which looks at the shapes itself",
        )
