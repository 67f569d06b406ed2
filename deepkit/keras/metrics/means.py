"""Means over all samples of accuracies, errors and losses, as objects with a state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.keras.backend.tensors import tensor
from deepkit.keras.losses import functions as losses
from deepkit.keras.losses.reduction import squeeze_last
from deepkit.keras.metrics import functions
from deepkit.keras.metrics.base import Mean, MeanMetricWrapper, pair

__all__ = [
    "Accuracy", "BinaryAccuracy", "BinaryCrossentropy", "CategoricalAccuracy", "CategoricalCrossentropy",
    "CategoricalHinge", "CosineSimilarity", "Hinge", "KLDivergence", "LogCoshError", "MeanAbsoluteError",
    "MeanAbsolutePercentageError", "MeanRelativeError", "MeanSquaredError", "MeanSquaredLogarithmicError", "Poisson",
    "RootMeanSquaredError", "SparseCategoricalAccuracy", "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy", "SquaredHinge", "TopKCategoricalAccuracy",
]


class _Plain(MeanMetricWrapper):
    """The mean of a function that takes nothing but targets and predictions."""

    fn: Callable[..., Any]

    def __init__(self, name: str | None = None, dtype: Any = None):
        super().__init__(type(self).fn, name or type(self).called(), dtype)

    @classmethod
    def called(cls) -> str:
        """The name such a metric goes by: that of its function."""
        return getattr(cls.fn, "__name__", "metric")


class Accuracy(_Plain):
    """How often predictions equal targets."""

    fn = staticmethod(functions.accuracy)


class CategoricalAccuracy(_Plain):
    """How often the largest prediction is that of the right class; targets are one-hot rows."""

    fn = staticmethod(functions.categorical_accuracy)


class SparseCategoricalAccuracy(_Plain):
    """How often the largest prediction is that of the right class; targets are class numbers."""

    fn = staticmethod(functions.sparse_categorical_matches)

    @classmethod
    def called(cls) -> str:
        return "sparse_categorical_accuracy"


class BinaryAccuracy(MeanMetricWrapper):
    """How often predictions are on the right side of the threshold."""

    def __init__(self, name: str | None = "binary_accuracy", dtype: Any = None, threshold: float = 0.5):
        super().__init__(functions.binary_matches, name, dtype, threshold=threshold)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the right class is among the k largest predictions; targets are one-hot rows."""

    def __init__(self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: Any = None):
        super().__init__(functions.top_k_categorical_accuracy, name, dtype, k=k)


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the right class is among the k largest predictions; targets are class numbers."""

    def __init__(self, k: int = 5, name: str | None = "sparse_top_k_categorical_accuracy", dtype: Any = None):
        super().__init__(functions.sparse_top_k_categorical_accuracy, name, dtype, k=k)


class MeanSquaredError(_Plain):
    """The mean of (y_true - y_pred)^2."""

    fn = staticmethod(losses.mean_squared_error)


class MeanAbsoluteError(_Plain):
    """The mean of |y_true - y_pred|."""

    fn = staticmethod(losses.mean_absolute_error)


class MeanAbsolutePercentageError(_Plain):
    """The mean of |y_true - y_pred| / |y_true|, in percent."""

    fn = staticmethod(losses.mean_absolute_percentage_error)


class MeanSquaredLogarithmicError(_Plain):
    """The mean of (log(1 + y_true) - log(1 + y_pred))^2."""

    fn = staticmethod(losses.mean_squared_logarithmic_error)


class Hinge(_Plain):
    """The mean of max(1 - y_true y_pred, 0)."""

    fn = staticmethod(losses.hinge)


class SquaredHinge(_Plain):
    """The mean of max(1 - y_true y_pred, 0)^2."""

    fn = staticmethod(losses.squared_hinge)


class CategoricalHinge(_Plain):
    """The mean of max(1 + largest wrong output - right output, 0)."""

    fn = staticmethod(losses.categorical_hinge)


class Poisson(_Plain):
    """The mean of y_pred - y_true log(y_pred)."""

    fn = staticmethod(losses.poisson)


class LogCoshError(_Plain):
    """The mean of log(cosh(y_pred - y_true))."""

    fn = staticmethod(losses.log_cosh)

    @classmethod
    def called(cls) -> str:
        return "logcosh"


class KLDivergence(_Plain):
    """The mean of sum(y_true log(y_true / y_pred))."""

    fn = staticmethod(losses.kl_divergence)

    @classmethod
    def called(cls) -> str:
        return "kullback_leibler_divergence"


class CosineSimilarity(MeanMetricWrapper):
    """The mean cosine of the angle between targets and predictions: 1 is the same direction."""

    def __init__(self, name: str | None = "cosine_similarity", dtype: Any = None, axis: int = -1):
        super().__init__(functions.cosine_similarity, name, dtype, axis=axis)


class BinaryCrossentropy(MeanMetricWrapper):
    """The mean cross-entropy of labels 0 and 1 and the probabilities of a 1."""

    def __init__(
        self, name: str | None = "binary_crossentropy", dtype: Any = None, from_logits: bool = False,
        label_smoothing: float = 0,
    ):
        super().__init__(
            losses.binary_crossentropy, name, dtype, from_logits=from_logits, label_smoothing=label_smoothing
        )


class CategoricalCrossentropy(MeanMetricWrapper):
    """The mean cross-entropy of one-hot rows and the probabilities of the classes."""

    def __init__(
        self, name: str | None = "categorical_crossentropy", dtype: Any = None, from_logits: bool = False,
        label_smoothing: float = 0, axis: int = -1,
    ):
        super().__init__(
            losses.categorical_crossentropy, name, dtype, from_logits=from_logits, label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """The mean cross-entropy of class numbers and the probabilities of the classes; ignore_class does not count."""

    def __init__(
        self, name: str | None = "sparse_categorical_crossentropy", dtype: Any = None, from_logits: bool = False,
        ignore_class: int | None = None, axis: int = -1,
    ):
        super().__init__(
            losses.sparse_categorical_crossentropy, name, dtype, from_logits=from_logits, ignore_class=ignore_class,
            axis=axis,
        )

    def valid(self, y_true: Any, values: Any) -> Any:
        ignored = self._fn_kwargs["ignore_class"]
        if ignored is None:
            return None
        return ops.reshape_like(ops.not_equal(ops.cast(tensor(y_true), "int64"), ignored), values)


class RootMeanSquaredError(Mean):
    """The root of the mean of (y_true - y_pred)^2.

    >>> RootMeanSquaredError()([[0.0], [0.0]], [[3.0], [4.0]]).item()  # doctest: +ELLIPSIS
    3.5355...
    """

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: Any = None):
        super().__init__(name, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:  # type: ignore[override]
        y_true, y_pred = pair(self, y_true, y_pred)
        return super().update_state(ops.squared_difference(y_pred, y_true), sample_weight)

    def result(self) -> Any:
        return ops.sqrt(super().result())


class MeanRelativeError(Mean):
    """The mean of |y_true - y_pred| / normalizer; 0 where the normalizer is 0."""

    def __init__(self, normalizer: Any, name: str | None = None, dtype: Any = None):
        super().__init__(name, dtype)
        self.normalizer = np.asarray(normalizer, self.dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:  # type: ignore[override]
        y_true, y_pred = pair(self, y_true, y_pred)
        y_pred, normalizer = squeeze_last(y_pred, tensor(self.normalizer, beside=y_pred))
        return super().update_state(ops.div_no_nan(ops.abs(y_true - y_pred), normalizer), sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "normalizer": self.normalizer}
