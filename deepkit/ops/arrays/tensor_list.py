"""A list of equal tensors that a loop fills entry by entry: kept as one tensor whose first axis counts the entries."""

from __future__ import annotations

from typing import Any

from deepkit.core.apply import apply
from deepkit.core.op import Op, register
from deepkit.core.shape import UNKNOWN, Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, IntsLike, TensorLike
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.functions import ops

__all__ = ["list_write"]


@register
class ListWrite(Op):
    """The list with `value` at place `index`; entries that nobody has written are zero.

    The list is a tensor (size, ...), or the empty vector (0,) as long as nothing was written: what an entry looks like is
    then not known yet.
    """

    growing: bool = False
    types = ("T", "index", "T", "index")
    host = (1, 3)

    def shape(self, entries: Shape, index: Shape, value: Shape, size: Shape) -> Shape:
        return UNKNOWN if value.lengths is None else Shape.of((None, *value.lengths))

    def forward(self, xp: ArrayModule, entries: Array, index: Array, value: Array, size: Array) -> Any:
        i, n = int(index), max(int(size), len(entries))
        if not 0 <= i < n and not (self.growing and i >= 0):
            raise ArgumentError(
                f"TensorArray: write at {i}", rule=f"0 <= index < size, which is {n}",
                hint="TensorArray(dtype, size=0, dynamic_size=True) grows",
            )
        written = entries.ndim == value.ndim + 1 and entries.size > 0
        if written and entries.shape[1:] != value.shape:
            raise ShapeError(
                f"TensorArray: an entry of shape {Shape(value.shape)}",
                rule=f"all entries have one shape: {Shape(entries.shape[1:])}",
            )
        y = xp.zeros((max(n, i + 1), *value.shape), value.dtype)
        if written:
            y[: len(entries)] = entries
        y[i] = value
        return y

    def gradient(
        self, dy: AnyTensor, y: AnyTensor, entries: AnyTensor, index: AnyTensor, value: AnyTensor, size: AnyTensor
    ) -> Any:
        return apply(ListWriteGrad(), dy, entries, index), None, ops.gather(dy, index), None


@register
class ListWriteGrad(Op):
    """dy without the entry at `index`, in the shape of `entries`."""

    types = ("T", "any", "index")
    shape_only = (1,)
    host = (2,)

    def shape(self, dy: Shape, entries: Shape, index: Shape) -> Shape:
        return entries

    def forward(self, xp: ArrayModule, dy: Array, entries: Array, index: Array) -> Any:
        dx = xp.zeros(entries.shape, dy.dtype)
        if entries.ndim == dy.ndim and entries.size:
            dx[...] = dy[: len(dx)]
            if int(index) < len(dx):
                dx[int(index)] = 0
        return dx

    def gradient(self, ddx: AnyTensor, dx: AnyTensor, dy: AnyTensor, entries: AnyTensor, index: AnyTensor) -> Any:
        zero = ops.zeros_like(ops.gather(dy, index))
        return apply(ListWrite(growing=True), ddx, index, zero, ops.shape(dy)[0]), None, None


def list_write(
    entries: TensorLike, index: TensorLike, value: TensorLike, size: IntsLike, growing: bool = False
) -> AnyTensor:
    """The list of tensors `entries` with `value` at place `index`; see ListWrite.

    entries: (size, ...), or (0,) as long as nothing was written; index, size: (); value: (...). ArgumentError: an index
    outside [0, size), unless growing. ShapeError: a value of another shape than the entries.
    """
    return apply(ListWrite(growing=growing), entries, index, value, size)
