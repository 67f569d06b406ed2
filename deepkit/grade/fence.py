"""The fence around a student's process: resource limits, and an audit hook that refuses what an answer never needs.

An answer may compute, print, and use files in its own temporary folder. It may not start processes, send signals,
use the network, call C through ctypes, write elsewhere, or read anything but Python's libraries: not the exercise,
not another submission, not the home folder. The kernel keeps the limits; the rest is refused by Python itself, so
it stops mischief and accidents, and an expert with time will find a gap. Marks do not depend on it.
"""

from __future__ import annotations

import os
import re
import resource
import sys
from collections.abc import Callable
from typing import Any

# Audit events by name; https://docs.python.org/3/library/audit_events.html lists them.
_REFUSED = re.compile(
    r"os\.(system|exec|fork|forkpty|posix_spawn|spawn|kill|killpg)|sys\.addaudithook|gc\.get_\w+|"
    r"(subprocess|pty|socket|ctypes|resource)\..+"
)
_READS = re.compile(r"os\.(listdir|scandir|chdir)")
_WRITES = re.compile(
    r"os\.(remove|rename|rmdir|mkdir|link|symlink|truncate|chmod|chown|utime|setxattr|removexattr)|sqlite3\.connect"
)
_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def set_limits(seconds: float, memory_mb: int) -> None:
    """Bound CPU time (from now on), address space, file size and open files of this process; no core dumps."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, int(usage.ru_utime + usage.ru_stime + seconds) + 2)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 16 << 20)
    _limit(resource.RLIMIT_NOFILE, 256)
    if sys.platform == "linux":  # macOS accepts this limit for no process
        _limit(resource.RLIMIT_AS, memory_mb << 20)


def raise_fence(readable: list[str], denied: list[str], home: str) -> None:
    """Refuse, from now on and for good, everything the module's docstring names.

    `readable` are files and folders that may be read, except below `denied`; `home` may be written too.
    """
    _close_unaudited_doors()
    devices = ["/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"]
    system = ["/usr", "/lib", "/lib64", "/sys/devices/system/cpu", "/proc/cpuinfo", "/proc/meminfo", "/etc/localtime"]
    may_read = _roots([*readable, *devices, *system, f"/proc/{os.getpid()}", home])
    may_write = _roots([home, "/dev/null"])
    sys.addaudithook(_make_guard(may_read, may_write, _roots(denied)))


def _make_guard(may_read: tuple, may_write: tuple, denied: tuple) -> Callable[[str, tuple], None]:
    # Defaults, not globals: a guard that looks its rules up in a module can be talked out of them.
    def guard(
        event: str,
        args: tuple,
        refused=_REFUSED.fullmatch,
        reads=_READS.fullmatch,
        writes=_WRITES.fullmatch,
        flags=_WRITE_FLAGS,
        may_read=may_read,
        may_write=may_write,
        denied=denied,
        below=_below,
    ) -> None:
        if event == "open":
            path, _, mode = args
            if not isinstance(path, int):
                writing = isinstance(mode, int) and mode & flags
                if not below(path, may_write if writing else may_read) or below(path, denied):
                    raise PermissionError(f"an answer may not {'write' if writing else 'read'} {path!r}")
        elif refused(event):
            raise PermissionError(f"an answer may not use {event}")
        elif reads(event) or writes(event):
            for path in args:
                if isinstance(path, str | bytes) and not below(path, may_read if reads(event) else may_write):
                    raise PermissionError(f"an answer may not use {event} on {path!r}")
        elif event == "object.__setattr__" and args[0] is guard:
            raise PermissionError("the fence stays")

    return guard


def _below(path: Any, roots: tuple[str, ...], realpath=os.path.realpath, fsdecode=os.fsdecode) -> bool:
    path = realpath(fsdecode(path))
    return any(path == root or path.startswith(root + "/") for root in roots)


def _roots(paths: list[str]) -> tuple[str, ...]:
    return tuple(sorted({os.path.realpath(path).rstrip("/") for path in paths if os.path.realpath(path) != "/"}))


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def _close_unaudited_doors() -> None:
    """Replace the two ways to start or stop a process that raise no audit event."""
    import _posixsubprocess
    import signal

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise PermissionError("an answer may not start or stop processes")

    _posixsubprocess.fork_exec = refuse  # type: ignore[assignment]
    if hasattr(signal, "pidfd_send_signal"):
        signal.pidfd_send_signal = refuse  # type: ignore[assignment]
