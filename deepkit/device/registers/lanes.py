"""Eight float32 side by side, the wide register of a processor, for compiled kernels that say what stays in registers.

A kernel that computes with lanes runs as plain Python too, slowly: each function below says in NumPy what it means. What
numba makes of them, one machine instruction each, stands in `lanes_compiled`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

WIDE = 8
"""Numbers in one register of AVX2."""


def load(array: Any, at: int) -> Any:
    """The eight numbers of a contiguous array that begin at its flat index `at`."""
    return array.reshape(-1)[at : at + WIDE].copy()


def store(array: Any, at: int, lanes: Any) -> None:
    """Writes eight numbers at the flat index `at` of a contiguous array."""
    array.reshape(-1)[at : at + WIDE] = lanes


def spread(array: Any, at: int) -> Any:
    """Eight times the number at the flat index `at`."""
    return np.full(WIDE, array.reshape(-1)[at], np.float32)


def fused(a: Any, b: Any, c: Any) -> Any:
    """a b + c, rounded once."""
    return (np.float64(1) * a * b + c).astype(np.float32)


def highest(a: Any, b: Any) -> Any:
    """The larger number of each pair; a NaN is larger than any number."""
    return np.where((a >= b) | (a != a), a, b)


def choose(a: Any, b: Any, same: Any, other: Any) -> Any:
    """The numbers of `same` where a equals b, those of `other` elsewhere."""
    return np.where(a == b, same, other)


def nothing() -> Any:
    """Eight zeros."""
    return np.zeros(WIDE, np.float32)


def same(number: float) -> Any:
    """Eight times one number that is known when the kernel is compiled."""
    return np.full(WIDE, number, np.float32)


def bounded(a: Any, limit: Any) -> Any:
    """The numbers of a, or where they lie outside -limit ... limit the nearer bound; NaN stays."""
    return np.where(a > limit, limit, np.where(a < -limit, -limit, a))


def nearest(a: Any) -> Any:
    """The whole numbers nearest to those of a, of two equally near the even one."""
    return np.rint(a)


def power_of_two(k: Any) -> Any:
    """2^k for whole numbers k between -126 and 127."""
    return np.ldexp(np.float32(1), k.astype(np.int32))
