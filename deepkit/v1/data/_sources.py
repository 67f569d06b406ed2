"""Where rows come from, and the plainest steps: generators that take arrays or rows and give rows.

A row belongs to whoever it is given to, who may change its arrays: what is kept for a second pass is handed out as a copy.
"""

from __future__ import annotations

import contextlib
import glob
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from deepkit.core.shape import Shape
from deepkit.device.arrays import as_array
from deepkit.errors import ArgumentError, DeepkitError, ShapeError
from deepkit.ops.input.iteration import Row
from deepkit.v1.data import _sparse as sparse
from deepkit.v1.data._elements import Part, SparseParts, describe, flatten, is_branch, paired

Rows = Iterator[Row]


def once(parts: Sequence[Any]) -> Rows:
    """One row."""
    yield tuple(np.array(part) for part in parts)


def slices(parts: Sequence[Any], kinds: Sequence[Part | SparseParts]) -> Rows:
    """The rows of arrays, side by side."""
    found = columns([np.array(part) for part in parts], kinds)
    if len({len(column) for column in found}) > 1:
        raise ShapeError(
            f"from_tensor_slices: arrays of {' and '.join(str(len(column)) for column in found)} rows",
            rule="row i of every array belongs to element i, so all have the same number of rows",
        )
    for i in range(len(found[0])):
        yield tuple(part.copy() for column in found for part in column[i])


def columns(row: Sequence[np.ndarray], kinds: Sequence[Part | SparseParts]) -> list[list[tuple[np.ndarray, ...]]]:
    """For each tensor of an element its rows: one array each, or the three of a sparse tensor."""
    arrays, found = iter(row), list[list[tuple[np.ndarray, ...]]]()
    for kind in kinds:
        if isinstance(kind, SparseParts):
            found.append(sparse.rows_of(next(arrays), next(arrays), next(arrays)))
        else:
            array = next(arrays)
            found.append([(array[i : i + 1].reshape(array.shape[1:]),) for i in range(len(array))])
    return found


def counted(limits: Sequence[int]) -> Rows:
    """The numbers of a range."""
    for i in range(*limits):
        yield (np.array(i, np.int64),)


def files(patterns: Any) -> Rows:
    """The names of files, in order."""
    listed = [os.fsdecode(p) for p in np.asarray(patterns, object).reshape(-1)]
    found = sorted({os.fsencode(f) for p in listed for f in glob.glob(p)})
    if not found:
        raise ArgumentError(
            f"no file is called {' or '.join(listed)}", hint="look for misprints, and for the working directory"
        )
    for name in found:
        yield (np.array(name, object),)


def strings(records: Iterator[bytes]) -> Rows:
    """Bytes as rows of one string."""
    with contextlib.closing(records):  # type: ignore[type-var]
        for record in records:
            yield (np.array(record, object),)


def generated(generator: Callable[..., Any], element: Any, arguments: Sequence[Any]) -> Rows:
    """What a Python generator yields, as rows of the promised types and shapes."""
    values = iter(generator(*arguments))
    try:
        for value in values:
            leaves = _leaves(element, value)
            yield tuple(_fitting(part, leaf) for part, leaf in zip(flatten(element), leaves, strict=True))
    finally:
        if hasattr(values, "close"):
            values.close()


def _leaves(element: Any, value: Any) -> list[Any]:
    if not is_branch(element):
        return [value]
    beside = paired(element, value)
    if beside is None:
        raise ArgumentError(
            f"from_generator: the generator yielded {value!r}"[:300], rule=f"output_types says {describe(element)}",
            hint="yield x, y for output_types=(tf.float32, tf.int32); a dict for a dict",
        )
    return [leaf for part, item in beside for leaf in _leaves(part, item)]


def _fitting(part: Part, value: Any) -> np.ndarray:
    try:
        array = np.asarray(as_array(value, part.dtype))
    except DeepkitError as error:
        if np.asarray(value).dtype.kind not in "iufb" or part.dtype.is_string:
            raise ArgumentError(
                f"from_generator: the generator yielded {value!r}"[:200], rule=f"output_types says {part.dtype.name}"
            ) from error
        raise
    if not part.shape.is_compatible_with(array.shape):
        raise ShapeError(
            f"from_generator: the generator yielded an array of shape {Shape(array.shape)}",
            rule=f"output_shapes says {part.shape}", hint="None for a dimension that differs",
        )
    return np.array(array)  # a copy: the generator may fill the same array again


class mapped:  # named as the generators are
    """function(row) of each row. An error of the function ends nothing: the next row comes after it."""

    def __init__(self, rows: Rows, function: Callable[[Row], Row]):
        self.rows, self.function = rows, function

    def __iter__(self) -> mapped:
        return self

    def __next__(self) -> Row:
        return self.function(next(self.rows))

    def close(self) -> None:
        """Nobody wants more."""
        self.rows.close()  # type: ignore[attr-defined]


class filtered(mapped):
    """The rows for which the predicate is True. An error of the predicate ends nothing."""

    def __next__(self) -> Row:
        while True:
            row = next(self.rows)
            if bool(self.function(row)[0]):
                return row


def chained(rows: Rows, others: Callable[[], Rows]) -> Rows:
    """The rows of one, then those of another."""
    yield from rows
    yield from others()


def sliced(rows: Rows, start: int, stop: int | None, step: int = 1) -> Rows:
    """The rows from number `start` on, up to `stop`, each step-th."""
    with contextlib.closing(rows):  # type: ignore[type-var]
        yield from itertools.islice(rows, start, stop, step)


def numbered(rows: Rows, start: int) -> Rows:
    """Each row with its number before it."""
    with contextlib.closing(rows):  # type: ignore[type-var]
        for i, row in enumerate(rows, start):
            yield (np.array(i, np.int64), *row)
