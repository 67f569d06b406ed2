"""Heads of ready-made models: from logits and labels to loss, predictions and metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.device.dtypes import float32, int64
from deepkit.errors import ArgumentError, DTypeError, ShapeError
from deepkit.v1 import metrics
from deepkit.v1.estimator._spec import EstimatorSpec, ModeKeys
from deepkit.v1.feature_column.base import checked_ids, vocabulary_ids
from deepkit.v1.feature_column.numbers import numeric_column
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.losses import Reduction, compute_weighted_loss
from deepkit.v1.train import get_global_step


class Head:
    """Base: the number of logits, and what they mean.

    weight_column: the key of a feature (or a numeric column) that weighs the examples. reduction: tf.losses.Reduction,
    how the losses of the examples become one number.
    """

    logits_dimension: int

    def __init__(self, weight_column: Any = None, reduction: str = Reduction.SUM):
        self.weight_column, self.reduction = weight_column, reduction
        if isinstance(weight_column, str):
            self.weight_column = numeric_column(weight_column)
        if reduction not in Reduction.all() or reduction == Reduction.NONE:
            raise ArgumentError(f"loss_reduction={reduction!r}", rule="tf.losses.Reduction.SUM or a kind of mean")

    def spec(self, features: Any, mode: str, labels: Any, logits: Any, minimize: Callable[[Any], Any]) -> EstimatorSpec:
        """The EstimatorSpec of a model with these logits (batch, logits_dimension); minimize(loss) is its training step."""
        predictions = self.predictions(logits)
        if mode == ModeKeys.PREDICT:
            return EstimatorSpec(mode, predictions)
        if labels is None:
            raise ArgumentError("the input function gives no labels", rule="(features, labels)", hint="y=...")
        labels = self.labels(labels)
        weights = 1.0 if self.weight_column is None else self.weight_column.dense(features)
        losses = self.losses(labels, logits)
        loss = compute_weighted_loss(losses, weights, reduction=self.reduction)
        if mode == ModeKeys.EVAL:
            given = None if isinstance(weights, float) else weights
            computed = {"average_loss": metrics.mean(losses, given), **self.metrics(labels, predictions, given)}
            return EstimatorSpec(mode, predictions, loss, eval_metric_ops=computed)
        updates = default_graph().get_collection(GraphKeys.UPDATE_OPS)
        with default_graph().control_dependencies(updates):
            return EstimatorSpec(mode, predictions, loss, minimize(loss))

    def predictions(self, logits: Any) -> dict[str, Any]:
        """What predict() gives."""
        raise TypeError(f"{type(self).__name__} does not define predictions")

    def labels(self, labels: Any) -> Any:
        """The labels checked, (batch, n)."""
        raise TypeError(f"{type(self).__name__} does not define labels")

    def losses(self, labels: Any, logits: Any) -> Any:
        """The losses of the examples, (batch, 1) or (batch, n)."""
        raise TypeError(f"{type(self).__name__} does not define losses")

    def metrics(self, labels: Any, predictions: dict[str, Any], weights: Any) -> dict[str, Any]:
        """name -> (value, update_op)."""
        raise TypeError(f"{type(self).__name__} does not define metrics")


def _column(labels: Any, width: int) -> Any:
    """Labels as (batch, width); (batch,) may stand for (batch, 1)."""
    if isinstance(labels, dict):
        raise ArgumentError(
            f"labels are a dict of {', '.join(map(str, labels))}", rule="one tensor", hint="labels['...']"
        )
    if labels.shape.rank == 1:
        labels = ops.expand_dims(labels, -1)
    if not labels.shape.is_compatible_with((None, width)):
        raise ShapeError(
            f"labels of shape {labels.shape}", rule=f"(batch, {width})" + (" or (batch,)" if width == 1 else ""),
            hint="class numbers, not one-hot rows: np.argmax(labels, axis=1)" if width == 1 else "label_dimension=...",
        )
    return labels


class _Classes(Head):
    """Base of the two classifiers: labels are numbers from 0 on, or words of a vocabulary."""

    def __init__(
        self, n_classes: int, weight_column: Any = None, label_vocabulary: Any = None, reduction: str = Reduction.SUM
    ):
        super().__init__(weight_column, reduction)
        self.n_classes, self.vocabulary = n_classes, None if label_vocabulary is None else list(label_vocabulary)
        if self.vocabulary is not None and len(self.vocabulary) != n_classes:
            raise ArgumentError(f"label_vocabulary has {len(self.vocabulary)} words", rule=f"n_classes={n_classes}")

    def labels(self, labels: Any) -> Any:
        labels = _column(labels, 1)
        outside = f"n_classes is {self.n_classes}: labels are 0 to n_classes - 1"
        if self.vocabulary is not None:
            labels = vocabulary_ids(labels, self.vocabulary)
            outside = f"-1 stands for a word that is not in label_vocabulary: {self.vocabulary[:8]}"
        elif labels.dtype.is_string:
            raise DTypeError("labels are strings", rule="class numbers", hint="label_vocabulary=['...', '...']")
        elif not (labels.dtype.is_integer or self.n_classes == 2):
            raise DTypeError(f"labels are {labels.dtype.name}", rule="class numbers", hint='y.astype("int")')
        return checked_ids(labels, self.n_classes, "label out of range", outside)

    def _named(self, ids: Any) -> Any:
        """The classes' names, as strings."""
        if self.vocabulary is None:
            return ops.as_string(ids)
        return ops.gather(constant_of(np.array(self.vocabulary)), ids)

    def _all_classes(self, logits: Any) -> dict[str, Any]:
        everything = ops.zeros_like(logits, int64)[:, :1] + np.arange(self.n_classes, dtype=np.int64)
        return {"all_class_ids": ops.cast(everything, "int32"), "all_classes": self._named(everything)}


class MultiClassHead(_Classes):
    """n_classes > 2 exclusive classes: softmax of the logits."""

    @property
    def logits_dimension(self) -> int:  # type: ignore[override]
        return self.n_classes

    def predictions(self, logits: Any) -> dict[str, Any]:
        ids = ops.expand_dims(ops.argmax(logits, -1), -1)
        return {
            "logits": logits, "probabilities": ops.softmax(logits), "class_ids": ids, "classes": self._named(ids),
            **self._all_classes(logits),
        }

    def losses(self, labels: Any, logits: Any) -> Any:
        flat = ops.squeeze(labels, [-1])
        return ops.expand_dims(ops.sparse_softmax_cross_entropy_with_logits(labels=flat, logits=logits), -1)

    def metrics(self, labels: Any, predictions: dict[str, Any], weights: Any) -> dict[str, Any]:
        return {"accuracy": metrics.accuracy(labels, predictions["class_ids"], weights)}


class BinaryHead(_Classes):
    """Two classes: sigmoid of the one logit is the probability of class 1."""

    logits_dimension = 1

    def predictions(self, logits: Any) -> dict[str, Any]:
        two = ops.concat([ops.zeros_like(logits), logits], -1)
        ids = ops.expand_dims(ops.argmax(two, -1), -1)
        return {
            "logits": logits, "logistic": ops.sigmoid(logits), "probabilities": ops.softmax(two), "class_ids": ids,
            "classes": self._named(ids), **self._all_classes(logits),
        }

    def losses(self, labels: Any, logits: Any) -> Any:
        return ops.sigmoid_cross_entropy_with_logits(labels=ops.cast(labels, logits.dtype), logits=logits)

    def metrics(self, labels: Any, predictions: dict[str, Any], weights: Any) -> dict[str, Any]:
        p, ids, truth = predictions["logistic"], predictions["class_ids"], ops.cast(labels, float32)
        share, share_update = metrics.mean(truth, weights)
        return {
            "accuracy": metrics.accuracy(labels, ids, weights),
            "accuracy_baseline": (ops.maximum(share, 1 - share), ops.maximum(share_update, 1 - share_update)),
            "precision": metrics.precision(labels, ids, weights), "recall": metrics.recall(labels, ids, weights),
            "auc": metrics.auc(labels, p, weights), "auc_precision_recall": metrics.auc(labels, p, weights, curve="PR"),
            "label/mean": (share, share_update), "prediction/mean": metrics.mean(p, weights),
        }


class RegressionHead(Head):
    """Numbers: the squared error of the logits."""

    def __init__(self, label_dimension: int = 1, weight_column: Any = None, reduction: str = Reduction.SUM):
        super().__init__(weight_column, reduction)
        if label_dimension < 1:
            raise ArgumentError(f"label_dimension={label_dimension}", rule="at least 1")
        self.logits_dimension = int(label_dimension)

    def predictions(self, logits: Any) -> dict[str, Any]:
        return {"predictions": logits}

    def labels(self, labels: Any) -> Any:
        labels = _column(labels, self.logits_dimension)
        if labels.dtype.is_string:
            raise DTypeError("labels are strings", rule="a regression predicts numbers", hint="DNNClassifier")
        return ops.cast(labels, float32)

    def losses(self, labels: Any, logits: Any) -> Any:
        return ops.squared_difference(labels, logits)

    def metrics(self, labels: Any, predictions: dict[str, Any], weights: Any) -> dict[str, Any]:
        return {
            "label/mean": metrics.mean(labels, weights),
            "prediction/mean": metrics.mean(predictions["predictions"], weights),
        }


def classes_head(n_classes: Any, *arguments: Any) -> Head:
    """The head of a classifier: binary for two classes."""
    if isinstance(n_classes, bool) or not isinstance(n_classes, (int, np.integer)) or n_classes < 2:
        raise ArgumentError(
            f"n_classes={n_classes!r}", rule="a whole number, 2 or more", hint="n_classes=10 for digits"
        )
    return (BinaryHead if n_classes == 2 else MultiClassHead)(int(n_classes), *arguments)


def minimizer(optimizer: Any) -> Callable[[Any], Any]:
    """minimize(loss): one step of the optimizer, counted by the global step."""
    return lambda loss: optimizer.minimize(loss, global_step=get_global_step())
