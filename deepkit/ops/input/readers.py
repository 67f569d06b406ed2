"""Files as ops: readers that go through the files of a queue record by record, whole files, and lists of files."""

from __future__ import annotations

import glob
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from deepkit.core.apply import apply
from deepkit.core.op import Op, register
from deepkit.core.shape import SCALAR, Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ArgumentError, OutOfRangeError
from deepkit.files import refused, whole_file
from deepkit.ops.input.buffers import Buffer
from deepkit.ops.input.resources import Resource, ResourceUse

__all__ = ["count_up_to", "matching_files", "read_file", "write_file"]

Records = Callable[[str], Iterator[tuple[str, bytes]]]
"""What opens a file: its (key, record) pairs, one after the other."""


class RecordReader:
    """The place in the files: which one is open, what comes next, and how much was read. Threads take turns."""

    def __init__(self, records: Records):
        self._records, self._turn = records, threading.Lock()
        self._open: Iterator[tuple[str, bytes]] | None = None
        self.produced = self.finished = 0

    def read(self, queue: Buffer, count: int) -> list[tuple[str, bytes]]:
        """The next records, at least one and at most `count`: it ends with the file they are from.

        Raises:
            OutOfRangeError: the queue of files is closed and empty.
        """
        with self._turn:
            found: list[tuple[str, bytes]] = []
            while not found:
                if self._open is None:
                    (name,) = queue.take(1, 1)[0]
                    self._open = self._records(os.fsdecode(name.item()))
                try:
                    while len(found) < count:
                        found.append(next(self._open))
                except StopIteration:
                    self._open, self.finished = None, self.finished + 1
            self.produced += len(found)
            return found

    def reset(self) -> None:
        """Forgets the open file and what was counted."""
        with self._turn:
            self._open, self.produced, self.finished = None, 0, 0

    def cancel(self) -> None:
        """The session is closed: a thread that waits for a file is woken by the queue it waits for."""
        self._open = None


@register
class ReaderV2(Resource):
    """A reader; `opener` opens a file, see Records."""

    opener: Any = None

    def make(self, node: Any, session: Any) -> RecordReader:
        return RecordReader(self.opener)

    def key(self) -> Any:
        return id(self)


@register
class ReaderReadV2(ResourceUse):
    """Key and value of the next record of the files whose names are in a queue."""

    types = ("string", "string")
    waits = True

    def shape(self, reader: Shape, queue: Shape) -> Any:
        return SCALAR, SCALAR

    def dtype(self, reader: DType, queue: DType) -> Any:
        return as_dtype("string"), as_dtype("string")

    def forward(self, xp: ArrayModule, reader: RecordReader, queue: Buffer) -> Any:
        ((key, value),) = reader.read(queue, 1)
        return np.array(os.fsencode(key), object), np.array(value, object)


@register
class ReaderReadUpToV2(ResourceUse):
    """Keys and values of the next records, at most n of them."""

    types = ("string", "string", "int64")
    waits = True

    def shape(self, reader: Shape, queue: Shape, n: Shape) -> Any:
        return Shape.of((None,)), Shape.of((None,))

    def dtype(self, reader: DType, queue: DType, n: DType) -> Any:
        return as_dtype("string"), as_dtype("string")

    def forward(self, xp: ArrayModule, reader: RecordReader, queue: Buffer, n: Array) -> Any:
        if int(n) < 1:
            raise ArgumentError(f"read_up_to {int(n)} records", rule="at least 1")
        keys, values = zip(*reader.read(queue, int(n)), strict=True)
        return np.array([os.fsencode(key) for key in keys], object), np.array(values, object)


class ReaderUse(ResourceUse):
    """Base of the ops on a reader alone."""

    returns = "int64"


@register
class ReaderNumRecordsProducedV2(ReaderUse):
    """How many records a reader has given."""

    def forward(self, xp: ArrayModule, reader: RecordReader) -> Any:
        return np.int64(reader.produced)


@register
class ReaderNumWorkUnitsCompletedV2(ReaderUse):
    """How many files a reader has read to their ends."""

    def forward(self, xp: ArrayModule, reader: RecordReader) -> Any:
        return np.int64(reader.finished)


@register
class ReaderResetV2(ReaderUse):
    """The reader begins anew with the next file."""

    def forward(self, xp: ArrayModule, reader: RecordReader) -> Any:
        reader.reset()
        return np.int64(0)


@register
class ReadFile(Op):
    """The bytes of a file."""

    cpu_only = True
    types = ("string",)
    stateful = True  # the file may change
    gradient = None

    def shape(self, filename: Shape) -> Shape:
        return SCALAR

    def forward(self, xp: ArrayModule, filename: Array) -> Any:
        path = os.fsdecode(filename.item() if hasattr(filename, "item") else filename)
        try:
            with open(path, "rb") as file:
                return np.array(file.read(), object)
        except OSError as error:
            raise refused("read", path, error) from error


def read_file(filename: TensorLike, name: str | None = None) -> AnyTensor:
    """The bytes of the file with this name, a string, whenever it runs.

    filename: (), a string; result: (). MissingDataError: no such file. DTypeError: no text.
    """
    return apply(ReadFile(), filename, name=name)


@register
class WriteFile(Op):
    """Bytes become a file, whole or not at all."""

    cpu_only = True
    types = ("string", "string")
    stateful = True
    gradient = None

    def shape(self, filename: Shape, contents: Shape) -> Shape:
        return SCALAR

    def dtype(self, filename: DType, contents: DType) -> DType:
        return as_dtype("int64")

    def forward(self, xp: ArrayModule, filename: Array, contents: Array) -> Any:
        path, text = (x.item() if hasattr(x, "item") else x for x in (filename, contents))
        file = Path(os.fsdecode(path))
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise refused("write", file, error) from error
        with whole_file(file) as written:
            written.write(os.fsencode(text))
        return np.int64(0)


def write_file(filename: TensorLike, contents: TensorLike, name: str | None = None) -> AnyTensor:
    """Writes the bytes, a string, to the file of this name whenever it runs; folders are made, a file there is replaced.

    filename, contents: (), strings; result: (), 0. ExistingDataError: what is no folder stands in its
    path. DTypeError: no text.
    """
    return apply(WriteFile(), filename, contents, name=name)


@register
class MatchingFiles(Op):
    """The names of the files that patterns with * and ? name, in order."""

    cpu_only = True
    types = ("string",)
    stateful = True
    gradient = None

    def shape(self, pattern: Shape) -> Shape:
        return Shape.of((None,))

    def forward(self, xp: ArrayModule, pattern: Array) -> Any:
        patterns = [os.fsdecode(p) for p in np.asarray(pattern, object).reshape(-1)]
        return np.array(sorted({os.fsencode(f) for p in patterns for f in glob.glob(p)}), object)


def matching_files(pattern: TensorLike, name: str | None = None) -> AnyTensor:
    """The names of the files that a pattern with * and ?, or several, name: strings (n,), in order.

    DTypeError: no text.
    """
    return apply(MatchingFiles(), pattern, name=name)


@register
class CountUpTo(Op):
    """The integer in a variable, which then grows by 1; OutOfRangeError once it has reached `limit`."""

    limit: int = 0
    writes = (0,)
    kinds = "i"
    gradient = None

    def shape(self, ref: Shape) -> Any:
        return SCALAR, SCALAR

    def dtype(self, ref: DType) -> Any:
        return ref, ref

    def forward(self, xp: ArrayModule, ref: Array) -> Any:
        if int(ref) >= self.limit:
            raise OutOfRangeError(
                f"counted up to {self.limit}", rule="the input has been gone through so often as num_epochs says",
                hint="except tf.errors.OutOfRangeError: the data end here",
            )
        return ref + ref.dtype.type(1), xp.array(ref)


def count_up_to(ref: TensorLike, limit: int, name: str | None = None) -> AnyTensor:
    """The integer in a variable, which grows by 1 each time; OutOfRangeError once it has reached `limit`."""
    return apply(CountUpTo(limit=int(limit)), ref, name=name)[1]
