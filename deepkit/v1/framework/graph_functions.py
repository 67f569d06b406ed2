"""Functions about graphs: templates, lists of variables, Python functions as ops, and what only has a name."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from deepkit import ops
from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.ops.arrays.sparse import SparseTensor
from deepkit.v1.framework.control_flow import py_func
from deepkit.v1.framework.creators import name_scope, placeholder, tuple_
from deepkit.v1.framework.scopes import variable_scope
from deepkit.v1.framework.symbolic import constant_of

__all__ = [
    "accumulate_n", "colocate_with", "identity_n", "init_scope", "make_template", "model_variables",
    "moving_average_variables", "newaxis", "numpy_function", "op_scope", "py_function", "shape_n", "sparse_placeholder",
]

newaxis = None
"""x[:, tf.newaxis] has an axis of length 1 more."""


def accumulate_n(inputs: Any, shape: Any = None, tensor_dtype: Any = None, name: Any = None) -> Any:
    """The sum of a list of tensors: `tf.add_n`."""
    return ops.add_n([constant_of(x) for x in inputs], name=name)


def identity_n(input: Any, name: Any = None) -> list[Any]:
    """The tensors again, each available only when all of them are."""
    return tuple_([constant_of(x) for x in input], name or "IdentityN")


def shape_n(input: Any, out_type: Any = "int32", name: Any = None) -> list[Any]:
    """The shape of each of several tensors."""
    return [ops.shape(constant_of(x), name or "ShapeN", out_type) for x in input]


def colocate_with(op: Any, ignore_existing: bool = False) -> contextlib.AbstractContextManager[None]:
    """Nodes made inside are placed on the device of `op`."""
    return default_graph().device(op.device or None)


@contextlib.contextmanager
def init_scope() -> Any:
    """Nodes made inside do not wait for the control dependencies around."""
    with default_graph().control_dependencies(None):
        yield


def op_scope(values: Any, name: str | None, default_name: str | None = None) -> name_scope:
    """TensorFlow 1's older name of `name_scope`, with the values first."""
    return name_scope(name, default_name, values)


def model_variables(scope: str | None = None) -> list[Any]:
    """The variables that a model consists of, as the layers of contrib enter them."""
    return default_graph().get_collection(GraphKeys.MODEL_VARIABLES, scope)


def moving_average_variables(scope: str | None = None) -> list[Any]:
    """The variables that an ExponentialMovingAverage follows."""
    return default_graph().get_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, scope)


def make_template(
    name_: str, func_: Callable[..., Any], create_scope_now_: bool = False, unique_name_: str | None = None,
    custom_getter_: Any = None, **kwargs: Any,
) -> Callable[..., Any]:
    """A function that shares its variables between calls: the first call makes those that func_ asks for.

    >>> import deepkit.v1 as tf
    >>> with tf.Graph().as_default():
    ...     double = tf.make_template("double", lambda x: x * tf.get_variable("by", [], initializer=tf.constant_initializer(2.0)))
    ...     y = double(1.0) + double(2.0)
    ...     len(tf.global_variables())
    1
    """
    opened: list[Any] = []
    called: list[bool] = []

    def open_scope() -> None:
        chosen = variable_scope(unique_name_, None if unique_name_ else name_, custom_getter=custom_getter_)
        with chosen as made:
            opened.append(made)

    def template(*args: Any, **more: Any) -> Any:
        if not opened:
            open_scope()
        with variable_scope(opened[0], reuse=True if called else None):
            result = func_(*args, **{**kwargs, **more})
        called.append(True)
        return result

    if create_scope_now_:
        open_scope()
    return template


def sparse_placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> SparseTensor:
    """A SparseTensor whose parts are fed: {it: SparseTensorValue(indices, values, dense_shape)}, or a tuple of the three."""
    label = name or "SparsePlaceholder"
    rank = None if shape is None else len(shape)
    full = shape is not None and None not in list(shape)
    dims = constant_of(list(shape), "int64") if full else placeholder("int64", [rank], f"{label}/shape")  # type: ignore[arg-type]
    places = placeholder("int64", [None, rank], f"{label}/indices")
    return SparseTensor(places, placeholder(dtype, [None], f"{label}/values"), dims)


def py_function(func: Callable[..., Any], inp: Any, Tout: Any, name: str | None = None) -> Any:
    """`tf.py_func`: what a Python function returns, computed in every run. It gets NumPy arrays."""
    return py_func(func, inp, Tout, True, name)


numpy_function = py_function
