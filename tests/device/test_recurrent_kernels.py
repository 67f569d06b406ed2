"""Compiled recurrences give what the ops' NumPy steps give in float64; tanh and sigmoid of lanes are exact to a few units."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit.device import compiled, recurrent, threads
from deepkit.device.registers import activations
from deepkit.device.registers.lanes import WIDE, load, store
from deepkit.ops.nn.recurrent_gru import GRU, GRUBackwards
from deepkit.ops.nn.recurrent_lstm import LSTM, LSTMBackwards
from deepkit.ops.nn.recurrent_reset_gru import ResetGRU, ResetGRUBackwards
from deepkit.ops.nn.recurrent_simple import LinearRecurrence, SimpleRNN

needs_numba = pytest.mark.skipif(not compiled.available(), reason="numba is not installed: nothing is compiled")
SIZES = [(7, 13, 20), (3, 50, 96), (1, 5, WIDE), (5, 1, 33)]


def close(found, expected) -> None:
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, b, rtol=0, atol=3e-6 * max(1, np.abs(b).max()))


@pytest.fixture
def small(monkeypatch) -> None:
    monkeypatch.setattr(recurrent, "SMALL", 0)


@needs_numba
@pytest.mark.parametrize(("time", "batch", "n"), SIZES)
@pytest.mark.parametrize("cores", ["1", "3"])
def test_lstm(time: int, batch: int, n: int, cores: str, small, monkeypatch) -> None:
    monkeypatch.setenv(threads.VARIABLE, cores)
    rng = np.random.default_rng(0)
    z, kernel = 2 * rng.standard_normal((time, batch, 4 * n)), 0.2 * rng.standard_normal((n, 4 * n))
    c0, h0 = rng.standard_normal((2, batch, n))
    arrays = [a.astype(np.float32) for a in (z, c0, h0, kernel)]
    assert recurrent.fits(np, arrays[0], arrays[3])
    exact = LSTM().forward(np, *[a.astype(np.float64) for a in arrays])
    close(LSTM().forward(np, *arrays), exact)

    _, cs, gates = (a.astype(np.float32) for a in exact)
    dh, dc = rng.standard_normal((2, time, batch, n)).astype(np.float32)
    back = (gates, cs, arrays[1], arrays[3], dh, dc)
    op = LSTMBackwards(with_gates=False)
    close(op.forward(np, *back), op.forward(np, *[a.astype(np.float64) for a in back]))


@needs_numba
@pytest.mark.parametrize(("time", "batch", "n"), SIZES)
@pytest.mark.parametrize("cores", ["1", "3"])
def test_gru_that_resets_the_product(time: int, batch: int, n: int, cores: str, small, monkeypatch) -> None:
    monkeypatch.setenv(threads.VARIABLE, cores)
    rng = np.random.default_rng(0)
    a, kernel = 2 * rng.standard_normal((time, batch, 3 * n)), 0.2 * rng.standard_normal((n, 3 * n))
    arrays = [x.astype(np.float32) for x in (a, rng.standard_normal((batch, n)), kernel, rng.standard_normal(3 * n))]
    assert recurrent.fits(np, arrays[0], arrays[2])
    exact = GRU().forward(np, *[x.astype(np.float64) for x in arrays])
    close(GRU().forward(np, *arrays), exact)

    hs, gates, m = (x.astype(np.float32) for x in exact)
    back, op = (gates, m, hs, *arrays[1:3], rng.standard_normal((time, batch, n)).astype("f")), GRUBackwards()
    close(op.forward(np, *back), op.forward(np, *[x.astype(np.float64) for x in back]))


@needs_numba
@pytest.mark.parametrize(("time", "batch", "n"), SIZES)
@pytest.mark.parametrize("cores", ["1", "3"])
def test_gru_that_resets_the_state(time: int, batch: int, n: int, cores: str, small, monkeypatch) -> None:
    monkeypatch.setenv(threads.VARIABLE, cores)
    rng = np.random.default_rng(0)
    a, kernel = 2 * rng.standard_normal((time, batch, 3 * n)), 0.2 * rng.standard_normal((n, 3 * n))
    arrays = [x.astype(np.float32) for x in (a, rng.standard_normal((batch, n)), kernel)]
    assert recurrent.fits(np, arrays[0], arrays[2])
    exact = ResetGRU().forward(np, *[x.astype(np.float64) for x in arrays])
    close(ResetGRU().forward(np, *arrays), exact)

    hs, gates = (x.astype(np.float32) for x in exact)
    back, op = (gates, hs, *arrays[1:], rng.standard_normal((time, batch, n)).astype("f")), ResetGRUBackwards()
    close(op.forward(np, *back), op.forward(np, *[x.astype(np.float64) for x in back]))


@needs_numba
@pytest.mark.parametrize(("time", "batch", "n"), SIZES)
def test_simple(time: int, batch: int, n: int, small) -> None:
    rng = np.random.default_rng(0)
    z, x = rng.standard_normal((2, time, batch, n)).astype(np.float32)
    kernel, h0 = (0.2 * rng.standard_normal((n, n))).astype(np.float32), rng.standard_normal((batch, n)).astype("f")
    exact = SimpleRNN().forward(np, *[a.astype(np.float64) for a in (z, h0, kernel)])
    hs = SimpleRNN().forward(np, z, h0, kernel)
    close([hs], [exact])
    slope, op = 1 - hs * hs, LinearRecurrence(backwards=True)
    close(
        [op.forward(np, slope, kernel, x)], [op.forward(np, *[a.astype(np.float64) for a in (slope, kernel, x)])]
    )


@needs_numba
def test_other_functions_and_types_go_by_numpy(small, monkeypatch) -> None:
    monkeypatch.setattr(recurrent, "_by_rows", lambda *_: pytest.fail("compiled"))
    z, c, k = np.ones((2, 3, 4 * WIDE), "f"), np.ones((3, WIDE), "f"), np.ones((WIDE, 4 * WIDE), "f")
    LSTM(gate="hard_sigmoid").forward(np, z, c, c, k)
    LSTM().forward(np, z.astype("d"), c.astype("d"), c.astype("d"), k.astype("d"))
    a, kernel = z[..., : 3 * WIDE], k[:, : 3 * WIDE]
    for settings in ({"gate": "hard_sigmoid"}, {"activation": "relu"}):
        ResetGRU(**settings).forward(np, a, c, kernel)
        GRU(**settings).forward(np, a, c, kernel, kernel[0])
    SimpleRNN(activation="relu").forward(np, z[..., :WIDE], c, k[:, :WIDE])


def _both(x, y, z):
    for at in range(0, x.size, WIDE):
        store(y, at, activations.tanh(load(x, at)))
        store(z, at, activations.sigmoid(load(x, at)))


def test_tanh_and_sigmoid() -> None:
    x = np.concatenate([np.linspace(-12, 12, 1592), [0, -0.0, np.inf, -np.inf, np.nan, 1e-30, -1e-9, 30]]).astype("f")
    kernels = [_both, compiled.kernel(_both)] if compiled.available() else [_both]
    for kernel in kernels:
        y, z = np.empty_like(x), np.empty_like(x)
        kernel(x, y, z)
        exact = np.tanh(x.astype("d"))
        np.testing.assert_allclose(y, exact, rtol=4e-7, atol=0)
        np.testing.assert_allclose(z, 0.5 + 0.5 * np.tanh(x.astype("d") / 2), rtol=0, atol=2.5e-7)
        assert np.nanmax(np.abs(y)) <= 1
