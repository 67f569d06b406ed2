"""`tf.sparse_to_dense` and its kin: tensors that name only their non-empty places."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.apply import is_tensor
from deepkit.ops.arrays.sparse import SparseTensor as _SparseTensor
from deepkit.ops.arrays.sparse import SparseTensorValue
from deepkit.v1.framework.symbolic import constant_of, symbolic

__all__ = [
    "SparseTensor", "SparseTensorValue", "sparse_tensor_dense_matmul", "sparse_tensor_to_dense", "sparse_to_dense",
]

sparse_to_dense = symbolic(ops.sparse_to_dense)


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
        places, shape = (x if is_tensor(x) else np.asarray(x, np.int64) for x in (indices, dense_shape))
        if not is_tensor(indices) and not np.size(indices):
            places = places.reshape(0, np.size(dense_shape))
        super().__init__(constant_of(places), constant_of(values), constant_of(shape))


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
