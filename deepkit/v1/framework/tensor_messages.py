"""Tensors as protocol messages: `tf.make_tensor_proto`, `tf.make_ndarray`, and what is known of a tensor's value."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.core.shape import Shape
from deepkit.core.static import static_value
from deepkit.device.arrays import as_array
from deepkit.errors import ShapeError
from deepkit.ops.summary.event_messages import board_module, tensor_proto

__all__ = ["make_ndarray", "make_tensor_proto"]


def make_tensor_proto(
    values: Any, dtype: Any = None, shape: Any = None, verify_shape: bool = False, allow_broadcast: bool = False
) -> Any:
    """A TensorProto message with these values, numbers or texts, in the given type and shape.

    A shape of more places repeats the last value. ShapeError: too many values, or with verify_shape another shape.
    MissingExtraError: the tensorboard package, which has the message, is not installed.
    """
    array = np.asarray(as_array(values, dtype))
    dims = array.shape if shape is None else tuple(int(d) for d in Shape(shape))
    count = int(np.prod(dims, dtype=np.int64))
    if array.size > count or (verify_shape and array.shape != dims):
        raise ShapeError(f"make_tensor_proto: values of shape {Shape(array.shape)} for shape {Shape(dims)}")
    if array.size < count:
        flat = array.reshape(-1)
        array = np.concatenate([flat, np.repeat(flat[-1:] if flat.size else np.zeros(1, flat.dtype), count - flat.size)])
    return tensor_proto(array.reshape(dims))


def make_ndarray(tensor: Any) -> Any:
    """The array that a TensorProto message holds."""
    return board_module("util.tensor_util").make_ndarray(tensor)


def constant_value(tensor: Any, partial: bool = False) -> Any:
    """The value of a tensor as far as it is known before the graph runs: an array, or None."""
    found = static_value(tensor)
    return None if found is None or (np.asarray(found).dtype == object and None in np.asarray(found).tolist()) else found
