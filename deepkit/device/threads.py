"""How many threads compute, and how they share work: one policy for any program; DEEPKIT_THREADS chooses otherwise.

OpenBLAS takes a thread for each core, and its threads wait for each other by spinning. As soon as another program wants
one of the cores, every product waits for the thread that is not running, and the others burn the cores meanwhile: a
training step of a small network then takes ten times as long as with one thread. Half of the cores leaves room for the
rest of the machine, and what a small product loses by it is little.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import os
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from deepkit.device.machine import usable_cores
from deepkit.errors import ArgumentError

VARIABLE = "DEEPKIT_THREADS"
THEIRS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")
"""What BLAS libraries read when they are loaded. Who sets one of them has decided."""
_NAMES = ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_", "openblas_{}_num_threads")


def wanted() -> int | None:
    """The number of threads by this policy; None where the environment has one of BLAS' own variables.

    Raises:
        ArgumentError: DEEPKIT_THREADS is not a whole number of at least 1.
    """
    chosen = os.environ.get(VARIABLE, "").strip()
    if chosen:
        if not chosen.isdecimal() or int(chosen) < 1:
            raise ArgumentError(f"{VARIABLE} is {chosen!r}", rule="a whole number of threads, at least 1")
        return int(chosen)
    return None if any(os.environ.get(name) for name in THEIRS) else max(1, usable_cores() // 2)


def limit() -> None:
    """Gives NumPy's BLAS the wanted number of threads; does nothing where it is not an OpenBLAS, or was told otherwise."""
    number, put = wanted(), _function("set")
    if number is not None and put is not None:
        put(number)


def threads() -> int | None:
    """How many threads NumPy's matrix product takes; None where that cannot be asked."""
    get = _function("get")
    return None if get is None else int(get())


def share(work: Callable[[int, int], None], count: int, step: int) -> None:
    """work(first, last) for the pieces of range(count), `step` long, on all cores that may be used.

    A thread takes the next piece when it is done with one: one that has to wait for its core takes fewer. The work must
    let go of Python's lock, as compiled kernels and NumPy do, and must not depend on the order of the pieces.
    """
    if 0 < count <= step:
        return work(0, count)
    import numpy as np  # here: the command line asks this module for its policy alone, and need not wait for NumPy

    pieces, errors = iter(range(0, count, step)), np.geterr()

    def run() -> None:
        for first in pieces:  # next() of a range is one step of the interpreter: no two threads get the same
            work(first, min(first + step, count))

    def help_out() -> None:
        with np.errstate(**errors):  # which warnings NumPy gives is set for each thread by itself
            run()

    others: list[Future[None]] = []
    for _ in range(min(workers() - 1, (count - 1) // step)):
        others.append(Future())
        _waiting().put((others[-1], help_out))
    try:
        run()
    finally:
        for other in others:
            if not other.cancel():  # who has not begun by now has nothing left to do
                other.result()


def summed_apart(count: int, least: int, size: int) -> int:
    """How long the pieces of range(count) are whose results, `size` bytes each, are kept until they are added up.

    At least `least`, and so long that all results take at most KEPT bytes, or two pieces. This does not ask how many threads
    there are: so no sum does.
    """
    return max(least, -(-count // max(2, KEPT // max(1, size))))


KEPT = 2**25
"""Bytes of results that wait to be added up."""


def workers() -> int:
    """The threads of `share`: all cores, since nobody spins while he waits; DEEPKIT_THREADS chooses otherwise."""
    return (wanted() or 1) if os.environ.get(VARIABLE, "").strip() else usable_cores()


@functools.cache
def _waiting() -> SimpleQueue[tuple[Future[None], Callable[[], None]]]:
    """What waits for a helper, with the helpers: threads that end with the program, even while others still compute."""
    tasks: SimpleQueue[tuple[Future[None], Callable[[], None]]] = SimpleQueue()
    for _ in range(usable_cores()):
        Thread(target=_help, args=(tasks,), name="deepkit", daemon=True).start()
    return tasks


def _help(tasks: SimpleQueue[tuple[Future[None], Callable[[], None]]]) -> None:
    while True:
        future, run = tasks.get()
        if future.set_running_or_notify_cancel():
            try:
                run()
            except BaseException as error:  # it is raised where the work was asked for
                future.set_exception(error)
            else:
                future.set_result(None)
        del future, run  # nothing is held while there is nothing to do


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: _waiting.cache_clear())  # a child has none of its parent's threads


def _function(verb: str) -> Callable[..., int] | None:
    library = _openblas()
    names = [name.format(verb) for name in _NAMES]
    return next((getattr(library, name) for name in names if hasattr(library, name)), None) if library else None


@functools.cache
def _openblas() -> ctypes.CDLL | None:
    """The OpenBLAS that NumPy has loaded: the one in its wheel, or the system's."""
    numpy = importlib.util.find_spec("numpy")
    wheel = Path(numpy.origin if numpy and numpy.origin else "numpy").parent
    places = [*wheel.with_name("numpy.libs").glob("*openblas*"), *(wheel / ".dylibs").glob("*openblas*")]
    if not places:  # NumPy of a system or of conda: its library is among the files that this process has mapped
        maps = Path("/proc/self/maps")
        mapped = maps.read_text().splitlines() if maps.exists() else []
        places = [Path(line.split(None, 5)[5]) for line in mapped if "openblas" in line]
    return ctypes.CDLL(str(places[0])) if places else None
