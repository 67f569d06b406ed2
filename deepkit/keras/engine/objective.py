"""What training makes smaller and what it shows: the losses and metrics of all outputs, weighted and masked."""

from __future__ import annotations

import copy
from typing import Any

from deepkit import ops
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras import losses as losses_module
from deepkit.keras import metrics as metrics_module
from deepkit.keras.engine.checks import misses_targets
from deepkit.keras.engine.context import mask_of
from deepkit.keras.engine.structure import keras_shape
from deepkit.keras.loss_reduction import Reduction, masked_weights
from deepkit.keras.metrics.base import Mean, MeanMetricWrapper, Metric

_CHOSEN_BY_SHAPE = {"accuracy": "accuracy", "acc": "accuracy", "crossentropy": "crossentropy", "ce": "crossentropy"}


def per_output(value: Any, names: list[str], what: str) -> list[Any]:
    """One entry for each output from one for all, a list, or a dictionary by name."""
    if isinstance(value, dict):
        unknown = [k for k in value if k not in names]
        if unknown:
            raise ArgumentError(
                f"compile: {what} names an output {unknown[0]!r}", rule="outputs: " + ", ".join(names),
                hint="an output is called as the layer that makes it",
            )  # fmt: skip
        return [value.get(n) for n in names]
    if isinstance(value, (list, tuple)):
        if len(value) != len(names):
            raise ArgumentError(
                f"compile: {len(value)} entries in {what} for {len(names)} outputs", rule="one for each"
            )
        return list(value)
    return [value] * len(names)


def aligned(y_true: Any, y_pred: Any, weight: Any) -> tuple[Any, Any]:
    """Targets and weights of shape (n,) as columns beside predictions of shape (n, 1), in the predictions' type."""
    rank = len(y_pred.shape)
    if len(y_true.shape) == 1 and rank == 2:
        y_true = ops.expand_dims(y_true, -1)
    if weight is not None:
        if len(weight.shape) == 1 and rank == 2:
            weight = ops.expand_dims(weight, -1)
        weight = ops.cast(weight, y_pred.dtype)
    if y_pred.dtype.is_floating and not y_true.dtype.is_complex:
        y_true = ops.cast(y_true, y_pred.dtype)
    return y_true, weight


class Objective:
    """The losses of a model's outputs and their weighted sum."""

    def __init__(self, loss: Any, loss_weights: Any, names: list[str]):
        self.names = names
        self.losses = [_loss(x) for x in per_output(loss, names, "loss")]
        weights = [None] * len(names) if loss_weights is None else per_output(loss_weights, names, "loss_weights")
        self.weights = [1.0 if w is None else w for w in weights]
        self.total_mean = Mean("loss")
        self.means = [Mean(f"{n}_loss") if x is not None else None for n, x in zip(names, self.losses, strict=True)]

    @property
    def shown(self) -> list[Metric]:
        """What is reported: the total, and each output's loss where there are several."""
        return [self.total_mean, *([m for m in self.means if m is not None] if len(self.names) > 1 else [])]

    def __call__(
        self, ys: list[Any], outputs: list[Any], weights: list[Any], penalties: list[Any]
    ) -> tuple[Any, list[Any]]:
        """(the total loss, the updates of the reported means)."""
        terms, updates = [], []
        batch = ops.cast(ops.shape(outputs[0])[0], "float32")
        rows = zip(ys, outputs, weights, self.losses, self.weights, self.means, self.names, strict=True)
        for y_true, y_pred, weight, loss, factor, mean, name in rows:
            if y_true is None or loss is None:
                continue
            y_true, weight = aligned(y_true, y_pred, weight)
            check_target(loss, y_true, y_pred, name)
            mask = mask_of(y_pred)
            value = loss(y_true, y_pred, sample_weight=weight, **({} if mask is None else {"mask": mask}))
            if len(value.shape):
                value = ops.reduce_mean(value)
            if len(self.names) > 1 and mean is not None:
                with mean.beside(value):
                    updates += mean.update_state(value, batch)
            terms.append(value if factor == 1.0 else value * ops.cast(factor, value.dtype))
        if not terms and not penalties:
            raise misses_targets(self.losses)
        terms += [p if not len(p.shape) else ops.reduce_mean(p) for p in penalties]
        total = terms[0]
        for term in terms[1:]:
            total = total + ops.cast(term, total.dtype)
        with self.total_mean.beside(total):
            updates += self.total_mean.update_state(total, batch)
        return total, updates


def _loss(loss: Any) -> Any:
    if loss is None:
        return None
    found = losses_module.get(loss)
    return found if isinstance(found, losses_module.Loss) else losses_module.LossFunctionWrapper(found)


_LIKE_PREDICTIONS = {
    "mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_logarithmic_error",
    "squared_hinge", "hinge", "categorical_hinge", "logcosh", "log_cosh", "huber", "categorical_crossentropy",
    "binary_crossentropy", "kl_divergence", "poisson", "cosine_similarity", "cosine_proximity",
}  # fmt: skip


_ONE_ROW = (
    "one row for each sample: Flatten() or GlobalAveragePooling2D() before the last Dense; "
    "return_sequences=False in the last recurrent layer"
)


def check_target(loss: Any, y_true: Any, y_pred: Any, name: str) -> None:
    """ShapeError if targets and predictions of a loss that compares them one by one have different shapes."""
    fn = getattr(loss, "fn", loss)
    called = getattr(fn, "__name__", type(fn).__name__)
    want, got = keras_shape(y_pred), keras_shape(y_true)
    if want is None or got is None:
        return
    if called == "sparse_categorical_crossentropy" and len(want) > len(got) + 1:
        raise ShapeError(
            f"output {name!r}: one class number for each sample, but the predictions have shape {want}",
            rule=f"{called} takes one class number for each row of probabilities: targets of shape {want[:-1]}",
            hint=_ONE_ROW,
        )
    if called not in _LIKE_PREDICTIONS:
        return
    if len(want) == len(got) and all(a is None or b is None or a == b for a, b in zip(want[1:], got[1:], strict=True)):
        return
    hint = "give the targets the shape of the model's output, or change the last layer"
    if called == "categorical_crossentropy" and (len(got) == len(want) - 1 or got[-1] == 1):
        hint = "the labels look like class numbers: loss='sparse_categorical_crossentropy', or to_categorical(y)"
    elif len(got) == 2 < len(want):
        hint = _ONE_ROW
    elif len(got) == len(want) and called.endswith("crossentropy") and None not in (got[-1], want[-1]) and got[-1] > 1:
        hint = f"the targets have {got[-1]} classes: the last layer is Dense({got[-1]}, ...)"
    elif len(got) == 2 and got[-1] == 1 and called != "binary_crossentropy":
        hint = "one number for each sample: the last layer is Dense(1)"
    raise ShapeError(
        f"output {name!r}: the loss {called} compares targets of shape {got} with predictions of shape {want}",
        rule=f"expected shape {want}, got {got}: one target for each predicted number, nothing is broadcast",
        hint=hint,
    )


class Scores:
    """The metrics of a model's outputs; what "accuracy" means is known when targets and outputs are."""

    def __init__(self, metrics: Any, weighted: Any, names: list[str]):
        self.names = names
        self._wanted = _nested(metrics, names)
        self._weighted = _nested(weighted, names)
        for metric in [m for row in [*self._wanted, *self._weighted] for m in row]:
            if isinstance(metric, str) and metric.lower() not in _CHOSEN_BY_SHAPE:
                metrics_module.check_name(metric)
        self.objects: list[list[Metric]] | None = None
        self.weighted_objects: list[list[Metric]] | None = None

    @property
    def shown(self) -> list[Metric]:
        if self.objects is None or self.weighted_objects is None:
            return [m for row in [*self._wanted, *self._weighted] for m in row if isinstance(m, Metric)]
        return [m for a, b in zip(self.objects, self.weighted_objects, strict=True) for m in (*a, *b)]

    def _make(self, ys: list[Any], outputs: list[Any]) -> None:
        taken: set[str] = set()

        def made(wanted: list[list[Any]], weighted: bool) -> list[list[Metric]]:
            rows = []
            for name, row, y_true, y_pred in zip(self.names, wanted, ys, outputs, strict=True):
                found = [] if y_true is None else [metric_for(m, y_true, y_pred) for m in row]
                for metric in found:
                    label = f"{name}_{metric.name}" if len(self.names) > 1 else metric.name
                    if weighted and label in taken:
                        label = f"{name}_weighted_{metric.name}" if len(self.names) > 1 else f"weighted_{metric.name}"
                    metric.name = label
                    taken.add(label)
                rows.append(found)
            return rows

        self.objects, self.weighted_objects = made(self._wanted, False), made(self._weighted, True)

    def update(self, ys: list[Any], outputs: list[Any], weights: list[Any]) -> list[Any]:
        """The updates for one batch."""
        if self.objects is None or self.weighted_objects is None:
            self._make(ys, outputs)
        updates: list[Any] = []
        rows = zip(ys, outputs, weights, self.objects or [], self.weighted_objects or [], strict=True)
        for y_true, y_pred, weight, plain, weighted in rows:
            if y_true is None:
                continue
            y_true, weight = aligned(y_true, y_pred, weight)
            mask = mask_of(y_pred)
            kept = None if mask is None else ops.cast(mask, y_pred.dtype)
            both = weight if kept is None else masked_weights(kept, weight, kept, Reduction.SUM)
            for metrics, w in ((plain, kept), (weighted, both)):
                for metric in metrics:
                    _check_classes(metric, y_true, y_pred)
                    with metric.beside(y_pred):
                        done = metric.update_state(y_true, y_pred, sample_weight=w)
                    updates += [u for u in (done if isinstance(done, (list, tuple)) else [done]) if u is not None]
        return updates


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


def _nested(metrics: Any, names: list[str]) -> list[list[Any]]:
    """A list of metrics for each output."""
    if not metrics:
        return [[] for _ in names]
    if isinstance(metrics, dict) or (
        isinstance(metrics, (list, tuple)) and any(isinstance(m, (list, tuple)) for m in metrics)
    ):
        rows = per_output(metrics, names, "metrics")
    else:
        rows = [metrics] + [copy.copy(metrics) for _ in names[1:]]
    return [list(r) if isinstance(r, (list, tuple)) else [] if r is None else [r] for r in rows]


def metric_for(metric: Any, y_true: Any, y_pred: Any) -> Metric:
    """The metric object for a name, function or object; "accuracy" is chosen by the shapes."""
    if isinstance(metric, Metric):
        return metric
    name = metric if isinstance(metric, str) else getattr(metric, "__name__", type(metric).__name__)
    kind = _CHOSEN_BY_SHAPE.get(metric.lower()) if isinstance(metric, str) else None
    if kind:
        true, pred = keras_shape(y_true), keras_shape(y_pred)
        if pred[-1] == 1:
            kind = f"binary_{kind}"
        elif len(true) < len(pred) or (true[-1] == 1 and pred[-1] != 1):
            kind = f"sparse_categorical_{kind}"
        else:
            kind = f"categorical_{kind}"
        metric = kind
    found = metrics_module.get(metric)
    if isinstance(found, type):
        found = found()
    return found if isinstance(found, Metric) else MeanMetricWrapper(found, name)
