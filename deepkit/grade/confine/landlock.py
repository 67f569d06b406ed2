"""An allow-list of files: what is not on it cannot be opened, made, moved or removed, whoever the user is, root too.

Landlock is a part of the Linux kernel that any process may turn on for itself and all it starts, for good. It judges
the file that is meant in the end, so neither links, nor folders that are open already, nor other names of the same file
lead around it. Newer kernels know more rights; where they can, connections and signals are shut off as well.

https://docs.kernel.org/userspace-api/landlock.html
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

from deepkit.grade.confine.kernel import syscall

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every machine
_VERSION, _PATH_BENEATH = 1, 1
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_OF_FILES = 1 << 0 | _WRITE_FILE | _READ_FILE | 1 << 14 | 1 << 15  # execute, write, read, truncate, ioctl of devices
_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}  # version: how many rights over files there are from it on
_BIND_AND_CONNECT = 0b11  # from version 4
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11  # from version 6
_EXECUTE = 1 << 0


def version() -> int:
    """The kernel's version of Landlock; 0 where there is none."""
    try:
        return syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(_VERSION))
    except (OSError, AttributeError):  # a kernel without it, or a C library without `syscall`
        return 0


def restrict(read: Iterable[str], listed: Iterable[str], write: Iterable[str]) -> None:
    """Allow nothing but: reading below `read`, seeing names below `listed`, and everything but running below `write`.

    Paths that do not exist are passed over. Nothing may be executed. Needs no_new_privs; only the calling thread is
    bound, so call it before there are others.
    """
    known = version()
    handled = (1 << max(count for since, count in _RIGHTS.items() if since <= known)) - 1
    record = struct.pack("Q", handled)
    if known >= 4:
        record += struct.pack("Q", _BIND_AND_CONNECT)
    if known >= 6:
        record += struct.pack("Q", _ABSTRACT_SOCKETS_AND_SIGNALS)
    rules = syscall(_CREATE, record, ctypes.c_size_t(len(record)), ctypes.c_uint(0))
    try:
        for paths, rights in (
            (read, _READ_FILE | _READ_DIR), (listed, _READ_DIR), (write, handled & ~_EXECUTE),
        ):
            for path in paths:
                _allow(rules, path, rights)
        syscall(_RESTRICT, ctypes.c_int(rules), ctypes.c_uint(0))
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):  # what is not there needs no allowance
        return
    try:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            rights &= _OF_FILES
        rule = struct.pack("=Qi", rights, handle)
        if rights:
            syscall(_ADD, ctypes.c_int(rules), ctypes.c_uint(_PATH_BENEATH), rule, ctypes.c_uint(0))
    finally:
        os.close(handle)


def around(roots: Iterable[str], closed: Iterable[str]) -> tuple[list[str], list[str]]:
    """What to allow so that all below `roots` can be read, but nothing below `closed`: (read, listed).

    Landlock can allow a folder with all that is in it, and nothing inside can be taken out again. So a root that holds
    something closed is opened entry by entry on the way there, and of the folders on the way only the names show.

    >>> around(["/usr/lib"], ["/home"])
    (['/usr/lib'], [])
    """
    shut = {os.path.realpath(path) for path in closed}
    above = {folder for path in shut for folder in _parents(path)}
    waiting = [_meant(root) for root in roots]
    read: list[str] = []
    listed: list[str] = []
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in seen or not shut.isdisjoint([path, *_parents(path)]):
            continue
        seen.add(path)
        if path in above and os.path.isdir(path):
            listed.append(path)
            waiting += _entries(path)
        else:
            read.append(path)
    return read, listed


def _entries(folder: str) -> list[str]:
    return [entry.path for entry in os.scandir(folder) if not entry.is_symlink()]


def _parents(path: str) -> list[str]:
    return [str(folder) for folder in Path(path).parents]


def _meant(path: str) -> str:
    """The path that a name stands for; in /proc it stands for whatever is meant by the process that opens it."""
    return path if path.startswith("/proc/") else os.path.realpath(path)
