"""Softmax, and its cross-entropy with, in the same pass, the gradient by the logits: plain, compiled, on a GPU by one kernel.

loss = sum of labels (log sum of exp(z) - z) and difference = softmax(logits) - labels over the last axis, where z is the
logits less the largest of them: the softmax is the same, and no exponential overflows. For class numbers (`sparse`) a label
is 1 at the row's number and 0 elsewhere.

A compiled row stays in the first cache while it is looked through twice: for its largest number, and for the exponentials and
their sum.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit.device import compiled, cuda, threads
from deepkit.device.dtypes import accumulator
from deepkit.device.registers.activations import exp_below
from deepkit.device.registers.lanes import WIDE, highest, load, nothing, spread, store

Pair = tuple[Any, Any]
"""The loss, and the difference or None where nobody wants it."""


def dense_reference(xp: Any, logits: Any, labels: Any, gradient: bool = True) -> Pair:
    """(loss, difference) for rows of probabilities: logits and labels (..., classes), loss (...)."""
    shifted, exponentials, total = _parts(xp, logits)
    loss = ((xp.log(total) - shifted) * labels).sum(axis=-1).astype(logits.dtype, copy=False)
    return loss, (exponentials / total - labels).astype(logits.dtype, copy=False) if gradient else None


def sparse_reference(xp: Any, logits: Any, labels: Any, gradient: bool = True) -> Pair:
    """(loss, difference) for class numbers: logits (..., classes), labels (...)."""
    shifted, exponentials, total = _parts(xp, logits)
    chosen = xp.take_along_axis(shifted, labels[..., None], axis=-1)
    loss = (xp.log(total) - chosen)[..., 0].astype(logits.dtype, copy=False)
    if not gradient:
        return loss, None
    return loss, (exponentials / total - (labels[..., None] == xp.arange(logits.shape[-1]))).astype(logits.dtype, copy=False)


def _parts(xp: Any, logits: Any) -> tuple[Any, Any, Any]:
    """The logits less the largest, their exponentials, and the sum of those."""
    shifted = (logits - logits.max(axis=-1, keepdims=True)).astype(accumulator(logits.dtype), copy=False)
    exponentials = xp.exp(shifted)
    return shifted, exponentials, exponentials.sum(axis=-1, keepdims=True)


def dense(xp: Any, logits: Any, labels: Any, gradient: bool = True) -> Pair:
    """`dense_reference`, on a GPU by its kernel, the loss of large float32 arrays alone by compiled rows."""
    if not gradient and fits(xp, logits):
        log_total, largest = log_sum_exp(xp, logits)
        return ((log_total - (logits - largest)) * labels).sum(axis=-1), None
    return (cuda.cross_entropy.dense if cuda.fits(xp, logits, labels) else dense_reference)(xp, logits, labels, gradient)


def sparse(xp: Any, logits: Any, labels: Any, gradient: bool = True) -> Pair:
    """`sparse_reference`, on a GPU by its kernel, the loss of large float32 arrays alone by compiled rows."""
    if not gradient and fits(xp, logits):
        log_total, largest = log_sum_exp(xp, logits)
        return (log_total - (xp.take_along_axis(logits, labels[..., None], axis=-1) - largest))[..., 0], None
    return (cuda.cross_entropy.sparse if cuda.fits(xp, logits) else sparse_reference)(xp, logits, labels, gradient)


SMALL = 2**12
"""Numbers below which NumPy is as fast and needs no compiled code."""
PIECE = 2**15
"""Numbers that one thread takes at a time."""


def softmax_reference(xp: Any, x: Any, axis: int = -1) -> Any:
    """exp(x) / sum(exp(x)) along an axis."""
    e = xp.exp((x - x.max(axis=axis, keepdims=True)).astype(accumulator(x.dtype), copy=False))
    return (e / e.sum(axis=axis, keepdims=True)).astype(x.dtype, copy=False)


def softmax(xp: Any, x: Any, axis: int = -1) -> Any:
    """`softmax_reference`, compiled where that serves."""
    kernel = _kernel(_softmax, xp, x) if axis in (-1, x.ndim - 1) else None
    if kernel is None:
        return softmax_reference(xp, x, axis)
    y = np.empty_like(x)
    _by_rows(kernel, x, y)
    return y


def log_sum_exp_reference(xp: Any, x: Any) -> tuple[Any, Any]:
    """log(sum(exp(x - largest))) and the largest x of each row, both (..., 1); the sum of float16 in float32."""
    largest = x.max(axis=-1, keepdims=True)
    total = xp.exp((x - largest).astype(accumulator(x.dtype), copy=False)).sum(axis=-1, keepdims=True)
    return xp.log(total), largest


def log_sum_exp(xp: Any, x: Any) -> tuple[Any, Any]:
    """`log_sum_exp_reference`, compiled where that serves."""
    kernel = _kernel(_sums, xp, x)
    if kernel is None:
        return log_sum_exp_reference(xp, x)
    found = np.empty((*x.shape[:-1], 2), x.dtype)
    _by_rows(kernel, x, found)
    return np.log(found[..., :1]), found[..., 1:]


def fits(xp: Any, x: Any) -> bool:
    """Whether the compiled kernels serve these rows."""
    large = xp is np and x.dtype == np.float32 and x.size >= SMALL and x.shape[-1] >= WIDE
    return large and x.flags.c_contiguous and compiled.kernel(_sums) is not None


def _kernel(function: Callable, xp: Any, x: Any) -> Any:
    """The compiled function, or None where it does not serve."""
    return compiled.kernel(function) if fits(xp, x) else None


def _by_rows(kernel: Callable, x: Any, to: Any) -> None:
    rows, out = x.reshape(-1, x.shape[-1]), to.reshape(-1, to.shape[-1])
    threads.share(lambda first, last: kernel(rows[first:last], out[first:last]), len(rows), max(1, PIECE // x.shape[-1]))


@compiled.part
def _largest(x, row, buffer):
    """The largest number of a row; NaN if there is one. `buffer` is overwritten."""
    n = x.shape[1]
    most = load(x, row * n)
    for c in range(WIDE, n, WIDE):
        most = highest(load(x, row * n + min(c, n - WIDE)), most)
    store(buffer, 0, most)
    found = buffer[0]
    for i in range(1, WIDE):
        found = buffer[i] if buffer[i] > found or buffer[i] != buffer[i] else found
    return found


def _softmax(x, y):  # compiled by numba
    n, buffer = x.shape[1], np.empty(WIDE, x.dtype)
    for row in range(x.shape[0]):
        buffer[0] = _largest(x, row, buffer)
        largest, sums = spread(buffer, 0), nothing()
        for c in range(0, n - WIDE + 1, WIDE):
            e = exp_below(load(x, row * n + c) - largest)
            store(y, row * n + c, e)
            sums = sums + e
        store(y, row * n + n - WIDE, exp_below(load(x, row * n + n - WIDE) - largest))
        store(buffer, 0, sums)
        total = buffer.sum()
        for c in range(n - n % WIDE, n):
            total += y[row, c]
        for c in range(n):
            y[row, c] = y[row, c] / total


def _sums(x, found):  # compiled by numba
    n, buffer = x.shape[1], np.empty(WIDE, x.dtype)
    for row in range(x.shape[0]):
        buffer[0] = found[row, 1] = _largest(x, row, buffer)
        largest, sums = spread(buffer, 0), nothing()
        for c in range(0, n - WIDE + 1, WIDE):
            sums = sums + exp_below(load(x, row * n + c) - largest)
        store(buffer, 0, sums)
        total = buffer.sum()
        store(buffer, 0, exp_below(load(x, row * n + n - WIDE) - largest))
        for i in range(WIDE - n % WIDE, WIDE):
            total += buffer[i]
        found[row, 0] = total
