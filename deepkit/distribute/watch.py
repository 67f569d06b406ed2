"""No rank without its job: a thread that ends this process when those who started it are gone."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

from deepkit.files import is_running

LAUNCHER = "DEEPKIT_LAUNCHER"
"""The environment variable with the process number of the program that called `launch`, on this machine."""
EVERY = 0.5  # seconds between two looks


def end_with_starters() -> None:
    """From now on this process ends within a second after mpiexec, or the program that launched it, was killed."""
    launcher = os.environ.get(LAUNCHER, "")
    threading.Thread(
        target=_watch, args=(os.getppid(), int(launcher) if launcher.isdecimal() else None), name="deepkit watch", daemon=True
    ).start()


def children(process: int) -> list[int] | None:
    """The processes that a process has started and that have not ended; None where the system does not tell, as Linux does."""
    try:
        found = [int(n) for task in Path(f"/proc/{process}/task").iterdir() for n in (task / "children").read_text().split()]
        return [n for n in found if Path(f"/proc/{n}/stat").read_text().rpartition(")")[2].split()[0] != "Z"]
    except OSError:  # no such system, or one has ended meanwhile: who asks again will know
        return None


def _watch(parent: int, launcher: int | None) -> None:
    while os.getppid() == parent and (launcher is None or is_running(launcher)):
        time.sleep(EVERY)
    print("deepkit: who started this rank is gone, so it ends", file=sys.stderr, flush=True)
    os._exit(1)
