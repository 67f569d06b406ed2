"""A described graph built again: its nodes, variables and collections, in a graph of this program.

A description may come from anybody. Nothing in it is evaluated: ops are looked up by their names, and every node passes
the shape and type rules that it passed when it was made first.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

from deepkit.core.control_flow import tracing
from deepkit.core.control_flow.function_graph import FunctionGraph
from deepkit.core.description import Description
from deepkit.core.graph import Graph
from deepkit.core.node import Node
from deepkit.core.op import Op, registry
from deepkit.core.shape import Shape
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import DataError, DeepkitError, did_you_mean

_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*")
_DEEPEST = 64  # lists in lists of an attribute
_LIMITS = {text: float(text) for text in ("inf", "-inf", "nan")}  # the floats that JSON does not have
_BUILDING = (DeepkitError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, MemoryError)


def rebuild(
    graph: Graph, description: Description, scope: str | None = None, replaced: Mapping[str, Symbol] | None = None
) -> dict[str, Node]:
    """Adds the described nodes to `graph` and returns them by the names they have in the description.

    Names are kept, below `scope` if one is given; a name that is taken gets a suffix, as always. Collections get
    what the described ones held. Tensors in `replaced` stand in the place of outputs of these names.

    Raises:
        DataError: the description is damaged, or has an op that deepkit does not know; the graph is as it was.
    """
    return _Builder(graph.root, description, scope, replaced or {}).build()


def _has_name(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("name"), str)


def shared(graph: Graph, description: Description) -> dict[str, Node] | None:
    """The graph's own nodes in place of the described ones, if it has them all: the same names, ops and inputs.

    Groups of operations (an initializer, say) that it lacks are added. None if other nodes are missing.
    """
    graph = graph.root
    found: dict[str, Node] = {}
    groups: list[tuple[str, list[Node]]] = []
    listed = description.content.get("nodes")
    for entry in listed if isinstance(listed, list) else []:
        if not _has_name(entry):
            return None
        name = entry["name"]
        node = graph._nodes.get(name)
        if node is not None and _is_described(node, entry):
            found[name] = node
        elif node is None and _is_group(entry, found):
            groups.append((name, [found[c] for c in entry.get("control", [])]))
        else:
            return None
    if not found:
        return None
    with graph.name_scope(None):
        return found | {name: graph.run_op(registry["NoOp"](), control, name) for name, control in groups}


def _is_described(node: Node, entry: Mapping[str, Any]) -> bool:
    return node.op.type == entry.get("op") and [x.name for x in node.inputs] == entry.get("inputs")


def _is_group(entry: Mapping[str, Any], found: Mapping[str, Node]) -> bool:
    """Whether a described node does nothing but wait for nodes that are there."""
    names = entry.get("control", [])
    if entry.get("op") != "NoOp" or not _NAME.fullmatch(entry["name"]) or not isinstance(names, list):
        return False
    return all(isinstance(name, str) and name in found for name in names)


class _Builder:
    def __init__(self, graph: Graph, description: Description, scope: str | None, replaced: Mapping[str, Symbol]):
        self.replaced = replaced
        self.graph, self.content, self.arrays = graph, description.content, description.arrays
        self.scope = scope
        self.made: dict[str, Node] = {}
        self.functions: dict[int, FunctionGraph] = {}

    def build(self) -> dict[str, Node]:
        graph = self.graph
        graph.enter_cell()
        before = graph.version
        variables = self._table(self.content, "variables", "the graph")
        drawn = self.content.get("random_ops")
        if type(drawn) is not int or not 0 <= drawn < 1 << 62:
            _refuse("it does not say how many random ops the graph has")
        start = graph.seed_counter.count
        try:
            with (
                tracing.suspended(), graph.as_default(), graph.control_dependencies(None), graph.name_scope(None),
            ):
                prefix = "" if not self.scope else graph.unique_name(self.scope.rstrip("/")) + "/"
                for entry in self._list(self.content, "nodes", "the graph"):
                    self._node(graph, entry, self.made, prefix, variables)
                for name, said in variables.items():
                    self._variable(name, said)
                self._collections()
        except BaseException:
            graph._retire([node for node in graph.get_operations() if node.id >= before])
            graph.seed_counter.count = start
            raise
        graph.seed_counter.count = start + drawn
        return self.made

    # ---- nodes

    def _node(self, home: Graph, entry: Any, made: dict[str, Node], prefix: str, variables: Mapping[str, Any]) -> None:
        name, kind = self._name_and_op(entry, made)
        inputs = [self._input(home, x, made, name) for x in self._list(entry, "inputs", name)]
        control = [self._known(x, made, name) for x in self._list(entry, "control", name, [])]
        with self._naming(name, kind):
            op = self._op(kind, self._table(entry, "attrs", name, {}), home, name)
            outputs = self._outputs(entry, name)
            if name in variables and home is self.graph:
                node = self._variable_node(home, op, prefix + name, outputs, name)
            else:
                node = self._plain_node(home, op, inputs, prefix + name, outputs, name)
        node.control_inputs = control
        node.device = self._text(entry, "device", name) or node.device
        node.seeds = self._seeds(entry, name) if op.random else None
        node.shown = self._text(entry, "shown", name) or None
        made[name] = node
        source = self._text(entry, "gradient_of", name)
        node.gradient_of = made.get(source)

    @staticmethod
    def _name_and_op(entry: Any, made: dict[str, Node]) -> tuple[str, str]:
        """What a described node is called and of which op it is, both found good."""
        if not isinstance(entry, dict):
            _refuse(f"a node is {_short(entry)}")
        name, kind = entry.get("name"), entry.get("op")
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name.endswith("/") or name in made:
            _refuse(f"a node is called {_short(name)}, twice or against the rules for names")
        if not isinstance(kind, str) or kind not in registry:
            near = did_you_mean(str(kind)[:80], registry)
            _refuse(
                f"node {name!r} is of the op {_short(kind)}, which deepkit does not have",
                f"{near} Ops of one's own must be registered before the graph is read" if near else None,
            )
        return name, kind

    def _plain_node(
        self, home: Graph, op: Op, inputs: list[Symbol], name: str, outputs: list[tuple[DType, Shape]], described: str
    ) -> Node:
        if not outputs:
            return home.make_node(op, inputs, name)
        result = home.add(op, inputs, name)
        node = (result[0] if isinstance(result, list) else result).node
        self._agree(node, outputs, described)
        return node

    def _variable_node(
        self, home: Graph, op: Op, name: str, outputs: list[tuple[DType, Shape]], described: str
    ) -> Node:
        if op.type != "VariableV2" or len(outputs) != 1:
            _refuse(f"{described!r} is listed as a variable, but is a node of the op {op.type}")
        node = home.make_node(op, (), name)
        variable = Variable.__new__(Variable)
        Symbol.__init__(variable, node, 0, outputs[0][1], outputs[0][0])
        variable.constraint = variable.save_slice_info = None
        node.outputs = [variable]
        return node

    def _agree(self, node: Node, outputs: list[tuple[DType, Shape]], name: str) -> None:
        """The outputs are what the description says; set_shape may have told more than the rules know."""
        if len(node.outputs) != len(outputs):
            _refuse(f"node {name!r} has {len(node.outputs)} outputs, not {len(outputs)}")
        for y, (dtype, shape) in zip(node.outputs, outputs, strict=True):
            if y.dtype is not dtype:
                _refuse(f"{name!r} is {y.dtype.name}, not {dtype.name}")
            y.shape = y.shape.merge(shape)

    def _outputs(self, entry: dict[str, Any], name: str) -> list[tuple[DType, Shape]]:
        found = []
        for said in self._list(entry, "outputs", name, []):
            if not isinstance(said, list) or len(said) != 2 or not isinstance(said[0], str):
                _refuse(f"an output of node {name!r} is {_short(said)}")
            found.append((as_dtype(said[0]), self._shape(said[1], name)))
        return found

    def _input(self, home: Graph, reference: Any, made: dict[str, Node], user: str) -> Symbol:
        if isinstance(reference, str) and reference.startswith("/"):
            found = self._input(self.graph, reference[1:], self.made, user)
            if not isinstance(found, Variable):
                _refuse(f"node {user!r} takes {_short(reference)}, which is no variable")
            return found
        name, _, index = reference.rpartition(":") if isinstance(reference, str) else ("", "", "")
        if made is self.made and isinstance(reference, str) and reference in self.replaced:
            return self.replaced[reference]
        return self._output(self._known(name, made, user), index, reference, user)

    @staticmethod
    def _output(node: Node, index: str, reference: Any, user: str) -> Symbol:
        if not (index.isascii() and index.isdigit() and len(index) < 6) or int(index) >= len(node.outputs):
            _refuse(f"node {user!r} takes {_short(reference)}, which is no output")
        return node.outputs[int(index)]

    @staticmethod
    def _known(name: Any, made: dict[str, Node], user: str) -> Node:
        if not isinstance(name, str) or name not in made:
            _refuse(f"node {user!r} needs {_short(name)}, which does not come before it")
        return made[name]

    def _seeds(self, entry: dict[str, Any], name: str) -> tuple[int, int] | None:
        seeds = entry.get("seeds")
        if seeds is None:
            return None
        if (
            not isinstance(seeds, list)
            or len(seeds) != 2
            or not all(type(s) is int and abs(s) < 1 << 64 for s in seeds)
        ):
            _refuse(f"the seeds of node {name!r} are {_short(seeds)}")
        return seeds[0], seeds[1]

    # ---- attributes

    def _op(self, kind: str, attrs: dict[str, Any], home: Graph, name: str, depth: int = 0) -> Op:
        records = {record.__name__: record for record in registry[kind].records}
        return registry[kind](**{a: self._value(value, home, name, records, depth + 1) for a, value in attrs.items()})

    def _value(self, value: Any, home: Graph, name: str, records: dict[str, type[Any]], depth: int) -> Any:
        if depth > _DEEPEST:
            _refuse(f"an attribute of node {name!r} is nested too deeply")
        if isinstance(value, list):
            return tuple(self._value(v, home, name, records, depth + 1) for v in value)
        if not isinstance(value, dict):
            return value
        match value:
            case {"op": str(kind), "attrs": dict(attrs), **rest} if kind in registry and not rest:
                return self._op(kind, attrs, home, name, depth + 1)
            case {"record": str(kind), "fields": list(fields), **rest} if kind in records and not rest:
                return records[kind](*self._value(fields, home, name, records, depth + 1))
        found = self._marked(*next(iter(value.items())), home, name) if len(value) == 1 else None
        if found is None:
            _refuse(f"an attribute of node {name!r} is {_short(value)}")
        return found

    def _marked(self, kind: str, said: Any, home: Graph, name: str) -> Any:
        """What stands under a mark, as in {"dtype": "float32"}; None if that makes no sense."""
        if kind == "ellipsis":
            return Ellipsis
        if kind == "shape":
            return self._shape(said, name)
        if kind == "function":
            return self._function(said, home, name) if type(said) is int else None
        readers: dict[str, Callable[[str], Any]] = {
            "array": self.arrays.get, "dtype": as_dtype, "bytes": lambda text: _bytes(text, name), "float": _LIMITS.get,
        }
        return readers[kind](said) if kind in readers and isinstance(said, str) else None

    @staticmethod
    def _shape(dims: Any, name: str) -> Shape:
        if dims is None:
            return Shape(None)
        if not isinstance(dims, list) or not all(d is None or (type(d) is int and 0 <= d < 1 << 62) for d in dims):
            _refuse(f"a shape of node {name!r} is {_short(dims)}")
        return Shape(dims)

    def _function(self, number: int, outer: Graph, user: str) -> FunctionGraph:
        """The body of a loop or branch; bodies come after those inside them, so none can hold itself."""
        if number in self.functions:
            return self.functions[number]
        listed = self._list(self.content, "functions", "the graph")
        limit = getattr(outer, "number", len(listed))
        if not 0 <= number < min(limit, len(listed)) or not isinstance(listed[number], dict):
            _refuse(f"node {user!r} runs the body {number}, which is not there")
        body = _Body(outer, number)
        made: dict[str, Node] = {}
        with body.building():
            for entry in self._list(listed[number], "nodes", user):
                self._node(body, entry, made, "", {})
        parts = {
            key: [self._input(body, x, made, user) for x in self._list(listed[number], key, user)]
            for key in ("inputs", "results", "captured")
        }
        if any(not x.node.op.is_placeholder for x in parts["inputs"] + parts["captured"]):
            _refuse(f"an input of a body of node {user!r} is no placeholder")
        body.inputs, body.results = parts["inputs"], parts["results"]
        body.captured = {x: x for x in parts["captured"]}  # who gave them is asked only while a body is written down
        self.functions[number] = body
        return body

    # ---- variables and collections

    def _variable(self, name: str, said: Any) -> None:
        node = self._known(name, self.made, name)
        if not isinstance(said, dict):
            _refuse(f"variable {name!r} is {_short(said)}")
        variable: Any = node.outputs[0]
        variable.trainable = said.get("trainable") is True
        variable.initial_value = self._input(self.graph, said.get("initial_value"), self.made, name)
        variable.initializer = self._known(said.get("initializer"), self.made, name)
        variable._read = self._input(self.graph, said.get("read"), self.made, name)
        if not variable._read.node.op.reads_variable or variable._read.node.inputs[0] is not variable:
            _refuse(f"variable {name!r} is not read by {variable._read.name}")

    def _collections(self) -> None:
        for key, values in self._table(self.content, "collections", "the graph").items():
            if not isinstance(values, list):
                _refuse(f"the collection {_short(key)} is {_short(values)}")
            for item in values:
                if not isinstance(item, list) or len(item) != 2:
                    _refuse(f"the collection {_short(key)} holds {_short(item)}")
                self.graph.add_to_collection(key, self._item(item[0], item[1], key))

    def _item(self, kind: Any, value: Any, key: str) -> Any:
        if kind == "tensor":
            return self._input(self.graph, value, self.made, f"collection {key}")
        if kind == "node":
            return self._known(value, self.made, f"collection {key}")
        if kind == "bytes" and isinstance(value, str):
            return _bytes(value, f"collection {key}")
        if kind == "value" and isinstance(value, (str, bool, int, float)):
            return value
        _refuse(f"the collection {_short(key)} holds {_short([kind, value])}")

    # ---- reading tables

    @staticmethod
    def _list(table: dict[str, Any], key: str, owner: str, default: Any = None) -> list[Any]:
        found = table.get(key, default)
        if not isinstance(found, list):
            _refuse(f"{key} of {owner} is {_short(found)}, no list")
        return found

    @staticmethod
    def _table(table: dict[str, Any], key: str, owner: str, default: Any = None) -> dict[str, Any]:
        found = table.get(key, default)
        if not isinstance(found, dict):
            _refuse(f"{key} of {owner} is {_short(found)}, no table")
        return found

    @staticmethod
    def _text(table: dict[str, Any], key: str, owner: str) -> str:
        found = table.get(key, "")
        if not isinstance(found, str):
            _refuse(f"{key} of {owner} is {_short(found)}, no text")
        return found

    @staticmethod
    @contextmanager
    def _naming(name: str, kind: str) -> Iterator[None]:
        """An error while a node is made says which one it is."""
        try:
            yield
        except _BUILDING as error:
            if isinstance(error, DataError):
                raise
            what = error.what if isinstance(error, DeepkitError) else f"{type(error).__name__}: {error}"
            raise _error(f"node {name!r} (op {kind}) cannot be made: {what}") from error


class _Body(FunctionGraph):
    """A body with its number in the description."""

    def __init__(self, outer: Graph, number: int):
        super().__init__(outer)
        self.number = number


def _bytes(text: str, owner: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        _refuse(f"a text of {owner} is not in base64")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 80 else f"{text[:77]}..."


def _error(what: str, hint: str | None = None) -> DataError:
    return DataError(
        f"this is no sound description of a graph: {what}", rule="what export_meta_graph and Saver.save wrote",
        hint=hint or "write the file again with this version of deepkit",
    )


def _refuse(what: str, hint: str | None = None) -> NoReturn:
    raise _error(what, hint)
