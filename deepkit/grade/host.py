"""The process that students' processes are made from: the libraries are loaded once, and each answer gets a fork.

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

from deepkit.device.memory import keep_freed
from deepkit.grade import child, fence
from deepkit.grade.confine import confine, limits, namespaces

START_SECONDS = 60.0
"""What starting a process and the code that is given with a task may take."""
_TICK = 0.02  # seconds between two looks of a guard at its clock
_HANDLES = 4  # requests, replies, leash, report


def main(channel: int) -> None:
    """Serve the grader on the socket `channel`: first the settings, then one message for each process it wants."""
    with socket.socket(fileno=channel) as grader:
        settings = json.loads(grader.recv(1 << 20))
        keep_freed()  # the library asks the C library for it at the first plan, once
        for line in settings["preload"]:
            with contextlib.suppress(ImportError):  # who needs it will be told when its own code imports it
                exec(line, {})
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
    os.write(report, json.dumps(_watch(student, leash)).encode())
    os._exit(0)


def _watch(student: int, leash: int) -> dict[str, Any]:
    """Wait for the end of the student's process, or bring it about; returns how it ended."""
    most, too_long, held = math.inf, False, True
    while held and not too_long:
        ended, status = os.waitpid(student, os.WNOHANG)
        if ended:
            break
        if select.select([leash], [], [], _TICK)[0]:
            order = os.read(leash, 1 << 10)
            held = bool(order)
            if held:  # the clock starts
                most = cpu_seconds(student) + json.loads(order)["cpu"]
        too_long = cpu_seconds(student) > most
    else:
        os.kill(student, signal.SIGKILL)
        _, status = os.waitpid(student, 0)
    with contextlib.suppress(ProcessLookupError, PermissionError):  # mostly nobody of its group is left
        os.killpg(student, signal.SIGKILL)
    return {"code": os.waitstatus_to_exitcode(status), "cpu": too_long}


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
    limits.limit_cpu(START_SECONDS + settings["seconds"])
    walls = confine(
        settings["readable"], settings["closed"], home,
        memory_mb=settings["memory_mb"], own_world=own_world, without=settings["without"],
    )
    os.chdir(home)
    os.environ.update(dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "MPLCONFIGDIR"), home))
    if "fence" not in settings["without"]:
        fence.raise_fence(settings["readable"], settings["closed"], home)
    child.serve(requests, replies, walls.as_dict())
    os._exit(0)
