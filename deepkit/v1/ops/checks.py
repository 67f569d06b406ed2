"""Checks of shapes and types while the graph is built, and of values while it runs: `tf.assert_rank` and its kin."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.apply import apply, is_tensor, scope
from deepkit.core.graph import default_graph
from deepkit.core.op import lookup
from deepkit.core.shape import Shape, broadcast
from deepkit.core.symbol import Symbol
from deepkit.device.dtypes import as_dtype
from deepkit.errors import ArgumentError, DTypeError, ShapeError
from deepkit.ops.text.formatting import layout, print_text
from deepkit.v1.framework.creators import no_op
from deepkit.v1.framework.symbolic import constant_of, symbolic

__all__ = [
    "Assert", "Print", "assert_equal", "assert_greater", "assert_greater_equal", "assert_integer", "assert_less",
    "assert_less_equal", "assert_near", "assert_negative", "assert_non_negative", "assert_non_positive", "assert_none_equal",
    "assert_positive", "assert_rank", "assert_rank_at_least", "assert_rank_in", "assert_same_float_dtype", "assert_scalar",
    "assert_type", "broadcast_dynamic_shape", "broadcast_static_shape", "ensure_shape", "is_non_decreasing",
    "is_numeric_tensor", "is_strictly_increasing", "print",
]


Assert = symbolic(ops.assert_)
Print = symbolic(ops.print_)
assert_equal = symbolic(ops.assert_equal)
assert_greater = symbolic(ops.assert_greater)
assert_greater_equal = symbolic(ops.assert_greater_equal)
assert_less = symbolic(ops.assert_less)
assert_less_equal = symbolic(ops.assert_less_equal)


def print(
    *inputs: Any, output_stream: Any = None, end: str = "\n", summarize: int = 3, sep: str = " ", name: str | None = None
) -> Any:
    """An operation that prints when it runs: tensors, texts, lists and dicts with tensors in them.

    output_stream: sys.stderr (also for None) or sys.stdout; of each axis of a tensor the first and last `summarize` show.

    >>> import sys
    >>> import deepkit.v1 as tf
    >>> with tf.Graph().as_default(), tf.Session() as sess:
    ...     sess.run(tf.print("x is", tf.range(8), output_stream=sys.stdout))
    x is [0 1 2 ... 5 6 7]
    """
    return print_text(constant_of(layout(inputs, sep, summarize)), output_stream, end, name)


def _ranks(what: str, x: Any, fits: Any, rule: str, message: str | None) -> Any:
    """The rank of x must fit: known ranks are checked at once, others in every run."""
    x = constant_of(x)
    if x.shape.rank is None:
        return ops.assert_(fits(ops.rank(x)), [ops.shape(x)], name=what)  # noqa: PT009
    if not bool(fits(np.int32(x.shape.rank))):
        text = f"{message}: " if message else ""
        raise ShapeError(f"{what}: {text}{x.name} has shape {x.shape}, rank {x.shape.rank}", rule=rule)
    with scope(None, what, x):
        return no_op(name="static_checks_determined_all_ok")


def assert_rank(
    x: Any, rank: int, data: Any = None, summarize: Any = None, message: str | None = None, name: Any = None
):
    """ShapeError unless x has `rank` axes; returns an op that checks it in every run."""
    return _ranks("assert_rank", x, lambda r: _same(r, rank), f"rank {rank}", message)


def assert_rank_at_least(
    x: Any, rank: int, data: Any = None, summarize: Any = None, message: str | None = None, name: Any = None
):
    """ShapeError unless x has `rank` axes or more."""
    return _ranks("assert_rank_at_least", x, lambda r: r >= rank, f"rank at least {rank}", message)


def assert_rank_in(
    x: Any, ranks: Any, data: Any = None, summarize: Any = None, message: str | None = None, name: Any = None
):
    """ShapeError unless the number of axes of x is among `ranks`."""
    if is_tensor(ranks) or not isinstance(ranks, Iterable):
        raise ArgumentError(f"assert_rank_in: ranks={ranks!r}", rule="a list of numbers of axes", hint="ranks=[1, 2]")

    def among(r: Any) -> Any:
        found = [_same(r, rank) for rank in ranks]
        return functools.reduce(ops.logical_or, found) if is_tensor(r) else any(found)

    return _ranks("assert_rank_in", x, among, "rank " + " or ".join(map(str, ranks)), message)


def _same(a: Any, b: Any) -> Any:
    return ops.equal(a, b) if is_tensor(a) else a == b


def assert_scalar(tensor: Any, name: Any = None, message: str | None = None) -> Any:
    """ShapeError unless the tensor is a single value; returns it."""
    tensor = constant_of(tensor)
    if tensor.shape.rank not in (0, None):
        raise ShapeError(f"{message or 'assert_scalar'}: {tensor.name} has shape {tensor.shape}", rule="a single value")
    return tensor


def assert_type(tensor: Any, tf_type: Any, message: str | None = None, name: Any = None) -> Any:
    """DTypeError unless the tensor has this data type."""
    tensor = constant_of(tensor)
    if tensor.dtype is not as_dtype(tf_type):
        raise DTypeError(
            f"{message or 'assert_type'}: {tensor.name} is {tensor.dtype.name}", rule=as_dtype(tf_type).name
        )
    with scope(name, "assert_type", tensor):
        return no_op(name="statically_determined_correct_type")


def assert_integer(x: Any, message: str | None = None, name: Any = None) -> Any:
    """DTypeError unless x holds integers."""
    x = constant_of(x)
    if not x.dtype.is_integer:
        raise DTypeError(f"{message or 'assert_integer'}: {x.name} is {x.dtype.name}", rule="integers")
    with scope(name, "assert_integer", x):
        return no_op(name="statically_determined_was_integer")


def assert_same_float_dtype(tensors: Any = None, dtype: Any = None) -> Any:
    """The floating-point type that all tensors (and `dtype`) have; DTypeError if they differ or are no such."""
    kinds = [constant_of(t).dtype for t in tensors or [] if t is not None] + ([as_dtype(dtype)] if dtype else [])
    kind = kinds[0] if kinds else as_dtype("float32")
    if any(k is not kind for k in kinds) or not kind.is_floating:
        raise DTypeError(f"assert_same_float_dtype: {', '.join(k.name for k in kinds)}", rule="one floating-point type")
    return kind


def is_numeric_tensor(tensor: Any) -> bool:
    """True for tensors of numbers."""
    return isinstance(tensor, Symbol) and not (tensor.dtype.is_string or tensor.dtype.is_bool)


# ---- values, in every run


def _holds(what: str, condition: Any, x: Any, message: str | None, name: Any) -> Any:
    text = message or f"{what} does not hold for"
    return ops.assert_(ops.reduce_all(condition), [text, x], name=name or what)  # noqa: PT009


def assert_positive(
    x: Any, data: Any = None, summarize: Any = None, message: str | None = None, name: Any = None
) -> Any:
    """An op that raises an error unless every element of x is greater than 0."""
    x = constant_of(x)
    return _holds("assert_positive", ops.greater(x, 0), x, message, name)


def assert_negative(
    x: Any, data: Any = None, summarize: Any = None, message: str | None = None, name: Any = None
) -> Any:
    """An op that raises an error unless every element of x is less than 0."""
    x = constant_of(x)
    return _holds("assert_negative", ops.less(x, 0), x, message, name)


def assert_non_negative(
    x: Any, data: Any = None, summarize: Any = None, message: str | None = None, name: Any = None
) -> Any:
    """An op that raises an error if an element of x is less than 0."""
    x = constant_of(x)
    return _holds("assert_non_negative", ops.greater_equal(x, 0), x, message, name)


def assert_non_positive(
    x: Any, data: Any = None, summarize: Any = None, message: str | None = None, name: Any = None
) -> Any:
    """An op that raises an error if an element of x is greater than 0."""
    x = constant_of(x)
    return _holds("assert_non_positive", ops.less_equal(x, 0), x, message, name)


def assert_none_equal(
    x: Any, y: Any, data: Any = None, summarize: Any = None, message: str | None = None, name: Any = None
) -> Any:
    """An op that raises an error if x equals y in one place or more."""
    x = constant_of(x)
    return _holds("assert_none_equal", ops.not_equal(x, y), x, message, name)


def assert_near(
    x: Any, y: Any, rtol: Any = None, atol: Any = None, data: Any = None, summarize: Any = None, message: str | None = None,
    name: Any = None,
) -> Any:
    """An op that raises an error unless |x - y| <= atol + rtol |y| everywhere (both 10 times the precision of the type)."""
    x = constant_of(x)
    y = constant_of(y, None if is_tensor(y) else x.dtype)
    fine = 10 * float(np.finfo(x.dtype.numpy).eps)
    limit = (fine if atol is None else atol) + (fine if rtol is None else rtol) * ops.abs(y)
    return _holds("assert_near", ops.less_equal(ops.abs(x - y), limit), x, message, name)


def is_non_decreasing(x: Any, name: Any = None) -> Any:
    """True if no element of x, read row by row, is less than the one before."""
    with scope(name, "is_non_decreasing", x):
        flat = ops.reshape(constant_of(x), [-1])
        return ops.reduce_all(ops.greater_equal(flat[1:], flat[:-1]))


def is_strictly_increasing(x: Any, name: Any = None) -> Any:
    """True if every element of x, read row by row, is greater than the one before."""
    with scope(name, "is_strictly_increasing", x):
        flat = ops.reshape(constant_of(x), [-1])
        return ops.reduce_all(ops.greater(flat[1:], flat[:-1]))


# ---- shapes


def ensure_shape(x: Any, shape: Any, name: Any = None) -> Any:
    """x, known to have this shape from here on; a run in which it has another one ends with an error."""
    x = constant_of(x)
    return apply(lookup("EnsureShape")(static=Shape(shape).lengths), x, name=name)


def broadcast_static_shape(shape_x: Any, shape_y: Any) -> Shape:
    """The shape of x + y, from two shapes."""
    return broadcast(Shape(shape_x), Shape(shape_y))


def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> Any:
    """The shape of x + y, from two vectors of dimensions."""
    x, y = constant_of(shape_x), constant_of(shape_y)
    with scope(None, "BroadcastArgs", x, y):
        longest = ops.maximum(ops.size(x), ops.size(y))
        x, y = (ops.concat([ops.fill(ops.expand_dims(longest - ops.size(v), 0), 1), v], 0) for v in (x, y))
        fits = ops.reduce_all(ops.logical_or(ops.equal(x, y), ops.logical_or(ops.equal(x, 1), ops.equal(y, 1))))
        check = Assert(fits, ["shapes that do not broadcast:", shape_x, shape_y])
        with default_graph().control_dependencies([check]):
            return ops.where(ops.equal(x, 1), y, x)
