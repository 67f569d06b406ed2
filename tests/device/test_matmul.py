"""Large matrix products in strips: NumPy's numbers, whichever way the matrices lie and however many threads there are."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit.device import matmul, threads


@pytest.mark.parametrize("shape", [(160, 784, 320), (784, 160, 320), (3000, 128, 128), (64, 3000, 200), (300, 999, 301)])
@pytest.mark.parametrize("turned", [(False, False), (True, False), (False, True)])
def test_strips(shape: tuple[int, int, int], turned: tuple[bool, bool], monkeypatch) -> None:
    n, k, m = shape
    assert n * k * m >= matmul.ENOUGH
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((k, n) if turned[0] else (n, k), "f"), rng.standard_normal((m, k) if turned[1] else (k, m), "f")
    a, b = a.T if turned[0] else a, b.T if turned[1] else b
    found = []
    for number in ("1", "3"):
        monkeypatch.setenv(threads.VARIABLE, number)
        found.append(matmul.matmul(np, a, b))
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_allclose(found[0], a.astype("d") @ b.astype("d"), atol=2e-5 * np.sqrt(k))


def test_larger_products_have_larger_strips_and_more_of_them() -> None:
    sizes = (matmul.ENOUGH, 4 * 10**7, 10**8, 10**9, 2 * 10**9, 10**10)
    assert [matmul.strips(work) for work in sizes] == [2, 4, 8, 8, 16, 64]


def test_only_large_products_are_shared(monkeypatch) -> None:
    shared: list[int] = []
    monkeypatch.setattr(threads, "share", lambda work, count, step: shared.append(count) or work(0, count))
    matmul.matmul(np, np.ones((500, 500), "f"), np.ones((500, 400), "f"))
    assert shared == [500]
    for a, b in [((50, 50), (50, 50)), ((2, 300, 300), (300, 300)), ((0, 5), (5, 3))]:
        matmul.matmul(np, np.ones(a, "f"), np.ones(b, "f"))
    matmul.matmul(np, np.ones((300, 300), int), np.ones((300, 300), int))
    assert shared == [500]


def test_matrices_that_do_not_fit_are_numpys_error() -> None:
    with pytest.raises(ValueError, match="mismatch"):
        matmul.matmul(np, np.ones((900, 900), "f"), np.ones((800, 900), "f"))
