"""The sources of CUDA kernels, compiled by CuPy for the GPU at hand; how a kernel is launched."""

from __future__ import annotations

import functools
import importlib.resources
import re
from typing import Any

import numpy as np

from deepkit.device.windows import Ints, Windows, planar_windows
from deepkit.errors import check_choice

THREADS = 256
"""Threads in a block of kernels that give each number a thread of its own."""
IMAGES = np.dtype([(name, np.int32) for name in ("count", "height", "width", "channels")])
WINDOWS = np.dtype([(name, np.int32, 2) for name in Windows._fields])
"""The structs Images and Windows of windows.cuh."""
C_NAMES = {"float32": "float", "float64": "double"}


def on_gpu(xp: Any) -> bool:
    """True if this array module compiles kernels."""
    return xp is not np and hasattr(xp, "RawModule")


def fits(xp: Any, *arrays: Any) -> bool:
    """True if kernels take these arrays: they are on a GPU, of float32 or all of float64, and not too large."""
    if not on_gpu(xp) or any(a.dtype != arrays[0].dtype or a.size >= 2**31 for a in arrays):
        return False
    return arrays[0].dtype.name in C_NAMES


def fits_windows(xp: Any, windows: Windows, *arrays: Any) -> bool:
    """As `fits`, and the windows slide along one or two axes."""
    return len(windows.kernel) <= 2 and fits(xp, *arrays)


def text(name: str) -> str:
    """The text of a file of CUDA C++ in this folder. ArgumentError: there is no such file."""
    folder = importlib.resources.files(__package__)
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith((".cu", ".cuh")))
    check_choice("file of CUDA kernels", name, names)
    return folder.joinpath(name).read_text(encoding="utf-8")


@functools.cache
def source(name: str) -> str:
    """The text of a kernel's file in this folder, with the texts of those that it includes."""
    return re.sub(r'^#include "(.*)"$', lambda found: source(found[1]), text(name), flags=re.MULTILINE)


@functools.cache
def module(xp: Any, name: str, *options: str) -> Any:
    """The compiled kernels of name.cu; CuPy keeps them on disk, this process keeps them at hand."""
    return xp.RawModule(code=source(f"{name}.cu"), options=("--std=c++17", *options))


def launch(
    xp: Any, name: str, dtype: Any, grid: tuple[int, ...], block: tuple[int, ...], *arguments: Any,
    shared_mem: int = 0, options: tuple[str, ...] = (),
) -> None:
    """Runs a kernel, "file.function", compiled for numbers of this type; a grid without blocks is no work.

    Python's whole numbers are passed as int32, its fractions as numbers of the type.
    """
    if not all(grid):
        return
    file, _, function = name.partition(".")
    compiled = module(xp, file, f"-DREAL={C_NAMES[np.dtype(dtype).name]}", *options)
    own = np.dtype(dtype).type
    passed = [np.int32(a) if isinstance(a, int) else own(a) if isinstance(a, float) else a for a in arguments]
    compiled.get_function(function)(grid, block, tuple(passed), shared_mem=shared_mem)


def one_each(xp: Any, name: str, count: int, *arguments: Any, dtype: Any, **how: Any) -> None:
    """`launch` of a thread for each of `count` numbers."""
    launch(xp, name, dtype, (-(-count // THREADS),), (THREADS,), *arguments, **how)


def images_and_windows(shape: Ints, windows: Windows) -> tuple[np.ndarray, np.ndarray]:
    """The structs that tell a kernel the shape (batch, space..., channels) of x, and how windows lie over it."""
    batch, *space, channels = shape
    lines = [1] * (2 - len(space))
    return np.array([(batch, *lines, *space, channels)], IMAGES), np.array([tuple(planar_windows(windows))], WINDOWS)
