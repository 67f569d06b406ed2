"""Names for the types of arguments and results, as the signatures of the ops use them.

An op returns AnyTensor: a Tensor where every value is known, a Symbol where one is still to be computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeAlias

import numpy as np

from deepkit.core.shape import Dimension, Shape, UnknownDimension
from deepkit.device.dtypes import DType

if TYPE_CHECKING:
    from deepkit.core.operators import Operators
    from deepkit.core.symbol import Symbol
    from deepkit.core.tensor import AnyTensor, Tensor
else:
    AnyTensor = object

__all__ = ["AnyTensor", "Array", "ArrayModule", "AxisLike", "DTypeLike", "IntLike", "IntsLike", "NumberLike",
           "PaddingLike", "ShapeLike", "TensorLike", "TensorOrSymbol"]

Array: TypeAlias = Any
"""What `forward` computes with: an array of NumPy or of CuPy, which share an interface but no type."""
ArrayModule: TypeAlias = ModuleType
"""numpy or cupy: where `forward` finds its functions."""
TensorOrSymbol: TypeAlias = "Tensor | Symbol"
"""A tensor already: what only a gradient rule calls converts nothing."""
TensorLike: TypeAlias = "Operators | np.ndarray | np.generic | complex | str | bytes | Sequence[TensorLike]"
"""What becomes a tensor: one already, a variable, a number, a text, an array, or nested lists of them."""
NumberLike: TypeAlias = "Operators | np.ndarray | np.number | complex"
"""A tensor, an array or a number: what can be computed with as it stands."""
IntLike: TypeAlias = "SupportsIndex | Operators"
"""A whole number, or a tensor that holds one."""
IntsLike: TypeAlias = "IntLike | Sequence[IntLike] | np.ndarray"
"""One whole number or several: the same for every axis, or one for each."""
AxisLike: TypeAlias = "IntsLike | None"
"""One axis or several (negative ones count from the end), or None for all."""
PaddingLike: TypeAlias = "str | Sequence[Sequence[int]]"
"""SAME, VALID, or how many zeros stand (before, after) along each axis."""
ShapeLike: TypeAlias = "Shape | IntLike | Sequence[IntLike | Dimension | UnknownDimension | None] | np.ndarray"
"""The length of each axis, None where it is not known yet, or a tensor that holds them."""
DTypeLike: TypeAlias = "DType | np.dtype | type | str"
"""A data type: dk.float32, numpy's, Python's int, float, bool or str, or a name."""
