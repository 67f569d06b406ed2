"""Keras' optimizers: objects with slots over the update rules of deepkit.train."""

from __future__ import annotations

from typing import Any

from deepkit.keras.optimizers.base import Optimizer
from deepkit.keras.optimizers.sgd import SGD

__all__ = ["Optimizer", "SGD", "get"]


def get(identifier: Any) -> Optimizer:
    """An optimizer from an object or a name."""
    return identifier if isinstance(identifier, Optimizer) else SGD()
