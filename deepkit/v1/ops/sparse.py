"""`tf.sparse_to_dense` and its kin: tensors that name only their non-empty places."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.apply import is_tensor
from deepkit.core.slices import IndexedSlices
from deepkit.errors import ArgumentError, DTypeError
from deepkit.ops.arrays.sparse import SparseTensor as _SparseTensor
from deepkit.ops.arrays.sparse import SparseTensorValue, positions
from deepkit.v1.framework.symbolic import constant_of, symbolic

__all__ = [
    "SparseTensor", "SparseTensorValue", "edit_distance", "sparse_add", "sparse_concat", "sparse_fill_empty_rows",
    "sparse_mask", "sparse_maximum", "sparse_merge", "sparse_minimum", "sparse_reduce_max", "sparse_reduce_sum",
    "sparse_reorder", "sparse_reset_shape", "sparse_reshape", "sparse_retain", "sparse_segment_mean", "sparse_segment_sqrt_n",
    "sparse_segment_sum", "sparse_slice", "sparse_softmax", "sparse_split", "sparse_tensor_dense_matmul",
    "sparse_tensor_to_dense", "sparse_to_dense", "sparse_to_indicator", "sparse_transpose",
]

sparse_to_dense = symbolic(ops.sparse_to_dense)
sparse_segment_sum = symbolic(ops.sparse_segment_sum)
sparse_segment_mean = symbolic(ops.sparse_segment_mean)
sparse_segment_sqrt_n = symbolic(ops.sparse_segment_sqrt_n)


class _Kind(type):
    """isinstance(x, SparseTensor) holds for those that ops make too."""

    def __instancecheck__(cls, x: object) -> bool:
        return isinstance(x, _SparseTensor)


class SparseTensor(_SparseTensor, metaclass=_Kind):
    """A tensor of mostly empty places, as three dense ones; arrays and lists among them become constants of the graph.

    indices: int64, shape (n, rank), one position in each row; values: shape (n,), what stands there; dense_shape: int64,
    shape (rank,).
    """

    def __init__(self, indices: Any, values: Any, dense_shape: Any):
        places: Any
        places, shape = (x if is_tensor(x) else positions(x) for x in (indices, dense_shape))
        if not is_tensor(indices) and not np.size(indices):
            places = places.reshape(0, np.size(dense_shape))
        super().__init__(constant_of(places), constant_of(values), constant_of(shape))

    @classmethod
    def from_value(cls, sparse_tensor_value: Any) -> SparseTensor:
        """A SparseTensorValue as constants of the graph; a SparseTensor as it is."""
        if not _is_sparse(sparse_tensor_value):
            raise DTypeError(
                f"SparseTensor.from_value of {type(sparse_tensor_value).__name__}", rule="a SparseTensorValue",
                hint="SparseTensorValue(indices, values, dense_shape)",
            )
        return sparse_tensor_value if isinstance(sparse_tensor_value, SparseTensor) else _in_graph(sparse_tensor_value)


def sparse_tensor_to_dense(sp_input: Any, default_value: Any = None, validate_indices: bool = True, name: Any = None):
    """A SparseTensor as a dense one, with default_value (0, or an empty string) at the places it does not name."""
    return ops.sparse_tensor_to_dense(_in_graph(sp_input), default_value, validate_indices, name)


def sparse_tensor_dense_matmul(
    sp_a: Any, b: Any, adjoint_a: bool = False, adjoint_b: bool = False, name: Any = None
):
    """A sparse matrix (n, m) times a dense one (m, k)."""
    return ops.sparse_tensor_dense_matmul(_in_graph(sp_a), b, adjoint_a, adjoint_b, name)


def _in_graph(sparse: Any) -> SparseTensor:
    """The same sparse tensor, or the value of one, its three parts nodes of the graph."""
    return SparseTensor(sparse.indices, sparse.values, sparse.dense_shape)


def _of_sparse(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, whose sparse arguments, or values of such, become nodes of the graph, as its results do."""

    def given(value: Any) -> Any:
        if isinstance(value, (list, tuple)) and value and all(_is_sparse(v) for v in value):
            return [_in_graph(v) for v in value]
        return _in_graph(value) if _is_sparse(value) else value

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return _made(function(*[given(a) for a in args], **{key: given(a) for key, a in kwargs.items()}))

    return wrapper


def _is_sparse(value: Any) -> bool:
    return isinstance(value, (SparseTensor, SparseTensorValue))


def _made(result: Any) -> Any:
    if isinstance(result, (list, tuple)):
        return type(result)([_made(r) for r in result])
    return _in_graph(result) if _is_sparse(result) else result


edit_distance = _of_sparse(ops.edit_distance)
embedding_lookup_sparse = _of_sparse(ops.embedding_lookup_sparse)
sparse_add = _of_sparse(ops.sparse_add)
sparse_concat = _of_sparse(ops.sparse_concat)
sparse_expand_dims = _of_sparse(ops.sparse_expand_dims)
sparse_fill_empty_rows = _of_sparse(ops.sparse_fill_empty_rows)
sparse_maximum = _of_sparse(ops.sparse_maximum)
sparse_minimum = _of_sparse(ops.sparse_minimum)
sparse_reduce_max = _of_sparse(ops.sparse_reduce_max)
sparse_reduce_sum = _of_sparse(ops.sparse_reduce_sum)
sparse_reorder = _of_sparse(ops.sparse_reorder)
sparse_reset_shape = _of_sparse(ops.sparse_reset_shape)
sparse_reshape = _of_sparse(ops.sparse_reshape)
sparse_retain = _of_sparse(ops.sparse_retain)
sparse_slice = _of_sparse(ops.sparse_slice)
sparse_softmax = _of_sparse(ops.sparse_softmax)
sparse_to_indicator = _of_sparse(ops.sparse_to_indicator)
sparse_transpose = _of_sparse(ops.sparse_transpose)


def sparse_split(
    keyword_required: Any = None, sp_input: Any = None, num_split: Any = None, axis: Any = None, name: Any = None,
    split_dim: Any = None,
) -> list[SparseTensor]:
    """A sparse tensor in num_split parts along `axis`; all arguments are given by their names."""
    if keyword_required is not None:
        raise ArgumentError("sparse_split takes its arguments by their names", hint="sp_input=..., num_split=..., axis=...")
    along = axis if axis is not None else split_dim
    return _made(ops.sparse_split(_in_graph(sp_input), int(num_split), int(along), name))


def sparse_merge(
    sp_ids: Any, sp_values: Any, vocab_size: Any, name: str | None = None, already_sorted: bool = False
) -> SparseTensor:
    """Ids and their values at the same places as one sparse tensor, whose last axis is the id.

    sp_ids: integers, or a list of such sparse tensors, each with its vocab_size and an axis of its own; sp_values: any
    numbers. Result: the axes of sp_ids without the last one, then the vocabularies; in rising order of the places,
    unless they are already_sorted.
    """
    several = isinstance(sp_ids, (list, tuple))
    ids = [_in_graph(x) for x in (sp_ids if several else [sp_ids])]
    sizes = list(vocab_size) if several else [vocab_size]
    if len(ids) != len(sizes):
        raise ArgumentError(f"sparse_merge: {len(ids)} tensors of ids, {len(sizes)} vocabularies", rule="one for each")
    values = _in_graph(sp_values).values
    named = [ops.expand_dims(ops.cast(x.values, "int64"), 1) for x in ids]
    lengths = [ops.reshape(ops.cast(constant_of(size), "int64"), [1]) for size in sizes]
    places = ops.concat([ids[0].indices[:, :-1], *named], 1)
    merged = SparseTensor(places, values, ops.concat([ids[0].dense_shape[:-1], *lengths], 0))
    return merged if already_sorted else sparse_reorder(merged, name)


def sparse_mask(a: IndexedSlices, mask_indices: Any, name: str | None = None) -> IndexedSlices:
    """IndexedSlices without the rows that mask_indices names."""
    kept, where = ops.setdiff1d(a.indices, mask_indices)
    return IndexedSlices(ops.gather(a.values, where), kept, a.dense_shape)


def from_dense(tensor: Any, name: str | None = None) -> SparseTensor:
    """The places of a dense tensor that are not 0."""
    x = constant_of(tensor)
    places = ops.where(ops.not_equal(x, b"" if x.dtype.is_string else ops.cast(0, x.dtype)))
    return SparseTensor(places, ops.gather_nd(x, places), ops.shape(x, out_type="int64"))


def sparse_eye(num_rows: int, num_columns: int | None = None, dtype: Any = "float32", name: str | None = None) -> SparseTensor:
    """A sparse matrix with ones on its diagonal."""
    columns = num_rows if num_columns is None else num_columns
    n = min(num_rows, columns)
    ones = ops.ones([n], dtype)
    return SparseTensor(np.repeat(np.arange(n), 2).reshape(n, 2), ones, [num_rows, columns])
