"""Values written to chosen rows or positions: of a variable, or of a copy of a tensor."""

from __future__ import annotations

from typing import Any, Protocol

from deepkit.core.apply import apply, convert, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.device.arrays import scatter, xp_of
from deepkit.errors import ShapeError
from deepkit.ops.arrays.gathering import check_indices
from deepkit.ops.arrays.places import spots
from deepkit.ops.define import named
from deepkit.ops.functions import ops

__all__ = [
    "batch_scatter_update", "scatter_add", "scatter_div", "scatter_max", "scatter_min", "scatter_mul", "scatter_nd_add",
    "scatter_nd_sub", "scatter_nd_update", "scatter_sub", "scatter_update", "tensor_scatter_nd_add",
    "tensor_scatter_nd_max", "tensor_scatter_nd_min", "tensor_scatter_nd_sub", "tensor_scatter_nd_update",
]

HOWS = ("update", "add", "sub", "mul", "div", "min", "max")
_SHAPES = """
    indices: any shape; updates: indices.shape + ref.shape[1:], or one number; result: ref's shape.
    ShapeError: updates of another shape. ArgumentError: an index outside [0, rows).
    """
_SHAPES_ND = """
    indices: (..., k), one position in the first k axes of x each; updates: indices.shape[:-1] + x.shape[k:], or one number;
    result: x's shape. ShapeError: updates of another shape. ArgumentError: an index out of range.
    """
_UFUNCS = {"add": "add", "mul": "multiply", "min": "minimum", "max": "maximum"}


class Scattering(Op):
    """Base: `updates` meet the numbers that stand at `indices`; of several for one place all count, or the last one.

    With `nd` the last axis of indices holds one position, else each index names a row. Updates may be a single number.
    """

    how: str = "update"
    nd: bool = False
    types = ("T", "index", "T")

    def shape(self, x: Shape, indices: Shape, updates: Shape) -> Shape:
        if x.lengths is not None and indices.lengths is not None and (not self.nd or indices.lengths[-1] is not None):
            expected = indices[:-1] + x[indices.lengths[-1] :] if self.nd else indices + x[1:]  # type: ignore[misc]
            if updates.rank != 0 and not updates.is_compatible_with(expected):
                raise ShapeError(
                    f"updates of shape {updates} for indices {indices} into {x}",
                    rule="updates: indices.shape[:-1] + x.shape[indices.shape[-1]:]" if self.nd
                    else "updates: indices.shape + x.shape[1:], or one number",
                )
        return x

    def written(self, x: Array, indices: Array, updates: Array) -> Any:
        """The array x itself, after its change."""
        xp = xp_of(x)
        columns = indices.shape[-1] if self.nd else 1
        for axis in range(columns):
            check_indices(xp, indices[..., axis] if self.nd else indices, x.shape[axis], f"scatter_{self.how}")
        part, at = spots(xp, x, indices) if self.nd else (x, indices)
        if self.how == "update":
            part[at] = updates
        elif self.how == "div":
            scatter("floor_divide" if x.dtype.kind in "iu" else "divide", part, at, updates)
        elif self.how == "sub":
            scatter("add", part, at, -updates)
        else:
            scatter(_UFUNCS[self.how], part, at, updates)
        return x

    def forward(self, xp: ArrayModule, x: Array, indices: Array, updates: Array) -> Any:
        return self.written(xp.array(x), indices, updates)


@register
class ScatterRef(Scattering):
    """Changes rows or positions of a variable (input 0)."""

    writes = (0,)
    gradient = None

    def inplace(self, x: Array, indices: Array, updates: Array) -> Any:
        return self.written(x, indices, updates)


@register
class TensorScatter(Scattering):
    """A copy of x with some rows or positions changed: update, add, sub, min or max."""

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, indices: AnyTensor, updates: AnyTensor) -> Any:
        picked = ops.gather_nd(dy, indices)
        if self.how == "add":
            return dy, None, picked
        if self.how == "sub":
            return dy, None, -picked
        if self.how == "update":
            cleared = apply(TensorScatter(how="update", nd=True), dy, indices, ops.zeros_like(updates))
            return cleared, None, picked
        # of a minimum or maximum: those that reached it, in equal parts
        best = ops.gather_nd(y, indices)
        mine = ops.cast(ops.equal(updates, best), dy.dtype)
        own = ops.cast(ops.equal(x, y), dy.dtype)
        count = apply(TensorScatter(how="add", nd=True), own, indices, mine)
        share = dy / ops.maximum(count, 1)
        return share * own, None, ops.gather_nd(share, indices) * mine


class OnVariable(Protocol):
    """A public function that changes places of a variable."""

    def __call__(
        self, ref: TensorLike, indices: TensorLike, updates: TensorLike, use_locking: bool = False,
        name: str | None = None,
    ) -> AnyTensor: ...


class OnTensor(Protocol):
    """A public function that changes places of a copy of a tensor."""

    def __call__(
        self, tensor: TensorLike, indices: TensorLike, updates: TensorLike, name: str | None = None
    ) -> AnyTensor: ...


def on_variable(how: str, nd: bool = False) -> OnVariable:
    """The public function scatter_`how`, or scatter_nd_`how`, of a variable."""
    name = f"scatter_{'nd_' if nd else ''}{how}"
    label = "Scatter" + ("Nd" if nd else "") + how.capitalize()

    def function(
        ref: TensorLike, indices: TensorLike, updates: TensorLike, use_locking: bool = False, name: str | None = None
    ) -> AnyTensor:
        return apply(ScatterRef(how=how, nd=nd), ref, indices, updates, name=name or label)

    verb = {"update": "become", "add": "grow by", "sub": "shrink by", "mul": "are multiplied by", "div": "are divided by",
            "min": "become at most", "max": "become at least"}[how]
    where = "positions" if nd else "rows"
    doc = f"""When run, the {where} of a variable that `indices` name {verb} `updates`; its new value.
{_SHAPES_ND if nd else _SHAPES}"""
    return named(function, name, doc)


scatter_update, scatter_add, scatter_sub, scatter_mul, scatter_div, scatter_min, scatter_max = map(on_variable, HOWS)
scatter_nd_update, scatter_nd_add, scatter_nd_sub = (on_variable(how, True) for how in HOWS[:3])


def batch_scatter_update(
    ref: TensorLike, indices: TensorLike, updates: TensorLike, use_locking: bool = True, name: str | None = None
) -> AnyTensor:
    """When run, rows of each part of a batch of tables in a variable become `updates`; its new value.

    ref: (b1, ..., bk, rows, ...); indices: (b1, ..., bk, n), a known number of axes: they count rows of their own table;
    updates: indices.shape + ref.shape[k + 1:]. ShapeError: updates of another shape. ArgumentError: an index out of range.
    """
    with scope(name, "batch_scatter_update", ref, indices, updates):
        indices = convert(indices, beside=ref)
        lengths, rank = ops.shape(indices, out_type=indices.dtype), len(indices.shape)
        places = [
            ops.reshape(ops.range(lengths[axis]), [-1 if i == axis else 1 for i in range(rank)]) + ops.zeros_like(indices)
            for axis in range(rank - 1)
        ]
        return scatter_nd_update(ref, ops.stack([*places, indices], -1), updates)


def on_tensor(how: str) -> OnTensor:
    """The public function tensor_scatter_nd_`how`."""

    def function(tensor: TensorLike, indices: TensorLike, updates: TensorLike, name: str | None = None) -> AnyTensor:
        label = name or f"TensorScatter{how.capitalize()}"
        return apply(TensorScatter(how=how, nd=True), tensor, indices, updates, name=label)

    doc = f"A copy of the tensor with `updates` at the positions `indices` name ({how}).\n{_SHAPES_ND}"
    return named(function, f"tensor_scatter_nd_{how}", doc)


tensor_scatter_nd_update, tensor_scatter_nd_add, tensor_scatter_nd_sub, tensor_scatter_nd_min, tensor_scatter_nd_max = (
    on_tensor(how) for how in ("update", "add", "sub", "min", "max")
)
