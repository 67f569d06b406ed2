"""Tensors made from nothing but numbers: constants, zeros and ones, identity matrices, marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import apply, convert, is_tensor, scope
from deepkit.core.op import Op, register
from deepkit.core.other_names import shown_as
from deepkit.core.shape import Shape, whole
from deepkit.core.static import static_shape, static_value
from deepkit.core.typing import AnyTensor, Array, ArrayModule, DTypeLike, IntLike, ShapeLike, TensorLike
from deepkit.device.arrays import may_look
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.functions import ops

__all__ = ["eye", "fill", "meshgrid", "one_hot", "ones", "ones_like", "sequence_mask", "zeros", "zeros_like"]


@register
class Const(Op):
    """An array written into the graph."""

    value: Any = None
    is_constant = True
    gradient = None

    def shape(self) -> Shape:
        return Shape.of(self.value.shape)

    def dtype(self) -> DType:
        return as_dtype(self.value.dtype)

    def static_value(self, inputs: Sequence[AnyTensor], known: Callable[[AnyTensor], Any]) -> Any:
        return self.value

    def forward(self, xp: ArrayModule) -> Any:
        return xp.asarray(self.value)

    def bind(self, xp: ArrayModule) -> Any:
        kept = self.forward(xp)  # goes to a GPU once; what a run gets of it there is its own
        return lambda: kept if may_look(xp) else xp.array(kept)

    def key(self) -> Any:
        small = self.value.size <= 16 and self.value.dtype != object
        content = (self.value.dtype.str, self.value.shape, self.value.tobytes()) if small else id(self.value)
        return (Const, content)


@register
class Fill(Op):
    """A tensor of the given shape, every element equal to `value`."""

    static: tuple[int | None, ...] | None = None
    types = ("index", "T")
    host = (0,)

    def shape(self, dims: Shape, value: Shape) -> Shape:
        if value.rank not in (None, 0):
            raise ShapeError(f"fill: the value has shape {value}", rule="one number fills the tensor")
        return Shape(self.static) if self.static is not None else Shape([None] * dims[0] if dims[0] else None)

    def forward(self, xp: ArrayModule, dims: Array, value: Array) -> Any:
        return xp.full(tuple(int(d) for d in dims), value, dtype=value.dtype)

    def gradient(self, dy: AnyTensor, y: AnyTensor, dims: AnyTensor, value: AnyTensor) -> Any:
        return None, ops.reduce_sum(dy)


class Like(Op):
    """Base of the tensors shaped like another one."""

    shape_only = (0,)
    types = ("any",)

    def elementwise(self, *shapes: Shape) -> bool:
        return True

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return None  # a constant, whatever x is


@register
class ZerosLike(Like):
    """Zeros in the shape and type of x."""

    label = "zeros_like"

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return xp.full(x.shape, b"", object) if x.dtype == object else xp.zeros(x.shape, x.dtype)


@register
class OnesLike(Like):
    """Ones in the shape and type of x."""

    label = "ones_like"
    types = ("T",)
    kinds = "bifc"

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return xp.ones(x.shape, x.dtype)


def fill(dims: ShapeLike, value: TensorLike, name: str | None = None) -> AnyTensor:
    """A tensor of shape `dims`, every element equal to `value`.

    dims: (rank,), integers; value: (), any type; result: value's type. ShapeError: a value with axes.

    >>> import deepkit as dk
    >>> dk.fill([2, 2], 9).numpy().tolist()
    [[9, 9], [9, 9]]
    """
    static, dims = static_shape(dims)
    return apply(Fill(static=static), dims, value, name=name)


def zeros(shape: ShapeLike, dtype: DTypeLike = "float32", name: str | None = None) -> AnyTensor:
    """A tensor of zeros (of False, of empty strings).

    shape: a list, or an integer tensor (rank,). ShapeError: a length of None.
    """
    kind = as_dtype(dtype)
    static, dims = static_shape(shape)
    value = np.array(b"" if kind.is_string else 0, dtype=kind.numpy)
    return _filled(static, dims, value, name or "zeros")


def ones(shape: ShapeLike, dtype: DTypeLike = "float32", name: str | None = None) -> AnyTensor:
    """A tensor of ones (of True).

    shape: a list, or an integer tensor (rank,). ShapeError: a length of None.
    """
    static, dims = static_shape(shape)
    return _filled(static, dims, np.array(1, as_dtype(dtype).numpy), name or "ones")


def _filled(static: tuple[int | None, ...] | None, dims: TensorLike, value: np.ndarray, name: str) -> Any:
    """A tensor filled with a known value; a small one of known shape is a constant in TensorFlow."""
    made = apply(Fill(static=static), dims, value, name=name)
    size = made.shape.num_elements()
    return shown_as(made, "Const") if size is not None and size < 1000 else made


def zeros_like(
    tensor: TensorLike, dtype: DTypeLike | None = None, name: str | None = None, optimize: bool = True
) -> AnyTensor:
    """Zeros in the shape of `tensor`, in its type or in `dtype`.

    Its gradient is that of a constant. `optimize` is accepted for old programs.
    """
    x = tensor if dtype is None else ops.cast(tensor, dtype)
    return apply(ZerosLike(), x, name=name)


def ones_like(
    tensor: TensorLike, dtype: DTypeLike | None = None, name: str | None = None, optimize: bool = True
) -> AnyTensor:
    """Ones in the shape of `tensor`, in its type or in `dtype`. DTypeError: texts.

    Its gradient is that of a constant. `optimize` is accepted for old programs.
    """
    x = tensor if dtype is None else ops.cast(tensor, dtype)
    return apply(OnesLike(), x, name=name)


@register
class Eye(Op):
    """Ones on the main diagonal of a matrix, or of each matrix of a batch, zeros elsewhere."""

    label = "eye"
    to: DType = as_dtype("float32")
    static: tuple[int | None, ...] = (None, None)
    types = ("index",)
    gradient = None
    host = (0,)

    def shape(self, dims: Shape) -> Shape:
        return Shape(self.static)

    def dtype(self, dims: DType) -> DType:
        return self.to

    def forward(self, xp: ArrayModule, dims: Array) -> Any:
        *batch, rows, columns = (int(d) for d in dims)
        matrix = xp.eye(rows, columns, dtype=self.to.numpy)
        return xp.broadcast_to(matrix, (*batch, rows, columns)) if batch else matrix


def eye(
    num_rows: IntLike, num_columns: IntLike | None = None, batch_shape: ShapeLike | None = None,
    dtype: DTypeLike = "float32", name: str | None = None,
) -> AnyTensor:
    """The identity matrix, or a batch of them: shape batch_shape + [num_rows, num_columns].

    num_columns: num_rows if None. Result: of dtype.
    ArgumentError: a negative size.
    """
    columns = num_rows if num_columns is None else num_columns
    batch: Any = [] if batch_shape is None else batch_shape
    static, dims = static_shape([*batch, num_rows, columns])
    return apply(Eye(to=as_dtype(dtype), static=static), dims, name=name)


@register
class OneHot(Op):
    """on_value at the place each index names along a new axis of length depth, off_value elsewhere."""

    label = "one_hot"
    axis: int = -1
    static: int | None = None
    types = ("index", "int32", "T", "T")
    host = (1,)

    def shape(self, indices: Shape, depth: Shape, on: Shape, off: Shape) -> Shape:
        self._check(self.static or 0)
        if indices.lengths is None:
            return Shape()
        at = self.axis if self.axis >= 0 else len(indices) + 1 + self.axis
        return Shape.of((*indices.lengths[:at], self.static, *indices.lengths[at:]))

    @staticmethod
    def _check(depth: int) -> None:
        if depth < 0:
            raise ArgumentError(f"one_hot: depth {depth}", rule="how many classes there are: 0 or more")

    def forward(self, xp: ArrayModule, indices: Array, depth: Array, on: Array, off: Array) -> Any:
        self._check(int(depth))
        hit = indices[..., None] == xp.arange(int(depth))
        if self.axis not in (-1, indices.ndim):
            hit = xp.moveaxis(hit, -1, self.axis)
        return xp.where(hit, on, off)

    def gradient(
        self, dy: AnyTensor, y: AnyTensor, indices: AnyTensor, depth: AnyTensor, on: AnyTensor, off: AnyTensor
    ) -> Any:
        hit = one_hot(indices, depth, True, False, self.axis)
        zero = zeros_like(dy)
        return None, None, ops.reduce_sum(ops.where(hit, dy, zero)), ops.reduce_sum(ops.where(hit, zero, dy))


def one_hot(
    indices: TensorLike, depth: IntLike, on_value: TensorLike | None = None, off_value: TensorLike | None = None,
    axis: int | None = None, dtype: DTypeLike | None = None, name: str | None = None,
) -> AnyTensor:
    """Each index as a vector with on_value (1) at that place and off_value (0) elsewhere; outside [0, depth): all off.

    indices: any shape, integer; depth: (); result: indices' shape with an axis of length depth at `axis` (-1: last), of
    the type of on_value and off_value, or dtype (float32).
    DTypeError: indices that are no integers. ArgumentError: a depth below 0.

    >>> import deepkit as dk
    >>> dk.one_hot([2, 0], 3).numpy().tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    known = static_value(depth)
    on, off = 1 if on_value is None else on_value, 0 if off_value is None else off_value
    kind = dtype or _kind_of_marks(on_value, off_value)
    if kind is not None:
        on, off = (v if is_tensor(v) else np.array(v, as_dtype(kind).numpy) for v in (on, off))
    op = OneHot(axis=-1 if axis is None else whole(axis), static=None if known is None else whole(known))
    return apply(op, indices, depth, on, off, name=name)


def _kind_of_marks(on: TensorLike | None, off: TensorLike | None) -> Any:
    """The type that one of the values has, float32 if neither is given; None if they are literals, which say it later."""
    if on is None and off is None:
        return "float32"
    return next((value.dtype for value in (on, off) if value is not None and hasattr(value, "dtype")), None)


def sequence_mask(
    lengths: TensorLike, maxlen: TensorLike | None = None, dtype: DTypeLike = "bool", name: str | None = None
) -> AnyTensor:
    """Row i is True in its first lengths[i] places: shape lengths.shape + [maxlen] (the largest length if None).

    lengths: any shape, integer; result: bool, or dtype.
    DTypeError: lengths that are no integers. ShapeError: a maxlen of several numbers.
    """
    with scope(name, "SequenceMask", lengths):
        lengths = convert(lengths, beside=maxlen)
        longest: Any = ops.maximum(ops.reduce_max(lengths), 0) if maxlen is None else maxlen
        if np.ndim(longest) if not is_tensor(longest) else longest.shape.rank:
            raise ShapeError(f"sequence_mask: maxlen is {longest!r}", rule="it is one number: how long each row is")
        row = ops.range(longest)
        mask = ops.less(row, ops.expand_dims(ops.cast(lengths, row.dtype), -1))
        return mask if as_dtype(dtype).is_bool else ops.cast(mask, dtype)


def meshgrid(*args: TensorLike, indexing: str = "xy", name: str | None = None) -> list[AnyTensor]:
    """Coordinate grids of vectors: for x of length n and y of length m, two tensors of shape (m, n) ("ij": (n, m)).

    Of k vectors: k tensors with k axes each. ArgumentError: an indexing that is neither of the two.
    """
    if indexing not in ("xy", "ij"):
        raise ArgumentError(f"meshgrid: indexing {indexing!r}", hint='"xy" (columns first) or "ij" (rows first)')
    rank = len(args)
    axes: list[int] = np.arange(rank).tolist()
    if indexing == "xy" and rank >= 2:
        axes[0], axes[1] = 1, 0
    vectors = [
        ops.reshape(a, [-1 if i == axis else 1 for i in np.arange(rank)]) for a, axis in zip(args, axes, strict=True)
    ]
    return [_stretched(v, vectors) for v in vectors]


def _stretched(vector: Array, others: list[Any]) -> Any:
    for other in others:
        vector = vector + zeros_like(other, vector.dtype)
    return vector
