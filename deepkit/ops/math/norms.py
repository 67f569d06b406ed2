"""How large vectors and matrices are, and tensors scaled down to a size."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.core.apply import convert, is_tensor, scope
from deepkit.core.shape import normalize_axis, whole
from deepkit.core.static import static_value
from deepkit.core.typing import AnyTensor, AxisLike, NumberLike, TensorLike
from deepkit.errors import ArgumentError
from deepkit.ops.functions import ops

__all__ = ["clip_by_average_norm", "clip_by_norm", "norm", "normalize", "reduce_euclidean_norm"]


def norm(
    tensor: TensorLike, ord: str | float = "euclidean", axis: AxisLike = None, keepdims: bool | None = None,
    name: str | None = None, keep_dims: bool | None = None,
) -> AnyTensor:
    """The norm of vectors (axis an int, or None for all elements as one vector) or of matrices (axis a pair).

    Vectors: "euclidean" or 2 (root of the sum of squares), 1, infinity, or any positive p. Matrices, their rows along
    axis[0] and their columns along axis[1]: "euclidean" or "fro" (root of the sum of squares), 1 (the largest sum of
    a column's sizes), infinity (of a row's), 2 (the largest singular value).
    tensor: any shape, float or complex. Result: its shape without `axis` (scalar for None), with keepdims of length 1
    there; keep_dims is an older name. ArgumentError: an ord that is not listed, an axis that is neither one nor two
    axes.

    >>> import deepkit as dk
    >>> dk.norm([[3.0, 0.0], [-4.0, 1.0]], ord=1, axis=(0, 1)).item()
    7.0
    """
    keep = bool(keep_dims if keepdims is None else keepdims)
    along = _norm_axis(axis)
    with scope(name, "norm", tensor):
        x = convert(tensor)
        result = _matrix_norm(x, ord, along) if isinstance(along, tuple) else _vector_norm(x, ord, along)
        if keep:
            return result
        return ops.reshape(result, []) if along is None else ops.squeeze(result, along)


def normalize(
    tensor: TensorLike, ord: str | float = "euclidean", axis: AxisLike = None, name: str | None = None
) -> tuple[AnyTensor, AnyTensor]:
    """(tensor / norm, norm): vectors or matrices of norm 1, and the norms, their axes kept with length 1.

    ord, axis: as for norm. Where the norm is 0 the quotient is nan. ArgumentError: as for norm.
    """
    with scope(name, "normalize", tensor):
        x = convert(tensor)
        length = ops.cast(norm(x, ord, axis, keepdims=True), x.dtype)
        return x / length, length


def _norm_axis(axis: AxisLike) -> int | tuple[int, int] | None:
    """The axes of a norm: one, a pair, or None."""
    known: Any = static_value(axis) if is_tensor(axis) else axis
    if known is None and axis is not None:
        raise ArgumentError(f"norm: axis {axis!r} is not known before the graph runs", rule="None or numbers of axes")
    if known is None or np.ndim(known) == 0:
        return None if known is None else whole(known)
    axes = tuple(whole(a) for a in known)
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ArgumentError(f"norm: axis {list(axes)}", rule="None, one axis, or two different ones")
    return axes[0], axes[1]


def _frobenius(x: AnyTensor, axis: AxisLike) -> Any:
    """The root of the sum of the squared sizes: of a vector, or of a matrix."""
    return ops.sqrt(ops.reduce_sum(x * ops.conj(x), axis, True))


def _vector_norm(x: AnyTensor, order: Any, axis: int | None) -> Any:
    if order in ("euclidean", 2):
        return _frobenius(x, axis)
    if order == 1:
        return ops.reduce_sum(ops.abs(x), axis, True)
    if order == float("inf"):
        return ops.reduce_max(ops.abs(x), axis, True)
    if isinstance(order, (int, float)) and order > 0:
        return ops.pow(ops.reduce_sum(ops.pow(ops.abs(x), float(order)), axis, True), 1.0 / order)
    raise ArgumentError(f"norm of vectors: ord {order!r}", rule="'euclidean', 1, 2, inf, or another positive number")


def _matrix_norm(x: AnyTensor, order: Any, axis: tuple[int, int]) -> Any:
    rows, columns = axis
    if order in ("euclidean", "fro"):
        return _frobenius(x, axis)
    if order == 1:
        return ops.reduce_max(ops.reduce_sum(ops.abs(x), rows, True), columns, True)
    if order == float("inf"):
        return ops.reduce_max(ops.reduce_sum(ops.abs(x), columns, True), rows, True)
    if order == 2:
        to, back = _to_the_end(x, axis)
        largest = ops.reduce_max(ops.svd(ops.transpose(x, to), compute_uv=False), -1, True)
        return ops.transpose(ops.expand_dims(largest, -1), back)
    raise ArgumentError(f"norm of matrices: ord {order!r}", rule="'euclidean', 'fro', 1, 2 or inf")


def _to_the_end(x: AnyTensor, axis: tuple[int, int]) -> tuple[Any, Any]:
    """The order of axes that moves two of them to the end, and the one that moves them back."""
    if x.shape.rank is None:
        rank = ops.rank(x)
        last = ops.floormod(axis, rank)
        to = ops.concat([ops.setdiff1d(ops.range(rank), last).out, last], 0)
        return to, ops.invert_permutation(to)
    at = [normalize_axis(a, x.shape.rank) for a in axis]
    to = [i for i in range(x.shape.rank) if i not in at] + at
    return to, [to.index(i) for i in range(x.shape.rank)]


def clip_by_norm(t: NumberLike, clip_norm: NumberLike, axes: AxisLike = None, name: str | None = None) -> AnyTensor:
    """t scaled down so that its Euclidean norm over `axes` is at most clip_norm.

    t: any shape, float; clip_norm: (); result: t clip_norm / max(norm, clip_norm), of t's shape and type. Source: R.
    Pascanu et al., ICML 2013.
    DTypeError: texts. ShapeError: no such axis.
    """

    with scope(name, "clip_by_norm", t) as full:
        total = ops.reduce_sum(t * t, axes, keepdims=True)
        positive = ops.greater(total, 0)
        length = ops.where(positive, ops.sqrt(ops.where(positive, total, ops.ones_like(total))), total)
        return ops.truediv(t * clip_norm, ops.maximum(length, clip_norm), name=full)


def clip_by_average_norm(t: TensorLike, clip_norm: NumberLike, name: str | None = None) -> AnyTensor:
    """t scaled down so that its Euclidean norm divided by the number of its elements is at most clip_norm.

    t: any shape, float; clip_norm: (); result: t's shape and type.
    DTypeError: texts.
    """
    with scope(name, "clip_by_average_norm", t) as full:
        t = convert(t)
        count = ops.cast(ops.size(t), t.dtype)
        inverse = ops.rsqrt(ops.reduce_sum(t * t, keepdims=True))
        scale = ops.minimum(inverse * count, ops.ones_like(inverse) / clip_norm)
        return ops.identity(t * clip_norm * scale, name=full)


def reduce_euclidean_norm(
    input_tensor: TensorLike, axis: AxisLike = None, keepdims: bool = False, name: str | None = None
) -> AnyTensor:
    """The root of the sum of squares along `axis`, by default of all elements; an empty sum gives 0.

    input_tensor: any shape, float. Result: its shape without `axis`, with keepdims of length 1 there. ShapeError: no
    such axis.

    >>> import deepkit as dk
    >>> dk.ops.reduce_euclidean_norm([[3.0, 4.0], [0.0, 2.0]], axis=1).numpy().tolist()
    [5.0, 2.0]
    """
    with scope(name, "reduce_euclidean_norm", input_tensor) as full:
        return ops.sqrt(ops.reduce_sum(ops.square(convert(input_tensor)), axis, keepdims=keepdims), name=full)
