"""Values as plain data: what may travel between the grader and a student's process, and nothing else.

None, bool, int, float, str and list are themselves in JSON. The rest is an object with one key:
{"tuple": [...]}, {"dict": [[key, value], ...]}, {"complex": [re, im]}, {"array": [dtype, shape, base64]}, and
{"opaque": "type"} in the place of a value that is none of these. `decode` builds fresh objects of Python's and
NumPy's own types, so a student's `__eq__` or `__array__` never runs in the grader.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from typing import Any

import numpy as np


class NotPlainError(TypeError):
    """A value that is neither number, text, array, list, tuple nor dict; its message is the type's name."""


def encode(value: Any) -> Any:
    """Turn a value into JSON-able data; arrays and whatever has `__array__` (a deepkit Tensor) travel as bytes."""
    if isinstance(value, np.generic):  # among them numbers that are also Python's
        return _encode_array(np.asarray(value))
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, complex):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, list):
        return list(map(encode, value))
    if isinstance(value, tuple):
        return {"tuple": list(map(encode, value))}
    if isinstance(value, dict):
        return {"dict": [[encode(key), encode(item)] for key, item in value.items()]}
    if not isinstance(value, type) and hasattr(value, "__array__"):
        return _encode_array(np.asarray(value))
    return {"opaque": type(value).__name__}


def decode(data: Any) -> Any:
    """Rebuild a value from what `encode` made.

    Raises NotPlainError where the other side had something else, and ValueError for data `encode` never makes.
    """
    if isinstance(data, _PLAIN):
        return data
    if isinstance(data, list):
        return list(map(decode, data))
    if not isinstance(data, dict) or len(data) != 1:
        raise ValueError("not a value")
    [(tag, content)] = data.items()
    if tag == "opaque":
        raise NotPlainError(str(content)[:60])
    if tag not in _TAGGED or not isinstance(content, list):
        raise ValueError("not a value")
    return _TAGGED[tag](content)


def _decode_tuple(content: list[Any]) -> tuple[Any, ...]:
    return tuple(map(decode, content))


def _decode_complex(content: list[Any]) -> complex:
    if len(content) != 2 or not all(isinstance(part, float) for part in content):
        raise ValueError("not a complex number")
    return complex(*content)


def _decode_dict(content: list[Any]) -> dict[Any, Any]:
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in content):
        raise ValueError("not a dict")
    pairs = [(decode(key), decode(item)) for key, item in content]
    try:
        return dict(pairs)
    except TypeError as error:  # an unhashable key
        raise ValueError("not a dict") from error


def _encode_array(array: np.ndarray) -> Any:
    if array.dtype.kind not in "biufcUS":
        return {"opaque": f"array of {array.dtype}"}
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return {"array": [array.dtype.str, list(array.shape), base64.b64encode(array.tobytes()).decode("ascii")]}


def _decode_array(content: list[Any]) -> Any:
    if len(content) != 3:
        raise ValueError("not an array")
    dtype_name, shape, numbers = content
    if not isinstance(dtype_name, str) or not re.fullmatch(r"[<|][biufcUS][0-9]{1,6}", dtype_name):
        raise ValueError("not a dtype")
    return _array_of(dtype_name, _checked_shape(shape), numbers)


def _checked_shape(shape: Any) -> list[int]:
    if not isinstance(shape, list) or len(shape) > 32 or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError("not a shape")
    return shape


def _array_of(dtype_name: str, shape: list[int], numbers: Any) -> Any:
    try:
        dtype = np.dtype(dtype_name)
        raw = base64.b64decode(numbers, validate=True)
    except (TypeError, binascii.Error) as error:
        raise ValueError("not an array") from error
    # The length is checked before NumPy sees the shape: a forged shape allocates nothing, one of empty texts neither.
    count = math.prod(shape)
    if len(raw) != count * dtype.itemsize or (count and not raw):
        raise ValueError("shape and bytes disagree")
    if not raw:
        return np.zeros(shape, dtype)
    array = np.frombuffer(raw, dtype).reshape(shape)
    array = array.view(np.uint8) != 0 if dtype.kind == "b" else array.copy()  # a forged bool may hold any byte
    return array[()]  # a 0-d array becomes the NumPy scalar it stood for


_PLAIN = (type(None), bool, int, float, str)
_TAGGED = {"tuple": _decode_tuple, "complex": _decode_complex, "dict": _decode_dict, "array": _decode_array}
