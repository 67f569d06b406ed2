"""The dense layer, x @ kernel + bias, and examples laid out as the flat rows that it takes."""

from __future__ import annotations

import math
from typing import Any

from deepkit import ops
from deepkit.layers.layouts import length
from deepkit.layers.weights import Declared


def dense_weights(features: int, units: int, bias: bool = True) -> list[Declared]:
    """kernel (features, units) and bias (units)."""
    weights = [Declared("kernel", (features, units)), Declared("bias", (units,), "zeros")]
    return weights if bias else weights[:1]


def dense(x: Any, kernel: Any, bias: Any = None) -> Any:
    """x @ kernel + bias: (..., features) -> (..., units); axes between the batch and the features stay."""
    rank = x.shape.rank
    y = ops.matmul(x, kernel) if rank == 2 else ops.tensordot(x, kernel, [[rank - 1], [0]])
    return y if bias is None else ops.bias_add(y, bias)


def flat(x: Any, channels_first: bool = False) -> Any:
    """The numbers of each example as one row, channels last: (batch, ...) -> (batch, n)."""
    rank = x.shape.rank
    x = ops.transpose(x, [0, *range(2, rank), 1]) if channels_first and rank > 2 else x
    inner = x.shape.lengths[1:]
    if None in inner:
        return ops.reshape(x, ops.stack([length(x, 0), -1]))
    return ops.reshape(x, [-1, math.prod(inner)])
