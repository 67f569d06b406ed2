"""Files without a format of their own read piece by piece: lines of text, records of a fixed length, whole files."""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from deepkit.errors import ArgumentError, DamagedDataError
from deepkit.files import refused
from deepkit.io.deflate import Inflater

_BLOCK = 1 << 16


@contextlib.contextmanager
def _opened(path: str, compression: str = "") -> Iterator[BinaryIO]:
    """A file to read from, with DataErrors that name it."""
    if compression not in ("", "GZIP", "ZLIB"):
        raise ArgumentError(f"compression_type={compression!r}", rule='"", "GZIP" or "ZLIB"')
    try:
        with open(path, "rb") as file:
            yield cast(BinaryIO, Inflater(file, compression)) if compression else file
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno:
            raise refused("read", path, error) from error
        raise DamagedDataError(f"cannot read {path}: {error}") from error


def text_lines(path: Any, compression: str = "", returns_anywhere: bool = False) -> Iterator[bytes]:
    """The lines of a file without what ends them: a newline, or a carriage return and a newline.

    returns_anywhere: also carriage returns inside of a line are left out. After the last newline comes one more line
    only if something is left of it.

    Raises:
        DataError: the file cannot be read.
    """

    def bare(line: bytes) -> bytes:
        return line.replace(b"\r", b"") if returns_anywhere else line.removesuffix(b"\r")

    with _opened(os.fsdecode(path), compression) as file:
        begun: list[bytes] = []  # a line longer than a block is put together once, at its end
        while block := file.read(_BLOCK):
            first, *lines = block.split(b"\n")
            begun.append(first)
            if lines:
                yield bare(b"".join(begun))
                begun = [lines.pop()]
                yield from map(bare, lines)
        last = bare(b"".join(begun))
        if last:
            yield last


def fixed_records(
    path: Any, record_bytes: int, header_bytes: int = 0, footer_bytes: int = 0, hop_bytes: int = 0,
    compression: str = "",
) -> Iterator[bytes]:
    """The records of a file, each record_bytes long, between a header and a footer.

    hop_bytes: from the beginning of one to that of the next (0: record_bytes). A piece at the end that is too short is
    left out.

    Raises:
        ArgumentError: lengths that make no sense.
        DataError: the file cannot be read.
    """
    if record_bytes < 1 or min(header_bytes, footer_bytes, hop_bytes) < 0:
        raise ArgumentError(
            f"record_bytes={record_bytes}, header_bytes={header_bytes}, footer_bytes={footer_bytes}, hop_bytes={hop_bytes}",
            rule="a record has at least one byte, and no length is negative",
        )
    hop = hop_bytes or record_bytes
    with _opened(os.fsdecode(path), compression) as file:
        waiting, skip, ended = b"", header_bytes, False
        while not ended:
            block = file.read(max(_BLOCK, skip + record_bytes + footer_bytes))
            ended, waiting = not block, waiting + block
            at = skip
            while at + record_bytes + footer_bytes <= len(waiting):
                yield waiting[at : at + record_bytes]
                at += hop
            waiting, skip = waiting[at:], max(0, at - len(waiting))


def whole_file(path: Any) -> bytes:
    """All bytes of a file.

    Raises:
        DataError: the file cannot be read.
    """
    with _opened(os.fsdecode(path)) as file:
        return file.read()
