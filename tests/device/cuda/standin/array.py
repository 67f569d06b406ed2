"""The stand-in's array: NumPy's numbers behind a wall that only explicit copies cross, as between CPU and GPU memory."""

from __future__ import annotations

import operator
import sys
from typing import Any

import numpy as np

from standin import cuda

KINDS = "biufc"
IMPLICIT = "Implicit conversion to a NumPy array is not allowed. Please use `.get()` to construct a NumPy array explicitly."


class Traffic:
    """The shapes of what was copied into ("up") and out of ("down") GPU memory."""

    def __init__(self) -> None:
        self.up: list[tuple[int, ...]] = []
        self.down: list[tuple[int, ...]] = []

    def clear(self) -> None:
        self.up.clear()
        self.down.clear()


traffic = Traffic()


class Flags:
    """What CuPy says of an array's memory; unlike NumPy's there is nothing about writing."""

    def __init__(self, flags: Any):
        self.c_contiguous, self.f_contiguous = flags.c_contiguous, flags.f_contiguous
        self.owndata, self.fnc, self.forc = flags.owndata, flags.fnc, flags.forc


class ndarray:
    """An array in "GPU memory"; `numbers`, a NumPy array, is for the stand-in alone.

    As CuPy's class it makes an array of a shape in which nothing in particular stands.
    """

    __slots__ = ("__weakref__", "device", "numbers")
    __array_priority__ = 100
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, shape: Any, dtype: Any = float, memptr: Any = None, strides: Any = None, order: str = "C"):
        self.numbers = np.full(shape, 77, dtype, order)  # type: ignore[call-overload]
        self.device = cuda.Device()

    @classmethod
    def of(cls, numbers: Any, device: int | None = None) -> ndarray:
        """The array of these numbers, on a device, the current one."""
        self = cls.__new__(cls)
        numbers = np.asarray(numbers)
        if numbers.dtype.kind not in KINDS:
            raise ValueError(f"Unsupported dtype {numbers.dtype}")
        if numbers.dtype == np.longdouble and numbers.dtype.itemsize > 8:
            raise ValueError(f"Unsupported dtype {numbers.dtype}")
        self.numbers = numbers
        self.device = cuda.Device(device)
        return self

    # ---- the wall

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = (), **options: Any) -> Any:
        """NumPy's functions of each element hand over to CuPy's, as with CuPy."""
        ours = getattr(sys.modules["cupy"], ufunc.__name__, None)
        if ours is None or method != "__call__":
            raise TypeError(f"numpy.{ufunc.__name__} has no counterpart")
        return ours(*inputs, **options, **({"out": out[0]} if out else {}))

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(IMPLICIT)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        raise TypeError(f"numpy.{function.__name__} was called with an array in GPU memory")

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        pointer = self.numbers.__array_interface__["data"]
        return {"shape": self.shape, "typestr": self.dtype.str, "data": pointer, "version": 3}

    def get(self, stream: Any = None, order: str = "C", out: Any = None, blocking: bool = True) -> np.ndarray:
        traffic.down.append(self.shape)
        if out is None:
            return np.array(self.numbers, order=order)  # type: ignore[call-overload]
        out[...] = self.numbers
        return out

    def set(self, arr: Any, stream: Any = None) -> None:
        if not isinstance(arr, np.ndarray):
            raise TypeError("Only numpy.ndarray can be set to cupy.ndarray")
        if arr.dtype != self.dtype or arr.shape != self.shape:
            raise (TypeError if arr.dtype != self.dtype else ValueError)(f"{arr.dtype}{arr.shape} for {self.dtype}{self.shape}")
        traffic.up.append(arr.shape)
        self.numbers[...] = arr

    def item(self) -> Any:
        return self._scalar().item()

    def tolist(self) -> Any:
        return self.get().tolist()

    def _scalar(self) -> np.ndarray:
        if self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return self.get()

    def __bool__(self) -> bool:
        return bool(self.get())

    def __int__(self) -> int:
        return int(self.get())

    def __float__(self) -> float:
        return float(self.get())

    def __complex__(self) -> complex:
        return complex(self.get())

    # ---- what it is

    shape = property(lambda self: self.numbers.shape)
    dtype = property(lambda self: self.numbers.dtype)
    ndim = property(lambda self: self.numbers.ndim)
    size = property(lambda self: self.numbers.size)
    strides = property(lambda self: self.numbers.strides)
    itemsize = property(lambda self: self.numbers.itemsize)
    nbytes = property(lambda self: self.numbers.nbytes)
    flags = property(lambda self: Flags(self.numbers.flags))
    T = property(lambda self: self._made(self.numbers.T))
    mT = property(lambda self: self._made(self.numbers.mT))
    imag = property(lambda self: self._made(self.numbers.imag))

    @property
    def real(self) -> ndarray:
        return self._made(self.numbers.real)

    @real.setter
    def real(self, value: Any) -> None:
        self.numbers.real = operand(value)

    @imag.setter
    def imag(self, value: Any) -> None:
        self.numbers.imag = operand(value)

    @shape.setter
    def shape(self, value: Any) -> None:
        self.numbers.shape = value

    def _made(self, numbers: Any) -> Any:
        return ndarray.of(numbers, self.device.id)

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self.numbers)))

    def __repr__(self) -> str:
        traffic.down.append(self.shape)
        return repr(self.numbers)

    def __str__(self) -> str:
        traffic.down.append(self.shape)
        return str(self.numbers)

    # ---- its parts

    def __getitem__(self, slices: Any) -> ndarray:
        here(self)
        return self._made(self.numbers[index(self, slices)])

    def __setitem__(self, slices: Any, value: Any) -> None:
        here(self)
        if isinstance(value, np.ndarray) and value.ndim:
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        self.numbers[index(self, slices)] = operand(value)

    def view(self, dtype: Any = None, type: Any = None) -> ndarray:
        return self._made(self.numbers if dtype is None else self.numbers.view(dtype))

    def fill(self, value: Any) -> None:
        self[...] = value


def here(x: ndarray) -> None:
    """ValueError unless x lies on the current device."""
    if x.device.id != cuda.current():
        raise ValueError(
            f"Array device must be same as the current device: array device = {x.device.id} while current = {cuda.current()}"
        )


def operand(x: Any) -> Any:
    """What NumPy may compute with: the numbers of our arrays on the current device, and scalars; TypeError for all else."""
    if isinstance(x, ndarray):
        here(x)
        return x.numbers
    if isinstance(x, (bool, int, float, complex, np.generic)):
        return x
    raise TypeError(f"Unsupported type {type(x)}")


def index(x: ndarray, slices: Any) -> Any:
    """The index for NumPy: integers in arrays that are out of range wrap around, as CuPy's do."""
    parts = slices if isinstance(slices, tuple) else (slices,)
    found, axis, ellipsis = [], 0, any(part is Ellipsis for part in parts)
    for part in parts:
        if isinstance(part, np.ndarray):
            raise TypeError("a NumPy array is an index of an array in GPU memory")
        if isinstance(part, list):
            traffic.up.append(np.shape(part))
            part = ndarray.of(np.asarray(part, np.int64 if not part else None))
        if isinstance(part, ndarray):
            part = operand(part)
            if part.dtype.kind in "iu" and part.ndim and not ellipsis and x.numbers.shape[axis]:
                part = part % x.numbers.shape[axis]
        found.append(part)
        axis += 0 if part is None else part.ndim if getattr(part, "dtype", None) == np.dtype(bool) else 1
    return tuple(found) if isinstance(slices, tuple) else found[0]


def result(x: Any) -> Any:
    """What a function of NumPy gave as arrays of ours; CuPy gives arrays also where NumPy gives numbers."""
    if isinstance(x, (np.ndarray, np.generic)):
        return ndarray.of(x)
    if isinstance(x, tuple) and hasattr(x, "_fields"):  # a named tuple, such as eigh's
        return type(x)(*map(result, x))
    return type(x)(map(result, x)) if isinstance(x, (list, tuple)) else x


def _binary(function: Any) -> Any:
    def call(self: ndarray, other: Any) -> Any:
        return result(function(operand(self), operand(other)))

    return call


def _reflected(function: Any) -> Any:
    def call(self: ndarray, other: Any) -> Any:
        return result(function(operand(other), operand(self)))

    return call


def _in_place(function: Any) -> Any:
    def call(self: ndarray, other: Any) -> Any:
        numbers = operand(self)
        if numbers.ndim:
            function(numbers, operand(other))
        else:
            numbers[...] = function(numbers.copy(), operand(other))
        return self

    return call


def _unary(function: Any) -> Any:
    return lambda self: result(function(operand(self)))


def give_operators(offered: dict[str, str]) -> None:
    """The operators that CuPy's array has."""
    for name in ("neg", "pos", "abs", "invert"):
        _give(f"__{name}__", offered, _unary(getattr(operator, name)))
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        _give(f"__{name}__", offered, _binary(getattr(operator, name)))
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift"):
        function = getattr(operator, name if name not in ("and", "or") else f"{name}_")
        _give(f"__{name}__", offered, _binary(function))
        _give(f"__r{name}__", offered, _reflected(function))
        _give(f"__i{name}__", offered, _in_place(getattr(operator, f"i{name}")))


def _give(name: str, offered: dict[str, str], method: Any) -> None:
    if name in offered:
        setattr(ndarray, name, method)
