"""No rank without its job: a thread that ends this process when those who started it are gone."""

from __future__ import annotations

import os
import sys
import threading
import time

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


def _watch(parent: int, launcher: int | None) -> None:
    while os.getppid() == parent and (launcher is None or is_running(launcher)):
        time.sleep(EVERY)
    print("deepkit: who started this rank is gone, so it ends", file=sys.stderr, flush=True)
    os._exit(1)
