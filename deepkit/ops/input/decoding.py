"""Strings taken apart into numbers: raw bytes of memory, and lines of comma-separated values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import apply, is_tensor
from deepkit.core.op import Op, register
from deepkit.core.shape import UNKNOWN, Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, DTypeLike, TensorLike
from deepkit.device.arrays import as_array
from deepkit.device.dtypes import DType, as_dtype, float32
from deepkit.errors import ArgumentError, DTypeError, InvalidArgumentError, ShapeError

__all__ = ["decode_csv", "decode_raw"]

_RAW = (
    "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "complex64", "complex128",
    "bool",
)
_CSV = ("float32", "float64", "int32", "int64", "string")


@register
class DecodeRaw(Op):
    """The bytes of each string as numbers of one type; all strings are equally long."""

    out_type: DType = float32
    little_endian: bool = True
    cpu_only = True
    types = ("string",)
    gradient = None

    def shape(self, x: Shape) -> Shape:
        return UNKNOWN if x.lengths is None else Shape((*x.lengths, None))

    def dtype(self, *dtypes: DType) -> DType:
        return self.out_type

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        texts = x.reshape(-1).tolist()
        lengths = {len(text) for text in texts}
        if len(lengths) > 1:
            raise InvalidArgumentError(
                f"strings of {min(lengths)} and {max(lengths)} bytes", rule="all are equally long",
                hint="decode them one by one, before they are put into a batch",
            )
        length, size = max(lengths, default=0), self.out_type.size
        if length % size:
            raise InvalidArgumentError(
                f"{length} bytes as {self.out_type.name}", rule=f"a multiple of {size} bytes, its size",
                hint="was it written with another type? decode it with that one, then cast",
            )
        if self.out_type.is_bool:
            return (np.frombuffer(b"".join(texts), np.uint8) != 0).reshape(*x.shape, length)
        stored = self.out_type.numpy.newbyteorder("<" if self.little_endian else ">")
        return np.frombuffer(b"".join(texts), stored).reshape(*x.shape, length // size).astype(self.out_type.numpy)


def decode_raw(
    input_bytes: TensorLike | None = None,
    out_type: DTypeLike | None = None,
    little_endian: bool = True,
    name: str | None = None,
    bytes: TensorLike | None = None,
) -> AnyTensor:
    """The bytes of each string as numbers, as array.tobytes() wrote them: shape (*input.shape, numbers).

    Raises:
        InvalidArgumentError: strings of different lengths, or of a length that does not hold whole numbers.

    >>> import deepkit as dk
    >>> dk.decode_raw(b"\\x01\\x00\\x02\\x01", dk.int16).numpy().tolist()
    [1, 258]
    """
    text = bytes if input_bytes is None else input_bytes
    if text is None or out_type is None:
        raise ArgumentError("decode_raw needs strings and the type of the numbers", hint="decode_raw(image, tf.uint8)")
    dtype = as_dtype(out_type)
    if dtype.name not in _RAW:
        raise DTypeError(f"decode_raw to {dtype.name}", rule="one of " + ", ".join(_RAW))
    return apply(DecodeRaw(out_type=dtype, little_endian=bool(little_endian)), text, name=name)


@register
class DecodeCSV(Op):
    """The fields of each line, one output for each field; a default for each field, empty where it must be there.

    fields: which fields of a line are wanted (None: all); quotes: a field may stand between quotes, in which commas and
    ends of lines are text, and two quotes are one.
    """

    outputs: tuple[DType, ...] = ()
    delimiter: bytes = b","
    quotes: bool = True
    missing: bytes = b""
    fields: tuple[int, ...] | None = None
    cpu_only = True
    types = ("string", "any")
    label = "DecodeCSV"
    gradient = None

    def shape(self, records: Shape, *defaults: Shape) -> Any:
        for i, default in enumerate(defaults):
            if default.lengths is not None and not (
                len(default.lengths) < 2 and default.lengths[:1] in ((), (0,), (1,), (None,))
            ):
                raise ShapeError(
                    f"the default of column {i} has shape {default}",
                    rule="one value, or an empty list for a column that must not be empty",
                )
        return tuple(records for _ in self.outputs)

    def dtype(self, *dtypes: DType) -> Any:
        return self.outputs

    def forward(self, xp: ArrayModule, records: Array, *defaults: Array) -> Any:
        lines = records.reshape(-1).tolist()
        rows = [self._row(line, i) for i, line in enumerate(lines)]
        columns = []
        for j, (dtype, default) in enumerate(zip(self.outputs, defaults, strict=True)):
            values = [self._value(row[j], i, j, dtype, default) for i, row in enumerate(rows)]
            column = np.empty(len(values), object)
            column[:] = values
            with np.errstate(over="ignore"):
                columns.append(column.astype(dtype.numpy).reshape(records.shape))
        return tuple(columns)

    def _row(self, line: bytes, number: int) -> list[bytes]:
        found = self.split(line, number)
        if self.fields is None:
            wrong, rule = len(found) != len(self.outputs), f"{len(self.outputs)} fields, as record_defaults says"
        else:
            wrong, rule = len(found) <= self.fields[-1], f"at least {self.fields[-1] + 1} fields, as select_cols says"
        if wrong:
            raise InvalidArgumentError(
                f"record {number} has {len(found)} fields: {_excerpt(line)}", rule=rule,
                hint="is the delimiter right?",
            )
        return found if self.fields is None else [found[i] for i in self.fields]

    def split(self, line: bytes, number: int) -> list[bytes]:
        """The fields of a line, up to the last one that is wanted; ends of lines before a field are skipped."""
        delimiter, at, found = self.delimiter, 0, list[bytes]()
        enough = None if self.fields is None else self.fields[-1] + 1
        quoted = re.compile(rb'"((?:[^"]|"")*)"(?=' + re.escape(delimiter) + rb"|\Z)")
        while at < len(line):
            if len(found) == enough:
                return found
            if line[at : at + 1] in b"\r\n":
                at += 1
            elif self.quotes and line[at : at + 1] == b'"':
                match = quoted.match(line, at)
                if match is None:
                    raise self._unquoted(
                        line, number, "a quoted field ends with a quote, then the delimiter or the end"
                    )
                found.append(match[1].replace(b'""', b'"'))
                at = match.end() + 1
            else:
                found.append(self._plain(line, at, number))
                at += len(found[-1]) + 1
        return [*found, b""] if line.endswith(delimiter) else found

    def _plain(self, line: bytes, at: int, number: int) -> bytes:
        """The field from `at` on, which stands between no quotes."""
        end = line.find(self.delimiter, at)
        field = line[at : end if end >= 0 else len(line)]
        if (self.quotes and b'"' in field) or b"\n" in field or b"\r" in field:
            raise self._unquoted(line, number, "a field with quotes or ends of lines stands between quotes")
        return field

    def _unquoted(self, line: bytes, number: int, rule: str) -> InvalidArgumentError:
        return InvalidArgumentError(
            f"record {number} is not well-formed: {_excerpt(line)}", rule=rule,
            hint="double the quotes inside, or use_quote_delim=False",
        )

    def _value(self, field: bytes, record: int, column: int, dtype: DType, default: np.ndarray) -> Any:
        if field in (b"", self.missing):
            if not default.size:
                raise InvalidArgumentError(
                    f"field {column} is empty in record {record}",
                    hint="a default for it: record_defaults=[[0.0], ...]",
                )
            return default.reshape(-1)[0]
        if dtype.is_string:
            return field
        value = _number(field, dtype)
        if value is None:
            raise InvalidArgumentError(
                f"field {column} of record {record} is {_excerpt(field)}, which is no {dtype.name}",
                hint="a header line? skip it; text? a string in record_defaults",
            )
        return value


def _excerpt(text: bytes) -> str:
    return repr(text[:60])[1:] + ("..." if len(text) > 60 else "")


def _number(field: bytes, dtype: DType) -> Any:
    """The number that a field is, or None."""
    text = field.strip(b" \t\n\v\f\r")
    try:
        if b"_" in text:  # Python allows it between digits
            return None
        if dtype.is_integer:
            value = int(text)
            return value if int(dtype.min) <= value <= int(dtype.max) else None
        if re.match(rb"[+-]?0[xX]", text):
            return float.fromhex(text.decode())
        return float(text)
    except (ValueError, OverflowError):
        return None


def decode_csv(
    records: TensorLike, record_defaults: Sequence[Any], field_delim: str = ",", use_quote_delim: bool = True,
    name: str | None = None, na_value: str = "", select_cols: Sequence[int] | None = None,
) -> list[AnyTensor]:
    """The columns of comma-separated lines (RFC 4180): a list of tensors of the shape of `records`.

    Args:
        records: strings, one line each.
        record_defaults: one entry for each column, whose type is that of the column (float32, float64, int32, int64,
            string) and whose value replaces an empty field; a tensor of shape (0,) for a column that must not be empty.
        field_delim: what separates fields, one byte.
        use_quote_delim: a field may stand between quotes.
        na_value: a text that counts as an empty field.
        select_cols: the numbers of the columns that are wanted, increasing; others are skipped.

    Raises:
        InvalidArgumentError: a line with another number of fields, an empty field without default, a field that is no number.

    >>> import deepkit as dk
    >>> [column.numpy().tolist() for column in dk.decode_csv(["1,2.5", "3,"], [[0], [0.0]])]
    [[1, 3], [2.5, 0.0]]
    """
    if not record_defaults:
        raise ArgumentError("decode_csv without record_defaults", rule="one default for each column")
    delimiter = field_delim.encode() if isinstance(field_delim, str) else field_delim
    if len(delimiter) != 1:
        raise ArgumentError(f"decode_csv: field_delim is {field_delim!r}", rule="a single byte")
    fields = None if select_cols is None else _selected(select_cols, len(record_defaults))
    defaults = [x if is_tensor(x) else as_array(x) for x in record_defaults]
    dtypes = [as_dtype(x.dtype) for x in defaults]
    for i, dtype in enumerate(dtypes):
        if dtype.name not in _CSV:
            raise DTypeError(f"decode_csv: the default of column {i} is {dtype.name}", rule="one of " + ", ".join(_CSV))
    missing = na_value.encode() if isinstance(na_value, str) else na_value
    op = DecodeCSV(
        outputs=tuple(dtypes), delimiter=delimiter, quotes=bool(use_quote_delim), missing=missing, fields=fields
    )
    return list(apply(op, records, *defaults, name=name))


def _selected(columns: Sequence[int], many: int) -> tuple[int, ...]:
    """The numbers of the `many` columns that are wanted, found good."""
    fields = tuple(int(i) for i in columns)
    if len(fields) != many:
        raise ArgumentError(f"decode_csv: {len(fields)} select_cols, {many} record_defaults", rule="as many of both")
    if fields[0] < 0 or list(fields) != sorted(set(fields)):
        raise ArgumentError(f"decode_csv: select_cols is {list(fields)}", rule="increasing numbers, from 0")
    return fields
