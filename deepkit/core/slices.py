"""Some rows of a tensor: a gradient that touches no others, and what reads or changes them in a variable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from deepkit.core.apply import apply, convert
from deepkit.core.op import lookup
from deepkit.core.shape import UNKNOWN, Shape
from deepkit.core.static import static_shape, static_shape_value
from deepkit.errors import ArgumentError, GradientError


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

    def parts(self) -> list[Any]:
        """Its tensors: values, indices and, where it is told, the dense shape."""
        return [self.values, self.indices, *([] if self.dense_shape is None else [self.dense_shape])]

    def with_parts(self, parts: Sequence[Any]) -> IndexedSlices:
        """Other tensors in the order of `parts()`."""
        return IndexedSlices(*parts)

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
        return self.parts(), lambda parts: IndexedSlicesValue(*parts)

    def eval(self, feed_dict: Any = None, session: Any = None) -> IndexedSlicesValue:
        """The values, computed by `session` or the default session."""
        return self.graph.session_for(session, "IndexedSlices.eval()").run(self, feed_dict)

    def __neg__(self) -> IndexedSlices:
        return self.with_values(-self.values)

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


def _by_rows(how: str, verb: str) -> Any:
    name = f"scatter_{how}"

    def method(self: Any, sparse_delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        if not isinstance(sparse_delta, IndexedSlices):
            raise ArgumentError(
                f"{self.name}.scatter_{how}({sparse_delta!r})", rule="rows and their values together, as IndexedSlices",
                hint=f"tf.scatter_{how}(variable, indices, updates) takes them apart",
            )
        op = lookup("ScatterRef")(how=how)
        return apply(op, self, sparse_delta.indices, sparse_delta.values, name=name or f"Scatter{how.capitalize()}")

    method.__name__, method.__qualname__ = name, f"Variable.{name}"
    method.__doc__ = f"When run, the rows that the IndexedSlices name {verb} its values; the variable's new value."
    return method


def _by_positions(how: str, verb: str) -> Any:
    name = f"scatter_nd_{how}"

    def method(self: Any, indices: Any, updates: Any, name: str | None = None) -> Any:
        op = lookup("ScatterRef")(how=how, nd=True)
        return apply(op, self, indices, updates, name=name or f"ScatterNd{how.capitalize()}")

    method.__name__, method.__qualname__ = name, f"Variable.{name}"
    method.__doc__ = f"""When run, the positions `indices` (..., k), one in the first k axes each, {verb} `updates`, of shape
        indices.shape[:-1] + variable.shape[k:]; the variable's new value."""
    return method


class RowUpdates:
    """Base of Variable. ShapeError: updates of another shape; ArgumentError: an index outside the variable."""

    __slots__ = ()

    scatter_update = _by_rows("update", "become")
    scatter_add = _by_rows("add", "grow by")
    scatter_sub = _by_rows("sub", "shrink by")
    scatter_mul = _by_rows("mul", "are multiplied by")
    scatter_div = _by_rows("div", "are divided by")
    scatter_min = _by_rows("min", "become at most")
    scatter_max = _by_rows("max", "become at least")
    scatter_nd_update = _by_positions("update", "become")
    scatter_nd_add = _by_positions("add", "grow by")
    scatter_nd_sub = _by_positions("sub", "shrink by")
    scatter_nd_min = _by_positions("min", "become at most")
    scatter_nd_max = _by_positions("max", "become at least")

    def gather_nd(self, indices: Any, name: str | None = None) -> Any:
        """What stands at the positions `indices` (..., k): a tensor of shape indices.shape[:-1] + variable.shape[k:]."""
        return apply(lookup("GatherNd")(), self, convert(indices, beside=self), name=name)

    def sparse_read(self, indices: Any, name: str | None = None) -> Any:
        """The rows `indices`."""
        return apply(lookup("Gather")(), self, convert(indices, beside=self), name=name)

    def count_up_to(self, limit: int) -> Any:
        """The value of a whole number before it grows by 1; when it has reached `limit`, OutOfRangeError."""
        return apply(lookup("CountUpTo")(limit=limit), self)[1]
