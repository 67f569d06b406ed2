"""Diagonals of matrices and tensors, and what lies near them; leading axes are batches of matrices."""

from __future__ import annotations

import math
from typing import Any

from deepkit.core.apply import apply, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import UNKNOWN, Shape, whole
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.errors import ShapeError
from deepkit.ops.define import binary, unary
from deepkit.ops.functions import ops

__all__ = [
    "diag", "diag_part", "matrix_band_part", "matrix_diag", "matrix_diag_part", "matrix_set_diag", "trace",
]


@register
class MatrixDiag(Op):
    """Square matrices with the last axis of x on the diagonal, zeros elsewhere.

    x: (..., n); result: (..., n, n), of the same type. ShapeError: a single number.
    """

    def shape(self, x: Shape) -> Shape:
        dims = x.with_rank_at_least(1).lengths
        return UNKNOWN if dims is None else Shape.of((*dims, dims[-1]))

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        n = x.shape[-1]
        y = xp.zeros((*x.shape, n), x.dtype)
        y[..., xp.arange(n), xp.arange(n)] = x
        return y

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return matrix_diag_part(dy)


@register
class MatrixDiagPart(Op):
    """The main diagonal of each matrix.

    x: (..., m, n); result: (..., min(m, n)), of the same type. ShapeError: fewer than two axes.
    """

    def shape(self, x: Shape) -> Shape:
        dims = x.with_rank_at_least(2).lengths
        if dims is None:
            return UNKNOWN
        rows, columns = dims[-2:]
        return Shape.of((*dims[:-2], None if rows is None or columns is None else min(rows, columns)))

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return xp.ascontiguousarray(xp.diagonal(x, axis1=-2, axis2=-1))

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return apply(DiagonalLike(), dy, x)


@register
class DiagonalLike(Op):
    """Zeros in the shape of `like`, with x on the main diagonals."""

    types = ("T", "any")
    shape_only = (1,)

    def shape(self, x: Shape, like: Shape) -> Shape:
        return like

    def forward(self, xp: ArrayModule, x: Array, like: Array) -> Any:
        y = xp.zeros(like.shape, x.dtype)
        n = xp.arange(x.shape[-1])
        y[..., n, n] = x
        return y

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, like: AnyTensor) -> Any:
        return matrix_diag_part(dy), None


matrix_diag = unary(MatrixDiag, "matrix_diag")
matrix_diag_part = unary(MatrixDiagPart, "matrix_diag_part")


@register
class MatrixSetDiag(Op):
    """Each matrix x with its main diagonal replaced by the last axis of `diagonal`.

    x: (..., m, n), y: (..., min(m, n)), one type; result: x's shape and type. ShapeError: a diagonal of another length.
    """

    def shape(self, x: Shape, diagonal: Shape) -> Shape:
        if x.lengths is not None:
            if len(x) < 2:
                raise ShapeError(f"matrix_set_diag of a tensor of shape {x}", rule="a matrix has two axes")
            rows, columns = x.lengths[-2:]
            length = None if rows is None or columns is None else min(rows, columns)
            if not diagonal.is_compatible_with([*x.lengths[:-2], length]):
                raise ShapeError(
                    f"matrix_set_diag: a diagonal of shape {diagonal} for matrices {x}",
                    rule="matrices (..., m, n) have diagonals (..., min(m, n))",
                )
        return x

    def forward(self, xp: ArrayModule, x: Array, diagonal: Array) -> Any:
        y = x.copy()
        n = xp.arange(diagonal.shape[-1])
        y[..., n, n] = diagonal
        return y

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, diagonal: AnyTensor) -> Any:
        return matrix_set_diag(dy, ops.zeros_like(diagonal)), matrix_diag_part(dy)


matrix_set_diag = binary(MatrixSetDiag, "matrix_set_diag")


@register
class Diag(Op):
    """A tensor with `x` where the first half of the indices equals the second, zeros elsewhere.

    x: (d1, ..., dk), any type; result: (d1, ..., dk, d1, ..., dk), of the same type. ShapeError: a single number.

    >>> import deepkit as dk
    >>> dk.diag([1, 2]).numpy().tolist()
    [[1, 0], [0, 2]]
    """

    def shape(self, x: Shape) -> Shape:
        dims = x.with_rank_at_least(1).lengths
        return UNKNOWN if dims is None else Shape.of(dims + dims)

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return xp.diag(x.ravel()).reshape(x.shape + x.shape)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return diag_part(dy)


@register
class DiagPart(Op):
    """The entries of a tensor where the first half of the indices equals the second.

    x: (d1, ..., dk, d1, ..., dk), any type; result: (d1, ..., dk), of the same type. ShapeError: the second half of the
    shape differs from the first, or no axes.
    """

    def shape(self, x: Shape) -> Shape:
        if x.lengths is None:
            return UNKNOWN
        half, odd = divmod(len(x), 2)
        if odd or not half or not x[:half].is_compatible_with(x[half:]):
            raise ShapeError(
                f"diag_part of a tensor of shape {x}", rule="the second half of the shape repeats the first",
                hint="matrix_diag_part takes the diagonals of a batch of matrices, square or not",
            )
        return x[:half].merge(x[half:])

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        lengths = x.shape[: x.ndim // 2]
        self.shape(Shape(x.shape))  # of unknown rank, it is judged here
        n = math.prod(lengths)
        return xp.diagonal(x.reshape(n, n)).reshape(lengths).copy()

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return diag(dy)


diag = unary(Diag, "diag")
diag_part = unary(DiagPart, "diag_part")


@register
class MatrixBandPart(Op):
    """Each matrix with everything outside a band around the diagonal set to 0."""

    lower: int = -1
    upper: int = -1

    def shape(self, x: Shape) -> Shape:
        return x.with_rank_at_least(2)

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        distance = xp.arange(x.shape[-1])[None, :] - xp.arange(x.shape[-2])[:, None]
        keep = xp.ones(distance.shape, bool)
        if self.lower >= 0:
            keep &= distance >= -self.lower
        if self.upper >= 0:
            keep &= distance <= self.upper
        return xp.where(keep, x, xp.zeros((), x.dtype))

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return apply(MatrixBandPart(lower=self.lower, upper=self.upper), dy)


def matrix_band_part(input: TensorLike, num_lower: int, num_upper: int, name: str | None = None) -> AnyTensor:
    """Each matrix with only num_lower diagonals below and num_upper above the main one kept; -1 keeps all.

    input: (..., m, n), any type; result: the same shape and type, zeros elsewhere.
    ShapeError: fewer than two axes.
    """
    return apply(MatrixBandPart(lower=whole(num_lower), upper=whole(num_upper)), input, name=name)


def trace(x: TensorLike, name: str | None = None) -> AnyTensor:
    """The sum of the main diagonal of each matrix.

    x: (..., m, n), integer, float or complex; result: (...), of the same type.
    ShapeError: fewer than two axes. DTypeError: texts.
    """
    with scope(name, "Trace", x) as full:
        return ops.reduce_sum(matrix_diag_part(x), -1, name=full)
