"""Record files and their messages opened by hand: what each byte of a TFRecord, and of a tf.train.Example, is for."""

from __future__ import annotations

import struct

from deepkit.errors import DataError

Parts = list[tuple[int, str]]
"""How many bytes a part has and what it is, in order."""

_NAMES = {  # by the numbers of the fields on the way from Example down
    (1,): "features", (1, 1): "one entry of the map", (1, 1, 1): "name", (1, 1, 2): "feature",
    (1, 1, 2, 1): "bytes_list", (1, 1, 2, 2): "float_list", (1, 1, 2, 3): "int64_list",
    (1, 1, 2, 1, 1): "bytes", (1, 1, 2, 2, 1): "floats", (1, 1, 2, 3, 1): "integers",
}
_LEAVES = {(1, 1, 1), (1, 1, 2, 1, 1), (1, 1, 2, 2, 1), (1, 1, 2, 3, 1)}
_TOGETHER, _SEVEN = 2, 7  # the wire type of what has a length; bits of a number in each byte


def record_parts(data: bytes) -> Parts:
    """The parts of a whole TFRecord file.

    >>> record_parts(b"\\2" + b"\\0" * 11 + b"hi" + b"\\0" * 4)
    [(8, 'length: 2'), (4, 'checksum of the length'), (2, 'the record'), (4, 'checksum of the record')]
    """
    parts, at = Parts(), 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        parts += [(8, f"length: {length}"), (4, "checksum of the length"), (length, "the record"),
                  (4, "checksum of the record")]
        at += 16 + length
    return parts


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins at data[at], seven bits a byte, the lowest first, and where it ends.

    >>> varint(b"\\xac\\x02", 0)
    (300, 2)
    """
    value = shift = 0
    while True:
        if at >= len(data):
            raise DataError("the message ends inside a number", rule="the last byte of a number is below 128")
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + _SEVEN
        if data[at - 1] < 128:
            return value, at


def message_parts(serialized: bytes) -> Parts:
    """The parts of a serialized tf.train.Example: each field's key and length, and what it holds.

    Raises:
        DataError: bytes that are no Example.
    """
    parts = Parts()
    _fields(serialized, 0, len(serialized), (), parts)
    return parts


def _fields(data: bytes, at: int, end: int, way: tuple[int, ...], parts: Parts) -> None:
    while at < end:
        key, after = varint(data, at)
        here = (*way, key >> 3)
        if here not in _NAMES or key & 7 != _TOGETHER:
            raise DataError(f"byte {at} begins no field of an Example", rule="Example, Features, Feature, a list")
        length, begin = varint(data, after)
        parts.append((begin - at, f"{_NAMES[here]}, {length} byte{'s' * (length != 1)}"))
        if here in _LEAVES:
            parts.append((length, _said(data[begin : begin + length], here)))
        else:
            _fields(data, begin, begin + length, here, parts)
        at = begin + length


def _said(held: bytes, way: tuple[int, ...]) -> str:
    """What a leaf holds, in words."""
    if way == (1, 1, 2, 3, 1):
        numbers, at = list[int](), 0
        while at < len(held):
            number, at = varint(held, at)
            numbers.append(number - (1 << 64) * (number >> 63))
        return ", ".join(map(str, numbers))
    if way == (1, 1, 2, 2, 1):
        return ", ".join(f"{number:g}" for number in struct.unpack(f"<{len(held) // 4}f", held))
    return repr(held)[1:] if len(held) <= 24 else f"{len(held)} bytes"
