"""`tf.data.experimental.CsvDataset` and `make_csv_dataset`: the rows of comma-separated files as elements of a data set."""

from __future__ import annotations

import functools
import glob
import itertools
import math
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.apply import is_tensor
from deepkit.device.arrays import as_array
from deepkit.device.dtypes import DType, as_dtype, float32, float64, int32, int64, string
from deepkit.errors import ArgumentError
from deepkit.io.plain_records import text_lines
from deepkit.ops.input.decoding import DecodeCSV
from deepkit.v1.data import _windows as windows
from deepkit.v1.data._dataset import Dataset
from deepkit.v1.data._files import _compression, _FileDataset, _text

_Read = Callable[[str, bool], Iterator[list[bytes]]]
_INFERRED = (int32, int64, float32, float64, string)  # the first of them that holds all values of a column is its type


class CsvDataset(Dataset):
    """The rows of comma-separated files (RFC 4180), one file after the other: a tuple of scalars, one for each column.

    Args:
        filenames: names, a tensor of names, or a data set of names.
        record_defaults: for each column its type, if it must not be empty, or the value that stands for an empty field.
        header: the first row of each file is left out.
        select_cols: the numbers of the columns that are wanted, increasing; as many as record_defaults.
        field_delim, use_quote_delim, na_value: as for `tf.decode_csv`.

    >>> import deepkit.v1 as tf
    >>> CsvDataset(["points.csv"], [tf.float32, [0]]).output_types
    (tf.float32, tf.int32)
    """

    def __init__(
        self, filenames: Any, record_defaults: Sequence[Any], compression_type: Any = None, buffer_size: Any = None,
        header: bool = False, field_delim: str = ",", use_quote_delim: bool = True, na_value: str = "",
        select_cols: Sequence[int] | None = None,
    ):
        defaults = [_default(given) for given in record_defaults]
        records = _FileDataset(
            filenames, _records, bool(header), bool(use_quote_delim), _compression(compression_type)
        )
        made = records.map(
            lambda line: tuple(ops.decode_csv(line, defaults, field_delim, use_quote_delim, None, na_value, select_cols))
        )
        super().__init__(made.element, made.rows, made.inputs)


def _default(given: Any) -> Any:
    """What decode_csv takes as the default of a column: of a type alone an empty array."""
    if isinstance(given, (DType, str, type)):
        return np.zeros(0, as_dtype(given).numpy)
    return given if is_tensor(given) else as_array(given)


def _records(path: str, options: list[Any]) -> Iterator[bytes]:
    """The rows of a file; lines belong to one row as long as a quote is open."""
    header, quotes, compression = options
    begun: list[bytes] = []
    rows = _joined(text_lines(path, _text(compression)), begun) if quotes else text_lines(path, _text(compression))
    yield from itertools.islice(rows, int(header), None)
    if begun:
        yield b"\n".join(begun)  # a quote is never closed: decode_csv says so


def _joined(lines: Iterator[bytes], begun: list[bytes]) -> Iterator[bytes]:
    inside = False
    for line in lines:
        begun.append(line)
        inside ^= line.count(b'"') % 2 == 1
        if not inside:
            yield b"\n".join(begun) or b'""'  # an empty line is one empty field
            begun.clear()


def make_csv_dataset(
    file_pattern: Any, batch_size: int, column_names: Sequence[str] | None = None, column_defaults: Any = None,
    label_name: str | None = None, select_columns: Sequence[Any] | None = None, field_delim: str = ",",
    use_quote_delim: bool = True, na_value: str = "", header: bool = True, num_epochs: int | None = None,
    shuffle: bool = True, shuffle_buffer_size: int = 10000, shuffle_seed: int | None = None,
    prefetch_buffer_size: int | None = None, num_parallel_reads: int | None = None, sloppy: bool = False,
    num_rows_for_inference: int | None = 100, compression_type: Any = None, ignore_errors: bool = False,
) -> Dataset:
    """Batches of comma-separated files: a dict {column: values}, or with label_name the pair (dict, values of that column).

    Args:
        file_pattern: a pattern of names as for glob, or a list of them.
        column_names: the names of all columns; None: the first row of the first file.
        column_defaults: for each wanted column its type or default; None: the narrowest of int32, int64, float32, float64
            and string that holds the first num_rows_for_inference rows (None: all), and 0 or "" for an empty field.
        select_columns: names or numbers of the wanted columns; None: all.
        num_epochs: passes through all files; None: for ever, and every batch is full.
        ignore_errors: leave out rows that cannot be read instead of failing.

    Raises:
        ArgumentError: no such file, no such column, or column names given twice.
    """
    files = _files(file_pattern)
    read = _reader(field_delim, use_quote_delim, _compression(compression_type))
    names = _names(column_names, read, files[0], header)
    wanted = _wanted(names, select_columns)
    if column_defaults is None:
        rows = itertools.chain.from_iterable(read(name, header) for name in files)
        column_defaults = _inferred(itertools.islice(rows, num_rows_for_inference), wanted, na_value)

    def table(name: Any) -> Dataset:
        return CsvDataset(
            name, column_defaults, compression_type, None, header, field_delim, use_quote_delim, na_value,
            wanted if len(wanted) < len(names) else None,
        )

    named = _named([names[i] for i in wanted], label_name)
    mixed = functools.partial(Dataset.shuffle, seed=shuffle_seed) if shuffle else _as_it_is
    found = mixed(Dataset.from_tensor_slices(files), len(files)).interleave(table, num_parallel_reads or 1)
    found = found.then(windows.ignoring_errors) if ignore_errors else found
    endless = mixed(found, shuffle_buffer_size).repeat(num_epochs)
    return endless.batch(batch_size, num_epochs is None).map(named).prefetch(prefetch_buffer_size or 1)


def _named(names: list[str], label: str | None) -> Callable[..., Any]:
    """A function of all columns that gives them by name, the one of the label apart."""
    if label is not None and label not in names:
        raise ArgumentError(
            f"make_csv_dataset: no column is called label_name={label!r}", hint="there are: " + ", ".join(names)
        )

    def named(*columns: Any) -> Any:
        features = dict(zip(names, columns, strict=True))
        return features if label is None else (features, features.pop(label))

    return named


def _as_it_is(dataset: Dataset, _: int) -> Dataset:
    return dataset


def _names(given: Sequence[str] | None, read: _Read, first: str, header: bool) -> list[str]:
    """The names of all columns, each once."""
    if given is None and not header:
        raise ArgumentError("make_csv_dataset without names of columns", rule="header=True, or column_names=[...]")
    names = [name.decode() for name in next(read(first, False), [])] if given is None else list(given)
    if len(set(names)) < len(names):
        raise ArgumentError(f"make_csv_dataset: a name of {names} occurs twice", hint="column_names=[...]")
    return names


def _files(patterns: Any) -> list[str]:
    """The files that fit the patterns, in order."""
    listed = [patterns] if isinstance(patterns, (str, bytes, os.PathLike)) else list(patterns)
    found = sorted({name for pattern in listed for name in glob.glob(os.fsdecode(pattern))})
    if not found:
        raise ArgumentError(f"no file is called {' or '.join(map(str, listed))}", hint="look for misprints")
    return found


def _reader(delimiter: str, quotes: bool, compression: Any) -> _Read:
    """read(file, header): the fields of its rows, without the first if that is the header."""
    op = DecodeCSV(outputs=(), delimiter=delimiter.encode(), quotes=quotes)

    def read(path: str, header: bool) -> Iterator[list[bytes]]:
        for number, record in enumerate(_records(path, [header, quotes, compression])):
            yield op.split(record, number)

    return read


def _wanted(names: Sequence[str], selected: Sequence[Any] | None) -> list[int]:
    """The numbers of the selected columns, increasing."""
    if selected is None:
        return list(range(len(names)))
    numbers: dict[Any, int] = {name: i for i, name in enumerate(names)}
    numbers |= {i: i for i in range(len(names))}
    for column in selected:
        if column not in numbers:
            raise ArgumentError(f"make_csv_dataset: select_columns has {column!r}", hint="there are: " + ", ".join(names))
    return sorted({numbers[column] for column in selected})


def _inferred(rows: Iterator[list[bytes]], wanted: list[int], missing: str) -> list[Any]:
    """A default, 0 or "", of the narrowest type that holds all values of each wanted column."""
    kinds: list[int | None] = [None] * len(wanted)
    for row in rows:
        for place, column in enumerate(wanted):
            field = row[column].decode(errors="replace")
            if field not in ("", missing):
                kinds[place] = _narrowest(field, kinds[place] or 0)
    found = [string if k is None else _INFERRED[k] for k in kinds]
    return [np.array(["" if kind.is_string else 0], kind.numpy) for kind in found]


def _narrowest(field: str, first: int) -> int:
    """The number of the first type, from `first` on, that holds what a field says."""
    return next(k for k in range(first, len(_INFERRED)) if _holds(_INFERRED[k], field))


def _holds(kind: DType, field: str) -> bool:
    if kind.is_string:
        return True
    try:
        value = int(field) if kind.is_integer else float(field)
    except ValueError:
        return False
    return (int(kind.min) <= value <= int(kind.max)) if kind.is_integer else not math.isfinite(value) or value < kind.max
