"""Values on their way into the graph: converted to the tensor's type, checked against its shape."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from deepkit.core.graph import Graph
from deepkit.core.shape import Shape
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.device.arrays import as_array
from deepkit.errors import DeepkitError, FeedError


def spread(feeds: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """The feeds with a tuple of tensors, such as the state of a cell, and a SparseTensor as their parts."""
    if not isinstance(feeds, Mapping):
        raise FeedError(f"feed_dict is a {type(feeds).__name__}", rule="a dict from tensors to their values",
                        hint="feed_dict={x: images, y: labels}")
    if all(isinstance(key, (Symbol, str)) for key in feeds):
        return feeds
    single: dict[Any, Any] = {}
    for key, value in feeds.items():
        if hasattr(key, "session_feed"):
            single.update(key.session_feed(value))
        elif isinstance(key, (tuple, list)):
            if not isinstance(value, (tuple, list, np.ndarray)) or len(value) != len(key):
                raise FeedError(
                    f"{len(key)} tensors together were fed {value!r}"[:200],
                    rule="a value for each of them, in the same order",
                )
            single.update(spread(dict(zip(key, value, strict=True))))
        else:
            single[key] = value
    return single


def feed_key(graph: Graph, key: Any) -> Symbol:
    """The Symbol that an entry of feed_dict names."""
    item = graph.as_graph_element(key, "fed")
    if not isinstance(item, Symbol):
        first = f"{item.name}:0"
        raise FeedError(f"{item.name!r} is an operation: it has no value that could be fed",
                        hint=f"feed the tensor that it makes, {first!r}" if item.outputs else "feed a tensor")
    return item


def feed_value(symbol: Symbol, value: Any) -> Any:
    """`value` as an array of the tensor's type; FeedError if type or shape do not fit."""
    if type(value) is not np.ndarray or value.dtype != symbol.dtype.numpy:
        value = _converted(symbol, value)
    dims = symbol.shape.lengths
    if dims is not None:
        shape = value.shape
        if len(shape) != len(dims) or any(d is not None and d != n for d, n in zip(dims, shape, strict=True)):
            raise FeedError(
                f"{symbol.name} of shape {symbol.shape} was fed a value of shape {_plain(shape)}",
                where=symbol.node.where(),
                rule="the fed value must fit the shape; a dimension that is ? may have any length",
                hint=_shape_hint(dims, shape),
            )
    return value


def _converted(symbol: Symbol, value: Any) -> Any:
    if isinstance(value, Symbol):
        raise FeedError(
            f"{symbol.name} was fed {value.name}, a tensor of the graph", where=symbol.node.where(),
            rule="a fed value is a number, a list or a NumPy array", hint="feed sess.run(tensor) instead of the tensor",
        )
    try:
        given = value.value if isinstance(value, Tensor) else value
        exact = _without_loss(given, symbol.dtype)
        return as_array(given, symbol.dtype) if exact is None else exact
    except DeepkitError as error:
        raise FeedError(
            f"{symbol.name} ({symbol.dtype.name}) cannot be fed this value: {error.what}", where=symbol.node.where(),
            rule=error.rule, hint=error.hint,
        ) from error


def _without_loss(value: Any, dtype: Any) -> np.ndarray | None:
    """Numbers of another kind that `dtype` holds as they are, such as labels 0.0, 1.0 for int32; None for all others."""
    if not (dtype.is_integer or dtype.is_bool):
        return None
    try:
        array = np.asarray(value)
    except ValueError:
        return None  # rows of different lengths: as_array explains them
    if array.dtype.kind not in "fbiu" or array.dtype == dtype.numpy:
        return None
    with np.errstate(invalid="ignore"):
        kept = array.astype(dtype.numpy)
    return kept if np.array_equal(kept, array) else None


def _plain(shape: tuple[int, ...]) -> str:
    return f"({shape[0]},)" if len(shape) == 1 else str(tuple(shape))


def _shape_hint(dims: tuple[int | None, ...], shape: tuple[int, ...]) -> str:
    missing = _missing_axis(dims, shape) if len(shape) == len(dims) - 1 else None
    if missing is not None:
        return missing
    if len(shape) == len(dims) and sorted(map(str, dims)) == sorted(map(str, shape)):
        return "the axes look exchanged: value.T"
    if _fills(dims, shape):
        return f"value.reshape({', '.join('-1' if d is None else str(d) for d in dims)})"
    return "compare value.shape with the placeholder's shape"


def _missing_axis(dims: tuple[int | None, ...], shape: tuple[int, ...]) -> str | None:
    """What to do about a value that has one axis too few, if it shows which."""
    if dims[0] is None and Shape(dims[1:]).is_compatible_with(shape):
        return "a single example still needs the batch axis: value[None, ...]"
    return "make it a column: value.reshape(-1, 1)" if dims[-1] == 1 else None


def _fills(dims: tuple[int | None, ...], shape: tuple[int, ...]) -> bool:
    """Whether the numbers of a value fill the placeholder's shape, in which some lengths are said and others are not."""
    known = [d for d in dims if d is not None]
    return 0 < len(known) < len(dims) and math.prod(shape) % max(math.prod(known), 1) == 0
