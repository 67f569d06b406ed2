"""What happens to the elements of a data set on their way: generators that take rows and give rows."""

from __future__ import annotations

import contextlib
import functools
import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from deepkit.device.philox import Stream
from deepkit.errors import CancelledError, OutOfRangeError, ShapeError
from deepkit.ops.input.buffers import Buffer, random_words
from deepkit.ops.input.iteration import Pass, Row
from deepkit.ops.input.queues import batch_of
from deepkit.v1.data import _sources as sources
from deepkit.v1.data import _sparse as sparse
from deepkit.v1.data._elements import Part, SparseParts

Rows = Iterator[Row]
Function = Callable[[Row], Any]


def batch(rows: Rows, size: int, drop_remainder: bool, kinds: Sequence[Part | SparseParts]) -> Rows:
    """`size` elements as one, with a first axis that counts them; the last one may be smaller."""
    for group in groups(rows, size, drop_remainder):
        columns, made = iter(zip(*group, strict=True)), list[np.ndarray]()
        for kind in kinds:
            column = next(columns)
            if isinstance(kind, SparseParts):
                made += sparse.stacked(column, next(columns), next(columns))
            else:
                made.append(_stacked(column, kind))
        yield tuple(made)


def _stacked(column: Sequence[np.ndarray], part: Part) -> np.ndarray:
    if len({row.shape for row in column}) > 1:
        raise ShapeError(
            f"batch: elements of shapes {' and '.join(sorted({str(shape_of(row)) for row in column}))}",
            rule="all elements of a batch have one shape",
            hint="dataset.padded_batch(n, padded_shapes) fills the shorter ones up",
        )
    return batch_of(list(column), part.dtype, part.shape)


def shape_of(array: np.ndarray) -> str:
    return str(tuple(array.shape)).replace(",)", ")")


def padded_batch(
    rows: Rows, size: int, drop_remainder: bool, parts: Sequence[Part], shapes: Sequence[Any], padding: Sequence[Any]
) -> Rows:
    """As batch, after each element was filled up to its shape; a dimension of None goes up to the longest."""
    for group in groups(rows, size, drop_remainder):
        columns = list(zip(*group, strict=True))
        for column, shape in zip(columns, shapes, strict=True):
            for row in column:
                if len(row.shape) != len(shape) or any(
                    d is not None and n > d for n, d in zip(row.shape, shape, strict=True)
                ):
                    raise ShapeError(
                        f"padded_batch: an element of shape {shape_of(row)} does not fit into {tuple(shape)}",
                        rule="padding only makes longer; None goes up to the longest of the batch",
                    )
        yield tuple(
            batch_of(list(column), part.dtype, part.shape, value, shape)
            for column, part, value, shape in zip(columns, parts, padding, shapes, strict=True)
        )


def groups(rows: Rows, size: int, drop_remainder: bool) -> Iterator[list[Row]]:
    """Lists of `size` rows; the last one shorter, unless it is dropped."""
    with contextlib.closing(rows):  # type: ignore[type-var]
        while group := list(itertools.islice(rows, size)):
            if len(group) == size or not drop_remainder:
                yield group


def shuffle(rows: Rows, size: int, stream: Stream) -> Rows:
    """Each time one of the `size` elements that come next, as TensorFlow chooses it.

    They stand in a ring: the chosen one changes places with the oldest, which leaves.
    """
    words, ring, begun, filled = random_words(stream), list[Any](), 0, 0
    with contextlib.closing(rows):  # type: ignore[type-var]
        ended = False
        while True:
            while not ended and filled < size:
                row = next(rows, None)
                if row is None:
                    ended = True
                elif len(ring) < size:
                    ring.append(row)
                    filled += 1
                else:
                    ring[(begun + filled) % size] = row
                    filled += 1
            if not filled:
                return
            chosen = (begun + next(words) % filled) % size
            first = begun % size
            ring[chosen], ring[first] = ring[first], ring[chosen]
            row, ring[first] = ring[first], None
            begun, filled = begun + 1, filled - 1
            yield row


def repeat(again: Callable[[], Rows], count: int) -> Rows:
    """All elements `count` times, for ever if it is negative; an empty data set is not repeated for ever."""
    for _ in itertools.count() if count < 0 else range(count):
        empty = True
        for row in again():
            empty = False
            yield row
        if empty:
            return


def cache(rows: Callable[[], Rows], memory: dict[str, list[Row]]) -> Rows:
    """The elements as they were the first time; they are kept once all of them have come."""
    if "rows" in memory:
        for row in memory["rows"]:
            yield tuple(part.copy() for part in row)
        return
    seen = []
    for row in rows():
        seen.append(tuple(part.copy() for part in row))
        yield row
    memory["rows"] = seen


def flat_map(rows: Rows, function: Function) -> Rows:
    """The elements of the data sets that a function makes, one data set after the other."""
    with contextlib.closing(rows):  # type: ignore[type-var]
        for row in rows:
            yield from function(row)


def interleave(rows: Rows, function: Function, cycle: int, block: int) -> Rows:
    """The elements of the data sets that a function makes, `block` from each of `cycle` of them in turn.

    Where one ends, the next new one takes its place when its turn comes again.
    """
    slots: list[Rows | None] = [None] * cycle
    with contextlib.closing(rows):  # type: ignore[type-var]
        at, given, ended = 0, 0, False
        while not ended or any(slot is not None for slot in slots):
            if slots[at] is None:
                row = None if ended else next(rows, None)
                if row is None:
                    ended, at = True, (at + 1) % cycle
                    continue
                slots[at] = function(row)
            element = next(slots[at], None)  # type: ignore[arg-type]
            if element is None:
                slots[at], at, given = None, (at + 1) % cycle, 0
                continue
            yield element
            given += 1
            if given == block:
                at, given = (at + 1) % cycle, 0


class parallel_map:  # named as the generators are
    """function(row) of each row, in their order, by several threads. An error ends nothing: the next row comes after it."""

    def __init__(self, rows: Rows, function: Function, threads: int):
        from concurrent.futures import Future, ThreadPoolExecutor

        self.rows, self.function, self.threads = rows, function, threads
        self._pool, self._waiting = ThreadPoolExecutor(threads, thread_name_prefix="tf.data map"), deque[Future[Row]]()

    def __iter__(self) -> parallel_map:
        return self

    def __next__(self) -> Row:
        while len(self._waiting) <= self.threads and self._submit():
            pass
        if not self._waiting:
            self.close()
            raise StopIteration
        return self._waiting.popleft().result()

    def _submit(self) -> bool:
        """Lets a thread work on the next row, if there is one; an error of the rows has the place of its row."""
        try:
            work = functools.partial(self.function, next(self.rows))
        except StopIteration:
            return False
        except Exception as error:
            work = functools.partial(_fail, error)
        self._waiting.append(self._pool.submit(work))
        return True

    def close(self) -> None:
        """Nobody wants more."""
        self.rows.close()  # type: ignore[attr-defined]
        self._pool.shutdown(wait=False, cancel_futures=True)


def _fail(error: Exception) -> Any:
    raise error


class prefetch:  # named as the generators are
    """The rows, made by a thread that is up to `size` of them ahead. An error ends nothing: the next row comes after it."""

    def __init__(self, rows: Rows, size: int, go: Pass):
        self.rows, self.go = rows, go
        self._buffer, self._thread = Buffer("prefetch", size), threading.Thread(
            target=self._work, name="tf.data prefetch", daemon=True
        )

    def _work(self) -> None:
        with contextlib.closing(self.rows), contextlib.suppress(CancelledError):  # type: ignore[type-var]
            going = True
            while going:
                going = self._put_one()
        self._buffer.close()

    def _put_one(self) -> bool:
        """Puts the next row, or the error in its place, into the buffer, if there is one."""
        made: Row | BaseException
        try:
            made = next(self.rows)
        except StopIteration:
            return False
        except CancelledError:
            raise
        except BaseException as error:
            made = error
        self._buffer.put([made])
        return True

    def __iter__(self) -> prefetch:
        return self

    def __next__(self) -> Row:
        if self._thread.ident is None:
            self.go.at_end(self._buffer.cancel)
            self._thread.start()
        try:
            (made,) = self._buffer.take(1, 1)
        except OutOfRangeError:  # the thread has ended, and the buffer says so to whoever asks again
            self.go.not_at_end(self._buffer.cancel)
            raise StopIteration from None
        if isinstance(made, BaseException):
            raise made
        return made

    def close(self) -> None:
        """Nobody wants more."""
        self.go.not_at_end(self._buffer.cancel)
        self._buffer.cancel()


def zipped(sources: Sequence[Rows]) -> Rows:
    """The first elements of all data sets as one, then the second ones; the shortest says when to stop."""
    for rows in zip(*sources, strict=False):
        yield tuple(part for row in rows for part in row)


def unbatch(rows: Rows, kinds: Sequence[Part | SparseParts]) -> Rows:
    """The rows of the elements as elements."""
    for row in rows:
        columns = sources.columns(row, kinds)
        lengths = {len(column) for column in columns}
        if len(lengths) > 1:
            raise ShapeError(f"unbatch: parts of {lengths} rows", rule="all parts have the same number of rows")
        yield from (tuple(itertools.chain(*parts)) for parts in zip(*columns, strict=True))
