"""Softmax, its cross-entropy, and what that sends back to the logits: plain, compiled, on a GPU by one kernel.

loss = sum of labels (log sum of exp(z) - z) and difference = softmax(logits) - labels over the last axis, where z is the
logits less the largest of them: the softmax is the same, and no exponential overflows. For class numbers (`sparse`) a label
is 1 at the row's number and 0 elsewhere. The derivative by the logits is the difference times that by the loss.

In NumPy each sign is a pass over all numbers. A compiled row stays in the first cache from beginning to end: it is looked
through for its largest number, then for the exponentials and their sum, and they are written once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit.device import compiled, cuda, threads
from deepkit.device.dtypes import accumulator
from deepkit.device.registers.activations import exp_below
from deepkit.device.registers.lanes import WIDE, fused, larger, largest_of, load, nothing, store, sum_of

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
        loss = np.empty(logits.shape[:-1], logits.dtype)
        _by_rows(_sparse_loss, logits, np.asarray(labels, np.int64), loss)
        return loss, None
    return (cuda.cross_entropy.sparse if cuda.fits(xp, logits) else sparse_reference)(xp, logits, labels, gradient)


def dense_gradient(xp: Any, dy: Any, logits: Any, labels: Any) -> Any:
    """What dy (...) sends back to the logits: dy times the difference of `dense_reference`."""
    if cuda.fits(xp, logits, labels, dy):
        return cuda.cross_entropy.dense(xp, logits, labels, sent=dy)[1]
    if not (fits(xp, logits) and labels.flags.c_contiguous and dy.dtype == labels.dtype == logits.dtype):
        return dy[..., None] * dense(xp, logits, labels)[1]
    dz = np.empty_like(logits)
    _by_rows(_dense_gradient, logits, labels, dy, dz)
    return dz


def sparse_gradient(xp: Any, dy: Any, logits: Any, labels: Any) -> Any:
    """What dy (...) sends back to the logits: dy times the difference of `sparse_reference`."""
    if cuda.fits(xp, logits, dy):
        return cuda.cross_entropy.sparse(xp, logits, labels, sent=dy)[1]
    if not (fits(xp, logits) and dy.dtype == logits.dtype):
        return dy[..., None] * sparse(xp, logits, labels)[1]
    dz = np.empty_like(logits)
    _by_rows(_sparse_gradient, logits, np.asarray(labels, np.int64), dy, dz)
    return dz


SMALL = 2**9
"""Numbers below which NumPy is as fast and needs no compiled code."""
PIECE = 2**18
"""Numbers that one thread takes at a time: a fifth of a millisecond, several times what it costs to wake another one."""


def softmax_reference(xp: Any, x: Any, axis: int = -1) -> Any:
    """exp(x) / sum(exp(x)) along an axis."""
    e = xp.exp((x - x.max(axis=axis, keepdims=True)).astype(accumulator(x.dtype), copy=False))
    return (e / e.sum(axis=axis, keepdims=True)).astype(x.dtype, copy=False)


def softmax(xp: Any, x: Any, axis: int = -1) -> Any:
    """`softmax_reference`, compiled where that serves."""
    if axis not in (-1, x.ndim - 1) or not fits(xp, x):
        return softmax_reference(xp, x, axis)
    y = np.empty_like(x)
    _by_rows(_softmax, x, y)
    return y


def log_sum_exp_reference(xp: Any, x: Any) -> tuple[Any, Any]:
    """log(sum(exp(x - largest))) and the largest x of each row, both (..., 1); the sum of float16 in float32."""
    largest = x.max(axis=-1, keepdims=True)
    total = xp.exp((x - largest).astype(accumulator(x.dtype), copy=False)).sum(axis=-1, keepdims=True)
    return xp.log(total), largest


def log_sum_exp(xp: Any, x: Any) -> tuple[Any, Any]:
    """`log_sum_exp_reference`, compiled where that serves."""
    if not fits(xp, x):
        return log_sum_exp_reference(xp, x)
    total, largest = np.empty(x.shape[:-1], x.dtype), np.empty(x.shape[:-1], x.dtype)
    _by_rows(_sums, x, total, largest)
    return np.log(total)[..., None], largest[..., None]


def fits(xp: Any, x: Any) -> bool:
    """Whether the compiled kernels serve these rows."""
    large = xp is np and x.dtype == np.float32 and x.size >= max(SMALL, 1)
    return large and x.flags.c_contiguous and compiled.kernel(_sums) is not None


def _by_rows(function: Callable, x: Any, *others: Any) -> None:
    """Runs a compiled function of x (..., n) as rows, and of arrays with as many rows or a number for each."""
    kernel, rows = compiled.kernel(function), x.reshape(-1, x.shape[-1])
    assert kernel is not None
    all_ = [rows, *(np.ascontiguousarray(a).reshape(rows.shape if a.ndim == x.ndim else -1) for a in others)]
    threads.share(lambda i, j: kernel(*[a[i:j] for a in all_]), len(rows), max(1, PIECE // x.shape[-1]))


# ---- compiled by numba


@compiled.part
def _counted(n, buffer):
    """1 in the places of a register that the last numbers of a row of n take beyond its full registers, 0 in the others."""
    for i in range(WIDE):
        buffer[i] = 1 if i < n % WIDE else 0
    return load(buffer, 0)


@compiled.part
def _rest(x, row, buffer):
    """The last numbers of a row, beyond its full registers, and its very last one in the places where nothing is."""
    n = x.shape[1]
    for i in range(WIDE):
        buffer[i] = x[row, min(n // WIDE * WIDE + i, n - 1)]
    return load(buffer, 0)


@compiled.part
def _largest(x, row, rest):
    """A register full of the largest number of a row. Where there is a NaN every exponential will be one: it need not be."""
    n, most, other = x.shape[1], rest, rest
    for c in range(0, n - 2 * WIDE + 1, 2 * WIDE):  # two at a time: neither waits for the other
        most = larger(load(x, row * n + c), most)
        other = larger(load(x, row * n + c + WIDE), other)
    if n // WIDE % 2:
        most = larger(load(x, row * n + (n // WIDE - 1) * WIDE), most)
    return largest_of(larger(most, other))


@compiled.part
def _exponentials(x, row, y, counted, buffer):
    """exp(x - largest) of a row into y, and a register full of their sum. `buffer` is overwritten."""
    n, sums, rest = x.shape[1], nothing(), _rest(x, row, buffer)
    largest = _largest(x, row, rest)
    for c in range(0, n - WIDE + 1, WIDE):
        e = exp_below(load(x, row * n + c) - largest)
        store(y, row * n + c, e)
        sums = sums + e
    rest = exp_below(rest - largest)
    store(buffer, 0, rest)
    for c in range(n // WIDE * WIDE, n):
        y[row, c] = buffer[c % WIDE]
    return sum_of(fused(rest, counted, sums))


@compiled.part
def _sum_and_largest(x, row, counted, buffer):
    """The sum of exp(x - largest) of a row, and the largest, in the first places of `buffer`'s two registers."""
    n, sums, rest = x.shape[1], nothing(), _rest(x, row, buffer)
    largest = _largest(x, row, rest)
    for c in range(0, n - WIDE + 1, WIDE):
        sums = sums + exp_below(load(x, row * n + c) - largest)
    store(buffer, 0, sum_of(fused(exp_below(rest - largest), counted, sums)))
    store(buffer, WIDE, largest)


def _softmax(x, y):
    buffer = np.empty(WIDE, x.dtype)
    counted = _counted(x.shape[1], buffer)
    for row in range(x.shape[0]):
        store(buffer, 0, _exponentials(x, row, y, counted, buffer))
        total = buffer[0]
        for c in range(x.shape[1]):
            y[row, c] = y[row, c] / total


def _sums(x, total, largest):
    buffer = np.empty(2 * WIDE, x.dtype)
    counted = _counted(x.shape[1], buffer)
    for row in range(x.shape[0]):
        _sum_and_largest(x, row, counted, buffer)
        total[row], largest[row] = buffer[0], buffer[WIDE]


def _sparse_loss(x, labels, loss):
    buffer = np.empty(2 * WIDE, x.dtype)
    counted = _counted(x.shape[1], buffer)
    for row in range(x.shape[0]):
        _sum_and_largest(x, row, counted, buffer)
        loss[row] = np.log(buffer[0]) - (x[row, labels[row]] - buffer[WIDE])


def _sparse_gradient(x, labels, dy, dz):
    buffer = np.empty(WIDE, x.dtype)
    counted = _counted(x.shape[1], buffer)
    for row in range(x.shape[0]):
        store(buffer, 0, _exponentials(x, row, dz, counted, buffer))
        scale = dy[row] / buffer[0]
        for c in range(x.shape[1]):
            dz[row, c] *= scale
        if 0 <= labels[row] < x.shape[1]:
            dz[row, labels[row]] -= dy[row]


def _dense_gradient(x, labels, dy, dz):
    buffer = np.empty(WIDE, x.dtype)
    counted = _counted(x.shape[1], buffer)
    for row in range(x.shape[0]):
        store(buffer, 0, _exponentials(x, row, dz, counted, buffer))
        scale = dy[row] / buffer[0]
        for c in range(x.shape[1]):
            dz[row, c] = dz[row, c] * scale - labels[row, c] * dy[row]
