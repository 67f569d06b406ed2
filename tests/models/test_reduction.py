"""Dimension reduction against scikit-learn, which computes the same by other ways, and against what has to hold."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import decomposition, manifold
from sklearn.datasets import make_swiss_roll
from sklearn.metrics import pairwise_distances

from deepkit.errors import ArgumentError, ShapeError
from deepkit.models.kernels import rbf
from deepkit.models.reduction import PCA, KernelPCA, geodesics, local_weights, locally_linear, neighbours, scale

RNG = np.random.default_rng(7)
ROWS = RNG.normal(size=(120, 9)) @ RNG.normal(size=(9, 9)) + RNG.normal(size=9)
ROLL = make_swiss_roll(200, random_state=3)[0]


def same_but_for_signs(found: np.ndarray, expected: np.ndarray, rtol: float = 1e-8) -> None:
    """Columns agree, each up to its sign."""
    signs = np.sign(np.sum(found * expected, axis=0))
    np.testing.assert_allclose(found * signs, expected, rtol=rtol, atol=rtol * np.abs(expected).max())


@pytest.mark.parametrize("keep", [1, 4, 9, None, 0.8, 0.999])
def test_pca_is_scikit_learns(keep):
    ours, theirs = PCA(keep).fit(ROWS), decomposition.PCA(keep, svd_solver="full").fit(ROWS)
    assert ours.components.shape == theirs.components_.shape
    same_but_for_signs(ours.components.T, theirs.components_.T)
    np.testing.assert_allclose(ours.ratio, theirs.explained_variance_ratio_, rtol=1e-10)
    np.testing.assert_allclose(ours.deviations**2, theirs.explained_variance_, rtol=1e-10)
    np.testing.assert_allclose(ours.inverse_transform(ours.transform(ROWS)),
                               theirs.inverse_transform(theirs.transform(ROWS)), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("keep", [3, 9])
def test_batches_are_scikit_learns_incremental_pca(keep):
    ours, theirs = PCA(keep), decomposition.IncrementalPCA(keep)
    for batch in np.array_split(ROWS, 7):
        ours.partial_fit(batch)
        theirs.partial_fit(batch)
    same_but_for_signs(ours.components.T, theirs.components_.T)
    np.testing.assert_allclose(ours.mean, theirs.mean_, rtol=1e-10)
    np.testing.assert_allclose(ours.ratio, theirs.explained_variance_ratio_, rtol=1e-8)


def test_batches_that_keep_everything_lose_nothing():
    whole, pieces = PCA().fit(ROWS), PCA(9)
    for batch in np.array_split(ROWS, 5):
        pieces.partial_fit(batch)
    same_but_for_signs(pieces.components.T, whole.components.T)
    np.testing.assert_allclose(pieces.singular, whole.singular, rtol=1e-10)
    assert pieces.total == pytest.approx(whole.total, rel=1e-10)
    assert pieces.seen == 120


@pytest.mark.parametrize("gamma", [0.01, 0.5])
def test_kernel_pca_is_scikit_learns_for_old_and_new_rows(gamma):
    ours = KernelPCA(3, rbf(gamma)).fit(ROLL[:150])
    theirs = decomposition.KernelPCA(3, kernel="rbf", gamma=gamma, eigen_solver="dense").fit(ROLL[:150])
    same_but_for_signs(ours.transform(ROLL), theirs.transform(ROLL), 1e-6)


def test_kernel_pca_with_plain_products_is_pca():
    same_but_for_signs(KernelPCA(4, lambda a, b: a @ b.T).fit(ROWS).transform(ROWS), PCA(4).fit(ROWS).transform(ROWS))


def test_scaling_finds_points_from_their_distances():
    points = RNG.normal(size=(30, 2))
    found = scale(pairwise_distances(points), 2)
    np.testing.assert_allclose(pairwise_distances(found), pairwise_distances(points), atol=1e-7)
    same_but_for_signs(found, PCA(2).fit(points).transform(points), 1e-6)


def test_isomap_is_scikit_learns():
    same_but_for_signs(scale(geodesics(ROLL, 10), 2), manifold.Isomap(n_neighbors=10, n_components=2).fit_transform(ROLL), 1e-6)
    hops = geodesics(ROLL, 10, edge="one")
    assert (hops == np.rint(hops)).all()
    assert hops.max() > 5


def test_locally_linear_embedding_is_scikit_learns():
    theirs = manifold.LocallyLinearEmbedding(n_neighbors=8, n_components=2, eigen_solver="dense").fit_transform(ROLL)
    same_but_for_signs(locally_linear(ROLL, 8, 2), theirs, 1e-5)


def test_weights_of_neighbours_rebuild_a_plane_exactly():
    plane = RNG.normal(size=(40, 2)) @ RNG.normal(size=(2, 5))
    near = neighbours(plane, 4)
    weights = local_weights(plane, near, ridge=1e-12)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-10)
    np.testing.assert_allclose(weights @ plane, plane, atol=1e-5)
    assert (np.count_nonzero(weights, axis=1) <= 4).all()


def test_what_cannot_be_is_said():
    with pytest.raises(ArgumentError, match="up to 9"):
        PCA(10).fit(ROWS)
    with pytest.raises(ShapeError, match="reshape"):
        PCA(2).fit(np.zeros((3, 28, 28)))
    with pytest.raises(ShapeError, match="from each point to each"):
        scale(np.zeros((3, 2)), 1)
    with pytest.raises(ArgumentError, match="positive eigenvalues"):
        scale(pairwise_distances(np.arange(5.0)[:, None]), 4)
    with pytest.raises(ArgumentError, match="fewer than there are rows"):
        neighbours(ROWS[:3], 3)
    with pytest.raises(ArgumentError, match="more neighbours"):
        geodesics(np.array([[0.0], [0.1], [9.0], [9.1]]), 1)
