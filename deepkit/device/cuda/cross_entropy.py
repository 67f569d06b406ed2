"""Launches cross_entropy.cu: the cross-entropy of softmax and its gradient in one pass, as device/cross_entropy.py has them."""

from __future__ import annotations

import math
from typing import Any

from deepkit.device.cuda import loader

THREADS = 128
"""Threads that share a row: cross_entropy.cu."""


def dense(xp: Any, logits: Any, labels: Any, gradient: bool = True) -> tuple[Any, Any]:
    """(-sum(labels * log softmax(logits)), softmax(logits) - labels or None) over the last axis."""
    return _launch(xp, "dense", logits, xp.ascontiguousarray(labels), gradient)


def sparse(xp: Any, logits: Any, labels: Any, gradient: bool = True) -> tuple[Any, Any]:
    """The same for class numbers: labels (...), within the classes, for logits (..., classes)."""
    return _launch(xp, "sparse", logits, xp.ascontiguousarray(labels.astype(xp.int32)), gradient)


def _launch(xp: Any, kernel: str, logits: Any, labels: Any, gradient: bool) -> tuple[Any, Any]:
    loss = xp.empty(logits.shape[:-1], logits.dtype)
    difference = xp.empty(logits.shape, logits.dtype) if gradient else loss  # which then stays as it is
    arrays, grid = (xp.ascontiguousarray(logits), labels, loss, difference), (math.prod(loss.shape),)
    loader.launch(
        xp, f"cross_entropy.{kernel}", logits.dtype, grid, (THREADS,), *arrays, logits.shape[-1], int(gradient)
    )
    return loss, difference if gradient else None
