"""Compiled CPU versions of the heavy kernels, by numba where it is installed; switched off by DEEPKIT_COMPILED=0."""

from __future__ import annotations

import functools
import importlib.util
import os
import threading
from collections.abc import Callable
from typing import Any

from deepkit.loading import load_module

switched_off = os.environ.get("DEEPKIT_COMPILED", "1") == "0"
"""True: the NumPy references are used even where numba is installed."""


@functools.cache
def available() -> bool:
    """True if numba is installed; looks for it without importing it."""
    return importlib.util.find_spec("numba") is not None


def kernel(function: Callable) -> Callable[..., Any] | None:
    """`function` compiled for this machine, or None without numba or when it is switched off."""
    return None if switched_off or not available() else _compile(function)


def part(function: Callable) -> Callable[..., Any]:
    """Marks a function that compiled kernels call; called from Python it stays what it is."""
    _parts.append(function)
    return function


_parts: list[Callable] = []
_teaching = threading.Lock()


def _teach_parts() -> None:
    """Makes lanes and every part known to numba, once."""
    from numba.extending import register_jitable

    with _teaching:  # another thread must not compile a kernel while one of its parts is still unknown
        load_module("deepkit.device.registers.lanes_compiled")
        while _parts:
            register_jitable(_parts.pop())


@functools.cache
def _compile(function: Callable) -> Callable[..., Any]:
    """Compiled at its first call; the machine code is cached on disk.

    No fast-math: additions keep their order, and only a kernel that says `fused` rounds differently from NumPy.
    """
    import numba

    _teach_parts()
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # there is no folder that a cache could be written to: compile anew each time
        return numba.njit(nogil=True, error_model="numpy")(function)
