"""Tensors that name only their non-empty places, and the way back to dense ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from deepkit.core.apply import apply, convert, is_tensor, scope
from deepkit.core.op import Op, register
from deepkit.core.other_names import shown_as
from deepkit.core.shape import Shape
from deepkit.core.static import static_shape, static_shape_value
from deepkit.core.typing import AnyTensor, Array, ArrayModule, ShapeLike, TensorLike
from deepkit.errors import ArgumentError, DTypeError, ShapeError
from deepkit.ops.arrays.gathering import check_indices
from deepkit.ops.functions import ops

__all__ = [
    "SparseTensor",
    "SparseTensorValue",
    "sparse_tensor_dense_matmul",
    "sparse_tensor_to_dense",
    "sparse_to_dense",
]


def positions(x: TensorLike) -> np.ndarray:
    """Positions or lengths as int64; DTypeError for 0.5, which is not cut."""
    found = np.asarray(x)
    if found.size and found.dtype.kind not in "iu":
        raise DTypeError(f"SparseTensor: positions and lengths of type {found.dtype}", rule="integers")
    return found.astype(np.int64)


class SparseTensorValue(NamedTuple):
    """What a session gives for a SparseTensor: three arrays."""

    indices: Any
    values: Any
    dense_shape: Any


class SparseTensor:
    """A tensor of mostly empty places, as three dense ones.

    indices: int64, shape (n, rank), one position in each row; values: shape (n,), what stands there; dense_shape: int64,
    shape (rank,).
    """

    def __init__(self, indices: Array, values: Array, dense_shape: Array):
        beside = next((x for x in (values, indices, dense_shape) if is_tensor(x)), None)
        self.indices, self.dense_shape = (
            x if is_tensor(x) else convert(positions(x), beside=beside) for x in (indices, dense_shape)
        )
        self.values = values if is_tensor(values) else convert(values, beside=beside)
        if not (self.indices.shape.rank in (2, None) and self.values.shape.rank in (1, None)):
            raise ShapeError(
                f"SparseTensor: indices {self.indices.shape}, values {self.values.shape}",
                rule="indices (n, rank), values (n,), dense_shape (rank,)",
            )

    @property
    def dtype(self) -> Any:
        return self.values.dtype

    @property
    def graph(self) -> Any:
        return self.values.graph

    @property
    def shape(self) -> Shape:
        """The dense shape, as far as it is known before the graph runs."""
        return Shape(static_shape_value(self.dense_shape))

    def get_shape(self) -> Shape:
        return self.shape

    def parts(self) -> list[AnyTensor]:
        """Its three tensors: indices, values, dense shape."""
        return [self.indices, self.values, self.dense_shape]

    def with_parts(self, parts: Sequence[AnyTensor]) -> SparseTensor:
        """Other tensors in the order of `parts()`."""
        return type(self)(*parts)

    def with_values(self, values: AnyTensor) -> SparseTensor:
        """Other values at the same places."""
        return type(self)(self.indices, values, self.dense_shape)

    def session_fetch(self) -> tuple[list[Any], Callable[[list[Any]], SparseTensorValue]]:
        """The parts a session has to compute, and how all three are put together."""
        parts = self.parts()
        unknown = [part for part in parts if not hasattr(part, "numpy")]

        def together(computed: list[Any]) -> SparseTensorValue:
            rest = iter(computed)
            return SparseTensorValue(*[part.numpy() if hasattr(part, "numpy") else next(rest) for part in parts])

        return unknown, together

    def session_feed(self, value: Any) -> dict[Any, Any]:
        """The parts that are fed where this is fed a SparseTensorValue, or (indices, values, dense_shape)."""
        parts: dict[Any, Any] = dict(zip(self.parts(), value, strict=True))
        return {part: v for part, v in parts.items() if not part.node.op.is_constant}

    def eval(self, feed_dict: Any = None, session: Any = None) -> SparseTensorValue:
        """The three arrays, computed by `session` or the default session."""
        return self.values.graph.session_for(session, "SparseTensor.eval()").run(self, feed_dict)

    def __mul__(self, other: TensorLike) -> SparseTensor:
        """Every value times the number of `other`, which broadcasts, at its place."""
        return ops.sparse_dense_cwise_mul(self, other)

    __rmul__ = __mul__
    __array_ufunc__ = None  # numpy_array * sparse asks the sparse tensor, not NumPy

    def __truediv__(self, other: TensorLike) -> SparseTensor:
        """Every value by the number of `other`, which broadcasts, at its place."""
        return ops.sparse_dense_cwise_div(self, other)

    def __repr__(self) -> str:
        return f"SparseTensor(indices={self.indices!r}, values={self.values!r}, dense_shape={self.dense_shape!r})"


@register
class SparseToDense(Op):
    """values[i] at position indices[i], the default value everywhere else."""

    static: tuple[int | None, ...] | None = None
    validate: bool = True
    types = ("index", "index", "T", "T")
    host = (1,)

    def shape(self, indices: Shape, dims: Shape, values: Shape, default: Shape) -> Shape:
        rank = dims.lengths[0] if dims.lengths else None
        return Shape(self.static if self.static is not None or rank is None else [None] * rank)

    def forward(self, xp: ArrayModule, indices: Array, dims: Array, values: Array, default: Array) -> Any:
        y = xp.empty(tuple(int(d) for d in dims), values.dtype)
        y[...] = default
        positions = indices.reshape(-1, y.ndim) if indices.ndim < 2 else indices
        if self.validate and y.ndim:
            _check_order(xp, positions)
        for axis in range(y.ndim):
            check_indices(xp, positions[:, axis], y.shape[axis], f"sparse_to_dense, column {axis}")
        y[tuple(positions.T)] = values
        return y

    def gradient(
        self, dy: AnyTensor, y: AnyTensor, indices: AnyTensor, dims: AnyTensor, values: AnyTensor, default: AnyTensor
    ) -> Any:
        from deepkit.ops.functions import ops

        at = ops.reshape(indices, [-1, ops.size(dims)]) if indices.shape.rank != 2 else indices
        dvalues = ops.gather_nd(dy, at)
        return None, None, ops.sum_like(dvalues, values), ops.reduce_sum(dy) - ops.reduce_sum(dvalues)


def _check_order(xp: ArrayModule, positions: Array) -> None:
    """ArgumentError naming the first position that does not come after the one before it."""
    steps = positions[1:] - positions[:-1]
    first = xp.take_along_axis(steps, (steps != 0).argmax(axis=1)[:, None], 1)[:, 0]  # the step that decides; 0: none
    if bool((first <= 0).any()):
        i = int((first <= 0).argmax())
        raise ArgumentError(
            f"sparse indices: {positions[i + 1].tolist()} at place {i + 1} "
            + ("is repeated" if first[i] == 0 else f"comes after {positions[i].tolist()}: out of order"),
            rule="positions stand in rising order, row by row, each once",
            hint="sort them, or validate_indices=False: then the last of equal positions counts",
        )


def sparse_to_dense(
    sparse_indices: TensorLike, output_shape: ShapeLike, sparse_values: TensorLike, default_value: TensorLike = 0,
    validate_indices: bool = True, name: str | None = None,
) -> AnyTensor:
    """A tensor of output_shape with sparse_values at sparse_indices, and default_value everywhere else.

    With validate_indices the positions must be in rising order, none of them named twice; else the last one counts.
    sparse_indices: (n, rank), (n,) for a vector, or () for one place; sparse_values: (n,) or one value. ArgumentError:
    an index out of range, and with validate_indices one out of order or repeated.

    >>> import deepkit as dk
    >>> dk.sparse_to_dense([[0], [2]], [4], [5, 6]).numpy().tolist()
    [5, 0, 6, 0]
    """
    static, dims = static_shape(output_shape)
    op = SparseToDense(static=static, validate=bool(validate_indices))
    return apply(op, sparse_indices, dims, sparse_values, default_value, name=name)


def _with_rows(b: AnyTensor, sp_a: SparseTensor, axis: int) -> AnyTensor:
    """b, if it has as many rows as sp_a has places along `axis`; ShapeError, in runs where only they know."""
    from deepkit.ops.functions import ops

    known, rows = static_shape_value(sp_a.dense_shape), b.shape.lengths[0] if b.shape.lengths else None
    inner = None if known is None else known[axis]
    if inner is not None and rows is not None:
        if inner != rows:
            raise ShapeError(f"sparse_tensor_dense_matmul: {known} times {b.shape}", rule="the inner lengths are equal")
        return b
    equal = ops.equal(sp_a.dense_shape[axis], ops.cast(ops.shape(b)[0], "int64"))
    return where_it_holds(b, equal, ["sparse_tensor_dense_matmul of shapes", sp_a.dense_shape, ops.shape(b)])


def where_it_holds(x: AnyTensor, condition: AnyTensor, said: Sequence[TensorLike | str]) -> AnyTensor:
    """x; NumericsError with what is `said`, in runs where a graph computes it, if the condition does not hold."""
    check = ops.assert_(condition, said)  # noqa: PT009
    graph = getattr(x, "graph", None)
    if graph is None:
        return x
    with graph.control_dependencies([check]):
        return ops.identity(x)


def sparse_tensor_dense_matmul(
    sp_a: SparseTensor, b: TensorLike, adjoint_a: bool = False, adjoint_b: bool = False, name: str | None = None
) -> AnyTensor:
    """A sparse matrix (n, m) times a dense one (m, k): only the named places are multiplied.

    integer or float; result: (n, k). adjoint_*: the conjugate transpose of that factor is used. ArgumentError: a named
    place outside the matrices. ShapeError: inner lengths that differ.

    >>> import deepkit as dk
    >>> a = dk.ops.SparseTensor([[0, 1], [1, 0]], dk.tensor([2.0, 3.0]), [2, 2])
    >>> dk.ops.sparse_tensor_dense_matmul(a, [[1.0], [10.0]]).numpy().tolist()
    [[20.0], [3.0]]
    """
    from deepkit.ops.functions import ops

    with scope(name, "SparseTensorDenseMatMul", sp_a.values, b):
        b = convert(b, beside=sp_a.values)
        b = ops.matrix_transpose(b, conjugate=True) if adjoint_b else b
        b = _with_rows(b, sp_a, 0 if adjoint_a else 1)
        row, column = sp_a.indices[:, 0], sp_a.indices[:, 1]
        values, count = sp_a.values, ops.gather(sp_a.dense_shape, 1 if adjoint_a else 0)
        if adjoint_a:
            row, column, values = column, row, ops.conj(values)
        products = ops.expand_dims(values, 1) * ops.gather(b, column)
        found = ops.unsorted_segment_sum(products, row, ops.cast(count, "int32"), name="SparseTensorDenseMatMul")
        if hasattr(found, "set_shape"):
            found.set_shape([None, b.shape[-1] if b.shape.rank else None])
        return shown_as(found, "SparseTensorDenseMatMul")


def sparse_tensor_to_dense(
    sp_input: SparseTensor, default_value: TensorLike | None = None, validate_indices: bool = True,
    name: str | None = None,
) -> AnyTensor:
    """A SparseTensor as a dense one, with default_value (0, or an empty string) at the places it does not name.

    Result: sp_input's shape and type. ArgumentError: with validate_indices, a place out of order or repeated.
    """
    default = default_value if default_value is not None else b"" if sp_input.dtype.is_string else 0
    return sparse_to_dense(
        sp_input.indices, sp_input.dense_shape, sp_input.values, default, validate_indices, name or "SparseToDense"
    )
