"""Compiled CPU versions of the heavy kernels, by numba where it is installed; switched off by DEEPKIT_COMPILED=0."""

from __future__ import annotations

import functools
import importlib.util
import os
from collections.abc import Callable
from typing import Any


@functools.cache
def available() -> bool:
    """True if numba is installed and not switched off; looks for it without importing it."""
    return os.environ.get("DEEPKIT_COMPILED", "1") != "0" and importlib.util.find_spec("numba") is not None


@functools.cache
def kernel(function: Callable) -> Callable[..., Any] | None:
    """`function` compiled for this machine (machine code is cached on disk), or None without numba.

    No fast-math: additions keep their order, so the results are those of the NumPy reference, bit for bit.
    """
    if not available():
        return None
    import numba

    return numba.njit(cache=True, nogil=True, error_model="numpy")(function)
