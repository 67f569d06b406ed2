"""How many threads a matrix product takes: one policy, however a program is started; DEEPKIT_THREADS chooses otherwise.

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
from pathlib import Path

from deepkit.device.cores import usable_cores
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
