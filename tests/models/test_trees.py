"""Classification trees: Gini and entropy, scikit-learn's questions and shares, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit.errors import ArgumentError, ShapeError
from deepkit.models.trees import Tree, impurity

tree = pytest.importorskip("sklearn.tree", reason="scikit-learn is the reference")
datasets = pytest.importorskip("sklearn.datasets")


@pytest.mark.parametrize(("criterion", "theirs"), [("variance", "gini"), ("entropy", "entropy")])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_tree_of_one_hot_rows_is_scikit_learns_classifier(criterion, theirs, weighted):
    rng = np.random.default_rng(3)
    x, labels = rng.normal(size=(150, 3)), rng.integers(0, 3, 150)
    weights = rng.uniform(0.1, 2, 150) if weighted else None
    ours = Tree(3, criterion).fit(x, np.eye(3)[labels], weights)
    judge = tree.DecisionTreeClassifier(criterion=theirs, max_depth=3, random_state=0).fit(x, labels, sample_weight=weights)
    np.testing.assert_allclose(ours.predict(x), judge.predict_proba(x), atol=1e-12)
    assert (ours.feature, ours.threshold) == (judge.tree_.feature[0], judge.tree_.threshold[0])
    leaf = judge.tree_.children_left < 0
    leaves = list(ours.leaves())
    assert (len(leaves), ours.deepest()) == (judge.get_n_leaves(), judge.get_depth())
    np.testing.assert_allclose([each.impurity for each in leaves], judge.tree_.impurity[leaf], atol=1e-9)
    np.testing.assert_allclose([each.weight for each in leaves], judge.tree_.weighted_n_node_samples[leaf])
    np.testing.assert_allclose(ours.impurity, judge.tree_.impurity[0])


def test_impurity_of_four_and_one():
    labels = np.eye(2)[[0, 1, 0, 0, 0]]
    ours = Tree(1).fit(np.arange(5)[:, None], labels)
    assert ours.impurity == pytest.approx(0.32)
    assert ours.threshold == 1.5
    assert ours.yes.impurity == pytest.approx(0.5)
    assert ours.no.impurity == pytest.approx(0, abs=1e-12)
    assert impurity([0.5, 0.5], 1.0, "entropy") == pytest.approx(1)  # a coin is one bit
    assert impurity([1.0, 0.0], 1.0, "entropy") == 0


def test_impurity_of_numbers_is_their_variance():
    y = np.array([1.0, 2, 7])
    assert Tree(0).fit(np.zeros((3, 1)), y).impurity == pytest.approx(np.var(y))


def test_what_is_no_tree_is_refused():
    with pytest.raises(ArgumentError, match="one of variance, entropy"):
        Tree(2, "gini")
    with pytest.raises(ShapeError, match=r"\(4, 2, 1\)"):
        Tree(2).fit(np.zeros((4, 2)), np.zeros((4, 2, 1)))
    assert Tree(2).fit(np.zeros((4, 2)), np.eye(4)).predict(np.ones((2, 2))).tolist() == [[0.25] * 4] * 2
