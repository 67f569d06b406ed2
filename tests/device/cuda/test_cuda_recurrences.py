"""The CUDA kernels that walk through time give what the ops give step by step, whatever ends a step, for any sizes."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit.device import cuda
from deepkit.ops.nn import recurrent_gru, recurrent_lstm, recurrent_reset_gru, recurrent_simple

SIZES = [(4, 5, 3), (1, 1, 1), (3, 9, 33), (0, 2, 4), (3, 0, 4)]
"""Time, batch and units."""
TYPES = [np.float32, np.float64]


def alike(got, wanted):
    for a, b in zip(got, wanted, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=0, atol=(3e-5 if a.dtype == np.float32 else 1e-12) * (1 + np.abs(b).max(initial=0)))


@pytest.mark.parametrize(
    ("activation", "dtype"),
    [("tanh", np.float32), *[(f, np.float64) for f in ("tanh", "sigmoid", "hard_sigmoid", "relu", "linear")]],
)
def test_simple(gpu, normal, activation, dtype):
    for time, batch, n in SIZES:
        given = [normal(shape, dtype) / 2 for shape in ((time, batch, n), (batch, n), (n, n))]
        wanted = recurrent_simple.SimpleRNN(activation=activation).forward(np, *given)
        alike([cuda.recurrent.simple(gpu, *given, activation)], [wanted])


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("gates", [1, 3])
@pytest.mark.parametrize("kept", [False, True])
def test_linear_backwards(gpu, normal, gates, kept, dtype):
    for time, batch, n in SIZES:
        shapes = [(time, batch, gates * n), (n, gates * n), (time, batch, n), (time, batch, n)]
        given = [normal(shape, dtype) / 2 for shape in shapes[: 4 if kept else 3]]
        wanted = recurrent_simple.LinearRecurrence(backwards=True, gates=gates)._walk(np, *given)
        alike([cuda.recurrent.linear_backwards(gpu, *given)], [wanted])


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("gate", ["sigmoid", "hard_sigmoid"])
def test_lstm_and_the_chain_rule_through_it(gpu, normal, gate, dtype):
    for time, batch, n in SIZES:
        shapes = [(time, batch, 4 * n), (batch, n), (batch, n), (n, 4 * n)]
        z, c0, h0, kernel = (normal(shape, dtype) for shape in shapes)
        wanted = recurrent_lstm.LSTM(gate=gate).forward(np, z, c0, h0, kernel)
        alike(cuda.recurrent.lstm(gpu, z, c0, h0, kernel, gate), wanted)
        hs, cs, gates = wanted
        back = gates, cs, c0, kernel, normal(hs.shape, dtype), normal(hs.shape, dtype)
        wanted = recurrent_lstm.LSTMBackwards(gate=gate).forward(np, *back)
        alike(cuda.recurrent.lstm_backwards(gpu, *back, gate), wanted)


@pytest.mark.parametrize(
    ("gate", "activation", "dtype"),
    [("sigmoid", "tanh", np.float32), ("sigmoid", "tanh", np.float64), ("hard_sigmoid", "relu", np.float64)],
)
def test_both_forms_of_the_gru(gpu, normal, gate, activation, dtype):
    for time, batch, n in SIZES:
        shapes = [(time, batch, 3 * n), (batch, n), (n, 3 * n), (3 * n,)]
        a, h0, kernel, bias = (normal(shape, dtype) / 2 for shape in shapes)
        functions = {"gate": gate, "activation": activation}
        wanted = recurrent_gru.GRU(**functions).forward(np, a, h0, kernel, bias)
        alike(cuda.recurrent.gru(gpu, a, h0, kernel, bias, **functions), wanted)
        wanted = recurrent_reset_gru.ResetGRU(**functions).forward(np, a, h0, kernel)
        alike(cuda.recurrent.reset_gru(gpu, a, h0, kernel, **functions), wanted)


@pytest.mark.parametrize("dtype", TYPES)
def test_the_chain_rule_through_the_older_gru(gpu, normal, dtype):
    for time, batch, n in SIZES:
        c_z, c_g, d, r, k, x = (normal((time, batch, n), dtype) / 2 for _ in range(6))
        kernel = normal((n, 3 * n), dtype) / 2
        wanted = recurrent_reset_gru.ResetRecurrence(backwards=True).forward(np, c_z, c_g, d, r, k, kernel, x)
        alike([cuda.recurrent.reset_backwards(gpu, c_z, c_g, d, r, k, kernel, x)], [wanted])


def test_states_that_do_not_fit_for_four_rows_fit_for_one(gpu, normal):
    z, h0, kernel = normal((2, 3, 1601)), normal((3, 1601)), normal((1601, 1601)) / 40
    assert cuda.recurrent.fits(gpu, z, kernel)
    assert not cuda.recurrent.fits(gpu, z, kernel, wide=4)
    alike([cuda.recurrent.simple(gpu, z, h0, kernel)], [recurrent_simple.SimpleRNN().forward(np, z, h0, kernel)])
