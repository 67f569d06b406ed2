"""Matrix products, inverses and equations; leading axes are batches of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepkit.core.apply import apply, convert, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import UNKNOWN, Shape, broadcast, normalize_axis, whole
from deepkit.core.typing import AnyTensor, Array, ArrayModule, IntsLike, TensorLike, TensorOrSymbol
from deepkit.device.matmul import matmul as multiply
from deepkit.errors import NumericsError, ShapeError
from deepkit.ops.define import binary
from deepkit.ops.functions import ops

__all__ = [
    "adjoint", "cross", "matmul", "matrix_inverse", "matrix_solve", "matvec", "tensordot", "transpose_last",
]


def _matrix_dims(x: Shape, letter: str, transposed: bool) -> tuple[int | None, int | None]:
    """Rows and columns of a factor of a product."""
    if len(x) < 2:
        raise ShapeError(
            f"matmul: {letter} has shape {x}", rule="matmul multiplies matrices: at least two axes each",
            hint="a vector becomes a column with reshape(x, [-1, 1]), a row with reshape(x, [1, -1])",
        )
    rows, columns = x.as_list()[-2:]
    return (columns, rows) if transposed else (rows, columns)


@register
class MatMul(Op):
    """Matrix product: (..., n, k) @ (..., k, m) -> (..., n, m); each factor can be transposed first.

    With C = A B and dC arriving: dA = dC B^T and dB = A^T dC (every transpose conjugated for complex numbers).
    """

    transpose_a: bool = False
    transpose_b: bool = False
    kinds = "ifc"

    def shape(self, a: Shape, b: Shape) -> Shape:
        if a.lengths is None or b.lengths is None:
            return UNKNOWN
        n, k = _matrix_dims(a, "a", self.transpose_a)
        k2, m = _matrix_dims(b, "b", self.transpose_b)
        if k is not None and k2 is not None and k != k2:
            raise ShapeError(
                f"matmul: the inner dimensions {k} and {k2} differ",
                rule="(n, k) @ (k, m) -> (n, m): columns of a = rows of b" + self._after_transposing(a, b),
                hint="transpose one factor, or check the layer sizes",
            )
        return Shape.of((*(broadcast(a[:-2], b[:-2]).lengths or ()), n, m))

    def _after_transposing(self, a: Shape, b: Shape) -> str:
        turned = [x for x, flag in (("a", self.transpose_a), ("b", self.transpose_b)) if flag]
        return f", after transposing {' and '.join(turned)}" if turned else f"; here {a} @ {b}"

    def forward(self, xp: ArrayModule, a: Array, b: Array) -> Any:
        a, b = a.swapaxes(-1, -2) if self.transpose_a else a, b.swapaxes(-1, -2) if self.transpose_b else b
        return multiply(xp, a, b)

    def gradient(self, dy: AnyTensor, y: AnyTensor, a: AnyTensor, b: AnyTensor) -> Any:
        a_, b_ = ops.conj_if_complex(a), ops.conj_if_complex(b)
        if self.transpose_a:
            da = matmul(b_, dy, transpose_a=self.transpose_b, transpose_b=True)
        else:
            da = matmul(dy, b_, transpose_b=not self.transpose_b)
        if self.transpose_b:
            db = matmul(dy, a_, transpose_a=True, transpose_b=self.transpose_a)
        else:
            db = matmul(a_, dy, transpose_a=not self.transpose_a)
        if a.shape.rank == 2 == b.shape.rank:
            return da, db
        return ops.sum_like(da, a), ops.sum_like(db, b)


def matmul(
    a: TensorLike, b: TensorLike, transpose_a: bool = False, transpose_b: bool = False, adjoint_a: bool = False,
    adjoint_b: bool = False, a_is_sparse: bool = False, b_is_sparse: bool = False, name: str | None = None,
) -> AnyTensor:
    """Matrix product (..., n, k) @ (..., k, m) -> (..., n, m); leading axes broadcast.

    transpose_* turns a factor round first, adjoint_* also conjugates it.
    integer, float or complex, one type. ShapeError: less than two axes, k of a and of b different, batches that do not
    broadcast. DTypeError: two different types.

    >>> import deepkit as dk
    >>> dk.matmul([[1.0, 2.0]], [[3.0], [4.0]]).numpy().tolist()
    [[11.0]]
    """
    if adjoint_a:
        a = ops.conj(a)
    if adjoint_b:
        b = ops.conj(b)
    return apply(MatMul(transpose_a=transpose_a or adjoint_a, transpose_b=transpose_b or adjoint_b), a, b, name=name)


def matvec(
    a: TensorLike, b: TensorLike, transpose_a: bool = False, adjoint_a: bool = False, a_is_sparse: bool = False,
    b_is_sparse: bool = False, name: str | None = None,
) -> AnyTensor:
    """Matrix times vector (..., n, k) @ (..., k) -> (..., n); leading axes broadcast.

    transpose_a turns the matrix round first, adjoint_a also conjugates it. integer, float or complex, one type.
    ShapeError: less than two axes of a, one of b, or k of both different. DTypeError: two different types.
    """
    with scope(name, "MatVec", a, b) as full:
        b = convert(b, beside=a)
        columns = matmul(a, ops.expand_dims(b, -1), transpose_a, adjoint_a=adjoint_a)
        return ops.squeeze(columns, -1, name=full)


def adjoint(matrix: TensorLike, name: str | None = None) -> AnyTensor:
    """The last two axes exchanged, complex numbers conjugated: (..., m, n) -> (..., n, m).

    Any type. ShapeError: fewer than two axes.
    """
    with scope(name, "adjoint", matrix):
        return ops.matrix_transpose(convert(matrix), conjugate=True)


class SquareMatrices(Op):
    """Base of the ops on square matrices."""

    kinds = "fc"
    half = False

    @staticmethod
    def _square(x: Shape, what: str) -> Shape:
        if x.lengths is not None and (len(x.lengths) < 2 or not Shape.of(x.lengths[-1:]).is_compatible_with(x.lengths[-2:-1])):
            raise ShapeError(f"{what} of a tensor of shape {x}", rule="the last two dimensions must be equal")
        return x

    def shape(self, x: Shape) -> Any:
        return self._square(x, self.type)


@register
class MatrixInverse(SquareMatrices):
    """The inverse of each square matrix. d(A^-1) = -A^-1 dA A^-1."""

    adjoint: bool = False

    def forward(self, xp: ArrayModule, x: Array) -> Any:
        if self.adjoint:
            x = xp.conj(x).swapaxes(-1, -2)
        try:
            return xp.linalg.inv(x)
        except xp.linalg.LinAlgError as error:
            raise NumericsError(
                "matrix_inverse: the matrix is singular", rule="only a matrix with determinant != 0 has an inverse",
                hint="two columns may be multiples of each other; add a small number to the diagonal (ridge)",
            ) from error

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor) -> Any:
        dx = -matmul(y, matmul(dy, y, adjoint_b=True), adjoint_a=True)
        return ops.transpose_last(dx, conjugate=True) if self.adjoint else dx


@register
class MatrixSolve(SquareMatrices):
    """x with a x = b, for each matrix."""

    adjoint: bool = False

    def shape(self, a: Shape, b: Shape) -> Shape:
        self._square(a, "matrix_solve")
        if a.lengths is not None and b.lengths is not None and not Shape.of(a.lengths[-1:]).is_compatible_with(b.lengths[-2:-1]):
            raise ShapeError(f"matrix_solve: a has shape {a}, b {b}", rule="a (..., n, n) and b (..., n, k)")
        return b

    def forward(self, xp: ArrayModule, a: Array, b: Array) -> Any:
        return xp.linalg.solve(xp.conj(a).swapaxes(-1, -2) if self.adjoint else a, b).astype(b.dtype)

    def gradient(self, dy: AnyTensor, y: AnyTensor, a: AnyTensor, b: AnyTensor) -> Any:
        db = matrix_solve(a, dy, adjoint=not self.adjoint)
        da = -matmul(y, db, adjoint_b=True) if self.adjoint else -matmul(db, y, adjoint_b=True)
        return da, db


def matrix_solve(matrix: TensorLike, rhs: TensorLike, adjoint: bool = False, name: str | None = None) -> AnyTensor:
    """The x with matrix @ x = rhs (or adjoint(matrix) @ x = rhs), for each matrix of a batch.

    matrix: (..., n, n); rhs: (..., n, k); result: (..., n, k); float or complex. ShapeError: sizes that do not fit.
    """
    return apply(MatrixSolve(adjoint=adjoint), matrix, rhs, name=name)


def matrix_inverse(input: TensorLike, adjoint: bool = False, name: str | None = None) -> AnyTensor:
    """The inverse of each square matrix (of its conjugate transpose with adjoint).

    input: (..., n, n), float or complex; result: the same shape and type. ShapeError: a matrix that is not square.
    NumericsError: a singular one.
    """
    return apply(MatrixInverse(adjoint=adjoint), input, name=name)


@register
class Cross(Op):
    """The cross product of vectors of length 3 along the last axis: orthogonal to both.

    x, y: (..., 3), one type, integer or float; result: the same shape and type. ShapeError: another length. DTypeError:
    another type.
    """

    kinds = "if"

    def shape(self, a: Shape, b: Shape) -> Shape:
        if not (a.is_compatible_with(b) and a[-1:].is_compatible_with([3])) or 0 in (a.rank, b.rank):
            raise ShapeError(f"cross of {a} and {b}", rule="two tensors of one shape (..., 3)")
        return a.merge(b)

    def forward(self, xp: ArrayModule, a: Array, b: Array) -> Any:
        turn, back = [1, 2, 0], [2, 0, 1]
        return a[..., turn] * b[..., back] - a[..., back] * b[..., turn]

    def gradient(self, dy: AnyTensor, y: AnyTensor, a: AnyTensor, b: AnyTensor) -> Any:
        return cross(b, dy), cross(dy, a)


cross = binary(Cross, "cross")


def tensordot(a: TensorLike, b: TensorLike, axes: int | Sequence[IntsLike], name: str | None = None) -> AnyTensor:
    """The sum of products over pairs of axes: axes=1 is the matrix product, 0 the outer one, or [axes of a, axes of b].

    a, b: one type. Result: the other axes of a, then those of b: (2, 3, 4) and (4, 3, 5) with axes [[1, 2], [1, 0]]
    give (2, 5). ShapeError: an axis that is not there, or two lengths that differ.
    """
    with scope(name, "Tensordot", a, b) as full:
        a = convert(a, beside=b)
        b = convert(b, a.dtype, beside=a)
        if a.shape.rank is None or b.shape.rank is None:
            return _of_any_rank(a, b, axes, full)
        rank_a, rank_b = len(a.shape), len(b.shape)
        if isinstance(axes, int):
            over_a, over_b = list(range(rank_a - axes, rank_a)), list(range(axes))
        else:
            over_a, over_b = (
                [normalize_axis(i, rank) for i in _listed(side)]
                for side, rank in zip(axes, (rank_a, rank_b), strict=True)
            )
        free_a = [i for i in range(rank_a) if i not in over_a]
        free_b = [i for i in range(rank_b) if i not in over_b]
        outer = _dims(a, free_a) + _dims(b, free_b)
        left = ops.reshape(ops.transpose(a, free_a + over_a), [-1, _product(a, over_a)])
        right = ops.reshape(ops.transpose(b, over_b + free_b), [_product(b, over_b), -1])
        return ops.reshape(matmul(left, right), outer, name=full)


def _of_any_rank(a: AnyTensor, b: AnyTensor, axes: Any, name: str | None) -> Any:
    """tensordot where a rank is not known before the graph runs: all lengths are tensors."""
    if not isinstance(axes, int):
        over_a, over_b = (ops.reshape(convert(side, "int32", beside=a), [-1]) for side in axes)
        a, b, axes = _moved(a, over_a, True), _moved(b, over_b, False), over_a.shape.lengths[0]
    in_a, in_b = ops.shape(a), ops.shape(b)
    free = ops.rank(a) - axes
    left = ops.reshape(a, ops.stack([-1, ops.reduce_prod(in_a[free:])]))
    right = ops.reshape(b, ops.stack([ops.reduce_prod(in_b[:axes]), -1]))
    return ops.reshape(matmul(left, right), ops.concat([in_a[:free], in_b[axes:]], 0), name=name)


def _moved(x: AnyTensor, axes: Any, last: bool) -> Any:
    """x with some axes moved to the end, or else to the front."""
    n = ops.rank(x)
    axes = ops.floormod(axes, n)
    others = ops.setdiff1d(ops.range(n), axes)[0]
    return ops.transpose(x, ops.concat([others, axes] if last else [axes, others], 0))


def _listed(axes: Any) -> list[int]:
    """One axis, or several, as a list."""
    return [whole(axis) for axis in (axes if isinstance(axes, (list, tuple)) else [axes])]


def _dims(x: AnyTensor, axes: list[int]) -> list[Any]:
    """The lengths of some axes: numbers where known, else tensors."""
    known = x.shape.as_list()
    return [ops.shape(x)[i] if known[i] is None else known[i] for i in axes]


def _product(x: AnyTensor, axes: list[int]) -> Any:
    result: Any = 1
    for d in _dims(x, axes):
        result = d * result
    return result


def transpose_last(x: TensorOrSymbol, conjugate: bool = False) -> AnyTensor:
    """The last two axes exchanged.

    x: (..., m, n); result: (..., n, m). conjugate: complex numbers are conjugated as well. ShapeError: fewer than two axes.
    """
    return ops.matrix_transpose(x, conjugate=conjugate)
