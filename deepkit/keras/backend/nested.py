"""Small helpers over nested inputs and Keras-style shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit.core.nest import map_leaves


def kept(value: Any) -> Any:
    """`value` as it is now: its lists, dictionaries and arrays are copied, so that changing them later changes nothing."""
    return map_leaves(lambda leaf: leaf.copy() if isinstance(leaf, np.ndarray) else leaf, value)


def listed(value: Any) -> list[Any]:
    """A list or tuple as a list, None as no items, anything else as a list of one."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def single(items: list[Any]) -> Any:
    """The only item, or the list if there are several."""
    return items[0] if len(items) == 1 else items


def keras_shape(x: Any) -> Any:
    """A tensor's shape as a tuple with None; a list of tuples for several tensors."""
    if isinstance(x, (list, tuple)):
        return [keras_shape(item) for item in x]
    if isinstance(x, dict):
        return {key: keras_shape(item) for key, item in x.items()}
    dims = x.shape.lengths
    return None if dims is None else tuple(None if d is None else int(d) for d in dims)


def is_shape(value: Any) -> bool:
    """True for one shape, False for a nest of shapes."""
    return hasattr(value, "lengths") or (
        isinstance(value, (list, tuple)) and all(d is None or hasattr(d, "__index__") for d in value)
    )


def map_shapes(function: Callable[[tuple[Any, ...]], Any], shape: Any) -> Any:
    """`function` applied to every shape of a nest of shapes."""
    if is_shape(shape):
        return function(tuple(shape.lengths if hasattr(shape, "lengths") else shape))
    if isinstance(shape, dict):
        return {key: map_shapes(function, shape[key]) for key in sorted(shape)}
    return type(shape)(map_shapes(function, item) for item in shape)


def shapes_in(shape: Any) -> list[tuple[Any, ...]]:
    """The shapes of a nest of shapes, in its order."""
    found: list[tuple[Any, ...]] = []
    map_shapes(found.append, shape)
    return found


def inputs_shape(shape: Any) -> Any:
    """The shape of the inputs from that of [inputs, *states, *constants]."""
    return shape[0] if isinstance(shape, list) and not is_shape(shape) else shape
