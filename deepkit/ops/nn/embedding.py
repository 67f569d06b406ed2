"""Embeddings: one trainable vector for each word, user or class, found by its number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepkit.core.apply import convert, scope
from deepkit.core.typing import AnyTensor, TensorLike
from deepkit.errors import ArgumentError
from deepkit.ops.arrays.sparse import SparseTensor
from deepkit.ops.functions import ops

__all__ = ["embedding_lookup", "embedding_lookup_sparse"]


def embedding_lookup(
    params: TensorLike, ids: TensorLike, partition_strategy: str = "mod", name: str | None = None,
    validate_indices: bool = True, max_norm: TensorLike | None = None,
) -> AnyTensor:
    """The rows of params (numbers, size...) that ids (...) name: (..., size...).

    params may be a list of tensors that share the rows: with partition_strategy "mod" row i is row i // n of tensor
    i % n; with "div" the tensors hold consecutive rows, the first ones one more if it does not divide evenly. With
    max_norm longer rows are scaled down to that Euclidean length.
    ArgumentError: an id outside [0, numbers). DTypeError: ids that are no integers.

    >>> import deepkit as dk
    >>> dk.ops.embedding_lookup(dk.tensor([[1.0, 2.0], [3.0, 4.0]]), [1, 1, 0]).numpy().tolist()
    [[3.0, 4.0], [3.0, 4.0], [1.0, 2.0]]
    """
    shards: list[Any] = list(params) if isinstance(params, (list, tuple)) else [params]
    if not shards:
        raise ArgumentError("embedding_lookup without params", hint="a tensor, or a list of tensors")
    with scope(name, "embedding_lookup", *shards, ids) as full:
        shards = [convert(p, beside=ids) for p in shards]
        ids = convert(ids, beside=shards[0])
        if len(shards) == 1:
            return _clipped(ops.gather(shards[0], ids, name=full if max_norm is None else None), ids, max_norm, full)
        rows = _gathered(shards, *_places(shards, ids, partition_strategy))
        return _clipped(ops.identity(rows, name=full if max_norm is None else None), ids, max_norm, full)


def _gathered(shards: Sequence[AnyTensor], part: AnyTensor, row: AnyTensor) -> Any:
    """Rows of several tensors: for each place, row number `row` of tensor number `part`.

    Each tensor is asked for its own rows alone: what the gradient names, an optimizer takes for used, zero or not.
    """
    parts, n = ops.cast(ops.reshape(part, [-1]), "int32"), len(shards)
    places = ops.dynamic_partition(ops.range(ops.size(part)), parts, n)
    rows = ops.dynamic_partition(ops.reshape(row, [-1]), parts, n)
    found = ops.dynamic_stitch(places, [ops.gather(shard, r) for shard, r in zip(shards, rows, strict=True)])
    return ops.reshape(found, ops.concat([ops.shape(part), ops.shape(shards[0])[1:]], 0))


def _places(shards: list[Any], ids: AnyTensor, strategy: str) -> tuple[Any, Any]:
    """For each id the number of its tensor, and its row there."""
    n = len(shards)
    if strategy == "mod":
        return ops.floormod(ids, n), ops.floordiv(ids, n)
    if strategy != "div":
        raise ArgumentError(f"partition_strategy={strategy!r}", rule="'mod' or 'div'")
    lengths = [p.shape.lengths[0] if p.shape.lengths else None for p in shards]
    total: Any = 0
    for length, shard in zip(lengths, shards, strict=True):
        total = total + (ops.cast(ops.shape(shard)[0], ids.dtype) if length is None else length)
    each, more = total // n, total % n  # the first `more` tensors hold one row more
    at_least_one = max(each, 1) if isinstance(each, int) else ops.maximum(each, 1)
    part = ops.maximum(ids // (each + 1), (ids - more) // at_least_one)
    return part, ops.where(part < more, ids % (each + 1), (ids - more) % at_least_one)


def _clipped(rows: AnyTensor, ids: AnyTensor, max_norm: TensorLike | None, name: str | None) -> Any:
    """Rows with a Euclidean length of at most max_norm."""
    if max_norm is None:
        return rows
    axes = ops.range(ops.rank(ids), ops.rank(rows))
    return ops.clip_by_norm(rows, max_norm, axes, name=name)


def embedding_lookup_sparse(
    params: TensorLike, sp_ids: SparseTensor, sp_weights: SparseTensor | None = None, partition_strategy: str = "mod",
    name: str | None = None, combiner: str = "mean", max_norm: TensorLike | None = None,
) -> AnyTensor:
    """The rows of params that each row of sp_ids names, combined to one: (rows, size...).

    sp_ids: a SparseTensor of integers, a row without any gives zeros; sp_weights: weights at the same places.
    combiner: "sum", "mean" (by the sum of the weights), "sqrtn" (by the root of the sum of their squares).
    ArgumentError: another combiner, or an id outside [0, numbers).

    >>> import deepkit as dk
    >>> ids = dk.SparseTensor([[0, 0], [0, 1], [1, 0]], dk.tensor([0, 1, 1]), [2, 2])
    >>> dk.ops.embedding_lookup_sparse(dk.tensor([[1.0], [3.0]]), ids).numpy().tolist()
    [[2.0], [3.0]]
    """
    if combiner not in ("sum", "mean", "sqrtn"):
        raise ArgumentError(f"embedding_lookup_sparse: combiner={combiner!r}", rule="'sum', 'mean' or 'sqrtn'")
    with scope(name, "embedding_lookup_sparse", params, sp_ids.values) as full:
        rows = embedding_lookup(params, sp_ids.values, partition_strategy, max_norm=max_norm)
        kind = rows.dtype
        rows = ops.cast(rows, "float32") if kind.name == "float16" else rows
        segments = ops.cast(sp_ids.indices[:, 0], "int32")
        weights = ops.ones_like(segments) if sp_weights is None else sp_weights.values
        weights = ops.reshape(ops.cast(weights, rows.dtype), [-1, *[1] * (len(rows.shape) - 1)])
        whole = {"name": full} if kind is rows.dtype else {}
        found = ops.segment_sum(rows * weights, segments, **(whole if combiner == "sum" else {}))
        if combiner == "mean":
            found = ops.div_no_nan(found, ops.segment_sum(weights, segments), **whole)
        elif combiner == "sqrtn":
            found = ops.div_no_nan(found, ops.sqrt(ops.segment_sum(ops.square(weights), segments)), **whole)
        return found if whole else ops.cast(found, kind, name=full)
