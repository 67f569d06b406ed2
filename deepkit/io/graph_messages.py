"""Graphs in words as bytes, and back: what TensorFlow's GraphDef is there for, cut out, frozen and put into another graph.

The bytes are a line that names the format, then JSON: a description (see `description.py`), and each array with its type,
its shape and its bytes in base64; of texts, each by itself. Nothing in them is evaluated.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import numpy as np

from deepkit.core import door
from deepkit.core.description import Description, describe
from deepkit.core.graph import Graph
from deepkit.core.node import GraphDescription, Node, NodeDescription, needed
from deepkit.core.rebuild import rebuild
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.device.dtypes import as_dtype
from deepkit.errors import ArgumentError, DataError, DeepkitError, NameNotFoundError, UninitializedError, did_you_mean

FORMAT = b"deepkit graph 1\n"


def described(message: GraphDescription) -> Description:
    """The description of a graph in words. DataError: it has none, only words."""
    if message.graph is not None:
        return describe(message.graph, nodes=set(message.nodes))
    found: Description | None = getattr(message, "description", None)
    if found is None:
        raise DataError(
            "this GraphDef lists nodes and cannot be built again", rule="what SerializeToString of deepkit's graphs gave",
            hint="TensorFlow's ops have other attributes: build the graph by its program, and restore a checkpoint into it",
        )
    return found


def with_description(message: Any, description: Description) -> Any:
    """The message, now of the graph that is described."""
    message.graph, message.nodes, message.description = None, [], description
    message.node = [_words(entry) for entry in description.content["nodes"]]
    return message


def _words(entry: Mapping[str, Any]) -> NodeDescription:
    inputs = [x.removesuffix(":0") for x in entry["inputs"]] + [f"^{name}" for name in entry.get("control", [])]
    return NodeDescription(entry["name"], entry.get("shown") or entry["op"], inputs, entry.get("device", ""))


# ---- bytes


def graph_bytes(message: GraphDescription) -> bytes:
    """A graph in words as bytes."""
    found = described(message)
    arrays = {name: _written(array) for name, array in found.arrays.items()}
    text = json.dumps({"graph": found.content, "arrays": arrays}, separators=(",", ":"), allow_nan=False)
    return FORMAT + text.encode()


def read_bytes(data: bytes) -> Description:
    """The description that `graph_bytes` wrote. DataError: these are other bytes, or damaged ones."""
    try:
        said = json.loads(data.removeprefix(FORMAT)) if data.startswith(FORMAT) else None
        arrays = {name: _read(array) for name, array in said["arrays"].items()}  # type: ignore[index]
        return Description({"nodes": [], **said["graph"]}, arrays)  # type: ignore[index]
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, binascii.Error, DeepkitError) as error:
        raise DataError(
            f"these {len(data)} bytes are no graph that deepkit wrote", rule="what GraphDef.SerializeToString gave"
        ) from error


def _written(array: np.ndarray) -> list[Any]:
    if array.dtype == object:
        return ["string", list(array.shape), [base64.b64encode(text).decode() for text in array.reshape(-1).tolist()]]
    raw = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    return [array.dtype.name, list(array.shape), base64.b64encode(raw).decode()]


def _read(said: list[Any]) -> np.ndarray:
    kind, shape, held = said
    if kind == "string":
        texts = np.empty(len(held), object)
        texts[:] = [base64.b64decode(text, validate=True) for text in held]
        return texts.reshape(shape)
    dtype = as_dtype(kind).numpy
    return np.frombuffer(base64.b64decode(held, validate=True), dtype.newbyteorder("<")).astype(dtype).reshape(shape)


# ---- parts of graphs, with and without their variables


def part(message: GraphDescription, names: Iterable[str]) -> Description:
    """What the nodes of these names need, described. NameNotFoundError: no such node."""
    if message.graph is not None:
        known = {node.name: node for node in message.nodes}
        wanted = [_named(known, name) for name in names]
        everything = needed(wanted, lambda node: [*[x.node for x in node.inputs], *node.control_inputs, *_read_inside(node)])
        return describe(message.graph, nodes=set(everything) | _companions(everything))
    return _part_of(described(message), list(names))


def _named(known: Mapping[str, Any], name: str) -> Any:
    if name not in known:
        raise NameNotFoundError(f"the graph has no node named {name!r}", hint=did_you_mean(name, list(known), most=3))
    return known[name]


def _read_inside(node: Node) -> list[Node]:
    """The variables that the bodies of a node read."""
    return [
        x.node for graph in node.op.subgraphs for inner in graph.get_operations() for x in inner.inputs if isinstance(x, Variable)
    ] + [found for graph in node.op.subgraphs for inner in graph.get_operations() for found in _read_inside(inner)]


def _companions(nodes: Collection[Node]) -> set[Node]:
    """What a variable's description refers to: its reading, its initializer and what they need."""
    variables = [node.outputs[0] for node in nodes if node.outputs and isinstance(node.outputs[0], Variable)]
    further: list[Any] = [x for v in variables for x in (v._read.node, v.initializer, v.initial_value.node)]
    return set(needed(further, lambda node: [*[x.node for x in node.inputs], *node.control_inputs]))


def _part_of(whole: Description, names: list[str]) -> Description:
    entries = {entry["name"]: entry for entry in whole.content["nodes"]}
    kept: set[str] = set()
    waiting = [_named(entries, name)["name"] for name in names]
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept.add(name)
            waiting += _before(entries[name], whole.content["variables"].get(name))
    content = dict(whole.content, collections={})
    content["nodes"] = [entry for entry in whole.content["nodes"] if entry["name"] in kept]
    content["variables"] = {name: said for name, said in whole.content["variables"].items() if name in kept}
    return Description(content, whole.arrays)


def _before(entry: Mapping[str, Any], variable: Mapping[str, str] | None) -> list[str]:
    """The nodes that a described one needs; of a variable also those that its description refers to."""
    tensors = [*entry["inputs"], *([] if variable is None else [variable["initial_value"], variable["read"]])]
    nodes = [*entry.get("control", []), *([] if variable is None else [variable["initializer"]])]
    return [*nodes, *[x.rpartition(":")[0] for x in tensors]]


def frozen(
    message: GraphDescription, names: Iterable[str], value: Callable[[str], np.ndarray], keep: Collection[str]
) -> Description:
    """What the named nodes need, with constants in the place of variables but those to `keep`; `value` gives a variable's."""
    found = part(message, names)
    gone = {name for name in found.content["variables"] if name not in keep}
    arrays = dict(found.arrays)
    for name in gone:
        arrays[f"variable/{name}"] = np.asarray(value(name))

    content = dict(found.content)
    content["nodes"] = [_frozen(entry, gone) for entry in found.content["nodes"]]
    shown = {entry["name"]: entry["outputs"] for entry in found.content["nodes"] if entry["name"] in gone}
    content["functions"] = [_with_own(f, shown) for f in found.content["functions"]]
    content["variables"] = {name: said for name, said in found.content["variables"].items() if name not in gone}
    return _part_of(Description(content, arrays), list(names))


def _constant(entry: Mapping[str, Any], variable: str) -> dict[str, Any]:
    """The entry as a constant with the value of a variable."""
    same = {key: entry[key] for key in ("name", "outputs", "device", "control") if key in entry}
    return {**same, "op": "Const", "inputs": [], "attrs": {"value": {"array": f"variable/{variable}"}}}


def _frozen(entry: dict[str, Any], gone: Collection[str]) -> dict[str, Any]:
    """What becomes of a node where these variables become constants."""
    if entry["name"] in gone:
        return _constant(entry, entry["name"])
    source = entry["inputs"][0] if entry["op"] == "ReadVariable" else ""
    name = source.removeprefix("/").rpartition(":")[0]
    if name not in gone:
        return entry
    inside = source.startswith("/")  # in the body of a loop or branch
    return _constant(entry, name) if inside else {**entry, "op": "Identity", "shown": "", "attrs": {}}


def _with_own(function: dict[str, Any], gone: Mapping[str, Any]) -> dict[str, Any]:
    """A body with constants of its own where it takes variables that have become constants; `gone` has their types."""
    nodes = [entry if entry["name"] in gone else _frozen(entry, gone) for entry in function["nodes"]]
    names = {f"/{name}:0": f"frozen/{name}" for name in sorted(gone)}
    taken = [name for name in sorted(gone) if f"/{name}:0" in _all(nodes, "inputs")]
    own = [_constant({"name": f"frozen/{name}", "outputs": gone[name]}, name) for name in taken]
    return {**function, "nodes": own + _renamed(nodes, {x: f"{name}:0" for x, name in names.items()})}


def _renamed(entries: Iterable[dict[str, Any]], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The nodes with other tensors for those that are named, and for these again."""

    def source(x: str) -> str:
        return source(names[x]) if x in names else x

    return [{**entry, "inputs": [source(x) for x in entry["inputs"]]} for entry in entries]


def _all(entries: Iterable[Mapping[str, Any]], key: str) -> set[str]:
    """What the entries list under a key."""
    return {name for entry in entries for name in entry.get(key, [])}


def without_identities(whole: Description, keep: Collection[str]) -> Description:
    """The described graph without Identity nodes that only pass a tensor on, but those to keep and those nothing takes."""
    entries = whole.content["nodes"]
    used, waited = _all(entries, "inputs"), _all(entries, "control")
    passing = [e for e in entries if e["op"] == "Identity" and not e.get("control")]
    instead = {f"{e['name']}:0": e["inputs"][0] for e in passing if e["name"] not in {*keep, *waited}}
    instead = {x: source for x, source in instead.items() if x in used}
    kept = _renamed([e for e in entries if f"{e['name']}:0" not in instead], instead)
    return Description({**whole.content, "nodes": kept, "collections": {}}, whole.arrays)


def imported(
    graph: Graph, message: GraphDescription, scope: str | None, replaced: Mapping[str, Symbol]
) -> Callable[[str], Node | Symbol]:
    """Builds the described graph in `graph`, below `scope`; gives a function that finds what was called something there.

    replaced: tensors that stand in the place of outputs of the described graph, by their names there.
    """
    found = described(message)
    whole = {key if ":" in key else f"{key}:0": x for key, x in replaced.items()}
    outputs = {f"{e['name']}:{i}" for e in found.content["nodes"] for i in range(len(e.get("outputs", [])))}
    for key in whole:
        if key not in outputs:
            raise ArgumentError(f"input_map names {key}, which the graph does not have", hint=did_you_mean(key, list(outputs)))
    made = rebuild(graph, Description({**found.content, "collections": {}}, found.arrays), scope, whole)

    def find(name: str) -> Node | Symbol:
        if ":" not in name:
            return _named(made, name)  # type: ignore[no-any-return]
        node, _, index = name.rpartition(":")
        return _named(made, node).outputs[int(index)]  # type: ignore[no-any-return]

    return find


def value_in(session: Any) -> Callable[[str], np.ndarray]:
    """A function that gives the value which a variable, named, has in a session. UninitializedError: none yet."""
    known = {v.node.name: v for v in session.store}

    def value(name: str) -> np.ndarray:
        if name not in known:
            raise UninitializedError(f"variable {name!r} has no value", hint="restore a checkpoint, or run the initializer")
        return np.asarray(session.run(known[name]))

    return value


door.graph_bytes = graph_bytes
