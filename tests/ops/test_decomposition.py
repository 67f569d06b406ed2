"""Decompositions and solvers: what a sample cannot say (signs, symmetric matrices, complex ones), einsum, errors."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit as dk


def real(*shape: int) -> np.ndarray:
    """Numbers in (-1, 1), for one shape always the same."""
    return np.random.default_rng(shape).uniform(-1, 1, shape)


M = real(3, 3)
COMPLEX = real(2, 3, 3) + 1j * real(3, 3, 2).transpose(2, 0, 1)


def adjoint(x: np.ndarray) -> np.ndarray:
    return np.conj(x).swapaxes(-1, -2)


def check_gradient(function, *arrays: np.ndarray) -> None:
    """The derivatives of function(*arrays), one real number, against differences along a direction; complex too."""
    rng = np.random.default_rng(3)
    tensors = [dk.tensor(a) for a in arrays]
    found = dk.gradients(function(*tensors), tensors)
    for k, (a, dx) in enumerate(zip(arrays, found, strict=True)):
        for turn in (1, 1j) if a.dtype.kind == "c" else (1,):
            step = rng.uniform(-1, 1, a.shape) * turn
            ends = [
                function(*[b + s * 1e-6 * step if i == k else b for i, b in enumerate(arrays)]).item() for s in (1, -1)
            ]
            np.testing.assert_allclose(
                np.sum(np.real(np.conj(dx.numpy()) * step)), (ends[0] - ends[1]) / 2e-6, rtol=1e-5
            )


def weighted(x) -> dk.Tensor:
    """One real number of a tensor in which every entry counts differently."""
    x = x if hasattr(x, "numpy") else dk.tensor(x)
    w = np.random.default_rng(5).uniform(0.5, 1.5, x.numpy().shape)
    return dk.reduce_sum(dk.real(x) * w) + dk.reduce_sum(dk.imag(x) * w * w)


def gram(m):
    """A Hermitian positive definite matrix of any m."""
    m = m if hasattr(m, "numpy") else dk.tensor(m)
    return dk.matmul(m, m, adjoint_b=True) + np.eye(m.numpy().shape[-1]).astype(m.numpy().dtype)


@pytest.mark.parametrize("m", [M, COMPLEX], ids=["real", "complex"])
class TestDerivatives:
    def test_cholesky(self, m) -> None:
        check_gradient(lambda m: weighted(dk.cholesky(gram(m))), m)

    def test_cholesky_solve(self, m) -> None:
        check_gradient(lambda m, b: weighted(dk.cholesky_solve(dk.cholesky(gram(m)), b)), m, m[..., :2].copy())

    def test_triangular_solve(self, m) -> None:
        for lower in (True, False):
            for turned in (True, False):
                check_gradient(
                    lambda a, b, lower=lower, turned=turned: weighted(
                        dk.matrix_triangular_solve(a, b, lower=lower, adjoint=turned)
                    ),
                    m + 3 * np.eye(3), m[..., :2].copy(),
                )

    def test_qr(self, m) -> None:
        for x in (m, m[..., :2].copy(), m[..., :2, :].copy()):
            check_gradient(lambda x: weighted(dk.qr(x)[0]) + weighted(dk.qr(x)[1]), x)

    def test_eigenvalues(self, m) -> None:
        check_gradient(lambda m: weighted(dk.self_adjoint_eigvals(gram(m))), m)

    def test_eigenvectors_up_to_their_phase(self, m) -> None:
        check_gradient(lambda m: weighted(dk.abs(dk.self_adjoint_eig(gram(m))[1])), m)

    def test_svd_up_to_phases(self, m) -> None:
        def value(x):
            s, u, v = dk.svd(x)
            return weighted(s) + weighted(dk.abs(u)) + weighted(dk.abs(v))

        for x in (m, m[..., :2].copy(), m[..., :2, :].copy()):
            check_gradient(value, x)
            check_gradient(lambda x: weighted(dk.svd(x, compute_uv=False)), x)

    def test_pinv(self, m) -> None:
        check_gradient(lambda x: weighted(dk.pinv(x)), m[..., :2].copy())


class TestValues:
    @pytest.mark.parametrize("x", [real(4, 3), real(2, 3, 4), COMPLEX], ids=["tall", "wide", "complex"])
    @pytest.mark.parametrize("full", [False, True])
    def test_factors_multiply_to_the_matrix(self, x, full) -> None:
        q, r = (t.numpy() for t in dk.qr(x, full_matrices=full))
        np.testing.assert_allclose(q @ r, x, atol=1e-12)
        np.testing.assert_allclose(
            adjoint(q) @ q, np.broadcast_to(np.eye(q.shape[-1]), adjoint(q).shape[:-2] + (q.shape[-1],) * 2), atol=1e-12
        )
        s, u, v = (t.numpy() for t in dk.svd(x, full_matrices=full))
        k = s.shape[-1]
        np.testing.assert_allclose(u[..., :k] * s[..., None, :] @ adjoint(v[..., :k]), x, atol=1e-12)

    def test_eigenvectors(self) -> None:
        a = COMPLEX + adjoint(COMPLEX)
        e, v = (t.numpy() for t in dk.self_adjoint_eig(a))
        np.testing.assert_allclose(a @ v, v * e[..., None, :], atol=1e-12)
        assert e.dtype == np.complex128  # as in TensorFlow
        assert (np.diff(e.real) >= 0).all()

    @pytest.mark.parametrize("shape", [(5, 3), (3, 5), (2, 4, 4)])
    @pytest.mark.parametrize("l2", [0.0, 0.3])
    def test_least_squares(self, shape, l2) -> None:
        a, b = real(*shape), real(*shape[:-1], 2)
        x = dk.matrix_solve_ls(a, b, l2_regularizer=l2).numpy()
        if l2:
            normal = adjoint(a) @ a + l2 * np.eye(shape[-1])
            np.testing.assert_allclose(x, np.linalg.solve(normal, adjoint(a) @ b), atol=1e-12)
        else:
            np.testing.assert_allclose(x, np.linalg.pinv(a) @ b, atol=1e-9)

    def test_least_squares_with_dependent_columns(self) -> None:
        a = np.array([[1.0, 2], [2, 4], [0, 0]])
        x = dk.matrix_solve_ls(a, np.ones((3, 1)), fast=False).numpy()
        np.testing.assert_allclose(x, [[0.12], [0.24]], atol=1e-12)

    def test_least_squares_of_a_matrix_of_unknown_shape(self) -> None:
        import deepkit.v1 as tf

        a, b = real(5, 3), real(5, 1)
        with tf.Graph().as_default(), tf.Session() as session:
            x = tf.placeholder(tf.float64, [None, None])
            plain, ridge = (tf.matrix_solve_ls(x, b, l2_regularizer=l2) for l2 in (0.0, 0.5))
            for m, rhs in ((a, b),):
                got = session.run([plain, ridge], {x: m})
                np.testing.assert_allclose(got[0], np.linalg.lstsq(m, rhs)[0])
                np.testing.assert_allclose(got[1], np.linalg.solve(m.T @ m + 0.5 * np.eye(3), m.T @ rhs))

    def test_factors_of_matrices_of_unknown_shape_have_derivatives(self) -> None:
        import deepkit.v1 as tf

        for a in (real(4, 3), real(3, 4), real(3, 3)):
            known = dk.tensor(a)
            expected = dk.gradients(
                [weighted(t) for t in (dk.svd(known)[0], *dk.qr(known))] + [dk.reduce_sum(dk.abs(dk.svd(known)[2]))],
                [known],
            )[0].numpy()
            with tf.Graph().as_default(), tf.Session() as session:
                x = tf.placeholder(tf.float64, [None, None])
                (q, r), (s, _, v) = tf.qr(x), tf.svd(x)
                w = [np.random.default_rng(5).uniform(0.5, 1.5, np.shape(t)) for t in session.run([s, q, r], {x: a})]
                total = [tf.reduce_sum(t * k) for t, k in zip((s, q, r), w, strict=True)] + [tf.reduce_sum(tf.abs(v))]
                dx = tf.gradients(total, x)[0]
                np.testing.assert_allclose(session.run(dx, {x: a}), expected, atol=1e-9)


class TestErrors:
    def test_not_positive_definite(self) -> None:
        with pytest.raises(dk.errors.NumericsError, match="not positive definite"):
            dk.cholesky([[1.0, 2.0], [2.0, 1.0]])

    def test_singular_triangle(self) -> None:
        with pytest.raises(dk.errors.NumericsError, match="singular"):
            dk.matrix_triangular_solve([[0.0, 1.0], [1.0, 1.0]], [[1.0], [1.0]])

    def test_full_factors_without_derivative(self) -> None:
        x = dk.tensor(real(5, 3))
        with pytest.raises(dk.errors.GradientError, match="more rows than columns"):
            dk.gradients(dk.qr(x, full_matrices=True)[1], [x])
        with pytest.raises(dk.errors.GradientError, match="more than one further"):
            dk.gradients(dk.svd(x, full_matrices=True)[0], [x])

    @pytest.mark.parametrize(
        ("function", "arrays"),
        [
            (dk.cholesky, (np.ones((2, 3)),)),
            (dk.qr, (np.ones(3),)),
            (dk.svd, (np.ones(3),)),
            (dk.matrix_triangular_solve, (np.eye(3), np.ones((2, 1)))),
            (dk.matrix_set_diag, (np.eye(3), np.ones(2))),
            (dk.diag_part, (np.ones((2, 3)),)),
            (dk.cross, (np.ones(2), np.ones(2))),
        ],
    )
    def test_shapes(self, function, arrays) -> None:
        with pytest.raises(dk.errors.ShapeError):
            function(*arrays)


class TestDiag:
    def test_and_back(self) -> None:
        x = real(2, 3)
        y = dk.diag(x).numpy()
        assert y.shape == (2, 3, 2, 3)
        assert y.sum() == pytest.approx(x.sum())
        np.testing.assert_array_equal(dk.diag_part(y).numpy(), x)
        check_gradient(lambda x: weighted(dk.diag(x)), x)
        check_gradient(lambda y: weighted(dk.diag_part(y)), y)


class TestEinsum:
    @pytest.mark.parametrize(
        ("equation", "shapes"),
        [
            ("ij,jk->ik", [(2, 3), (3, 4)]),
            ("ij,jk", [(2, 3), (3, 4)]),
            ("bij,bjk->bik", [(2, 3, 4), (2, 4, 5)]),
            ("ba,ac->", [(2, 3), (3, 4)]),
            ("ii->i", [(3, 3)]),
            ("iij,j->i", [(3, 3, 2), (2,)]),
            ("ij,ij->ij", [(2, 3), (2, 3)]),
            ("bi,bi->b", [(2, 3), (2, 3)]),
            ("i,j,k->kji", [(2,), (3,), (4,)]),
            ("abc,cd,ad->bd", [(2, 3, 4), (4, 5), (2, 5)]),
            ("...ij,...jk->...ik", [(2, 1, 3, 4), (5, 4, 2)]),
            ("b...,...->b...", [(2, 3), (3,)]),
            ("ba", [(2, 3)]),
        ],
    )
    def test_as_numpy(self, equation, shapes) -> None:
        arrays = [real(*shape) for shape in shapes]
        np.testing.assert_allclose(dk.einsum(equation, *arrays).numpy(), np.einsum(equation, *arrays), atol=1e-12)
        check_gradient(lambda *x: weighted(dk.einsum(equation, *x)), *arrays)

    def test_unknown_lengths(self) -> None:
        import deepkit.v1 as tf

        a, b = real(2, 3, 4), real(2, 4, 5)
        with tf.Graph().as_default(), tf.Session() as session:
            x, y = tf.placeholder(tf.float64, [None, None, 4]), tf.placeholder(tf.float64, [None, 4, None])
            np.testing.assert_allclose(
                session.run(tf.einsum("bij,bjk->bki", x, y), {x: a, y: b}), np.einsum("bij,bjk->bki", a, b)
            )

    @pytest.mark.parametrize("equation", ["ij->i", "ij,jk->il", "i,jk->k", "ij,jk->ii", "...i,ij->j"])
    def test_errors(self, equation) -> None:
        with pytest.raises(dk.errors.ArgumentError, match="einsum"):
            dk.einsum(equation, np.ones((2, 2)), np.ones((2, 2)))
