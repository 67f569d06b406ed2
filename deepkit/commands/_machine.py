"""What this machine can do: its processor, its BLAS, and a matrix product that is really measured."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from deepkit.commands._launch import CORETYPE
from deepkit.device import threads
from deepkit.device.machine import usable_cores

# A child measures, because OpenBLAS chooses its kernels once, when NumPy is loaded. C = A B with n x n matrices
# costs n^3 multiplications and as many additions. The best of many repetitions is what the processor can do;
# the mean would tell how busy the machine is.
_MEASURE = """
import sys, time
import numpy as np
n, seconds = int(sys.argv[1]), float(sys.argv[2])
a = np.full((n, n), 0.5, np.float32)
b = np.full((n, n), 2.0, np.float32)
assert (a @ b == n).all(), "a matrix product with a known answer came out wrong"
best, end = float("inf"), time.perf_counter() + seconds
while time.perf_counter() < end:
    start = time.perf_counter()
    a @ b
    best = min(best, time.perf_counter() - start)
print(2 * n**3 / best / 1e9)
"""


@dataclass(frozen=True)
class Speed:
    """Measured GFLOP/s of a float32 matrix product, and the OpenBLAS kernels it ran on ("" if not OpenBLAS)."""

    gflops: float
    core: str


class MeasurementFailed(Exception):
    """The child that measures ended badly; its last words are the message."""


def measure(environment: dict[str, str], size: int = 1024, seconds: float = 0.5) -> Speed:
    """Run a matrix product in a child with `environment`; MeasurementFailed if it dies or computes nonsense."""
    command = [sys.executable, "-c", _MEASURE, str(size), str(seconds)]
    try:
        child = subprocess.run(
            command, env=environment | {"OPENBLAS_VERBOSE": "2"}, capture_output=True, text=True, timeout=60
        )
    except subprocess.TimeoutExpired as error:
        raise MeasurementFailed("no result within 60 s") from error
    if child.returncode != 0:
        words = child.stderr.strip().splitlines()
        raise MeasurementFailed(words[-1] if words else f"ended with code {child.returncode}")
    core = re.search(r"^Core: (\S+)", child.stderr + child.stdout, re.MULTILINE)
    return Speed(float(child.stdout.split()[-1]), core[1] if core else "")


def without_coretype() -> dict[str, str]:
    """This program's environment without OPENBLAS_CORETYPE."""
    return {name: value for name, value in os.environ.items() if name != CORETYPE}


def cpu_model() -> str:
    """The processor's name for people."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        found = re.search(r"^model name\s*:\s*(.+)$", info.read_text(errors="replace"), re.MULTILINE)
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()


def blas_build() -> str:
    """Name and version of the BLAS that NumPy was built with."""
    import numpy as np

    config = np.show_config(mode="dicts")
    blas = config.get("Build Dependencies", {}).get("blas", {}) if isinstance(config, dict) else {}
    return f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip()


def blas_threads() -> str:
    """How many threads a matrix product takes, of how many cores, and who says so."""
    threads.limit()
    number, said = threads.threads(), next((n for n in (threads.VARIABLE, *threads.THEIRS) if os.environ.get(n)), None)
    taken = "unknown" if number is None else str(number)
    return f"{taken} of {usable_cores()} cores ({said or f'{threads.VARIABLE} sets another number'})"
