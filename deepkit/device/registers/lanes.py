"""Eight or sixteen float32 side by side, the wide register of a processor, for compiled kernels that say what stays in registers.

A kernel that computes with lanes runs as plain Python too, slowly: each function below says in NumPy what it means. What
numba makes of them, one machine instruction each, stands in `lanes_compiled`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.device.machine import has
from deepkit.errors import ShapeError

WIDE = 16 if has("avx512f") else 8
"""Numbers in one register: 512 bits where the processor has them, else 256."""
ROWS = 6
"""Rows of a tile."""
ACROSS = 4 if WIDE == 16 else 2
"""Most registers of each row: the sums fill most of the 32 wide registers, or of the 16 of AVX2."""


def check_filled(*counts: int) -> None:
    """ShapeError unless as many numbers as each of `counts` fill a register: a kernel would go beyond the ends of arrays."""
    if min(counts) < WIDE:
        raise ShapeError(
            f"{min(counts)} channels do not fill a register", rule=f"{WIDE} numbers fill one of this processor",
            hint="device.convolve chooses a way that takes any number of channels",
        )


def flat(array: Any) -> Any:
    """A contiguous array as one line of numbers: what takes such lines is compiled once, not for each number of axes."""
    return array.reshape(-1)


def load(array: Any, at: int) -> Any:
    """The numbers of a contiguous array that begin at its flat index `at`, a register full."""
    return array.reshape(-1)[at : at + WIDE].copy()


def store(array: Any, at: int, lanes: Any) -> None:
    """Writes a register at the flat index `at` of a contiguous array."""
    array.reshape(-1)[at : at + WIDE] = lanes


def spread(array: Any, at: int) -> Any:
    """A register full of the number at the flat index `at`."""
    return np.full(WIDE, array.reshape(-1)[at], np.float32)


def fused(a: Any, b: Any, c: Any) -> Any:
    """a b + c, rounded once."""
    return (np.float64(1) * a * b + c).astype(np.float32)


def highest(a: Any, b: Any) -> Any:
    """The larger number of each pair; a NaN is larger than any number."""
    return np.where((a >= b) | (a != a), a, b)


def larger(a: Any, b: Any) -> Any:
    """The larger number of each pair, that of b where one is NaN: a single instruction."""
    return np.where(a > b, a, b)


def sum_of(a: Any) -> Any:
    """A register full of the sum of a's numbers: halves are added to halves."""
    step = WIDE // 2
    while step:
        a, step = a + np.roll(a, step), step // 2
    return a


def largest_of(a: Any) -> Any:
    """A register full of the largest of a's numbers, none of which is NaN."""
    return np.full(WIDE, a.max(), np.float32)


def choose(a: Any, b: Any, same: Any, other: Any) -> Any:
    """The numbers of `same` where a equals b, those of `other` elsewhere."""
    return np.where(a == b, same, other)


def nothing() -> Any:
    """A register full of zeros."""
    return np.zeros(WIDE, np.float32)


def same(number: float) -> Any:
    """A register full of one number that is known when the kernel is compiled."""
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


def places(array: Any, at: int) -> tuple[int, ...]:
    """ROWS numbers of an array of indices that begin at its flat index `at`."""
    return tuple(int(place) for place in array[at : at + ROWS])


def blank(rows: tuple[int, ...], columns: tuple[int, ...]) -> tuple[Any, ...]:
    """Zeros for a tile: a register for each of the rows at each of the columns."""
    return tuple(nothing() for _ in rows for _ in columns)


def add_products(sums: Any, a: Any, rows: Any, p: int, b: Any, columns: Any, q: int) -> tuple[Any, ...]:
    """A tile and one term more of each sum: the number of a at `row + p` times the numbers of b from `column + q` on."""
    terms = ((spread(a, row + p), load(b, column + q)) for row in rows for column in columns)
    return tuple(fused(x, u, s) for (x, u), s in zip(terms, sums, strict=True))


def load_all(out: Any, to: int, rows: Any, columns: Any) -> tuple[Any, ...]:
    """A tile that was stored: the register of a row and a column from the flat index `to + row + column` on."""
    return tuple(load(out, to + row + column) for row in rows for column in columns)


def store_all(out: Any, to: int, rows: Any, columns: Any, sums: Any) -> None:
    """Writes a tile: the register of a row and a column at the flat index `to + row + column`."""
    for i, lanes in enumerate(sums):
        store(out, to + rows[i // len(columns)] + columns[i % len(columns)], lanes)


def remainder_of_eight(data: Any, at: int, s: int) -> int:
    """The remainder s of CRC-32C (see `checksum`) after the eight bytes from data[at] on: one instruction since SSE 4.2."""
    for byte in data[at : at + 8]:
        s = int(s) ^ int(byte)
        for _ in range(8):
            s = s >> 1 ^ (0x82F63B78 if s & 1 else 0)
    return s
