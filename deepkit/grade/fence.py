"""The fence before the walls: an audit hook that says in plain words what an answer may not do.

The kernel refuses the same things (see `confine`) with two words and a number; here an answer is told what it was that
it may not. Anybody can climb over a fence made of Python, and nothing depends on it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection
from functools import partial
from typing import Any

# Audit events by name; https://docs.python.org/3/library/audit_events.html lists them.
_REFUSED = re.compile(
    r"os\.(system|exec|fork|forkpty|posix_spawn|spawn|kill|killpg)|(subprocess|pty)\..+|"
    r"socket\.(connect|bind|sendto|getaddrinfo|gethostby\w+)"
)
_READS = re.compile(r"os\.(listdir|scandir)")
_WRITES = re.compile(r"os\.(remove|rename|rmdir|mkdir|link|symlink)")
_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

Roots = tuple[str, ...]
"""Folders and files that stand for all that is below them."""

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
    sys.addaudithook(partial(_guard, (*readable, *own), roots([home, "/dev/null"]), tuple(closed)))


def _guard(may_read: Roots, may_write: Roots, closed: Roots, event: str, args: tuple) -> None:
    """The audit hook: every event of this process, with its arguments."""
    if event == "open":
        path, _, mode = args
        if isinstance(path, int):  # a descriptor: of something opened before
            return
        writing = isinstance(mode, int) and mode & _WRITE_FLAGS
        if not _below(path, may_write if writing else may_read) or _below(path, closed):
            raise PermissionError(f"an answer may not {'write' if writing else 'read'} {path!r}")
    elif _REFUSED.fullmatch(event):
        raise PermissionError(f"an answer may not use {event}")
    elif _READS.fullmatch(event):
        _check_paths(event, args, may_read)
    elif _WRITES.fullmatch(event):
        _check_paths(event, args, may_write)


def _check_paths(event: str, args: tuple, roots: Roots) -> None:
    for path in args:
        if isinstance(path, str | bytes) and not _below(path, roots):
            raise PermissionError(f"an answer may not use {event} on {path!r}")


def _below(path: Any, roots: Roots) -> bool:
    path = os.path.realpath(os.fsdecode(path))
    return any(path == root or path.startswith(root + "/") for root in roots)


def within(closed: Collection[str], readable: Collection[str]) -> Roots:
    """What must be closed of what may be read. Everything else is closed anyway, and no answer's process need know of it."""
    open_ones = roots(readable)
    return tuple(path for path in roots(closed) if _below(path, open_ones))


def roots(paths: Collection[str]) -> Roots:
    """What these paths stand for, without the folder of everything."""
    return tuple(sorted({os.path.realpath(path).rstrip("/") for path in paths if os.path.realpath(path) != "/"}))
