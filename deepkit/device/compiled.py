"""Compiled CPU versions of the heavy kernels, by numba where it is installed; switched off by DEEPKIT_COMPILED=0."""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from deepkit.loading import load_module

switched_off = os.environ.get("DEEPKIT_COMPILED", "1") == "0"
"""True: the NumPy references are used even where numba is installed."""


@functools.cache
def available() -> bool:
    """True if numba is installed; looks for it without importing it."""
    return importlib.util.find_spec("numba") is not None


def kernel(function: Callable) -> Callable[..., Any] | None:
    """`function` compiled for this machine, or None without numba or when it is switched off."""
    return None if switched_off or not available() else _compile(function)


def part(function: Callable) -> Callable[..., Any]:
    """Marks a function that compiled kernels call; called from Python it stays what it is."""
    _parts.append(function)
    return function


_parts: list[Callable] = []
_teaching = threading.Lock()


def _teach_parts() -> None:
    """Makes lanes and every part known to numba, once."""
    from numba.extending import register_jitable

    with _teaching:  # another thread must not compile a kernel while one of its parts is still unknown
        load_module("deepkit.device.registers.lanes_compiled")
        while _parts:
            register_jitable(_parts.pop())


PATIENCE = float(os.environ.get("DEEPKIT_PATIENCE", "4"))
"""Seconds of compiling after which its user is told what he waits for; where outputs are compared, DEEPKIT_PATIENCE=3600."""


class Progress:
    """What numba tells of its compiling, as a line on stderr after PATIENCE seconds: nobody waits without knowing why.

    The line of a kernel is written anew, with the seconds gone by, until it is compiled.
    """

    def __init__(self) -> None:
        self._open, self._count, self._waited, self._began = 0, 0, 0.0, 0.0
        self._timer: threading.Timer | None = None
        self._told = False  # a line that is not ended yet

    def notify(self, event: Any) -> None:
        """Called when numba begins and when it ends: kernels that compile their parts meanwhile count as one."""
        function = event.data["dispatcher"].py_func
        if not function.__module__.startswith("deepkit."):
            return
        self._open += 1 if event.is_start else -1
        if event.is_start and self._open == 1:
            self._count, self._began = self._count + 1, time.monotonic()
            self._wait(function.__name__.strip("_"), PATIENCE - self._waited)
        elif self._open == 0 and self._timer is not None:
            self._timer.cancel()
            self._waited += time.monotonic() - self._began
            if self._told:
                self._told, self._waited = False, 0.0
                print(file=sys.stderr, flush=True)

    def _wait(self, name: str, seconds: float) -> None:
        self._timer = threading.Timer(max(0.0, seconds), self._say, [name])
        self._timer.daemon = True
        self._timer.start()

    def _say(self, name: str) -> None:
        if not self._open:  # it ended this moment
            return
        line = (
            "deepkit compiles its kernels for this processor, they are kept for the next time: "
            f"{name}, number {self._count}, {time.monotonic() - self._began:.0f} s"
        )
        print("\r" + line, end="", file=sys.stderr, flush=True)
        self._told = True
        self._wait(name, PATIENCE)


@functools.cache
def _listen() -> None:
    """Begins to tell of compiling. Numba reads from its cache without a word, and so do we."""
    from numba.core import event

    event.Listener.register(Progress)
    event.register("numba:compile", Progress())


@functools.cache
def _compile(function: Callable) -> Callable[..., Any]:
    """Compiled at its first call; the machine code is cached on disk.

    No fast-math: additions keep their order, and only a kernel that says `fused` rounds differently from NumPy.
    """
    import numba

    _listen()
    _teach_parts()
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # there is no folder that a cache could be written to: compile anew each time
        return numba.njit(nogil=True, error_model="numpy")(function)
