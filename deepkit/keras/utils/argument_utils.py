"""What code around Keras asks of arguments: whether a function takes one, and one value or a list of them as a list."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from deepkit.errors import ArgumentError
from deepkit.keras.backend.nested import listed, single

__all__ = ["has_arg", "is_all_none", "object_list_uid", "slice_arrays", "to_list", "transpose_shape", "unpack_singleton"]


def has_arg(fn: Callable[..., Any], name: str, accept_all: bool = False) -> bool:
    """Whether `fn` can be called with the keyword `name`; accept_all: **kwargs counts, too.

    >>> has_arg(lambda x, rate=0.1: x, "rate"), has_arg(lambda **kwargs: 0, "rate"), has_arg(dict, "rate", accept_all=True)
    (True, False, True)
    """
    try:
        parameters = inspect.signature(fn).parameters
    except ValueError:  # some built-in functions have no signature: they take what they like
        return accept_all
    if name in parameters:
        return parameters[name].kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return accept_all and any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())


def to_list(x: Any, allow_tuple: bool = False) -> list[Any]:
    """A list as it is, anything else as a list of one; allow_tuple: a tuple as the list of its members."""
    if isinstance(x, list):
        return x
    return list(x) if allow_tuple and isinstance(x, tuple) else [x]


def unpack_singleton(x: Any) -> Any:
    """The member of a sequence of one; anything else as it is."""
    return single(list(x)) if isinstance(x, (list, tuple)) and len(x) == 1 else x


def is_all_none(iterable_or_element: Any) -> bool:
    """Whether a value, or every member of a list or tuple, is None."""
    return all(x is None for x in to_list(iterable_or_element, allow_tuple=True))


def object_list_uid(object_list: Any) -> str:
    """A text that is the same for the same objects in the same order, as long as they live."""
    return ", ".join(str(abs(id(x))) for x in listed(object_list))


def slice_arrays(arrays: Any, start: Any = None, stop: int | None = None) -> Any:
    """The samples start to stop, or those that an array of numbers `start` names, of an array or of each in a list."""
    if arrays is None:
        return [None]
    if isinstance(start, list) and stop is not None:
        raise ArgumentError("slice_arrays: numbers of samples, and stop", hint="slice_arrays(arrays, [0, 2]), or start and stop")
    wanted = start if hasattr(start, "__len__") else slice(start, stop)
    if isinstance(arrays, list):
        return [None if a is None else a[wanted] for a in arrays]
    return arrays[wanted] if hasattr(arrays, "__getitem__") else [None]


def transpose_shape(shape: Any, target_format: str, spatial_axes: Sequence[int]) -> Any:
    """A shape of channels_last as it is, or with the channels before the axes of space for "channels_first".

    >>> transpose_shape((16, 128, 64, 3), "channels_first", (1, 2))
    (16, 3, 128, 64)
    """
    if target_format not in ("channels_first", "channels_last"):
        raise ArgumentError(f"transpose_shape: {target_format!r}", rule="'channels_first' or 'channels_last'")
    dims = list(shape)
    if target_format == "channels_first":
        dims = [*dims[: spatial_axes[0]], dims[-1], *[dims[axis] for axis in spatial_axes]]
    return type(shape)(dims)
