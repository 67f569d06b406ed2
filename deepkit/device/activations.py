"""Activations of many numbers and what they send back: in NumPy a line of several passes, compiled one pass each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit.device import compiled, threads
from deepkit.device.registers import activations as lanes_of
from deepkit.device.registers.lanes import WIDE, load, store

SMALL = 2**14
"""Numbers below which NumPy is as fast and needs no compiled code."""
PIECE = 2**18
"""Numbers that one thread takes at a time: a quarter of a millisecond, several times what it costs to wake another one."""


def elu(xp: Any, x: Any, out: Any = None) -> Any:
    """x where x > 0, else exp(x) - 1. `out` may be x itself."""
    done = _one_pass(_elu, xp, (x,), out) if x.dtype == np.float32 else None
    return xp.where(x > 0, x, xp.expm1(xp.minimum(x, x.dtype.type(0)))) if done is None else done


def sigmoid(xp: Any, x: Any, out: Any = None) -> Any:
    """1 / (1 + exp(-x)), computed from exp(-|x|) so that nothing overflows. `out` may be x itself."""
    done = _one_pass(_sigmoid, xp, (x,), out) if x.dtype == np.float32 else None
    if done is not None:
        return done
    small = xp.exp(-xp.abs(x))
    return xp.where(x >= 0, x.dtype.type(1), small) / (1 + small)


def softplus(xp: Any, x: Any, out: Any = None) -> Any:
    """log(1 + exp(x)), without overflow. `out` may be x itself."""
    done = _one_pass(_softplus, xp, (x,), out) if x.dtype == np.float32 else None
    return xp.logaddexp(x, x.dtype.type(0)) if done is None else done


def bias_relu(xp: Any, x: Any, bias: Any, out: Any = None) -> Any:
    """max(x + bias, 0) for x (..., channels) and bias (channels,). `out` may be x itself."""
    kernel = compiled.kernel(_bias_relu) if xp is np and x.size >= SMALL and bias.size >= WIDE else None
    if kernel is None or x.dtype not in (np.float32, np.float64) or not (x.flags.c_contiguous and bias.flags.c_contiguous):
        y = xp.add(x, bias, out=out)
        return xp.maximum(y, y.dtype.type(0), out=y)
    out = np.empty_like(x) if out is None else out
    rows, to = x.reshape(-1, bias.size), out.reshape(-1, bias.size)
    step = max(1, PIECE // bias.size)
    threads.share(lambda begin, end: kernel(rows[begin:end], bias, to[begin:end]), rows.shape[0], step)
    return out


def relu_gradient(xp: Any, dy: Any, y: Any, out: Any = None) -> Any:
    """dy where y > 0, else dy * 0. `out` may be dy itself."""
    done = _one_pass(_relu_gradient, xp, (dy, y), out)
    return xp.multiply(dy, y > 0, out=out) if done is None else done


def leaky_relu_gradient(xp: Any, dy: Any, x: Any, alpha: float, out: Any = None) -> Any:
    """dy where x > 0, else alpha dy. `out` may be dy itself."""
    slope = dy.dtype.type(alpha)
    done = _one_pass(_leaky_relu_gradient, xp, (dy, x), out, slope)
    return xp.where(x > 0, dy, dy * slope) if done is None else done


def elu_gradient(xp: Any, dy: Any, y: Any, out: Any = None) -> Any:
    """dy (y + 1) where y < 0, else dy: the slope of exp(x) - 1 is exp(x) = y + 1. `out` may be dy itself."""
    done = _one_pass(_elu_gradient, xp, (dy, y), out)
    return xp.where(y < 0, dy * (y + 1), dy) if done is None else done


def _one_pass(function: Callable, xp: Any, inputs: tuple[Any, ...], out: Any, *numbers: Any) -> Any:
    """The compiled `function` of inputs of one shape and type, shared among the cores; None where it does not serve.

    The pieces are counted in registers, so that each holds at least one: the last takes what is left over.
    """
    first = inputs[0]
    fits = xp is np and first.size >= max(SMALL, WIDE) and all(_lie_alike(a, first) for a in inputs)
    kernel = compiled.kernel(function) if fits else None
    if kernel is None:
        return None
    out = np.empty_like(first) if out is None else out
    flat, registers = [a.reshape(-1) for a in (*inputs, out)], first.size // WIDE

    def some(begin: int, end: int) -> None:
        stop = end * WIDE if end < registers else first.size
        kernel(*[a[begin * WIDE : stop] for a in flat], *numbers)

    threads.share(some, registers, PIECE // WIDE)
    return out


def _lie_alike(a: Any, first: Any) -> bool:
    """Whether one index means the same place in both: arrays of one shape and type without gaps."""
    kinds = a.dtype == first.dtype and a.dtype in (np.float32, np.float64)
    return kinds and a.shape == first.shape and a.flags.c_contiguous


# ---- compiled by numba


def _elu(x, out):
    last = x.size - WIDE
    end = lanes_of.elu(load(x, last))  # before anything is overwritten: out may be x, and the last register overlaps
    for i in range(0, last, WIDE):
        store(out, i, lanes_of.elu(load(x, i)))
    store(out, last, end)


def _sigmoid(x, out):
    last = x.size - WIDE
    end = lanes_of.sigmoid_to_the_end(load(x, last))
    for i in range(0, last, WIDE):
        store(out, i, lanes_of.sigmoid_to_the_end(load(x, i)))
    store(out, last, end)


def _softplus(x, out):
    last = x.size - WIDE
    end = lanes_of.softplus(load(x, last))
    for i in range(0, last, WIDE):
        store(out, i, lanes_of.softplus(load(x, i)))
    store(out, last, end)


def _bias_relu(x, bias, out):
    zero = x.dtype.type(0)
    for row in range(x.shape[0]):
        for c in range(bias.size):
            y = x[row, c] + bias[c]
            out[row, c] = zero if y <= zero else y  # a NaN stays


def _relu_gradient(dy, y, out):
    zero, one = dy.dtype.type(0), dy.dtype.type(1)
    for i in range(dy.size):
        out[i] = dy[i] * (one if y[i] > zero else zero)


def _leaky_relu_gradient(dy, x, out, slope):
    zero, one = dy.dtype.type(0), dy.dtype.type(1)
    for i in range(dy.size):
        out[i] = dy[i] * (one if x[i] > zero else slope)


def _elu_gradient(dy, y, out):
    zero, one = dy.dtype.type(0), dy.dtype.type(1)
    for i in range(dy.size):
        out[i] = dy[i] * ((y[i] if y[i] < zero else zero) + one)
