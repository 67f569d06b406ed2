"""`tf.linalg.LinearOperator` and its kinds: matrices that know their structure multiply and solve cheaply."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from deepkit import ops
from deepkit.core.shape import Dimension, Shape
from deepkit.device.dtypes import float32
from deepkit.errors import ArgumentError, ShapeError
from deepkit.v1.framework.symbolic import constant_of

__all__ = [
    "LinearOperator", "LinearOperatorComposition", "LinearOperatorDiag", "LinearOperatorFullMatrix",
    "LinearOperatorIdentity", "LinearOperatorLowerTriangular", "LinearOperatorScaledIdentity",
]


class LinearOperator:
    """A matrix A of shape (..., m, n), or a batch of such. A kind says what A is, and how it multiplies and solves.

    The flags is_non_singular, is_self_adjoint, is_positive_definite and is_square are what the user says of A; they are
    kept as attributes and not checked.
    """

    def __init__(
        self, matrix: Any, is_non_singular: bool | None = None, is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None, is_square: bool | None = None, name: str | None = None,
    ):
        self._given, self.name = matrix, name or type(self).__name__
        self.is_non_singular, self.is_self_adjoint = is_non_singular, is_self_adjoint
        self.is_positive_definite, self._square = is_positive_definite, is_square

    # ---- what a kind says

    def to_dense(self, name: str = "to_dense") -> Any:
        """A as a tensor (..., m, n)."""
        return self._given

    def matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = "matmul") -> Any:
        """A x for x of shape (..., n, k); a LinearOperator x gives a composition. adjoint: A* stands for A, or x* for x."""
        if isinstance(x, LinearOperator):
            return LinearOperatorComposition([self.adjoint() if adjoint else self, x.adjoint() if adjoint_arg else x])
        return self._times(ops.adjoint(x) if adjoint_arg else constant_of(x, self._type_for(x)), adjoint)

    def solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = "solve") -> Any:
        """X with A X = rhs, for rhs of shape (..., m, k)."""
        return self._solution(ops.adjoint(rhs) if adjoint_arg else constant_of(rhs, self._type_for(rhs)), adjoint)

    def _times(self, x: Any, adjoint: bool) -> Any:
        return ops.matmul(self.to_dense(), x, adjoint_a=adjoint)

    def _solution(self, rhs: Any, adjoint: bool) -> Any:
        return ops.matrix_solve(self.to_dense(), rhs, adjoint=adjoint)

    def determinant(self, name: str = "det") -> Any:
        """det A, of shape (...)."""
        return ops.matrix_determinant(self.to_dense())

    def log_abs_determinant(self, name: str = "log_abs_det") -> Any:
        """log |det A|, of shape (...)."""
        return ops.slogdet(self.to_dense())[1]

    def diag_part(self, name: str = "diag_part") -> Any:
        """The diagonal, (..., min(m, n))."""
        return ops.matrix_diag_part(self.to_dense())

    # ---- what follows from it

    def _type_for(self, x: Any) -> Any:
        return None if hasattr(x, "dtype") else self.dtype

    def matvec(self, x: Any, adjoint: bool = False, name: str = "matvec") -> Any:
        """A x for vectors x, (..., n)."""
        return ops.squeeze(self.matmul(ops.expand_dims(constant_of(x, self._type_for(x)), -1), adjoint), [-1])

    def solvevec(self, rhs: Any, adjoint: bool = False, name: str = "solve") -> Any:
        """The vectors x with A x = rhs, (..., m)."""
        return ops.squeeze(self.solve(ops.expand_dims(constant_of(rhs, self._type_for(rhs)), -1), adjoint), [-1])

    def trace(self, name: str = "trace") -> Any:
        """The sum of the diagonal, (...)."""
        return ops.reduce_sum(self.diag_part(), -1)

    def add_to_tensor(self, x: Any, name: str = "add_to_tensor") -> Any:
        """A + x."""
        return self.to_dense() + x

    def adjoint(self, name: str = "adjoint") -> LinearOperator:
        """A*, the conjugate transpose."""
        return self if self.is_self_adjoint else LinearOperatorFullMatrix(ops.adjoint(self.to_dense()))

    H = property(adjoint, doc="A*, the conjugate transpose.")

    def inverse(self, name: str = "inverse") -> LinearOperator:
        """The operator of the inverse matrix."""
        return LinearOperatorFullMatrix(ops.matrix_inverse(self.to_dense()))

    def cholesky(self, name: str = "cholesky") -> LinearOperator:
        """The lower triangular L with L L* = A, for a positive definite A."""
        return LinearOperatorLowerTriangular(ops.cholesky(self.to_dense()))

    def assert_non_singular(self, name: str = "assert_non_singular") -> Any:
        """An operation that fails in a run where det A is 0."""
        determinant = self.determinant()
        return ops.assert_(ops.reduce_all(ops.not_equal(determinant, 0)), ["Singular operator", determinant])  # noqa: PT009

    @property
    def dtype(self) -> Any:
        """The type of A's numbers."""
        return self._given.dtype

    @property
    def shape(self) -> Shape:
        """(..., m, n), as far as it is known."""
        return self.to_dense().shape

    @property
    def batch_shape(self) -> Shape:
        """What stands before the last two axes."""
        return self.shape[:-2]

    @property
    def tensor_rank(self) -> int | None:
        """How many axes the dense tensor has."""
        return self.shape.rank

    @property
    def range_dimension(self) -> Any:
        """m, the length of A x."""
        return (self.shape.dims or [Dimension(None)] * 2)[-2]

    @property
    def domain_dimension(self) -> Any:
        """n, the length of x."""
        return (self.shape.dims or [Dimension(None)] * 2)[-1]

    @property
    def is_square(self) -> bool | None:
        """Whether m is n: as the shape says, else as the user does."""
        m, n = self.range_dimension.value, self.domain_dimension.value
        return self._square if m is None or n is None else m == n

    def shape_tensor(self, name: str = "shape_tensor") -> Any:
        """The shape as a tensor: right where a run alone knows it."""
        return ops.shape(self.to_dense())


class LinearOperatorFullMatrix(LinearOperator):
    """Any matrix, (..., m, n), as it is."""

    def __init__(self, matrix: Any, *flags: Any, **named: Any):
        super().__init__(constant_of(matrix), *flags, **named)


class LinearOperatorLowerTriangular(LinearOperator):
    """The lower triangle of `tril`, (..., n, n); what stands above the diagonal is not looked at."""

    def __init__(self, tril: Any, *flags: Any, **named: Any):
        super().__init__(constant_of(tril), *flags, **named)

    def to_dense(self, name: str = "to_dense") -> Any:
        return ops.matrix_band_part(self._given, -1, 0)

    def diag_part(self, name: str = "diag_part") -> Any:
        return ops.matrix_diag_part(self._given)

    def _solution(self, rhs: Any, adjoint: bool) -> Any:
        return ops.matrix_triangular_solve(self._given, rhs, lower=True, adjoint=adjoint)

    def determinant(self, name: str = "det") -> Any:
        return ops.reduce_prod(self.diag_part(), -1)

    def log_abs_determinant(self, name: str = "log_abs_det") -> Any:
        return ops.reduce_sum(ops.log(ops.abs(self.diag_part())), -1)


class LinearOperatorDiag(LinearOperator):
    """`diag`, (..., n), on the diagonal and zeros beside it."""

    def __init__(self, diag: Any, *flags: Any, **named: Any):
        super().__init__(constant_of(diag), *flags, **named)

    @property
    def diag(self) -> Any:
        """The diagonal as it was given."""
        return self._given

    def to_dense(self, name: str = "to_dense") -> Any:
        return ops.matrix_diag(self.diag_part())

    def diag_part(self, name: str = "diag_part") -> Any:
        return self._given

    def _times(self, x: Any, adjoint: bool) -> Any:
        diagonal = ops.conj(self.diag_part()) if adjoint else self.diag_part()
        return ops.expand_dims(diagonal, -1) * x

    def _solution(self, rhs: Any, adjoint: bool) -> Any:
        diagonal = ops.conj(self.diag_part()) if adjoint else self.diag_part()
        return rhs / ops.expand_dims(diagonal, -1)

    def determinant(self, name: str = "det") -> Any:
        return ops.reduce_prod(self.diag_part(), -1)

    def log_abs_determinant(self, name: str = "log_abs_det") -> Any:
        return ops.reduce_sum(ops.log(ops.abs(self.diag_part())), -1)

    def adjoint(self, name: str = "adjoint") -> LinearOperator:
        return LinearOperatorDiag(ops.conj(self.diag_part()))

    def inverse(self, name: str = "inverse") -> LinearOperator:
        return LinearOperatorDiag(1.0 / self.diag_part())

    def cholesky(self, name: str = "cholesky") -> LinearOperator:
        return LinearOperatorDiag(ops.sqrt(self.diag_part()))


class LinearOperatorScaledIdentity(LinearOperatorDiag):
    """`multiplier`, (...), times the identity of num_rows rows."""

    def __init__(self, num_rows: int, multiplier: Any, *flags: Any, **named: Any):
        self.multiplier, self._rows = constant_of(multiplier), int(num_rows)
        super().__init__(ops.expand_dims(self.multiplier, -1) * ops.ones([self._rows], self.multiplier.dtype), *flags, **named)


class LinearOperatorIdentity(LinearOperatorDiag):
    """The identity of num_rows rows, one for each place of batch_shape."""

    def __init__(
        self, num_rows: int, batch_shape: Sequence[int] | None = None, dtype: Any = None, *flags: Any, **named: Any
    ):
        super().__init__(ops.ones([*(batch_shape or []), int(num_rows)], dtype or float32), *flags, **named)


class LinearOperatorComposition(LinearOperator):
    """The product A B ... of operators, which is never formed: they are applied one after the other."""

    def __init__(self, operators: Sequence[LinearOperator], *flags: Any, **named: Any):
        self.operators = list(operators)
        if not self.operators:
            raise ArgumentError("LinearOperatorComposition of no operators", rule="one operator at least")
        for left, right in zip(self.operators, self.operators[1:], strict=False):
            if not left.shape[-1:].is_compatible_with(right.shape[-2:-1]):
                what = f"LinearOperatorComposition: {left.shape} times {right.shape}"
                raise ShapeError(what, rule="the inner lengths are equal")
        super().__init__(self.operators[0]._given, *flags, **named)

    def to_dense(self, name: str = "to_dense") -> Any:
        return functools.reduce(lambda x, operator: operator.matmul(x), self.operators[-2::-1], self.operators[-1].to_dense())

    def _times(self, x: Any, adjoint: bool) -> Any:
        for operator in self.operators if adjoint else reversed(self.operators):
            x = operator.matmul(x, adjoint)
        return x

    def _solution(self, rhs: Any, adjoint: bool) -> Any:
        for operator in reversed(self.operators) if adjoint else self.operators:
            rhs = operator.solve(rhs, adjoint)
        return rhs

    def determinant(self, name: str = "det") -> Any:
        return functools.reduce(lambda a, b: a * b, [operator.determinant() for operator in self.operators])

    def log_abs_determinant(self, name: str = "log_abs_det") -> Any:
        return functools.reduce(lambda a, b: a + b, [operator.log_abs_determinant() for operator in self.operators])
