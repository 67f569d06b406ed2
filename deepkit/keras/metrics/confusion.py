"""Counts of true and false positives and negatives at one threshold or many, and the shares made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras.backend.config import epsilon
from deepkit.keras.backend.tensors import tensor
from deepkit.keras.losses.reduction import squeeze_last
from deepkit.keras.metrics.base import Metric, weighed
from deepkit.layers.metrics.confusion import by_buckets, by_comparing

__all__ = ["FalseNegatives", "FalsePositives", "Precision", "Recall", "TrueNegatives", "TruePositives"]

STATE = ("true_positives", "true_negatives", "false_positives", "false_negatives")
"""The order of Keras' weights."""
_LOWEST = -1e10  # below every prediction


def checked(thresholds: Any, otherwise: float) -> list[float]:
    """The thresholds as a list; ArgumentError unless they lie in [0, 1]."""
    if thresholds is None:
        return [otherwise]
    found = list(thresholds) if isinstance(thresholds, (list, tuple, np.ndarray)) else [thresholds]
    for t in found:
        if t is None or not 0 <= t <= 1:
            raise ArgumentError(f"thresholds={thresholds!r}", rule="each is a number between 0 and 1")
    return found


def is_even(thresholds: Sequence[float]) -> bool:
    """True for at least three thresholds in equal steps from 0 to 1: they are counted in one pass, as buckets."""
    count = len(thresholds)
    if count < 3:
        return False
    steps = np.arange(count, dtype=np.float32) / (count - 1)
    return bool(np.allclose(thresholds, steps, atol=epsilon()))


class ConfusionMetric(Metric):
    """Base: keeps the counts named in `kinds`, one for each threshold; a prediction above it counts as positive."""

    kinds: tuple[str, ...] = STATE
    thresholds: Any = ()
    even = False
    top_k: int | None = None
    class_id: int | None = None
    multi_label = False

    def weights_of_labels(self) -> Any:
        """A factor for each label, or None."""
        return None

    def add_counts(self, shape: tuple[int, ...]) -> None:
        """Makes the state."""
        for kind in self.kinds:
            setattr(self, kind, self.add_weight(kind, shape))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        y_true, y_pred = (ops.cast(tensor(y), self.dtype) for y in (y_true, y_pred))
        y_true, y_pred = squeeze_last(y_true, y_pred)
        if not y_true.shape.is_compatible_with(y_pred.shape):
            raise ShapeError(
                f"{self.name}: targets of shape {y_true.shape}, predictions of shape {y_pred.shape}",
                rule="one label, 0 or 1, for each prediction", hint="class numbers become such rows by to_categorical(y)",
            )
        if sample_weight is not None:
            sample_weight = weighed(y_pred, sample_weight)[1]
        if self.top_k is not None:
            y_pred = _only_largest(y_pred, self.top_k)
        if self.class_id is not None:
            y_true, y_pred = (y[..., self.class_id : self.class_id + 1] for y in (y_true, y_pred))
        count = by_buckets if self.even else by_comparing
        weight = self._weight(y_pred, sample_weight)
        found = count(y_pred, ops.cast(y_true, "bool"), weight, list(self.thresholds), self.multi_label)
        return [getattr(self, kind).assign_add(found(kind)) for kind in self.kinds]

    def _weight(self, y_pred: Any, sample_weight: Any) -> Any:
        """What each prediction counts, by its sample and its label; None for 1."""
        weight = None if sample_weight is None else ops.broadcast_like(sample_weight, y_pred)
        factors = self.weights_of_labels()
        if factors is None:
            return weight
        factors = ops.broadcast_like(ops.expand_dims(tensor(factors, beside=y_pred), 0), y_pred)
        return factors if weight is None else weight * factors


def _only_largest(x: Any, k: int) -> Any:
    """The k largest numbers of each row; the others become very small."""
    places = ops.top_k(x, k)[1]
    kept = ops.reduce_sum(ops.one_hot(places, ops.shape(x)[-1], dtype=x.dtype), -2)
    return x * kept + _LOWEST * (1.0 - kept)


class _Count(ConfusionMetric):
    """One of the four counts."""

    kind = ""

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None):
        super().__init__(name, dtype)
        self.init_thresholds, self.thresholds = thresholds, checked(thresholds, 0.5)
        self.even = is_even(self.thresholds)
        self.kinds = (self.kind,)
        self.accumulator = self.add_weight("accumulator", (len(self.thresholds),))
        setattr(self, self.kind, self.accumulator)

    def result(self) -> Any:
        count = self.accumulator.read()
        return count[0] if len(self.thresholds) == 1 else ops.identity(count)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


class TruePositives(_Count):
    """How many predictions above the threshold are right.

    >>> TruePositives()([0, 1, 1, 1], [1, 0, 1, 1]).item()
    2.0
    """

    kind = "true_positives"


class TrueNegatives(_Count):
    """How many predictions not above the threshold are right."""

    kind = "true_negatives"


class FalsePositives(_Count):
    """How many predictions above the threshold are wrong."""

    kind = "false_positives"


class FalseNegatives(_Count):
    """How many predictions not above the threshold are wrong."""

    kind = "false_negatives"


class _Share(ConfusionMetric):
    """The share of true positives among them and one of the other counts.

    top_k counts only the k largest predictions of each sample; class_id looks at one class.
    """

    other = ""

    def __init__(
        self, thresholds: Any = None, top_k: int | None = None, class_id: int | None = None, name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(name, dtype)
        self.init_thresholds, self.top_k, self.class_id = thresholds, top_k, class_id
        self.thresholds = checked(thresholds, 0.5 if top_k is None else _LOWEST)
        self.even = is_even(self.thresholds)
        self.kinds = ("true_positives", self.other)
        self.add_counts((len(self.thresholds),))

    def result(self) -> Any:
        hits = self.true_positives.read()  # type: ignore[attr-defined]
        share = ops.div_no_nan(hits, hits + getattr(self, self.other).read())
        return share[0] if len(self.thresholds) == 1 else share

    def get_config(self) -> dict[str, Any]:
        own = {"thresholds": self.init_thresholds, "top_k": self.top_k, "class_id": self.class_id}
        return {**super().get_config(), **own}


class Precision(_Share):
    """How many of the predicted positives are right: tp / (tp + fp).

    >>> Precision()([0, 1, 1, 1], [1, 0, 1, 1]).item()  # doctest: +ELLIPSIS
    0.66666...
    """

    other = "false_positives"


class Recall(_Share):
    """How many of the real positives are found: tp / (tp + fn).

    >>> Recall()([0, 1, 1, 1], [1, 0, 1, 1]).item()  # doctest: +ELLIPSIS
    0.66666...
    """

    other = "false_negatives"
