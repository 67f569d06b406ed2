"""The environment of the programs that deepkit starts: the same Python, the same deepkit, the fastest BLAS kernels."""

from __future__ import annotations

import importlib.util
import os
import platform
import sysconfig
from pathlib import Path

from deepkit.device import threads
from deepkit.errors import MissingExtraError

CORETYPE = "OPENBLAS_CORETYPE"
AVX512_CORE = "SkylakeX"
THREADS = "OPENBLAS_NUM_THREADS"
_NEEDED = {"avx512f", "avx512dq", "avx512cd", "avx512bw", "avx512vl"}  # what OpenBLAS' SkylakeX kernels execute

BLAS_NOTE = f"""\
Where the processor has AVX-512 and {CORETYPE} is not set, it is set to {AVX512_CORE} for the program that is
started: an OpenBLAS that does not know the processor takes its AVX2 kernels, and AVX-512 can double a matrix
product. A matrix product takes half of the cores, in any program that uses deepkit: its threads wait for each other,
and where another program takes a core away from one of them, all are many times slower; {threads.VARIABLE} chooses
another number. `deepkit doctor` measures your machine.
"""


def has_avx512(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """True if this is a 64-bit x86 Linux machine whose processor has every AVX-512 part that OpenBLAS needs."""
    if platform.machine().lower() not in ("x86_64", "amd64") or not cpuinfo.is_file():
        return False
    for line in cpuinfo.read_text(errors="replace").splitlines():
        if line.startswith("flags"):
            return set(line.split()) >= _NEEDED
    return False


def child_environment() -> dict[str, str]:
    """A copy of this program's environment for a child that may start in another folder.

    The child imports the deepkit that is running now, also from a checkout that is not installed, and its NumPy
    uses AVX-512 where the processor has it, on half of the cores.
    """
    environment = dict(os.environ)
    # A relative entry means this program's folder, not the child's.
    paths = [os.path.abspath(p) for p in environment.get("PYTHONPATH", "").split(os.pathsep) if p]
    home = str(Path(__file__).resolve().parents[2])
    if home not in (*paths, sysconfig.get_path("purelib")):
        paths.insert(0, home)
    if paths:
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    if has_avx512():
        environment.setdefault(CORETYPE, AVX512_CORE)
    number = threads.wanted()
    if number is not None:
        environment[THREADS] = str(number)
    return environment


def require(module: str, purpose: str, extra: str = "course") -> None:
    """MissingExtraError if `module`, which the extra installs, is not there."""
    if importlib.util.find_spec(module) is None:
        raise MissingExtraError(module, extra, purpose)
