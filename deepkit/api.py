"""The public names of deepkit: `dk.matmul`, `dk.tensor`, `dk.gradients` and the rest."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.core.apply import apply
from deepkit.core.apply import convert as convert_to_tensor
from deepkit.core.autodiff import gradients
from deepkit.core.op import Op, register, registry
from deepkit.core.seeds import set_eager_seed as set_random_seed
from deepkit.core.shape import Shape
from deepkit.core.shape import broadcast as broadcast_shapes
from deepkit.core.tensor import Parameter, Tensor
from deepkit.device.dtypes import (
    bool_,
    complex64,
    complex128,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    string,
    uint8,
    uint16,
    uint32,
    uint64,
)
from deepkit.ops import *
from deepkit.source import show_source


def tensor(value: Any, dtype: Any = None) -> Tensor:
    """A tensor that holds `value`: numbers, strings, nested lists, a NumPy array.

    Whole numbers become int32, others float32, unless `dtype` or the array says otherwise.

    >>> import deepkit as dk
    >>> dk.tensor([[1, 2], [3, 4]])
    <dk.Tensor shape=(2, 2) dtype=int32
    [[1 2]
     [3 4]]>
    """
    return Tensor(value.value if isinstance(value, Tensor) else value, dtype=dtype)


__all__ = [name for name in globals() if name[0] != "_" and name not in {"Any", "annotations", "ops"}]
