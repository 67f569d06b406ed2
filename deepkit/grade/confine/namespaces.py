"""A world of its own for an answer: its processes, its network, its messages and its scratch folder.

In a new process namespace nobody outside has a number, so nobody outside can be meant; and when its first process ends,
the kernel ends all others in it: no daemon outlives the answer. A new network namespace has no network. In a new mount
namespace the scratch folder is a small file system in memory, which is gone with the last process.

Root may make namespaces; other users may where the kernel lets them have a user namespace. Containers often forbid it.
"""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

from deepkit.grade.confine.kernel import libc, prctl

# The bits of unshare(2).
_MOUNTS, _MESSAGES, _USERS, _PROCESSES, _NETWORK = 0x00020000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
_NOSUID, _NODEV, _NOEXEC, _RECURSIVE, _PRIVATE = 2, 4, 8, 0x4000, 1 << 18
_PR_DROP_FROM_BOUNDS, _PR_SET_PARENT_DEATH_SIGNAL, _PR_SET_NO_NEW_PRIVILEGES = 24, 1, 38
_PR_AMBIENT, _CLEAR_ALL = 47, 4


def enter() -> bool:
    """Give this process (of one thread) a world of its own, as far as it goes; its next child is the first in it.

    Returns False where the kernel does not permit it; then nothing has changed.
    """
    user, group = os.getuid(), os.getgid()
    try:
        unshare = libc().unshare
    except AttributeError:  # no Linux
        return False
    if unshare(ctypes.c_int(_USERS | _PROCESSES | _NETWORK | _MESSAGES | _MOUNTS)):
        return False
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")  # the same user, with all rights in here and none outside
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    return True


def mount_scratch(folder: str, megabytes: int, files: int) -> None:
    """Put an empty file system in memory, of that size and for so many files, over `folder`, for this mount namespace only.

    Raises:
        OSError: the kernel does not permit it.
    """
    _mount(None, "/", None, _RECURSIVE | _PRIVATE, None)  # nothing mounted in here shows outside
    options = f"size={megabytes}m,nr_inodes={files},mode=700"
    _mount("deepkit", folder, "tmpfs", _NOSUID | _NODEV | _NOEXEC, options)


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None) -> None:
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind, options)]
    if libc().mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3]):
        raise OSError(ctypes.get_errno(), f"cannot mount {kind or 'privately'} on {target}")


def drop_privileges() -> None:
    """Give up every capability for good, root's too, and every way to new ones."""
    for capability in range(64):
        prctl(_PR_DROP_FROM_BOUNDS, capability)  # fails for those that the kernel does not have, or we do not
    prctl(_PR_AMBIENT, _CLEAR_ALL)
    header = struct.pack("Ii", 0x20080522, 0)  # version 3 of the record, this process
    if libc().capset(header, struct.pack("6I", *[0] * 6)):
        raise OSError(ctypes.get_errno(), "cannot give up the capabilities")
    if prctl(_PR_SET_NO_NEW_PRIVILEGES, 1):
        raise OSError(ctypes.get_errno(), "cannot forbid new privileges")


def die_with_parent() -> None:
    """Have the kernel end this process when the one that started it ends."""
    import signal

    prctl(_PR_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
