"""Small helpers over nested inputs and Keras-style shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def flat(value: Any) -> list[Any]:
    """The leaves of nested lists, tuples and dictionaries, depth first."""
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in flat(item)]
    if isinstance(value, dict):
        return [leaf for key in sorted(value) for leaf in flat(value[key])]
    return [value]


def map_leaves(function: Callable[[Any], Any], value: Any) -> Any:
    """`function` applied to every leaf; the nesting stays."""
    if isinstance(value, (list, tuple)):
        items = [map_leaves(function, item) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        return {key: map_leaves(function, item) for key, item in value.items()}
    return function(value)


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
    dims = x.shape.dims
    return None if dims is None else tuple(None if d is None else int(d) for d in dims)
