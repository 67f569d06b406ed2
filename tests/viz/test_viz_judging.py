"""Thresholds and confusion matrices: the numbers against scikit-learn's, and the explorer that follows its slider."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.judging.threshold import Lineup
from deepkit.viz.judging.threshold_explorer import threshold_for


def sample(n: int = 300, ties: bool = False) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(4)
    truth = random.random(n) < 0.2
    scores = random.normal(size=n) + 1.5 * truth
    return (scores.round(1) if ties else scores), truth


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("threshold", [-9.0, 0.3, 9.0])
def test_the_counts_are_scikit_learns(ties, threshold):
    metrics = pytest.importorskip("sklearn.metrics")
    scores, truth = sample(ties=ties)
    v = viz.Verdicts(scores, truth, threshold)
    assert [v.tn, v.fp, v.fn, v.tp] == metrics.confusion_matrix(truth, scores >= threshold).ravel().tolist()
    said = metrics.precision_score(truth, scores >= threshold, zero_division=1)
    assert (v.precision, v.recall) == pytest.approx((said, metrics.recall_score(truth, scores >= threshold)))
    assert v.accuracy == pytest.approx(metrics.accuracy_score(truth, scores >= threshold))


@pytest.mark.parametrize("ties", [False, True])
def test_the_curves_are_scikit_learns(ties):
    metrics = pytest.importorskip("sklearn.metrics")
    scores, truth = sample(ties=ties)
    v = viz.Verdicts(scores, truth)
    precision, recall, thresholds = metrics.precision_recall_curve(truth, scores)
    np.testing.assert_allclose(v.curve["threshold"], thresholds[::-1])
    np.testing.assert_allclose(v.curve["precision"], precision[:-1][::-1])
    np.testing.assert_allclose(v.curve["recall"], recall[:-1][::-1])
    assert v.area == pytest.approx(metrics.roc_auc_score(truth, scores))
    pairs = scores[truth][:, None] - scores[~truth]
    assert v.area == pytest.approx(np.mean((pairs > 0) + 0.5 * (pairs == 0)))


@pytest.mark.parametrize(
    ("scores", "truth", "error"),
    [([1.0, 2.0], [True], ShapeError), ([1.0, np.nan], [True, False], ArgumentError), ([1.0, 2.0], [True, True], ArgumentError)],
)
def test_what_cannot_be_judged_is_refused(scores, truth, error):
    with pytest.raises(error):
        viz.Verdicts(scores, truth)


def test_the_goals_are_reached():
    scores, truth = sample()
    verdicts = viz.Verdicts(scores, truth)
    for goal in ("precision", "recall"):
        found = viz.Verdicts(scores, truth, threshold_for(verdicts, goal, 0.8))
        assert getattr(found, goal) >= 0.8
        other = {"precision": "recall", "recall": "precision"}[goal]
        reached = [viz.Verdicts(scores, truth, t) for t in scores]
        best = max(getattr(v, other) for v in reached if getattr(v, goal) >= 0.8)
        assert getattr(found, other) == pytest.approx(best) or goal == "recall"
    best = viz.Verdicts(scores, truth, threshold_for(verdicts, "accuracy"))
    assert best.accuracy == max(viz.Verdicts(scores, truth, t).accuracy for t in scores)


def test_the_line_shows_one_picture_for_a_slot_and_frames_what_is_wrong():
    scores, truth = np.array([0.0, 0.0, 1.0, 2.0, 3.0]), np.array([False, False, True, False, True])
    images = np.arange(20.0).reshape(5, 2, 2)
    line = Lineup(viz.Verdicts(scores, truth, 1.5), images, "a five")
    assert sorted(line.shown(False).values()) == [0, 3]
    drawing = viz.show_threshold(scores, truth, 1.5, images, "a five")
    assert drawing.svg.count("<image ") == 4
    assert drawing.svg.count('stroke-width="2.6"') == 2  # one is missed, one is a false alarm
    assert repr(drawing).startswith("threshold 1.5: 1 found, 1 missed, 1 false alarms, 2 rightly no")
    with pytest.raises(ShapeError):
        viz.show_threshold(scores, truth, 1.5, images[:2])


def test_the_explorer_follows_its_slider_and_its_buttons():
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    scores, truth = sample()
    explorer = viz.threshold_explorer(scores, truth, name="fives")
    slider = explorer.controls["threshold"]
    assert ((0.0 - slider.min) / slider.step) % 1 == pytest.approx(0, abs=1e-9)  # a browser keeps what lies on a step
    assert slider.min <= np.quantile(scores, 0.01)
    before = repr(explorer.picture())
    explorer.controls["never yes"].click()
    assert (explorer.verdicts.tp, explorer.verdicts.fp) == (0, 0)
    assert repr(explorer.picture()) != before
    explorer.controls["recall 95 %"].click()
    assert explorer.verdicts.recall >= 0.95
    explorer.controls["threshold"].value = 0.25
    assert explorer.verdicts.threshold == pytest.approx(0.25)
    data, _ = explorer._repr_mimebundle_()
    assert data["text/html"] == explorer.picture()._repr_html_()


def test_a_confusion_matrix_says_its_worst_mistake():
    drawing = viz.show_confusion([[50, 2], [4, 44]], ["no", "yes"])
    assert repr(drawing) == "100 answers, 94 right; most often yes was taken for no: 4 times"
    assert [drawing.svg.count(f">{n}</text>") for n in (50, 2, 4, 44)] == [1, 1, 1, 1]
    assert repr(viz.show_confusion(np.eye(3, dtype=int))) == "3 answers, 3 right"
    for matrix, names in (([[1, 2]], None), (np.eye(2, dtype=int), ["a"])):
        with pytest.raises(ShapeError):
            viz.show_confusion(matrix, names)
