"""Determinants of square matrices, and their logarithms; leading axes are batches of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from deepkit.core.apply import apply, convert, scope
from deepkit.core.op import register
from deepkit.core.shape import UNKNOWN, Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.ops.define import unary
from deepkit.ops.functions import ops
from deepkit.ops.math.linalg import MatrixInverse, SquareMatrices

__all__ = ["logdet", "matrix_determinant", "slogdet"]


def _batch_of(x: Shape) -> Shape:
    return UNKNOWN if x.lengths is None else Shape.of(x.lengths[:-2])


def _on_matrices(scale: AnyTensor) -> Any:
    return ops.expand_dims(ops.expand_dims(scale, -1), -1)


@register
class MatrixDeterminant(SquareMatrices):
    """The determinant of each square matrix. d det A = det A tr(A^-1 dA).

    x: (..., n, n), float or complex; result: (...), of the same type. ShapeError: no square matrices. DTypeError: another
    type.
    """

    def shape(self, x: Shape) -> Shape:
        return _batch_of(self._square(x, "determinant"))

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        return xp.linalg.det(x).astype(x.dtype)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        return _on_matrices(dy * ops.conj_if_complex(y)) * apply(MatrixInverse(adjoint=True), x)


matrix_determinant = unary(MatrixDeterminant, "matrix_determinant")


@register
class LogMatrixDeterminant(SquareMatrices):
    """The sign of each determinant and the logarithm of its size, which neither over- nor underflows.

    d log |det A| = tr(A^-1 dA); the sign, a unit number where A is complex, counts as constant.
    """

    def shape(self, x: Shape) -> Any:
        batch = _batch_of(self._square(x, "slogdet"))
        return batch, batch

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        sign, size = xp.linalg.slogdet(x)
        return sign.astype(x.dtype), size.astype(x.dtype)

    def gradient(self, dys: Sequence[AnyTensor], ys: Sequence[AnyTensor], x: AnyTensor) -> Any:
        return _on_matrices(dys[1]) * apply(MatrixInverse(adjoint=True), x)


class SignAndLogarithm(NamedTuple):
    """A determinant as sign * exp(log_abs_determinant)."""

    sign: Any
    log_abs_determinant: Any


def slogdet(input: TensorLike, name: str | None = None) -> SignAndLogarithm:
    """The sign of each determinant and the logarithm of its absolute value.

    input: (..., n, n), float or complex; results: (...), of the same type; of a singular matrix 0 and -inf. ShapeError: a
    matrix that is not square. DTypeError: another type.

    >>> import deepkit as dk
    >>> [float(part) for part in dk.slogdet([[0.0, 1.0], [1.0, 0.0]])]
    [-1.0, 0.0]
    """
    return SignAndLogarithm(*apply(LogMatrixDeterminant(), input, name=name))


def logdet(matrix: TensorLike, name: str | None = None) -> AnyTensor:
    """The logarithm of the determinant of Hermitian positive definite matrices: 2 sum log diag L of A = L L^H.

    matrix: (..., n, n), float or complex; result: (...), real. ShapeError: a matrix that is not square. NumericsError: one
    that is not positive definite.
    """
    with scope(name, "logdet", matrix) as full:
        diagonal = ops.matrix_diag_part(ops.cholesky(convert(matrix)))
        logs = ops.log(ops.real(diagonal) if diagonal.dtype.is_complex else diagonal)
        return ops.multiply(2.0, ops.reduce_sum(logs, -1), name=full)
