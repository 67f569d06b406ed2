"""multi_gpu_model, which Keras 2 had for training on several cards: here the model computes on one device."""

from __future__ import annotations

import warnings
from typing import Any

from deepkit.errors import ArgumentError


def multi_gpu_model(model: Any, gpus: Any = None, cpu_merge: bool = True, cpu_relocation: bool = False) -> Any:
    """The model itself, and a warning: it computes all batches on one device, with the same results."""
    number = len(gpus) if isinstance(gpus, (list, tuple)) else 2 if gpus is None else gpus
    if not isinstance(number, int) or number < 2:
        raise ArgumentError(f"multi_gpu_model: gpus={gpus!r}", rule="at least 2 devices", hint="use the model as it is")
    warnings.warn("multi_gpu_model: the model computes on one device; the results are the same", stacklevel=2)
    return model
