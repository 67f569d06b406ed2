"""Samples of the LSTM family."""

import numpy as np

from samples import NO_BATCH, Sample, real

TIME, BATCH, UNITS = 3, 2, 2
Z, KERNEL = 2 * real(TIME, BATCH, 4 * UNITS), real(UNITS, 4 * UNITS)
C0, H0 = real(BATCH, UNITS), real(BATCH, UNITS)


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _hard(x):
    return np.clip(0.2 * x + 0.5, 0, 1)


def _lstm(z, c, h, kernel, gate=_sigmoid):
    hs, cs, gates = [], [], []
    for row in z:
        i, j, f, o = np.split(row + h @ kernel, 4, axis=1)
        i, j, f, o = gate(i), np.tanh(j), gate(f), gate(o)
        c = f * c + i * j
        h = o * np.tanh(c)
        hs.append(h), cs.append(c), gates.append(np.concatenate([i, j, f, o], 1))
    return np.array(hs), np.array(cs), np.array(gates)


HS, CS, GATES = _lstm(Z, C0, H0, KERNEL)
DH, DC, DG = real(*HS.shape), real(*CS.shape), real(*GATES.shape)


def _jacobian(gates, cs, c0, kernel, **slope):
    """The matrix of the linear map LSTMBackwards: its columns are what the unit vectors of (dh, dc, dgates) give."""
    columns = []
    for k in range(DH.size + DC.size + DG.size):
        unit = np.zeros(DH.size + DC.size + DG.size)
        unit[k] = 1
        dh, dc, dg = np.split(unit, [DH.size, DH.size + DC.size])
        columns.append(
            _chain_rule(
                gates, cs, c0, kernel, dh.reshape(DH.shape), dc.reshape(DC.shape), dg.reshape(DG.shape), **slope
            )
        )
    return np.stack([np.concatenate([part.ravel() for part in column]) for column in columns], 1)


def _chain_rule(gates, cs, c0, kernel, dh, dc, dgates=None, slope=lambda g: g * (1 - g)):
    dgates = np.zeros_like(gates) if dgates is None else dgates
    us, vs, dzs = np.zeros_like(cs), np.zeros_like(cs), np.zeros_like(gates)
    for t in reversed(range(TIME)):
        i, j, f, o = np.split(gates[t], 4, axis=1)
        u, v = dh[t].copy(), dc[t].copy()
        if t + 1 < TIME:
            u += dzs[t + 1] @ kernel.T
            v += vs[t + 1] * np.split(gates[t + 1], 4, axis=1)[2]
        v += u * o * (1 - np.tanh(cs[t]) ** 2)
        by = np.concatenate([v * j, v * i, v * (cs[t - 1] if t else c0), u * np.tanh(cs[t])], 1) + dgates[t]
        dzs[t] = by * np.concatenate([slope(i), 1 - j**2, slope(f), slope(o)], 1)
        us[t], vs[t] = u, v
    return us, vs, dzs


def _transposed(gates, cs, c0, kernel, dh, dc, z, **slope):
    moved = _jacobian(gates, cs, c0, kernel, **slope).T @ np.concatenate([dh.ravel(), dc.ravel(), z.ravel()])
    parts = np.split(moved, [dh.size, dh.size + dc.size])
    return [p.reshape(x.shape) for p, x in zip(parts, (dh, dc, z), strict=True)]


HARD = {"gate": "hard_sigmoid"}
STRAIGHT = {"slope": lambda g: 0.2 * ((g > 0) & (g < 1))}

SAMPLES = [
    Sample("LSTM", HARD, (Z, C0, H0, KERNEL), lambda *xs: _lstm(*xs, gate=_hard), NO_BATCH),
    Sample("LSTMBackwards", HARD, (_hard(GATES), CS, C0, KERNEL, DH, DC, DG),
           lambda *xs: _chain_rule(*xs, **STRAIGHT), NO_BATCH),
    Sample("LSTMForwards", HARD, (_hard(GATES), CS, C0, KERNEL, DH, DC, DG),
           lambda *xs: _transposed(*xs, **STRAIGHT), NO_BATCH),
    Sample("LSTM", {}, (Z, C0, H0, KERNEL), _lstm, NO_BATCH),
    Sample("LSTMBackwards", {}, (GATES, CS, C0, KERNEL, DH, DC, DG), _chain_rule, NO_BATCH),
    Sample("LSTMBackwards", {"with_gates": False}, (GATES, CS, C0, KERNEL, DH, DC), _chain_rule, NO_BATCH),
    Sample("LSTMForwards", {}, (GATES, CS, C0, KERNEL, DH, DC, DG), _transposed, NO_BATCH),
]
