"""A graph as TensorBoard draws it: for each node its name, op, inputs, device, and its attributes in short."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.core.graph import Graph
from deepkit.core.node import GraphDescription, Node
from deepkit.core.shape import Shape
from deepkit.core.symbol import Symbol
from deepkit.device.arrays import to_cpu
from deepkit.device.dtypes import DType
from deepkit.ops.summary.event_messages import message, tensor_proto

LARGEST = 256
"""Numbers in a constant whose values are written; of a larger one only type and shape are."""


def graph_def(graph: Graph | GraphDescription) -> Any:
    """The graph as a GraphDef message: what TensorBoard needs to draw it, not what would be needed to build it again.

    Of a graph in words it says no more than these.

    Raises:
        MissingExtraError: the tensorboard package is not installed.
    """
    result = message("GraphDef")()
    result.versions.producer = 27  # of TensorFlow 1.15
    if isinstance(graph, GraphDescription):
        for words in graph.node:
            result.node.add(name=words.name, op=words.op, input=words.input, device=words.device)
        return result
    for node in graph.get_operations():
        _describe(node, result.node.add())
    return result


def _describe(node: Node, to: Any) -> None:
    to.name, to.op, to.device = node.name, node.type, node.device
    to.input.extend(_input(x) for x in node.inputs)
    to.input.extend(f"^{other.name}" for other in node.control_inputs)
    for attribute in node.op.attrs:
        _set(to.attr[attribute.strip("_")], getattr(node.op, attribute))
    if node.outputs:
        to.attr["dtype" if node.type in ("Const", "Placeholder", "VariableV2") else "T"].type = _number(
            node.outputs[0].dtype
        )
        shapes = to.attr["_output_shapes"].list.shape
        for y in node.outputs:
            _set_shape(shapes.add(), y.shape)


def _input(x: Symbol) -> str:
    return x.node.name if x.index == 0 else x.name


def _number(dtype: DType) -> int:
    return dtype.as_datatype_enum


def _set(to: Any, value: Any) -> None:
    """Puts the value of an attribute into an AttrValue message; as text if protocol buffers have no such kind."""
    if isinstance(value, DType):
        to.type = _number(value)
    elif isinstance(value, Shape):
        _set_shape(to.shape, value)
    elif isinstance(value, (str, bytes)):
        to.s = value.encode() if isinstance(value, str) else value
    elif not _set_number(to, value) and not _set_list(to.list, value):
        if hasattr(value, "ndim"):  # an array, be it on a GPU
            _set_array(to.tensor, to_cpu(value))
        else:
            to.s = _excerpt(repr(value)).encode()


def _set_number(to: Any, value: Any) -> bool:
    """Puts a number there; False if the value is none that fits."""
    if isinstance(value, (bool, np.bool_)):
        to.b = bool(value)
    elif isinstance(value, (int, np.integer)) and -(2**63) <= int(value) < 2**63:
        to.i = int(value)
    elif isinstance(value, (float, np.floating)):
        to.f = float(value)
    else:
        return False
    return True


def _set_list(to: Any, value: Any) -> bool:
    """Puts whole numbers or types there; False if the value is no list of such."""
    if not isinstance(value, (tuple, list)) or not value:
        return False
    if all(_is_whole(v) for v in value):
        to.i.extend(int(v) for v in value)
    elif all(isinstance(v, DType) for v in value):
        to.type.extend(_number(v) for v in value)
    else:
        return False
    return True


def _is_whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and -(2**63) <= int(value) < 2**63


def _excerpt(text: str) -> str:
    return text if len(text) <= 200 else text[:197] + "..."


def _set_array(to: Any, array: np.ndarray) -> None:
    proto = tensor_proto(array if array.size <= LARGEST else array[(slice(0, 0),) * array.ndim])
    to.CopyFrom(proto)
    if array.size > LARGEST:
        _set_shape(to.tensor_shape, Shape(array.shape))


def _set_shape(to: Any, shape: Shape) -> None:
    """An unknown dimension is -1; an unknown rank is said by unknown_rank."""
    to.ClearField("dim")
    if shape.lengths is None:
        to.unknown_rank = True
    else:
        to.SetInParent()  # a scalar's shape is there, and has no dimensions
        for dim in shape.lengths:
            to.dim.add(size=-1 if dim is None else int(dim))
