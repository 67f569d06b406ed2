"""Trees and boosting from their parts: the same numbers as scikit-learn's, whatever the data, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit.errors import ArgumentError, ShapeError
from deepkit.models.boosting import AdaBoost, GradientBoosting, Tree

tree = pytest.importorskip("sklearn.tree", reason="scikit-learn is the reference")
ensemble = pytest.importorskip("sklearn.ensemble")
datasets = pytest.importorskip("sklearn.datasets")


@pytest.mark.parametrize("depth", [0, 1, 2, 4])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_tree_is_scikit_learns(depth, weighted):
    rng = np.random.default_rng(depth)
    x, y = rng.normal(size=(80, 3)), rng.normal(size=80)
    weights = rng.uniform(0.1, 2, 80) if weighted else None
    ours = Tree(depth).fit(x, y, weights)
    if depth == 0:
        assert ours.predict(x).tolist() == [float(np.average(y, weights=weights))] * 80
        return
    theirs = tree.DecisionTreeRegressor(max_depth=depth, random_state=0).fit(x, y, sample_weight=weights)
    assert (ours.feature, ours.threshold) == (theirs.tree_.feature[0], theirs.tree_.threshold[0])
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x), rtol=1e-12)


def test_a_tree_that_cannot_split_is_a_leaf():
    assert Tree(3).fit(np.ones((4, 2)), [1.0, 2, 3, 4]).predict(np.zeros((1, 2))) == [2.5]
    assert Tree(3).fit(np.arange(4.0)[:, None], np.ones(4)).feature is None
    nearly = np.array([[1.0], [1.0 + 1e-9], [2.0]])  # the first two are one value
    assert Tree(1).fit(nearly, [0.0, 5, 5]).threshold == 1.5


@pytest.mark.parametrize(("rounds", "rate", "depth"), [(200, 0.5, 1), (30, 1.0, 1), (20, 0.3, 3)])
def test_adaboost_is_scikit_learns(rounds, rate, depth):
    x, y = datasets.make_moons(200, noise=0.35, random_state=rounds)
    y = np.where(y == 1, "yes", "no")
    ours = AdaBoost(rounds, rate, depth).fit(x, y)
    theirs = ensemble.AdaBoostClassifier(
        tree.DecisionTreeClassifier(max_depth=depth), n_estimators=rounds, learning_rate=rate, random_state=0
    ).fit(x, y)
    np.testing.assert_allclose(ours.says, theirs.estimator_weights_[: len(ours.says)], rtol=1e-9)
    np.testing.assert_allclose(ours.errors, theirs.estimator_errors_[: len(ours.errors)], rtol=1e-9)
    for mine, yours in zip(ours.staged_predict(x), theirs.staged_predict(x), strict=True):
        np.testing.assert_array_equal(mine, yours)
    np.testing.assert_allclose([w.sum() for w in ours.weights], 1)


def test_adaboost_ends_with_a_tree_that_is_never_wrong():
    x = np.arange(6.0)[:, None]
    model = AdaBoost(10).fit(x, [0, 0, 0, 1, 1, 1])
    assert (len(model.trees), model.errors, model.says) == (1, [0.0], [1.0])
    assert model.predict(x).tolist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(("rounds", "rate", "depth"), [(3, 1.0, 2), (60, 0.1, 2), (20, 0.5, 3)])
def test_gradient_boosting_is_scikit_learns(rounds, rate, depth):
    """On what they were fitted to: where two features part the examples alike, new ones may fall to different sides."""
    x, y = datasets.load_diabetes(return_X_y=True)
    ours = GradientBoosting(rounds, rate, depth).fit(x, y)
    theirs = ensemble.GradientBoostingRegressor(
        n_estimators=rounds, learning_rate=rate, max_depth=depth, random_state=0
    ).fit(x, y)
    for mine, yours in zip(ours.staged_predict(x), theirs.staged_predict(x), strict=True):
        np.testing.assert_allclose(mine, yours, rtol=1e-9)
    np.testing.assert_array_equal(ours.predict(x), mine)


def test_what_cannot_be_boosted_is_refused():
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    with pytest.raises(ArgumentError, match="no better than a coin"):
        AdaBoost().fit(corners, [0, 1, 1, 0])
    assert AdaBoost(depth=2).fit(corners, [0, 1, 1, 0]).errors == [0.0]
    with pytest.raises(ArgumentError, match="3 classes"):
        AdaBoost().fit(corners, [0, 1, 2, 0])
    with pytest.raises(ShapeError, match=r"\(4,\)"):
        GradientBoosting().fit(np.zeros(4), np.zeros(4))
