"""Limits that every Unix keeps: memory, CPU time, sizes and numbers of files, threads."""

from __future__ import annotations

import contextlib
import math
import resource
import sys
from pathlib import Path

LARGEST_FILE_MB = 16
_OPEN_FILES, _THREADS = 256, 64


def set_limits(memory_mb: int, own_users: bool) -> None:
    """Bound address space, file size and open files of this process; no core dumps.

    Threads are counted per user: only in a user namespace of its own (`own_users`) are they all this process's.
    """
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, LARGEST_FILE_MB << 20)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    if own_users:
        _limit(resource.RLIMIT_NPROC, _THREADS)
    if sys.platform == "linux":  # macOS accepts this limit for no process
        _limit(resource.RLIMIT_AS, memory_mb << 20)


def yield_memory() -> None:
    """Where a system runs out of memory, have it end this process, and all that it starts, before any other."""
    with contextlib.suppress(OSError):  # no Linux
        Path("/proc/self/oom_score_adj").write_text("1000")


def limit_cpu(seconds: float) -> None:
    """Have the kernel end this process when it has computed for `seconds` more, rounded up to whole ones."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, math.ceil(usage.ru_utime + usage.ru_stime + seconds))


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))
