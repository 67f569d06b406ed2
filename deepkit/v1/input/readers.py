"""`tf.TFRecordReader` and its kin: the files of a queue, record by record."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from typing import Any

from deepkit.core.apply import apply
from deepkit.core.graph import default_graph
from deepkit.core.node import Node
from deepkit.core.symbol import Symbol
from deepkit.device.dtypes import string
from deepkit.errors import ArgumentError
from deepkit.io.deflate import TFRecordOptions
from deepkit.io.plain_records import fixed_records, text_lines, whole_file
from deepkit.io.tfrecord import locate_records
from deepkit.ops.input import readers as ops
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.input.queues import QueueBase

__all__ = [
    "FixedLengthRecordReader", "IdentityReader", "ReaderBase", "TFRecordReader", "TextLineReader", "WholeFileReader",
]


class ReaderBase:
    """Reads the files whose names come out of a queue, one record at each run of `read`."""

    def __init__(self, opener: ops.Records, name: str):
        self._ref: Symbol = default_graph().add(ops.ReaderV2(opener=opener), (), name)

    @property
    def reader_ref(self) -> Symbol:
        return self._ref

    def read(self, queue: Any, name: str | None = None) -> tuple[Symbol, Symbol]:
        """(key, value), both strings: where the record stands, as in "file:12", and the record.

        Running it waits for the name of a file; OutOfRangeError after the last record of the last file.
        """
        key, value = apply(ops.ReaderReadV2(), self._ref, _names_of(queue), name=name)
        return key, value

    def read_up_to(self, queue: Any, num_records: Any, name: str | None = None) -> tuple[Symbol, Symbol]:
        """Keys and values (n,) of the next records, at most num_records; fewer at the end of a file."""
        count = constant_of(num_records, "int64")
        keys, values = apply(ops.ReaderReadUpToV2(), self._ref, _names_of(queue), count, name=name)
        return keys, values

    def num_records_produced(self, name: str | None = None) -> Symbol:
        """How many records were read, int64."""
        return apply(ops.ReaderNumRecordsProducedV2(), self._ref, name=name)

    def num_work_units_completed(self, name: str | None = None) -> Symbol:
        """How many files were read to their ends, int64."""
        return apply(ops.ReaderNumWorkUnitsCompletedV2(), self._ref, name=name)

    def reset(self, name: str | None = None) -> Node:
        """An operation after which the reader begins with the next file."""
        return apply(ops.ReaderResetV2(), self._ref, name=name).node

    @property
    def supports_serialize(self) -> bool:
        return False


def _names_of(queue: Any) -> Symbol:
    """The queue of file names as a tensor."""
    ref = queue.queue_ref if isinstance(queue, QueueBase) else queue
    if (
        not isinstance(ref, Symbol)
        or not ref.node.op.resource
        or (isinstance(queue, QueueBase) and queue.dtypes != [string])
    ):
        raise ArgumentError(
            f"a reader cannot read from {queue!r}", rule="it takes the names of its files out of a queue of strings",
            hint='queue = tf.train.string_input_producer(["a.tfrecords", "b.tfrecords"])',
        )
    return ref


class TFRecordReader(ReaderBase):
    """The records of TFRecord files; key "file:byte at which the record begins"."""

    def __init__(self, name: str | None = None, options: Any = None):
        compression = TFRecordOptions.get_compression_type_string(options)
        super().__init__(partial(_tf_records, compression), name or "TFRecordReaderV2")


def _tf_records(compression: str, path: str) -> Iterator[tuple[str, bytes]]:
    return ((f"{path}:{offset}", record) for offset, record in locate_records(path, compression))


class TextLineReader(ReaderBase):
    """The lines of text files; key "file:number of the line". skip_header_lines: so many lines of each file are left out."""

    def __init__(self, skip_header_lines: int | None = None, name: str | None = None):
        super().__init__(partial(_numbered_lines, skip_header_lines or 0), name or "TextLineReaderV2")


def _numbered_lines(skip: int, path: str) -> Iterator[tuple[str, bytes]]:
    return ((f"{path}:{i}", line) for i, line in enumerate(text_lines(path), 1) if i > skip)


class FixedLengthRecordReader(ReaderBase):
    """Records that are all record_bytes long; key "file:number of the record", from 0 on.

    header_bytes and footer_bytes at the ends of the file are left out. hop_bytes: from one record to the next.
    """

    def __init__(
        self, record_bytes: int, header_bytes: int | None = None, footer_bytes: int | None = None,
        hop_bytes: int | None = None, name: str | None = None, encoding: str | None = None,
    ):
        lengths = record_bytes, header_bytes or 0, footer_bytes or 0, hop_bytes or 0, encoding or ""
        super().__init__(partial(_numbered_records, lengths), name or "FixedLengthRecordReaderV2")


def _numbered_records(lengths: Any, path: str) -> Iterator[tuple[str, bytes]]:
    return ((f"{path}:{i}", record) for i, record in enumerate(fixed_records(path, *lengths)))


class WholeFileReader(ReaderBase):
    """Each file as one record; the key is its name."""

    def __init__(self, name: str | None = None):
        super().__init__(_whole_files, name or "WholeFileReaderV2")


def _whole_files(path: str) -> Iterator[tuple[str, bytes]]:
    yield path, whole_file(path)


class IdentityReader(ReaderBase):
    """The strings of the queue themselves, as keys and as values."""

    def __init__(self, name: str | None = None):
        super().__init__(_identity, name or "IdentityReaderV2")


def _identity(text: str) -> Iterator[tuple[str, bytes]]:
    yield text, os.fsencode(text)
