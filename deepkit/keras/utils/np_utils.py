"""Small helpers on NumPy arrays: class numbers to one-hot rows, and rows of unit length."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, DTypeError
from deepkit.site import warn_user

__all__ = ["normalize", "to_categorical"]


def to_categorical(y: Any, num_classes: int | None = None, dtype: Any = "float32") -> np.ndarray:
    """One-hot rows for class numbers, as the loss categorical_crossentropy wants them.

    Args:
        y: whole numbers from 0, of any shape; a last axis of length 1 is dropped. As in Keras one below 0 counts from
            the last class, which is warned of.
        num_classes: length of a row; by default the greatest class number and one more.
        dtype: of the result.

    Returns:
        An array of shape (*y.shape, num_classes).

    Raises:
        ArgumentError: a class number not below `num_classes`, or below -num_classes; no number at all and no `num_classes`.

    >>> to_categorical([0, 2, 1])
    array([[1., 0., 0.],
           [0., 0., 1.],
           [0., 1., 0.]], dtype=float32)
    """
    try:
        numbers = np.array(y, dtype="int")
    except (TypeError, ValueError) as error:
        raise DTypeError(
            f"to_categorical: the labels are no class numbers ({error})", rule="classes are numbers from 0",
            hint="classes, numbers = np.unique(y, return_inverse=True); to_categorical(numbers)",
        ) from None
    shape = numbers.shape[:-1] if numbers.ndim > 1 and numbers.shape[-1] == 1 else numbers.shape
    numbers = numbers.reshape(-1)
    if not num_classes:
        if not numbers.size:
            raise ArgumentError("to_categorical of no class numbers", hint="num_classes=10 says how long rows are")
        num_classes = int(numbers.max()) + 1
    _check_range(numbers, num_classes)
    rows = np.zeros((numbers.size, num_classes), dtype=dtype)
    rows[np.arange(numbers.size), numbers] = 1
    return rows.reshape(*shape, num_classes)


def _check_range(numbers: np.ndarray, num_classes: int) -> None:
    """ArgumentError for a number that is no class; a warning for one that counts from the last."""
    if not numbers.size:
        return
    least, most = int(numbers.min()), int(numbers.max())
    if not -num_classes <= least <= most < num_classes:
        raise ArgumentError(
            f"to_categorical: class number {least if least < -num_classes else most} with num_classes={num_classes}",
            rule="class numbers are 0 to num_classes - 1",
            hint="labels that start at 1 need y - 1; labels that are one-hot already need nothing",
        )
    if least < 0:
        warn_user(
            f"to_categorical: class number {least} counts from the last of {num_classes} classes; labels that start at 0 "
            "need no y - 1", UserWarning,
        )


def normalize(x: Any, axis: int = -1, order: float = 2) -> np.ndarray:
    """`x` divided by its norms along `axis`; where a norm is 0, by 1.

    A single row comes back as a matrix of one row, as in Keras.

    Args:
        x: an array of numbers.
        axis: along which the norms are taken.
        order: 2 for the Euclidean norm, 1 for the sum of absolute values.

    >>> normalize([[3.0, 4.0], [0.0, 0.0]])
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    norms = np.atleast_1d(np.linalg.norm(x, order, axis))
    norms[norms == 0] = 1
    return x / np.expand_dims(norms, axis)
