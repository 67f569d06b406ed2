"""Metrics of a whole range of thresholds: the area under a curve, and the best point under a condition."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit import ops
from deepkit.errors import ArgumentError, ShapeError, check_choice
from deepkit.keras import activations
from deepkit.keras.backend.config import epsilon
from deepkit.keras.backend.tensors import int_shape, tensor
from deepkit.keras.metrics.confusion import ConfusionMetric, checked, is_even
from deepkit.layers.metrics.curves import areas, precision_recall_areas, steps_between

__all__ = ["AUC", "PrecisionAtRecall", "RecallAtPrecision", "SensitivityAtSpecificity", "SpecificityAtSensitivity"]

_CURVES = {"roc": "ROC", "pr": "PR", "pr_gain": "PR_GAIN", "prgain": "PR_GAIN"}
_HEIGHTS = {"interpolation": "mean", "majoring": "maximum", "minoring": "minimum"}


class _Rates(ConfusionMetric):
    """Shares made of the four counts; 0 where there is nothing to count."""

    def _rate(self, hits: str, others: str) -> Any:
        found = getattr(self, hits).read()
        return ops.div_no_nan(found, found + getattr(self, others).read())

    def recall_rate(self) -> Any:
        return self._rate("true_positives", "false_negatives")

    def precision_rate(self) -> Any:
        return self._rate("true_positives", "false_positives")

    def specificity_rate(self) -> Any:
        return self._rate("true_negatives", "false_positives")

    def false_positive_rate(self) -> Any:
        return self._rate("false_positives", "true_negatives")


class AUC(_Rates):
    """The area under a curve that a threshold draws between 0 and 1, as a sum over num_thresholds points.

    curve: "ROC" (recall over the rate of false positives), "PR" (precision over recall) or "PR_GAIN" (P. Flach and
    M. Kull, NIPS 2015). summation_method: "interpolation" (trapezoids; for PR the counts are interpolated: J. Davis and
    M. Goadrich, ICML 2006), "minoring" or "majoring". multi_label: the mean of each label's own area, weighted by
    label_weights; without it label_weights are weights of the predictions.

    >>> AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]).item()
    0.75
    """

    def __init__(
        self, num_thresholds: int = 200, curve: str = "ROC", summation_method: str = "interpolation",
        name: str | None = None, dtype: Any = None, thresholds: Any = None, multi_label: bool = False,
        num_labels: int | None = None, label_weights: Any = None, from_logits: bool = False,
    ):
        check_choice("AUC: curve", str(curve).lower(), _CURVES)
        check_choice("AUC: summation_method", str(summation_method).lower(), _HEIGHTS)
        if thresholds is None and num_thresholds < 2:
            raise ArgumentError(f"AUC: num_thresholds={num_thresholds}", rule="at least 2: the two ends of the curve")
        if num_labels and not multi_label:
            raise ArgumentError(
                "AUC: num_labels without multi_label=True", rule="only then each label has its own curve"
            )
        super().__init__(name, dtype)
        self._given = thresholds is not None
        inner = steps_between(num_thresholds) if thresholds is None else sorted(checked(thresholds, 0.5))
        self.even = thresholds is None or is_even([0.0, *inner, 1.0])
        self.thresholds = [-epsilon(), *inner, 1.0 + epsilon()]
        self.num_thresholds = len(self.thresholds)
        self.curve, self.summation_method = _CURVES[str(curve).lower()], str(summation_method).lower()
        self.multi_label, self.num_labels, self.from_logits = multi_label, num_labels, from_logits
        self.label_weights = None if label_weights is None else _not_negative(np.asarray(label_weights, self.dtype))
        if not multi_label:
            self.add_counts((self.num_thresholds,))
        elif num_labels:
            self.add_counts((self.num_thresholds, num_labels))

    def prepare(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        if not self.multi_label:
            return
        shape = int_shape(tensor(y_pred)) or ()
        if len(shape) != 2 or shape[1] is None:
            raise ShapeError(f"{self.name}: predictions of shape {shape}", rule="multi_label: (samples, labels)")
        if not self.weights:
            self.add_counts((self.num_thresholds, shape[1]))

    def weights_of_labels(self) -> Any:
        return None if self.multi_label else self.label_weights

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        return super().update_state(y_true, activations.sigmoid(y_pred) if self.from_logits else y_pred, sample_weight)

    def result(self) -> Any:
        areas = ops.reduce_sum(self._pieces(), 0)
        if not self.multi_label:
            return areas
        if self.label_weights is None:
            return ops.reduce_mean(areas)
        factors = tensor(self.label_weights, beside=areas)
        return ops.div_no_nan(ops.reduce_sum(areas * factors), ops.reduce_sum(factors))

    def _pieces(self) -> Any:
        """The areas between neighbouring thresholds."""
        if self.curve == "PR" and self.summation_method == "interpolation":
            kinds = ("true_positives", "false_positives", "false_negatives")
            return precision_recall_areas(*(getattr(self, kind).read() for kind in kinds))
        if self.curve == "ROC":
            x, y = self.false_positive_rate(), self.recall_rate()
        elif self.curve == "PR":
            x, y = self.recall_rate(), self.precision_rate()
        else:
            x, y = self._gains()
        return areas(x, y, _HEIGHTS[self.summation_method])

    def _gains(self) -> Any:
        """Recall gain and precision gain: how far above always saying yes. No true positives: 0 and 1."""
        tp, tn, fp, fn = (getattr(self, kind).read() for kind in self.kinds)
        odds = ops.div_no_nan(tp + fn, fp + tn)
        none = ops.equal(tp, 0.0)
        recall = ops.where(none, ops.zeros_like(tp), 1.0 - odds * ops.div_no_nan(fn, tp))
        precision = ops.where(none, ops.ones_like(tp), 1.0 - odds * ops.div_no_nan(fp, tp))
        return ops.maximum(recall, 0.0), precision

    def get_config(self) -> dict[str, Any]:
        config = {
            **super().get_config(), "num_thresholds": self.num_thresholds, "curve": self.curve,
            "summation_method": self.summation_method, "multi_label": self.multi_label, "num_labels": self.num_labels,
            "label_weights": self.label_weights, "from_logits": self.from_logits,
        }
        return {**config, "thresholds": list(self.thresholds[1:-1])} if self._given else config


class _BestUnder(_Rates):
    """Base: the best of one rate among the thresholds at which another reaches a value."""

    wanted = ""
    """The argument that is the value to reach."""
    takes_closest = False
    """Older Keras look for the one threshold at which that rate is closest to the value, below it or not."""

    def __init__(
        self, value: float, num_thresholds: int = 200, class_id: int | None = None, name: str | None = None,
        dtype: Any = None,
    ):
        kind = type(self).__name__
        if not 0 <= value <= 1:
            raise ArgumentError(f"{kind}: {self.wanted}={value}", rule="a share between 0 and 1")
        if num_thresholds < 1:
            raise ArgumentError(f"{kind}: num_thresholds={num_thresholds}", rule="at least 1")
        super().__init__(name, dtype)
        self.value, self.num_thresholds, self.class_id = value, num_thresholds, class_id
        setattr(self, self.wanted, value)
        self.thresholds = [0.5] if num_thresholds == 1 else [0.0, *steps_between(num_thresholds), 1.0]
        self.even = num_thresholds > 1
        self.add_counts((num_thresholds,))

    def _best(self, condition: Any, rate: Any) -> Any:
        if self.takes_closest:
            return ops.gather(rate, ops.argmin(ops.abs(condition - self.value), 0))
        return ops.reduce_max(ops.where(ops.greater_equal(condition, self.value), rate, ops.zeros_like(rate)))

    def get_config(self) -> dict[str, Any]:
        own = {"num_thresholds": self.num_thresholds, self.wanted: self.value}
        return {**super().get_config(), "class_id": self.class_id, **own}


class SensitivityAtSpecificity(_BestUnder):
    """The best recall tp / (tp + fn) at which the specificity tn / (tn + fp) is at least this high."""

    wanted = "specificity"

    def __init__(
        self, specificity: float, num_thresholds: int = 200, class_id: Any = None, name: Any = None, dtype: Any = None
    ):
        super().__init__(specificity, num_thresholds, class_id, name, dtype)

    def result(self) -> Any:
        return self._best(self.specificity_rate(), self.recall_rate())


class SpecificityAtSensitivity(_BestUnder):
    """The best specificity tn / (tn + fp) at which the recall tp / (tp + fn) is at least this high."""

    wanted = "sensitivity"

    def __init__(
        self, sensitivity: float, num_thresholds: int = 200, class_id: Any = None, name: Any = None, dtype: Any = None
    ):
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)

    def result(self) -> Any:
        return self._best(self.recall_rate(), self.specificity_rate())


class PrecisionAtRecall(_BestUnder):
    """The best precision tp / (tp + fp) at which the recall tp / (tp + fn) is at least this high."""

    wanted = "recall"

    def __init__(
        self, recall: float, num_thresholds: int = 200, class_id: Any = None, name: Any = None, dtype: Any = None
    ):
        super().__init__(recall, num_thresholds, class_id, name, dtype)

    def result(self) -> Any:
        return self._best(self.recall_rate(), self.precision_rate())


class RecallAtPrecision(_BestUnder):
    """The best recall tp / (tp + fn) at which the precision tp / (tp + fp) is at least this high."""

    wanted = "precision"

    def __init__(
        self, precision: float, num_thresholds: int = 200, class_id: Any = None, name: Any = None, dtype: Any = None
    ):
        super().__init__(precision, num_thresholds, class_id, name, dtype)

    def result(self) -> Any:
        return self._best(self.precision_rate(), self.recall_rate())


def _not_negative(weights: np.ndarray) -> np.ndarray:
    if (weights < 0).any():
        raise ArgumentError(f"AUC: label_weights={weights.tolist()}", rule="none is negative")
    return weights
