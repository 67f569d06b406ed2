"""How many processor cores this program may use; a container or a batch system can allow fewer than there are."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """The cores this process may run on, at least one."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
