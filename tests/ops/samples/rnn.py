"""Samples of the simple recurrent network and the GRU family, step by step in NumPy."""

import numpy as np

from samples import NO_BATCH, Sample, real

TIME, BATCH, UNITS = 3, 2, 2
H0 = real(BATCH, UNITS)
FUNCTIONS = {
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "hard_sigmoid": lambda x: np.clip(0.2 * x + 0.5, 0, 1),
    "relu": lambda x: np.maximum(x, 0),
    "linear": lambda x: x,
}


def _simple(activation):
    def run(z, h, kernel):
        hs = []
        for row in z:
            h = FUNCTIONS[activation](row + h @ kernel)
            hs.append(h)
        return np.array(hs)

    return run


def _gru(gate="sigmoid", activation="tanh"):
    def run(a, h, kernel, bias):
        hs, gates, ms = [], [], []
        for row in a:
            m = np.split(h @ kernel + bias, 3, axis=1)
            x = np.split(row, 3, axis=1)
            z, r = FUNCTIONS[gate](x[0] + m[0]), FUNCTIONS[gate](x[1] + m[1])
            g = FUNCTIONS[activation](x[2] + r * m[2])
            h = z * h + (1 - z) * g
            hs.append(h), gates.append(np.concatenate([z, r, g], 1)), ms.append(m[2])
        return np.array(hs), np.array(gates), np.array(ms)

    return run


def _reset_gru(gate="sigmoid", activation="tanh"):
    def run(a, h, kernel):
        hs, gates = [], []
        k_z, k_r, k_g = np.split(kernel, 3, axis=1)
        for row in a:
            x = np.split(row, 3, axis=1)
            z, r = FUNCTIONS[gate](x[0] + h @ k_z), FUNCTIONS[gate](x[1] + h @ k_r)
            g = FUNCTIONS[activation](x[2] + (r * h) @ k_g)
            h = z * h + (1 - z) * g
            hs.append(h), gates.append(np.concatenate([z, r, g], 1))
        return np.array(hs), np.array(gates)

    return run


def _gru_backwards(gates, m, hs, h0, kernel, dh):
    us, das, dms, later = [], [], [], 0
    for t in range(TIME)[::-1]:
        (z, r, g), before, u = np.split(gates[t], 3, axis=1), hs[t - 1] if t else h0, dh[t] + later
        da_g = u * (1 - z) * (1 - g**2)
        both = [u * (before - g) * z * (1 - z), da_g * m[t] * r * (1 - r)]
        us.append(u), das.append(np.concatenate([*both, da_g], 1)), dms.append(np.concatenate([*both, da_g * r], 1))
        later = z * u + dms[-1] @ kernel.T
    return np.array(us[::-1]), np.array(das[::-1]), np.array(dms[::-1])


def _reset_gru_backwards(gates, hs, h0, kernel, dh):
    us, das, resets, later = [], [], [], 0
    k_z, k_r, k_g = np.split(kernel, 3, axis=1)
    for t in range(TIME)[::-1]:
        (z, r, g), before, u = np.split(gates[t], 3, axis=1), hs[t - 1] if t else h0, dh[t] + later
        da_z, da_g = u * (before - g) * z * (1 - z), u * (1 - z) * (1 - g**2)
        q = da_g @ k_g.T
        da_r = q * before * r * (1 - r)
        later = z * u + r * q + da_z @ k_z.T + da_r @ k_r.T
        us.append(u), das.append(np.concatenate([da_z, da_r, da_g], 1)), resets.append(r * before)
    return np.array(us[::-1]), np.array(das[::-1]), np.array(resets[::-1])


def _linear(backwards):
    """The matrix of the steps from each moment to the next, written out for each sequence of the batch."""

    def run(c, kernel, x, k=None):
        result = np.array(x)
        for b in range(BATCH):
            step = []
            for t in range(TIME):
                gates = c[t, b].reshape(-1, UNITS)
                blocks = np.stack(np.split(kernel, len(gates), axis=1))
                forwards = sum(blocks[g] * gates[g] for g in range(len(gates)))  # u @ forwards
                step.append(forwards + (0 if k is None else np.diag(k[t, b])))
            order = range(TIME - 2, -1, -1) if backwards else range(1, TIME)
            for t in order:
                result[t, b] += step[t + 1] @ result[t + 1, b] if backwards else result[t - 1, b] @ step[t]
        return result

    return run


def _with_reset(backwards):
    def run(c_z, c_g, d, r, k, kernel, x):
        result = np.array(x)
        k_z, k_r, k_g = np.split(kernel, 3, axis=1)
        for b in range(BATCH):
            step = []
            for t in range(TIME):
                s = np.diag(r[t, b]) + k_r * d[t, b]
                step.append(np.diag(k[t, b]) + k_z * c_z[t, b] + (s @ k_g) * c_g[t, b])
            order = range(TIME - 2, -1, -1) if backwards else range(1, TIME)
            for t in order:
                result[t, b] += step[t + 1] @ result[t + 1, b] if backwards else result[t - 1, b] @ step[t]
        return result

    return run


Z, SQUARE = 2 * real(TIME, BATCH, UNITS), real(UNITS, UNITS)
A, WIDE, BIAS = 2 * real(TIME, BATCH, 3 * UNITS), real(UNITS, 3 * UNITS), real(3 * UNITS)
X, C1, C3, K = (real(TIME, BATCH, n) for n in (UNITS, UNITS, 3 * UNITS, UNITS))
C_Z, C_G, D, R = (real(TIME, BATCH, UNITS) for _ in range(4))

SAMPLES = [
    *[Sample("SimpleRNN", {"activation": a}, (Z, H0, SQUARE), _simple(a), NO_BATCH) for a in FUNCTIONS],
    Sample("GRU", {}, (A, H0, WIDE, BIAS), _gru(), NO_BATCH),
    Sample("GRU", {"gate": "hard_sigmoid", "activation": "linear"}, (A, H0, WIDE, BIAS),
           _gru("hard_sigmoid", "linear"), NO_BATCH),
    Sample("GRUBackwards", {}, (A, X, K, H0, WIDE, Z), _gru_backwards, NO_BATCH),
    Sample("ResetGRU", {}, (A, H0, WIDE), _reset_gru(), NO_BATCH),
    Sample("ResetGRU", {"gate": "hard_sigmoid", "activation": "sigmoid"}, (A, H0, WIDE),
           _reset_gru("hard_sigmoid", "sigmoid"), NO_BATCH),
    Sample("ResetGRUBackwards", {}, (A, K, H0, WIDE, X), _reset_gru_backwards, NO_BATCH),
    *[Sample("LinearRecurrence", {"backwards": b}, (C1, SQUARE, X), _linear(b), NO_BATCH) for b in (True, False)],
    *[Sample("LinearRecurrence", {"backwards": b, "gates": 3}, (C3, WIDE, X, K), _linear(b), NO_BATCH)
      for b in (True, False)],
    *[Sample("ResetRecurrence", {"backwards": b}, (C_Z, C_G, D, R, K, WIDE, X), _with_reset(b), NO_BATCH)
      for b in (True, False)],
]
