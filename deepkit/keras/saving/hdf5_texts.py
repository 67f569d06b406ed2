"""A look at what an HDF5 file says of its texts before the HDF5 library believes it, which may cost endless time or memory.

Texts of variable length are attributes that refer to objects in heaps (HDF5 file format specification 3.0). A heap, III.E:

    "GCOL", version 1, 3 zero bytes, size of the heap in 8 bytes
    objects: index (2 bytes), references (2), 4 zero bytes, size in 8 bytes, then the data, filled up to 8 bytes
    the object of index 0 is the space that is left; its size counts its own 16 bytes, too

The header of a group in its first version, IV.A.1.a, and an attribute in it, IV.A.2.m:

    version 1 (1 byte), 1 zero byte, number of messages (2), references (4), length of the messages (4), 4 zero bytes
    messages: type (2 bytes), length (2), flags (1), 3 zero bytes, data; type 16 is where and how long messages go on
    type 12, an attribute: version (1), flags (1), lengths of its name, its type and its shape (2 each), [encoding (1)],
    these three (in version 1 filled up to 8 bytes), then its value: for a text its length (4), heap (8) and index (4)
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator

_START = b"GCOL\x01\0\0\0"
_HEADER = 16
_CONTINUATION, _ATTRIBUTE = 16, 12
_VARIABLE = 9  # the class of types of variable length


def broken_heap(data: mmap.mmap | bytes) -> int | None:
    """Where a heap stands that contradicts itself, or None."""
    place = data.find(_START)
    while place >= 0:
        size = _number(data, place + 8, 8)
        if size < _HEADER or size > len(data) - place or not _is_sound(data[place + _HEADER : place + size]):
            return place
        place = data.find(_START, place + size)
    return None


def _is_sound(objects: bytes) -> bool:
    """Whether objects follow one another without gaps, each index once, up to the space that is left."""
    place, seen = 0, set()
    while place + _HEADER <= len(objects):
        index, size = _number(objects, place, 2), _number(objects, place + 8, 8)
        if index == 0:
            return size == len(objects) - place
        if index in seen or index > len(objects) // _HEADER:
            return False
        seen.add(index)
        place += _HEADER + _filled(size)
    return place <= len(objects)


def claimed_lengths(data: mmap.mmap | bytes, address: int) -> Iterator[int]:
    """How long each text among the attributes of the group at `address` is said to be.

    Nothing for headers of the second version, which Keras' files do not have.
    """
    for kind, begin, end in _messages(data, address):
        if kind != _ATTRIBUTE or end - begin < 8:
            continue
        version = data[begin]
        name, dtype, shape = (_number(data, begin + i, 2) for i in (2, 4, 6))
        if version == 1:
            name, dtype_room, shape = _filled(name), _filled(dtype), _filled(shape)
        else:
            dtype_room = dtype
        place = begin + (9 if version == 3 else 8) + name
        if place >= end or data[place] & 15 != _VARIABLE:
            continue
        for value in range(place + dtype_room + shape, end - _HEADER + 1, _HEADER):
            yield _number(data, value, 4)


def _messages(data: mmap.mmap | bytes, address: int) -> Iterator[tuple[int, int, int]]:
    """(type, begin, end) of the messages in a header of the first version."""
    if address + _HEADER > len(data) or data[address] != 1:
        return
    blocks, seen = [(address + _HEADER, _number(data, address + 8, 4))], set()
    while blocks:
        place, length = blocks.pop()
        if place in seen or place + length > len(data):
            continue
        seen.add(place)
        end = place + length
        while place + 8 <= end:
            kind, size = _number(data, place, 2), _number(data, place + 2, 2)
            begin, place = place + 8, place + 8 + size
            if place > end:
                break
            if kind == _CONTINUATION and size >= 16:
                blocks.append((_number(data, begin, 8), _number(data, begin + 8, 8)))
            yield kind, begin, place


def _number(data: bytes | mmap.mmap, place: int, size: int) -> int:
    return int.from_bytes(data[place : place + size], "little")


def _filled(length: int) -> int:
    """A length up to the next multiple of 8."""
    return (length + 7) // 8 * 8
