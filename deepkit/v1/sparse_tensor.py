"""`tf.SparseTensor`: the one of the ops, whose parts are nodes of the default graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.core.apply import is_tensor
from deepkit.ops.arrays.sparse import SparseTensor as _SparseTensor
from deepkit.v1.framework.symbolic import constant_of


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
        places, shape = (x if is_tensor(x) else np.asarray(x, np.int64) for x in (indices, dense_shape))
        if not is_tensor(indices) and not np.size(indices):
            places = places.reshape(0, np.size(dense_shape))
        super().__init__(constant_of(places), constant_of(values), constant_of(shape))
