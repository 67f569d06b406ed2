"""Singular values, and what follows from them: the pseudo-inverse, the rank, least squares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy as np

from deepkit.core.apply import apply, convert, is_tensor, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import UNKNOWN, Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.device.dtypes import DType
from deepkit.errors import GradientError
from deepkit.ops.define import unary
from deepkit.ops.functions import ops
from deepkit.ops.math.decomposition import (
    _adjoint,
    _columns,
    _inverse_gaps,
    _matrix_dims,
    _safe_inverse,
    _smaller,
    cholesky,
    cholesky_solve,
)
from deepkit.ops.math.linalg import matmul

__all__ = ["matrix_rank", "matrix_solve_ls", "pinv", "svd"]


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
