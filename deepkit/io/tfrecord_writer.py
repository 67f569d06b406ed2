"""TFRecord files written: whole or absent, compressed or not."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from deepkit.device.checksum import crc32c_many
from deepkit.errors import ArgumentError, DTypeError
from deepkit.files import whole_file
from deepkit.io.deflate import Deflater, TFRecordOptions
from deepkit.io.tfrecord import BLOCK, HEAD, TAIL, masked


def framed(records: list[bytes]) -> bytes:
    """Records with their lengths and checksums, one after the other, as they stand in the file."""
    count = np.array([len(record) for record in records], np.int64)
    heads, bodies = count.astype("<u8").tobytes(), b"".join(records)
    at = np.arange(len(records)) * 8
    of_heads = masked(crc32c_many(heads, at, np.full_like(at, 8))).astype("<u4").tobytes()
    of_bodies = masked(crc32c_many(bodies, np.cumsum(count) - count, count)).astype("<u4").tobytes()
    parts = []
    for i, record in enumerate(records):
        parts += [heads[8 * i : 8 * i + 8], of_heads[4 * i : 4 * i + 4], record, of_bodies[4 * i : 4 * i + 4]]
    return b"".join(parts)


class TFRecordWriter:
    """Writes a record file.

    The file takes its name when it is closed, whole; an exception inside a `with` block leaves none. A writer that
    nobody closed is closed when it is forgotten or Python ends.

    Args:
        path: of the file; one that exists is replaced.
        options: TFRecordOptions, or the compression alone.

    Raises:
        DataError: the file cannot be written.

    >>> import tempfile
    >>> from deepkit.io.tfrecord import tf_record_iterator
    >>> name = tempfile.mkdtemp() + "/a.tfrecord"
    >>> with TFRecordWriter(name) as writer:
    ...     writer.write(b"one")
    ...     writer.write(b"two")
    >>> list(tf_record_iterator(name))
    [b'one', b'two']
    """

    def __init__(self, path: Any, options: Any = None):
        options = options if isinstance(options, TFRecordOptions) else TFRecordOptions(options)
        self.path = Path(os.fsdecode(path))
        self._output = _Output(self.path, options)
        self._forgotten = weakref.finalize(self, self._output.close)

    def write(self, record: bytes | str) -> None:
        """Append a record: bytes, or text that becomes UTF-8."""
        data = record.encode() if isinstance(record, str) else record
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise DTypeError(
                f"a record is bytes, not {type(record).__name__}", hint="example.SerializeToString(), array.tobytes()"
            )
        self._output.write(bytes(data))

    def flush(self) -> None:
        """Hand what was written to the operating system; the file has its name only after close()."""
        self._output.flush()

    def close(self) -> None:
        """Finish the file and give it its name. A second call does nothing."""
        self._output.close()

    def __enter__(self) -> TFRecordWriter:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is None:
            self.close()
        else:
            self._output.drop(GeneratorExit())  # not the error itself: an OSError need not be this file's


class _Output:
    """The file that a writer writes: compressed or not, and whole or absent."""

    def __init__(self, path: Path, options: TFRecordOptions):
        self.path = path
        self._whole: AbstractContextManager[BinaryIO] = whole_file(path)
        file = self._whole.__enter__()
        self._target: Any = (
            Deflater(file, options.compression_type, **options.deflate) if options.compression_type else file
        )
        self._waiting: list[bytes] = []  # records whose checksums are computed together
        self._size = 0  # bytes they will take
        self.closed = False

    def _guarded(self, act: Callable[..., Any], *arguments: Any) -> None:
        """Do it; if that fails half-way, Ctrl-C included, there is no file."""
        if self.closed:
            raise ArgumentError(f"the writer of {self.path} is closed", rule="after close() nothing can be written")
        try:
            act(*arguments)
        except BaseException as error:
            self.drop(error)  # an OSError leaves here as a DataError
            raise

    def write(self, record: bytes) -> None:
        self._guarded(self._gather, record)

    def _gather(self, record: bytes) -> None:
        self._waiting.append(record)
        self._size += len(record) + HEAD + TAIL
        if self._size >= BLOCK:
            self._write_out()

    def _write_out(self) -> None:
        records, self._waiting, self._size = self._waiting, [], 0
        self._target.write(framed(records))

    def flush(self) -> None:
        self._guarded(self._write_out)
        self._guarded(self._target.flush)

    def close(self) -> None:
        if not self.closed:
            self._guarded(self._write_out)
            if isinstance(self._target, Deflater):
                self._guarded(self._target.finish)
            self.closed = True
            self._whole.__exit__(None, None, None)

    def drop(self, error: BaseException) -> None:
        """Close without leaving a file, because of this error."""
        if not self.closed:
            self.closed = True
            self._whole.__exit__(type(error), error, error.__traceback__)
