"""Scores that weigh several counts or sums against each other: F-scores and the coefficient of determination."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras.backend.tensors import int_shape, tensor
from deepkit.keras.metrics.base import Metric, weighed

__all__ = ["F1Score", "FBetaScore", "R2Score"]


def _columns(metric: Metric, y_true: Any, y_pred: Any) -> int:
    """The number of outputs; ShapeError unless targets and predictions are (samples, outputs)."""
    shapes = [int_shape(tensor(y)) or () for y in (y_true, y_pred)]
    if any(len(s) != 2 or s[-1] is None for s in shapes):
        raise ShapeError(
            f"{metric.name}: targets of shape {shapes[0]}, predictions of shape {shapes[1]}",
            rule="both (samples, outputs)",
        )
    return int(shapes[1][-1])  # type: ignore[arg-type]


class FBetaScore(Metric):
    """(1 + beta^2) precision recall / (beta^2 precision + recall), for each class or averaged over them.

    average: None (a vector), "micro" (of all counts together), "macro" (the mean) or "weighted" (by how often a class
    occurs). threshold: what counts as predicted; None: the largest of each row.
    """

    def __init__(
        self, average: str | None = None, beta: float = 1.0, threshold: float | None = None,
        name: str | None = "fbeta_score", dtype: Any = None,
    ):
        if average not in (None, "micro", "macro", "weighted"):
            raise ArgumentError(f"{name}: average={average!r}", rule="None, 'micro', 'macro' or 'weighted'")
        if beta <= 0:
            raise ArgumentError(f"{name}: beta={beta}", rule="positive: how much more recall counts than precision")
        if threshold is not None and not 0 < threshold <= 1:
            raise ArgumentError(f"{name}: threshold={threshold}", rule="above 0, at most 1")
        super().__init__(name, dtype)
        self.average, self.beta, self.threshold = average, beta, threshold

    def prepare(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        shape = () if self.average == "micro" else (_columns(self, y_true, y_pred),)
        if not self.weights:
            for kind in ("true_positives", "false_positives", "false_negatives", "intermediate_weights"):
                setattr(self, kind, self.add_weight(kind, shape))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        y_true, y_pred = (ops.cast(tensor(y), self.dtype) for y in (y_true, y_pred))
        if self.threshold is None:  # a row of zeros predicts nothing
            largest = ops.greater_equal(y_pred, ops.reduce_max(y_pred, -1, True))
            said = ops.logical_and(largest, ops.greater(ops.abs(y_pred), 1e-9))
        else:
            said = ops.greater(y_pred, self.threshold)
        said = ops.cast(said, self.dtype)
        weight = None if sample_weight is None else weighed(y_true, sample_weight)[1]

        def total(hits: Any) -> Any:
            return ops.reduce_sum(hits if weight is None else hits * weight, None if self.average == "micro" else 0)

        return [
            self.true_positives.assign_add(total(said * y_true)),  # type: ignore[attr-defined]
            self.false_positives.assign_add(total(said * (1.0 - y_true))),  # type: ignore[attr-defined]
            self.false_negatives.assign_add(total((1.0 - said) * y_true)),  # type: ignore[attr-defined]
            self.intermediate_weights.assign_add(total(y_true)),  # type: ignore[attr-defined]
        ]

    def result(self) -> Any:
        if not self.weights:
            raise ArgumentError(f"{self.name} has no values yet", hint="update_state(y_true, y_pred), then result()")
        tp, fp, fn, count = (w.read() for w in (
            self.true_positives, self.false_positives, self.false_negatives, self.intermediate_weights,  # type: ignore[attr-defined]
        ))
        precision, recall = ops.div_no_nan(tp, tp + fp), ops.div_no_nan(tp, tp + fn)
        factor = float(self.beta) ** 2
        score = ops.div_no_nan(precision * recall, factor * precision + recall) * (1.0 + factor)
        if self.average == "weighted":
            return ops.reduce_sum(score * ops.div_no_nan(count, ops.reduce_sum(count)))
        return score if self.average is None else ops.reduce_mean(score)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "average": self.average, "beta": self.beta, "threshold": self.threshold}


class F1Score(FBetaScore):
    """2 precision recall / (precision + recall)."""

    def __init__(
        self, average: str | None = None, threshold: float | None = None, name: str | None = "f1_score",
        dtype: Any = None,
    ):
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["beta"]
        return config


class R2Score(Metric):
    """1 - (squared error) / (squared distance of the targets from their mean), for each output or averaged.

    class_aggregation: None (a vector), "uniform_average" or "variance_weighted_average". num_regressors: the number of
    explaining variables, for the adjusted score.
    """

    def __init__(
        self, class_aggregation: str | None = "uniform_average", num_regressors: int = 0, name: str | None = "r2_score",
        dtype: Any = None,
    ):
        if class_aggregation not in (None, "uniform_average", "variance_weighted_average"):
            raise ArgumentError(
                f"{name}: class_aggregation={class_aggregation!r}",
                rule="None, 'uniform_average' or 'variance_weighted_average'",
            )
        if num_regressors < 0:
            raise ArgumentError(f"{name}: num_regressors={num_regressors}", rule="not negative")
        super().__init__(name, dtype)
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors
        self.num_samples = self.add_weight("num_samples", dtype="int32")

    def prepare(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        outputs = _columns(self, y_true, y_pred)
        if len(self.weights) == 1:
            self.squared_sum, self.sum = self.add_weight("squared_sum", (outputs,)), self.add_weight("sum", (outputs,))
            self.total_mse, self.count = self.add_weight("residual", (outputs,)), self.add_weight("count", (outputs,))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        y_true, y_pred = (ops.cast(tensor(y), self.dtype) for y in (y_true, y_pred))
        weight = ops.ones_like(y_true)
        if sample_weight is not None:
            weight = weight * weighed(y_true, sample_weight)[1]
        return [
            self.sum.assign_add(ops.reduce_sum(y_true * weight, 0)),
            self.squared_sum.assign_add(ops.reduce_sum(y_true * y_true * weight, 0)),
            self.total_mse.assign_add(ops.reduce_sum(ops.square(y_true - y_pred) * weight, 0)),
            self.count.assign_add(ops.reduce_sum(weight, 0)), self.num_samples.assign_add(ops.size(y_true)),
        ]

    def result(self) -> Any:
        if len(self.weights) == 1:
            raise ArgumentError(f"{self.name} has no values yet", hint="update_state(y_true, y_pred), then result()")
        total = self.squared_sum.read() - self.sum.read() * (self.sum.read() / self.count.read())
        scores = 1.0 - self.total_mse.read() / total
        scores = ops.where(ops.is_inf(scores), ops.zeros_like(scores), scores)
        if self.class_aggregation == "uniform_average":
            scores = ops.reduce_mean(scores)
        elif self.class_aggregation is not None:
            scores = ops.reduce_sum(total * scores) / ops.reduce_sum(total)
        if not self.num_regressors:
            return scores
        spare = ops.cast(self.num_samples.read(), self.dtype) - 1.0 - float(self.num_regressors)
        adjusted = 1.0 - (1.0 - scores) * (spare + float(self.num_regressors)) / spare
        return ops.where(spare > 0.0, adjusted, scores)  # with too few samples there is nothing to adjust by

    def get_config(self) -> dict[str, Any]:
        own = {"class_aggregation": self.class_aggregation, "num_regressors": self.num_regressors}
        return {**super().get_config(), **own}
