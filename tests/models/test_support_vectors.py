"""Support vector machines against scikit-learn's, the conditions of an optimum, and the five borders in the plane."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit.errors import ArgumentError, ShapeError
from deepkit.models.boundaries import FREEDOM, WAYS, strength
from deepkit.models.kernels import linear, poly, rbf, sigmoid
from deepkit.models.support_vectors import SupportVectors

svm = pytest.importorskip("sklearn.svm", reason="scikit-learn is the reference")
datasets = pytest.importorskip("sklearn.datasets")

KERNELS = {
    "linear": (linear, {}), "poly": (poly(3, 0.5, 1), {"degree": 3, "gamma": 0.5, "coef0": 1}),
    "rbf": (rbf(0.7), {"gamma": 0.7}), "sigmoid": (sigmoid(0.1, 0.2), {"gamma": 0.1, "coef0": 0.2}),
}


# The sigmoid is no scalar product: with a large C its problem has several optima, and each program finds one of them.
CASES = [(name, cost) for name in KERNELS for cost in (0.1, 1, 30) if (name, cost) != ("sigmoid", 30)]


@pytest.mark.parametrize(("name", "cost"), CASES)
def test_the_machine_is_scikit_learns(name, cost):
    x, y = datasets.make_moons(80, noise=0.25, random_state=2)
    labels = np.where(y == 1, "up", "down")
    kernel, options = KERNELS[name]
    ours = SupportVectors(cost, kernel, tolerance=1e-9).fit(x, labels)
    judge = svm.SVC(C=cost, kernel=name, tol=1e-9, **options).fit(x, labels)
    new = np.random.default_rng(1).normal(size=(50, 2))
    # libsvm, below scikit-learn, keeps its kernel in float32: a multiplier of 30 times 80 rows times 6e-8.
    said = judge.decision_function(new)
    np.testing.assert_allclose(ours.decision(new), said, rtol=0, atol=1e-4 * np.abs(said).max())
    np.testing.assert_array_equal(ours.predict(x), judge.predict(x))


def test_at_the_optimum_each_row_is_where_its_multiplier_says():
    x, y = datasets.make_moons(60, noise=0.3, random_state=1)
    model = SupportVectors(2.0, rbf(1.0)).fit(x, y)
    margin = np.where(y == 1, 1, -1) * model.decision(x)
    alpha = np.abs(model.multipliers)
    free = (alpha > 0) & (alpha < 2.0)
    assert free.any()
    assert (margin[alpha == 0] > 1 - 1e-5).all()
    assert (margin[alpha == 2.0] < 1 + 1e-5).all()
    np.testing.assert_allclose(margin[free], 1, atol=1e-5)
    assert model.multipliers.sum() == pytest.approx(0, abs=1e-9)


def test_without_the_others_the_street_is_the_same():
    x, y = datasets.make_blobs(60, centers=[[-2, 0], [2, 1]], cluster_std=0.6, random_state=3)
    all_rows = SupportVectors(1e3).fit(x, y)
    few = SupportVectors(1e3).fit(x[all_rows.support], y[all_rows.support])
    assert len(all_rows.support) < 6
    np.testing.assert_allclose([*few.weights, few.bias], [*all_rows.weights, all_rows.bias], rtol=1e-4)


def test_what_has_no_street_is_refused():
    with pytest.raises(ArgumentError, match="two sides"):
        SupportVectors().fit(np.zeros((3, 2)), [1, 1, 1])
    with pytest.raises(ArgumentError, match="more than 0"):
        SupportVectors(0.0).fit(np.zeros((2, 2)), [0, 1])
    with pytest.raises(ShapeError):
        SupportVectors().fit(np.zeros(3), [0, 1, 1])
    with pytest.raises(ArgumentError, match="another space"):
        _ = SupportVectors(1, rbf(1)).fit(np.eye(2), [0, 1]).weights


@pytest.mark.parametrize("name", list(WAYS))
def test_each_border_parts_what_it_can(name):
    rng = np.random.default_rng(2)
    points = rng.uniform(-1, 1, (60, 2))
    classes = (points[:, 0] > 0).astype(int)
    found = WAYS[name](points, classes, FREEDOM[-1])
    assert np.mean((found.probability(points) > 0.5) == classes) > 0.95
    assert found.said
    assert bool(found.support) == ("street" in name)
    if found.lines:
        assert abs(found.lines[0][0][0]) > 3 * abs(found.lines[0][0][1])  # upright
    if name == "street":
        rings = [abs(points[i] @ found.lines[0][0] + found.lines[0][1]) for i in found.support]
        assert max(rings) < 1 + 1e-2  # nobody beyond the kerb holds it


def test_the_knob_goes_over_a_million_fold():
    assert [strength(k) for k in (FREEDOM[0], 4, FREEDOM[-1])] == pytest.approx([1e-3, 1, 1e3])
