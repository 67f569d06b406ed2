"""How a variable moves, one function per rule, in place: NumPy reference and compiled twin side by side.

All arrays have one shape; numbers are scalars of the same type. The reference works in blocks that stay in the
processor's cache, which is several times faster than passing over whole arrays again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit.device import compiled

BLOCK = 8192  # elements


def _blocks(*arrays: Any) -> Any:
    if not all(a.flags.c_contiguous for a in arrays):  # reshape would copy, and the updates be lost
        yield arrays
        return
    flat = [a.reshape(-1) for a in arrays]
    for i in range(0, flat[0].size, BLOCK):
        yield [a[i : i + BLOCK] for a in flat]


def adam_reference(var: Any, m: Any, v: Any, grad: Any, rate: Any, beta1: Any, beta2: Any, epsilon: Any) -> None:
    """m, v: moving means of grad and grad^2; var -= rate * m / (sqrt(v) + epsilon)."""
    one = type(rate)(1)
    for x, a, b, g in _blocks(var, m, v, grad):
        a += (g - a) * (one - beta1)
        b += (g * g - b) * (one - beta2)
        x -= a * rate / (np.sqrt(b) + epsilon)


def _adam(var, m, v, grad, rate, beta1, beta2, epsilon):  # compiled by numba
    one = var.dtype.type(1)
    for i in range(var.size):
        m[i] += (grad[i] - m[i]) * (one - beta1)
        v[i] += (grad[i] * grad[i] - v[i]) * (one - beta2)
        var[i] -= m[i] * rate / (np.sqrt(v[i]) + epsilon)


def momentum_reference(var: Any, accum: Any, grad: Any, rate: Any, momentum: Any, nesterov: bool) -> None:
    """accum = momentum * accum + grad; var -= rate * accum, or with Nesterov rate * (grad + momentum * accum)."""
    for x, a, g in _blocks(var, accum, grad):
        a *= momentum
        a += g
        x -= (g + a * momentum) * rate if nesterov else a * rate


def _momentum(var, accum, grad, rate, momentum, nesterov):  # compiled by numba
    for i in range(var.size):
        accum[i] = accum[i] * momentum + grad[i]
        if nesterov:
            var[i] -= (grad[i] + accum[i] * momentum) * rate
        else:
            var[i] -= accum[i] * rate


def velocity_reference(var: Any, accum: Any, grad: Any, rate: Any, momentum: Any, nesterov: bool) -> None:
    """accum = momentum * accum - rate * grad; var += accum, or with Nesterov momentum * accum - rate * grad."""
    for x, a, g in _blocks(var, accum, grad):
        step = g * rate
        a *= momentum
        a -= step
        x += a * momentum - step if nesterov else a


def _velocity(var, accum, grad, rate, momentum, nesterov):  # compiled by numba
    for i in range(var.size):
        step = grad[i] * rate
        accum[i] = accum[i] * momentum - step
        if nesterov:
            var[i] += accum[i] * momentum - step
        else:
            var[i] += accum[i]


def plain_rmsprop_reference(var: Any, ms: Any, grad: Any, rate: Any, decay: Any, epsilon: Any) -> None:
    """ms: moving mean of grad^2; var -= rate * grad / (sqrt(ms) + epsilon)."""
    one = type(rate)(1)
    for x, s, g in _blocks(var, ms, grad):
        s *= decay
        s += g * g * (one - decay)
        x -= rate * g / (np.sqrt(s) + epsilon)


def _plain_rmsprop(var, ms, grad, rate, decay, epsilon):  # compiled by numba
    one = var.dtype.type(1)
    for i in range(var.size):
        ms[i] = ms[i] * decay + grad[i] * grad[i] * (one - decay)
        var[i] -= rate * grad[i] / (np.sqrt(ms[i]) + epsilon)


def rmsprop_reference(
    var: Any, ms: Any, mom: Any, grad: Any, rate: Any, decay: Any, momentum: Any, epsilon: Any
) -> None:
    """ms: moving mean of grad^2; mom = momentum * mom + rate * grad / sqrt(ms + epsilon); var -= mom."""
    one = type(rate)(1)
    for x, s, o, g in _blocks(var, ms, mom, grad):
        s += (g * g - s) * (one - decay)
        o *= momentum
        o += rate * g / np.sqrt(s + epsilon)
        x -= o


def _rmsprop(var, ms, mom, grad, rate, decay, momentum, epsilon):  # compiled by numba
    one = var.dtype.type(1)
    for i in range(var.size):
        ms[i] += (grad[i] * grad[i] - ms[i]) * (one - decay)
        mom[i] = mom[i] * momentum + rate * grad[i] / np.sqrt(ms[i] + epsilon)
        var[i] -= mom[i]


COMPILED: dict[Callable, Callable] = {
    adam_reference: _adam, momentum_reference: _momentum, velocity_reference: _velocity,
    rmsprop_reference: _rmsprop, plain_rmsprop_reference: _plain_rmsprop,
}
SMALL = 4096  # elements; below, NumPy is as fast and needs no compiled code


def run(reference: Callable, arrays: tuple[Any, ...], *numbers: Any) -> None:
    """Runs an update in place: compiled if numba is there and the arrays are large and contiguous, else the reference."""
    first = arrays[0]
    if first.size >= SMALL and first.dtype in (np.float32, np.float64) and isinstance(first, np.ndarray):
        kernel = compiled.kernel(COMPILED[reference])
        if kernel is not None and all(a.flags.c_contiguous for a in arrays):
            kernel(*[a.reshape(-1) for a in arrays], *numbers)
            return
    reference(*arrays, *numbers)
