"""Places in arrays: positions of flat indices, and rows gathered batch by batch."""

from __future__ import annotations

import math
from typing import Any

from deepkit.core.apply import apply, convert
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, IntsLike, TensorLike
from deepkit.device.arrays import may_look
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.functions import ops

__all__ = ["batch_gather", "unravel_index"]


def spots(xp: ArrayModule, x: Array, indices: Array) -> tuple[Array, Any]:
    """x itself and the key of its elements or slices at full positions; a position of no numbers means all of x."""
    if indices.shape[-1]:
        return x, tuple(xp.moveaxis(indices, -1, 0))
    return x[None], (xp.zeros(indices.shape[:-1], int),)


@register
class UnravelIndex(Op):
    """The positions of flat indices in an array of the shape that the second input gives: one axis in each row."""

    types = ("index", "index")
    gradient = None
    host = (1,)

    def shape(self, indices: Shape, dims: Shape) -> Shape:
        if indices.rank not in (0, 1, None) or dims.rank not in (1, None):
            raise ShapeError(f"unravel_index of {indices} in {dims}", rule="a number or a vector; and a shape")
        return dims + indices

    def forward(self, xp: ArrayModule, indices: Array, dims: Array) -> Any:
        shape = tuple(int(d) for d in dims)
        total = math.prod(shape)
        if may_look(xp) and indices.size and not bool(((indices >= 0) & (indices < total)).all()):
            raise ArgumentError(f"unravel_index: an index outside [0, {total})", rule=f"the places of shape {Shape(shape)}")
        return xp.stack(xp.unravel_index(indices, shape)).astype(indices.dtype)


def unravel_index(indices: TensorLike, dims: IntsLike, name: str | None = None) -> AnyTensor:
    """The positions of flat indices, (n,) or one, in an array of shape dims: (axes, n), or (axes,).

    ArgumentError: an index outside the array.

    >>> import deepkit as dk
    >>> dk.ops.unravel_index([2, 5], [3, 3]).numpy().tolist()
    [[0, 1], [2, 2]]
    """
    return apply(UnravelIndex(), indices, dims, name=name)


def batch_gather(params: TensorLike, indices: TensorLike, name: str | None = None) -> AnyTensor:
    """For each batch the rows of params (batch..., rows, rest...) that indices (batch..., n) name: (batch..., n, rest...).

    ArgumentError: an index outside [0, rows). ShapeError: indices of unknown rank, or another batch.
    """
    places = convert(indices, beside=params)
    if not places.shape.rank:
        raise ShapeError(f"batch_gather: indices of shape {places.shape}", rule="one axis at least")
    axis = places.shape.rank - 1
    return ops.gather(params, places, axis=axis, batch_dims=axis, name=name)
