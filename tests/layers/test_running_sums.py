"""What metrics sum up and make of the sums: beside NumPy and scikit-learn; and v1 and Keras use the same functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit import keras, tensor
from deepkit.layers.metrics import confusion, curves, means, overlap

RANDOM = np.random.default_rng(0)
LABELS = RANDOM.random([40]) < 0.4
SCORES = np.clip(0.3 * LABELS + 0.7 * RANDOM.random([40]), 0, 1).astype("f")
WEIGHTS = RANDOM.random([40]).astype("f")


def counts(threshold: float, weights: np.ndarray) -> dict[str, float]:
    said = threshold < SCORES
    masks = {
        "true_positives": said & LABELS, "false_positives": said & ~LABELS,
        "true_negatives": ~said & ~LABELS, "false_negatives": ~said & LABELS,
    }
    return {kind: weights[mask].sum() for kind, mask in masks.items()}


@pytest.mark.parametrize("count", [confusion.by_comparing, confusion.by_buckets])
@pytest.mark.parametrize("weighted", [False, True])
def test_counts_at_many_thresholds(count, weighted):
    thresholds = [0.0, *curves.steps_between(5), 1.0]
    found = count(tensor(SCORES), tensor(LABELS), tensor(WEIGHTS) if weighted else None, thresholds)
    for kind in confusion.KINDS:
        expected = [counts(t, WEIGHTS if weighted else np.ones(40))[kind] for t in thresholds]
        np.testing.assert_allclose(found(kind).numpy(), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("count", [confusion.by_comparing, confusion.by_buckets])
def test_columns_count_apart(count):
    scores, labels, thresholds = SCORES.reshape(20, 2), LABELS.reshape(20, 2), [0.0, 0.5, 1.0]
    both = count(tensor(scores), tensor(labels), None, thresholds, columns=True)
    for column in range(2):
        one = count(tensor(scores[:, column]), tensor(labels[:, column]), None, thresholds)
        for kind in confusion.KINDS:
            np.testing.assert_array_equal(both(kind).numpy()[:, column], one(kind).numpy())


def test_area_under_the_roc_curve_beside_sklearn():
    roc_auc_score = pytest.importorskip("sklearn.metrics").roc_auc_score

    def area(thresholds: Any, heights: str) -> float:
        found = confusion.by_comparing(tensor(SCORES), tensor(LABELS), None, thresholds)
        tp, fp, tn, fn = (found(k) for k in ("true_positives", "false_positives", "true_negatives", "false_negatives"))
        return curves.areas(fp / (fp + tn), tp / (tp + fn), heights).numpy().sum()

    assert area([-1.0, *np.unique(SCORES), 2.0], "mean") == pytest.approx(roc_auc_score(LABELS, SCORES), abs=1e-6)
    few = [-1.0, 0.4, 0.6, 2.0]
    assert area(few, "minimum") < area(few, "mean") < area(few, "maximum")


def test_area_under_precision_over_recall_is_the_integral_between_the_points():
    tp, fp, fn = np.array([8.0, 5.0, 0.0]), np.array([6.0, 1.0, 0.0]), np.array([1.0, 4.0, 9.0])
    found = curves.precision_recall_areas(tensor(tp), tensor(fp), tensor(fn)).numpy()
    share = np.linspace(0, 1, 200_001)
    for i in range(2):  # precision over recall, both from counts on a straight line between two thresholds
        t, f = (counted[i + 1] + share * (counted[i] - counted[i + 1]) for counted in (tp, fp))
        precision = np.where(t + f > 0, t / np.where(t + f > 0, t + f, 1), tp[i] / (tp[i] + fp[i]))
        assert found[i] == pytest.approx(np.trapezoid(precision, t / (tp + fn)[i]), rel=1e-4)


def test_sums_with_weights_that_are_broadcast():
    values, weights = RANDOM.random([3, 4]), RANDOM.random([3, 1])
    count, total = means.count_and_sum(tensor(values), tensor(weights))
    np.testing.assert_allclose([count.item(), total.item()], [4 * weights.sum(), (values * weights).sum()], rtol=1e-12)
    count, total = means.count_and_sum(tensor(values))
    np.testing.assert_allclose([count.item(), total.item()], [12, values.sum()], rtol=1e-12)
    for shape, fitted in (([3], [3, 1]), ([3, 4, 1], [3, 4]), ([], []), ([3, 4], [3, 4])):
        assert means.of_equal_rank(tensor(np.ones(shape)), tensor(values)).shape.as_list() == fitted


def test_intersections_and_unions():
    truth, guess = RANDOM.integers(0, 3, 50), RANDOM.integers(0, 3, 50)
    matrix = np.zeros([3, 3])
    np.add.at(matrix, (truth, guess), 1)
    both, either = overlap.intersections_and_unions(tensor(matrix))
    for k in range(3):
        assert both.numpy()[k] == ((truth == k) & (guess == k)).sum()
        assert either.numpy()[k] == ((truth == k) | (guess == k)).sum()


PAIRS: dict[str, tuple[Any, Any, Any]] = {  # the function, the metric of v1, that of Keras
    "mean": (means.count_and_sum, lambda: tf.metrics.mean(SCORES), lambda: keras.metrics.Mean()(SCORES)),
    "count": (
        confusion.case, lambda: tf.metrics.true_positives(LABELS, SCORES),
        lambda: keras.metrics.TruePositives()(LABELS, SCORES),
    ),
    "thresholds": (
        confusion.by_comparing, lambda: tf.metrics.recall_at_thresholds(LABELS, SCORES, [0.3, 0.7]),
        lambda: keras.metrics.Recall([0.3, 0.7])(LABELS, SCORES),
    ),
    "auc": (curves.areas, lambda: tf.metrics.auc(LABELS, SCORES), lambda: keras.metrics.AUC()(LABELS, SCORES)),
    "precision and recall": (
        curves.precision_recall_areas,
        lambda: tf.metrics.auc(LABELS, SCORES, curve="PR", summation_method="careful_interpolation"),
        lambda: keras.metrics.AUC(curve="PR")(LABELS, SCORES),
    ),
    "weights": (
        means.of_equal_rank, lambda: tf.metrics.mean(SCORES, WEIGHTS), lambda: keras.metrics.Mean()(SCORES, WEIGHTS),
    ),
    "iou": (
        overlap.intersections_and_unions, lambda: tf.metrics.mean_iou(LABELS, SCORES > 0.5, 2),
        lambda: keras.metrics.MeanIoU(2)(LABELS, SCORES > 0.5),
    ),
}


def broken(*args: Any, **kwargs: Any) -> Any:
    raise ZeroDivisionError


@pytest.mark.parametrize("name", PAIRS)
def test_both_faces_use_the_function(name, monkeypatch):
    function, *faces = PAIRS[name]
    with tf.Graph().as_default():
        for face in faces:
            face()
        monkeypatch.setattr(function, "__code__", broken.__code__)  # for everybody, however it was imported
        for face in faces:
            with pytest.raises(ZeroDivisionError):
                face()
