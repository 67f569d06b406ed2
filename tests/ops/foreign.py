"""A second array module: NumPy's functions, but its arrays mix with NumPy's no more than those of a GPU do."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np


class ndarray(np.ndarray):
    """An array that refuses to be computed with beside a NumPy array, as CuPy's does."""

    __cuda_array_interface__ = True  # by this a Tensor knows that it lives elsewhere

    def get(self) -> np.ndarray:
        """A copy in "CPU memory"."""
        return np.array(self.view(np.ndarray))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        given = {"out": tuple(_plain(x) for x in out)} if out is not None else {}
        result = getattr(ufunc, method)(*[_plain(x) for x in inputs], **{k: _plain(v) for k, v in options.items()}, **given)
        return out[0] if out is not None and len(out) == 1 else _ours(result)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        raise TypeError(f"np.{function.__name__} was called with an array of another module")


def _plain(x: Any) -> Any:
    """What NumPy may compute with: the numbers of our arrays, and scalars; a NumPy array beside ours is a mistake."""
    if isinstance(x, ndarray):
        return x.view(np.ndarray)
    if isinstance(x, np.ndarray):
        raise TypeError(f"a NumPy array of shape {x.shape} among arrays of another module")
    return type(x)(_plain(part) for part in x) if isinstance(x, (list, tuple)) else x


def _ours(x: Any) -> Any:
    if isinstance(x, (np.ndarray, np.generic)):
        return np.asarray(x).view(ndarray)
    if isinstance(x, tuple) and hasattr(x, "_fields"):  # a named tuple, such as eigh's
        return type(x)(*map(_ours, x))
    return type(x)(map(_ours, x)) if isinstance(x, (list, tuple)) else x


def asarray(x: Any, dtype: Any = None) -> ndarray:
    """The one way in: from NumPy's memory into "ours"."""
    return np.asarray(x.get() if isinstance(x, ndarray) else x, dtype).view(ndarray)


class Module:
    """A module whose functions take and give our arrays: that of NumPy, or one beside it."""

    ndarray, asarray = ndarray, staticmethod(asarray)

    def __init__(self, source: ModuleType):
        self._source = source

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._source, name)
        if isinstance(value, ModuleType):
            return Module(value)
        plain = isinstance(value, (type, np.ufunc)) or not callable(value)  # our arrays answer for ufuncs themselves
        return value if plain else _function(value)


def _function(function: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        return _ours(function(*[_plain(x) for x in args], **{k: _plain(v) for k, v in kwargs.items()}))

    return call


FOREIGN = Module(np)
