"""Whole recurrent networks: the public functions, masks, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit as dk
import deepkit.v1 as tf
from deepkit import ops
from deepkit.errors import ArgumentError, ShapeError

TIME, BATCH, DEPTH, UNITS = 5, 3, 2, 4
rng = np.random.default_rng(0)
X = rng.standard_normal((TIME, BATCH, DEPTH))
H0, C0 = rng.standard_normal((2, BATCH, UNITS))
LIVE = np.array([[1, 1, 0, 0, 1], [0, 0, 1, 0, 1], [0, 0, 0, 0, 0]], bool).T


def weights(gates: int) -> list[np.ndarray]:
    """Kernel, recurrent kernel, bias and recurrent bias."""
    wide = gates * UNITS
    return [rng.standard_normal(s) for s in ((DEPTH, wide), (UNITS, wide), (wide,), (wide,))]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def hard(x: np.ndarray) -> np.ndarray:
    return np.clip(0.2 * x + 0.5, 0, 1)


def steps(step, *first: np.ndarray, live: np.ndarray | None = None) -> list[np.ndarray]:
    """The states after each step; step(x, *states) gives the next ones, which count where a sequence is live."""
    kept, states = [], list(first)
    for t, x in enumerate(X):
        new = step(x, *states)
        on = np.ones((BATCH, 1), bool) if live is None else live[t][:, None]
        states = [np.where(on, a, b) for a, b in zip(new, states, strict=True)]
        kept.append(states)
    return [np.array(each) for each in zip(*kept, strict=True)]


K1, R1, B1, _ = weights(1)
K3, R3, B3, RB3 = weights(3)
K4, R4, B4, _ = weights(4)


def simple_step(x, h):
    return [np.maximum(x @ K1 + h @ R1 + B1, 0)]


def gru_step(x, h):
    (xz, xr, xg), (hz, hr, hg) = np.split(x @ K3 + B3, 3, 1), np.split(h @ R3 + RB3, 3, 1)
    z, r = sigmoid(xz + hz), sigmoid(xr + hr)
    return [z * h + (1 - z) * np.tanh(xg + r * hg)]


def reset_step(x, h):
    (xz, xr, xg), (kz, kr, kg) = np.split(x @ K3 + B3, 3, 1), np.split(R3, 3, 1)
    z, r = hard(xz + h @ kz), hard(xr + h @ kr)
    return [z * h + (1 - z) * np.tanh(xg + (r * h) @ kg)]


def lstm_step(x, h, c):
    i, j, f, o = np.split(x @ K4 + B4 + h @ R4, 4, 1)
    c = hard(f) * c + hard(i) * np.tanh(j)
    return [hard(o) * np.tanh(c), c]


NETWORKS = {
    "simple": (lambda x: [ops.simple_rnn(x, K1, R1, B1, H0, "relu")], simple_step, [H0]),
    "gru": (lambda x: [ops.gru(x, K3, R3, B3, H0, RB3)], gru_step, [H0]),
    "reset": (lambda x: [ops.gru(x, K3, R3, B3, H0, reset_after=False, gate="hard_sigmoid")], reset_step, [H0]),
    "lstm": (
        lambda x: ops.lstm_of_gates(ops.tensordot(x, K4, 1) + B4, dk.tensor(R4), C0, H0, gate="hard_sigmoid"),
        lstm_step, [H0, C0],
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_step_by_step(name: str) -> None:
    run, step, first = NETWORKS[name]
    for got, expected in zip(run(dk.tensor(X)), steps(step, *first), strict=True):
        np.testing.assert_allclose(got.numpy(), expected)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_mask_keeps_the_state(name: str) -> None:
    run, step, first = NETWORKS[name]
    found = ops.over_live_steps(run, dk.tensor(X), LIVE, first)
    for got, expected in zip(found, steps(step, *first, live=LIVE), strict=True):
        np.testing.assert_allclose(got.numpy(), expected)


def test_what_is_masked_has_no_derivative() -> None:
    x = dk.tensor(X)
    (h,) = ops.over_live_steps(NETWORKS["gru"][0], x, LIVE, [H0])
    (dx,) = dk.gradients(ops.reduce_sum(h), [x])
    assert np.all(dx.numpy()[~LIVE] == 0)
    assert np.all(dx.numpy()[LIVE] != 0)


def test_in_a_graph_that_knows_neither_time_nor_batch() -> None:
    with tf.Graph().as_default(), tf.Session() as sess:
        x, h0 = tf.placeholder(tf.float64, [None, None, DEPTH]), tf.placeholder(tf.float64, [None, UNITS])
        live = tf.placeholder(tf.bool, [None, None])
        (h,) = ops.over_live_steps(lambda x: [ops.gru(x, K3, R3, B3, h0, RB3)], x, live, [h0])
        assert h.shape.as_list() == [None, None, UNITS]
        (dx,) = tf.gradients(h, [x])
        for batch in (BATCH, 0):
            feed = {x: X[:, :batch], h0: H0[:batch], live: LIVE[:, :batch]}
            got, slope = sess.run([h, dx], feed)
            np.testing.assert_allclose(got, steps(gru_step, H0, live=LIVE)[0][:, :batch])
            assert slope.shape == (TIME, batch, DEPTH)


def test_no_steps_at_all() -> None:
    empty = dk.tensor(X[:0])
    assert ops.simple_rnn(empty, K1, R1, B1, H0).shape == (0, BATCH, UNITS)
    assert ops.gru(empty, K3, R3, B3, H0, RB3).shape == (0, BATCH, UNITS)


def test_what_is_refused() -> None:
    x = dk.tensor(X)
    with pytest.raises(ArgumentError, match="activation='elu'"):
        ops.simple_rnn(x, K1, R1, B1, H0, "elu")
    with pytest.raises(ArgumentError, match="reset_after=False"):
        ops.gru(x, K3, R3, B3, H0, RB3, reset_after=False)
    with pytest.raises(ArgumentError, match="gate='tanh'"):
        ops.lstm_of_gates(dk.tensor(X @ K4), dk.tensor(R4), C0, H0, gate="tanh")
    with pytest.raises(ShapeError, match=r"z \(time, batch, 3n\)"):
        ops.gru(x, K3, R1, B3, H0, RB3)
