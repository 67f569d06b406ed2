"""Rows of one number summed: compiled as by NumPy, added in their order, each row once."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit.device import compiled, rows

IDS = {
    "few": np.array([3, 1, 3, 3, 0, 1]), "one": np.full(80, 7), "negative": np.array([-1, 2, -1]),
    "all apart": np.arange(50)[::-1], "many": np.random.default_rng(0).integers(0, 40, 3000),
}  # fmt: skip


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("dtype", ["f", "d"])
@pytest.mark.parametrize("shape", [(33,), (2, 3), ()])
def test_summed(name: str, dtype: str, shape: tuple[int, ...], monkeypatch) -> None:
    monkeypatch.setattr(rows, "SMALL", 0)
    monkeypatch.setattr(rows, "SUMS", 600)  # several pieces
    ids, rng = IDS[name], np.random.default_rng(1)
    x = rng.standard_normal((ids.size, *shape)).astype(dtype)
    named, sums = rows.summed(np, ids, x)
    expected: dict[int, np.ndarray] = {}
    for row, value in zip(ids.tolist(), x, strict=True):
        expected[row] = expected[row] + value if row in expected else value
    np.testing.assert_array_equal(named, sorted(expected))
    np.testing.assert_array_equal(sums, [expected[row] for row in sorted(expected)])
    assert sums.dtype == x.dtype
    for by_numpy, found in zip(rows.summed_reference(np, ids, x), (named, sums), strict=True):
        np.testing.assert_array_equal(found, by_numpy)


@pytest.mark.skipif(not compiled.available(), reason="numba is not installed: nothing is compiled")
def test_what_is_compiled(monkeypatch) -> None:
    x = np.ones((rows.SMALL, 1), np.float32)
    monkeypatch.setattr(rows, "summed_reference", lambda *_: pytest.fail("by NumPy"))
    assert rows.summed(np, np.zeros(len(x), int), x)[1].item() == len(x)
    monkeypatch.undo()
    monkeypatch.setattr(compiled, "kernel", lambda _: pytest.fail("compiled"))
    assert rows.summed(np, np.zeros(3, int), x[:3])[1].item() == 3
    assert rows.summed(np, np.zeros(len(x), int), np.asfortranarray(np.ones((len(x), 2), "f")))[1].tolist() == [[len(x)] * 2]
