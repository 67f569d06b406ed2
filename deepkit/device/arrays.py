"""Arrays on the CPU (NumPy) and the GPU (CuPy), and the conversion of Python values into them."""

from __future__ import annotations

import functools
import importlib.util
from typing import Any

import numpy as np

from deepkit.device import threads
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ArgumentError, DTypeError, MissingExtraError, ShapeError
from deepkit.loading import load_module, optional

threads.limit()

_cupy: Any = None  # set by cupy(), the only place that imports it


def cupy() -> Any:
    """The CuPy module, imported on first use."""
    global _cupy
    if _cupy is None:
        _cupy = optional("cupy", "computing on a GPU")
    return _cupy


def cupy_is_installed() -> bool:
    """Whether CuPy can be imported, be there a GPU or not."""
    try:
        return cupy() is not None
    except MissingExtraError:
        return False


@functools.cache
def _is_installed() -> bool:
    """Whether there is a CuPy to import: asked once, for every plan wants to know."""
    return importlib.util.find_spec("cupy") is not None


def gpu_device_count() -> int:
    """How many CUDA devices can be used: 0 without CuPy, without a driver or without a device."""
    if _cupy is None and not _is_installed():
        return 0
    try:
        return int(cupy().cuda.runtime.getDeviceCount())
    except (MissingExtraError, RuntimeError):  # CUDARuntimeError: no driver, no device
        return 0


def xp_of(*arrays: Any) -> Any:
    """The module whose functions compute on these arrays: cupy where one of them lives on a GPU, else numpy."""
    if _cupy is not None and any(isinstance(array, _cupy.ndarray) for array in arrays):
        return _cupy
    return np


def special_of(xp: Any) -> Any:
    """The module of special functions beside xp: scipy.special, or CuPy's counterpart on the GPU."""
    return _companion(xp, "special")


def linalg_of(xp: Any) -> Any:
    """The module of matrix routines beside xp: scipy.linalg, or CuPy's counterpart on the GPU."""
    return _companion(xp, "linalg")


def _companion(xp: Any, room: str) -> Any:
    return load_module(f"scipy.{room}" if xp is np else f"cupyx.scipy.{room}")


def may_look(xp: Any) -> bool:
    """Whether an op may look at its numbers only to check them: on a GPU that would wait for all that computes there.

    Integers out of range, used as indices there, wrap around.
    """
    return xp is np


def scatter(name: str, x: Any, at: Any, values: Any) -> None:
    """x[at] = name(x[at], values), in place, each of several values for one place after the other: np.add.at and its kin.

    What CuPy does not scatter, such as products, or sums of small integers, is scattered in CPU memory.
    """
    xp = xp_of(x)
    try:
        getattr(xp, name).at(x, at, values)
    except (TypeError, NotImplementedError):
        if xp is np:
            raise
        numbers = to_cpu(x)
        places = tuple(map(to_cpu, at)) if isinstance(at, tuple) else to_cpu(at)
        getattr(np, name).at(numbers, places, to_cpu(values))
        x[...] = to_gpu(numbers)


def to_gpu(array: Any) -> Any:
    """A copy of `array` in GPU memory. A single number is no copy to wait for: it goes along with the kernel that writes it."""
    if isinstance(array, (np.ndarray, np.generic)) and array.ndim == 0:
        return cupy().full((), array.item(), array.dtype)
    return cupy().asarray(array)


def to_cpu(array: Any) -> np.ndarray:
    """`array` as a NumPy array; copied only if it lives on a GPU."""
    return array.get() if xp_of(array) is not np else np.asarray(array)


def _first_leaf(value: Any) -> Any:
    while isinstance(value, (list, tuple, range)):
        if not value:
            return 0.0  # an empty list is a float32 tensor, as in TensorFlow
        value = value[0]
    return value


def _strings(value: Any) -> np.ndarray:
    """Text and bytes of any nesting as an object array of bytes (text is encoded as UTF-8)."""
    array = np.array(value, dtype=object)
    flat = [item.encode() if isinstance(item, str) else item for item in array.reshape(-1)]
    for item in flat:
        if not isinstance(item, bytes):
            raise DTypeError(f"a string tensor cannot hold {item!r} of type {type(item).__name__}")
    result = np.empty(len(flat), dtype=object)
    result[:] = flat
    return result.reshape(array.shape)


def _as_list(value: Any) -> Any:
    """A range or a Shape as the list of its numbers; all else as it is."""
    return list(value) if isinstance(value, range) else value.as_list() if hasattr(value, "as_list") else value


def default_dtype(value: Any) -> DType:
    """The type a value gets when nobody asks for another: NumPy types stay, int is int32, float is float32.

    In a list NumPy's numbers count as Python's: [np.float64(1)] is float32, as in TensorFlow.
    """
    value = _as_list(value)
    leaf = _first_leaf(value)
    if leaf is not value and isinstance(leaf, (np.ndarray, np.generic)) and leaf.ndim == 0:
        return _of_listed(value)
    if isinstance(leaf, (np.ndarray, np.generic)) or hasattr(leaf, "dtype"):
        return as_dtype(leaf.dtype)
    if isinstance(leaf, float) or leaf is None:
        return as_dtype(float)
    if isinstance(leaf, (bool, int, complex, str, bytes)):
        return _widest(value, _kind(leaf))
    raise DTypeError(
        f"cannot make a tensor from {value!r} of type {type(value).__name__}",
        hint="pass numbers, strings, nested lists of them, or NumPy arrays",
    )


def _kind(leaf: Any) -> type:
    """Python's type, also of what is of a class of its own: a Dimension, a member of an IntEnum."""
    return next(kind for kind in (bool, int, complex, str, bytes) if isinstance(leaf, kind))


def _widest(value: Any, leaf: type) -> DType:
    """[1, 2.5] starts with an int but holds floats; 2**40 does not fit into int32."""
    if leaf in (bool, str, bytes) or not isinstance(value, (list, tuple, int, complex)):
        return as_dtype(leaf)
    try:
        found = np.asarray(value)
    except ValueError as error:
        raise _ragged(value) from error
    if found.dtype.kind == "f":
        return as_dtype(float)
    if found.dtype.kind == "c":
        return as_dtype(complex)
    if found.dtype.kind == "i" and found.size and (found.max() > 2**31 - 1 or found.min() < -(2**31)):
        return as_dtype("int64")
    return as_dtype(leaf)


def _of_listed(value: Any) -> DType:
    """NumPy's type for a list of its numbers, but float32 for float64, and int32 for an int64 that it holds."""
    try:
        found = np.asarray(value)
    except ValueError as error:
        raise _ragged(value) from error
    if found.dtype == np.int64 and np.array_equal(found.astype(np.int32), found):
        return as_dtype("int32")
    return as_dtype("float32" if found.dtype == np.float64 else found.dtype)


def _ragged(value: Any) -> ShapeError:
    return ShapeError(
        f"cannot make a tensor from {str(value)[:60]}",
        rule="every row of a nested list must have the same length",
        hint="pad the short rows",
    )


def as_array(value: Any, dtype: Any = None, copy: bool = False) -> np.ndarray:
    """`value` as a NumPy array of `dtype` (default: `default_dtype(value)`).

    copy: whether the array is kept and must not change with the one it was made from; else what fits is not copied.
    A float is not silently cut to an integer, and a whole number that the type does not hold does not wrap around
    (2**40 would be 0 as int32): both are a DTypeError.
    """
    value = _as_list(value)
    wanted = default_dtype(value) if dtype is None else as_dtype(dtype)
    if wanted.is_string:
        return _strings(value)
    try:
        raw = np.asarray(value)
    except ValueError as error:
        raise _ragged(value) from error
    if raw.dtype == wanted.numpy:
        return np.array(raw) if copy and not isinstance(value, (list, tuple)) else raw
    _check_kept(value, raw, wanted)
    return raw.astype(wanted.numpy)


def _check_kept(value: Any, raw: np.ndarray, wanted: DType) -> None:
    """DTypeError unless `wanted` holds all that `value`, as an array `raw`, says; None, which says nothing, is no argument."""
    if value is None:
        raise ArgumentError(
            "None is given where a tensor or a number is needed", rule="None has no value and no shape",
            hint="does a function lack its `return`, or is there no gradient?",
        )
    loses = _loses(raw, wanted)
    if wanted.is_integer and not loses:
        _check_range(raw, wanted)
    if loses or raw.dtype.kind in "OSU":
        raise DTypeError(
            f"expected {wanted.name}, got {_excerpt(value)} of type {_type_name(value, raw)}",
            rule="a value is never cut to a narrower kind of number behind your back",
            hint=f"write the numbers as {wanted.name}, or convert with cast(x, {wanted.name})",
        )


def _loses(raw: np.ndarray, wanted: DType) -> bool:
    """Whether `wanted` is a narrower kind of number; an empty list, a float32 tensor by itself, becomes any type."""
    kind = raw.dtype.kind
    if wanted.is_integer:
        return kind in "fcb" and raw.size > 0
    return (wanted.is_floating and kind == "c") or (wanted.is_bool and kind != "b")


def _check_range(raw: np.ndarray, wanted: DType) -> None:
    """DTypeError for whole numbers outside of `wanted`; Python's own, which no 64 bits hold, are an array of objects."""
    whole = raw.dtype.kind in "iu" or (raw.dtype == object and all(isinstance(x, int) for x in raw.flat))
    if not whole or not raw.size or np.can_cast(raw.dtype, wanted.numpy):
        return
    limits: Any = np.iinfo(np.dtype(wanted.numpy))  # type: ignore[type-var]
    lowest, highest = int(limits.min), int(limits.max)
    outside = [x for x in (int(raw.min()), int(raw.max())) if not lowest <= x <= highest]
    if outside:
        raise DTypeError(
            f"{outside[0]} is outside of {wanted.name}", rule=f"{wanted.name} holds {lowest} to {highest}",
            hint="a wider type, such as int64",
        )


def _excerpt(value: Any) -> str:
    text = repr(value).replace("\n", " ")
    return text if len(text) <= 40 else text[:37] + "..."


def _type_name(value: Any, raw: np.ndarray) -> str:
    return type(value).__name__ if not isinstance(value, (list, tuple, np.ndarray)) else str(raw.dtype)
