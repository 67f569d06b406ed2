"""The fence before the walls: an audit hook that says in plain words what an answer may not do.

The kernel refuses the same things (see `confine`) with two words and a number; here an answer is told what it was that
it may not. Anybody can climb over a fence made of Python, and nothing depends on it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Collection
from typing import Any

# Audit events by name; https://docs.python.org/3/library/audit_events.html lists them.
_REFUSED = re.compile(
    r"os\.(system|exec|fork|forkpty|posix_spawn|spawn|kill|killpg)|(subprocess|pty)\..+|"
    r"socket\.(connect|bind|sendto|getaddrinfo|gethostby\w+)"
)
_READS = re.compile(r"os\.(listdir|scandir)")
_WRITES = re.compile(r"os\.(remove|rename|rmdir|mkdir|link|symlink)")
_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

SYSTEM = (
    "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/localtime", "/etc/ld.so.cache",
    "/sys/devices/system/cpu", "/proc/cpuinfo", "/proc/meminfo", "/proc/self",
    "/dev/null", "/dev/zero", "/dev/urandom", "/dev/random",
)
"""What Python and its libraries read of the system."""


def raise_fence(readable: Collection[str], closed: Collection[str], home: str) -> None:
    """Say so, from now on, where an answer leaves `readable` (but for `closed`) and `home`, which it may write, too.

    The first two come from `roots`, which follows every link: find them once for many processes.
    """
    own = roots([home, *(path for path in SYSTEM if path.startswith("/proc/"))])  # what /proc/self is, each process knows
    sys.addaudithook(_guard((*readable, *own), roots([home, "/dev/null"]), tuple(closed)))


def _guard(may_read: tuple, may_write: tuple, closed: tuple) -> Callable[[str, tuple], None]:
    def guard(event: str, args: tuple) -> None:
        if event == "open":
            path, _, mode = args
            if not isinstance(path, int):
                writing = isinstance(mode, int) and mode & _WRITE_FLAGS
                if not _below(path, may_write if writing else may_read) or _below(path, closed):
                    raise PermissionError(f"an answer may not {'write' if writing else 'read'} {path!r}")
        elif _REFUSED.fullmatch(event):
            raise PermissionError(f"an answer may not use {event}")
        elif _READS.fullmatch(event) or _WRITES.fullmatch(event):
            for path in args:
                if isinstance(path, str | bytes) and not _below(path, may_read if _READS.match(event) else may_write):
                    raise PermissionError(f"an answer may not use {event} on {path!r}")

    return guard


def _below(path: Any, roots: tuple[str, ...]) -> bool:
    path = os.path.realpath(os.fsdecode(path))
    return any(path == root or path.startswith(root + "/") for root in roots)


def roots(paths: Collection[str]) -> tuple[str, ...]:
    """What these paths stand for, without the folder of everything."""
    return tuple(sorted({os.path.realpath(path).rstrip("/") for path in paths if os.path.realpath(path) != "/"}))
