"""The graph: nodes in the order they were made, their names, scopes and collections, and which graph is the default."""

from __future__ import annotations

import contextlib
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from deepkit.core import overrides, seeds
from deepkit.core.collections import Collections
from deepkit.core.names import Names
from deepkit.core.nest import parts
from deepkit.core.node import GraphDescription, Node
from deepkit.core.op import Op, lookup
from deepkit.core.other_names import by_last_piece, type_of
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.device.arrays import as_array
from deepkit.errors import FetchError, GraphError, GraphWarning, NameNotFoundError, did_you_mean
from deepkit.site import running_cell, user_site


def _unfetched(item: Any) -> str | None:
    """What led to a thing that is no part of a graph among those that are to be fetched."""
    if item is None:
        return "optimizer.minimize(loss) returns the operation to run"
    if isinstance(item, float) or hasattr(item, "__array__"):
        return "a value that an earlier run gave? `loss = sess.run(loss)` hides the tensor; value = sess.run(loss) keeps both"
    return None


def awaited(x: Node | Symbol) -> Node:
    """The node to wait for where x is asked for. Of what runs graphs it reads this one output: what the others are made of is
    not computed for it."""
    if isinstance(x, Node) or not (x.node.op.subgraphs and x.node.many):
        return x if isinstance(x, Node) else x.node
    graph = x.node.graph
    with graph.control_dependencies(None), graph.name_scope(f"{x.node.name}/"):
        return graph.add(lookup("Identity")(), (x,)).node


class _Made(NamedTuple):
    """What one execution of a notebook cell put into a graph."""

    run: int
    nodes: list[weakref.ref[Node]]
    scopes: list[str]


class Graph:
    """A dataflow graph. Symbols are made in it and get their values when a session runs.

    Run a notebook cell again, and the nodes it made before leave the graph: their names are free, the
    collections forget them. (Symbols that other cells hold keep working.)
    """

    def __init__(self) -> None:
        self.names = Names()
        self.collections = Collections()
        self.seed: int | None = None
        self.finalized = False
        self.version = 0
        self.seed_counter = seeds.Counter()
        self._nodes: weakref.WeakValueDictionary[str, Node] = weakref.WeakValueDictionary()
        self._lasting: dict[Node, None] = {}
        self._passing = 0
        self._records: list[list[Node]] = []
        self._control: list[list[Node]] = [[]]
        self._devices: list[Any] = []
        self._gradient_rules: list[dict[str, str]] = []
        self._gradient_of: list[Node] = []
        self.root: Graph = self
        self.assumed: dict[Symbol, Any] = {}
        self._cells: dict[str, _Made] = {}
        self._companions: dict[Callable[[Graph], Any], Any] = {}

    def companion(self, kind: Callable[[Graph], Any]) -> Any:
        """The graph's one object of the class `kind`, made at first use: what a higher floor keeps with the graph."""
        if kind not in self.root._companions:
            self.root._companions[kind] = kind(self.root)
        return self.root._companions[kind]

    # ---- adding nodes

    def add(self, op: Op, inputs: Sequence[Symbol], name: str | None = None) -> Any:
        """A new node for `op`; returns its output Symbol, or a list of them. The shape rule is checked first."""
        specs = op.specs(inputs)
        many = isinstance(specs, list)

        def outputs(node: Node) -> list[Symbol]:
            node.many = many
            return [Symbol(node, i, shape, dtype) for i, (shape, dtype) in enumerate(specs if many else [specs])]

        made = self.make_node(op, inputs, name, outputs).outputs
        return made if many else made[0]

    def make_node(
        self, op: Op, inputs: Sequence[Symbol] = (), name: str | None = None,
        outputs: Callable[[Node], list[Symbol]] | None = None,
    ) -> Node:
        """A node: named, with the outputs made for it, if any, placed, and ordered after the active control dependencies."""
        if self.finalized:
            raise GraphError(
                "the graph is finalized: it cannot get new nodes", hint="build everything before finalize()"
            )
        self.enter_cell()
        inputs = self._adopted(op, inputs)
        full = self.names.unique(name or op.label or op.type)
        if full in self._nodes:  # a name that ends in "/" is taken as it is: here for the second time
            with self.names.enter(None):
                full = self.names.unique(full)
        node = Node(self, self._with_rule(op), full, tuple(inputs), self._active_control(inputs), self.version)
        self.version += 1
        node.site = user_site()
        node.gradient_of = self._gradient_of[-1] if self._gradient_of else None
        if outputs is not None:
            node.outputs = outputs(node)
        node.device = self.device_of(node)  # a device function may look at the outputs
        if op.random:
            node.seeds = self.op_seeds(op.seed)  # type: ignore[attr-defined]
        self._enrol(node)
        return node

    def _with_rule(self, op: Op) -> Op:
        """The op with the gradient that the innermost block of `gradient_override_map` has for its type, if one has."""
        rules = (block.get(op.type) or block.get(type_of(op)) for block in reversed(self._gradient_rules))
        rule = next((rule for rule in rules if rule is not None), None)
        return op if rule is None else overrides.overridden(op, rule)

    def _adopted(self, op: Op, inputs: Sequence[Symbol]) -> list[Symbol]:
        """The inputs of a new node as tensors of this graph; GraphError if one belongs to another."""
        adopted = [self.adopt(x) for x in inputs]
        for x in adopted:
            if x.graph is not self and x.graph is not self.root:
                raise GraphError(
                    f"{x.name} belongs to another graph than the other inputs of {op.type}",
                    rule="one op takes nodes of one graph",
                    where=x.node.where(),
                    hint="build both in the same `with graph.as_default():`, or pass the value that a session gave",
                )
        return adopted

    def _enrol(self, node: Node) -> None:
        """Enters a new node in the graph's books: by its name, by the cell that made it, and in what is being recorded."""
        made = self._made_by_cell()
        if made is not None:
            made.nodes.append(weakref.ref(node))
        self._nodes[node.name] = node
        if not self._passing:
            self._lasting[node] = None
        for record in self._records:
            record.append(node)

    def adopt(self, x: Symbol) -> Symbol:
        """x as an input of a node of this graph (a function graph takes Symbols of the graphs around it)."""
        return x

    def encloses(self, graph: Graph) -> bool:
        """True if Symbols of `graph` may be used in this one."""
        return graph is self

    def constant(self, value: Any, name: str | None = None, dtype: Any = None) -> Symbol:
        """A constant node. It keeps a copy of an array, which may change later; a Tensor's value never does."""
        if isinstance(value, Tensor):
            array = value.value if dtype is None else as_array(value.value, dtype)
        else:
            array = as_array(value, dtype, copy=True)
        return self.add(lookup("Const")(value=array), (), name)

    def op_seeds(self, op_seed: int | None) -> tuple[int, int] | None:
        """The seeds of a random op that is made now: see seeds.pair."""
        return seeds.pair(self.seed, op_seed, self.seed_counter)

    def run_op(self, op: Op, control: Sequence[Node | Symbol], name: str) -> Node:
        """A node that has no output and runs after `control`: no_op and group."""
        with self.control_dependencies(list(control)):
            return self.make_node(op, (), name)

    def _active_control(self, inputs: Sequence[Symbol]) -> list[Node]:
        made_here = {x.node for x in inputs}
        return [node for node in self._control[-1] if node not in made_here]

    def read(self, variable: Any) -> Symbol:
        """The value of one of the graph's variables as an input; under control dependencies, after those."""
        return variable.read_value() if self.has_control else variable._read

    @property
    def has_control(self) -> bool:
        """True inside `with control_dependencies(...)`: a variable must be read anew there."""
        return bool(self._control[-1])

    def enter_cell(self) -> None:
        """If the running notebook cell made nodes when it was run before, they leave the graph now."""
        cell = running_cell()
        if cell is not None and cell.key in self._cells and self._cells[cell.key].run != cell.run:
            made = self._cells.pop(cell.key)
            self._retire([node for ref in made.nodes if (node := ref()) is not None])
            for scope in made.scopes:
                self.names.release(scope)

    def _made_by_cell(self) -> _Made | None:
        """The record of what the running notebook cell makes, or None outside notebooks."""
        cell = running_cell()
        return None if cell is None else self._cells.setdefault(cell.key, _Made(cell.run, [], []))

    def _retire(self, nodes: list[Node]) -> None:
        for node in nodes:
            if self._nodes.get(node.name) is node:
                del self._nodes[node.name]
                self._lasting.pop(node, None)
                self.names.release(node.name)
            node.retired = True
        self.collections.discard({id(node) for node in nodes} | {id(x) for node in nodes for x in node.outputs})

    # ---- contexts

    @contextlib.contextmanager
    def as_default(self) -> Iterator[Graph]:
        """Makes this graph the one that creators such as `placeholder` add to."""
        _state.graphs.append(self)
        try:
            yield self
        finally:
            _leave(_state.graphs, self)

    def name_scope(self, name: str | None) -> contextlib.AbstractContextManager[str]:
        """Puts `name/` before the names made inside."""
        self.enter_cell()
        made = self._made_by_cell()
        if made is not None and name and not name.endswith("/"):
            made.scopes.append(self.names.unique(name, mark=False))
        return self.names.enter(name)

    @contextlib.contextmanager
    def control_dependencies(self, nodes: Sequence[Any] | None) -> Iterator[None]:
        """Nodes made inside run only after `nodes`; None clears what outer blocks asked for."""
        if nodes is None:
            wanted: list[Node] = []
        else:
            found = [self.as_graph_element(part, "a control dependency") for x in nodes for part in parts(x)]
            wanted = list(dict.fromkeys(self._control[-1] + [awaited(x) for x in found]))
        self._control.append(wanted)
        try:
            yield
        finally:
            self._control.pop()

    @contextlib.contextmanager
    def device(self, spec: str | Callable[[Node], str] | None) -> Iterator[None]:
        """Nodes made inside go to this device: a string, a function from node to string, or None for no wish."""
        self._devices.append(spec)
        try:
            yield
        finally:
            self._devices.pop()

    def device_of(self, node: Node) -> str:
        """The device that the open `device` blocks wish for a node; "" for none."""
        for spec in reversed(self._devices):
            if spec is None:
                return ""
            wished = spec(node) if callable(spec) else spec
            if wished:
                return str(wished)
        return ""

    @contextlib.contextmanager
    def passing(self) -> Iterator[None]:
        """The graph does not hold the nodes made inside: they last as long as something refers to them or their tensors."""
        self._passing += 1
        try:
            yield
        finally:
            self._passing -= 1

    @contextlib.contextmanager
    def recording(self) -> Iterator[list[Node]]:
        """The nodes made inside, held by the list: a passing one that nothing else holds may be gone the moment after."""
        record: list[Node] = []
        self._records.append(record)
        try:
            yield record
        finally:
            _leave(self._records, record)

    @contextlib.contextmanager
    def assuming(self, values: dict[Symbol, Any]) -> Iterator[None]:
        """Derivatives taken inside are for runs in which these tensors have these values (see Op.passes)."""
        outer, self.assumed = self.assumed, {**self.assumed, **values}
        try:
            yield
        finally:
            self.assumed = outer

    @contextlib.contextmanager
    def gradient_override_map(self, op_type_map: Any) -> Iterator[None]:
        """Nodes made inside, of the types named, get the gradient rule of that name (see RegisterGradient)."""
        self._gradient_rules.append(overrides.check_map(op_type_map))
        try:
            yield
        finally:
            self._gradient_rules.pop()

    @contextlib.contextmanager
    def gradient_of(self, node: Node) -> Iterator[None]:
        """Marks the nodes made inside as parts of the gradient of `node`."""
        self._gradient_of.append(node)
        try:
            with self.name_scope(f"{node.name.replace('/', '_')}_grad"), self.device(node.device or None):
                yield
        finally:
            self._gradient_of.pop()

    # ---- looking up

    def get_operations(self) -> list[Node]:
        return list(self._nodes.values())

    def as_graph_def(self, *_: Any, **__: Any) -> GraphDescription:
        """The nodes in words: names, ops, inputs and devices, as `.node` of TensorFlow's GraphDef lists them."""
        return GraphDescription(self, self.get_operations())

    def get_operation_by_name(self, name: str) -> Node:
        if name not in self._nodes:
            self._not_found(name, "op", list(self._nodes))
        return self._nodes[name]

    def get_tensor_by_name(self, name: str) -> Symbol:
        """The Symbol called "node:output", also by TensorFlow's name of the last of several pieces that are one node here."""
        node_name, colon, index = name.rpartition(":")
        if not colon or not index.isdigit():
            raise GraphError(
                f"{name!r} is the name of an op, not of a tensor",
                rule="a tensor's name is the op's name, a colon and the number of the output",
                hint=f'get_tensor_by_name("{name}:0")',
            )
        known = self._nodes.get(node_name)
        node, at = (known, int(index)) if known else by_last_piece(node_name, self._nodes) or (None, 0)
        if node is None or at >= len(node.outputs):
            self._not_found(name, "tensor", [x.name for n in self._nodes.values() for x in n.outputs])
        return node.outputs[at]  # type: ignore[union-attr]

    def _not_found(self, name: str, kind: str, known: list[str]) -> None:
        raise NameNotFoundError(
            f"the graph has no {kind} named {name!r}",
            hint=did_you_mean(name, known, most=3) or f"it has {len(known)} {kind}s",
        )

    def as_graph_element(self, item: Any, use: str = "a graph element", **_: Any) -> Any:
        """A Node, Symbol or name as a Node or Symbol of this graph."""
        if isinstance(item, str):
            return self.get_tensor_by_name(item) if ":" in item else self.get_operation_by_name(item)
        if hasattr(item, "as_graph_element"):
            item = item.as_graph_element()
        if not isinstance(item, (Node, Symbol)):
            raise FetchError(
                f"{item!r} of type {type(item).__name__} cannot be {use}",
                rule="expected a tensor, an operation, a variable, or the name of one",
                hint=_unfetched(item),
            )
        node = item if isinstance(item, Node) else item.node
        if node.graph is not self:
            raise GraphError(
                f"{item.name} is not a node of this graph",
                where=node.where(),
                rule="a session runs the nodes of one graph",
                hint="make the session with Session(graph=that_graph); after reset_default_graph() build everything anew",
            )
        return item

    # ---- collections

    def add_to_collection(self, name: Any, value: Any) -> None:
        self.collections.add(name, value, held=not self._passing)

    def add_to_collections(self, names: Any, value: Any) -> None:
        for name in [names] if isinstance(names, str) else dict.fromkeys(names):
            self.add_to_collection(name, value)

    def get_collection(self, name: Any, scope: str | None = None) -> list[Any]:
        return self.collections.get(name, scope)

    def get_collection_ref(self, name: Any) -> list[Any]:
        return self.collections.ref(name)

    def get_all_collection_keys(self) -> list[Any]:
        return self.collections.names()

    def clear_collection(self, name: Any) -> None:
        self.collections.clear(name)

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        return self.names.unique(name, mark_as_used)

    def finalize(self) -> None:
        """Forbids further nodes; a training loop that adds some by accident then fails at once."""
        self.finalized = True

    def session_for(self, session: Any, call: str) -> Any:
        """`session`, or the default session; GraphError if there is none or it runs another graph."""
        found = session or default_session()
        if found is None:
            raise GraphError(
                f"{call} needs a session",
                rule="values exist only while a session runs the graph",
                hint="`with Session() as sess:` around it, or pass session=sess",
            )
        if found.graph is not self:
            raise GraphError(f"{call}: the default session runs another graph", hint="Session(graph=tensor.graph)")
        return found


class _State(threading.local):
    """Per thread: the stack of default graphs and of default sessions."""

    def __init__(self) -> None:
        self.graphs: list[Graph] = []
        self.sessions: list[Any] = []


_state = _State()
_root = Graph()


def default_graph() -> Graph:
    """The graph that creators add to: the innermost `as_default()`, else the program's own."""
    return _state.graphs[-1] if _state.graphs else _root


def reset_default_graph() -> None:
    """Replaces the program's default graph by an empty one. Nodes made before belong to the old graph."""
    global _root
    if any(g is not _root for g in _state.graphs):
        raise GraphError("reset_default_graph() inside `with graph.as_default():`", hint="leave the block first")
    if _state.graphs:  # an InteractiveSession holds the old graph open
        warnings.warn("reset_default_graph(): a session on the old graph is still open", GraphWarning, stacklevel=2)
        _state.graphs.clear()
    _root = Graph()


def default_session() -> Any:
    """The innermost session used in a `with` block, or an InteractiveSession; None if there is none."""
    return _state.sessions[-1] if _state.sessions else None


def push_session(session: Any) -> None:
    _state.sessions.append(session)
    _state.graphs.append(session.graph)


def pop_session(session: Any) -> None:
    _leave(_state.sessions, session)
    _leave(_state.graphs, session.graph)


def _leave(stack: list[Any], item: Any) -> None:
    """Takes the innermost entry of `item` off: a graph may be entered again inside itself."""
    for i in range(len(stack) - 1, -1, -1):
        if stack[i] is item:
            del stack[i]
            break


def graph_of(*values: Any) -> Graph | None:
    """The graph of the first Symbol among `values`, or None."""
    return next((v.graph for v in values if isinstance(v, Symbol)), None)
