"""Elements in groups: windows of rows, groups by a key, and steps that choose among data sets or carry a state."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from deepkit.device.philox import Stream
from deepkit.errors import ArgumentError, ClosedSessionError, DeepkitError
from deepkit.ops.input.iteration import Row
from deepkit.v1.data._elements import SparseParts

Rows = Iterator[Row]


class Held:
    """Rows as one object, which an array, and so a tensor, may hold."""

    def __init__(self, rows: Sequence[Row]):
        self.rows = list(rows)


def held(rows: Sequence[Row]) -> np.ndarray:
    """An array that holds rows as its only entry."""
    return np.array(Held(rows), object)


def rows_of(box: np.ndarray) -> Rows:
    """The rows that such an array holds, copies of them."""
    for row in np.asarray(box, object).item().rows:
        yield tuple(part.copy() for part in row)


def windows(rows: Rows, size: int, shift: int, stride: int, drop: bool, kinds: Sequence[Any]) -> Rows:
    """For each part of an element its window: `size` rows `stride` apart, each window `shift` rows after the one before."""
    span, waiting = (size - 1) * stride + 1, list[Row]()
    widths = [3 if isinstance(kind, SparseParts) else 1 for kind in kinds]
    with contextlib.closing(rows):  # type: ignore[type-var]
        while True:
            waiting += itertools.islice(rows, span - len(waiting))
            if len(waiting) < (span if drop else 1):
                return
            yield tuple(held(part) for part in _columns(waiting[:span:stride], widths))
            list(itertools.islice(rows, max(shift - len(waiting), 0)))
            del waiting[:shift]


def _columns(rows: Sequence[Row], widths: Sequence[int]) -> Iterator[list[Row]]:
    start = 0
    for width in widths:
        yield [row[start : start + width] for row in rows]
        start += width


def grouped(
    rows: Rows, key_of: Callable[[Row], Row], reduce: Callable[[Row], Rows], size_of: Callable[[Row], Row]
) -> Rows:
    """Rows collected by their keys; a group that is full, and at the end each group that is left, goes through `reduce`."""
    groups: dict[int, list[Row]] = {}
    with contextlib.closing(rows):  # type: ignore[type-var]
        for row in rows:
            (key,) = key_of(row)
            group = groups.setdefault(int(key), [])
            group.append(row)
            (size,) = size_of((key,))
            if int(size) < 1:
                raise ArgumentError(f"group_by_window: a window of {int(size)} elements", rule="1 or more")
            if len(group) >= int(size):
                yield from reduce((key, held(groups.pop(int(key)))))
    for number, group in sorted(groups.items()):
        yield from reduce((np.array(number, np.int64), held(group)))


def scanned(rows: Rows, state: Row, step: Callable[[Row], Row]) -> Rows:
    """What a function of the state and each row gives beside the next state."""
    count = len(state)
    with contextlib.closing(rows):  # type: ignore[type-var]
        for row in rows:
            answer = step((*state, *row))
            state = answer[:count]
            yield answer[count:]


def chosen(sources: Sequence[Rows], choices: Rows) -> Rows:
    """For each choice, a number, the next row of the source of that number; one that has ended is passed over."""
    with contextlib.ExitStack() as stack:
        for each in (*sources, choices):
            stack.enter_context(contextlib.closing(each))  # type: ignore[type-var]
        for choice in choices:
            number = int(choice[0])
            if not 0 <= number < len(sources):
                raise ArgumentError(f"choose_from_datasets: number {number} of {len(sources)} data sets")
            row = next(sources[number], None)
            if row is not None:
                yield row


def sampled(sources: Sequence[Rows], weights: np.ndarray, stream: Stream) -> Rows:
    """Rows of sources drawn with these weights, until all have ended."""
    left, weights = list(range(len(sources))), np.asarray(weights, np.float64)
    with contextlib.ExitStack() as stack:
        for each in sources:
            stack.enter_context(contextlib.closing(each))  # type: ignore[type-var]
        while left:
            ends = np.cumsum(weights[left])
            drawn = float(stream.uniform((), np.dtype(np.float64))) * ends[-1]
            number = left[min(int(np.searchsorted(ends, drawn, side="right")), len(left) - 1)]
            row = next(sources[number], None)
            if row is None:
                left.remove(number)
            else:
                yield row


def ignoring_errors(rows: Rows) -> Rows:
    """The rows without those whose making failed."""
    with contextlib.closing(rows):  # type: ignore[type-var]
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except ClosedSessionError:
                raise
            except DeepkitError:
                continue
            yield row


def different(rows: Rows) -> Rows:
    """Each row the first time that it comes."""
    seen: set[Any] = set()
    with contextlib.closing(rows):  # type: ignore[type-var]
        for row in rows:
            key = tuple((part.shape, tuple(part.reshape(-1).tolist())) for part in row)
            if key not in seen:
                seen.add(key)
                yield row


def while_true(rows: Rows, predicate: Callable[[Row], Row]) -> Rows:
    """The rows up to the first for which the predicate is False."""
    with contextlib.closing(rows):  # type: ignore[type-var]
        for row in rows:
            if not bool(predicate(row)[0]):
                return
            yield row
