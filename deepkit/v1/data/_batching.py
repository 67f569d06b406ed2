"""The form that elements have as rows, in batches, and filled up to one shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepkit.core.shape import Shape
from deepkit.core.symbol import Symbol
from deepkit.errors import ShapeError
from deepkit.ops.input.iteration import Pass
from deepkit.v1.data._elements import Part, SparseParts, is_sparse, map_components


def row_of(element: Any) -> Any:
    """The form of the rows of an element."""
    return map_components(lambda p: _sparse(p, -1) if is_sparse(p) else Part(p.dtype, p.shape[1:]), element)


def batch_of(element: Any, rows: int | None) -> Any:
    """The form of several elements as one."""
    return map_components(lambda p: _sparse(p, 1) if is_sparse(p) else Part(p.dtype, _longer(rows, p.shape)), element)


def _sparse(parts: SparseParts, more: int) -> SparseParts:
    rank = parts.shape.rank
    return SparseParts.of(parts.dtype, None if rank is None else rank + more)


def _longer(rows: int | None, shape: Shape) -> Shape:
    return Shape(None) if shape.lengths is None else Shape((rows, *shape.lengths))


def padded_shape(wanted: Any, shape: Shape) -> tuple[int | None, ...]:
    """The dimensions that an element is filled up to, None for those that follow from the batch. ShapeError where an
    element has another number of axes. Of a tensor only that number is known.
    """
    if isinstance(wanted, Symbol):
        wanted = [None] * int((wanted.shape.lengths or (len(shape.as_list()),))[0] or len(shape.as_list()))
    full = _open(wanted, shape)
    if shape.lengths is not None and len(shape.lengths) != len(full):
        raise ShapeError(
            f"padded_batch: an element of shape {shape} cannot get the shape {Shape(full)}",
            rule="padding makes axes longer, it adds none", hint=f"padded_shapes={[None] * len(shape.lengths)}",
        )
    return full


def _open(padded: Any, shape: Shape) -> tuple[int | None, ...]:
    """The dimensions that an element is filled up to; None for those that follow from the batch."""
    dims = padded.lengths if isinstance(padded, Shape) else padded
    if dims is None:
        dims = [None] * len(shape.as_list())
    return tuple(None if d is None or d == -1 else int(d) for d in dims)


def shapes_in_pass(wanted: Sequence[Any], full: Sequence[Any], go: Pass) -> list[Any]:
    """The shapes that elements are filled up to, in a pass: those that tensors give are known there."""
    return [
        tuple(None if d < 0 else int(d) for d in go.values[s]) if isinstance(s, Symbol) else known
        for s, known in zip(wanted, full, strict=True)
    ]


def fillers_in_pass(fillers: Sequence[Symbol | None], go: Pass) -> list[Any]:
    """What elements are filled up with, in a pass."""
    return [0 if x is None else go.values[x][()] for x in fillers]
