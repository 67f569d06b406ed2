"""tf.metrics: TensorFlow's numbers, gathered over batches in local variables."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, ShapeError

LABELS, HARD = [0, 1, 1, 0, 1, 1], [0, 0, 1, 1, 1, 1]
SCORES, W = [0.1, 0.4, 0.8, 0.7, 0.9, 0.6], [1.0, 2.0, 1.0, 0.5, 1.0, 0.0]
REAL = [0.0, 1.0, 1.0, 0.0, 1.0, 1.0]


@pytest.fixture(autouse=True)
def sess():
    with tf.Graph().as_default(), tf.Session() as sess:
        yield sess


M = tf.metrics
# Computed by tf.metrics of TensorFlow 2.21 from the lists above.
NUMBERS = {
    "accuracy": (lambda: M.accuracy(LABELS, HARD, W), 0.5454545617103577),
    "precision": (lambda: M.precision(LABELS, HARD, W), 0.8), "recall": (lambda: M.recall(LABELS, HARD, W), 0.5),
    "true_positives": (lambda: M.true_positives(LABELS, HARD, W), 2),
    "false_positives": (lambda: M.false_positives(LABELS, HARD, W), 0.5),
    "true_negatives": (lambda: M.true_negatives(LABELS, HARD, W), 1),
    "false_negatives": (lambda: M.false_negatives(LABELS, HARD, W), 2),
    "auc": (lambda: M.auc(LABELS, SCORES, W), 0.8333328366279602),
    "auc of PR": (lambda: M.auc(LABELS, SCORES, W, curve="PR", summation_method="careful_interpolation"), 0.926526665687561),
    "mean_squared_error": (lambda: M.mean_squared_error(REAL, SCORES, W), 0.18636363744735718),
    "root_mean_squared_error": (lambda: M.root_mean_squared_error(REAL, SCORES, W), 0.4316985607147217),
    "mean_absolute_error": (lambda: M.mean_absolute_error(REAL, SCORES, W), 0.3545454740524292),
    "mean_relative_error": (lambda: M.mean_relative_error(REAL, SCORES, REAL, W), 0.27272728085517883),
    "sensitivity": (lambda: M.sensitivity_at_specificity(LABELS, SCORES, 0.6, W), 1),
    "specificity": (lambda: M.specificity_at_sensitivity(LABELS, SCORES, 0.6, W), 0.99999994),
    "precision_at_thresholds": (lambda: M.precision_at_thresholds(LABELS, SCORES, [0.3, 0.5], W), [0.8888889, 0.8]),
    "recall_at_thresholds": (lambda: M.recall_at_thresholds(LABELS, SCORES, [0.3, 0.5], W), [1, 0.5]),
    "mean_iou": (lambda: M.mean_iou(LABELS, HARD, 2, W), 0.3650793731212616),
    "mean_per_class_accuracy": (lambda: M.mean_per_class_accuracy(LABELS, HARD, 2, W), 0.5833333730697632),
    "percentage_below": (lambda: M.percentage_below(SCORES, 0.5, W), 0.5454545617103577),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers(name, sess) -> None:
    make, expected = NUMBERS[name]
    value, update = make()
    sess.run(tf.local_variables_initializer())
    sess.run(update)
    np.testing.assert_allclose(sess.run(value), expected, rtol=1e-5)
    sess.run(update)
    if not name.startswith(("true", "false")):
        np.testing.assert_allclose(sess.run(value), expected, rtol=1e-5)  # the same batch again: the same mean


@pytest.mark.parametrize("name", NUMBERS)
def test_nothing_seen_is_zero_not_nan(name, sess) -> None:
    value, _ = NUMBERS[name][0]()
    sess.run(tf.local_variables_initializer())
    assert np.isfinite(sess.run(value)).all()


def test_batches_are_gathered(sess) -> None:
    labels, predictions = tf.placeholder(tf.int64, [None]), tf.placeholder(tf.int64, [None])
    value, update = tf.metrics.accuracy(labels, predictions)
    sess.run(tf.local_variables_initializer())
    assert sess.run(update, {labels: [1, 2], predictions: [1, 1]}) == 0.5
    assert sess.run(update, {labels: [3, 3], predictions: [3, 3]}) == 0.75
    assert sess.run(value) == 0.75
    assert sess.run(value) == 0.75
    sess.run(tf.local_variables_initializer())
    assert sess.run(value) == 0


def test_names_and_collections() -> None:
    value, update = tf.metrics.accuracy(LABELS, HARD, metrics_collections="m", updates_collections=["u"])
    assert (value.name, update.name) == ("accuracy/value:0", "accuracy/update_op:0")
    tf.metrics.accuracy(LABELS, HARD)
    tf.metrics.precision(LABELS, HARD)
    tf.metrics.auc(LABELS, SCORES, name="area")
    assert [v.name for v in tf.local_variables()] == [
        "accuracy/total:0", "accuracy/count:0", "accuracy_1/total:0", "accuracy_1/count:0",
        "precision/true_positives/count:0", "precision/false_positives/count:0", "area/true_positives:0",
        "area/false_negatives:0", "area/true_negatives:0", "area/false_positives:0",
    ]
    assert tf.get_collection(tf.GraphKeys.METRIC_VARIABLES) == tf.local_variables()
    assert tf.get_collection("m") == [value]
    assert tf.get_collection("u") == [update]
    assert tf.global_variables() == []


def test_a_last_axis_of_length_one_is_taken_off(sess) -> None:
    value, update = tf.metrics.accuracy(tf.constant([[1], [0]]), tf.constant([1, 1]))
    _, weighted = tf.metrics.mean(tf.constant([[1.0], [3.0]]), weights=[1.0, 3.0])
    sess.run(tf.local_variables_initializer())
    assert sess.run([update, weighted]) == [0.5, 2.5]
    assert sess.run(value) == 0.5


def test_mean_tensor(sess) -> None:
    x = tf.placeholder(tf.float32, [2])
    value, update = tf.metrics.mean_tensor(x)
    sess.run(tf.local_variables_initializer())
    sess.run(update, {x: [1, 2]})
    assert sess.run(update, {x: [3, 6]}).tolist() == [2, 4]
    assert sess.run(value).tolist() == [2, 4]


def test_auc_of_a_perfect_and_of_a_blind_score(sess) -> None:
    pairs = [tf.metrics.auc([0, 0, 1, 1], scores) for scores in ([0.1, 0.2, 0.8, 0.9], [0.5] * 4, [0.9, 0.8, 0.2, 0.1])]
    sess.run(tf.local_variables_initializer())
    np.testing.assert_allclose(sess.run([update for _, update in pairs]), [1, 0.5, 0], atol=1e-5)


def test_what_is_refused() -> None:
    with pytest.raises(ShapeError, match="the same shape"):
        tf.metrics.accuracy([1, 2], [1, 2, 3])
    with pytest.raises(ShapeError, match=r"weights of shape \(2,\)"):
        tf.metrics.mean([1.0, 2.0, 3.0], weights=[1.0, 2.0])
    with pytest.raises(ArgumentError, match="'ROC' or 'PR'"):
        tf.metrics.auc(LABELS, SCORES, curve="DET")
    with pytest.raises(ArgumentError, match="careful_interpolation"):
        tf.metrics.auc(LABELS, SCORES, summation_method="simpson")
    with pytest.raises(ArgumentError, match="0 <= specificity"):
        tf.metrics.sensitivity_at_specificity(LABELS, SCORES, 60)
    with pytest.raises(ShapeError, match=r"tf\.metrics\.mean"):
        tf.metrics.mean_tensor(tf.placeholder(tf.float32, [None]))


@pytest.mark.parametrize("score", [1.5, -0.25, float("nan")])
@pytest.mark.parametrize(
    "metric",
    [
        M.auc, lambda labels, p: M.precision_at_thresholds(labels, p, [0.5]),
        lambda labels, p: M.sensitivity_at_specificity(labels, p, 0.5),
    ],
)
def test_scores_outside_of_0_and_1_are_refused(sess, metric, score) -> None:
    scores = tf.placeholder(tf.float32, [2])
    _, update = metric([1, 0], scores)
    sess.run(tf.local_variables_initializer())
    sess.run(update, {scores: [0.0, 1.0]})
    with pytest.raises(tf.errors.InvalidArgumentError, match="predictions must be in"):
        sess.run(update, {scores: [0.5, score]})
