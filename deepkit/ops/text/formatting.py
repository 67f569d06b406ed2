"""Tensors as texts for people to read: the ends of long axes, a row a line; in a text, or printed when the graph runs."""

from __future__ import annotations

import pprint
import sys
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

import numpy as np

from deepkit.core.apply import apply, convert, is_tensor
from deepkit.core.op import Op, register
from deepkit.core.shape import SCALAR, Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.device.arrays import to_cpu
from deepkit.errors import ArgumentError
from deepkit.ops.arrays.sparse import SparseTensor

__all__ = ["print_values", "string_format"]

_DIGITS = {"float64": (15, 17), "float32": (6, 9), "float16": (6, 9)}
"""So many digits a number shows, and so many where fewer would name another number."""


def _number(value: object) -> str:
    if isinstance(value, (bytes, str)):
        text = value.decode(errors="replace") if isinstance(value, bytes) else value
        return f'"{text}"'
    if isinstance(value, np.floating):
        few, many = _DIGITS[value.dtype.name]
        value = np.float32(value) if value.dtype.name == "float16" else value
        short = f"{value:.{few}g}"
        return short if value.dtype.type(short) == value or not np.isfinite(value) else f"{value:.{many}g}"
    return str(int(value)) if isinstance(value, (np.bool_, np.integer)) else str(value)


def excerpt(array: Array, summarize: int = 3) -> str:
    """An array as a text: of each axis the first and the last `summarize` entries, all of them for -1.

    >>> print(excerpt(np.arange(20.0).reshape(10, 2), 1))
    [[0 1]
     ...
     [18 19]]
    """
    array = np.asarray(to_cpu(array))
    if array.ndim == 0:
        return _number(array[()])
    return _rows(array, summarize if summarize >= 0 else array.size, array.ndim)


def _rows(array: np.ndarray, ends: int, rank: int) -> str:
    """An array of one axis or more within one of `rank` axes, whose brackets its lines leave room for."""
    long = len(array) > 2 * ends
    shown = [*array[:ends], *array[len(array) - ends :]] if long else array
    parts = [_number(part) if array.ndim == 1 else _rows(part, ends, rank) for part in shown]
    if long:
        parts.insert(ends, "...")
    between = " " if array.ndim == 1 else "\n" * (array.ndim - 1) + " " * (rank - array.ndim + 1)
    return f"[{between.join(parts)}]"


@register
class StringFormat(Op):
    """The template with a tensor in the place of each placeholder."""

    template: str = "{}"
    placeholder: str = "{}"
    summarize: int = 3
    cpu_only = True
    types = ("any",)
    returns = "string"
    gradient = None

    def shape(self, *inputs: Shape) -> Shape:
        return SCALAR

    def forward(self, xp: ArrayModule, *inputs: Array) -> Any:
        pieces = self.template.split(self.placeholder)
        shown = [excerpt(x, self.summarize) for x in inputs]
        result = np.empty((), object)
        result[()] = "".join(a + b for a, b in zip(pieces, [*shown, ""], strict=True)).encode()
        return result


def string_format(
    template: str, inputs: TensorLike | Sequence[TensorLike], placeholder: str = "{}", summarize: int = 3,
    name: str | None = None,
) -> AnyTensor:
    """The template with the tensors as texts in the places of its placeholders: a scalar string.

    inputs: a tensor of any shape and type, or a list of them; of each axis the first and last `summarize` entries show, all
    of them for -1. ArgumentError: more or fewer tensors than placeholders.

    >>> import deepkit as dk
    >>> dk.string_format("{} and {}", [dk.tensor([1, 2]), dk.tensor(0.5)]).item()
    b'[1 2] and 0.5'
    """
    given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    places = template.count(placeholder)
    if places != len(given):
        raise ArgumentError(
            f"string_format: {len(given)} tensors for {places} places in {template!r}", rule=f"a {placeholder} for each tensor"
        )
    op = StringFormat(template=template, placeholder=placeholder, summarize=summarize)
    return apply(op, *[convert(x) for x in given], name=name)


@register
class PrintV2(Op):
    """Prints a text when it runs; the text is its result, too."""

    stream: str = "stderr"
    end: str = "\n"
    cpu_only = True
    stateful = True
    types = ("string",)
    gradient = None

    def forward(self, xp: ArrayModule, text: Array) -> Any:
        print(text[()].decode(errors="replace"), end=self.end, file=getattr(sys, self.stream))
        return text


class _Quoted(str):
    """A placeholder that pprint shows without quotes."""

    def __repr__(self) -> str:
        return str(self)


def _laid_out(value: object, placeholder: str, tensors: list[Any]) -> Any:
    """`value` with a placeholder for each tensor in it; those go to `tensors`."""
    if isinstance(value, SparseTensor):
        tensors += [value.indices, value.values, value.dense_shape]
        return _Quoted(f"SparseTensor(indices={placeholder}, values={placeholder}, shape={placeholder})")
    if is_tensor(value):
        tensors.append(value)
        return _Quoted(placeholder)
    if isinstance(value, dict):
        return {key: _laid_out(part, placeholder, tensors) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([_laid_out(part, placeholder, tensors) for part in value])
    return value


def _free(inputs: Sequence[object]) -> Iterator[str]:
    """Placeholders that stand in none of the texts."""
    texts = pprint.pformat(inputs)
    return (mark for mark in ("{}", *(f"{{{i}}}" for i in range(10**6))) if mark not in texts)


def layout(inputs: Sequence[object], sep: str = " ", summarize: int = 3) -> str | AnyTensor:
    """What print_values prints: a str if there is no tensor in it, else a scalar string."""
    tensors: list[Any] = []
    mark = next(_free([x for x in inputs if not is_tensor(x)]))
    laid = [_laid_out(x, mark, tensors) for x in inputs]
    template = sep.join(str(x) if isinstance(x, str) else pprint.pformat(x) for x in laid)
    return string_format(template, tensors, mark, summarize) if tensors else template


def print_text(text: TensorLike, output_stream: TextIO | str | None = None, end: str = "\n", name: str | None = None) -> Any:
    """An operation that prints a scalar string when it runs, to sys.stderr (also for None) or sys.stdout.

    ArgumentError: another stream.
    """
    if output_stream not in (None, sys.stderr, sys.stdout, "stderr", "stdout"):
        raise ArgumentError(f"print: output_stream={output_stream!r}", rule="sys.stdout or sys.stderr")
    stream = "stdout" if output_stream in (sys.stdout, "stdout") else "stderr"
    printed = apply(PrintV2(stream=stream, end=end), text, name=name)
    return getattr(printed, "op", printed)


def print_values(
    *inputs: object, output_stream: TextIO | str | None = None, end: str = "\n", summarize: int = 3, sep: str = " ",
    name: str | None = None,
) -> Any:
    """An operation that prints when it runs: tensors as texts, strings as they are, lists and dicts with tensors in them.

    Of each axis of a tensor, any shape and type, the first and last `summarize` entries show, all of them for -1.
    output_stream: sys.stderr (also for None) or sys.stdout. ArgumentError: another stream.
    """
    return print_text(layout(inputs, sep, summarize), output_stream, end, name)
