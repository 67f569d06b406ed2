"""TensorFlow's own checkpoints, read: an index that tells where each tensor lies in the data files beside it.

The index (prefix.index) is a sorted string table as LevelDB has them: blocks of entries key -> value whose keys share
beginnings, a block that lists the blocks, and a footer of 48 bytes. The value of a tensor's name is a protocol buffer
with its type, shape, place and checksum; that of the empty key says how many data files there are
(prefix.data-00000-of-00001). All checksums are masked CRC-32C. Of a partitioned variable the index tells which slices
there are, and under keys that begin with a zero byte and the name where each lies, in the order of their places.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

import numpy as np

from deepkit.device.checksum import crc32c
from deepkit.device.dtypes import ALL, DType, float32
from deepkit.errors import DamagedDataError, DataError, NameNotFoundError
from deepkit.files import refused
from deepkit.io.decoding import bfloat16, byte_strings
from deepkit.io.safetensors import HIGHEST_RANK, near
from deepkit.io.tfrecord import masked

LARGEST_INDEX = 64 << 20  # bytes: about a million tensors
_FOOTER, _MAGIC = 48, 0xDB4775248B80FB57
_TRAILER = 5  # after each block: its compression (one byte) and its checksum
_TYPES: dict[int, DType] = {dtype.as_datatype_enum: dtype for dtype in ALL}
_BFLOAT16 = 14


@dataclass(frozen=True)
class Entry:
    """What the index says about one tensor."""

    dtype: DType
    shape: tuple[int, ...]
    number: int  # of the data type, as TensorFlow counts them
    shard: int
    offset: int
    size: int
    checksum: int
    slices: tuple[tuple[tuple[int, int], ...], ...] = ()
    """Of a partitioned variable: for each slice the (start, length) along each axis, in ascending order."""


class Bundle:
    """An open checkpoint of TensorFlow: `entries` says what is in it, `read` gives one tensor.

    Raises:
        DataError: a file is missing or damaged, or holds what deepkit does not read (types such as qint8, a compressed
            index).
    """

    notes: dict[str, str] = {}  # noqa: RUF012 - always empty: TensorFlow notes nothing beside the tensors

    def __init__(self, prefix: str):
        self.prefix, self.path = prefix, f"{prefix}.index"
        self._files: dict[int, BinaryIO] = {}
        index = self._whole_index()
        self.entries: dict[str, Entry] = {}
        self.pieces: dict[str, Entry] = {}
        """The slices of partitioned variables, name/part_0 and so on: what their variables are called in a graph."""
        self._counts: dict[str, int] = {}
        self._shards = 0
        for key, value in self._table(index):
            fields = self._fields(value)
            if key == b"":
                self._shards = fields.get(1, 0)
                if not _is_count(self._shards) or not 0 < self._shards <= 100_000 or fields.get(2, 0) != 0:
                    self._refuse(f"its header names {self._shards!r} data files, byte order {fields.get(2, 0)!r}")
                continue
            self._note(key, fields)
        if not self._shards:
            self._refuse("it has no header")

    def _note(self, key: bytes, fields: dict[int, Any]) -> None:
        """Puts what the index says under a key among the tensors or, for a key that begins with 0, among the slices."""
        of_slice = key.startswith(b"\0")
        text, ended, _ = key[1:].partition(b"\0\1") if of_slice else (key, True, b"")
        try:
            name = text.decode()
        except UnicodeDecodeError:
            self._refuse(f"the name {text[:80]!r} is no text")
        if not of_slice:
            self.entries[name] = self._entry(name, fields)
            return
        if not ended or fields.get(7):
            self._refuse(f"the slices of {name!r} are damaged")
        count = self._counts[name] = self._counts.get(name, 0) + 1
        part = f"{name}/part_{count - 1}"
        self.pieces[part] = self._entry(part, fields)

    # ---- the index

    def _whole_index(self) -> bytes:
        try:
            with open(self.path, "rb") as file:
                content = file.read(min(os.fstat(file.fileno()).st_size, LARGEST_INDEX) + 1)
        except OSError as error:
            raise refused("read", self.path, error) from error
        if not _FOOTER <= len(content) <= LARGEST_INDEX:
            self._refuse(f"an index has {_FOOTER} to {LARGEST_INDEX} bytes")
        if int.from_bytes(content[-8:], "little") != _MAGIC:
            self._refuse("it does not end with the mark of an index")
        return content

    def _table(self, index: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys and values in ascending order of the keys."""
        footer = index[-_FOOTER:-8]
        _, at = self._handle(footer, 0)
        blocks, _ = self._handle(footer, at)
        end, last, total = 0, None, 0
        for _, handle in self._block(index, *blocks):
            (offset, size), _ = self._handle(handle, 0)
            if offset < end:
                self._refuse("its blocks overlap")
            end = offset + size + _TRAILER
            for key, value in self._block(index, offset, size):
                total += len(key)
                if (last is not None and key <= last) or total > LARGEST_INDEX:
                    self._refuse("its names are not in order, or endless")
                last = key
                yield key, value

    def _block(self, index: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
        """The entries of one block: shared and further bytes of the key, bytes of the value, and these themselves."""
        if offset + size + _TRAILER > len(index) - _FOOTER:
            self._refuse("a block lies outside the file")
        kind, stored = struct.unpack_from("<BI", index, offset + size)
        if masked(crc32c(index[offset : offset + size + 1])) != stored:
            self._refuse(f"the block at byte {offset} does not fit its checksum")
        if kind != 0:
            self._refuse("it is compressed, which deepkit does not read")
        block = index[offset : offset + size]
        restarts = int.from_bytes(block[-4:], "little") if size >= 4 else size
        end = size - 4 - 4 * restarts
        if end < 0:
            self._refuse(f"the block at byte {offset} is cut off")
        at, key = 0, b""
        while at < end:
            shared, at = self._varint(block, at)
            more, at = self._varint(block, at)
            length, at = self._varint(block, at)
            if shared > len(key) or shared + more > 1 << 16 or at + more + length > end:
                self._refuse(f"the block at byte {offset} is damaged")
            key = key[:shared] + block[at : at + more]
            yield key, block[at + more : at + more + length]
            at += more + length

    def _handle(self, data: bytes, at: int) -> tuple[tuple[int, int], int]:
        offset, at = self._varint(data, at)
        size, at = self._varint(data, at)
        return (offset, size), at

    def _varint(self, data: bytes, at: int) -> tuple[int, int]:
        """(number, where the next thing begins): seven bits a byte, the lowest first, until one is below 128."""
        number = 0
        for shift in range(0, 64, 7):
            if at >= len(data):
                break
            byte = data[at]
            at += 1
            number |= (byte & 127) << shift
            if byte < 128:
                return number & (1 << 64) - 1, at
        self._refuse("a number in it is cut off")

    def _fields(self, message: bytes) -> dict[int, Any]:
        """The fields of a protocol buffer by their numbers: the last one of each, but lists of messages (bytes)."""
        fields: dict[int, Any] = {}
        at = 0
        while at < len(message):
            tag, at = self._varint(message, at)
            number, wire = tag >> 3, tag & 7
            if wire == 0:
                fields[number], at = self._varint(message, at)
            elif wire == 2:
                length, at = self._varint(message, at)
                if at + length > len(message):
                    self._refuse("a message in it is cut off")
                value = fields.setdefault(number, [])
                if not isinstance(value, list):
                    self._refuse("a message in it is damaged")
                value.append(message[at : at + length])
                at += length
            elif wire in (1, 5) and at + (4 if wire == 5 else 8) <= len(message):
                width = 4 if wire == 5 else 8
                fields[number] = int.from_bytes(message[at : at + width], "little")
                at += width
            else:
                self._refuse("a message in it is damaged")
        return fields

    def _entry(self, name: str, fields: dict[int, Any]) -> Entry:
        number, *counts = (fields.get(i, 0) for i in (1, 3, 4, 5, 6))
        if not _is_count(number) or number not in {*_TYPES, _BFLOAT16}:
            self._refuse(f"tensor {name!r} has data type number {number!r}, which deepkit does not have")
        if not all(map(_is_count, counts)):
            self._refuse(f"the entry of {name!r} is damaged")
        shape = self._shape(name, fields.get(2, []))
        dtype = _TYPES.get(number, float32)
        shard, offset, size, checksum = counts
        bytes_each = 1 if dtype.is_string else 2 if number == _BFLOAT16 else dtype.size
        least = math.prod(shape) * bytes_each
        if fields.get(7):
            return Entry(dtype, shape, number, shard, offset, size, checksum, self._slices(name, fields[7], shape))
        if size < least or (size > least and not dtype.is_string):
            self._refuse(f"tensor {name!r} of type {dtype.name} and shape {list(shape)} has {size} bytes")
        return Entry(dtype, shape, number, shard, offset, size, checksum)

    def _sizes(self, name: str, message: Any) -> list[Any]:
        shape = self._fields(message)
        listed = shape.get(2, [])
        if shape.get(3) or not isinstance(listed, list) or len(listed) > HIGHEST_RANK:
            self._refuse(f"tensor {name!r} has a shape that is not known")
        return [self._fields(dim).get(1, 0) for dim in listed]

    def _shape(self, name: str, messages: Any) -> tuple[int, ...]:
        """TensorShapeProto: a list of dimensions, each a message with its size."""
        if not isinstance(messages, list):
            self._refuse(f"the entry of {name!r} is damaged")
        dims = [size for message in messages for size in self._sizes(name, message)]
        if len(dims) > HIGHEST_RANK or not all(_is_count(d) and d < 1 << 62 for d in dims):
            self._refuse(f"tensor {name!r} has the shape {dims}")
        return tuple(dims)

    def _slices(self, name: str, messages: Any, shape: tuple[int, ...]) -> tuple[tuple[tuple[int, int], ...], ...]:
        """TensorSliceProto: for each axis a message with start and length, neither of them for all of the axis."""
        if not isinstance(messages, list):
            self._refuse(f"the slices of {name!r} are damaged")
        found = sorted(self._extents(name, message, len(shape)) for message in messages)
        return tuple(
            tuple((start, n if length < 0 else length) for (start, length), n in zip(extents, shape, strict=True))
            for extents in found
        )

    def _extents(self, name: str, message: bytes, rank: int) -> list[tuple[int, int]]:
        """(start, length) along each axis, (0, -1) for all of it: the order of these is that of the slices' keys."""
        axes = self._fields(message).get(1, [])
        fields = [self._fields(axis) for axis in axes] if isinstance(axes, list) else []
        extents = [(axis.get(1, 0), axis.get(2, -1)) for axis in fields]
        if len(extents) != rank or not all(_is_count(a) and isinstance(b, int) for a, b in extents):
            self._refuse(f"the slices of {name!r} are damaged")
        return extents

    # ---- the data

    def read(self, name: str) -> np.ndarray:
        """One tensor; strings as bytes objects.

        Raises:
            NameNotFoundError: the checkpoint has no such tensor.
            DataError: the data file is missing, too short, or does not fit the checksum.
        """
        entry = self.entries.get(name) or self.pieces.get(name)
        if entry is None:
            raise NameNotFoundError(
                f"{self.prefix} has no tensor {name!r}", where=self.path, hint=near(name, self.entries)
            )
        return self._joined(name, entry) if entry.slices else self._stored(name, entry)

    def _joined(self, name: str, entry: Entry) -> np.ndarray:
        """A partitioned variable as one array: its slices, which must cover it."""
        whole, filled = np.empty(entry.shape, entry.dtype.numpy), np.zeros(entry.shape, bool)
        for piece, extents in zip(self._pieces_of(name, entry), entry.slices, strict=True):
            place = tuple(slice(start, start + length) for start, length in extents)
            if filled[place].shape != self.pieces[piece].shape:
                self._refuse(f"a slice of {name!r} lies outside it")
            whole[place], filled[place] = self._stored(piece, self.pieces[piece]), True
        if not filled.all():
            self._refuse(f"the slices of {name!r} lie on each other")
        return whole

    def _pieces_of(self, name: str, entry: Entry) -> list[str]:
        """The names of a variable's slices, which have the shapes that it says and as many elements as it."""
        pieces = [f"{name}/part_{i}" for i in range(len(entry.slices))]
        shapes = [tuple(length for _, length in extents) for extents in entry.slices]
        if self._counts.get(name) != len(pieces) or sum(map(math.prod, shapes)) != math.prod(entry.shape):
            self._refuse(f"the slices of {name!r} do not make it up")
        for piece, shape in zip(pieces, shapes, strict=True):
            if (self.pieces[piece].shape, self.pieces[piece].dtype) != (shape, entry.dtype):
                self._refuse(f"a slice of {name!r} has another shape or type than it says")
        return pieces

    def _stored(self, name: str, entry: Entry) -> np.ndarray:
        raw = self._bytes(name, entry)
        try:
            if entry.dtype.is_string:
                return self._strings(name, entry, raw)
            if masked(crc32c(raw)) != entry.checksum:
                self._refuse(f"the bytes of tensor {name!r} do not fit their checksum")
            if entry.number == _BFLOAT16:
                return bfloat16(np.frombuffer(raw, "<u2")).reshape(entry.shape)
            if entry.dtype.is_bool and raw.strip(b"\0\1"):
                self._refuse(f"tensor {name!r} holds bools that are neither 0 nor 1")
            stored = np.frombuffer(raw, entry.dtype.numpy.newbyteorder("<"))
            return stored.astype(entry.dtype.numpy).reshape(entry.shape)
        except ValueError as error:  # no elements, but a dimension that is too large for an array
            if isinstance(error, DataError):
                raise
            self._refuse(f"tensor {name!r} has the shape {list(entry.shape)}: {error}")

    def _bytes(self, name: str, entry: Entry) -> bytes:
        if not 0 <= entry.shard < self._shards:
            self._refuse(f"tensor {name!r} is said to be in data file {entry.shard} of {self._shards}")
        path = f"{self.prefix}.data-{entry.shard:05d}-of-{self._shards:05d}"
        try:
            if entry.shard not in self._files:
                self._files[entry.shard] = open(path, "rb")  # noqa: SIM115 - closed by close()
            file = self._files[entry.shard]
            if entry.offset + entry.size > os.fstat(file.fileno()).st_size:
                self._refuse(f"tensor {name!r} lies outside {path}")
            file.seek(entry.offset)
            raw = file.read(entry.size)
        except OSError as error:
            raise refused("read", path, error) from error
        if len(raw) != entry.size:
            self._refuse(f"tensor {name!r} lies outside {path}")
        return raw

    def _strings(self, name: str, entry: Entry, raw: bytes) -> np.ndarray:
        """All lengths as varints, a checksum of the lengths, then the strings; the lengths are summed as 4 or 8 bytes."""
        lengths, at = [], 0
        for _ in range(math.prod(entry.shape)):
            length, at = self._varint(raw, at)
            lengths.append(length)
        if at + 4 + sum(lengths) != len(raw):
            self._refuse(f"the strings of tensor {name!r} are not as long as their lengths say")
        summed = b"".join(struct.pack("<I" if n < 1 << 32 else "<Q", n) for n in lengths)
        tail = raw[at : at + 4]
        if tail != struct.pack("<I", masked(crc32c(summed))) or masked(crc32c(summed + raw[at:])) != entry.checksum:
            self._refuse(f"the bytes of tensor {name!r} do not fit their checksum")
        return byte_strings(raw[at + 4 :], lengths, entry.shape)

    def _refuse(self, what: str) -> NoReturn:
        raise DamagedDataError(
            f"{self.path} cannot be read as a checkpoint of TensorFlow: {what}",
            rule="prefix.index and prefix.data-00000-of-00001, as tf.train.Saver writes them",
            hint="take another copy of the files, or the checkpoint before it",
        )

    def close(self) -> None:
        """Closes the data files."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def __enter__(self) -> Bundle:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and value >= 0
