"""Matrix decompositions (Cholesky, QR, eigenvalues) and the solvers built on them; for singular values see singular_values.

Leading axes are batches of matrices; A^H is the conjugate transpose. Where a formula divides by a difference that is 0
(equal eigenvalues, equal singular values), the quotient is taken as 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from deepkit.core.apply import apply, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import UNKNOWN, Shape, broadcast
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.device.arrays import linalg_of, may_look
from deepkit.errors import GradientError, NumericsError, ShapeError
from deepkit.ops.define import unary
from deepkit.ops.functions import ops
from deepkit.ops.math.linalg import SquareMatrices, matmul, transpose_last

__all__ = ["cholesky", "cholesky_solve", "matrix_triangular_solve", "qr", "self_adjoint_eig", "self_adjoint_eigvals"]


def _adjoint(x: AnyTensor) -> Any:
    return transpose_last(x, conjugate=True)


def _columns(x: AnyTensor, start: int | None, stop: int | None) -> Any:
    return x[..., start:stop]


def _matrix_dims(x: Shape, what: str) -> tuple[tuple[int | None, ...], int | None, int | None]:
    """(batch, rows, columns) of a shape of known rank."""
    dims = x.lengths or ()
    if len(dims) < 2:
        raise ShapeError(f"{what} of a tensor of shape {x}", rule="a matrix has two axes: at least rank 2")
    return dims[:-2], dims[-2], dims[-1]


def _smaller(m: int | None, n: int | None) -> int | None:
    return None if m is None or n is None else min(m, n)


def _half_lower(x: AnyTensor) -> Any:
    """The lower triangle of x with its diagonal halved: plus its adjoint it is a Hermitian matrix."""
    return ops.matrix_set_diag(ops.matrix_band_part(x, -1, 0), ops.matrix_diag_part(x) * 0.5)


def _safe_inverse(x: AnyTensor) -> Any:
    """1 / x, and 0 where x is 0."""
    zero = ops.equal(x, ops.zeros_like(x))
    return ops.where(zero, ops.zeros_like(x), ops.reciprocal(ops.where(zero, ops.ones_like(x), x)))


def _inverse_gaps(values: AnyTensor) -> Any:
    """F with F[i, j] = 1 / (values[j] - values[i]), and 0 on the diagonal."""
    return _safe_inverse(ops.expand_dims(values, -2) - ops.expand_dims(values, -1))


@register
class Cholesky(SquareMatrices):
    """The lower triangular L with A = L L^H, of a positive definite A; only the lower triangle of A is read.

    The derivative is taken among symmetric matrices: dA = L^-H Phi(L^H dL) L^-1, symmetrized, where Phi keeps the
    lower triangle and halves the diagonal. Source: I. Murray, arXiv:1602.07527.
    x: (..., n, n), float or complex; result: the same shape and type. ShapeError: no square matrices. NumericsError: a
    matrix that is not positive definite. DTypeError: another type.
    """

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        try:
            y = xp.linalg.cholesky(x)
        except xp.linalg.LinAlgError as error:
            raise NumericsError(
                "cholesky: the matrix is not positive definite",
                rule="A = L L^H exists only if A is symmetric and all its eigenvalues are above 0",
                hint="add a small number to the diagonal, and check that the matrix is symmetric",
            ) from error
        return y

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        middle = _half_lower(matmul(y, dy, adjoint_a=True))
        left = matrix_triangular_solve(y, middle, adjoint=True)  # L^-H middle
        dx = _adjoint(matrix_triangular_solve(y, _adjoint(left), adjoint=True))
        return (dx + _adjoint(dx)) * 0.5


cholesky = unary(Cholesky, "cholesky")


@register
class MatrixTriangularSolve(SquareMatrices):
    """x with a x = b, where a is a lower (or upper) triangular matrix; the other triangle is not read.

    With adjoint, a^H x = b. Batches broadcast.
    """

    lower: bool = True
    adjoint: bool = False

    def shape(self, a: Shape, b: Shape) -> Shape:
        self._square(a, "matrix_triangular_solve")
        if a.lengths is None or b.lengths is None:
            return UNKNOWN
        batch, rows, columns = _matrix_dims(b, "matrix_triangular_solve: right-hand side")
        if not Shape.of(a.lengths[-1:]).is_compatible_with([rows]):
            raise ShapeError(f"matrix_triangular_solve: a has shape {a}, b {b}", rule="a (..., n, n) and b (..., n, k)")
        return broadcast(a[:-2], Shape.of(batch)).concatenate([rows, columns])

    def forward(self, xp: ArrayModule, a: Array, b: Array) -> Any:
        if may_look(xp) and bool((xp.diagonal(a, axis1=-2, axis2=-1) == 0).any()):
            raise NumericsError(
                "matrix_triangular_solve: the matrix is singular",
                rule="a triangular matrix can be inverted only if no element of its diagonal is 0",
            )
        if a.ndim == b.ndim == 2 and a.size and b.size:
            solve = linalg_of(xp).solve_triangular
            return solve(a, b, lower=self.lower, trans=2 if self.adjoint else 0, check_finite=False).astype(b.dtype)
        return self._substitute(xp, xp.conj(a).swapaxes(-1, -2) if self.adjoint else a, b)

    def _substitute(self, xp: ArrayModule, a: Array, b: Array) -> Any:
        """Row after row, for all matrices of the batch at once: x_i = (b_i - sum_j a_ij x_j) / a_ii."""
        batch = xp.broadcast(a[..., 0, 0], b[..., 0, 0]).shape if a.size and b.size else None
        if batch is None:
            return xp.zeros((*broadcast(Shape(a.shape[:-2]), Shape(b.shape[:-2])).as_list(), *b.shape[-2:]), b.dtype)
        x = xp.zeros((*batch, *b.shape[-2:]), b.dtype)
        n = b.shape[-2]
        forward = self.lower != self.adjoint
        for i in range(n) if forward else range(n - 1, -1, -1):
            done = slice(0, i) if forward else slice(i + 1, n)
            known = xp.matmul(a[..., i : i + 1, done], x[..., done, :])[..., 0, :]
            x[..., i, :] = (b[..., i, :] - known) / a[..., i, i, None]
        return x

    def gradient(self, dy: AnyTensor, y: AnyTensor, a: AnyTensor, b: AnyTensor) -> Any:
        db = matrix_triangular_solve(a, dy, self.lower, not self.adjoint)
        da = -matmul(y, db, adjoint_b=True) if self.adjoint else -matmul(db, y, adjoint_b=True)
        da = ops.matrix_band_part(da, *((-1, 0) if self.lower else (0, -1)))
        return ops.sum_like(da, a), ops.sum_like(db, b)


def matrix_triangular_solve(
    matrix: TensorLike, rhs: TensorLike, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> AnyTensor:
    """The x with matrix @ x = rhs for a triangular matrix: (..., n, n) and (..., n, k) give (..., n, k).

    float or complex; batches broadcast. With lower=False the matrix is an upper triangle; adjoint solves matrix^H x =
    rhs. ShapeError: sizes that do not fit. NumericsError: a 0 on the diagonal.
    """
    return apply(MatrixTriangularSolve(lower=lower, adjoint=adjoint), matrix, rhs, name=name)


def cholesky_solve(chol: TensorLike, rhs: TensorLike, name: str | None = None) -> AnyTensor:
    """The x with A @ x = rhs, where chol = cholesky(A): two triangular systems, L y = rhs and L^H x = y.

    chol: (..., n, n), lower triangular; rhs: (..., n, k); result: (..., n, k). ShapeError: sizes that do not fit.
    NumericsError: a 0 on the diagonal.

    >>> import deepkit as dk
    >>> dk.cholesky_solve(dk.cholesky([[4.0]]), [[2.0]]).item()
    0.5
    """
    with scope(name, "cholesky_solve", chol, rhs) as full:
        return matrix_triangular_solve(chol, matrix_triangular_solve(chol, rhs), adjoint=True, name=full)


@register
class Qr(Op):
    """Q with orthonormal columns and R upper triangular, A = Q R; with full_matrices Q is square.

    The derivative follows S. Walter and L. Lehmann, arXiv:1009.6112; where A has more columns than rows, its first
    columns A1 = Q R1 are differentiated so, and the others are Q R2.
    """

    full_matrices: bool = False
    kinds = "fc"
    half = False

    def shape(self, x: Shape) -> Any:
        if x.lengths is None:
            return UNKNOWN, UNKNOWN
        batch, m, n = _matrix_dims(x, "qr")
        k = m if self.full_matrices else _smaller(m, n)
        return Shape.of((*batch, m, k)), Shape.of((*batch, k, n))

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        q, r = xp.linalg.qr(x, mode="complete" if self.full_matrices else "reduced")
        return q, r

    def gradient(self, dys: Sequence[AnyTensor], ys: Sequence[AnyTensor], x: AnyTensor) -> Any:
        (dq, dr), (q, r) = dys, ys
        m, n = (None, None) if x.shape.lengths is None else x.shape.lengths[-2:]
        if self.full_matrices and m is not None and n is not None and m > n:
            raise GradientError(
                f"qr of {x.shape} with full_matrices=True has no derivative",
                rule="with more rows than columns, the last columns of Q are not determined by the matrix",
                hint="full_matrices=False",
            )
        if m is not None and n is not None and m >= n:
            return _qr_gradient(q, r, dq, dr)
        k = m if m is not None else ops.shape(q)[-1]
        first = _qr_gradient(
            q, _columns(r, 0, k), dq + matmul(_columns(x, k, None), _columns(dr, k, None), adjoint_b=True),
            _columns(dr, 0, k),
        )
        return ops.concat([first, matmul(q, _columns(dr, k, None))], -1)


def _qr_gradient(q: AnyTensor, r: AnyTensor, dq: AnyTensor, dr: AnyTensor) -> Any:
    """The derivative by A = q r with r square."""
    half = _half_lower(matmul(r, dr, adjoint_b=True) - matmul(dq, q, adjoint_a=True))
    inner = dq + matmul(q, half + _adjoint(half))
    return _adjoint(matrix_triangular_solve(r, _adjoint(inner), lower=False))


class QrFactors(NamedTuple):
    """q with orthonormal columns, r upper triangular: their product is the matrix."""

    q: AnyTensor
    r: AnyTensor


def qr(input: TensorLike, full_matrices: bool = False, name: str | None = None) -> QrFactors:
    """(q, r) with input = q @ r: shape (..., m, n) gives (..., m, k) and (..., k, n), k = min(m, n) (m with full).

    float or complex; result.q, result.r. The derivative exists with m >= n only if full_matrices is False or m = n.
    ShapeError: less than two axes. GradientError: q of m > n with full_matrices.
    """
    return QrFactors(*apply(Qr(full_matrices=full_matrices), input, name=name))


@register
class SelfAdjointEig(SquareMatrices):
    """Eigenvalues e (ascending) and eigenvectors (the columns of v) of a symmetric A = v diag(e) v^H.

    Only the lower triangle of A is read. dA = v (diag(de) + F * (v^H dv)) v^H, F[i, j] = 1 / (e[j] - e[i]).
    Source: M. Giles, An extended collection of matrix derivative results, 2008, section 3.1.
    """

    label = "SelfAdjointEigV2"
    compute_v: bool = True

    def shape(self, x: Shape) -> Any:
        self._square(x, "self_adjoint_eig")
        values = UNKNOWN if x.lengths is None else Shape.of(x.lengths[:-1])
        return (values, x) if self.compute_v else values

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        if not self.compute_v:
            return xp.linalg.eigvalsh(x).astype(x.dtype)
        e, v = xp.linalg.eigh(x)
        return e.astype(x.dtype), v

    def gradient(self, dys: Sequence[AnyTensor], ys: Sequence[AnyTensor], x: AnyTensor) -> Any:
        if self.compute_v:
            (de, dv), (e, v) = dys, ys
            inner = ops.matrix_diag(de) + _inverse_gaps(e) * matmul(v, dv, adjoint_a=True)
        else:
            inner, v = ops.matrix_diag(dys), self_adjoint_eig(x)[1]
        dx = matmul(v, matmul(inner, v, adjoint_b=True))
        return _half_lower(dx + _adjoint(dx))  # the lower triangle stands for the upper one too


def self_adjoint_eig(tensor: TensorLike, name: str | None = None) -> tuple[AnyTensor, AnyTensor]:
    """(e, v): eigenvalues (..., n), ascending, and eigenvectors (..., n, n), one a column, of symmetric matrices.

    tensor: (..., n, n), float or complex; only its lower triangle is read. ShapeError: a matrix that is not square.
    Source of the derivative: M. Giles, 2008, section 3.1.
    """
    return tuple(apply(SelfAdjointEig(), tensor, name=name))


def self_adjoint_eigvals(tensor: TensorLike, name: str | None = None) -> AnyTensor:
    """The eigenvalues (..., n), ascending, of symmetric matrices (..., n, n).

    float or complex; only the lower triangle is read. ShapeError: a matrix that is not square.
    """
    return apply(SelfAdjointEig(compute_v=False), tensor, name=name)
