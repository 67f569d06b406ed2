"""The process that hosts are forked from: NumPy and the library are imported once, for all gradings of this program.

It knows less than a host: which places are closed, a host hears from its own grader. The grader's end starts it when the
first host is wanted, and it ends when nobody holds that end any more, neither this program nor a worker forked from it.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Collection
from pathlib import Path

from deepkit import errors
from deepkit.device.machine import keep_freed
from deepkit.grade.confine import homes

_PACKAGE = Path(errors.__file__).resolve().parent
_lock = threading.Lock()
_running: list[tuple[int, subprocess.Popen, socket.socket]] = []
"""At most one: who started it, the process, and our end of its channel."""


def fork_host(channel: socket.socket, preload: Collection[str] = ()) -> None:
    """Have a host forked that serves the socket `channel`, and has what the import statements `preload` import.

    Raises:
        OSError: no process can be started.
    """
    with _lock:
        try:
            if _running:
                return _pass_on(channel, preload)
        except OSError:  # it has ended: somebody has killed it, or the system was short of memory
            _stop()
        _start()
        return _pass_on(channel, preload)


def _pass_on(channel: socket.socket, preload: Collection[str]) -> None:
    socket.send_fds(_running[0][2], [json.dumps(list(preload)).encode()], [channel.fileno()])


def _start() -> None:
    import numpy

    homes.sweep()

    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # deepkit comes from where this one is; nothing else does. Without numba and cupy it computes by its NumPy kernels:
    # no compiling, and the same numbers everywhere.
    bootstrap = (
        "import sys; sys.modules['numba'] = sys.modules['cupy'] = None; "
        f"sys.path.append({str(Path(numpy.__file__).resolve().parent.parent)!r}); "
        f"sys.path.insert(0, {str(_PACKAGE.parent)!r}); import deepkit; del sys.path[0]; "
        f"from deepkit.grade.launcher import main; main({theirs.fileno()})"
    )
    with theirs:
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-B", "-W", "ignore", "-c", bootstrap],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                cwd="/", env=_environment(), pass_fds=(theirs.fileno(),), start_new_session=True,
            )
        except BaseException:
            ours.close()
            raise
    _running.append((os.getpid(), process, ours))


@atexit.register
def _stop() -> None:
    while _running:
        starter, process, channel = _running.pop()
        channel.close()
        if starter == os.getpid():  # not for a fork of this program, which only shares it
            process.kill()  # its hosts and their answers go on
            process.wait()


def _environment() -> dict[str, str]:
    """A fresh environment: no secrets of the grader's, and one thread for each library."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}
    return {**kept, **dict.fromkeys(threads, "1"), "PATH": os.defpath, "LC_ALL": "C.UTF-8"}


def main(channel: int) -> None:
    """Serve graders on the socket `channel`: for each host a message, with what it imports and its own channel's descriptor."""
    from deepkit.grade import host

    keep_freed()  # the library asks the C library for it at the first plan, once
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # hosts are nobody's to wait for
    loaded: set[str] = set()
    with socket.socket(fileno=channel) as graders:
        while True:
            message, handles, _, _ = socket.recv_fds(graders, 1 << 16, 1)
            if not message:
                return
            for line in json.loads(message):
                if line not in loaded:
                    loaded.add(line)
                    with contextlib.suppress(ImportError):  # who needs it will be told when its own code imports it
                        exec(line, {})
            if os.fork() == 0:
                graders.close()
                try:
                    os.setsid()
                    host.main(*handles)
                finally:
                    os._exit(1)
            for handle in handles:
                os.close(handle)
