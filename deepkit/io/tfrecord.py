"""TFRecord files read: one record of bytes after the other, each with its length and two checksums.

A record is its length n (8 bytes, little-endian), the checksum of these 8 bytes (4 bytes), the n bytes themselves, and
their checksum (4 bytes). The checksum is CRC-32C, turned by 15 bits and with a constant added. The whole file may be
compressed.
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from deepkit.device import machine
from deepkit.device.checksum import crc32c, crc32c_many
from deepkit.errors import DamagedDataError, DataError, MissingDataError, UnreadyDataError
from deepkit.files import refused
from deepkit.io.deflate import EXPANSION, Inflater, TFRecordOptions

HEAD, TAIL = 12, 4  # bytes before and after the bytes of a record
BLOCK = 1 << 20  # bytes read at once, and as many more as are around a record
_RULE = "a record is 8 bytes of length, 4 of checksum, the bytes themselves, and 4 of checksum"


def masked(checksum: Any) -> Any:
    """A checksum, or an array of them, as it stands in the file: turned by 15 bits, and a constant added."""
    turned = (checksum >> 15) | (checksum << 17 & 0xFFFFFFFF)
    return (turned + 0xA282EAD8) & 0xFFFFFFFF


def read_records(path: Any, compression: str = "") -> Iterator[bytes]:
    """The records of a file, one after the other.

    Args:
        path: of the file.
        compression: "", "ZLIB" or "GZIP".

    Raises:
        DataError: names the file and the byte, in the uncompressed contents, where the record begins that is damaged,
            cut off, or longer than what the file can hold. The records before it have been handed out by then (where
            compressed data are broken, perhaps not the last ones of them).
    """
    for _, record in locate_records(path, compression):
        yield record


def locate_records(path: Any, compression: str = "") -> Iterator[tuple[int, bytes]]:
    """As read_records, each record with the byte, in the uncompressed contents, at which it begins."""
    place = Path(os.fsdecode(path))
    machine.keep_freed()  # so the next block finds its memory ready
    try:
        if not place.is_file():
            if place.exists():
                raise UnreadyDataError(f"{place} is no regular file")
            raise MissingDataError(f"{place} does not exist")
        with open(place, "rb", buffering=0) as file:
            yield from _records(_Contents(place, file, TFRecordOptions.get_compression_type_string(compression)))
    except OSError as error:
        raise refused("read", place, error) from error


def tf_record_iterator(path: Any, options: Any = None) -> Iterator[bytes]:
    """The records of a file, one after the other; see read_records. options: TFRecordOptions."""
    return read_records(path, TFRecordOptions.get_compression_type_string(options))


class _Contents:
    """The uncompressed contents of a file, read forward."""

    def __init__(self, path: Path, file: BinaryIO, compression: str):
        self.path, self.compression, self._file = path, compression, file
        self.offset = 0  # of what comes next
        size = os.fstat(file.fileno()).st_size
        self.most = size * EXPANSION if compression else size
        self._stream = Inflater(file, compression) if compression else file

    def read(self, count: int, before: bytes = b"") -> bytes:
        """`before` and the next `count` bytes; fewer only at the end. Memory is taken only for what arrives."""
        found = io.BytesIO()  # it grows where it lies, and its value is handed out without a copy
        found.write(before)
        missing = count
        while missing:
            try:
                part = self._stream.read(min(missing, BLOCK + HEAD + TAIL))
            except (EOFError, zlib.error) as error:
                if missing < count:  # what came before it counts; the stream will say the same again
                    break
                raise self._not_compressed(error) from error
            if len(part) == count:
                self.offset += count
                return before + part
            if not part:
                break
            found.write(part)
            missing -= len(part)
            self.offset += len(part)
        return found.getvalue()

    def block(self, waiting: bytes) -> bytes:
        """The bytes that wait, which were read last, and those behind them: a whole record at least, fewer only at the end.

        It is cheaper to read a few bytes again than to move a block behind them.
        """
        if self.compression:
            return self.read(BLOCK, waiting)
        self.offset -= len(waiting)
        self._file.seek(self.offset)
        return self.read(BLOCK + HEAD + TAIL)

    def _not_compressed(self, error: Exception) -> DataError:
        if isinstance(error, EOFError):
            return self.damaged(str(error), self.offset, "copy it again, or write it again and close the writer")
        hint = "was it written without compression? then read it without" if self.offset == 0 else "copy it again"
        return self.damaged(f"its {self.compression} data are broken ({error})", self.offset, hint)

    def damaged(self, what: str, at: int, hint: str | None = None, rule: str | None = None) -> DataError:
        return DamagedDataError(
            f"{self.path} is damaged: {what}", where=f"at byte {at:,} of the contents", rule=rule, hint=hint
        )


def _records(contents: _Contents) -> Iterator[tuple[int, bytes]]:
    """Reads block by block, and checks all records that end within a block together."""
    waiting, offset = b"", 0  # bytes that are read but not handed out, and where they begin
    while True:
        data = contents.block(waiting)
        if len(data) == len(waiting):
            if data:
                raise _cut(contents, len(data), offset)
            return
        starts, lengths, end = _spans(data)
        good = _sound(data, starts, lengths)
        for start, length in zip(starts[:good], lengths[:good], strict=True):
            yield offset + start - HEAD, data[start : start + length]
        if good < len(starts):
            raise _broken(contents, data, offset, starts[good] - HEAD)
        waiting, offset = data[end:], offset + end
        length = _promised(contents, waiting, offset)
        if length > BLOCK:
            yield offset, _long(contents, waiting, offset, length)
            waiting, offset = b"", offset + HEAD + length + TAIL


def _long(contents: _Contents, begun: bytes, offset: int, length: int) -> bytes:
    """The record of so many bytes, more than a block, of which `begun` is there: read into its own memory, and checked."""
    there, rest = begun[HEAD : HEAD + length], begun[HEAD + length :]  # the rest: what is there of the checksum at the end
    record = contents.read(length - len(there), there)
    end = contents.read(TAIL - len(rest), rest)
    if len(end) < TAIL:
        raise _cut(contents, HEAD + len(record) + len(end), offset)
    if masked(crc32c(record)) != int.from_bytes(end, "little"):
        raise _broken(contents, begun, offset, 0)
    return record


def _spans(data: bytes) -> tuple[list[int], list[int], int]:
    """Where the bytes of each record begin, how many they are, and where the last record ends that is whole."""
    starts, lengths, end, unpack = [], [], 0, struct.Struct("<Q").unpack_from
    while end + HEAD <= len(data):
        (length,) = unpack(data, end)
        if length > len(data) - end - HEAD - TAIL:
            break
        starts.append(end + HEAD)
        lengths.append(length)
        end += HEAD + length + TAIL
    return starts, lengths, end


def _sound(data: bytes, starts: list[int], lengths: list[int]) -> int:
    """How many records, from the first one on, have the right checksums."""
    if not starts:
        return 0
    at, count = np.array(starts), np.array(lengths)
    heads = masked(crc32c_many(data, at - HEAD, np.full_like(at, 8))) == _stored(data, at - TAIL)
    bodies = masked(crc32c_many(data, at, count)) == _stored(data, at + count)
    wrong = np.flatnonzero(~(heads & bodies))
    return int(wrong[0]) if len(wrong) else len(starts)


def _stored(data: bytes, at: np.ndarray) -> np.ndarray:
    """The 4-byte numbers that begin at these bytes."""
    windows = np.lib.stride_tricks.sliding_window_view(np.frombuffer(data, np.uint8), TAIL)
    return windows[at].view("<u4")[:, 0]


def _promised(contents: _Contents, data: bytes, offset: int) -> int:
    """How many bytes the record has that `data` begins and does not end; 0 if that is not known yet."""
    if len(data) < HEAD:
        return 0
    length, checksum = struct.unpack_from("<QI", data)
    if masked(crc32c(data[:8])) != checksum:
        raise _broken(contents, data, offset, 0)
    if offset + HEAD + length + TAIL > contents.most:
        raise contents.damaged(
            f"the record that begins here is {length:,} bytes long, more than are left", offset,
            "the end of the file is missing, or it is being written this moment", _RULE,
        )
    return length


def _broken(contents: _Contents, data: bytes, offset: int, at: int) -> DataError:
    """The record at data[at] has a wrong checksum: which one, and what that may mean."""
    length, checksum = struct.unpack_from("<QI", data, at)
    if masked(crc32c(data[at : at + 8])) == checksum:
        what, hint = f"the checksum of the record of {length:,} bytes that begins here is wrong", "copy the file again"
    elif offset + at == 0 and not contents.compression:
        what = "the checksum of the first record's length is wrong"
        hint = "is this a TFRecord file? " + (_guess(data) or "a compressed one is read with its TFRecordOptions")
    else:
        what, hint = "the checksum of the length of the record that begins here is wrong", "copy the file again"
    return contents.damaged(what, offset + at, hint, _RULE)


def _guess(data: bytes) -> str | None:
    if data[:2] == b"\x1f\x8b":
        return "it looks like GZIP: TFRecordOptions(TFRecordCompressionType.GZIP)"
    if data[0] & 15 == 8 and int.from_bytes(data[:2]) % 31 == 0:
        return "it looks like ZLIB: TFRecordOptions(TFRecordCompressionType.ZLIB)"
    return None


def _cut(contents: _Contents, there: int, offset: int) -> DataError:
    """The file ends inside a record of which so many bytes are there."""
    return contents.damaged(
        f"it ends inside the record that begins here: {there:,} bytes of it are there", offset,
        "the end of the file is missing, or it is being written this moment", _RULE,
    )
