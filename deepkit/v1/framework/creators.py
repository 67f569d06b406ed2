"""What puts the first nodes into a graph: constants, placeholders, groups, and the initializers of variables."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.collections import GraphKeys
from deepkit.core.control_flow import tracing
from deepkit.core.graph import Graph, default_graph, graph_of
from deepkit.core.inputs import is_tensor as is_dense
from deepkit.core.nest import leaves, listed, parts
from deepkit.core.node import Node
from deepkit.core.op import lookup
from deepkit.core.other_names import shown_as
from deepkit.core.shape import Dimension, Shape
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.device import devices
from deepkit.device.arrays import as_array
from deepkit.device.dtypes import as_dtype
from deepkit.errors import ArgumentError, DTypeError, ShapeError
from deepkit.ops.arrays.sparse import SparseTensor
from deepkit.v1.framework.symbolic import constant_of, known

__all__ = [
    "add_to_collection", "add_to_collections", "colocate_with", "constant", "control_dependencies",
    "convert_to_tensor", "device", "get_collection", "get_collection_ref", "global_variables",
    "global_variables_initializer", "group", "identity_n", "init_scope", "is_tensor",
    "local_variables", "local_variables_initializer", "model_variables", "moving_average_variables", "name_scope", "no_op",
    "op_scope", "placeholder", "placeholder_with_default", "register_tensor_conversion_function",
    "report_uninitialized_variables", "set_random_seed",
    "sparse_placeholder", "trainable_variables", "variables_initializer",
]


def is_tensor(x: Any) -> bool:
    """True for a tensor, a variable, and what is made of several, such as a SparseTensor."""
    return is_dense(x) or hasattr(x, "with_parts")


def constant(
    value: Any, dtype: Any = None, shape: Any = None, name: str = "Const", verify_shape: bool = False
) -> Symbol:
    """A tensor with a fixed value. A `shape` with more elements than the value repeats the value's last one."""
    if shape is None:
        return known(value, name, dtype)
    array = as_array(getattr(value, "value", value), dtype)
    dims = tuple(int(d) for d in Shape(shape))
    count = int(np.prod(dims, dtype=np.int64))
    if (verify_shape and array.shape != dims) or array.size > count:
        raise ShapeError(
            f"constant: {array.size} values of shape {array.shape} for shape {dims}",
            rule="a shape with more places repeats the last value; too few places, or verify_shape=True, do not",
            hint="leave shape out: the value has one",
        )
    if array.size < count:
        last = array.reshape(-1)[-1:] if array.size else np.zeros(1, array.dtype)
        array = np.concatenate([array.reshape(-1), np.repeat(last, count - array.size)])
    array = array.reshape(dims)
    return known(array, name)


def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Symbol:
    """A tensor whose value is given when the graph runs: feed_dict={placeholder: value}.

    A dimension None may have any length; shape None accepts every shape.
    """
    op = lookup("Placeholder")(to=as_dtype(dtype), static=Shape(shape).lengths)
    return default_graph().add(op, (), name)


def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> Symbol:
    """A tensor that takes the value fed to it, else that of `input`."""
    return ops.placeholder_with_default(constant_of(input), shape, name)


def _can_be(value: Any, wish: Any) -> bool:
    """Whether there is a wish that a value could follow: lengths are whole numbers, whatever is wished."""
    return wish is not None and (as_dtype(wish).is_integer or not isinstance(value, (Dimension, Shape)))


def convert_to_tensor(
    value: Any, dtype: Any = None, name: str | None = None, preferred_dtype: Any = None, dtype_hint: Any = None
) -> Symbol:
    """Numbers, lists and NumPy arrays as a constant; tensors as they are.

    dtype is an order: DTypeError where the value is of another type. preferred_dtype, or dtype_hint, its later name, is a
    wish: where the value cannot be of that type it gets its own.
    """
    wish = preferred_dtype if dtype_hint is None else dtype_hint
    if dtype is None and _can_be(value, wish):
        try:
            return constant_of(value, wish, name)
        except DTypeError:
            return constant_of(value, None, name)
    return constant_of(value, dtype, name)


def register_tensor_conversion_function(
    base_type: type | tuple[type, ...], conversion_func: Callable[..., Any], priority: int = 100
) -> None:
    """Objects of a class of one's own stand for tensors from now on: conversion_func(value, dtype, name, as_ref) gives theirs.

    With several classes that fit the nearest one of Python's order counts, whatever the priority. ArgumentError: a class of
    Python's or NumPy's, which is converted already.
    """
    for kind in base_type if isinstance(base_type, tuple) else (base_type,):
        try:
            kind.as_dense_tensor = lambda self: conversion_func(self, dtype=None, name=None, as_ref=False)  # type: ignore[attr-defined]
        except TypeError:
            raise ArgumentError(
                f"register_tensor_conversion_function({kind.__name__})", rule="a class of your own",
                hint=f"class Mine({kind.__name__}), and objects of it",
            ) from None


def no_op(name: str | None = None) -> Node:
    """An operation that does nothing; with control dependencies it stands for all of them."""
    return default_graph().make_node(lookup("NoOp")(), (), name)


def group(*inputs: Any, name: str | None = None) -> Node:
    """One operation that runs all of `inputs`, in any nesting."""
    wanted = [part for leaf in leaves(inputs) for part in parts(leaf)]
    graph = tracing.target(wanted[0].graph) if wanted else default_graph()
    return graph.run_op(lookup("NoOp")(), wanted, name or "group_deps")


def tuple_(tensors: Sequence[Any], name: str | None = None, control_inputs: Any = None) -> list[Any]:
    """The tensors again, each available only when all of them are."""
    tensors = listed(tensors)
    present = [t for t in tensors if t is not None]
    graph = tracing.target(present[0].graph)
    with graph.name_scope(name or "tuple"), graph.control_dependencies([*present, *(control_inputs or [])]):
        return [None if t is None else _after(t) for t in tensors]


def _after(tensor: Any) -> Any:
    """The tensor as a node made here; of a SparseTensor or IndexedSlices the values, which wait for all."""
    if hasattr(tensor, "with_values"):
        return tensor.with_values(ops.identity(tensor.values, "control_dependency"))
    return ops.identity(tensor, "control_dependency")


# ---- contexts of the default graph


class name_scope:
    """Puts `name/` before the names of the nodes made inside; `with ... as scope` gives "name/"."""

    def __init__(self, name: str | None, default_name: str | None = None, values: Any = None):
        graph = graph_of(*(values or [])) or default_graph()
        self.name = name if name is not None else default_name
        self._context = graph.name_scope(self.name)

    def __enter__(self) -> str:
        return self._context.__enter__()

    def __exit__(self, *exc: Any) -> Any:
        return self._context.__exit__(*exc)


def control_dependencies(control_inputs: Any) -> contextlib.AbstractContextManager[None]:
    """Nodes made inside run only after `control_inputs`."""
    return default_graph().control_dependencies(control_inputs)


def device(device_name_or_function: Any) -> contextlib.AbstractContextManager[None]:
    """Nodes made inside are placed on this device. ArgumentError: a text that can name none."""
    if isinstance(device_name_or_function, str):
        devices.check_wish(device_name_or_function)
    return default_graph().device(device_name_or_function)


def set_random_seed(seed: int | None) -> None:
    """The graph's seed: with it every random op of the default graph is repeatable, also one without a seed."""
    default_graph().seed = None if seed is None else int(seed)


# ---- collections and variables of the default graph


def add_to_collection(name: Any, value: Any) -> None:
    """Adds to a named list of the default graph."""
    default_graph().add_to_collection(name, value)


def add_to_collections(names: Any, value: Any) -> None:
    """Adds to several named lists of the default graph."""
    default_graph().add_to_collections(names, value)


def get_collection(key: Any, scope: str | None = None) -> list[Any]:
    """A copy of a named list of the default graph."""
    return default_graph().get_collection(key, scope)


def get_collection_ref(key: Any) -> list[Any]:
    """A named list of the default graph itself."""
    return default_graph().get_collection_ref(key)


def global_variables(scope: str | None = None) -> list[Variable]:
    """All variables but the local ones."""
    return get_collection(GraphKeys.GLOBAL_VARIABLES, scope)


def local_variables(scope: str | None = None) -> list[Variable]:
    """The local variables: counters of metrics and of input queues."""
    return get_collection(GraphKeys.LOCAL_VARIABLES, scope)


def trainable_variables(scope: str | None = None) -> list[Variable]:
    """The variables an optimizer changes."""
    return get_collection(GraphKeys.TRAINABLE_VARIABLES, scope)


def variables_initializer(var_list: Any, name: str = "init") -> Node:
    """One operation that gives the listed variables their initial values."""
    variables = leaves(var_list)
    graph: Graph = variables[0].graph if variables else default_graph()
    return graph.run_op(lookup("NoOp")(), [v.initializer for v in variables], name)


def global_variables_initializer() -> Node:
    """One operation that gives all variables made so far their initial values."""
    return variables_initializer(global_variables())


def local_variables_initializer() -> Node:
    """One operation that gives all local variables their initial values."""
    return variables_initializer(local_variables(), "init")


def report_uninitialized_variables(var_list: Any = None, name: str = "report_uninitialized_variables") -> Symbol:
    """The names, when run, of the variables that have no value yet."""
    variables = leaves(var_list) if var_list is not None else global_variables() + local_variables()
    if not variables:
        return constant(np.empty(0, object), name=name)
    missing = ops.logical_not(ops.stack([ops.is_variable_initialized(v) for v in variables]))
    names = constant(np.array([v.node.name.encode() for v in variables], object))
    return ops.boolean_mask(names, missing, name=name)


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


def sparse_placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> SparseTensor:
    """A SparseTensor whose parts are fed: {it: SparseTensorValue(indices, values, dense_shape)}, or a tuple of the three."""
    called = {part: name and f"{name}/{part}" for part in ("shape", "values", "indices")}
    rank = None if shape is None else len(shape)
    full = shape is not None and None not in list(shape)
    dims = constant_of(list(shape), "int64") if full else placeholder("int64", [rank], called["shape"])  # type: ignore[arg-type]
    values = placeholder(dtype, [None], called["values"])
    return SparseTensor(placeholder("int64", [None, rank], called["indices"]), values, dims)


def identity_n(input: Any, name: Any = None) -> list[Any]:
    """The tensors again, each available only when all of them are."""
    return [shown_as(y, "IdentityN") for y in tuple_([constant_of(x) for x in input], name or "IdentityN")]
