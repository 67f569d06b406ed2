"""A graph written down as data: what each node is, what it takes and what it is called, so that it can be built again.

`describe` makes a Description, `deepkit.core.rebuild` makes nodes of it. It is tables, lists, numbers and texts (all that
JSON knows), and beside them the arrays that the graph's constants hold:

    nodes        for each node its name, op, inputs ("name:0"), and where there are any, its attributes, control inputs,
                 device, the type it is shown as, seeds, the node whose gradient it belongs to; and its outputs' types and shapes
    variables    for each variable its initial value, its initializer, its reading node, and whether it is trained
    collections  for each key a list of [kind, value]: nodes and tensors by name, numbers and texts as they are
    functions    the bodies of loops and branches: nodes, inputs and results; "/name:0" is a variable of the graph itself

An attribute that JSON does not know is a table with one key that says what it is: {"dtype": "float32"}.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepkit.core.control_flow.function_graph import FunctionGraph
from deepkit.core.graph import Graph
from deepkit.core.node import Node
from deepkit.core.op import Op
from deepkit.core.shape import Shape
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.device.arrays import to_cpu
from deepkit.device.dtypes import DType
from deepkit.errors import GraphError


@dataclass
class Description:
    """A graph as data: `content` as JSON knows it, and the arrays that it refers to by their names."""

    content: dict[str, Any]
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    @staticmethod
    def dims(shape: Shape) -> list[int | None] | None:
        """A shape as JSON knows it: None where not even the rank is known."""
        return None if shape.lengths is None else list(shape.lengths)


def describe(graph: Graph, clear_devices: bool = False, nodes: Collection[Node] | None = None) -> Description:
    """The graph as data; with `nodes`, these alone, without collections. Values of variables are not part of it, nor are
    Python functions: a variable's constraint is (it is nodes of the training step), a py_func is not.

    Raises:
        GraphError: names the node that calls a Python function or holds something else that is no data, or whose
            input left the graph when its notebook cell was run again.
    """
    return _Writer(graph, clear_devices).description(nodes)


def nodes_of(graph: Graph) -> list[tuple[str, Node]]:
    """Every node of a graph and of the bodies of its loops and branches, with a name that only it has.

    A node of a body is called "loop/0/name", where 0 is the number of the body. What several loops share stands under
    the first one.
    """
    found: list[tuple[str, Node]] = []
    seen: set[int] = set()

    def walk(graph: Graph, before: str) -> None:
        for node in graph.get_operations():
            found.append((before + node.name, node))
            for i, body in enumerate(node.op.subgraphs):
                if id(body) not in seen:
                    seen.add(id(body))
                    walk(body, f"{before}{node.name}/{i}/")

    walk(graph, "")
    return found


class _Writer:
    """One walk over a graph; bodies that several ops share are written once."""

    def __init__(self, graph: Graph, clear_devices: bool):
        self.graph, self.clear_devices = graph.root, clear_devices
        self.arrays: dict[str, np.ndarray] = {}
        self.functions: list[dict[str, Any]] = []
        self._known: dict[int, int] = {}  # id of a body or array -> its number
        self._held: list[Any] = []  # keeps what these ids belong to

    def description(self, wanted: Collection[Node] | None = None) -> Description:
        listed = [node for node in self.graph.get_operations() if wanted is None or node in wanted]
        variables = [node for node in listed if _is_variable(node)]
        content = {
            "nodes": [self._node(node, self.graph) for node in listed],
            "variables": {node.name: self._variable(node.outputs[0]) for node in variables},
            "collections": self._collections() if wanted is None else {},
            "functions": self.functions,
            "random_ops": self.graph.seed_counter.count,
        }
        return Description(content, self.arrays)

    # ---- nodes

    def _node(self, node: Node, home: Graph) -> dict[str, Any]:
        entry = {"name": node.name, "op": node.op.type, "inputs": [self._reference(x, home, node) for x in node.inputs]}
        for other in node.control_inputs:
            self._check_live(other, home, node)
        source = "" if node.gradient_of is None else node.gradient_of.name
        said = {
            "attrs": {name: self._value(getattr(node.op, name), name, node) for name in node.op.attrs},
            "control": [other.name for other in node.control_inputs],
            "device": "" if self.clear_devices else node.device,
            "shown": node.type if node.type != node.op.type else "",
            "seeds": list(node.seeds or ()),
            "gradient_of": source if home._nodes.get(source) is node.gradient_of else "",
            "outputs": [[y.dtype.name, Description.dims(y.shape)] for y in node.outputs],
        }
        return entry | {key: value for key, value in said.items() if value}

    def _reference(self, x: Symbol, home: Graph, user: Node) -> str:
        self._check_live(x.node, x.graph, user)
        if x.graph is home:
            return x.name
        if isinstance(x, Variable) and x.graph is self.graph:
            return f"/{x.name}"
        raise GraphError(
            f"node {user.name!r} takes {x.name}, which is not a tensor of its graph", where=user.where(),
            rule="a graph can be stored if its nodes belong together",
        )

    @staticmethod
    def _check_live(node: Node, home: Graph, user: Node) -> None:
        if home._nodes.get(node.name) is not node:
            raise GraphError(
                f"the graph cannot be stored: node {user.name!r} takes {node.name!r}, which has left the graph",
                where=user.where(), rule="a notebook cell that is run again replaces the nodes it made before",
                hint="run the cells that use them again, too",
            )

    def _function(self, body: FunctionGraph) -> int:
        if id(body) not in self._known:
            nodes = [self._node(node, body) for node in body.get_operations()]
            entry = {
                "nodes": nodes,
                "inputs": [self._name_in(x, body) for x in body.inputs],
                "results": [self._name_in(x, body) for x in body.results],
                "captured": [self._name_in(x, body) for x in body.captured.values()],
            }
            self._known[id(body)] = len(self.functions)
            self._held.append(body)
            self.functions.append(entry)
        return self._known[id(body)]

    def _name_in(self, x: Symbol, body: FunctionGraph) -> str:
        return self._reference(x, body, x.node)

    # ---- attributes

    def _value(self, value: Any, name: str, node: Node) -> Any:
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, (np.ndarray, np.generic)) or hasattr(value, "__cuda_array_interface__"):
            return {"array": self._array(value)}
        if isinstance(value, int):
            return int(value)
        if type(value) in node.op.records:
            return {"record": type(value).__name__, "fields": [self._value(v, name, node) for v in value]}
        if type(value) in (tuple, list):
            return [self._value(v, name, node) for v in value]
        return self._marked(value, name, node)

    def _marked(self, value: Any, name: str, node: Node) -> Any:
        """A value under a mark that says what it is, since JSON has no such thing."""
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else {"float": str(float(value))}
        for kind, mark, written in _MARKS:
            if isinstance(value, kind):
                return {mark: written(value)}
        if isinstance(value, FunctionGraph):
            return {"function": self._function(value)}
        if isinstance(value, Op):
            return {"op": value.type, "attrs": {a: self._value(getattr(value, a), a, node) for a in value.attrs}}
        raise GraphError(
            f"the graph cannot be stored: node {node.name!r} (op {node.op.type}) "
            + ("calls a Python function" if callable(value) else f"holds a {type(value).__name__} ({name})"),
            where=node.where(), rule="a stored graph is data: names, numbers and arrays; a Python function is a program",
            hint="leave the node out of the graph that is stored; restore its variables into the program that builds it",
        )

    def _array(self, value: Any) -> str:
        if id(value) not in self._known:
            self._known[id(value)] = len(self.arrays)
            self._held.append(value)
            self.arrays[str(len(self.arrays))] = np.asarray(to_cpu(value))
        return str(self._known[id(value)])

    # ---- variables and collections

    def _variable(self, x: Any) -> dict[str, Any]:
        return {
            "trainable": x.trainable,
            "initial_value": self._reference(x.initial_value, self.graph, x.node),
            "initializer": x.initializer.name,
            "read": x._read.name,
        }

    def _collections(self) -> dict[str, list[Any]]:
        """The collections whose keys are texts and whose values all are nodes, tensors, numbers or texts."""
        found = {}
        for key in self.graph.get_all_collection_keys():
            values = [self._item(value) for value in self.graph.get_collection(key)]
            if isinstance(key, str) and None not in values:
                found[key] = values
        return found

    def _item(self, value: Any) -> list[Any] | None:
        node = value.node if isinstance(value, Symbol) else value
        if isinstance(node, Node):
            if node.graph is not self.graph or self.graph._nodes.get(node.name) is not node:
                return None
            return ["tensor", value.name] if isinstance(value, Symbol) else ["node", value.name]
        if isinstance(value, bytes):
            return ["bytes", base64.b64encode(value).decode()]
        if isinstance(value, (str, bool, int)) or (isinstance(value, float) and math.isfinite(value)):
            return ["value", value]
        return None


def _is_variable(node: Node) -> bool:
    return bool(node.outputs) and isinstance(node.outputs[0], Variable)


_MARKS: tuple[tuple[type, str, Callable[[Any], Any]], ...] = (
    (type(Ellipsis), "ellipsis", lambda value: True),
    (bytes, "bytes", lambda value: base64.b64encode(value).decode()),
    (DType, "dtype", lambda value: value.name),
    (Shape, "shape", Description.dims),
)
"""Kinds of values that JSON does not have: the mark each is written under, and what is written."""
