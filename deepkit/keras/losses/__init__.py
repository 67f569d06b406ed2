"""Losses by name, as functions (one number for each row) and as objects (one number for a batch)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from deepkit import ops
from deepkit.core.apply import is_tensor, scope
from deepkit.keras import registry
from deepkit.keras.backend.tensors import tensor
from deepkit.keras.losses import functions
from deepkit.keras.losses.functions import (
    BCE,
    KLD,
    MAE,
    MAPE,
    MSE,
    MSLE,
    bce,
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    cosine_similarity,
    hinge,
    huber,
    kl_divergence,
    kld,
    kullback_leibler_divergence,
    log_cosh,
    logcosh,
    mae,
    mape,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    mse,
    msle,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from deepkit.keras.losses.reduction import Reduction, compute_weighted_loss, masked_weights, squeeze_last
from deepkit.keras.user_functions import call_own
from deepkit.loading import listing

huber_loss = huber
cosine = cosine_proximity = cosine_similarity


class Loss:
    """Base of loss objects. A subclass defines `call(y_true, y_pred)`: one number for each row.

    >>> class Largest(Loss):
    ...     def call(self, y_true, y_pred):
    ...         return ops.reduce_max(ops.abs(y_pred - y_true), -1)
    >>> Largest()([[0.0, 0.0]], [[1.0, -3.0]]).item()
    3.0
    """

    def __init__(self, reduction: str = Reduction.AUTO, name: str | None = None):
        Reduction.validate(reduction)
        self.reduction, self.name = reduction, name

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number for each row of y_pred."""
        raise TypeError(f"{type(self).__name__} does not define call(self, y_true, y_pred)")

    def valid(self, y_true: Any, losses: Any) -> Any:
        """Which of the losses count: a mask in their shape, or None for all."""
        return None

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None) -> Any:
        """The reduced loss; `mask` leaves out the losses where it is False."""
        y_pred = tensor(y_pred)
        y_true = tensor(y_true, beside=y_pred)
        with scope(None, (self.name or type(self).__name__).strip("_<>"), y_true, y_pred):
            losses = self.call(y_true, y_pred)
            valid = self.valid(y_true, losses)
            if mask is not None and valid is not None:
                mask = ops.logical_and(ops.cast(tensor(mask), "bool"), valid)
            mask = valid if mask is None else mask
            weights = masked_weights(losses, sample_weight, mask, self.reduction)
            return compute_weighted_loss(losses, weights, self.reduction)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal loss."""
        return {"reduction": self.reduction, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A loss from what `get_config` gave."""
        return cls(**config)


class LossFunctionWrapper(Loss):
    """A function of (y_true, y_pred, ...) as a loss object; further arguments are kept for it."""

    def __init__(self, fn: Callable[..., Any], reduction: str = Reduction.AUTO, name: str | None = None, **kwargs: Any):
        super().__init__(reduction, name)
        self.fn, self._arguments = fn, kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        if is_tensor(y_true) and is_tensor(y_pred):
            y_true, y_pred = squeeze_last(y_true, y_pred)
        return call_own(self.fn, "the loss", y_true, y_pred, **self._arguments)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._arguments}


class MeanSquaredError(LossFunctionWrapper):
    """The mean of (y_true - y_pred)^2.

    >>> MeanSquaredError()([[0.0], [0.0]], [[1.0], [3.0]]).item()
    5.0
    """

    def __init__(self, reduction: str = Reduction.AUTO, name: str = "mean_squared_error"):
        super().__init__(mean_squared_error, reduction, name)


class MeanAbsoluteError(LossFunctionWrapper):
    """The mean of |y_true - y_pred|."""

    def __init__(self, reduction: str = Reduction.AUTO, name: str = "mean_absolute_error"):
        super().__init__(mean_absolute_error, reduction, name)


class MeanAbsolutePercentageError(LossFunctionWrapper):
    """The mean of |y_true - y_pred| / |y_true|, in percent."""

    def __init__(self, reduction: str = Reduction.AUTO, name: str = "mean_absolute_percentage_error"):
        super().__init__(mean_absolute_percentage_error, reduction, name)


class MeanSquaredLogarithmicError(LossFunctionWrapper):
    """The mean of (log(1 + y_true) - log(1 + y_pred))^2."""

    def __init__(self, reduction: str = Reduction.AUTO, name: str = "mean_squared_logarithmic_error"):
        super().__init__(mean_squared_logarithmic_error, reduction, name)


class BinaryCrossentropy(LossFunctionWrapper):
    """The cross-entropy of labels 0 and 1 and the probabilities of a 1."""

    def __init__(
        self, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1, reduction: str = Reduction.AUTO,
        name: str = "binary_crossentropy",
    ):
        super().__init__(
            binary_crossentropy, reduction, name, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis
        )
        self.from_logits = from_logits


class BinaryFocalCrossentropy(LossFunctionWrapper):
    """The binary cross-entropy with less weight on what is right already."""

    def __init__(
        self, apply_class_balancing: bool = False, alpha: float = 0.25, gamma: float = 2.0, from_logits: bool = False,
        label_smoothing: float = 0.0, axis: int = -1, reduction: str = Reduction.AUTO,
        name: str = "binary_focal_crossentropy",
    ):
        super().__init__(
            binary_focal_crossentropy, reduction, name, apply_class_balancing=apply_class_balancing, alpha=alpha,
            gamma=gamma, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis,
        )


class CategoricalCrossentropy(LossFunctionWrapper):
    """The cross-entropy of one-hot rows and the probabilities of the classes."""

    def __init__(
        self, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1, reduction: str = Reduction.AUTO,
        name: str = "categorical_crossentropy",
    ):
        super().__init__(
            categorical_crossentropy, reduction, name, from_logits=from_logits, label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """The categorical cross-entropy with less weight on what is right already."""

    def __init__(
        self, alpha: Any = 0.25, gamma: float = 2.0, from_logits: bool = False, label_smoothing: float = 0.0,
        axis: int = -1, reduction: str = Reduction.AUTO, name: str = "categorical_focal_crossentropy",
    ):
        super().__init__(
            categorical_focal_crossentropy, reduction, name, alpha=alpha, gamma=gamma, from_logits=from_logits,
            label_smoothing=label_smoothing, axis=axis,
        )


class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """The cross-entropy of class numbers and the probabilities of the classes; ignore_class is left out of the mean."""

    def __init__(
        self, from_logits: bool = False, ignore_class: int | None = None, reduction: str = Reduction.AUTO,
        name: str = "sparse_categorical_crossentropy",
    ):
        super().__init__(
            sparse_categorical_crossentropy, reduction, name, from_logits=from_logits, ignore_class=ignore_class
        )
        self.ignore_class = ignore_class

    def valid(self, y_true: Any, losses: Any) -> Any:
        if self.ignore_class is None:
            return None
        return ops.reshape_like(ops.not_equal(ops.cast(y_true, "int64"), self.ignore_class), losses)


class CosineSimilarity(LossFunctionWrapper):
    """Minus the cosine of the angle between two vectors."""

    def __init__(self, axis: int = -1, reduction: str = Reduction.AUTO, name: str = "cosine_similarity"):
        super().__init__(cosine_similarity, reduction, name, axis=axis)


class Hinge(LossFunctionWrapper):
    """The mean of max(1 - y_true y_pred, 0)."""

    def __init__(self, reduction: str = Reduction.AUTO, name: str = "hinge"):
        super().__init__(hinge, reduction, name)


class SquaredHinge(LossFunctionWrapper):
    """The mean of max(1 - y_true y_pred, 0)^2."""

    def __init__(self, reduction: str = Reduction.AUTO, name: str = "squared_hinge"):
        super().__init__(squared_hinge, reduction, name)


class CategoricalHinge(LossFunctionWrapper):
    """max(1 + largest wrong output - right output, 0)."""

    def __init__(self, reduction: str = Reduction.AUTO, name: str = "categorical_hinge"):
        super().__init__(categorical_hinge, reduction, name)


class Poisson(LossFunctionWrapper):
    """The mean of y_pred - y_true log(y_pred)."""

    def __init__(self, reduction: str = Reduction.AUTO, name: str = "poisson"):
        super().__init__(poisson, reduction, name)


class LogCosh(LossFunctionWrapper):
    """The mean of log(cosh(y_pred - y_true))."""

    def __init__(self, reduction: str = Reduction.AUTO, name: str = "log_cosh"):
        super().__init__(log_cosh, reduction, name)


class KLDivergence(LossFunctionWrapper):
    """sum(y_true log(y_true / y_pred))."""

    def __init__(self, reduction: str = Reduction.AUTO, name: str = "kl_divergence"):
        super().__init__(kl_divergence, reduction, name)


class Huber(LossFunctionWrapper):
    """Half the squared error near 0, delta times the distance far away."""

    def __init__(self, delta: float = 1.0, reduction: str = Reduction.AUTO, name: str = "huber_loss"):
        super().__init__(huber, reduction, name, delta=delta)


OBJECTS: dict[str, Any] = {
    name: value
    for name, value in globals().items()
    if getattr(value, "__module__", "") == functions.__name__
    or (isinstance(value, type) and issubclass(value, Loss))
}
"""The losses by their names: functions, their short names, and classes."""
__all__ = ["Reduction", "compute_weighted_loss", "deserialize", "get", "serialize", *OBJECTS]
__dir__ = listing(__all__, __name__)


def serialize(loss: Any) -> Any:
    """The name of a loss function, the configuration of a loss object."""
    return registry.serialize_keras_object(loss)


def deserialize(name: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The loss that a name or a configuration describes."""
    return registry.deserialize_keras_object(name, OBJECTS, custom_objects, "loss function")


def get(identifier: Any) -> Any:
    """The loss that an argument means: a name, a configuration, a function, a class or an object.

    >>> get("mse") is mean_squared_error
    True
    """
    return registry.find(identifier, OBJECTS, "loss function")
