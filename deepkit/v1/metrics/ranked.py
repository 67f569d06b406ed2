"""Metrics of the k best guesses: precision, recall and average precision at k, with one right class or several."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.apply import scope as _scope
from deepkit.device.dtypes import float64, int64
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.arrays.sparse import SparseTensor, SparseTensorValue, sparse_tensor_to_dense
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.framework.weights import broadcastable
from deepkit.v1.metrics.base import finish, gathered, ratio

NOTHING = int(np.iinfo(np.int64).min)
"""Fills the rows of sparse labels: no class has this number."""


def _at_k(name: str, k: Any, class_id: Any = None) -> str:
    return f"{name}_at_{'k' if k is None else int(k)}" + ("" if class_id is None else f"_class{int(class_id)}")


def _label_sets(labels: Any, guesses: Any) -> Any:
    """The labels as int64 (..., n), one row of classes beside each row of guesses (..., k)."""
    if isinstance(labels, (SparseTensor, SparseTensorValue)):
        parts = [constant_of(x) for x in (labels.indices, labels.values, labels.dense_shape)]
        labels = sparse_tensor_to_dense(SparseTensor(parts[0], ops.cast(parts[1], int64), parts[2]), NOTHING)
    labels = ops.cast(constant_of(labels), int64)
    missing = (guesses.shape.rank or 0) - (labels.shape.rank or 0)
    if missing not in (0, 1):
        raise ShapeError(
            f"labels of shape {labels.shape} for guesses of shape {guesses.shape}",
            rule="guesses (batch, k), labels (batch,): one right class, or (batch, n): several",
        )
    return ops.expand_dims(labels, -1) if missing else labels


def _first(classes: Any) -> Any:
    """True where a class stands for the first time in its row: (..., n)."""
    n = classes.shape.lengths[-1]
    if n == 1:
        return ops.equal(classes, classes)
    length = ops.shape(classes)[-1] if n is None else n
    same = ops.equal(ops.expand_dims(classes, -1), ops.expand_dims(classes, -2))
    earlier = ops.less(ops.expand_dims(ops.range(length), 0), ops.expand_dims(ops.range(length), 1))
    seen = ops.logical_and(same, ops.broadcast_like(earlier, ops.cast(same, float64)))
    return ops.logical_not(ops.reduce_any(seen, -1))


def _shared(mine: Any, others: Any) -> Any:
    """True for each class of `mine` (..., n) that is among `others` (..., m)."""
    return ops.reduce_any(ops.equal(ops.expand_dims(mine, -1), ops.expand_dims(others, -2)), -1)


def _counts(labels: Any, guesses: Any, class_id: Any) -> dict[str, Any]:
    """For each row, as sets: how many guesses are right, how many are wrong, and how many labels were missed."""
    wanted, guessed = ops.logical_and(_first(labels), ops.not_equal(labels, NOTHING)), _first(guesses)
    if class_id is not None:
        wanted = ops.logical_and(wanted, ops.equal(labels, int(class_id)))
        guessed = ops.logical_and(guessed, ops.equal(guesses, int(class_id)))
    right, found = _shared(guesses, labels), _shared(labels, guesses)
    sets = {
        "true_positive": ops.logical_and(guessed, right),
        "false_positive": ops.logical_and(guessed, ops.logical_not(right)),
        "false_negative": ops.logical_and(wanted, ops.logical_not(found)),
    }
    return {kind: ops.reduce_sum(ops.cast(mask, float64), -1) for kind, mask in sets.items()}


def _weighted(values: Any, weights: Any) -> Any:
    if weights is None:
        return values
    return values * broadcastable(ops.cast(constant_of(weights), float64), values)


def _share(
    what: str, other: str, labels: Any, guesses: Any, k: Any, class_id: Any, weights: Any, metrics_collections: Any,
    updates_collections: Any, name: Any,
) -> tuple[Any, Any]:
    """true positives / (true positives + other)."""
    guesses = ops.cast(constant_of(guesses), int64)
    with _scope(name, _at_k(what, k, class_id), guesses, labels) as full:
        counts = _counts(_label_sets(labels, guesses), guesses, class_id)
        totals, grown = [], []
        for kind in ("true_positive", other):
            total = gathered([], float64, _at_k(kind, k, class_id))
            totals.append(total)
            grown.append(ops.assign_add(total, ops.reduce_sum(_weighted(counts[kind], weights))))
        value = ops.divide(totals[0], ops.add(totals[0], totals[1]), name=full)
        update = ops.divide(grown[0], ops.add(grown[0], grown[1]), name="update")
        return finish(value, update, metrics_collections, updates_collections)


def precision_at_top_k(
    labels: Any, predictions_idx: Any, k: Any = None, class_id: Any = None, weights: Any = None,
    metrics_collections: Any = None, updates_collections: Any = None, name: Any = None,
) -> tuple[Any, Any]:
    """As `precision_at_k`, from the numbers of the guessed classes (..., k) instead of all scores."""
    return _share(
        "precision", "false_positive", labels, predictions_idx, k, class_id, weights, metrics_collections,
        updates_collections, name,
    )


def recall_at_top_k(
    labels: Any, predictions_idx: Any, k: Any = None, class_id: Any = None, weights: Any = None,
    metrics_collections: Any = None, updates_collections: Any = None, name: Any = None,
) -> tuple[Any, Any]:
    """As `recall_at_k`, from the numbers of the guessed classes (..., k) instead of all scores."""
    return _share(
        "recall", "false_negative", labels, predictions_idx, k, class_id, weights, metrics_collections,
        updates_collections, name,
    )


def precision_at_k(
    labels: Any, predictions: Any, k: int, class_id: Any = None, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: Any = None,
) -> tuple[Any, Any]:
    """(value, update_op), float64, of the share of right ones among the k classes with the highest scores.

    labels: integers (...,), or (..., n) for several right classes, which may be a SparseTensor; predictions: scores
    (..., classes). With a class_id only that class counts. nan while nothing was seen.
    """
    best = ops.top_k(constant_of(predictions), k)[1]
    name = name or _at_k("precision", k, class_id)
    return precision_at_top_k(labels, best, k, class_id, weights, metrics_collections, updates_collections, name)


def recall_at_k(
    labels: Any, predictions: Any, k: int, class_id: Any = None, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: Any = None,
) -> tuple[Any, Any]:
    """(value, update_op), float64, of the share of the right classes that are among the k with the highest scores.

    Arguments as for `precision_at_k`.
    """
    best = ops.top_k(constant_of(predictions), k)[1]
    name = name or _at_k("recall", k, class_id)
    return recall_at_top_k(labels, best, k, class_id, weights, metrics_collections, updates_collections, name)


def average_precision_at_k(
    labels: Any, predictions: Any, k: int, weights: Any = None, metrics_collections: Any = None,
    updates_collections: Any = None, name: Any = None,
) -> tuple[Any, Any]:
    """(value, update_op), float64, of the mean over all examples of the average precision among the best k classes.

    For one example with n right classes: the sum of the precision at i over all i <= k where guess i is right, divided
    by min(n, k). Arguments as for `precision_at_k`.
    """
    if int(k) < 1:
        raise ArgumentError(f"average_precision_at_k: k = {k}", rule="at least 1")
    scores = constant_of(predictions)
    with _scope(name, _at_k("average_precision", k), scores, labels) as full:
        guesses = ops.cast(ops.top_k(scores, k)[1], int64)
        sets = _label_sets(labels, guesses)
        right = ops.cast(_shared(guesses, sets), float64)
        places = np.arange(1, int(k) + 1, dtype=np.float64)
        total = ops.reduce_sum(ops.cumsum(right, axis=-1) / places * right, -1)
        if isinstance(labels, (SparseTensor, SparseTensorValue)):  # a set; dense labels count as often as they stand
            known = ops.logical_and(_first(sets), ops.not_equal(sets, NOTHING))
        else:
            known = ops.greater_equal(sets, 0)
            known = ops.logical_and(known, ops.less(sets, ops.cast(ops.shape(scores)[-1], int64)))
        relevant = ops.minimum(ops.reduce_sum(ops.cast(known, float64), -1), float(k))
        each = _weighted(total / relevant, weights)
        if weights is None:
            number = ops.cast(ops.size(each), float64)
        else:
            number = ops.reduce_sum(ops.broadcast_like(ops.cast(constant_of(weights), float64), each))
        count, best = gathered([], float64, "max_1"), gathered([], float64, "total")
        grown = [ops.assign_add(best, ops.reduce_sum(each)), ops.assign_add(count, number)]
        value, update = ratio(best, count, "mean"), ratio(grown[0], grown[1], full)
        return finish(value, update, metrics_collections, updates_collections)


def sparse_precision_at_k(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """The older name of `precision_at_k`."""
    return precision_at_k(*args, **kwargs)


def sparse_average_precision_at_k(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """The older name of `average_precision_at_k`."""
    return average_precision_at_k(*args, **kwargs)
