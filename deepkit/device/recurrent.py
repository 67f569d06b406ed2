"""Recurrences of float32 compiled: each thread takes some rows of the batch and walks through time with them.

The rows of a batch know nothing of each other, so nobody waits. One step is a table of `products` by the recurrent kernel
and one pass over its sums in the registers. The same in NumPy, step by step: `forward` of the ops in ops/nn/recurrent_*;
on a GPU, where a block takes the rows: cuda/recurrent, which also knows other functions than sigmoid and tanh.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit.device import compiled, cuda, threads
from deepkit.device.registers.activations import sigmoid, tanh
from deepkit.device.registers.lanes import WIDE, flat, fused, load, nothing, same, store
from deepkit.device.registers.products import ROWS, products

SMALL = 2**12
"""Sums in one step below which NumPy is as fast and needs no compiled code."""


def fits(xp: Any, z: Any, kernel: Any, usual: bool = True, wide: int = 1) -> bool:
    """True if these walks through time and back serve: z (time, batch, gates n), kernel (n, gates n).

    usual: whether a step ends with sigmoid and tanh; wide: how many times n numbers a step multiplies by the kernel.
    """
    if xp is not np:
        return cuda.recurrent.fits(xp, z, kernel, wide)
    return (
        usual
        and z.dtype == np.float32
        and kernel.shape[0] >= WIDE
        and z.shape[1] * z.shape[2] >= SMALL
        and compiled.kernel(_simple) is not None
    )


def simple(xp: Any, z: Any, h0: Any, kernel: Any, activation: str = "tanh") -> Any:
    """h (time, batch, n) with h_t = activation(z_t + h_(t-1) @ kernel)."""
    if xp is not np:
        return cuda.recurrent.simple(xp, z, h0, kernel, activation)
    hs = np.empty_like(z, order="C")
    _by_rows(_simple, z, h0, kernel, hs)
    return hs


def linear_backwards(xp: Any, c: Any, kernel: Any, x: Any) -> Any:
    """u (time, batch, n) with u_t = x_t + (c_(t+1) u_(t+1)) @ kernel^T: the chain rule through `simple`."""
    if xp is not np:
        return cuda.recurrent.linear_backwards(xp, c, kernel, x)
    us = np.empty_like(x, order="C")
    _by_rows(_linear_backwards, c, kernel.T, x, us)
    return us


def lstm(xp: Any, z: Any, c0: Any, h0: Any, kernel: Any, gate: str = "sigmoid") -> tuple[Any, Any, Any]:
    """h, c and the gates i, j, f, o of an LSTM; see ops/nn/recurrent_lstm."""
    if xp is not np:
        return cuda.recurrent.lstm(xp, z, c0, h0, kernel, gate)
    shape = (*z.shape[:2], kernel.shape[0])
    hs, cs, gates = np.empty(shape, z.dtype), np.empty(shape, z.dtype), np.empty_like(z, order="C")
    _by_rows(_lstm, z, c0, h0, kernel, hs, cs, gates)
    return hs, cs, gates


def lstm_backwards(
    xp: Any, gates: Any, cs: Any, c0: Any, kernel: Any, dh: Any, dc: Any, gate: str = "sigmoid"
) -> tuple[Any, Any, Any]:
    """u, v and dz of the chain rule through an LSTM; see ops/nn/recurrent_lstm."""
    if xp is not np:
        return cuda.recurrent.lstm_backwards(xp, gates, cs, c0, kernel, dh, dc, gate)
    us, vs, dzs = np.empty_like(cs, order="C"), np.empty_like(cs, order="C"), np.empty_like(gates, order="C")
    _by_rows(_lstm_backwards, gates, cs, c0, kernel.T, dh, dc, us, vs, dzs)
    return us, vs, dzs


def gru(
    xp: Any, a: Any, h0: Any, kernel: Any, bias: Any, gate: str = "sigmoid", activation: str = "tanh"
) -> tuple[Any, Any, Any]:
    """h, the gates z, r, g and m_g of a GRU that resets the product; see ops/nn/recurrent_gru."""
    if xp is not np:
        return cuda.recurrent.gru(xp, a, h0, kernel, bias, gate, activation)
    hs, gates = np.empty((*a.shape[:2], kernel.shape[0]), a.dtype), np.empty_like(a, order="C")
    ms = np.empty_like(hs)
    _by_rows(_gru, a, h0, kernel, bias, hs, gates, ms)
    return hs, gates, ms


def gru_backwards(gates: Any, ms: Any, hs: Any, h0: Any, kernel: Any, dh: Any) -> tuple[Any, Any, Any]:
    """u, da and dm of the chain rule through such a GRU; see ops/nn/recurrent_gru."""
    us, das, dms = np.empty_like(hs, order="C"), np.empty_like(gates, order="C"), np.empty_like(gates, order="C")
    _by_rows(_gru_backwards, gates, ms, hs, h0, kernel.T, dh, us, das, dms)
    return us, das, dms


def reset_gru(xp: Any, a: Any, h0: Any, kernel: Any, gate: str = "sigmoid", activation: str = "tanh") -> tuple[Any, Any]:
    """h and the gates z, r, g of a GRU that resets the state; see ops/nn/recurrent_reset_gru."""
    if xp is not np:
        return cuda.recurrent.reset_gru(xp, a, h0, kernel, gate, activation)
    hs, gates = np.empty((*a.shape[:2], kernel.shape[0]), a.dtype), np.empty_like(a, order="C")
    _by_rows(_reset_gru, a, h0, kernel, hs, gates)
    return hs, gates


def goes_back_in_one(xp: Any, gates: Any, kernel: Any) -> bool:
    """True if `gru_backwards` and `reset_gru_backwards` serve; on a GPU one of several kernels does the walk, see ops/nn."""
    return xp is np and fits(xp, gates, kernel)


def reset_gru_backwards(gates: Any, hs: Any, h0: Any, kernel: Any, dh: Any) -> tuple[Any, Any, Any]:
    """u, da and r h_(t-1) of the chain rule through such a GRU; see ops/nn/recurrent_reset_gru."""
    us, das, resets = np.empty_like(hs, order="C"), np.empty_like(gates, order="C"), np.empty_like(hs, order="C")
    _by_rows(_reset_gru_backwards, gates, hs, h0, kernel.T, dh, us, das, resets)
    return us, das, resets


def _by_rows(function: Callable, *arrays: Any) -> None:
    """Runs a compiled recurrence over arrays (time, batch, ...) and (batch, ...), some rows of the batch at a time."""
    kernel, whole = compiled.kernel(function), [np.ascontiguousarray(a) for a in arrays]
    assert kernel is not None
    batch = whole[0].shape[1]
    step = -(-batch // threads.workers() // ROWS) * ROWS  # what one row gets does not depend on its neighbours
    threads.share(lambda first, last: kernel(first, last, *whole), batch, max(step, ROWS))


def _simple(first, last, z, h0, kernel, hs):  # compiled by numba
    (time, batch, n), rows = z.shape, last - first
    sums, where = np.empty((rows, n), z.dtype), np.arange(rows) * n
    terms = ((1, 1, n), (0, 0, 1), (0, 0, n))
    for t in range(time):
        here = (t * batch + first) * n
        before, at = (flat(hs), here - batch * n) if t else (flat(h0), first * n)
        products(before, at, where, flat(kernel), 0, n, flat(sums), 0, terms, True)
        for row in range(0, rows * n, n):
            for begin in range(0, n, WIDE):
                c = row + min(begin, n - WIDE)
                store(hs, here + c, tanh(load(z, here + c) + load(sums, c)))


def _linear_backwards(first, last, c, turned, x, us):  # compiled by numba
    (time, batch, n), rows = x.shape, last - first
    sent, sums = np.empty((rows, n), x.dtype), np.zeros((rows, n), x.dtype)
    where, terms = np.arange(rows) * n, ((1, 1, n), (0, 0, 1), (0, 0, n))
    for back in range(time):
        here = ((time - 1 - back) * batch + first) * n
        if back:
            products(flat(sent), 0, where, flat(turned), 0, n, flat(sums), 0, terms, True)
        for row in range(0, rows * n, n):
            for begin in range(0, n, WIDE):
                k = row + min(begin, n - WIDE)
                u = load(x, here + k) + load(sums, k)
                store(us, here + k, u)
                store(sent, k, load(c, here + k) * u)


def _lstm(first, last, z, c0, h0, kernel, hs, cs, gates):  # compiled by numba
    (time, batch, wide), rows = z.shape, last - first
    n = wide // 4
    sums, where = np.empty((rows, wide), z.dtype), np.arange(rows) * n
    terms = ((1, 1, n), (0, 0, 1), (0, 0, wide))
    for t in range(time):
        here = t * batch + first
        before, at = (flat(hs), (here - batch) * n) if t else (flat(h0), first * n)
        products(before, at, where, flat(kernel), 0, wide, flat(sums), 0, terms, True)
        for row in range(rows):
            for begin in range(0, n, WIDE):
                k = min(begin, n - WIDE)
                s, g, c = row * wide + k, (here + row) * wide + k, (here + row) * n + k
                before = load(cs, c - batch * n) if t else load(c0, (first + row) * n + k)
                i, j = sigmoid(load(sums, s) + load(z, g)), tanh(load(sums, s + n) + load(z, g + n))
                f = sigmoid(load(sums, s + 2 * n) + load(z, g + 2 * n))
                o = sigmoid(load(sums, s + 3 * n) + load(z, g + 3 * n))
                now = f * before + i * j
                store(gates, g, i)
                store(gates, g + n, j)
                store(gates, g + 2 * n, f)
                store(gates, g + 3 * n, o)
                store(cs, c, now)
                store(hs, c, o * tanh(now))


def _lstm_backwards(first, last, gates, cs, c0, turned, dh, dc, us, vs, dzs):  # compiled by numba
    (time, batch, wide), rows = gates.shape, last - first
    n, one, later_h = wide // 4, same(1.0), np.zeros((rows, wide // 4), gates.dtype)
    where = np.arange(rows) * wide
    terms = ((1, 1, wide), (0, 0, 1), (0, 0, n))
    for back in range(time):
        t = time - 1 - back
        here = t * batch + first
        if back:  # what the step after this one sends back through the kernel
            products(flat(dzs), (here + batch) * wide, where, flat(turned), 0, n, flat(later_h), 0, terms, True)
        for row in range(rows):
            for begin in range(0, n, WIDE):
                k = min(begin, n - WIDE)
                s, g, c = row * n + k, (here + row) * wide + k, (here + row) * n + k
                i, j, f, o = load(gates, g), load(gates, g + n), load(gates, g + 2 * n), load(gates, g + 3 * n)
                before = load(cs, c - batch * n) if t else load(c0, (first + row) * n + k)
                through_f = load(vs, c + batch * n) * load(gates, g + batch * wide + 2 * n) if back else nothing()
                bent = tanh(load(cs, c))
                u = load(dh, c) + load(later_h, s)
                v = load(dc, c) + through_f + (one - bent * bent) * o * u
                store(us, c, u)
                store(vs, c, v)
                store(dzs, g, v * j * i * (one - i))
                store(dzs, g + n, v * i * (one - j * j))
                store(dzs, g + 2 * n, v * before * f * (one - f))
                store(dzs, g + 3 * n, u * bent * o * (one - o))


def _gru(first, last, a, h0, kernel, bias, hs, gates, ms):  # compiled by numba
    (time, batch, n), rows, wide = hs.shape, last - first, 3 * hs.shape[2]
    sums, where, terms = np.empty((rows, wide), a.dtype), np.arange(rows) * n, ((1, 1, n), (0, 0, 1), (0, 0, wide))
    for t in range(time):
        here = t * batch + first
        before, at = (flat(hs), (here - batch) * n) if t else (flat(h0), first * n)
        products(before, at, where, flat(kernel), 0, wide, flat(sums), 0, terms, True)
        for row in range(rows):
            for begin in range(0, n, WIDE):
                k = min(begin, n - WIDE)
                s, g, c = row * wide + k, (here + row) * wide + k, (here + row) * n + k
                z = sigmoid(load(a, g) + (load(sums, s) + load(bias, k)))
                r = sigmoid(load(a, g + n) + (load(sums, s + n) + load(bias, k + n)))
                m = load(sums, s + 2 * n) + load(bias, k + 2 * n)
                candidate = tanh(fused(r, m, load(a, g + 2 * n)))
                store(gates, g, z)
                store(gates, g + n, r)
                store(gates, g + 2 * n, candidate)
                store(ms, c, m)
                store(hs, c, fused(z, load(before, at + row * n + k) - candidate, candidate))


def _gru_backwards(first, last, gates, ms, hs, h0, turned, dh, us, das, dms):  # compiled by numba
    (time, batch, n), rows, wide, one = hs.shape, last - first, 3 * hs.shape[2], same(1.0)
    sums, where = np.zeros((rows, n), hs.dtype), np.arange(rows) * wide
    terms = ((1, 1, wide), (0, 0, 1), (0, 0, n))
    for back in range(time):
        t = time - 1 - back
        here = t * batch + first
        before, at = (flat(hs), (here - batch) * n) if t else (flat(h0), first * n)
        if back:  # what the step after this one sends back through the kernel
            products(flat(dms), (here + batch) * wide, where, flat(turned), 0, n, flat(sums), 0, terms, True)
        for row in range(rows):
            for begin in range(0, n, WIDE):
                k = min(begin, n - WIDE)
                s, g, c = row * n + k, (here + row) * wide + k, (here + row) * n + k
                z, r, candidate = load(gates, g), load(gates, g + n), load(gates, g + 2 * n)
                kept = load(gates, g + batch * wide) * load(us, c + batch * n) if back else nothing()
                u = load(dh, c) + kept + load(sums, s)
                to_z = (load(before, at + s) - candidate) * z * (one - z) * u
                to_g = (one - z) * (one - candidate * candidate) * u
                to_r = to_g * load(ms, c) * r * (one - r)
                store(us, c, u)
                store(das, g, to_z)
                store(dms, g, to_z)
                store(das, g + n, to_r)
                store(dms, g + n, to_r)
                store(das, g + 2 * n, to_g)
                store(dms, g + 2 * n, to_g * r)


def _reset_gru(first, last, a, h0, kernel, hs, gates):  # compiled by numba
    (time, batch, n), rows, wide = hs.shape, last - first, 3 * hs.shape[2]
    sums, reset = np.empty((rows, 2 * n), a.dtype), np.empty((rows, n), a.dtype)
    where, terms = np.arange(rows) * n, ((1, 1, n), (0, 0, 1), (0, 0, wide))
    for t in range(time):
        here = t * batch + first
        before, at = (flat(hs), (here - batch) * n) if t else (flat(h0), first * n)
        products(before, at, where, flat(kernel), 0, 2 * n, flat(sums), 0, terms, True)
        for row in range(rows):
            for begin in range(0, n, WIDE):
                k = min(begin, n - WIDE)
                s, g, c = 2 * row * n + k, (here + row) * wide + k, row * n + k
                r = sigmoid(load(sums, s + n) + load(a, g + n))
                store(gates, g, sigmoid(load(sums, s) + load(a, g)))
                store(gates, g + n, r)
                store(reset, c, r * load(before, at + c))
        products(flat(reset), 0, where, flat(kernel), 2 * n, n, flat(sums), 0, terms, True)
        for row in range(rows):
            for begin in range(0, n, WIDE):
                k = min(begin, n - WIDE)
                c, g = row * n + k, (here + row) * wide + k
                candidate = tanh(load(sums, c) + load(a, g + 2 * n))
                store(gates, g + 2 * n, candidate)
                store(hs, here * n + c, fused(load(gates, g), load(before, at + c) - candidate, candidate))


def _reset_gru_backwards(first, last, gates, hs, h0, turned, dh, us, das, resets):  # compiled by numba
    (time, batch, n), rows, wide, one = hs.shape, last - first, 3 * hs.shape[2], same(1.0)
    sums, kept, where = np.zeros((rows, n), hs.dtype), np.zeros((rows, n), hs.dtype), np.arange(rows) * wide
    terms_zr, terms_g = ((1, 1, 2 * n), (0, 0, 1), (0, 0, n)), ((1, 1, n), (0, 0, 1), (0, 0, n))
    for back in range(time):
        t = time - 1 - back
        here = t * batch + first
        before, at = (flat(hs), (here - batch) * n) if t else (flat(h0), first * n)
        for row in range(rows):
            for begin in range(0, n, WIDE):
                k = min(begin, n - WIDE)
                s, g, c = row * n + k, (here + row) * wide + k, (here + row) * n + k
                z, candidate, h = load(gates, g), load(gates, g + 2 * n), load(before, at + s)
                u = load(dh, c) + load(kept, s) + load(sums, s)
                store(us, c, u)
                store(das, g, (h - candidate) * z * (one - z) * u)
                store(das, g + 2 * n, (one - z) * (one - candidate * candidate) * u)
                store(resets, c, load(gates, g + n) * h)
        products(flat(das), here * wide + 2 * n, where, flat(turned), 2 * n * n, n, flat(sums), 0, terms_g, True)
        for row in range(rows):
            for begin in range(0, n, WIDE):
                k = min(begin, n - WIDE)
                s, g, c = row * n + k, (here + row) * wide + k, (here + row) * n + k
                r, q = load(gates, g + n), load(sums, s)
                store(das, g + n, load(resets, c) * (one - r) * q)
                store(kept, s, load(gates, g) * load(us, c) + r * q)
        products(flat(das), here * wide, where, flat(turned), 0, n, flat(sums), 0, terms_zr, True)
