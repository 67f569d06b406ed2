"""A filter on system calls: the kernel runs it before each call of this process, and of all it will ever start.

It is a list of what computing needs (`calls`), and everything else fails with "Operation not permitted": sockets,
processes, signals to others, tracing, mounting, priorities, owners and modes of files. The filter is a program for the
kernel's classic BPF machine, which sees the number of the call and its six arguments as numbers, never what pointers
point at; so where the argument that counts is behind a pointer, the whole call is refused.

https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import struct

from deepkit.grade.confine.calls import ALLOWED, EXAMINED, MACHINES
from deepkit.grade.confine.kernel import prctl

_PR_GET_SECCOMP, _PR_SET_SECCOMP, _MODE_FILTER = 21, 22, 2
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Instructions of BPF: load a word of the call's record, jump if it is equal or has any bit of a mask, return.
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _ARCHITECTURE = 0, 4  # places in struct seccomp_data; argument i begins at 16 + 8 i, low word first

_CLONE_THREAD = 0x00010000
_NAMES_A_THREAD = (15, 16)  # prctl: PR_SET_NAME, PR_GET_NAME
_ABOUT_ITSELF = (  # fcntl: what a descriptor is and which bytes are locked, but not who gets signals
    fcntl.F_DUPFD, fcntl.F_GETFD, fcntl.F_SETFD, fcntl.F_GETFL, fcntl.F_GETLK, fcntl.F_SETLK, fcntl.F_SETLKW,
    1030, 36, 37, 38,  # F_DUPFD_CLOEXEC and F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW
)
_ASKS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # ioctl: TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIO(N)CLEX

Program = list[tuple[int, int, int, int]]


def available() -> bool:
    """Whether this kernel has filters and this machine is one whose calls `calls` knows."""
    return platform.machine() in MACHINES and prctl(_PR_GET_SECCOMP) >= 0


def restrict() -> None:
    """Refuse, from now on and for good, every system call that computing does not need. Needs no_new_privs."""
    program = assemble(platform.machine(), os.getpid())
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in program)
    held = ctypes.create_string_buffer(code, len(code))
    header = ctypes.create_string_buffer(struct.pack("HP", len(program), ctypes.addressof(held)))
    if prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(header)):
        raise OSError(ctypes.get_errno(), "the kernel refuses a filter on system calls")


def assemble(machine: str, pid: int) -> Program:
    """The filter for one kind of machine and the process `pid`."""
    column = MACHINES[machine]
    program: Program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        (_RETURN, 0, 0, _KILL),  # a call by another machine's numbers, 32-bit code among them
        (_LOAD, 0, 0, _NUMBER),
    ]
    for pair in ALLOWED.values():
        program += _case(pair[column], [(_RETURN, 0, 0, _ALLOW)])
    for name, block in _examinations(pid).items():
        program += _case(EXAMINED[name][column], block)
    return [*program, _refuse(errno.EPERM)]


def _examinations(pid: int) -> dict[str, Program]:
    """For each call of EXAMINED what decides about it; every block ends in a return."""
    unknown = [_refuse(errno.ENOSYS)]  # the C library takes the older call, whose arguments can be seen
    return {
        "clone3": unknown,
        "openat2": unknown,
        "clone": [(_LOAD, 0, 0, _argument(0)), (_ANY_BIT, 0, 1, _CLONE_THREAD), *_VERDICTS],
        "open": _emptying(1),
        "openat": _emptying(2),
        "prctl": _one_of(0, _NAMES_A_THREAD),
        "prlimit64": [  # may ask about itself, not set: the pointer to the new limit is null
            (_LOAD, 0, 0, _argument(0)), (_EQUAL, 1, 0, 0), (_EQUAL, 0, 5, pid),
            (_LOAD, 0, 0, _argument(2)), (_EQUAL, 0, 3, 0), (_LOAD, 0, 0, _argument(2) + 4), (_EQUAL, 0, 1, 0),
            *_VERDICTS,
        ],
        "fcntl": [
            (_LOAD, 0, 0, _argument(1)), (_EQUAL, 0, 4, fcntl.F_SETFL),
            (_LOAD, 0, 0, _argument(2)), (_ANY_BIT, 0, 1, os.O_ASYNC),
            _refuse(errno.EPERM), (_RETURN, 0, 0, _ALLOW),
            *_one_of(1, _ABOUT_ITSELF),
        ],
        "ioctl": _one_of(1, _ASKS),
        "kill": _one_of(0, (pid,)),
        "tgkill": _one_of(0, (pid,)),
    }


def _emptying(position: int) -> Program:
    """Opening is Landlock's to allow, but before its third version it did not see O_TRUNC beside O_RDONLY."""
    flags = _argument(position)
    return [
        (_LOAD, 0, 0, flags), (_ANY_BIT, 0, 2, os.O_TRUNC), (_ANY_BIT, 1, 0, os.O_ACCMODE),
        _refuse(errno.EPERM), (_RETURN, 0, 0, _ALLOW),
    ]


def _one_of(position: int, values: tuple[int, ...]) -> Program:
    tests: Program = []
    for value in values:
        tests += [(_EQUAL, 0, 1, value & 0xFFFFFFFF), (_RETURN, 0, 0, _ALLOW)]
    return [(_LOAD, 0, 0, _argument(position)), *tests, _refuse(errno.EPERM)]


def _case(number: int | None, block: Program) -> Program:
    return [] if number is None else [(_EQUAL, 0, len(block), number), *block]


def _argument(position: int) -> int:
    return 16 + 8 * position


def _refuse(reason: int) -> tuple[int, int, int, int]:
    return (_RETURN, 0, 0, _ERRNO | reason)


_VERDICTS: Program = [(_RETURN, 0, 0, _ALLOW), _refuse(errno.EPERM)]
