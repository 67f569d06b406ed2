"""`tf.data.TFRecordDataset` and its kin: the records and lines of files as data sets."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from deepkit.core.shape import SCALAR
from deepkit.core.symbol import Symbol
from deepkit.device.dtypes import string
from deepkit.errors import ArgumentError
from deepkit.io.deflate import TFRecordOptions
from deepkit.io.plain_records import fixed_records, text_lines
from deepkit.io.tfrecord import read_records
from deepkit.v1.data import _sources as sources
from deepkit.v1.data._dataset import Dataset
from deepkit.v1.data._elements import Part, symbol


class _FileDataset(Dataset):
    """The records of files, one file after the other; `opener` gives those of one."""

    def __init__(self, filenames: Any, opener: Callable[[str, list[Any]], Iterator[bytes]], *options: Any):
        if isinstance(filenames, Dataset):
            made = filenames.flat_map(lambda name: _FileDataset(name, opener, *options))
            super().__init__(made.element, made.rows, made.inputs)
            return
        names = symbol(filenames, type(self).__name__)
        if not names.dtype.is_string:
            raise ArgumentError(f"{type(self).__name__} of {names.dtype.name}", rule="the names of files: strings")
        given = [symbol(o, type(self).__name__) if isinstance(o, Symbol) else o for o in options]

        def rows(go: Any) -> sources.Rows:
            known = [go.values[o] if isinstance(o, Symbol) else o for o in given]
            plain = [v.item() if isinstance(v, (np.ndarray, np.generic)) else v for v in known]
            for name in np.asarray(go.values[names], object).reshape(-1).tolist():
                yield from sources.strings(opener(os.fsdecode(name), plain))

        super().__init__(Part(string, SCALAR), rows, [names, *[o for o in given if isinstance(o, Symbol)]])


class TFRecordDataset(_FileDataset):
    """The records of TFRecord files, each a string. compression_type: "", "ZLIB" or "GZIP"."""

    def __init__(
        self, filenames: Any, compression_type: Any = None, buffer_size: Any = None, num_parallel_reads: Any = None
    ):
        super().__init__(filenames, _tf_records, _compression(compression_type))


def _tf_records(path: str, options: list[Any]) -> Iterator[bytes]:
    (compression,) = options
    return read_records(path, _text(compression))


class TextLineDataset(_FileDataset):
    """The lines of text files without what ends them, each a string."""

    def __init__(
        self, filenames: Any, compression_type: Any = None, buffer_size: Any = None, num_parallel_reads: Any = None
    ):
        super().__init__(filenames, _lines, _compression(compression_type))


def _lines(path: str, options: list[Any]) -> Iterator[bytes]:
    (compression,) = options
    return text_lines(path, _text(compression), returns_anywhere=True)  # as TensorFlow's data set does


class FixedLengthRecordDataset(_FileDataset):
    """Records of record_bytes each, as strings; header_bytes and footer_bytes at the ends of a file are left out."""

    def __init__(
        self, filenames: Any, record_bytes: Any, header_bytes: Any = None, footer_bytes: Any = None, buffer_size: Any = None,
        compression_type: Any = None, num_parallel_reads: Any = None,
    ):
        super().__init__(
            filenames, _records, record_bytes, header_bytes or 0, footer_bytes or 0, _compression(compression_type)
        )


def _records(path: str, options: list[Any]) -> Iterator[bytes]:
    length, header, footer, compression = options
    return fixed_records(path, int(length), int(header), int(footer), 0, _text(compression))


def _compression(given: Any) -> Any:
    return given if isinstance(given, Symbol) else TFRecordOptions.get_compression_type_string(given or None)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else value
