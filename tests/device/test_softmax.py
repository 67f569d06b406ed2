"""Softmax, log(sum(exp(x))) and cross-entropies, compiled and in NumPy, are those of scipy in double precision."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special

from deepkit.device import compiled, cross_entropy, machine

needs_numba = pytest.mark.skipif(not compiled.available(), reason="numba is not installed: nothing is compiled")


@pytest.fixture(params=[False, True], ids=["compiled", "numpy"])
def way(request, monkeypatch):
    """Both ways, the compiled one with the smallest arrays and several pieces, too."""
    if not request.param and not compiled.available():
        pytest.skip("numba is not installed: nothing is compiled")
    monkeypatch.setattr(compiled, "switched_off", request.param)
    monkeypatch.setattr(cross_entropy, "SMALL", 0)
    monkeypatch.setattr(cross_entropy, "PIECE", 64)


@pytest.mark.parametrize("classes", [1, 10, 16, 17, 31, 32, 100])
def test_rows(way, classes: int) -> None:
    x = (np.random.default_rng(classes).standard_normal((5, 7, classes)) * 8).astype("f")
    exact = scipy.special.softmax(x.astype("d"), -1)
    np.testing.assert_allclose(cross_entropy.softmax(np, x), exact, rtol=1e-5)
    total, largest = cross_entropy.log_sum_exp(np, x)
    assert total.shape == largest.shape == (5, 7, 1)
    np.testing.assert_array_equal(largest[..., 0], x.max(-1))
    np.testing.assert_allclose(total + largest, scipy.special.logsumexp(x.astype("d"), -1, keepdims=True), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("classes", [1, 10, 16, 17, 31, 32, 47, 100])
def test_cross_entropies_and_what_they_send_back(way, classes: int) -> None:
    rng = np.random.default_rng(classes)
    x, labels = (rng.standard_normal((6, 7, classes)) * 8).astype("f"), rng.integers(0, classes, (6, 7))
    dy, rows = rng.random((6, 7), "f"), rng.dirichlet(np.ones(classes), (6, 7)).astype("f")
    softmax, logs = scipy.special.softmax(x.astype("d"), -1), scipy.special.log_softmax(x.astype("d"), -1)
    np.testing.assert_allclose(cross_entropy.dense(np, x, rows, gradient=False)[0], -(rows * logs).sum(-1), rtol=2e-6, atol=1e-6)
    np.testing.assert_allclose(
        cross_entropy.sparse(np, x, labels, gradient=False)[0], -np.take_along_axis(logs, labels[..., None], -1)[..., 0],
        rtol=2e-6, atol=1e-6,
    )
    hit = labels[..., None] == np.arange(classes)
    for function, given, wanted in ((cross_entropy.dense_gradient, rows, rows), (cross_entropy.sparse_gradient, labels, hit)):
        found = function(np, dy, x, given)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, dy[..., None] * (softmax - wanted), rtol=1e-5, atol=1e-6)
        twice = function(np, np.broadcast_to(np.float32(2), (6, 7)), x, given)  # a scalar's derivative, as plans have it
        np.testing.assert_allclose(twice, 2 * (softmax - wanted), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("classes", [3, 40])
def test_what_is_no_number(way, classes: int) -> None:
    x = np.zeros((4, classes), "f")
    x[0, -1], x[1, 1], x[2], x[3, 2] = np.nan, np.inf, -np.inf, -np.inf
    with np.errstate(all="ignore"):
        y, (total, _) = cross_entropy.softmax(np, x), cross_entropy.log_sum_exp(np, x)
    assert np.isnan(y[0]).all()
    assert np.isnan(y[1, 1])
    assert np.isnan(y[2]).all()
    np.testing.assert_allclose(y[3], np.where(np.arange(classes) == 2, 0, 1 / (classes - 1)), rtol=1e-6)
    assert np.isnan(total[:3]).all()


def test_other_axes_and_types(way) -> None:
    x = np.random.default_rng(0).standard_normal((6, 20, 5))
    for values, tolerance in ((x, 1e-14), (x.astype("f"), 1e-6), (x.astype(np.float16), 5e-3)):
        for axis in (0, 1, 2):
            found = cross_entropy.softmax(np, values, axis)
            assert found.dtype == values.dtype
            np.testing.assert_allclose(found, scipy.special.softmax(values.astype("d"), axis), rtol=tolerance)


@needs_numba
def test_the_kernels_are_used(monkeypatch) -> None:
    asked: list[str] = []
    real = compiled.kernel
    monkeypatch.setattr(compiled, "kernel", lambda f: asked.append(f.__name__) or real(f))
    x = np.zeros((300, 40), "f")
    cross_entropy.softmax(np, x)
    cross_entropy.log_sum_exp(np, x)
    assert {"_softmax", "_sums"} <= set(asked)


def test_aligned_arrays_begin_a_line() -> None:
    arrays = [machine.aligned((3, n)) for n in range(1, 40)]
    assert {a.ctypes.data % machine.LINE for a in arrays} == {0}
    assert all(a.dtype == np.float32 and a.flags.c_contiguous and a.flags.writeable for a in arrays)
    given = np.arange(6.0, dtype="f").reshape(2, 3).T
    np.testing.assert_array_equal(machine.aligned_copy(given), given)
