"""Event files, which TensorBoard reads: written record by record, each whole on its way to the disk at once."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from deepkit.errors import DamagedDataError, DataError
from deepkit.files import reason
from deepkit.io.tfrecord import locate_records
from deepkit.ops.summary.event_messages import board_module, message

_uses = 0  # so many event files has this process begun


class EventWriter:
    """Appends events to a new file in the folder `logdir`, which is made if it is not there.

    The file is called events.out.tfevents.TIME.HOST.PROCESS.NUMBER and `suffix`. An event has been handed to the
    operating system, whole, when add_event returns: TensorBoard shows it soon after, and a program that is killed loses
    none. Several threads may write.

    Raises:
        MissingExtraError: the tensorboard package is not installed.
        DataError: the file cannot be written.

    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> with EventWriter(folder) as writer:
    ...     writer.add_event(message("Event")(step=7, wall_time=0.0))
    >>> [event.step for event in read_events(writer.path)]
    [0, 7]
    """

    def __init__(self, logdir: Any, suffix: str = ""):
        global _uses
        records = board_module("summary.writer.record_writer")
        folder = Path(os.fsdecode(logdir))
        _uses += 1
        moment = f"{int(time.time()):010d}.{socket.gethostname()}.{os.getpid()}.{_uses - 1}"
        self.path = folder / f"events.out.tfevents.{moment}{suffix}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = open(self.path, "xb", buffering=0)  # noqa: SIM115 - closed by close()
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        self._lock = threading.Lock()
        self._records = records.RecordWriter(_WholeRecords(self.path, file))
        self._forgotten = weakref.finalize(self, file.close)
        self.add_event(message("Event")(wall_time=time.time(), file_version="brain.Event:2"))

    @property
    def closed(self) -> bool:
        """True after close()."""
        return self._records.closed

    def add_event(self, event: Any) -> None:
        """Appends an Event message."""
        with self._lock:
            self._records.write(event.SerializeToString())

    def flush(self) -> None:
        """Waits until everything is on the disk itself, where a power failure leaves it."""
        with self._lock:
            self._records.flush()

    def close(self) -> None:
        """Ends the file. A second call does nothing."""
        with self._lock:
            self._records.close()

    def __enter__(self) -> EventWriter:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class _WholeRecords:
    """A file in which every write is there whole, or not at all."""

    def __init__(self, path: Path, file: BinaryIO):
        self.path, self._file = path, file

    def write(self, record: bytes) -> None:
        begin = self._file.tell()
        left = memoryview(record)
        try:
            while left:
                left = left[self._file.write(left) :]
        except BaseException as error:
            with contextlib.suppress(OSError):  # what is reported is the first failure
                self._file.seek(begin)
                self._file.truncate()
            if isinstance(error, OSError):
                raise _cannot_write(self.path, error) from error
            raise

    def flush(self) -> None:
        if not self._file.closed:
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                raise _cannot_write(self.path, error) from error

    def close(self) -> None:
        self._file.close()

    @property
    def closed(self) -> bool:
        return self._file.closed


def read_events(path: Any) -> Iterator[Any]:
    """The Event messages of a file, one after the other.

    Raises:
        DataError: names the file and the byte at which a record begins that is damaged, cut off, or no event.
        MissingExtraError: the tensorboard package is not installed.
    """
    event = message("Event")
    from google.protobuf.message import DecodeError

    for offset, record in locate_records(path):
        try:
            yield event.FromString(record)
        except DecodeError as error:
            raise DamagedDataError(
                f"{path}: the record at byte {offset} is no event", rule="an event file holds Event messages only"
            ) from error


def _cannot_write(path: Path, error: OSError) -> DataError:
    return DataError(
        f"cannot write {path}: {reason(error)}",
        hint="check that the folder exists, is yours to write, and has space left",
    )
