"""An array module whose kernels run in the emulator, and which sees every number written beside an array's end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from emulator import Module, compiler

MARGIN = 64
"""Bytes around each array."""


class Guarded:
    """NumPy with `RawModule`: arrays lie between margins of NaN, which no kernel may change."""

    def __init__(self) -> None:
        self.launched: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def empty(self, shape: Any, dtype: Any = float) -> np.ndarray:
        """An array of NaN (or -1) within its margins."""
        dtype = np.dtype(dtype)
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        memory = np.full(size + 2 * MARGIN, 0xFF, np.uint8)
        return memory[MARGIN : MARGIN + size].view(dtype).reshape(shape)

    def zeros(self, shape: Any, dtype: Any = float) -> np.ndarray:
        array = self.empty(shape, dtype)
        array[...] = 0
        return array

    def empty_like(self, array: np.ndarray, dtype: Any = None) -> np.ndarray:
        return self.empty(array.shape, dtype or array.dtype)

    def ascontiguousarray(self, array: np.ndarray) -> np.ndarray:
        """A copy within margins: so a kernel that reads too far reads NaN, and its arguments stay as they are."""
        copy = self.empty(array.shape, array.dtype)
        copy[...] = array
        return copy

    def RawModule(self, code: str, options: tuple[str, ...] = ()) -> Any:
        return _Watched(self, Module(code, options))


class _Watched:
    """A module whose kernels are watched: what they are called, and what they write."""

    def __init__(self, xp: Guarded, module: Module):
        self.xp, self.module = xp, module

    def get_function(self, name: str) -> Any:
        kernel = self.module.get_function(name)

        def run(grid: tuple, block: tuple, args: tuple, shared_mem: int = 0) -> None:
            self.xp.launched.append(name)
            kernel(grid, block, args, shared_mem=shared_mem)
            for number, arg in enumerate(args):
                memory = getattr(arg, "base", None)
                while memory is not None and memory.base is not None:
                    memory = memory.base
                if memory is not None and memory.dtype == np.uint8 and memory.size == arg.nbytes + 2 * MARGIN:
                    edges = np.concatenate([memory[:MARGIN], memory[-MARGIN:]])
                    assert (edges == 0xFF).all(), f"{name} writes beside argument {number}"

        return run


@pytest.fixture
def gpu() -> Guarded:
    """The array module of a GPU that is none."""
    if compiler() is None:
        pytest.skip("no C++ compiler: install g++ or clang++")
    return Guarded()


@pytest.fixture
def normal():
    """Normal numbers: normal(shape, dtype)."""
    rng = np.random.default_rng(7)
    return lambda shape, dtype=np.float64: rng.standard_normal(shape).astype(dtype)
