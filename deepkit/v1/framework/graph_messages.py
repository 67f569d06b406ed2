"""`tf.GraphDef`, `tf.import_graph_def` and `tf.graph_util`: graphs in words, frozen, written and put into other graphs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from deepkit.core.description import Description
from deepkit.core.graph import Graph, default_graph
from deepkit.core.node import GraphDescription, Node, NodeDescription
from deepkit.errors import ArgumentError
from deepkit.files import whole_file
from deepkit.io import graph_messages as messages
from deepkit.ops.summary.event_messages import message as protocol_message
from deepkit.v1.framework.symbolic import constant_of

__all__ = ["GraphDef", "import_graph_def"]


class WrittenNode:
    """A node that a program writes into a GraphDef: TensorFlow's message NodeDef, which takes over a node of a graph, too."""

    def __init__(self, **fields: Any):
        self.__dict__["message"] = protocol_message("NodeDef")(**fields)

    def MergeFrom(self, other: Any) -> None:  # TensorFlow's name
        """Takes over what another node says."""
        if isinstance(other, NodeDescription):
            other = WrittenNode(name=other.name, op=other.op, input=other.input, device=other.device)
        self.message.MergeFrom(getattr(other, "message", other))

    def CopyFrom(self, other: Any) -> None:  # TensorFlow's name
        """Becomes the same node."""
        self.message.Clear()
        self.MergeFrom(other)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["message"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.message, name, value)


class _Nodes(list[Any]):
    """The nodes of a GraphDef, to which a program may add its own."""

    def add(self, **fields: Any) -> WrittenNode:
        """A new node at the end."""
        self.append(WrittenNode(**fields))
        return self[-1]  # type: ignore[no-any-return]


class GraphDef(GraphDescription):
    """A graph in words: `node` lists its nodes. ParseFromString reads what SerializeToString of one of deepkit's gave.

    Of the bytes of TensorFlow's own messages the list can be read, but no graph can be built: its ops have other
    attributes.
    """

    description: Description | None = None

    def __init__(self, graph: Graph | None = None, nodes: Iterable[Node] = ()):
        super().__init__(graph, nodes)
        self.node = _Nodes(self.node)

    def SerializeToString(self) -> bytes:  # TensorFlow's name
        """The graph as bytes; one that a program wrote node by node as TensorFlow's message."""
        written = self._written()
        return super().SerializeToString() if written is None else bytes(written.SerializeToString())

    def __str__(self) -> str:
        written = self._written()
        return super().__str__() if written is None else str(written)

    def _written(self) -> Any:
        """TensorFlow's message, if a program wrote the nodes."""
        if not any(isinstance(node, WrittenNode) for node in self.node):
            return None
        return protocol_message("GraphDef")(node=[getattr(node, "message", node) for node in self.node])

    @staticmethod
    def of(description: Description) -> GraphDef:
        """The GraphDef of a described graph."""
        made: GraphDef = messages.with_description(GraphDef(), description)
        return made

    def ParseFromString(self, serialized: bytes) -> int:  # TensorFlow's name
        """Becomes the graph that was written. DataError: other bytes, or damaged ones."""
        data = bytes(serialized)
        if data.startswith(messages.FORMAT):
            messages.with_description(self, messages.read_bytes(data))
        else:
            self.graph, self.nodes, self.description = None, [], None
            self.node = list(protocol_message("GraphDef").FromString(data).node)
        return len(data)

    MergeFromString = ParseFromString

    @classmethod
    def FromString(cls, serialized: bytes) -> GraphDef:  # TensorFlow's name
        """The graph that was written. DataError: other bytes, or damaged ones."""
        made = cls()
        made.ParseFromString(serialized)
        return made

    def CopyFrom(self, other: GraphDescription) -> None:  # TensorFlow's name
        """Becomes the same graph."""
        self.graph, self.nodes, self.node = other.graph, list(other.nodes), list(other.node)
        self.description = getattr(other, "description", None)


def import_graph_def(
    graph_def: Any, input_map: Mapping[str, Any] | None = None, return_elements: Sequence[str] | None = None,
    name: str | None = None, op_dict: Any = None, producer_op_list: Any = None,
) -> list[Any] | None:
    """Puts the nodes of a graph into the default graph, below the scope `name` ("import"; "" for none).

    input_map: name of a tensor of that graph -> the tensor that is used in its place. return_elements: names there of
    the operations and tensors ("y:0") to return.

    Raises:
        DataError: the graph cannot be built: it is damaged, or a message of TensorFlow's.
        ArgumentError, NameNotFoundError: input_map or return_elements name what that graph does not have.

    >>> import deepkit.v1 as tf
    >>> with tf.Graph().as_default() as there:
    ...     y = tf.multiply(tf.placeholder(tf.float32, name="x"), 2.0, name="y")
    >>> with tf.Graph().as_default(), tf.Session() as sess:
    ...     z = tf.constant(3.0)
    ...     (y,) = tf.import_graph_def(there.as_graph_def(), {"x:0": z}, ["y:0"])
    ...     float(sess.run(y))
    6.0
    """
    if not isinstance(graph_def, GraphDescription):
        raise ArgumentError(
            f"import_graph_def of a {type(graph_def).__name__}", rule="a GraphDef", hint="graph.as_graph_def()"
        )
    given = {key: constant_of(value) for key, value in (input_map or {}).items()}
    graph = default_graph()
    here = graph.names.scope
    wished = "import" if name is None else name
    scope = "/".join(part for part in (here, wished.rstrip("/")) if part)
    find = messages.imported(graph, graph_def, scope, given)
    return None if return_elements is None else [find(element) for element in return_elements]


def convert_variables_to_constants(
    sess: Any, input_graph_def: Any, output_node_names: Sequence[str],
    variable_names_whitelist: Iterable[str] | None = None, variable_names_blacklist: Iterable[str] | None = None,
) -> GraphDef:
    """What the named nodes need of a graph, as a GraphDef with constants in the place of variables: their values in `sess`.

    Of the variables only those of the white list, if there is one, become constants, and none of the black list.
    UninitializedError: a variable without a value. NameNotFoundError: no such node.
    """
    variables = {v.node.name for v in sess.store}
    keep = set(variable_names_blacklist or ())
    if variable_names_whitelist is not None:
        keep |= variables - set(variable_names_whitelist)
    names = [output_node_names] if isinstance(output_node_names, str) else list(output_node_names)
    return GraphDef.of(messages.frozen(input_graph_def, names, messages.value_in(sess), keep))


def extract_sub_graph(graph_def: Any, dest_nodes: Sequence[str]) -> GraphDef:
    """What the named nodes need of a graph. NameNotFoundError: no such node."""
    if isinstance(dest_nodes, str):
        raise ArgumentError(f"extract_sub_graph(..., {dest_nodes!r})", rule="a list of names", hint=f"[{dest_nodes!r}]")
    return GraphDef.of(messages.part(graph_def, dest_nodes))


def remove_training_nodes(input_graph: Any, protected_nodes: Iterable[str] | None = None) -> GraphDef:
    """The graph without Identity nodes that only pass a tensor on, but those named and those nothing uses."""
    return GraphDef.of(messages.without_identities(messages.described(input_graph), set(protected_nodes or ())))


def write_graph(graph_or_graph_def: Any, logdir: Any, name: str, as_text: bool = True) -> str:
    """Writes a graph to the file `name` in the folder logdir, as GraphDef.ParseFromString reads it; returns its path."""
    known = graph_or_graph_def
    message = known.as_graph_def() if isinstance(known, Graph) else known
    path = Path(os.fsdecode(logdir)) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        file.write(message.SerializeToString())
    return str(path)
