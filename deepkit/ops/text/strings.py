"""Strings: hashing into buckets, numbers as text, joining, splitting, cutting, base64. A string is a row of bytes."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import apply, convert, is_tensor
from deepkit.core.op import Op, register
from deepkit.core.shape import UNKNOWN, Shape, broadcast, normalize_axis, whole
from deepkit.core.static import static_value
from deepkit.core.typing import AnyTensor, Array, ArrayModule, AxisLike, TensorLike
from deepkit.device.dtypes import DType, int64
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.arrays.sparse import SparseTensor
from deepkit.ops.define import unary

__all__ = [
    "as_string", "decode_base64", "encode_base64", "reduce_join", "split_strings", "string_join", "string_split", "substr",
]


def each(function: Callable[..., Any], *arrays: Array) -> np.ndarray:
    """An array of objects: the function of each element, arrays being broadcast."""
    result = np.frompyfunc(function, len(arrays), 1)(*arrays)
    if isinstance(result, np.ndarray):
        return result
    scalar = np.empty((), object)
    scalar[()] = result
    return scalar


class OfStrings(Op):
    """Base of the functions of each string by itself."""

    cpu_only = True
    kinds = "O"
    gradient = None

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return each(self.one, x)

    def one(self, text: bytes) -> Any:
        """The result for one string."""
        raise TypeError(f"{self.type} does not define one")


@register
class AsString(Op):
    """Each number as text, by a format of the C library; bools as true and false."""

    format: str = ""
    cpu_only = True
    returns = "string"
    gradient = None

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        if x.dtype.kind == "b":
            return each(lambda b: b"true" if b else b"false", x)
        if x.dtype.kind == "O":
            return each(lambda text: self.format.encode() % text, x)
        if x.dtype.kind == "c":
            return each(lambda c: f"({self._text(c.real)},{self._text(c.imag)})".encode(), x)
        return each(lambda number: self._text(number).encode(), x)

    def _text(self, number: Any) -> str:
        finite = isinstance(number, int) or math.isfinite(number)
        return (self.format if finite else self.format.replace("%0", "%")) % number  # no zeros before inf and nan


def as_string(
    input: TensorLike, precision: int = -1, scientific: bool = False, shortest: bool = False, width: int = -1,
    fill: str = "", name: str | None = None,
) -> AnyTensor:
    """Each element as text.

    precision: digits after the point (6); scientific: 1.5e+00; shortest: the shorter of both; width: the least length,
    made up by blanks in front; fill: "0" fills with zeros instead, "-" puts the blanks behind, "+" and " " keep a place
    for the sign.
    input: any shape; result: its shape, strings. ArgumentError: precision for integers, scientific and shortest at once,
    another fill. DTypeError: a precision or width that is no whole number.

    >>> import deepkit as dk
    >>> dk.as_string([1.5, 10.0], precision=2, width=6).numpy().tolist()
    [b'  1.50', b' 10.00']
    """
    x = input if is_tensor(input) else convert(input)
    if fill not in ("", " ", "0", "-", "+") or (fill == "0" and x.dtype.is_string):
        raise ArgumentError(f"as_string: fill {fill!r} is not supported", hint="one of ' ', '0', '-' and '+'")
    precision, width = whole(precision), whole(width)
    places = f"{width}" if width >= 0 else ""
    digits = f".{precision}" if precision >= 0 else ""
    kind = _presentation(x.dtype, scientific, shortest, bool(digits))
    return apply(AsString(format=f"%{fill}{places}{digits}{kind}"), x, name=name)


def _presentation(dtype: DType, scientific: bool, shortest: bool, digits: bool) -> str:
    """The letter by which % prints a number of that type."""
    if scientific and shortest:
        raise ArgumentError("as_string: scientific and shortest exclude each other", hint="choose one of them")
    if dtype.is_floating or dtype.is_complex:
        return "e" if scientific else "g" if shortest else "f"
    if scientific or shortest or digits:
        raise ArgumentError(
            f"as_string of {dtype.name}: precision, scientific and shortest are for floats", hint="width, fill"
        )
    return "s" if dtype.is_string else "d"


@register
class EncodeBase64(OfStrings):
    """Each string in the letters, digits, - and _ of web-safe base64; with pad, = up to a multiple of four."""

    pad: bool = False

    def one(self, text: bytes) -> bytes:
        coded = base64.urlsafe_b64encode(text)
        return coded if self.pad else coded.rstrip(b"=")


@register
class DecodeBase64(OfStrings):
    """What EncodeBase64 made of each string, turned back; the = at the end may be missing.

    x: any shape, strings; result: the same. ArgumentError: no web-safe base64. DTypeError: no text.
    """

    def one(self, text: bytes) -> bytes:
        try:
            if not re.fullmatch(rb"(?:[\w-]{4})*(?:[\w-]{2}(?:==)?|[\w-]{3}=?)?", text, re.ASCII):
                raise binascii.Error("not of the form")
            return base64.urlsafe_b64decode(text.rstrip(b"=") + b"=" * (-len(text.rstrip(b"=")) % 4))
        except binascii.Error as error:
            raise ArgumentError(
                f"decode_base64: {text[:40]!r} is not web-safe base64", rule="A-Z a-z 0-9 - _ in groups of four, then ="
            ) from error


def encode_base64(input: TensorLike, pad: bool = False, name: str | None = None) -> AnyTensor:
    """Each string in web-safe base64, with = at the end only if pad.

    input: any shape, strings; result: the same. DTypeError: no text.
    """
    return apply(EncodeBase64(pad=pad), input, name=name)


decode_base64 = unary(DecodeBase64, "decode_base64")


@register
class StringJoin(Op):
    """The strings at one place of all inputs joined; scalars go with every place."""

    separator: bytes = b""
    cpu_only = True
    kinds = "O"
    gradient = None

    def shape(self, *shapes: Shape) -> Shape:
        merged = UNKNOWN
        for s in shapes:
            if s.rank == 0:
                continue
            if not merged.is_compatible_with(s):
                raise ShapeError(f"string_join of {merged} and {s}", rule="one shape for all inputs but scalars")
            merged = merged.merge(s)
        return Shape(()) if all(s.rank == 0 for s in shapes) else merged

    def forward(self, xp: ArrayModule, *parts: Array) -> Any:
        return each(lambda *texts: self.separator.join(texts), *parts)


def _bytes(text: Any) -> bytes:
    return text.encode() if isinstance(text, str) else text


def string_join(inputs: Sequence[TensorLike], separator: str = "", name: str | None = None) -> AnyTensor:
    """The strings of several tensors joined place by place, with `separator` between them.

    inputs: strings of shapes that broadcast; result: the broadcast shape. ShapeError: shapes that do not. DTypeError: no text.

    >>> import deepkit as dk
    >>> dk.string_join([["a", "b"], "1"], separator="-").numpy().tolist()
    [b'a-1', b'b-1']
    """
    return apply(StringJoin(separator=_bytes(separator)), *inputs, name=name)


@register
class ReduceJoin(Op):
    """The strings along axes joined into one; along the axis named first the place changes fastest. None: all axes."""

    axis: tuple[int, ...] | None = None
    keepdims: bool = False
    separator: bytes = b""
    cpu_only = True
    kinds = "O"
    gradient = None

    def _axes(self, rank: int) -> list[int]:
        if self.axis is None:
            return list(range(rank - 1, -1, -1))
        axes = [normalize_axis(a, rank) for a in self.axis]
        if len(set(axes)) < len(axes):
            raise ArgumentError(f"reduce_join over {list(self.axis)}", rule="each axis can be named once")
        return axes

    def shape(self, x: Shape) -> Shape:
        if x.lengths is None:
            return Shape(()) if self.axis is None and not self.keepdims else UNKNOWN
        gone = self._axes(len(x.lengths))
        if self.keepdims:
            return Shape.of(tuple(1 if i in gone else d for i, d in enumerate(x.lengths)))
        return Shape.of(tuple(d for i, d in enumerate(x.lengths) if i not in gone))

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        axes = self._axes(x.ndim)
        kept = [i for i in range(x.ndim) if i not in axes]
        rows, count = (math.prod(x.shape[i] for i in some) for some in (kept, axes))
        y = np.empty(rows, object)
        y[:] = [self.separator.join(line) for line in x.transpose(kept + axes[::-1]).reshape(rows, count).tolist()]
        return y.reshape([1 if i in axes else d for i, d in enumerate(x.shape) if self.keepdims or i not in axes])


def reduce_join(
    inputs: TensorLike, axis: AxisLike = None, keep_dims: bool | None = None, separator: str = "",
    name: str | None = None, reduction_indices: AxisLike = None, keepdims: bool | None = None,
) -> AnyTensor:
    """The strings along `axis` joined into one, with `separator` between them; all of them if axis is None.

    inputs: any shape, strings; result: its shape without `axis`. ShapeError: no such axis. DTypeError: no text.

    >>> import deepkit as dk
    >>> dk.reduce_join([["a", "b"], ["c", "d"]], 1).numpy().tolist()
    [b'ab', b'cd']
    """
    known = static_value(reduction_indices if axis is None else axis)
    axes = None if known is None else tuple(int(a) for a in np.asarray(known).reshape(-1))
    keep = bool(keep_dims if keepdims is None else keepdims)
    return apply(ReduceJoin(axis=axes, keepdims=keep, separator=_bytes(separator)), inputs, name=name)


@register
class StringSplit(Op):
    """The parts of each string of a vector: positions (row, number of the part), the parts, and the shape they span."""

    skip_empty: bool = True
    whole: bool = False  # sep is one separator, as in Python's split; else each of its bytes is one
    maxsplit: int = -1
    cpu_only = True
    kinds = "O"
    types = ("T", "T")
    gradient = None

    def shape(self, x: Shape, sep: Shape) -> Any:
        if x.rank not in (1, None) or sep.rank not in (0, None):
            raise ShapeError(
                f"string_split of {x} at separators {sep}", rule="a vector of strings, and one string of separators"
            )
        return Shape((None, 2)), Shape((None,)), Shape((2,))

    def dtype(self, x: DType, sep: DType) -> Any:
        return int64, x, int64

    def forward(self, xp: ArrayModule, x: Array, sep: Array) -> Any:
        rows = [self._parts(text, sep.item()) for text in x.tolist()]
        places = [(i, j) for i, row in enumerate(rows) for j in range(len(row))]
        values = np.empty(len(places), object)
        values[:] = [part for row in rows for part in row]
        span = np.array([len(rows), max(map(len, rows), default=0)], np.int64)
        return np.array(places, np.int64).reshape(-1, 2), values, span

    def _parts(self, text: bytes, sep: bytes) -> list[bytes]:
        """The whole of sep separates, without it blanks; or every byte of sep does, and without any every byte is a part."""
        if self.whole:
            return text.split(sep, self.maxsplit) if sep else self._between_blanks(text)
        if not sep:
            return [text[i : i + 1] for i in range(len(text))]
        parts = re.split(b"[" + re.escape(sep) + b"]", text) if text else []
        return [part for part in parts if part or not self.skip_empty]

    def _between_blanks(self, text: bytes) -> list[bytes]:
        """As Python's split, but that maxsplit parts are always followed by what is left, also where nothing is."""
        parts = text.split(None, self.maxsplit) if self.maxsplit else [text]
        return [*parts, b""] if 0 < self.maxsplit == len(parts) else parts


def string_split(
    source: TensorLike, sep: TensorLike | None = None, skip_empty: bool = True, delimiter: TensorLike | None = None,
    result_type: str = "SparseTensor", name: str | None = None,
) -> SparseTensor:
    """The parts of each string of a vector, as a SparseTensor with one row for each string.

    Every byte of `sep` (a blank) separates; if it is "", each byte is a part. skip_empty leaves empty parts out.
    source: (n,), strings. ShapeError: another number of axes. DTypeError: no text.

    >>> import deepkit as dk
    >>> dk.string_split(["hello world", "a"]).values.numpy().tolist()
    [b'hello', b'world', b'a']
    """
    if result_type != "SparseTensor":
        raise ArgumentError(f"string_split: result_type {result_type!r}", hint='"SparseTensor" is the only one')
    separators = sep if sep is not None else " " if delimiter is None else delimiter
    return SparseTensor(*apply(StringSplit(skip_empty=skip_empty), source, separators, name=name or "StringSplit"))


def split_strings(
    input: TensorLike, sep: TensorLike | None = None, maxsplit: int = -1, result_type: str = "SparseTensor",
    name: str | None = None,
) -> SparseTensor:
    """The parts of each string of a vector as Python's str.split makes them, as a SparseTensor with a row for each string.

    `sep` as a whole separates, and parts may be empty; without it runs of blanks separate. At most `maxsplit` times, unless -1;
    after so many blanks comes what is left, as TensorFlow has it also where that is nothing.
    input: (n,), strings. ShapeError: another number of axes. DTypeError: no text.

    >>> import deepkit as dk
    >>> dk.ops.split_strings(["a--b", "-c-"], "--").values.numpy().tolist()
    [b'a', b'b', b'-c-']
    """
    if result_type != "SparseTensor":
        raise ArgumentError(f"strings.split: result_type {result_type!r}", hint='"SparseTensor" is the only one')
    op = StringSplit(whole=True, maxsplit=maxsplit)
    return SparseTensor(*apply(op, input, "" if sep is None else sep, name=name or "StringSplit/StringSplitV2"))


@register
class Substr(Op):
    """Of each string the part that begins at pos (from the end if negative) and is at most `length` long."""

    unit: str = "BYTE"
    cpu_only = True
    kinds = "O"
    types = ("T", "index", "index")
    gradient = None

    def shape(self, x: Shape, pos: Shape, length: Shape) -> Shape:
        return broadcast(x, pos, length)

    def forward(self, xp: ArrayModule, x: Array, pos: Array, length: Array) -> Any:
        return each(self.one, x, pos, length)

    def one(self, text: bytes, pos: int, length: int) -> bytes:
        letters: Any = text if self.unit == "BYTE" else text.decode("utf-8", "surrogateescape")
        if not -len(letters) <= pos <= len(letters):
            raise ArgumentError(
                f"substr: position {pos} of {text[:40]!r}", rule=f"-{len(letters)} <= pos <= {len(letters)}, its length"
            )
        start = pos % len(letters) if pos < 0 else pos
        part = letters[start:] if length < 0 else letters[start : start + length]
        return part if self.unit == "BYTE" else part.encode("utf-8", "surrogateescape")


def substr(
    input: TensorLike, pos: TensorLike, len: TensorLike, name: str | None = None, unit: str = "BYTE"
) -> AnyTensor:
    """Of each string the part that begins at `pos` and is at most `len` long, in bytes or UTF-8 letters.

    input: any shape, strings; pos, len: shapes that broadcast against it; result: the broadcast shape. ArgumentError: a pos
    behind the end, or another unit. ShapeError: shapes that do not broadcast. DTypeError: no text.

    >>> import deepkit as dk
    >>> dk.substr(["hello", "world"], 1, 3).numpy().tolist()
    [b'ell', b'orl']
    """
    if unit not in ("BYTE", "UTF8_CHAR"):
        raise ArgumentError(f"substr: unit {unit!r}", hint='"BYTE" or "UTF8_CHAR"')
    return apply(Substr(unit=unit), input, pos, len, name=name)
