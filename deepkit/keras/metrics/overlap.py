"""How well predicted regions cover the real ones: intersection over union, from a confusion matrix of all pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.errors import ArgumentError
from deepkit.keras.backend.tensors import tensor
from deepkit.keras.metrics.base import Metric
from deepkit.layers.metrics.overlap import intersections_and_unions

__all__ = ["BinaryIoU", "IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU"]


class IoU(Metric):
    """The mean over some classes of (pixels of the class, predicted as it) / (pixels that are either).

    sparse_y_true, sparse_y_pred: class numbers; else scores of the classes along `axis`. ignore_class: a number whose
    pixels do not count.

    >>> IoU(num_classes=2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1]).item()  # doctest: +ELLIPSIS
    0.33333...
    """

    def __init__(
        self, num_classes: int, target_class_ids: Sequence[int], name: str | None = None, dtype: Any = None,
        ignore_class: int | None = None, sparse_y_true: bool = True, sparse_y_pred: bool = True, axis: int = -1,
    ):
        super().__init__(name, dtype)
        if max(target_class_ids) >= num_classes:
            raise ArgumentError(
                f"{self.name}: target class {max(target_class_ids)} of {num_classes}",
                rule=f"classes 0 to {num_classes - 1}",
            )
        self.num_classes, self.target_class_ids, self.ignore_class = num_classes, list(target_class_ids), ignore_class
        self.sparse_y_true, self.sparse_y_pred, self.axis = sparse_y_true, sparse_y_pred, axis
        self.total_cm = self.add_weight("total_confusion_matrix", (num_classes, num_classes))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        y_true, y_pred = tensor(y_true), tensor(y_pred)
        y_true = y_true if self.sparse_y_true else ops.argmax(y_true, self.axis)
        y_pred = y_pred if self.sparse_y_pred else ops.argmax(y_pred, self.axis)
        truth, guess = (ops.reshape(ops.cast(y, "int64"), [-1]) for y in (y_true, y_pred))
        weight = None
        if sample_weight is not None:
            weight = ops.reshape(ops.cast(tensor(sample_weight), self.dtype), [-1])
        if self.ignore_class is not None:
            counts = ops.not_equal(truth, self.ignore_class)
            truth, guess = (ops.where(counts, y, ops.zeros_like(y)) for y in (truth, guess))
            valid = ops.cast(counts, self.dtype)
            weight = valid if weight is None else weight * valid
        found = ops.confusion_matrix(truth, guess, self.num_classes, self.dtype, weights=weight)
        return self.total_cm.assign_add(found)

    def result(self) -> Any:
        matrix = self.total_cm.read()
        both, either = intersections_and_unions(matrix)
        chosen = tensor(np.array(self.target_class_ids, np.int32), beside=matrix)
        both, either = ops.gather(both, chosen), ops.gather(either, chosen)
        present = ops.reduce_sum(ops.cast(ops.not_equal(either, 0.0), self.dtype))
        return ops.div_no_nan(ops.reduce_sum(ops.div_no_nan(both, either)), present)

    def get_config(self) -> dict[str, Any]:
        names = ("num_classes", "target_class_ids", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

    def _config(self, *without: str) -> dict[str, Any]:
        return {name: value for name, value in IoU.get_config(self).items() if name not in without}


class BinaryIoU(IoU):
    """Intersection over union of classes 0 and 1; predictions of at least the threshold are class 1."""

    def __init__(
        self, target_class_ids: Sequence[int] = (0, 1), threshold: float = 0.5, name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        said = ops.greater_equal(ops.cast(tensor(y_pred), self.dtype), self.threshold)
        return super().update_state(y_true, ops.cast(said, "int64"), sample_weight)

    def get_config(self) -> dict[str, Any]:
        own = {"target_class_ids": self.target_class_ids, "threshold": self.threshold}
        return {**own, "name": self.name, "dtype": self.dtype}


class MeanIoU(IoU):
    """Intersection over union, averaged over all classes.

    >>> MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1]).item()  # doctest: +ELLIPSIS
    0.33333...
    """

    def __init__(
        self, num_classes: int, name: str | None = None, dtype: Any = None, ignore_class: int | None = None,
        sparse_y_true: bool = True, sparse_y_pred: bool = True, axis: int = -1,
    ):
        super().__init__(num_classes, range(num_classes), name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return self._config("target_class_ids")


class OneHotIoU(IoU):
    """As IoU, for targets that are one-hot along `axis`."""

    def __init__(
        self, num_classes: int, target_class_ids: Sequence[int], name: str | None = None, dtype: Any = None,
        ignore_class: int | None = None, sparse_y_pred: bool = False, axis: int = -1,
    ):
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return self._config("sparse_y_true")


class OneHotMeanIoU(MeanIoU):
    """As MeanIoU, for targets that are one-hot along `axis`."""

    def __init__(
        self, num_classes: int, name: str | None = None, dtype: Any = None, ignore_class: int | None = None,
        sparse_y_pred: bool = False, axis: int = -1,
    ):
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return self._config("sparse_y_true", "target_class_ids")
