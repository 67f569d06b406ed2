"""A gradient that touches only some rows of a tensor: the rows' numbers and their values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from deepkit.core.apply import apply, convert
from deepkit.core.op import lookup
from deepkit.core.shape import UNKNOWN, Shape
from deepkit.core.static import static_shape, static_shape_value
from deepkit.errors import GradientError


class IndexedSlicesValue(NamedTuple):
    """The values of IndexedSlices after a run: NumPy arrays."""

    values: Any
    indices: Any
    dense_shape: Any = None


class IndexedSlices:
    """`values[i]` belongs to row `indices[i]` of a tensor of shape `dense_shape`; rows named twice add up.

    The gradient of rows gathered from a variable is one: a table of a million words is not filled with zeros for the
    ten that occur in a batch. Where an op needs a tensor it is made dense.
    """

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

    @property
    def op(self) -> Any:
        return self.values.op

    @property
    def device(self) -> str:
        return self.values.device

    @property
    def shape(self) -> Shape:
        """The shape of the dense tensor, as far as it is known."""
        return UNKNOWN if self.dense_shape is None else Shape(static_shape_value(self.dense_shape))

    def get_shape(self) -> Shape:
        return self.shape

    def with_values(self, values: Any) -> IndexedSlices:
        """Other values for the same rows."""
        return IndexedSlices(values, self.indices, self.dense_shape)

    def as_dense_tensor(self) -> Any:
        """The same gradient as a tensor of `dense_shape`, zero in all other rows."""
        if self.dense_shape is None:
            raise GradientError(
                "these IndexedSlices do not say how many rows the whole tensor has",
                hint="IndexedSlices(values, indices, dense_shape=[rows, ...])",
            )
        static, dims = static_shape(self.dense_shape)
        rows = apply(lookup("ExpandDims")(axis=1), self.indices)
        return apply(lookup("ScatterNd")(static=static), rows, self.values, dims)

    def dense_like(self, like: Any) -> Any:
        """The same gradient as a tensor shaped like `like`, zero in all other rows."""
        return apply(lookup("GatherGrad")(axis=0), self.values, like, self.indices)

    def session_fetch(self) -> tuple[list[Any], Callable[[list[Any]], IndexedSlicesValue]]:
        """What a session computes for this object, and how it puts the values together."""
        shape = [] if self.dense_shape is None else [self.dense_shape]
        return [self.values, self.indices, *shape], lambda parts: IndexedSlicesValue(*parts)

    def eval(self, feed_dict: Any = None, session: Any = None) -> IndexedSlicesValue:
        """The values, computed by `session` or the default session."""
        return self.graph.session_for(session, "IndexedSlices.eval()").run(self, feed_dict)

    def __repr__(self) -> str:
        return f"IndexedSlices(values={self.values!r}, indices={self.indices!r})"


def added(parts: Sequence[Any], like: Any) -> Any:
    """The sum of gradients of `like`, tensors or IndexedSlices: rows one after the other as long as all are such."""
    if len(parts) == 1:
        return parts[0]
    if not all(isinstance(p, IndexedSlices) for p in parts):
        return apply(lookup("AddN")(), *[dense(p, like) for p in parts])
    values = apply(lookup("Concat")(axis=0), *[p.values for p in parts])
    indices = apply(lookup("Concat")(axis=0), *[p.indices for p in parts])
    return IndexedSlices(values, indices, parts[0].dense_shape)


def dense(gradient: Any, like: Any) -> Any:
    """A gradient of `like` as a tensor."""
    return gradient.dense_like(like) if isinstance(gradient, IndexedSlices) else gradient
