"""Metrics as functions of targets and predictions: one number for each sample."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras.backend.config import floatx
from deepkit.keras.backend.tensors import int_shape, ndim, tensor

__all__ = [
    "accuracy", "binary_accuracy", "binary_matches", "categorical_accuracy", "cosine_similarity",
    "sparse_categorical_accuracy", "sparse_categorical_matches", "sparse_top_k_categorical_accuracy",
    "top_k_categorical_accuracy",
]


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where a prediction equals its target, else 0.

    >>> accuracy([1, 2, 3], [1, 0, 3]).numpy().tolist()
    [1.0, 0.0, 1.0]
    """
    y_true, y_pred = tensor(y_true), tensor(y_pred)
    if not y_true.shape.is_compatible_with(y_pred.shape):
        raise ShapeError(
            f"accuracy: targets of shape {y_true.shape}, predictions of shape {y_pred.shape}",
            rule="it compares number by number", hint="categorical_accuracy or sparse_categorical_accuracy compare classes",
        )
    return ops.cast(ops.equal(y_true, ops.cast(y_pred, y_true.dtype)), floatx())


def binary_matches(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """1 where the prediction is on its target's side of the threshold."""
    y_pred = tensor(y_pred)
    said = ops.cast(ops.greater(y_pred, ops.cast(tensor(threshold), y_pred.dtype)), y_pred.dtype)
    return ops.cast(ops.equal(ops.cast(tensor(y_true), y_pred.dtype), said), floatx())


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """The share of predictions on their target's side of the threshold, over the last axis.

    >>> binary_accuracy([[1.0, 0.0]], [[0.8, 0.6]]).numpy().tolist()
    [0.5]
    """
    return ops.reduce_mean(binary_matches(y_true, y_pred, threshold), -1)


def sparse_categorical_matches(y_true: Any, y_pred: Any) -> Any:
    """1 where the largest prediction is that of the class whose number y_true holds; in the shape of y_true."""
    y_true, y_pred = tensor(y_true), tensor(y_pred)
    numbers = y_true
    if ndim(y_true) is not None and ndim(y_true) == ndim(y_pred):
        numbers = ops.squeeze(y_true, [-1])
    found = ops.cast(ops.argmax(y_pred, -1), y_true.dtype)
    matches = ops.cast(ops.equal(numbers, found), floatx())
    return matches if numbers is y_true else ops.reshape_like(matches, y_true)


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the largest prediction is that of the class with the largest target (one-hot rows).

    >>> categorical_accuracy([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]).numpy().tolist()
    [0.0, 1.0]
    """
    return sparse_categorical_matches(ops.argmax(tensor(y_true), -1), y_pred)


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the largest prediction is that of the class whose number y_true holds.

    >>> sparse_categorical_accuracy([2, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]).numpy().tolist()
    [0.0, 1.0]
    """
    matches = sparse_categorical_matches(y_true, y_pred)
    shape = int_shape(matches) or ()
    return ops.squeeze(matches, [-1]) if len(shape) > 1 and shape[-1] == 1 else matches


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """1 where the class with the largest target (one-hot rows) is among the k largest predictions."""
    return sparse_top_k_categorical_accuracy(ops.argmax(tensor(y_true), -1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """1 where the class whose number y_true holds is among the k largest predictions; in the shape of y_true.

    >>> sparse_top_k_categorical_accuracy([2, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]], k=2).numpy().tolist()
    [1.0, 1.0]
    """
    if k < 1:
        raise ArgumentError(f"top-k accuracy with k={k}", rule="k is at least 1")
    y_true, y_pred = tensor(y_true), tensor(y_pred)
    numbers = ops.cast(y_true, "int32")
    if (ndim(y_pred) or 0) > 2:
        y_pred = ops.reshape(y_pred, [-1, (int_shape(y_pred) or ())[-1]])
    if (ndim(y_true) or 0) > 1:
        numbers = ops.reshape(numbers, [-1])
    matches = ops.cast(ops.in_top_k(y_pred, numbers, k), floatx())
    return ops.reshape_like(matches, y_true) if (ndim(y_true) or 0) > 1 else matches


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """The cosine of the angle between two vectors: 1 for the same direction (the loss of this name is its negative).

    >>> cosine_similarity([[0.0, 2.0]], [[1.0, 1.0]]).item()  # doctest: +ELLIPSIS
    0.70710...
    """
    y_true, y_pred = tensor(y_true), tensor(y_pred)
    return ops.reduce_sum(ops.l2_normalize(y_true, axis) * ops.l2_normalize(y_pred, axis), axis)
