"""What a program asks of the machine: how many cores it may use, what they can, and that freed memory stays with it."""

from __future__ import annotations

import ctypes
import functools
import math
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np


def usable_cores() -> int:
    """The cores this process may run on, at least one: a container or a batch system can allow fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@functools.cache
def has(feature: str) -> bool:
    """Whether compiled code may use this feature of the processor, by its name in Linux ("avx512f").

    NUMBA_CPU_FEATURES, where it is set, decides what code is compiled for; elsewhere than on Linux nobody is asked: False.
    """
    chosen = os.environ.get("NUMBA_CPU_FEATURES")
    if chosen is not None:
        return f"+{feature.replace('_', '.')}" in chosen.split(",")
    flags = Path("/proc/cpuinfo")
    lines = flags.read_text().splitlines() if flags.exists() else []
    return any(line.startswith("flags") and feature in line.split() for line in lines)


KEPT = 2**29
"""Bytes of freed memory that stay; a single block that is larger than half of them goes back at once."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # parameters of mallopt(3)


@functools.cache
def keep_freed() -> bool:
    """Tells the C library to keep up to KEPT bytes; False where it cannot be told, or where the user told it himself.

    So the next step of a training loop finds the room for its arrays ready. Else the library returns large freed blocks to
    the operating system at once, and every step asks for them again, zero page by zero page: a fifth of the time of a
    convolutional network's step.

    The user does so by MALLOC_TRIM_THRESHOLD_, MALLOC_MMAP_THRESHOLD_ or GLIBC_TUNABLES (see mallopt(3)).
    """
    own = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")
    if sys.platform != "linux" or any(name in os.environ for name in own):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries than GNU's have none
    return mallopt is not None and bool(mallopt(_MMAP_THRESHOLD, KEPT // 2)) and bool(mallopt(_TRIM_THRESHOLD, KEPT))


LINE = 64
"""Bytes that a processor fetches from memory at once, and the width of its widest register."""


def aligned(shape: tuple[int, ...]) -> Any:
    """A new float32 array whose first number begins a line: then no wide register is filled from two of them."""
    size = 4 * math.prod(shape)
    whole = np.empty(size + LINE, np.uint8)
    first = -whole.ctypes.data % LINE
    return whole[first : first + size].view(np.float32).reshape(shape)


def aligned_copy(array: Any) -> Any:
    """The numbers of a float32 array in one that is `aligned`."""
    copy = aligned(array.shape)
    copy[...] = array
    return copy
