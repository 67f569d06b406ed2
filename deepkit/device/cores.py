"""The processor: how many of its cores this program may use (a container can allow fewer than there are), what it can."""

from __future__ import annotations

import functools
import os
from pathlib import Path


def usable_cores() -> int:
    """The cores this process may run on, at least one."""
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
