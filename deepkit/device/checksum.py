"""CRC-32C, the checksum of record files: byte by byte, then by NumPy and compiled for many stretches at once.

The checksum of a text is the remainder of a division of polynomials whose coefficients are bits (Castagnoli, Bräuer and
Herrmann, 1993). The remainder s, 32 bits, changes with each byte b by s = table[(s ^ b) & 255] ^ (s >> 8). This step is
linear, and that is all that NumPy needs: the remainder of a long text is the exclusive or of those of its parts, each
moved on by the number of bytes that follow it. So it cuts the texts into lanes and walks through all of them abreast.
"""

from __future__ import annotations

import functools
import sys
from typing import Any

import numpy as np

from deepkit.device import compiled
from deepkit.device.machine import has
from deepkit.device.registers.lanes import remainder_of_eight

POLYNOMIAL = 0x82F63B78  # Castagnoli's, the highest power in the lowest bit
_ONES = np.uint32(0xFFFFFFFF)  # what the remainder starts with, and what the end is inverted by


@functools.cache
def _table() -> np.ndarray:
    """What each value of the lowest byte becomes when one byte has passed: shape (256,)."""
    s: Any = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        s = (s >> 1) ^ np.where(s & 1, np.uint32(POLYNOMIAL), np.uint32(0))
    return s


@functools.cache
def _listed() -> list[int]:
    return _table().tolist()


def crc32c_plain(data: bytes | bytearray | memoryview) -> int:
    """The checksum of some bytes, one after the other."""
    s, table = 0xFFFFFFFF, _listed()
    for byte in data:
        s = table[(s ^ byte) & 255] ^ (s >> 8)
    return s ^ 0xFFFFFFFF


LANE = 256  # bytes of a lane, at most
SLAB = 4096  # lanes that are walked through abreast: what they need stays in the processor's cache
SHORT = 64  # bytes; below, a loop in Python is the fastest
# From so many bytes on the compiled version is used: where numba is loaded already, and where it has to be loaded first.
COMPILED_FROM, COMPILED_FROM_COLD = 1 << 14, 1 << 28


@functools.cache
def _sliced(bytes_: int = 8) -> np.ndarray:
    """Row i: what each value of a byte becomes when it and i more bytes have passed; shape (bytes_, 256)."""
    rows = [_table()]
    for _ in range(bytes_ - 1):
        rows.append(_table()[rows[-1] & 255] ^ (rows[-1] >> 8))
    return np.stack(rows)


@functools.cache
def _halves() -> tuple[np.ndarray, np.ndarray]:
    """What the lower and the upper 16 bits of a remainder become when four bytes have passed: two of shape (65536,)."""
    rows, words = _sliced(4), np.arange(1 << 16)
    low, high = words & 255, words >> 8
    return rows[3][low] ^ rows[2][high], rows[1][low] ^ rows[0][high]


@functools.cache
def _zeros(power: int) -> np.ndarray:
    """What the four bytes of a remainder become when 2**power zero bytes have passed: shape (4, 256)."""
    places = np.arange(256, dtype=np.uint32)[None] << np.array([[0], [8], [16], [24]], np.uint32)
    if power == 0:
        return _table()[places & 255] ^ (places >> 8)
    return _through(_zeros(power - 1), _through(_zeros(power - 1), places))


def _through(tables: np.ndarray, s: np.ndarray) -> np.ndarray:
    return tables[0][s & 255] ^ tables[1][s >> 8 & 255] ^ tables[2][s >> 16 & 255] ^ tables[3][s >> 24]


def _advanced(s: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Each remainder after its own number of zero bytes has passed."""
    for power in range(int(counts.max(initial=0)).bit_length()):
        s = np.where(counts >> power & 1, _through(_zeros(power), s), s)
    return s


def crc32c_reference(data: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Checksums, uint32, of the stretches data[start : start + length]; data: uint8, shape (n,)."""
    lane = -(-min(LANE, max(int(lengths.max(initial=0)), 1)) // 4) * 4
    counts = np.maximum(-(-lengths // lane), 1)
    firsts = np.cumsum(counts) - counts
    owner = np.repeat(np.arange(len(lengths)), counts)
    behind = (counts[owner] - 1 - (np.arange(len(owner)) - firsts[owner])) * lane  # bytes after a lane
    ends = (starts + lengths)[owner] - behind
    s = np.empty(len(owner), np.uint32)
    for i in range(0, len(owner), SLAB):
        part = slice(i, i + SLAB)
        s[part] = _walk(_lanes(data, ends[part], starts[owner[part]], lane))
    sums = np.bitwise_xor.reduceat(_advanced(s, behind), firsts) if len(lengths) else s
    return sums ^ _advanced(np.full(len(lengths), _ONES), lengths) ^ _ONES


def _lanes(data: np.ndarray, ends: np.ndarray, starts: np.ndarray, lane: int) -> np.ndarray:
    """The `lane` bytes before each end, with zeros for those before its start: shape (lanes, lane)."""
    begins = ends - lane
    rows = np.empty((len(ends), lane), np.uint8)
    early = begins < 0
    for where, source, shift in (
        (early, np.concatenate([np.zeros(lane, np.uint8), data[:lane]]), lane),
        (~early, data, 0),
    ):
        if where.any():
            rows[where] = np.lib.stride_tricks.sliding_window_view(source, lane)[begins[where] + shift]
    foreign = begins < starts
    rows[foreign] *= np.arange(lane) >= (starts - begins)[foreign, None]
    return rows


def _walk(rows: np.ndarray) -> np.ndarray:
    """The remainder of each row, from 0: four bytes a step, all rows abreast."""
    low, high = _halves()
    s = np.zeros(len(rows), np.uint32)
    for words in np.ascontiguousarray(rows.view("<u4").T, np.uint32):
        s ^= words
        s = low[s & 0xFFFF] ^ high[s >> 16]
    return s


def _by_tables(tables, data, starts, lengths, sums):  # compiled by numba
    for record in range(starts.size):
        s = np.uint32(0xFFFFFFFF)
        i, end = starts[record], starts[record] + lengths[record]
        while i + 8 <= end:  # eight bytes a step, one table for each (Kounavis and Berry, 2005)
            s = (
                tables[7, data[i] ^ (s & 255)] ^ tables[6, data[i + 1] ^ (s >> 8 & 255)]
                ^ tables[5, data[i + 2] ^ (s >> 16 & 255)] ^ tables[4, data[i + 3] ^ (s >> 24)]
                ^ tables[3, data[i + 4]] ^ tables[2, data[i + 5]] ^ tables[1, data[i + 6]] ^ tables[0, data[i + 7]]
            )
            i += 8
        sums[record] = ~_last(tables, data, i, end, s)


def _by_instruction(tables, data, starts, lengths, sums):  # compiled by numba
    """Three records abreast: the instruction gives its result after three cycles, but begins a new one in each."""
    for record in range(0, starts.size, 3):
        second, third = min(record + 1, starts.size - 1), min(record + 2, starts.size - 1)
        p, q, r = starts[record], starts[second], starts[third]
        shortest = min(lengths[record], lengths[second], lengths[third])
        s = t = u = np.uint32(0xFFFFFFFF)
        for i in range(0, shortest - 7, 8):
            s = remainder_of_eight(data, p + i, s)
            t = remainder_of_eight(data, q + i, t)
            u = remainder_of_eight(data, r + i, u)
        done = shortest // 8 * 8
        sums[record] = ~_whole(tables, data, p + done, p + lengths[record], s)
        sums[second] = ~_whole(tables, data, q + done, q + lengths[second], t)
        sums[third] = ~_whole(tables, data, r + done, r + lengths[third], u)


@compiled.part
def _whole(tables, data, i, end, s):
    """The remainder after all bytes up to `end`."""
    while i + 8 <= end:
        s = remainder_of_eight(data, i, s)
        i += 8
    return _last(tables, data, i, end, s)


@compiled.part
def _last(tables, data, i, end, s):
    """The remainder after the bytes that are too few for a step of eight."""
    while i < end:
        s = tables[0, (s ^ data[i]) & 255] ^ (s >> 8)
        i += 1
    return s


def crc32c_many(data: Any, starts: Any, lengths: Any) -> np.ndarray:
    """CRC-32C, uint32, of the stretches data[start : start + length] of some bytes.

    starts, lengths: integers, shape (n,); every stretch lies within the data.
    """
    bytes_ = np.frombuffer(data, np.uint8)
    starts, lengths = np.asarray(starts, np.int64), np.asarray(lengths, np.int64)
    enough = COMPILED_FROM if "numba" in sys.modules else COMPILED_FROM_COLD
    way = _by_instruction if has("sse4_2") else _by_tables
    kernel = compiled.kernel(way) if int(lengths.sum()) >= enough else None
    if kernel is None:
        return crc32c_reference(bytes_, starts, lengths)
    sums = np.empty(len(starts), np.uint32)
    kernel(_sliced(), bytes_, starts, lengths, sums)
    return sums


def crc32c(data: bytes | bytearray | memoryview) -> int:
    """CRC-32C of some bytes, as RFC 3720 defines it.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    if len(data) < SHORT:
        return crc32c_plain(data)
    return int(crc32c_many(data, [0], [len(data)])[0])
