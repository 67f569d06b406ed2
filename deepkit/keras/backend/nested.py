"""Small helpers over nested inputs and Keras-style shapes."""

from __future__ import annotations

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
