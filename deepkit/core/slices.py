"""A gradient that touches only some rows of a tensor: the rows' numbers and their values."""

from __future__ import annotations

from typing import Any

from deepkit.core.apply import apply, convert
from deepkit.core.op import lookup


class IndexedSlices:
    """`values[i]` belongs to row `indices[i]` of a tensor of shape `dense_shape`; rows named twice add up."""

    __slots__ = ("dense_shape", "indices", "values")

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None):
        self.values = values
        self.indices = convert(indices, beside=values)
        self.dense_shape = dense_shape

    @property
    def dtype(self) -> Any:
        return self.values.dtype

    @property
    def graph(self) -> Any:
        return self.values.graph

    @property
    def name(self) -> str:
        return self.values.name

    def dense_like(self, like: Any) -> Any:
        """The same gradient as a tensor shaped like `like`, zero in all other rows."""
        return apply(lookup("GatherGrad")(axis=0), self.values, like, self.indices)

    def session_fetch(self) -> tuple[list[Any], Any]:
        """What a session computes for this object, and how it puts the values together."""
        shape = [] if self.dense_shape is None else [self.dense_shape]
        return [self.values, self.indices, *shape], lambda parts: IndexedSlicesValue(*parts)

    def __repr__(self) -> str:
        return f"IndexedSlices(values={self.values!r}, indices={self.indices!r})"


class IndexedSlicesValue:
    """The values of IndexedSlices after a run: NumPy arrays."""

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None):
        self.values, self.indices, self.dense_shape = values, indices, dense_shape
