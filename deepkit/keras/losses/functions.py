"""How wrong predictions are: functions (y_true, y_pred) -> one number for each row, the mean over the last axis."""

from __future__ import annotations

import math
import warnings
from typing import Any

from deepkit import ops
from deepkit.errors import ArgumentError, GraphWarning, ShapeError
from deepkit.keras.backend import nn
from deepkit.keras.backend.config import epsilon
from deepkit.keras.backend.tensors import int_shape, tensor

__all__ = [
    "BCE", "KLD", "MAE", "MAPE", "MSE", "MSLE", "bce", "binary_crossentropy", "binary_focal_crossentropy",
    "categorical_crossentropy", "categorical_focal_crossentropy", "categorical_hinge", "cosine_similarity", "hinge",
    "huber", "kl_divergence", "kld", "kullback_leibler_divergence", "log_cosh", "logcosh", "mae", "mape",
    "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_error", "mean_squared_logarithmic_error",
    "mse", "msle", "poisson", "sparse_categorical_crossentropy", "squared_hinge",
]


# ---- y_true and y_pred must fit


def _pair(function: str, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Both as tensors of y_pred's type; ShapeError where they would be stretched against each other."""
    y_pred = tensor(y_pred)
    y_true = ops.cast(tensor(y_true, beside=y_pred), y_pred.dtype)
    true, pred = int_shape(y_true), int_shape(y_pred)
    if true and pred and not y_true.shape.is_compatible_with(y_pred.shape):
        raise _misfit(function, true, pred)
    return y_true, y_pred


def _text(shape: tuple[int | None, ...]) -> str:
    return "(" + ", ".join("batch" if d is None else str(d) for d in shape) + ("," if len(shape) == 1 else "") + ")"


def _misfit(function: str, true: tuple[int | None, ...], pred: tuple[int | None, ...]) -> ShapeError:
    rule = "one target for each output: equal shapes"
    if len(pred) == len(true) + 1 and pred[-1] == 1:
        rule += "; stretched against each other they would compare every target with every prediction"
        hint = f"y_true.reshape(-1, 1), to give {_text((*true, 1))}"
    elif len(true) == len(pred) + 1 and true[-1] == 1:
        rule += "; stretched against each other they would compare every target with every prediction"
        hint = f"y_true.reshape(-1), to give {_text(true[:-1])}; or a last layer with 1 unit"
    elif true[-1] != pred[-1] and true[-1] is not None and len(true) == len(pred):
        hint = f"the last layer needs {true[-1]} units, it has {pred[-1]}"
    else:
        hint = "reshape y_true, or end the model with a layer of that shape"
    return ShapeError(f"{function}: y_true has shape {_text(true)}, y_pred {_text(pred)}", rule=rule, hint=hint)


def _check_rows(function: str, y_true: Any, y_pred: Any) -> None:
    """ShapeError if y_true holds class numbers where a row of class probabilities is needed."""
    true, pred = int_shape(tensor(y_true)), int_shape(tensor(y_pred))
    if not true or not pred or pred[-1] in (None, 1):
        return
    if len(true) == len(pred) - 1 or (len(true) == len(pred) and true[-1] == 1):
        raise ShapeError(
            f"{function}: y_true has shape {_text(true)}, y_pred {_text(pred)}: one class number for each example",
            rule=f"each target is a row of {pred[-1]} probabilities, such as [0, 1, 0, ...]",
            hint=f"loss='sparse_{function}' takes class numbers; or make rows: keras.utils.to_categorical(y, {pred[-1]})",
        )


def _check_numbers(y_true: Any, y_pred: Any, axis: int) -> None:
    """ShapeError if y_true holds rows of probabilities where class numbers are needed."""
    true, pred = int_shape(tensor(y_true)), int_shape(tensor(y_pred))
    if true and pred and len(true) == len(pred) and axis == -1 and true[-1] not in (None, 1):
        raise ShapeError(
            f"sparse_categorical_crossentropy: y_true has shape {_text(true)}, y_pred {_text(pred)}: one-hot rows",
            rule=f"each target is one class number from 0 to {(pred[-1] or true[-1]) - 1}: shape {_text(true[:-1])}",
            hint="loss='categorical_crossentropy' takes rows; or make class numbers: y.argmax(axis=-1)",
        )


def _warn_if_single(function: str, y_pred: Any) -> None:
    if (int_shape(y_pred) or (None,))[-1] == 1:
        warnings.warn(
            f"{function} of predictions of shape {_text(int_shape(y_pred) or ())}: the probability of the only class is "
            "always 1, so nothing is learnt. Two classes: 1 unit with sigmoid and loss='binary_crossentropy'",
            GraphWarning, stacklevel=4,
        )


# ---- distances


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """The mean of (y_true - y_pred)^2 over the last axis.

    >>> mean_squared_error([[1.0, 2.0]], [[1.0, 4.0]]).numpy().tolist()
    [2.0]
    """
    y_true, y_pred = _pair("mean_squared_error", y_true, y_pred)
    return ops.reduce_mean(ops.squared_difference(y_pred, y_true), -1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """The mean of |y_true - y_pred|."""
    y_true, y_pred = _pair("mean_absolute_error", y_true, y_pred)
    return ops.reduce_mean(ops.abs(y_pred - y_true), -1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """The mean of 100 |y_true - y_pred| / |y_true|, in percent."""
    y_true, y_pred = _pair("mean_absolute_percentage_error", y_true, y_pred)
    share = ops.abs((y_true - y_pred) / ops.maximum(ops.abs(y_true), epsilon()))
    return 100.0 * ops.reduce_mean(share, -1)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """The mean of (log(1 + y_true) - log(1 + y_pred))^2; negative numbers count as 0."""
    y_true, y_pred = _pair("mean_squared_logarithmic_error", y_true, y_pred)
    said, truth = (ops.log(ops.maximum(y, epsilon()) + 1.0) for y in (y_pred, y_true))
    return ops.reduce_mean(ops.squared_difference(said, truth), -1)


def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """The mean of log(cosh(y_pred - y_true)): near 0 half the square, far away the distance."""
    y_true, y_pred = _pair("log_cosh", y_true, y_pred)
    x = y_pred - y_true
    return ops.reduce_mean(x + ops.softplus(-2.0 * x) - math.log(2.0), -1)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """The mean of e^2 / 2 where |e| <= delta, else delta |e| - delta^2 / 2, with e = y_pred - y_true.

    Source: P. Huber, Annals of Mathematical Statistics 35 (1964).
    """
    y_true, y_pred = _pair("huber", y_true, y_pred)
    error = y_pred - y_true
    away = ops.abs(error)
    return ops.reduce_mean(ops.where(away <= delta, 0.5 * ops.square(error), delta * away - 0.5 * delta**2), -1)


def poisson(y_true: Any, y_pred: Any) -> Any:
    """The mean of y_pred - y_true log(y_pred): y_true counts events of which y_pred were expected."""
    y_true, y_pred = _pair("poisson", y_true, y_pred)
    return ops.reduce_mean(y_pred - y_true * ops.log(y_pred + epsilon()), -1)


def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """sum(y_true log(y_true / y_pred)): how far the distribution y_pred is from y_true."""
    y_true, y_pred = (ops.clip_by_value(y, epsilon(), 1.0) for y in _pair("kl_divergence", y_true, y_pred))
    return ops.reduce_sum(y_true * ops.log(y_true / y_pred), -1)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Minus the cosine of the angle between two vectors: -1 if they point the same way, 0 at a right angle."""
    y_true, y_pred = _pair("cosine_similarity", y_true, y_pred)
    return -ops.reduce_sum(ops.l2_normalize(y_true, axis) * ops.l2_normalize(y_pred, axis), axis)


# ---- margins


def _signed(y_true: Any) -> Any:
    """Labels 0 and 1 as -1 and 1; other labels as they are."""
    binary = ops.reduce_all(ops.logical_or(ops.equal(y_true, 0), ops.equal(y_true, 1)))
    share = ops.cast(binary, y_true.dtype)
    return y_true + share * (y_true - 1.0)  # y, or 2 y - 1


def hinge(y_true: Any, y_pred: Any) -> Any:
    """The mean of max(1 - y_true y_pred, 0), for labels -1 and 1 (0 and 1 are understood)."""
    y_true, y_pred = _pair("hinge", y_true, y_pred)
    return ops.reduce_mean(ops.maximum(1.0 - _signed(y_true) * y_pred, 0.0), -1)


def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """The mean of max(1 - y_true y_pred, 0)^2."""
    y_true, y_pred = _pair("squared_hinge", y_true, y_pred)
    return ops.reduce_mean(ops.square(ops.maximum(1.0 - _signed(y_true) * y_pred, 0.0)), -1)


def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """max(1 + largest wrong output - right output, 0), for one-hot rows y_true."""
    _check_rows("categorical_hinge", y_true, y_pred)
    y_true, y_pred = _pair("categorical_hinge", y_true, y_pred)
    right = ops.reduce_sum(y_true * y_pred, -1)
    wrong = ops.reduce_max((1.0 - y_true) * y_pred, -1)
    return ops.maximum(wrong - right + 1.0, 0.0)


# ---- cross-entropies


def _smoothed(y_true: Any, smoothing: Any, classes: Any) -> Any:
    """Labels moved towards an equal share for each class by the part `smoothing`."""
    if isinstance(smoothing, (int, float)):
        if not 0 <= smoothing <= 1:
            raise ArgumentError(f"label_smoothing={smoothing}", rule="between 0 and 1")
        if smoothing == 0:
            return y_true
    return y_true * (1.0 - smoothing) + smoothing / classes


def _classes(y: Any, axis: int) -> Any:
    known = (int_shape(y) or ())[axis]
    return ops.cast(ops.shape(y)[axis], y.dtype) if known is None else float(known)


def _categorical(function: str, y_true: Any, y_pred: Any, smoothing: Any, axis: int) -> tuple[Any, Any]:
    if axis == -1:
        _check_rows(function, y_true, y_pred)
    y_true, y_pred = _pair(function, y_true, y_pred)
    _warn_if_single(function, y_pred)
    return _smoothed(y_true, smoothing, _classes(y_true, axis)), y_pred


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: Any = 0.0, axis: int = -1
) -> Any:
    """-sum(y_true log(y_pred)): y_true are one-hot rows (or probabilities), y_pred the probabilities of the classes.

    from_logits: y_pred are what goes into softmax. label_smoothing s: targets (1 - s) y_true + s / classes.

    >>> round(categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).numpy().item(), 4)
    0.6931
    """
    y_true, y_pred = _categorical("categorical_crossentropy", y_true, y_pred, label_smoothing, axis)
    return nn.categorical_crossentropy(y_true, y_pred, from_logits, axis)


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, axis: int = -1, ignore_class: int | None = None
) -> Any:
    """-log(y_pred[y_true]): y_true are class numbers, y_pred (..., classes) the probabilities of the classes."""
    _check_numbers(y_true, y_pred, axis)
    return nn.sparse_categorical_crossentropy(y_true, y_pred, from_logits, axis, ignore_class)


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: Any = 0.0, axis: int = -1
) -> Any:
    """The mean of -y_true log(y_pred) - (1 - y_true) log(1 - y_pred): y_pred is the probability of a 1."""
    y_true, y_pred = _pair("binary_crossentropy", y_true, y_pred)
    y_true = _smoothed(y_true, label_smoothing, 2.0)
    return ops.reduce_mean(nn.binary_crossentropy(y_true, y_pred, from_logits), axis)


def binary_focal_crossentropy(
    y_true: Any, y_pred: Any, apply_class_balancing: bool = False, alpha: float = 0.25, gamma: float = 2.0,
    from_logits: bool = False, label_smoothing: Any = 0.0, axis: int = -1,
) -> Any:
    """The binary cross-entropy times (1 - p)^gamma, p the probability of the right label: easy examples count less.

    apply_class_balancing: ones count alpha times, zeros 1 - alpha. Source: T.-Y. Lin et al., ICCV 2017.
    """
    y_true, y_pred = _pair("binary_focal_crossentropy", y_true, y_pred)
    y_true = _smoothed(y_true, label_smoothing, 2.0)
    loss = nn.binary_focal_crossentropy(y_true, y_pred, apply_class_balancing, alpha, gamma, from_logits)
    return ops.reduce_mean(loss, axis)


def categorical_focal_crossentropy(
    y_true: Any, y_pred: Any, alpha: Any = 0.25, gamma: float = 2.0, from_logits: bool = False,
    label_smoothing: Any = 0.0, axis: int = -1,
) -> Any:
    """The categorical cross-entropy, each class weighted by alpha (1 - its probability)^gamma."""
    y_true, y_pred = _categorical("categorical_focal_crossentropy", y_true, y_pred, label_smoothing, axis)
    return nn.categorical_focal_crossentropy(y_true, y_pred, alpha, gamma, from_logits, axis)


# ---- the short names, which losses and metrics share

mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
msle = MSLE = mean_squared_logarithmic_error
bce = BCE = binary_crossentropy
kld = KLD = kullback_leibler_divergence = kl_divergence
logcosh = log_cosh
