"""The process that students' processes are made from: the libraries are loaded (see `launcher`), and each answer gets a fork.

It knows nothing but libraries and which places are closed: neither tests nor answers, so nothing of them is in the memory
that an answer finds itself in. For each answer there are two processes: a guard, and the student's, which is confined
before it sees the first line of the answer. The guard holds the leash, a pipe from the grader: when the other end closes,
even because the grader was killed, the guard ends the student's process and then itself. It also keeps the limit of CPU
time, and tells in the end how the student's process died.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import resource
import select
import signal
import socket
import sys
import time
from typing import Any

from deepkit.grade import child, fence
from deepkit.grade.confine import confine, landlock, limits, namespaces, scratch

START_SECONDS = 60.0
"""What starting a process and the code that is given with a task may take."""
_TICK = 0.02  # seconds between two looks of a guard at its clock
_LOOK = 0.1  # seconds between two looks at the scratch folder
_HANDLES = 4  # requests, replies, leash, report


def main(channel: int) -> None:
    """Serve the grader on the socket `channel`: first the settings, then one message for each process it wants."""
    with socket.socket(fileno=channel) as grader:
        settings = json.loads(grader.recv(1 << 20))
        settings["reach"] = landlock.around(settings["readable"], settings["closed"])
        settings["fence"] = fence.roots(settings["readable"]), fence.roots(settings["closed"])
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # guards are nobody's to wait for
        while True:
            message, handles, _, _ = socket.recv_fds(grader, 1 << 16, _HANDLES)
            if not message:
                return
            if os.fork() == 0:
                grader.close()
                try:
                    _guard({**settings, **json.loads(message)}, *handles)
                finally:
                    os._exit(1)
            for handle in handles:
                os.close(handle)


def _guard(settings: dict[str, Any], requests: int, replies: int, leash: int, report: int) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    own_world = "world" not in settings["without"] and namespaces.enter()
    if own_world and os.fork():
        os._exit(0)  # the child is the first process of the new world: when it ends, all others there do
    student = os.fork()
    if student == 0:
        os.close(leash)
        os.close(report)
        _student(settings, requests, replies, own_world)
    os.close(requests)
    os.close(replies)
    watched = None if own_world or "limits" in settings["without"] else settings["home"]
    os.write(report, json.dumps(_Watch(student, leash, watched).ends()).encode())
    os._exit(0)


class _Watch:
    """A guard's watch over the student's process: it ends with the leash, with its CPU time, or with its scratch folder.

    `folder` is what it may fill, where nobody else sees to that.
    """

    def __init__(self, student: int, leash: int, folder: str | None):
        self._student, self._leash, self._folder = student, leash, folder
        self._most, self._begun = math.inf, 0.0
        self._libraries = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # what a fork of the host begins with
        self._next_look = 0.0

    def ends(self) -> dict[str, Any]:
        """Wait for the end of the process, or bring it about; returns how it ended, and what it took."""
        too_long = too_much = False
        ended, status, usage = os.wait4(self._student, os.WNOHANG)
        while not ended and self._held() and not too_long and not too_much:
            too_long, too_much = cpu_seconds(self._student) > self._most, self._too_much()
            ended, status, usage = os.wait4(self._student, os.WNOHANG)
        if not ended:
            os.kill(self._student, signal.SIGKILL)
            _, status, usage = os.wait4(self._student, 0)
        with contextlib.suppress(ProcessLookupError, PermissionError):  # mostly nobody of its group is left
            os.killpg(self._student, signal.SIGKILL)
        kilobytes = (usage.ru_maxrss - self._libraries) / (1 if sys.platform == "linux" else 1024)
        return {
            "code": os.waitstatus_to_exitcode(status), "cpu": too_long, "scratch": too_much,
            "seconds": max(0.0, usage.ru_utime + usage.ru_stime - self._begun), "memory_mb": max(0.0, kilobytes / 1024),
        }

    def _held(self) -> bool:
        """Wait a moment for an order; False when the grader has let go of the leash."""
        if not select.select([self._leash], [], [], _TICK)[0]:
            return True
        orders = os.read(self._leash, 1 << 16).splitlines()
        if orders:  # the clock starts; several may have come while this process looked at the folder
            self._begun = cpu_seconds(self._student)
            self._most = self._begun + json.loads(orders[-1])["cpu"]
        return bool(orders)

    def _too_much(self) -> bool:
        began = time.monotonic()
        if self._folder is None or began < self._next_look:
            return False
        too_much = scratch.holds_too_much(self._folder, self._student)
        took = time.monotonic() - began
        self._next_look = began + max(_LOOK, 10 * took)
        return too_much


def cpu_seconds(process: int) -> float:
    """CPU time that a process has used so far, all its threads together; 0 where only its parent's kernel can tell."""
    if sys.platform != "linux":
        return 0.0  # there the limit of whole seconds counts, which the process was given at its start
    return time.clock_gettime((~process << 3) | 2)  # MAKE_PROCESS_CPUCLOCK(process, CPUCLOCK_SCHED)


def _student(settings: dict[str, Any], requests: int, replies: int, own_world: bool) -> None:
    """Confine this process and serve the grader; never returns."""
    os.setsid()
    if sys.platform == "linux":
        namespaces.die_with_parent()
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    low, high = sorted((requests, replies))
    for first, last in ((3, low), (low + 1, high), (high + 1, min(soft, 1 << 16))):
        os.closerange(first, last)
    home = settings["home"]
    limits.yield_memory()
    limits.limit_cpu(START_SECONDS + settings["seconds"])
    walls = confine(
        settings["reach"], home,
        memory_mb=settings["memory_mb"], own_world=own_world, without=settings["without"],
    )
    os.chdir(home)
    os.environ.update(dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "MPLCONFIGDIR"), home))
    if "fence" not in settings["without"]:
        readable, closed = settings["fence"]
        fence.raise_fence(readable, closed, home)
    child.serve(requests, replies, walls.as_dict())
    os._exit(0)
