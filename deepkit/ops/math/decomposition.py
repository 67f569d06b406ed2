"""Matrix decompositions (Cholesky, QR, eigenvalues, singular values) and the solvers built on them.

Leading axes are batches of matrices; A^H is the conjugate transpose. Where a formula divides by a difference that is 0
(equal eigenvalues, equal singular values), the quotient is taken as 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, overload

import numpy as np

from deepkit.core.apply import apply, convert, is_tensor, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import UNKNOWN, Shape, broadcast
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.device.arrays import linalg_of, may_look
from deepkit.device.dtypes import DType
from deepkit.errors import GradientError, NumericsError, ShapeError
from deepkit.ops.define import unary
from deepkit.ops.functions import ops
from deepkit.ops.math.linalg import SquareMatrices, matmul, transpose_last

__all__ = [
    "cholesky", "cholesky_solve", "matrix_rank", "matrix_solve_ls", "matrix_triangular_solve", "pinv", "qr",
    "self_adjoint_eig", "self_adjoint_eigvals", "svd",
]


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


@register
class Svd(Op):
    """Singular values s (descending) and orthonormal u, v with A = u diag(s) v^H.

    dA = u (F * (u^H du - du^H u) s + s F * (v^H dv - dv^H v) + ds) v^H + (1 - u u^H) du / s v^H
    + u / s dv^H (1 - v v^H), F[i, j] = 1 / (s[j]^2 - s[i]^2). Source: J. Townsend, Differentiating the SVD, 2016.
    """

    full_matrices: bool = False
    compute_uv: bool = True
    kinds = "fc"
    half = False

    def shape(self, x: Shape) -> Any:
        if x.lengths is None:
            return (UNKNOWN,) * 3 if self.compute_uv else UNKNOWN
        batch, m, n = _matrix_dims(x, "svd")
        k = _smaller(m, n)
        s = Shape.of((*batch, k))
        if not self.compute_uv:
            return s
        wide = (m, n) if self.full_matrices else (k, k)
        return s, Shape.of((*batch, m, wide[0])), Shape.of((*batch, n, wide[1]))

    def dtype(self, x: DType) -> Any:
        return (x.real_dtype, x, x) if self.compute_uv else x.real_dtype

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        if not self.compute_uv:
            return xp.linalg.svd(x, compute_uv=False)
        u, s, vh = xp.linalg.svd(x, full_matrices=self.full_matrices)
        return s, u, xp.conj(vh).swapaxes(-1, -2)

    def gradient(self, dys: Sequence[AnyTensor], ys: Sequence[AnyTensor], x: AnyTensor) -> Any:
        if not self.compute_uv:
            _, u, v = svd(x)
            return matmul(u * ops.expand_dims(ops.cast(dys, x.dtype), -2), v, adjoint_b=True)
        (ds, du, dv), (s, u, v) = dys, ys
        if self.full_matrices:
            u, du, v, dv = _thin(x, s, u, du, v, dv)
        return _svd_gradient(x, (ops.cast(s, x.dtype), u, v), (ops.cast(ds, x.dtype), du, dv))


def _thin(
    x: AnyTensor, s: AnyTensor, u: AnyTensor, du: AnyTensor, v: AnyTensor, dv: AnyTensor
) -> tuple[Any, Any, Any, Any]:
    """The parts of full u and v that belong to singular values; what arrives at the other columns is carried over.

    A single further column stays orthogonal to the first ones, du2 = -u1 du1^H u2; several may also turn among
    themselves, so that their derivative does not exist.
    """
    m, n = (None, None) if x.shape.lengths is None else x.shape.lengths[-2:]
    if m is not None and n is not None and abs(m - n) > 1:
        raise GradientError(
            f"svd of {x.shape} with full_matrices=True has no derivative",
            rule="more than one further singular vector is not determined by the matrix",
            hint="full_matrices=False",
        )
    k = _smaller(m, n)
    k = ops.shape(s)[-1] if k is None else k
    result = []
    for w, dw in ((u, du), (v, dv)):
        first, rest, drest = _columns(w, 0, k), _columns(w, k, None), _columns(dw, k, None)
        result += [first, _columns(dw, 0, k) - matmul(rest, matmul(drest, first, adjoint_a=True))]
    return tuple(result)  # type: ignore[return-value]


def _svd_gradient(x: AnyTensor, parts: tuple[Any, Any, Any], dparts: tuple[Any, Any, Any]) -> Any:
    (s, u, v), (ds, du, dv) = parts, dparts
    row, inverse = ops.expand_dims(s, -2), ops.expand_dims(_safe_inverse(s), -2)  # to scale columns
    column = ops.expand_dims(s, -1)  # to scale rows
    uu, vv = matmul(u, du, adjoint_a=True), matmul(v, dv, adjoint_a=True)
    gaps = _inverse_gaps(ops.square(s))
    inner = gaps * (uu - _adjoint(uu)) * row + column * gaps * (vv - _adjoint(vv)) + ops.matrix_diag(ds)
    if x.dtype.is_complex:  # u and v may turn by the same phases: only their common motion counts
        turn = ops.matrix_diag_part(vv)
        inner = inner + ops.matrix_diag((ops.conj(turn) - turn) * _safe_inverse(s) * 0.5)
    dx = matmul(matmul(u, inner), v, adjoint_b=True)
    m, n = (None, None) if x.shape.lengths is None else x.shape.lengths[-2:]
    if m is None or n is None or m > n:
        dx = dx + matmul((du - matmul(u, uu)) * inverse, v, adjoint_b=True)
    if m is None or n is None or n > m:
        dx = dx + matmul(u * inverse, dv - matmul(v, vv), adjoint_b=True)
    return dx


@overload
def svd(
    tensor: TensorLike, full_matrices: bool = False, compute_uv: Literal[True] = True, name: str | None = None
) -> tuple[AnyTensor, AnyTensor, AnyTensor]: ...
@overload
def svd(
    tensor: TensorLike, full_matrices: bool = False, *, compute_uv: Literal[False], name: str | None = None
) -> AnyTensor: ...
def svd(tensor: TensorLike, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None) -> Any:
    """(s, u, v) with tensor = u @ diag(s) @ v^H, s descending; without compute_uv the singular values alone.

    Shape (..., m, n) gives s (..., k), u (..., m, k), v (..., n, k) with k = min(m, n); full_matrices makes u and v
    square.
    float or complex; s is real. ShapeError: less than two axes. GradientError, where it is differentiated:
    full_matrices with |m - n| > 1. Source of the derivative: J. Townsend, 2016.
    """
    result = apply(Svd(full_matrices=full_matrices, compute_uv=compute_uv), tensor, name=name)
    return tuple(result) if compute_uv else result


@register
class PseudoInverse(Op):
    """The Moore-Penrose inverse P of A: P b is the shortest x that makes |A x - b| smallest.

    Singular values below 10 max(m, n) eps times the largest count as 0. For fixed rank,
    dP = -P dA P + P P^H dA^H (1 - A P) + (1 - P A) dA^H P^H P. Source: Golub and Pereyra, SIAM J. Numer. Anal. 10 (1973).
    x: (..., m, n), float or complex; result: (..., n, m), of the same type. ShapeError: fewer than two axes. DTypeError:
    another type.
    """

    kinds = "fc"
    half = False

    def shape(self, x: Shape) -> Shape:
        if x.lengths is None:
            return UNKNOWN
        batch, m, n = _matrix_dims(x, "pinv")
        return Shape.of((*batch, n, m))

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        cutoff = 10.0 * max(x.shape[-2:], default=1) * float(xp.finfo(x.dtype).eps)
        return xp.linalg.pinv(x, cutoff).astype(x.dtype)

    def gradient(self, dy: AnyTensor, p: AnyTensor, x: AnyTensor) -> Any:
        ph, dyh = _adjoint(p), _adjoint(dy)
        right, left = matmul(matmul(dyh, p), ph), matmul(matmul(ph, p), dyh)
        return (
            -matmul(matmul(ph, dy), ph)
            + right - matmul(x, matmul(p, right))
            + left - matmul(matmul(left, p), x)
        )


pinv = unary(PseudoInverse, "pinv")


def matrix_rank(a: TensorLike, tol: TensorLike | None = None, name: str | None = None) -> AnyTensor:
    """The number of singular values above tol; by default tol is max(m, n) eps times the largest.

    a: (..., m, n), float or complex; result: (...), int32. ShapeError: less than two axes.
    """
    with scope(name, "matrix_rank", a) as full:
        a = convert(a)
        sizes = svd(a, compute_uv=False)
        if tol is None:
            longest = ops.cast(ops.reduce_max(ops.shape(a)[-2:]), sizes.dtype)
            tol = ops.reduce_max(sizes, -1, True) * longest * float(np.finfo(sizes.dtype.numpy).eps)
        return ops.reduce_sum(ops.cast(ops.greater(sizes, tol), "int32"), -1, name=full)


def matrix_solve_ls(
    matrix: TensorLike, rhs: TensorLike, l2_regularizer: TensorLike = 0.0, fast: bool = True, name: str | None = None
) -> AnyTensor:
    """The x that makes |matrix @ x - rhs|^2 + l2_regularizer |x|^2 smallest: (..., m, n) and (..., m, k) give (..., n, k).

    fast solves the normal equations by a Cholesky decomposition, which squares the condition number of the matrix;
    otherwise the pseudo-inverse is used, which also copes with dependent columns and ignores l2_regularizer.
    float or complex. ShapeError: another number of rows in rhs. NumericsError, with fast: columns that depend on each
    other.
    """
    with scope(name, "matrix_solve_ls", matrix, rhs) as full:
        matrix = matrix if is_tensor(matrix) else convert(matrix, beside=rhs)
        dims = matrix.shape.with_rank_at_least(2).lengths
        m, n = (None, None) if dims is None else dims[-2:]
        regular = is_tensor(l2_regularizer) or l2_regularizer != 0
        known = m is not None and n is not None
        if not fast or not (known or regular):
            return matmul(pinv(matrix), rhs, name=full)
        tall = m is None or n is None or m >= n
        gram = matmul(matrix, matrix, adjoint_a=tall, adjoint_b=not tall)
        if regular:
            l2 = ops.cast(convert(l2_regularizer, matrix.dtype.real_dtype, beside=matrix), matrix.dtype)
            gram = ops.matrix_set_diag(gram, ops.matrix_diag_part(gram) + l2)
        if tall:  # x = (A^H A + l)^-1 A^H b
            return cholesky_solve(cholesky(gram), matmul(matrix, rhs, adjoint_a=True), name=full)
        # the same x, by the smaller matrix: A^H (A A^H + l)^-1 b
        return matmul(matrix, cholesky_solve(cholesky(gram), rhs), adjoint_a=True, name=full)
