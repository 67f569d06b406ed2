"""Element-wise functions, comparisons, sums and products of tensors, under Keras' names."""

from __future__ import annotations

import builtins
from typing import Any

from deepkit import ops
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras.backend.config import floatx
from deepkit.keras.backend.tensors import int_shape, rank, tensor
from deepkit.ops import (
    abs,
    cos,
    equal,
    exp,
    greater,
    greater_equal,
    less,
    less_equal,
    log,
    maximum,
    minimum,
    not_equal,
    round,
    sign,
    sin,
    square,
)

__all__ = [
    "abs", "all", "any", "argmax", "argmin", "batch_dot", "clip", "cos", "cumprod", "cumsum", "dot", "equal", "exp",
    "greater", "greater_equal", "less", "less_equal", "log", "logsumexp", "max", "maximum", "mean", "min", "minimum",
    "not_equal", "pow", "prod", "round", "sign", "sin", "sqrt", "square", "std", "sum", "var",
]


# ---- element by element


def sqrt(x: Any) -> Any:
    """The square root, 0 for negative numbers."""
    x = tensor(x)
    return ops.sqrt(clip(x, 0.0, None))


def pow(x: Any, a: Any) -> Any:
    """x to the power a."""
    return ops.pow(x, a)


def clip(x: Any, min_value: Any = None, max_value: Any = None) -> Any:
    """x limited to [min_value, max_value]; None is no limit, and a max_value below min_value counts as min_value.

    >>> clip([-2.0, 0.5, 9.0], 0, 1).numpy().tolist()
    [0.0, 0.5, 1.0]
    """
    x = tensor(x)
    if isinstance(min_value, (int, float)) and isinstance(max_value, (int, float)):
        max_value = builtins.max(min_value, max_value)
    infinity = float("inf")
    lowest, largest = (-infinity, infinity) if x.dtype.is_floating else (x.dtype.min, x.dtype.max)
    return ops.clip_by_value(x, lowest if min_value is None else min_value, largest if max_value is None else max_value)


# ---- over axes


def max(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest number, over `axis` or over all axes."""
    return ops.reduce_max(x, axis, keepdims)


def min(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest number, over `axis` or over all axes."""
    return ops.reduce_min(x, axis, keepdims)


def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The sum, over `axis` or over all axes."""
    return ops.reduce_sum(x, axis, keepdims)


def prod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The product, over `axis` or over all axes."""
    return ops.reduce_prod(x, axis, keepdims)


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean, over `axis` or over all axes; that of truth values is the share that is true."""
    return ops.reduce_mean(_numbers(x), axis, keepdims)


def var(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The variance: the mean squared distance from the mean (divided by n, not n - 1)."""
    return ops.reduce_variance(_numbers(x), axis, keepdims)


def std(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The standard deviation, the root of the variance."""
    return ops.reduce_std(_numbers(x), axis, keepdims)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))), exact also where exp(x) would overflow."""
    return ops.reduce_logsumexp(x, axis, keepdims)


def any(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """True where at least one number is not 0."""
    return ops.reduce_any(ops.cast(x, "bool"), axis, keepdims)


def all(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """True where no number is 0."""
    return ops.reduce_all(ops.cast(x, "bool"), axis, keepdims)


def argmax(x: Any, axis: int = -1) -> Any:
    """The position of the largest number along an axis (the first of equals), as int64."""
    return ops.argmax(x, axis)


def argmin(x: Any, axis: int = -1) -> Any:
    """The position of the smallest number along an axis (the first of equals), as int64."""
    return ops.argmin(x, axis)


def cumsum(x: Any, axis: int = 0) -> Any:
    """The sums of the first 1, 2, ... numbers along an axis."""
    return ops.cumsum(x, axis)


def cumprod(x: Any, axis: int = 0) -> Any:
    """The products of the first 1, 2, ... numbers along an axis."""
    return ops.cumprod(x, axis)


def _numbers(x: Any) -> Any:
    x = tensor(x)
    return ops.cast(x, floatx()) if x.dtype.is_bool else x


# ---- products of tensors


def dot(x: Any, y: Any) -> Any:
    """The sum of products over the last axis of x and the last but one of y, as numpy.dot.

    x (..., n), y (..., n, m) -> x's other axes, then y's.

    >>> import numpy as np
    >>> dot(np.ones([5, 2, 3], "f"), np.ones([4, 3, 7], "f")).shape
    Shape([5, 2, 4, 7])
    """
    x, y = tensor(x, beside=y), tensor(y, beside=x)
    if rank(x) <= 2 and rank(y) <= 2:
        return ops.matmul(x, y)
    return ops.tensordot(x, y, [[rank(x) - 1], [rank(y) - 2]])


_LETTERS = "bcdefghijklmnopqrstuvwxyz"


def batch_dot(x: Any, y: Any, axes: Any = None) -> Any:
    """For each example the sum of products over one axis of x and one of y; axis 0 counts the examples.

    axes: two axes, one number for both, or None: the last axis of x and the last but one of y (the last, if y has
    two). The result has the other axes of x, then those of y; two vectors give (batch, 1).

    >>> import numpy as np
    >>> batch_dot(np.ones([32, 20, 1], "f"), np.ones([32, 30, 20], "f"), axes=(1, 2)).shape
    Shape([32, 1, 30])
    """
    x, y = tensor(x, beside=y), tensor(y, beside=x)
    rank_x, rank_y = rank(x), rank(y)
    if builtins.min(rank_x, rank_y) < 2:
        raise ShapeError(
            f"batch_dot of shapes {x.shape} and {y.shape}", rule="both have an axis of examples and at least one more"
        )
    if axes is None:
        axes = (rank_x - 1, rank_y - 1 if rank_y == 2 else rank_y - 2)
    elif isinstance(axes, int):
        axes = (axes, axes)
    if len(axes) != 2 or builtins.any(not isinstance(a, int) for a in axes):
        raise ArgumentError(f"batch_dot: axes={axes!r}", rule="one axis, or a pair: one of x and one of y")
    over_x, over_y = axes[0] % rank_x, axes[1] % rank_y
    if 0 in (over_x, over_y):
        raise ArgumentError(
            "batch_dot over axis 0", rule="axis 0 counts the examples", hint="expand_dims(x, 0) adds such an axis"
        )
    _check_lengths(x, y, over_x, over_y)
    in_x = _LETTERS[:rank_x].replace(_LETTERS[over_x], "a")
    in_y = "b" + _LETTERS[rank_x : rank_x + rank_y - 1]
    in_y = in_y[:over_y] + "a" + in_y[over_y + 1 :]
    result = ops.einsum(f"{in_x},{in_y}->{in_x.replace('a', '')}{in_y[1:].replace('a', '')}", x, y)
    return ops.expand_dims(result, 1) if rank_x == rank_y == 2 else result


def _check_lengths(x: Any, y: Any, over_x: int, over_y: int) -> None:
    dims_x, dims_y = int_shape(x) or (), int_shape(y) or ()
    for a, b, what in ((0, 0, "examples"), (over_x, over_y, "numbers that are multiplied")):
        if None not in (dims_x[a], dims_y[b]) and dims_x[a] != dims_y[b]:
            raise ShapeError(
                f"batch_dot of shapes {x.shape} and {y.shape} with axes ({over_x}, {over_y}): "
                f"{dims_x[a]} and {dims_y[b]} {what}",
                rule="axis 0 of both, and the two axes that are summed over, have the same length",
            )
