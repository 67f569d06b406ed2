"""How a variable moves, one function per rule, in place: NumPy reference and compiled twin, if it has one, side by side.

All arrays have one shape; numbers are scalars of the same type. A rule has several steps, each of which passes over its
arrays: `run` takes a compiled twin, which passes once, or gives the reference blocks that stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from deepkit.device import compiled, cuda, threads
from deepkit.device.arrays import xp_of


def gradient_descent_reference(var: Any, grad: Any, rate: Any) -> None:
    """var -= rate * grad."""
    var -= grad * rate


def _gradient_descent(var, grad, rate):  # compiled by numba
    for i in range(var.size):
        var[i] -= grad[i] * rate


def adagrad_reference(var: Any, accum: Any, grad: Any, rate: Any) -> None:
    """accum += grad^2; var -= rate * grad / sqrt(accum)."""
    accum += grad * grad
    var -= rate * grad / np.sqrt(accum)


def adam_reference(var: Any, m: Any, v: Any, grad: Any, rate: Any, beta1: Any, beta2: Any, epsilon: Any) -> None:
    """m, v: moving means of grad and grad^2; var -= rate * m / (sqrt(v) + epsilon)."""
    one = var.dtype.type(1)
    m += (grad - m) * (one - beta1)
    v += (grad * grad - v) * (one - beta2)
    var -= m * rate / (np.sqrt(v) + epsilon)


def _adam(var, m, v, grad, rate, beta1, beta2, epsilon):  # compiled by numba
    one = var.dtype.type(1)
    for i in range(var.size):
        m[i] += (grad[i] - m[i]) * (one - beta1)
        v[i] += (grad[i] * grad[i] - v[i]) * (one - beta2)
        var[i] -= m[i] * rate / (np.sqrt(v[i]) + epsilon)


def momentum_reference(var: Any, accum: Any, grad: Any, rate: Any, momentum: Any, nesterov: bool) -> None:
    """accum = momentum * accum + grad; var -= rate * accum, or with Nesterov rate * (grad + momentum * accum)."""
    accum *= momentum
    accum += grad
    var -= (grad + accum * momentum) * rate if nesterov else accum * rate


def _momentum(var, accum, grad, rate, momentum, nesterov):  # compiled by numba
    for i in range(var.size):
        accum[i] = accum[i] * momentum + grad[i]
        if nesterov:
            var[i] -= (grad[i] + accum[i] * momentum) * rate
        else:
            var[i] -= accum[i] * rate


def velocity_reference(var: Any, accum: Any, grad: Any, rate: Any, momentum: Any, nesterov: bool) -> None:
    """accum = momentum * accum - rate * grad; var += accum, or with Nesterov momentum * accum - rate * grad."""
    step = grad * rate
    accum *= momentum
    accum -= step
    var += accum * momentum - step if nesterov else accum


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
    ms *= decay
    ms += grad * grad * (var.dtype.type(1) - decay)
    var -= rate * grad / (np.sqrt(ms) + epsilon)


def _plain_rmsprop(var, ms, grad, rate, decay, epsilon):  # compiled by numba
    one = var.dtype.type(1)
    for i in range(var.size):
        ms[i] = ms[i] * decay + grad[i] * grad[i] * (one - decay)
        var[i] -= rate * grad[i] / (np.sqrt(ms[i]) + epsilon)


def rmsprop_reference(
    var: Any, ms: Any, mom: Any, grad: Any, rate: Any, decay: Any, momentum: Any, epsilon: Any
) -> None:
    """ms: moving mean of grad^2; mom = momentum * mom + rate * grad / sqrt(ms + epsilon); var -= mom."""
    ms += (grad * grad - ms) * (var.dtype.type(1) - decay)
    mom *= momentum
    mom += rate * grad / np.sqrt(ms + epsilon)
    var -= mom


def _rmsprop(var, ms, mom, grad, rate, decay, momentum, epsilon):  # compiled by numba
    one = var.dtype.type(1)
    for i in range(var.size):
        ms[i] += (grad[i] * grad[i] - ms[i]) * (one - decay)
        mom[i] = mom[i] * momentum + rate * grad[i] / np.sqrt(ms[i] + epsilon)
        var[i] -= mom[i]


COMPILED: dict[Callable, Callable] = {
    gradient_descent_reference: _gradient_descent, adam_reference: _adam, momentum_reference: _momentum,
    velocity_reference: _velocity, rmsprop_reference: _rmsprop, plain_rmsprop_reference: _plain_rmsprop,
}
SMALL = 4096  # elements; below, NumPy is as fast and needs no compiled code
BLOCK = 8192  # elements that the reference takes at a time
PIECE = 2**18  # elements that one thread takes at a time: several times longer than it takes to wake another one


def run(reference: Callable, arrays: tuple[Any, ...], *numbers: Any) -> None:
    """Runs an update in place: by one kernel on a GPU, or compiled for large arrays without gaps, else by the reference."""
    xp = xp_of(*arrays)
    if cuda.updates.fits(xp, arrays):
        cuda.updates.run(xp, reference.__name__.removesuffix("_reference"), arrays, *numbers)
        return
    kernel = _compiled(xp, reference, arrays)
    if kernel is not None:
        flat = [a.reshape(-1) for a in arrays]
        threads.share(lambda first, last: kernel(*[a[first:last] for a in flat], *numbers), flat[0].size, PIECE)
        return
    for block in _blocks(arrays):
        reference(*block, *numbers)


def _compiled(xp: Any, reference: Callable, arrays: tuple[Any, ...]) -> Callable | None:
    """The compiled twin of a rule, if there is one that takes these arrays."""
    first = arrays[0]
    large = xp is np and first.size >= SMALL and first.dtype in (np.float32, np.float64)
    if not large or reference not in COMPILED or not all(a.flags.c_contiguous for a in arrays):
        return None
    return compiled.kernel(COMPILED[reference])


def _blocks(arrays: tuple[Any, ...]) -> Iterator[Any]:
    """The same few elements of all arrays; all at once where a flat view would be a copy, which loses what is written."""
    if not all(a.flags.c_contiguous for a in arrays):
        yield arrays
        return
    flat = [a.reshape(-1) for a in arrays]
    for i in range(0, flat[0].size, BLOCK):
        yield [a[i : i + BLOCK] for a in flat]
