"""The cross-entropy of softmax and, in the same pass, its gradient by the logits: plain, and on a GPU by one kernel.

loss = sum of labels (log sum of exp(z) - z) and difference = softmax(logits) - labels over the last axis, where z is the
logits less the largest of them: the softmax is the same, and no exponential overflows. For class numbers (`sparse`) a label
is 1 at the row's number and 0 elsewhere.
"""

from __future__ import annotations

from typing import Any

from deepkit.device import cuda, softmax
from deepkit.device.dtypes import accumulator

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
    if not gradient and softmax.fits(xp, logits):
        log_total, largest = softmax.log_sum_exp(xp, logits)
        return ((log_total - (logits - largest)) * labels).sum(axis=-1), None
    return (cuda.cross_entropy.dense if cuda.fits(xp, logits, labels) else dense_reference)(xp, logits, labels, gradient)


def sparse(xp: Any, logits: Any, labels: Any, gradient: bool = True) -> Pair:
    """`sparse_reference`, on a GPU by its kernel, the loss of large float32 arrays alone by compiled rows."""
    if not gradient and softmax.fits(xp, logits):
        log_total, largest = softmax.log_sum_exp(xp, logits)
        return (log_total - (xp.take_along_axis(logits, labels[..., None], axis=-1) - largest))[..., 0], None
    return (cuda.cross_entropy.sparse if cuda.fits(xp, logits) else sparse_reference)(xp, logits, labels, gradient)
