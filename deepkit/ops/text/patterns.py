"""Strings by patterns, as numbers, stripped, measured, and in other cases. A string is a row of bytes."""

from __future__ import annotations

import functools
import re

import numpy as np

from deepkit.core.apply import apply
from deepkit.core.op import Op, register
from deepkit.core.shape import SCALAR, Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, DTypeLike, TensorLike
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ArgumentError
from deepkit.ops.define import unary
from deepkit.ops.text.strings import OfStrings, each

__all__ = [
    "regex_full_match", "regex_replace", "string_length", "string_lower", "string_strip", "string_to_number", "string_upper",
]

_NUMBERS = ("float32", "float64", "int32", "int64")


def _spelt(letters: str) -> float:
    """The number that letters spell, also by digits to the base 16 (0x1f)."""
    return float.fromhex(letters) if "x" in letters.lower() else float(letters)


@register
class StringToNumber(OfStrings):
    """The number that each string spells, blanks around it aside."""

    out: str = "float32"

    def dtype(self, *_: DType) -> DType:
        return as_dtype(self.out)

    def forward(self, xp: ArrayModule, x: Array) -> np.ndarray:
        return each(self.one, x).astype(self.dtype().numpy)

    def one(self, text: bytes) -> float | int:
        letters = text.decode("utf-8", "replace").strip()
        try:
            number = int(letters) if self.out.startswith("int") else _spelt(letters)
        except ValueError:
            number = None
        if number is None or "_" in letters or not self._fits(number):
            raise ArgumentError(f"string_to_number: {text[:80]!r} is no {self.out}", rule="digits, as in 12 or -1.5e3")
        return number

    def _fits(self, number: float | int) -> bool:
        if not isinstance(number, int):
            return True
        limits = np.iinfo(self.out)
        return int(limits.min) <= number <= int(limits.max)


def string_to_number(
    string_tensor: TensorLike | None = None, out_type: DTypeLike = "float32", name: str | None = None,
    input: TensorLike | None = None,
) -> AnyTensor:
    """The number that each string spells: float32, float64, int32 or int64.

    Any shape, strings; result: the same shape. ArgumentError: a string that spells none, or another type.

    >>> import deepkit as dk
    >>> dk.string_to_number(["1.5", "-2"]).numpy().tolist()
    [1.5, -2.0]
    """
    kind = as_dtype(out_type).name
    if kind not in _NUMBERS:
        raise ArgumentError(f"string_to_number: out_type={kind}", rule=" or ".join(_NUMBERS))
    return apply(StringToNumber(out=kind), string_tensor if input is None else input, name=name)


@register
class StringStrip(OfStrings):
    """Each string without the blanks at its two ends: any shape. DTypeError: no text."""

    def one(self, text: bytes) -> bytes:
        return text.strip()


@register
class StringLower(OfStrings):
    """Each string in lower case; as bytes only the letters of ASCII change, as UTF-8 all."""

    encoding: str = ""

    def one(self, text: bytes) -> bytes:
        return text.decode("utf-8", "replace").lower().encode() if self.encoding else text.lower()


@register
class StringUpper(OfStrings):
    """Each string in upper case; as bytes only the letters of ASCII change, as UTF-8 all."""

    encoding: str = ""

    def one(self, text: bytes) -> bytes:
        return text.decode("utf-8", "replace").upper().encode() if self.encoding else text.upper()


string_strip = unary(StringStrip, "string_strip")


def _encoding(encoding: str) -> str:
    if encoding not in ("", "utf-8"):
        raise ArgumentError(f"encoding={encoding!r}", rule="'' for bytes, or 'utf-8'")
    return encoding


def string_lower(input: TensorLike, encoding: str = "", name: str | None = None) -> AnyTensor:
    """Each string in lower case: the letters of ASCII, with encoding="utf-8" all letters.

    Any shape, strings; result: the same shape. ArgumentError: another encoding. DTypeError: no text.
    """
    return apply(StringLower(encoding=_encoding(encoding)), input, name=name)


def string_upper(input: TensorLike, encoding: str = "", name: str | None = None) -> AnyTensor:
    """Each string in upper case: the letters of ASCII, with encoding="utf-8" all letters.

    Any shape, strings; result: the same shape. ArgumentError: another encoding. DTypeError: no text.
    """
    return apply(StringUpper(encoding=_encoding(encoding)), input, name=name)


@register
class StringLength(OfStrings):
    """The number of bytes, or of UTF-8 letters, of each string."""

    unit: str = "BYTE"
    returns = "int32"

    def forward(self, xp: ArrayModule, x: Array) -> np.ndarray:
        return each(self.one, x).astype(np.int32)

    def one(self, text: bytes) -> int:
        return len(text if self.unit == "BYTE" else text.decode("utf-8", "replace"))


def string_length(input: TensorLike, name: str | None = None, unit: str = "BYTE") -> AnyTensor:
    """The length of each string, int32, in bytes or (unit="UTF8_CHAR") in letters.

    Any shape, strings; result: the same shape. ArgumentError: another unit. DTypeError: no text.
    """
    if unit not in ("BYTE", "UTF8_CHAR"):
        raise ArgumentError(f"string_length: unit={unit!r}", rule="'BYTE' or 'UTF8_CHAR'")
    return apply(StringLength(unit=unit), input, name=name)


class OfPattern(Op):
    """Base of the ops that look for one pattern, their second input, a single string."""

    cpu_only = True
    kinds = "O"
    gradient = None

    def shape(self, x: Shape, *single: Shape) -> Shape:
        for one in single:
            one.merge(SCALAR)
        return x


def _characters(text: bytes) -> str:
    """The text as characters, what is no UTF-8 among them as one for each byte."""
    return text.decode("utf-8", "surrogateescape")


@functools.lru_cache(256)
def _compiled(pattern: bytes) -> re.Pattern[str]:
    """A pattern that sees characters; digits, blanks and letters of \\d, \\s and \\w are those of ASCII."""
    try:
        return re.compile(_characters(pattern), re.ASCII)
    except re.error as error:
        raise ArgumentError(f"{pattern!r} is no regular expression: {error}") from error


@register
class RegexReplace(OfPattern):
    """In each string, what matches the pattern is replaced by the third input, where \\1 to \\9 are groups, \\0 the match."""

    replace_global: bool = True
    types = ("T", "T", "T")

    def forward(self, xp: ArrayModule, x: Array, pattern: Array, rewrite: Array) -> np.ndarray:
        search = _compiled(pattern.item())
        pieces = _pieces(rewrite.item(), search.groups)
        return each(lambda text: _replaced(search, pieces, _characters(text), self.replace_global), x)


def _pieces(rewrite: bytes, groups: int) -> list[str | int]:
    """What is written in the place of a match: texts, and numbers of groups. Two backslashes are one."""
    pieces: list[str | int] = []
    for piece in re.findall(r"\\.?|[^\\]+", _characters(rewrite), re.DOTALL):
        if piece[0] != "\\":
            pieces.append(piece)
        elif piece == "\\\\":
            pieces.append("\\")
        elif re.fullmatch(r"\\[0-9]", piece) and int(piece[1]) <= groups:
            pieces.append(int(piece[1]))
        else:
            raise ArgumentError(
                f"{rewrite!r} writes {piece}",
                rule=f"\\0 to \\{groups}, as the pattern has {groups} groups, and two backslashes for one",
            )
    return pieces


def _replaced(search: re.Pattern[str], pieces: list[str | int], text: str, everywhere: bool) -> bytes:
    """The text with the matches replaced; an empty one where another ends is none, as in RE2."""
    written: list[str] = []
    end: int | None = None
    for match in search.finditer(text):
        if match.start() == match.end() == end:
            continue
        written += [text[end or 0 : match.start()], *[(match[p] or "") if isinstance(p, int) else p for p in pieces]]
        end = match.end()
        if not everywhere:
            break
    return "".join([*written, text[end or 0 :]]).encode("utf-8", "surrogateescape")


def regex_replace(
    input: TensorLike, pattern: TensorLike, rewrite: TensorLike, replace_global: bool = True, name: str | None = None
) -> AnyTensor:
    """Each string with what matches `pattern` replaced by `rewrite`, everywhere or only at the first place.

    Any shape, strings; pattern and rewrite: one string each, in rewrite \\1 to \\9 are the pattern's groups, \\0 the whole
    match; result: the input's shape. ArgumentError: no regular expression, no such group. ShapeError: several patterns.

    >>> import deepkit as dk
    >>> dk.regex_replace(["a-b-c"], "-", "+").numpy().tolist()
    [b'a+b+c']
    """
    return apply(RegexReplace(replace_global=bool(replace_global)), input, pattern, rewrite, name=name)


@register
class RegexFullMatch(OfPattern):
    """Whether the pattern matches each string from its beginning to its end."""

    types = ("T", "T")
    returns = "bool"

    def forward(self, xp: ArrayModule, x: Array, pattern: Array) -> np.ndarray:
        search = _compiled(pattern.item())
        return each(lambda text: search.fullmatch(_characters(text)) is not None, x).astype(np.bool_)


def regex_full_match(input: TensorLike, pattern: TensorLike, name: str | None = None) -> AnyTensor:
    """Whether `pattern`, one string, matches each string as a whole.

    Any shape, strings; result: bool, the same shape. ArgumentError: no regular expression. ShapeError: several patterns.
    """
    return apply(RegexFullMatch(), input, pattern, name=name)
