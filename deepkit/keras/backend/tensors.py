"""What a tensor is and holds: its shape and type, its value, conversions, and new values for variables."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.apply import convert, is_tensor
from deepkit.core.variable import Variable
from deepkit.device.dtypes import as_dtype
from deepkit.errors import ShapeError
from deepkit.keras.backend.config import floatx
from deepkit.keras.backend.session import get_value
from deepkit.layers.normalization import step_to

__all__ = [
    "cast", "cast_to_floatx", "count_params", "dtype", "eval", "get_variable_shape", "identity", "int_shape", "is_sparse",
    "is_tensor", "is_variable", "moving_average_update", "ndim", "print_tensor", "shape", "size", "stop_gradient", "to_dense",
    "update", "update_add", "update_sub",
]


def tensor(x: Any, dtype: Any = None, beside: Any = None) -> Any:
    """`x` itself if it is a tensor, else its numbers as one.

    Floats take the type of a float tensor that stands beside them; else arrays keep theirs, and others have floatx().
    """
    if is_tensor(x):
        return x
    if dtype is None and np.asarray(x).dtype.kind == "f":
        near = is_tensor(beside) and beside.dtype.is_floating
        dtype = beside.dtype if near else getattr(x, "dtype", floatx())
    return convert(x, dtype, beside=beside)


def rank(x: Any) -> int:
    """The number of axes; ShapeError if it is not known."""
    found = ndim(x)
    if found is None:
        raise ShapeError(
            f"the number of axes of {getattr(x, 'name', x)} is not known",
            hint="placeholder(shape=(None, 3)), or x.set_shape([None, 3])",
        )
    return found


def lengths(x: Any) -> list[Any]:
    """The length of every axis: a number where it is known, else a tensor."""
    rank(x)
    return [ops.shape(x)[i] if d is None else d for i, d in enumerate(int_shape(x) or ())]


# ---- shape and type


def shape(x: Any) -> Any:
    """The shape as a tensor: right also where the graph does not know it yet."""
    return ops.shape(x)


def size(x: Any, name: str | None = None) -> Any:
    """How many numbers the tensor holds, as a tensor."""
    return ops.size(tensor(x), name=name)


def get_variable_shape(x: Any) -> tuple[int | None, ...] | None:
    """The shape of a variable as a tuple: Keras' older name for int_shape."""
    return int_shape(x)


def int_shape(x: Any) -> tuple[int | None, ...] | None:
    """The shape as a tuple with None for lengths that are not known yet; None if not even their number is.

    >>> int_shape(np.zeros([2, 3]))
    (2, 3)
    """
    if not is_tensor(x):
        return np.shape(x)
    dims = x.shape.lengths
    return None if dims is None else tuple(None if d is None else int(d) for d in dims)


def ndim(x: Any) -> int | None:
    """The number of axes, None if it is not known."""
    return x.shape.rank if is_tensor(x) else np.ndim(x)


def dtype(x: Any) -> str:
    """The name of the data type, such as "float32"."""
    return as_dtype(x.dtype).name


def count_params(x: Any) -> int:
    """How many numbers a variable holds."""
    return math.prod(x.shape.as_list() if is_tensor(x) else np.shape(x))


def is_variable(x: Any) -> bool:
    """True for what K.variable and a layer's add_weight make."""
    return isinstance(x, Variable) or hasattr(x, "assign")


def is_sparse(tensor: Any) -> bool:
    """True for tensors that hold positions and values of their entries instead of all numbers."""
    return hasattr(tensor, "dense_shape") and not is_tensor(tensor)


def to_dense(tensor: Any) -> Any:
    """A tensor with all its numbers; itself if it is one."""
    return ops.sparse_tensor_to_dense(tensor) if is_sparse(tensor) else tensor


def cast(x: Any, dtype: Any) -> Any:
    """x in another data type."""
    return ops.cast(x, dtype)


def cast_to_floatx(x: Any) -> Any:
    """A tensor as a tensor of floatx(), anything else as a NumPy array of it."""
    return ops.cast(x, floatx()) if is_tensor(x) else np.asarray(x, floatx())


# ---- values


def eval(x: Any) -> Any:
    """The value of a variable, or of a tensor that needs no input, as a NumPy array.

    >>> eval(ops.ones([2]) * 3.0).tolist()
    [3.0, 3.0]
    """
    return get_value(to_dense(x))


def identity(x: Any, name: str | None = None) -> Any:
    """A tensor with the same value."""
    return ops.identity(x, name=name)


def print_tensor(x: Any, message: str = "", summarize: int = 3) -> Any:
    """x itself; each time it is computed, `message` and its first numbers are printed to standard error."""
    return ops.print_(x, [x], message=message, summarize=summarize)


def stop_gradient(variables: Any) -> Any:
    """The same tensor (or a list of them), a constant for gradients."""
    if isinstance(variables, (list, tuple)):
        return [ops.stop_gradient(v) for v in variables]
    return ops.stop_gradient(variables)


def update(x: Any, new_x: Any) -> Any:
    """A tensor that, when run, gives the variable x a new value."""
    return ops.assign(x, new_x)


def update_add(x: Any, increment: Any) -> Any:
    """A tensor that, when run, adds `increment` to the variable x."""
    return ops.assign_add(x, increment)


def update_sub(x: Any, decrement: Any) -> Any:
    """A tensor that, when run, subtracts `decrement` from the variable x."""
    return ops.assign_sub(x, decrement)


def moving_average_update(x: Any, value: Any, momentum: Any) -> Any:
    """A tensor that, when run, moves the variable x to momentum x + (1 - momentum) value."""
    return ops.assign_sub(x, step_to(x, value, momentum))
