"""The C library's door to the kernel: prctl and raw system calls, with errors as OSError."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any


@cache
def libc() -> Any:
    """The C library of this process; found when it is first needed, so that other systems can import this."""
    return ctypes.CDLL(None, use_errno=True)


def prctl(option: int, *arguments: int) -> int:
    """prctl(2): what the kernel answers, or -1."""
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    return libc().prctl(ctypes.c_int(option), *padded)


def syscall(number: int, *arguments: Any) -> int:
    """A system call that the C library has no name for.

    Raises:
        OSError: what the kernel says.
    """
    result = libc().syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"system call {number}")
    return result
