"""The data types a tensor can hold, under the names TensorFlow gives them."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.errors import DTypeError


class DType:
    """One data type; there is exactly one object per type, so `is` and `==` agree.

    >>> float32.is_floating, float32.size, as_dtype("int64") is int64
    (True, 4, True)
    """

    __slots__ = ("as_numpy_dtype", "is_bool", "is_complex", "is_floating", "is_integer", "is_string", "name", "numpy")

    def __init__(self, name: str, scalar: type):
        self.name = name
        self.as_numpy_dtype: Any = scalar
        self.numpy = np.dtype(scalar)
        kind = self.numpy.kind
        self.is_floating = kind == "f"
        self.is_complex = kind == "c"
        self.is_integer = kind in "iu"
        self.is_bool = kind == "b"
        self.is_string = kind == "O"

    @property
    def is_differentiable(self) -> bool:
        """Derivatives exist for real and complex floating types only."""
        return self.is_floating or self.is_complex

    @property
    def stays_on_cpu(self) -> bool:
        """Whether values of this type lie in CPU memory where they go into a loop or branch, or come out of it."""
        return self.is_string or self.is_bool or self.name == "int32"

    @property
    def size(self) -> int:
        """Bytes of one element."""
        return self.numpy.itemsize

    @property
    def base_dtype(self) -> DType:
        return self

    @property
    def real_dtype(self) -> DType:
        """The type of the real part: float32 for complex64, float64 for complex128, else itself."""
        return {"complex64": float32, "complex128": float64}.get(self.name, self)

    @property
    def min(self) -> Any:
        return self._limits().min

    @property
    def max(self) -> Any:
        return self._limits().max

    def _limits(self) -> np.finfo | np.iinfo:
        if self.is_integer:
            return np.iinfo(self.as_numpy_dtype)
        if self.is_differentiable:
            return np.finfo(self.as_numpy_dtype)
        raise DTypeError(f"{self.name} has no smallest and largest number")

    @property
    def as_datatype_enum(self) -> int:
        """TensorFlow's number of this type in its protocol buffers."""
        return _ENUM[self.name]

    def is_compatible_with(self, other: Any) -> bool:
        return self is as_dtype(other)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        try:
            return self is as_dtype(other)
        except DTypeError:
            return False

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"tf.{self.name}"

    def __str__(self) -> str:
        return f"<dtype: {self.name!r}>"

    def __reduce__(self) -> tuple:
        return as_dtype, (self.name,)


bool_ = DType("bool", np.bool_)
int8 = DType("int8", np.int8)
int16 = DType("int16", np.int16)
int32 = DType("int32", np.int32)
int64 = DType("int64", np.int64)
uint8 = DType("uint8", np.uint8)
uint16 = DType("uint16", np.uint16)
uint32 = DType("uint32", np.uint32)
uint64 = DType("uint64", np.uint64)
float16 = DType("float16", np.float16)
float32 = DType("float32", np.float32)
float64 = DType("float64", np.float64)
complex64 = DType("complex64", np.complex64)
complex128 = DType("complex128", np.complex128)
string = DType("string", np.object_)

ALL = (
    bool_, int8, int16, int32, int64, uint8, uint16, uint32, uint64,
    float16, float32, float64, complex64, complex128, string,
)

_ENUM = {
    "float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int16": 5, "int8": 6, "string": 7, "complex64": 8,
    "int64": 9, "bool": 10, "uint16": 17, "complex128": 18, "float16": 19, "uint32": 22, "uint64": 23,
}
_BY_NAME = {t.name: t for t in ALL} | {
    "float": float32,
    "double": float64,
    "half": float16,
    "int": int32,
    "str": string,
}
_BY_NUMBER: dict[Any, DType] = {number + ref: _BY_NAME[name] for name, number in _ENUM.items() for ref in (0, 100)}
_BY_NUMPY: dict[np.dtype, DType] = {t.numpy: t for t in ALL}
_BY_PYTHON: dict[type, DType] = {
    bool: bool_,
    int: int32,
    float: float32,
    complex: complex128,
    str: string,
    bytes: string,
}


def accumulator(dtype: np.dtype) -> np.dtype:
    """The type in which a sum of many numbers is kept: float32 for float16, whose numbers end at 65504."""
    return float32.numpy if dtype == float16.numpy else dtype


def as_dtype(value: Any) -> DType:
    """The DType that `value` names: a DType, a NumPy type, a name such as "float32", a Python type, or a number.

    The Python types int and float mean int32 and float32, as in TensorFlow, and so do its numbers of types (1 is
    float32); those of its references, 100 more, name the type that is referred to.
    """
    if isinstance(value, DType):
        return value
    table = _table(value)
    found = (table.get(value) if table else None) or _by_numpy(value)
    if found is None:
        raise DTypeError(
            f"{value!r} is not a data type that deepkit knows", hint="one of " + ", ".join(t.name for t in ALL)
        )
    return found


def _table(value: Any) -> dict[Any, DType]:
    """Where `value` may stand: among names, Python's types or TensorFlow's numbers of types."""
    if isinstance(value, str):
        return _BY_NAME
    return _BY_PYTHON if isinstance(value, type) else _BY_NUMBER if type(value) is int else {}


def _by_numpy(value: Any) -> DType | None:
    """The DType of what NumPy takes for a data type; None, which it takes for float64, is none."""
    try:
        found = None if value is None else np.dtype(value)
    except (TypeError, ValueError):
        return None
    return string if found is not None and found.kind in "SU" else _BY_NUMPY.get(found)  # type: ignore[arg-type]
