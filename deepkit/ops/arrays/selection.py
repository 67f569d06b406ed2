"""Choosing by value: the k largest elements, distinct ones, those that another vector lacks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from deepkit.core.apply import apply
from deepkit.core.op import Op, register
from deepkit.core.other_names import shown_as
from deepkit.core.shape import UNKNOWN, Shape
from deepkit.core.static import static_value
from deepkit.core.typing import AnyTensor, Array, ArrayModule, DTypeLike, IntLike, TensorLike
from deepkit.device.arrays import may_look, scatter
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.arrays.gathering import check_indices

__all__ = ["in_top_k", "invert_permutation", "setdiff1d", "top_k", "unique", "unique_with_counts"]


class TopKV2(NamedTuple):
    """The k largest elements and their positions."""

    values: Any
    indices: Any


class Unique(NamedTuple):
    """Distinct values, and for every element the place of its value among them."""

    y: Any
    idx: Any


class UniqueWithCounts(NamedTuple):
    """As Unique; `count` says how often each value occurs."""

    y: Any
    idx: Any
    count: Any


class ListDiff(NamedTuple):
    """The elements that are left, and where they stood."""

    out: Any
    idx: Any


@register
class TopK(Op):
    """The k largest elements along the last axis, largest first, and their positions; of equal ones the first."""

    label = "TopKV2"
    static: int | None = None
    kinds = "if"
    types = ("T", "index")
    host = (1,)

    def shape(self, x: Shape, k: Shape) -> Any:
        if x.lengths is None:
            return UNKNOWN, UNKNOWN
        if not x.lengths or (self.static is not None and x.lengths[-1] is not None and self.static > x.lengths[-1]):
            raise ShapeError(f"top_k of {x} with k = {self.static}", rule="k is at most the length of the last axis")
        result = Shape.of((*x.lengths[:-1], self.static))
        return result, result

    def dtype(self, x: DType, k: DType) -> Any:
        return x, as_dtype("int32")

    def forward(self, xp: ArrayModule, x: Array, k: Array) -> Any:
        n, k = x.shape[-1], int(k)
        if not 0 <= k <= n:
            raise ArgumentError(f"top_k: k = {k} for a last axis of length {n}", rule="0 <= k <= length")
        # a stable ascending sort of the mirrored axis, read backwards: descending, the first of equals first
        order = n - 1 - xp.argsort(x[..., ::-1], axis=-1, kind="stable")[..., ::-1][..., :k]
        return xp.take_along_axis(x, order, -1), order.astype(xp.int32)

    def gradient(self, dys: Sequence[AnyTensor], ys: Sequence[AnyTensor], x: AnyTensor, k: AnyTensor) -> Any:
        return apply(PutAlongLast(), dys[0], x, ys[1]), None


@register
class TakeAlongLast(Op):
    """y[..., i] = x[..., indices[..., i]]: positions along the last axis, for each row its own."""

    types = ("T", "index")

    def shape(self, x: Shape, indices: Shape) -> Shape:
        return indices

    def forward(self, xp: ArrayModule, x: Array, indices: Array) -> Any:
        return xp.take_along_axis(x, indices.astype(xp.int64), -1)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, indices: AnyTensor) -> Any:
        return apply(PutAlongLast(), dy, x, indices), None


@register
class PutAlongLast(Op):
    """Zeros in the shape of `like`, with dy added at positions along the last axis."""

    types = ("T", "any", "index")
    shape_only = (1,)

    def shape(self, dy: Shape, like: Shape, indices: Shape) -> Shape:
        return like

    def forward(self, xp: ArrayModule, dy: Array, like: Array, indices: Array) -> Any:
        dx = xp.zeros(like.shape, dy.dtype)
        rows = math.prod(like.shape[:-1])
        flat = (rows, like.shape[-1]), (rows, indices.shape[-1])
        scatter("add", dx.reshape(flat[0]), (xp.arange(rows)[:, None], indices.reshape(flat[1])), dy.reshape(flat[1]))
        return dx

    def gradient(self, ddx: AnyTensor, dx: AnyTensor, dy: AnyTensor, like: AnyTensor, indices: AnyTensor) -> Any:
        return apply(TakeAlongLast(), ddx, indices), None, None


def top_k(input: TensorLike, k: IntLike = 1, sorted: bool = True, name: str | None = None) -> TopKV2:
    """The k largest elements along the last axis and their positions, largest first whatever `sorted` says.

    input: (..., n), integer or float; result: values and indices (int32), (..., k) both; of equal elements the first.
    ShapeError, ArgumentError: k > n. Derivatives go to the chosen elements.

    >>> import deepkit as dk
    >>> values, indices = dk.top_k([1.0, 9.0, 5.0], 2)
    >>> values.numpy().tolist(), indices.numpy().tolist()
    ([9.0, 5.0], [1, 2])
    """
    known = static_value(k)
    return TopKV2(*apply(TopK(static=None if known is None else int(known)), input, k, name=name))


@register
class InTopK(Op):
    """True for each row whose target is among the k largest predictions; rows with NaN or infinity are not."""

    label = "in_top_k"
    kinds = "f"
    types = ("T", "index", "index")
    returns = "bool"
    gradient = None

    def shape(self, predictions: Shape, targets: Shape, k: Shape) -> Shape:
        if predictions.rank not in (None, 2) or not targets.is_compatible_with(
            predictions[:1] if predictions.lengths is not None else [None]
        ):
            raise ShapeError(
                f"in_top_k: predictions {predictions} and targets {targets}",
                rule="predictions (batch, classes), targets (batch,): the number of the right class of each row",
            )
        return targets.merge([None] if predictions.lengths is None else predictions[:1])

    def forward(self, xp: ArrayModule, predictions: Array, targets: Array, k: Array) -> Any:
        inside = (targets >= 0) & (targets < predictions.shape[1])
        if not predictions.size:
            return xp.zeros(targets.shape, bool)
        aim = xp.take_along_axis(predictions, xp.where(inside, targets, 0)[:, None].astype(xp.int64), 1)
        ahead = (predictions > aim).sum(axis=1)
        return inside & xp.isfinite(predictions).all(axis=1) & (ahead < k)


def in_top_k(predictions: TensorLike, targets: TensorLike, k: IntLike, name: str | None = None) -> AnyTensor:
    """For each row: is the target among the k largest predictions? Ties at the border all count as inside.

    predictions: (batch, classes), float; targets: (batch,), integer; result: (batch,), bool; False for a target out of
    range and for rows with NaN or infinity. ShapeError: other shapes.

    >>> import deepkit as dk
    >>> dk.in_top_k([[0.1, 0.7, 0.2], [0.6, 0.3, 0.1]], [2, 2], 2).numpy().tolist()
    [True, False]
    """
    return apply(InTopK(), predictions, targets, k, name=name)


def _vector(x: Shape, what: str) -> Shape:
    if x.rank not in (None, 1):
        raise ShapeError(f"{what} of a tensor of shape {x}", rule="a vector is needed", hint="reshape(x, [-1])")
    return Shape((None,))


@register
class UniqueValues(Op):
    """The distinct elements of a vector in order of appearance, each element's place among them, and their counts."""

    label = "Unique"
    index: DType = as_dtype("int32")
    gradient = None

    def shape(self, x: Shape) -> Any:
        return _vector(x, "unique"), x if x.lengths is not None else Shape((None,)), Shape((None,))

    def dtype(self, x: DType) -> Any:
        return x, self.index, self.index

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        _, first, place, count = xp.unique(
            x, return_index=True, return_inverse=True, return_counts=True, equal_nan=False
        )
        order = xp.argsort(first)  # from sorted values to order of appearance
        rank = xp.empty_like(order)
        rank[order] = xp.arange(len(order))
        kind = self.index.numpy
        return x[first[order]], rank[place.reshape(-1)].astype(kind), count[order].astype(kind)


def unique(x: TensorLike, out_idx: DTypeLike = "int32", name: str | None = None) -> Unique:
    """The distinct elements y of a vector in order of appearance, and idx with x = y[idx].

    x: (n,), any type; y: (distinct,); idx: (n,), of out_idx. ShapeError: no vector.

    >>> import deepkit as dk
    >>> y, idx = dk.unique([7, 3, 7])
    >>> y.numpy().tolist(), idx.numpy().tolist()
    ([7, 3], [0, 1, 0])
    """
    return Unique(*apply(UniqueValues(index=as_dtype(out_idx)), x, name=name)[:2])


def unique_with_counts(x: TensorLike, out_idx: DTypeLike = "int32", name: str | None = None) -> UniqueWithCounts:
    """As `unique`, with how often each distinct element occurs.

    x: (n,), any type; result: y (distinct,), idx (n,) and count (distinct,), both of out_idx. ShapeError: no vector.
    """
    found = apply(UniqueValues(index=as_dtype(out_idx)), x, name=name or "UniqueWithCounts")
    return UniqueWithCounts(*shown_as(found, "UniqueWithCounts"))


@register
class SetDiff1d(Op):
    """The elements of the vector x that are not in the vector y, in their order, and their positions."""

    label = "ListDiff"
    index: DType = as_dtype("int32")
    types = ("T", "T")
    gradient = None

    def shape(self, x: Shape, y: Shape) -> Any:
        return _vector(x, "setdiff1d"), _vector(y, "setdiff1d")

    def dtype(self, x: DType, y: DType) -> Any:
        return x, self.index

    def forward(self, xp: ArrayModule, x: Array, y: Array) -> Any:
        left = xp.flatnonzero(~xp.isin(x, y))
        return x[left], left.astype(self.index.numpy)


def setdiff1d(x: TensorLike, y: TensorLike, index_dtype: DTypeLike = "int32", name: str | None = None) -> ListDiff:
    """The elements of the vector x that are not in y, and their positions in x.

    x, y: vectors of one type; result: out (k,), and idx (k,) of index_dtype. ShapeError: no vector.
    """
    return ListDiff(*apply(SetDiff1d(index=as_dtype(index_dtype)), x, y, name=name))


@register
class InvertPermutation(Op):
    """y with y[x[i]] = i, for a vector x that holds each of 0, ..., n - 1 once."""

    kinds = "i"
    gradient = None

    def shape(self, x: Shape) -> Shape:
        _vector(x, "invert_permutation")
        return x

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        y = xp.full(x.shape, -1, x.dtype)
        check_indices(xp, x, len(x), "invert_permutation")
        y[x] = xp.arange(len(x), dtype=x.dtype)
        if may_look(xp) and bool((y < 0).any()):
            raise ArgumentError("invert_permutation: an index occurs twice", rule="each of 0, ..., n - 1 occurs once")
        return y


def invert_permutation(x: TensorLike, name: str | None = None) -> AnyTensor:
    """The permutation that undoes x: y[x[i]] = i.

    x: (n,), integer; result: the same. ShapeError: no vector. ArgumentError: a number twice, or outside [0, n).
    """
    return apply(InvertPermutation(), x, name=name)
