"""Runs attacks as whoever starts it, and prints what became of each, as JSON: python attack_runner.py ATTACKS [WALL ...]

ATTACKS is a list of their names, as JSON, or null for all; the walls that are named are left away.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from attacks import ALONE, ATTACKS, FILLS, PRELUDE

from deepkit.grade.confine import namespaces
from deepkit.grade.confine.kernel import libc
from deepkit.grade.process import Host, StudentProcess, WrongAnswer

_MOST_TOGETHER = 30  # attacks from one process: each may leave a few descriptors open, and it may have 256
_MOUNTS, _NAMES, _MESSAGES, _PROCESSES = 0x00020000, 0x04000000, 0x08000000, 0x20000000
_READ_ONLY, _REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 1, 0x20, 0x1000, 0x4000, 1 << 18


def apart(folder: str, work: Callable[[], None]) -> int:
    """Do some work, as root, where mounts, names, messages and processes are one's own; files can be changed in `folder` only.

    Root's attacks may succeed, and what succeeds must not reach the machine. Returns the exit status, 77 where the kernel
    does not permit this.
    """
    if libc().unshare(_MOUNTS | _NAMES | _MESSAGES | _PROCESSES):
        return 77
    _mount(None, "/", _RECURSIVE | _PRIVATE)
    _mount(folder, folder, _BIND)
    _mount(None, "/", _REMOUNT | _BIND | _READ_ONLY)

    def first() -> int:
        _mount("proc", "/proc", 0, "proc")
        for _ in range(20):  # small numbers are those that answers have in their worlds, and one may signal oneself
            forked(int)
        work()
        return 0

    return forked(first)


def forked(work: Callable[[], int]) -> int:
    """The exit status that some work has, in a fork of this process that ends with it."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    namespaces.die_with_parent()
    code = 1
    try:
        code = work()
    except BaseException:  # whatever it is: the fork must not go on in its parent's code; the status tells that parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _mount(source: str | None, target: str, flags: int, kind: str | None = None) -> None:
    texts = [None if text is None else text.encode() for text in (source, target, kind)]
    if libc().mount(*texts, ctypes.c_ulong(flags), None):
        raise OSError(ctypes.get_errno(), f"cannot mount on {target}")


@contextlib.contextmanager
def world(folder: Path) -> Iterator[dict[str, Any]]:
    """Something to attack: files, a process, and somebody who listens."""
    exercise, outside = folder / "exercise", folder / "outside"
    exercise.mkdir()
    outside.mkdir()
    for path in (exercise / "source.ipynb", folder / "neighbour.ipynb", folder / "library.txt"):
        path.write_text('"""xyzzy"""')
    for name in ("movable", "removable", "over", "exchanged"):
        (outside / name).write_text("x")
    with sqlite3.connect(outside / "base") as base:
        base.execute("create table t as select 1")
    mark = f"deepkit-attack-{os.getpid()}"
    with contextlib.ExitStack() as stack:
        places: dict[str, Any] = {"tcp": ("127.0.0.1", 0), "local": str(folder / "socket"), "abstract": f"\0{mark}"}
        heard = {}
        for name, place in places.items():
            listener = stack.enter_context(socket.socket(socket.AF_INET if name == "tcp" else socket.AF_UNIX))
            listener.bind(place)
            listener.listen(16)
            heard[name] = listener
        victim = subprocess.Popen(["sleep", "600"])
        stack.callback(victim.wait)
        stack.callback(victim.kill)
        yield {
            "secret": exercise / "source.ipynb", "neighbour": folder / "neighbour.ipynb", "library": folder / "library.txt",
            "outside": outside, "victim": victim.pid, "port": heard["tcp"].getsockname()[1],
            "socket": folder / "socket", "mark": mark,
        }


def attacked(names: list[str] | None, without: list[str]) -> dict[str, str]:
    """What became of attacks: "won", or how each was held.

    Where the walls are up, one process makes many attacks, each in a folder of its own: an attack that is held has changed
    nothing. Another process takes its place when it has ended.
    """
    outcomes: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as name, world(Path(name)) as targets:
        closed = [targets["secret"].parent, targets["neighbour"]]
        with Host(closed, readable=[str(targets["library"])], without=without) as host:
            waiting = list(names or ATTACKS)
            while waiting:
                several = 1 if set(without) & {"files", "calls", "limits"} else _MOST_TOGETHER
                with StudentProcess(host, seconds=5) as process:
                    while waiting and several and _is_alive(process):
                        attack = waiting.pop(0)
                        several = 0 if attack in ALONE or attack in FILLS else several - 1
                        outcomes[attack] = _outcome(process, attack, targets)
    return outcomes


def _outcome(process: StudentProcess, name: str, targets: dict[str, Any]) -> str:
    process.begin()
    try:
        process.run(PRELUDE)
        process.run(ATTACKS[name].format(**targets) if name in ATTACKS else FILLS[name])
        return "won" if process.value("won") else "nothing gained"
    except WrongAnswer as error:
        return str(error)


def _is_alive(process: StudentProcess) -> bool:
    try:
        process.run("")
    except WrongAnswer:
        return False
    return True


def main(names: list[str] | None, *without: str) -> int:
    """Print what became of the attacks."""
    with tempfile.TemporaryDirectory(prefix="deepkit-attacks-") as own:
        tempfile.tempdir = own

        def work() -> None:
            print(json.dumps(attacked(names, list(without)), indent=1))

        if os.getuid() == 0:
            return forked(lambda: apart(own, work))
        work()
        return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1]), *sys.argv[2:]))
