"""Launches recurrent.cu: recurrences fused over a sequence, as device/recurrent.py and ops/nn/recurrent_* have them."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.device.cuda import loader

ROWS = 4
"""Rows of the batch that a block takes; one, where the states of so many do not fit into its memory."""
SHARED = 48 * 1024
"""Bytes of shared memory that a block has on every GPU."""


def fits(xp: Any, z: Any, kernel: Any, wide: int = 1) -> bool:
    """True if kernels take z (time, batch, ...) and kernel (n, ...), with states of `wide` n numbers for each row."""
    return loader.fits(xp, z, kernel) and wide * kernel.shape[0] * z.dtype.itemsize <= SHARED


def simple(xp: Any, z: Any, h0: Any, kernel: Any, activation: str = "tanh") -> Any:
    """h (time, batch, n) with h_t = activation(z_t + h_(t-1) @ kernel)."""
    hs, arrays = xp.empty(z.shape, z.dtype), _whole(xp, z, h0, kernel)
    _launch(xp, "simple", hs, 1, *arrays, hs, activation=activation)
    return hs


def linear_backwards(xp: Any, c: Any, kernel: Any, x: Any, keep: Any = None) -> Any:
    """u (time, batch, n), u_t = x_t + (c_(t+1) u_(t+1) for each gate) @ kernel^T + keep_(t+1) u_(t+1)."""
    us, gates = xp.empty(x.shape, x.dtype), kernel.shape[1] // max(1, kernel.shape[0])
    arrays = _whole(xp, c, kernel.T, x, x if keep is None else keep)
    _launch(xp, "linear_backwards", us, gates, *arrays, us, numbers=(gates, int(keep is not None)))
    return us


def lstm(xp: Any, z: Any, c0: Any, h0: Any, kernel: Any, gate: str = "sigmoid") -> tuple[Any, Any, Any]:
    """h, c and the gates i, j, f, o of an LSTM; see ops/nn/recurrent_lstm."""
    shape = (*z.shape[:2], kernel.shape[0])
    hs, cs, gates = xp.empty(shape, z.dtype), xp.empty(shape, z.dtype), xp.empty(z.shape, z.dtype)
    _launch(xp, "lstm", hs, 1, *_whole(xp, z, c0, h0, kernel), hs, cs, gates, gate=gate)
    return hs, cs, gates


def lstm_backwards(
    xp: Any, gates: Any, cs: Any, c0: Any, kernel: Any, dh: Any, dc: Any, gate: str = "sigmoid"
) -> tuple[Any, Any, Any]:
    """u, v and dz of the chain rule through an LSTM; see ops/nn/recurrent_lstm."""
    us, vs, dzs = xp.empty(cs.shape, cs.dtype), xp.empty(cs.shape, cs.dtype), xp.empty(gates.shape, cs.dtype)
    _launch(xp, "lstm_backwards", us, 4, *_whole(xp, gates, cs, c0, kernel.T, dh, dc), us, vs, dzs, gate=gate)
    return us, vs, dzs


def gru(
    xp: Any, a: Any, h0: Any, kernel: Any, bias: Any, gate: str = "sigmoid", activation: str = "tanh"
) -> tuple[Any, Any, Any]:
    """h, the gates z, r, g and m_g of a GRU that resets the product; see ops/nn/recurrent_gru."""
    shape = (*a.shape[:2], kernel.shape[0])
    hs, gates, ms = xp.empty(shape, a.dtype), xp.empty(a.shape, a.dtype), xp.empty(shape, a.dtype)
    arrays = _whole(xp, a, h0, kernel, bias)
    _launch(xp, "gru", hs, 1, *arrays, hs, gates, ms, gate=gate, activation=activation)
    return hs, gates, ms


def reset_gru(
    xp: Any, a: Any, h0: Any, kernel: Any, gate: str = "sigmoid", activation: str = "tanh"
) -> tuple[Any, Any]:
    """h and the gates z, r, g of a GRU that resets the state; see ops/nn/recurrent_reset_gru."""
    hs, gates = xp.empty((*a.shape[:2], kernel.shape[0]), a.dtype), xp.empty(a.shape, a.dtype)
    _launch(xp, "reset_gru", hs, 1, *_whole(xp, a, h0, kernel), hs, gates, gate=gate, activation=activation)
    return hs, gates


def reset_backwards(xp: Any, c_z: Any, c_g: Any, d: Any, r: Any, keep: Any, kernel: Any, x: Any) -> Any:
    """u of the chain rule through `reset_gru`; see ops/nn/recurrent_reset_gru."""
    us, qs = xp.empty(x.shape, x.dtype), xp.empty(x.shape[1:], x.dtype)
    _launch(xp, "reset_backwards", us, 2, *_whole(xp, c_z, c_g, d, r, keep, kernel.T, x), us, qs)
    return us


def _whole(xp: Any, *arrays: Any) -> list[Any]:
    return [xp.ascontiguousarray(a) for a in arrays]


def _launch(
    xp: Any, kernel: str, like: Any, wide: int, *arrays: Any, gate: str = "sigmoid", activation: str = "tanh",
    numbers: tuple[int, ...] = (),
) -> None:
    """Runs a kernel that makes states like `like` (time, batch, n) and keeps `wide` n numbers for each of its rows."""
    time, batch, n = like.shape
    each = wide * n * np.dtype(like.dtype).itemsize
    rows = ROWS if ROWS * each <= SHARED else 1
    functions = f"-DROWS={rows}", f"-DGATE={gate}", f"-DSLOPE=slope_of_{gate}", f"-DACTIVATION={activation}"
    if not like.size:
        return
    loader.launch(
        xp, f"recurrent.{kernel}", like.dtype, (-(-batch // rows),), (loader.THREADS,), *arrays, time, batch, n, *numbers,
        shared_mem=rows * each, options=functions,
    )
