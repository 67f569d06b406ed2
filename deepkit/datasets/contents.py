"""The contents of a file on disk, raw or gzip-compressed, read forward and never further than they should go."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from deepkit.errors import DataError
from deepkit.files import refused

DEFLATE_LIMIT = 1032  # gzip cannot expand a byte into more than this
AGAIN = "download it again; `deepkit data verify` checks every file"
_CHUNK = 1 << 20


class Contents:
    """The uncompressed contents, read forward, with the offset for messages; there are at most `most` bytes."""

    def __init__(self, path: Path, stream: BinaryIO | gzip.GzipFile, most: int):
        self.path, self.stream, self.most, self.offset = path, stream, most, 0

    def read(self, count: int) -> bytearray:
        """At most `count` bytes; fewer only at the end. Memory is taken only as contents arrive."""
        found = bytearray()
        while len(found) < count:
            try:
                chunk = self.stream.read(min(count - len(found), _CHUNK))
            except EOFError as error:
                raise self.damaged("the compressed data stops in the middle", "copy or download it again") from error
            except (gzip.BadGzipFile, zlib.error) as error:
                raise self.damaged(f"the compressed data is broken ({error})", "copy or download it again") from error
            if not chunk:
                break
            found += chunk
            self.offset += len(chunk)
        return found

    def damaged(self, what: str, rule: str | None = None, *, at: int | None = None) -> DataError:
        return DataError(
            f"{self.path} is damaged: {what}", where=f"at byte {self.offset if at is None else at:,} of the contents",
            rule=rule, hint=AGAIN,
        )


@contextmanager
def open_contents(path: str | Path) -> Iterator[Contents]:
    """The contents of the regular file `path`; gzip is recognised by its first two bytes, not by the name.

    Raises:
        DataError: no such file, not a regular file, or the system refuses; then and while it is read.
    """
    path = Path(path)
    try:
        if not path.is_file():
            raise DataError(f"{path} {'is no regular file' if path.exists() else 'does not exist'}")
        with path.open("rb") as file:
            compressed = file.read(2) == b"\x1f\x8b"
            size = file.seek(0, 2)
            file.seek(0)
            if compressed:
                with gzip.open(file, "rb") as stream:
                    yield Contents(path, stream, size * DEFLATE_LIMIT)
            else:
                yield Contents(path, file, size)
    except DataError:
        raise
    except OSError as error:
        raise refused("read", path, error) from error


def read_contents(path: str | Path, most: int) -> bytes:
    """All contents of `path`, uncompressed; DataError if there are more than `most` bytes."""
    with open_contents(path) as contents:
        found = bytes(contents.read(most + 1))
        if len(found) > most:
            raise contents.damaged(f"it holds more than {most:,} bytes", at=most)
        return found


def read_raw(path: str | Path, most: int) -> bytes:
    """All bytes of `path` as they lie on the disk; DataError if there are more than `most`."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            found = file.read(most + 1)
    except OSError as error:
        raise refused("read", path, error) from error
    if len(found) > most:
        raise DataError(f"{path} has more than {most:,} bytes", hint=AGAIN)
    return found


def sha256(data: bytes) -> str:
    """SHA-256 of `data`, hexadecimal."""
    return hashlib.sha256(data).hexdigest()
