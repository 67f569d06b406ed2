"""One node of a graph: an op, where its inputs come from, and what it is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from deepkit.core import door
from deepkit.core.op import Op
from deepkit.core.other_names import type_of
from deepkit.core.symbol import Symbol
from deepkit.site import Site

if TYPE_CHECKING:
    from deepkit.core.graph import Graph


class NodeDescription(NamedTuple):
    """A node in words, with the field names of TensorFlow's NodeDef."""

    name: str
    op: str
    input: list[str]
    device: str


class GraphDescription:
    """A graph in words, as `.node` of TensorFlow's GraphDef lists its nodes, and the nodes themselves.

    As bytes it is data from which the graph can be built again: see `deepkit.io.graph_messages`.
    """

    def __init__(self, graph: Graph | None = None, nodes: Iterable[Node] = ()):
        self.graph, self.nodes = graph, list(nodes)
        self.node: list[Any] = [node.node_def for node in self.nodes]

    def SerializeToString(self) -> bytes:  # TensorFlow's name
        """The graph as bytes."""
        return door.graph_bytes(self)

    def ByteSize(self) -> int:  # TensorFlow's name
        """How many bytes SerializeToString gives."""
        return len(self.SerializeToString())


class Node:
    """What TensorFlow 1 calls an Operation.

    `control_inputs` are nodes that must have run before this one although it uses none of their outputs.
    `site` is the user's line that made the node, `gradient_of` the node whose gradient it belongs to. `origin` is, for
    a placeholder in the body of a loop or branch, the tensor of the graph around that it stands for.
    """

    __slots__ = (
        "__weakref__", "control_inputs", "device", "gradient_of", "graph", "id", "inputs", "many", "name", "op",
        "origin", "outputs", "retired", "seeds", "shown", "site",
    )

    def __init__(self, graph: Graph, op: Op, name: str, inputs: tuple[Symbol, ...], control: list[Node], number: int):
        self.graph, self.op, self.name, self.inputs = graph, op, name, inputs
        self.control_inputs = control
        self.id = number
        self.outputs: list[Symbol] = []
        self.many = False  # the op returns a tuple, be it of one
        self.device = ""
        self.site: Site | None = None
        self.gradient_of: Node | None = None
        self.origin: Symbol | None = None
        self.seeds: tuple[int, int] | None = None
        self.shown: str | None = None  # the type of the one op that TensorFlow has for this and the nodes before it
        self.retired = False  # its notebook cell was run again

    @property
    def type(self) -> str:
        """TensorFlow's name of the op; `node.op.type` is that of its class here."""
        return self.shown or type_of(self.op)

    @property
    def node_def(self) -> NodeDescription:
        """Name, op, inputs and device as texts: what device functions read of TensorFlow's NodeDef."""
        inputs = [x.name.removesuffix(":0") for x in self.inputs] + [f"^{n.name}" for n in self.control_inputs]
        return NodeDescription(self.name, self.type, inputs, self.device)

    @property
    def label(self) -> str:
        return f"{self.name} ({self.type})"

    @property
    def required(self) -> list[Symbol]:
        """The inputs whose values the node needs: not those of which it takes only the shape, where that is known."""
        shapes = self.op.shape_only
        return [x for i, x in enumerate(self.inputs) if not (i in shapes and x.shape.is_full)]

    def values(self) -> tuple[Symbol, ...]:
        return tuple(self.outputs)

    def get_attr(self, name: str) -> Any:
        return getattr(self.op, name)

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Runs the node for its effect in `session` or the default session."""
        self.graph.session_for(session, f"{self.name}.run()").run(self, feed_dict)

    def where(self) -> str:
        """The user's line behind this node, for error messages."""
        source = self.gradient_of or self
        made = f"\n         {source.site}" if source.site else ""
        role = f"gradient of {source.name}, " if self.gradient_of else ""
        return f"node {self.name!r} ({role}op {self.type}){made}"

    def __repr__(self) -> str:
        return f"<tf.Operation {self.name!r} type={self.type}>"

    def __str__(self) -> str:
        lines = [f'name: "{self.name}"', f'op: "{self.type}"']
        lines += [f'input: "{x.name.removesuffix(":0")}"' for x in self.inputs]
        lines += [f'input: "^{node.name}"' for node in self.control_inputs]
        lines += [f"attr {{ {name}: {getattr(self.op, name)} }}" for name in self.op.attrs if name != "value"]
        return "\n".join(lines)


def _before(node: Node) -> list[Node]:
    return [*[x.node for x in node.required], *node.control_inputs]


def needed(targets: Iterable[Node | Symbol], before: Callable[[Node], Iterable[Node]] = _before) -> list[Node]:
    """The nodes that `targets` depend on, in the order they were made; `before` gives the nodes that one depends on."""
    found: set[Node] = set()
    stack = [t.node if isinstance(t, Symbol) else t for t in targets]
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack += before(node)
    return sorted(found, key=lambda node: node.id)
