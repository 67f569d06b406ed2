"""Ops that do something beside computing: print, check, and call Python."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from deepkit.core.apply import apply, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import SCALAR, UNKNOWN, Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.device.arrays import to_cpu
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ArgumentError, DTypeError, NumericsError
from deepkit.ops.define import named

__all__ = [
    "assert_", "assert_equal", "assert_greater", "assert_greater_equal", "assert_less", "assert_less_equal", "print_",
]


@register
class Print(Op):
    """x itself; prints a message and the other inputs to standard error when it runs."""

    message: str = ""
    summarize: int = 3
    stateful = True
    aliases = True
    types = ("any",)

    def forward(self, xp: ArrayModule, x: Array, *data: Array) -> Any:
        shown = "".join(f"[{_excerpt(d, self.summarize)}]" for d in data)
        print(f"{self.message}{shown}", file=sys.stderr)
        return x

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, *data: AnyTensor) -> Any:
        return (dy, *[None for _ in data])


def _excerpt(value: Array, count: int) -> str:
    flat = to_cpu(value).reshape(-1)
    words = [_word(v) for v in flat[:count]]
    return " ".join(words) + ("..." if flat.size > count >= 0 else "")


def _word(value: Array) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return f"{value:g}" if isinstance(value, np.floating) else str(value)


def print_(
    input_: TensorLike, data: Sequence[TensorLike], message: str | None = None, first_n: int | None = None,
    summarize: int | None = None, name: str | None = None,
) -> AnyTensor:
    """input_ itself; when it runs, `message` and the tensors in `data` are printed to standard error.

    `first_n` is accepted for old programs, but every run prints: an op does not count its runs.
    input_: any shape and type; result: the same; data: any tensors, of each of which the first `summarize` (3) elements
    show.
    """
    return apply(Print(message=message or "", summarize=summarize or 3), input_, *data, name=name)


@register
class Assert(Op):
    """An error with the other inputs in it unless the condition holds."""

    summarize: int = 3
    cpu_only = True
    stateful = True
    types = ("bool", "any")
    gradient = None

    def shape(self, condition: Shape, *data: Shape) -> Shape:
        return SCALAR

    def forward(self, xp: ArrayModule, condition: Array, *data: Array) -> Any:
        if not bool(condition.all()):
            shown = " ".join(f"[{_excerpt(d, self.summarize)}]" for d in data)
            raise NumericsError(f"an assertion of the graph does not hold: {shown}")
        return condition


def assert_(
    condition: TensorLike, data: Sequence[TensorLike], summarize: int | None = None, name: str | None = None
) -> AnyTensor:
    """An operation that fails, showing `data`, when it runs and the condition does not hold.

    condition: bool, any shape: all must hold; data: any tensors. ArgumentError: data that are no list. NumericsError,
    when it runs: a condition that does not hold.
    """
    if not isinstance(data, Sequence) or isinstance(data, str):
        raise ArgumentError(f"Assert: data={data!r}", rule="a list of what the error shows", hint="data=[x, y]")
    result = apply(Assert(summarize=summarize or 3), condition, *data, name=name)
    return getattr(result, "op", result)


class Comparison(Protocol):
    """A public function that checks two tensors against each other."""

    def __call__(
        self, x: TensorLike, y: TensorLike, data: Sequence[TensorLike] | None = None, summarize: int | None = None,
        message: str = "", name: str | None = None,
    ) -> AnyTensor: ...


def _comparison(name: str, holds: str, words: str) -> Comparison:
    def function(
        x: TensorLike, y: TensorLike, data: Sequence[TensorLike] | None = None, summarize: int | None = None,
        message: str = "", name: str | None = None,
    ) -> AnyTensor:
        from deepkit.ops.functions import ops

        with scope(name, function.__name__, x, y):
            condition = getattr(ops, holds)(x, y)
            return assert_(condition, data or [f"{message or words}: x, y =", x, y], summarize)

    doc = f"""An operation that fails when it runs unless x {words} y, element by element.

    x, y: shapes that broadcast, of one type. NumericsError, when it runs, with message and `data` (x and y) in it.
    """
    return named(function, name, doc)


assert_equal = _comparison("assert_equal", "equal", "==")
assert_less = _comparison("assert_less", "less", "<")
assert_less_equal = _comparison("assert_less_equal", "less_equal", "<=")
assert_greater = _comparison("assert_greater", "greater", ">")
assert_greater_equal = _comparison("assert_greater_equal", "greater_equal", ">=")


@register
class PyFunc(Op):
    """Calls a Python function with the inputs' arrays. It has no gradient, and its shape is not known before it runs."""

    function: Any = None
    outputs_: tuple[DType, ...] = ()
    types = ("any",)
    cpu_only = True
    stateful = True
    gradient = None

    def shape(self, *_: Shape) -> Any:
        return (UNKNOWN,) * len(self.outputs_)

    def dtype(self, *_: DType) -> Any:
        return self.outputs_

    def forward(self, xp: ArrayModule, *inputs: Array) -> Any:
        result = self.function(*inputs)
        values = result if isinstance(result, (list, tuple)) else [] if result is None else [result]
        if len(values) != len(self.outputs_):
            raise DTypeError(
                f"py_func: the function returned {len(values)} values, Tout names {len(self.outputs_)} types"
            )
        return tuple(self._checked(v, t, i) for i, (v, t) in enumerate(zip(values, self.outputs_, strict=True)))

    @staticmethod
    def _checked(value: Array, wanted: DType, i: int) -> Any:
        from deepkit.device.arrays import as_array

        dtype = wanted if wanted.is_string or not hasattr(value, "dtype") else None
        array = as_array(value, dtype, copy=True)  # the function may fill the same array again
        if as_dtype(array.dtype) is not wanted:
            raise DTypeError(
                f"py_func: value {i} is {array.dtype}, Tout says {wanted.name}",
                hint=f"return value.astype(np.{wanted.name})",
            )
        return array

    def key(self) -> Any:
        return id(self)
