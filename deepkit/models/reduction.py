"""Dimension reduction from its parts: PCA, whole and in batches, kernel PCA, scaling of distances, geodesics, local weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.errors import ArgumentError, ShapeError
from deepkit.models.kernels import Kernel, squared_distances


@dataclass
class PCA:
    """Principal components: the directions in which rows differ most, one perpendicular to the other.

    keep: how many components, or, below 1, the share of the variance that they have to explain together; all by default.

    The right singular vectors of the centred rows are the components, and a singular value s belongs to the variance
    s^2 / (m - 1) along its own. Their signs are free: here the entry of largest size is positive.

    Attributes:
        mean: (n,); components: (k, n), a row each; singular: (k,); total: the variance of all n directions together; seen:
            rows so far.

    Source: K. Pearson, 1901; in batches D. Ross and others, "Incremental learning for robust visual tracking", 2008.

    >>> pca = PCA(1).fit([[0.0, 0], [1, 1], [2, 2], [3, 3]])
    >>> pca.transform([[4.0, 4]]).round(3).tolist(), pca.inverse_transform([[0.0]]).tolist()
    ([[3.536]], [[1.5, 1.5]])
    """

    keep: float | None = None
    mean: np.ndarray = field(default_factory=lambda: np.zeros(0))
    components: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    singular: np.ndarray = field(default_factory=lambda: np.zeros(0))
    total: float = 0.0
    seen: int = 0

    def fit(self, x: Any) -> PCA:
        """Fit to all rows x (m, n) at once."""
        rows = _rows(x)
        self.seen, self.mean = len(rows), rows.mean(axis=0)
        self._settle(rows - self.mean)
        return self

    def partial_fit(self, batch: Any) -> PCA:
        """Take in one more batch (m, n) of rows that need not be kept.

        The k components so far, as long as their singular values, stand for all rows that were seen. Beside them and the
        centred batch there is one row more, for the way that the mean has gone.
        """
        rows = _rows(batch)
        if not self.seen:
            return self.fit(rows)
        old, new = self.seen, len(rows)
        here = rows.mean(axis=0)
        moved = np.sqrt(old * new / (old + new)) * (self.mean - here)
        self.mean, self.seen = (old * self.mean + new * here) / (old + new), old + new
        before = self.total * (old - 1)
        self._settle(np.vstack([self.singular[:, None] * self.components, rows - here, moved]))
        self.total = (before + np.sum((rows - here) ** 2) + moved @ moved) / (self.seen - 1)
        return self

    def _settle(self, centred: np.ndarray) -> None:
        """Components of rows whose mean is zero."""
        s, _, v = (part.numpy() for part in ops.svd(centred))
        self.total = float(np.sum(s**2)) / max(self.seen - 1, 1)
        k = self._wanted(s)
        largest = np.abs(v).argmax(axis=0)
        self.components = (v * np.sign(v[largest, np.arange(v.shape[1])])).T[:k]
        self.singular = s[:k]

    def _wanted(self, s: np.ndarray) -> int:
        if self.keep is None:
            return len(s)
        if self.keep < 1:
            return int(np.searchsorted(np.cumsum(s**2) / np.sum(s**2), self.keep)) + 1
        if self.keep != int(self.keep) or self.keep > len(s):
            raise ArgumentError(f"PCA({self.keep:g}) of {self.seen} rows with {len(self.mean)} features",
                                rule=f"a whole number up to {len(s)}, or a share below 1")
        return int(self.keep)

    @property
    def deviations(self) -> np.ndarray:
        """(k,) standard deviations along the components."""
        return self.singular / np.sqrt(max(self.seen - 1, 1))

    @property
    def ratio(self) -> np.ndarray:
        """(k,) shares of the variance that the components explain."""
        return self.deviations**2 / self.total

    def transform(self, x: Any) -> np.ndarray:
        """(m, k) coordinates of rows x (m, n) along the components."""
        return (_rows(x) - self.mean) @ self.components.T

    def inverse_transform(self, z: Any) -> np.ndarray:
        """(m, n): the mean and the components, mixed by coordinates z (m, k)."""
        return self.mean + np.asarray(z, np.float64) @ self.components


@dataclass
class KernelPCA:
    """PCA in the space that a kernel k(a, b) = phi(a) phi(b) multiplies in, without ever going there.

    A component is a sum of the phi(x_i), so its weights are all there is to find: the eigenvectors of the centred kernel
    matrix, divided by the roots of their eigenvalues.

    Source: B. Schoelkopf and others, "Nonlinear component analysis as a kernel eigenvalue problem", 1998.

    >>> line = np.array([[0.0], [1], [3]])
    >>> KernelPCA(1, lambda a, b: a @ b.T).fit(line).transform(line).ravel().round(3).tolist()  # PCA, but for the sign
    [-1.333, -0.333, 1.667]
    """

    keep: int
    kernel: Kernel
    rows: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    weights: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    means: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def fit(self, x: Any) -> KernelPCA:
        """Fit to rows x (m, n)."""
        self.rows = _rows(x)
        products = self.kernel(self.rows, self.rows)
        self.means = products.mean(axis=0)
        values, vectors = _largest(_centred(products, self.means), self.keep)
        self.weights = vectors / np.sqrt(values)
        return self

    def transform(self, x: Any) -> np.ndarray:
        """(m, k) coordinates of rows x (m, n)."""
        return _centred(self.kernel(_rows(x), self.rows), self.means) @ self.weights


def _centred(products: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Products of phi(a) - mean and phi(b) - mean, from those of phi(a) and phi(b); means: of each column among the rows."""
    return products - products.mean(axis=1, keepdims=True) - means + means.mean()


def _largest(symmetric: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k largest eigenvalues (k,) and their eigenvectors (m, k); the entry of largest size of each is positive."""
    values, vectors = (part.numpy() for part in ops.self_adjoint_eig(symmetric))
    if not 1 <= k <= len(values) or values[-k] <= 0:
        raise ArgumentError(f"{k} dimensions of {len(values)} points", rule="at most as many as there are positive eigenvalues")
    values, vectors = values[: -k - 1 : -1], vectors[:, : -k - 1 : -1]
    largest = np.abs(vectors).argmax(axis=0)
    return values, vectors * np.sign(vectors[largest, np.arange(k)])


def scale(distances: Any, k: int) -> np.ndarray:
    """Classical multidimensional scaling: (m, k) points whose distances are as near as can be to (m, m) given ones.

    Of points with the mean zero, the products are -1/2 of the squared distances, centred; and from products the points
    follow as in kernel PCA.

    Source: W. Torgerson, "Multidimensional scaling: theory and method", 1952.

    >>> scale([[0, 3, 4], [3, 0, 5], [4, 5, 0]], 2).round(2).tolist()
    [[-0.66, 1.53], [-2.15, -1.07], [2.81, -0.46]]
    """
    given = _rows(distances)
    if given.shape[0] != given.shape[1]:
        raise ShapeError(f"distances of shape {given.shape}", rule="(m, m): from each point to each")
    products = -(given**2) / 2
    values, vectors = _largest(_centred(products, products.mean(axis=0)), k)
    return vectors * np.sqrt(values)


def neighbours(x: Any, count: int) -> np.ndarray:
    """(m, count) numbers of the rows nearest to each row of x (m, n), the row itself left out."""
    apart = squared_distances(x, x)
    if not 1 <= count < len(apart):
        raise ArgumentError(f"{count} neighbours of {len(apart)} rows", rule="at least 1, and fewer than there are rows")
    np.fill_diagonal(apart, np.inf)
    return np.argsort(apart, axis=1, kind="stable")[:, :count]


def geodesics(x: Any, count: int, edge: str = "length") -> np.ndarray:
    """(m, m) lengths of the shortest paths from row to row of x (m, n) that go from neighbour to neighbour only.

    edge: a step counts its "length", or "one". Isomap is `scale(geodesics(x, count), k)`.

    Raises:
        ArgumentError: the neighbours fall apart into groups that no path connects.

    Source: J. Tenenbaum and others, "A global geometric framework for nonlinear dimensionality reduction", 2000.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import shortest_path

    near = neighbours(x, count)
    start, end = np.repeat(np.arange(len(near)), count), near.ravel()
    rows = _rows(x)
    steps = np.linalg.norm(rows[start] - rows[end], axis=1) if edge == "length" else np.ones(len(end))
    paths = np.asarray(shortest_path(csr_array((steps, (start, end)), shape=(len(near),) * 2), directed=False))
    if np.isinf(paths).any():
        raise ArgumentError(f"{count} neighbours each do not connect all {len(near)} rows", hint="more neighbours")
    return paths


def local_weights(x: Any, near: np.ndarray, ridge: float = 1e-3) -> np.ndarray:
    """(m, m): each row of x (m, n) as a mixture of its neighbours near (m, count), with weights that add up to 1.

    The weights w minimize |x_i - sum w_j x_j|^2. With G the products of the differences x_i - x_j, they solve G w = 1, but
    for their sum; `ridge` times the trace of G is added to its diagonal, for with more neighbours than features G has no
    inverse.
    """
    rows = _rows(x)
    apart = rows[near] - rows[:, None]
    products = apart @ apart.transpose(0, 2, 1)
    count = near.shape[1]
    products += ridge * np.trace(products, axis1=1, axis2=2)[:, None, None] * np.eye(count)
    mixed = np.linalg.solve(products, np.ones((len(rows), count, 1)))[:, :, 0]
    weights = np.zeros((len(rows), len(rows)))
    np.put_along_axis(weights, near, mixed / mixed.sum(axis=1, keepdims=True), axis=1)
    return weights


def locally_linear(x: Any, count: int, k: int) -> np.ndarray:
    """Locally linear embedding: (m, k) points that their neighbours mix with the same weights as rows of x (m, n) do.

    The points z minimize |z - W z|^2: eigenvectors of (I - W)'(I - W) with the smallest eigenvalues, but for the first, which
    moves all points alike.

    Source: S. Roweis and L. Saul, "Nonlinear dimensionality reduction by locally linear embedding", 2000.
    """
    weights = local_weights(x, neighbours(x, count))
    left = np.eye(len(weights)) - weights
    _, vectors = (part.numpy() for part in ops.self_adjoint_eig(left.T @ left))
    return vectors[:, 1 : k + 1]


def _rows(x: Any) -> np.ndarray:
    rows = np.asarray(x, np.float64)
    if rows.ndim != 2 or not rows.size:
        raise ShapeError(f"rows of shape {rows.shape}", rule="(m, n): m rows of n features",
                         hint="images (m, height, width) become rows with x.reshape(len(x), -1)")
    return rows
