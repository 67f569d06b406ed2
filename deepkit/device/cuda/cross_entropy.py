"""Launches cross_entropy.cu: the cross-entropy of softmax and its gradient in one pass, as device/cross_entropy.py has them."""

from __future__ import annotations

import math
from typing import Any

from deepkit.device.cuda import loader

THREADS = 128
"""Threads that share a row: cross_entropy.cu."""


def dense(xp: Any, logits: Any, labels: Any, gradient: bool = True, sent: Any = None) -> tuple[Any, Any]:
    """(-sum(labels * log softmax(logits)), softmax(logits) - labels or None) over the last axis.

    sent (...): the slope by each loss; then the second is what that sends back to the logits.
    """
    return _launch(xp, "dense", logits, xp.ascontiguousarray(labels), gradient, sent)


def sparse(xp: Any, logits: Any, labels: Any, gradient: bool = True, sent: Any = None) -> tuple[Any, Any]:
    """The same for class numbers: labels (...), within the classes, for logits (..., classes)."""
    return _launch(xp, "sparse", logits, xp.ascontiguousarray(labels.astype(xp.int32)), gradient, sent)


def _launch(xp: Any, kernel: str, logits: Any, labels: Any, gradient: bool, sent: Any) -> tuple[Any, Any]:
    loss = xp.empty(logits.shape[:-1], logits.dtype)
    difference = xp.empty(logits.shape, logits.dtype) if gradient else loss  # which then stays as it is
    slopes = loss if sent is None else xp.ascontiguousarray(sent)
    arrays, grid = (xp.ascontiguousarray(logits), labels, slopes, loss, difference), (math.prod(loss.shape),)
    loader.launch(
        xp, f"cross_entropy.{kernel}", logits.dtype, grid, (THREADS,), *arrays, logits.shape[-1], int(gradient),
        int(sent is not None),
    )
    return loss, difference if gradient else None
