"""An array module whose kernels run in the emulator, and which sees every number written beside an array's end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from emulator import Module, compiler

MARGIN = 4096
"""Bytes around each array: more than the numbers of a block's threads take."""


class Guarded:
    """NumPy with `RawModule`: arrays lie between margins, which no kernel may change.

    Around what is read they are NaN, so that reading too far shows; around what is written they are another number.
    """

    def __init__(self) -> None:
        self.launched: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def empty(self, shape: Any, dtype: Any = float, margin: int = 0xAB) -> np.ndarray:
        """An array of NaN (or -1) between margins of this byte."""
        dtype = np.dtype(dtype)
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        memory = np.full(size + 2 * MARGIN, margin, np.uint8)
        memory[MARGIN : MARGIN + size] = 0xFF
        return memory[MARGIN : MARGIN + size].view(dtype).reshape(shape)

    def zeros(self, shape: Any, dtype: Any = float) -> np.ndarray:
        array = self.empty(shape, dtype)
        array[...] = 0
        return array

    def empty_like(self, array: np.ndarray, dtype: Any = None) -> np.ndarray:
        return self.empty(array.shape, dtype or array.dtype)

    def ascontiguousarray(self, array: np.ndarray) -> np.ndarray:
        """A copy between margins of NaN: the array itself stays as it is."""
        copy = self.empty(array.shape, array.dtype, 0xFF)
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
                    assert (edges == edges[0]).all(), f"{name} writes beside argument {number}"

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
