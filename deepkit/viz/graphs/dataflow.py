"""A dataflow graph as a picture: which boxes, which arrows, which frames; layout and drawing are next door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deepkit.core.nest import flatten
from deepkit.errors import ArgumentError
from deepkit.viz.graphs.drawing import Box, Edge, area_of, draw, overlap
from deepkit.viz.graphs.layout import Layout, arrange
from deepkit.viz.picture import Drawing

_INPUTS = ("Placeholder", "Iterator", "Queue", "Dequeue", "Reader")
_STATES = ("Variable", "VarHandle", "GetVariable", "ReadVariable")
_EFFECTS = ("Assign", "Apply", "Scatter", "NoOp", "Save", "Restore", "Print", "Summary", "Enqueue", "Write", "Assert")
_LONGEST = 26
_TOLD = 16  # boxes: the arrows of a larger graph are too many for a sentence


class GraphPicture(Drawing):
    """The finished drawing of a graph."""

    def __init__(self, svg: str, nodes: int, edges: int, arrows: str = ""):
        super().__init__(svg, f"<graph of {nodes} nodes and {edges} edges{arrows}>")
        self.nodes, self.edges = nodes, edges


def show_graph(
    graph: Any, fetches: Any = None, collapse: Sequence[str] = (), numbers: Mapping[str, str] | None = None
) -> GraphPicture:
    """Draw `graph`: a graph with `get_operations()`, or a list of nodes.

    A node has `name`, `type`, `inputs` (tensors with `op` and `name`) and `control_inputs` (nodes).
    fetches: draw only what these tensors or nodes need. collapse: scopes that are drawn as one box each, such as
    ["gradients"]. numbers: by the names of nodes; these are drawn with their number, all others pale. A variable and
    the node that reads it are one box. Readable up to about 40 boxes. Data flows down; a dashed arrow is a control
    dependency, drawn only where the other arrows do not imply it.

    >>> show_graph(tf.get_default_graph(), fetches=loss, collapse=["gradients"]).save("loss.svg")
    """
    nodes = list(graph.get_operations() if hasattr(graph, "get_operations") else graph)
    if fetches is not None:
        nodes = _needed(nodes, fetches)
    if not nodes:
        raise ArgumentError("the graph has no nodes", hint="build something first, or check fetches=")
    boxes = _boxes(nodes, tuple(scope.rstrip("/") for scope in collapse))
    edges = _edges(boxes)
    layout, framed = _lay_out(boxes, edges)
    if numbers is not None:
        _light(boxes, numbers)
    return GraphPicture(draw(boxes, edges, layout, framed), len(boxes), len(edges), _arrows(boxes, edges))


def _arrows(boxes: list[Box], edges: list[Edge]) -> str:
    """Which box hears which, in words: `: y from x1, x2; update after y`."""
    if len(boxes) > _TOLD:
        return ""
    said = []
    for b, box in enumerate(boxes):
        for word, control in (("from", False), ("after", True)):
            heard = [boxes[a].name for a, to, kind in edges if to == b and kind is control]
            said += [f"{box.name} {word} {', '.join(heard)}"] * bool(heard)
    return ": " * bool(said) + "; ".join(said)


def _edges(boxes: list[Box]) -> list[Edge]:
    """The arrows: of data, and of control where no other arrow implies it."""
    edges = sorted({(a, b, False) for b, box in enumerate(boxes) for a in box.inputs})
    data = {(a, b) for a, b, _ in edges}
    control = sorted({(a, b, True) for b, box in enumerate(boxes) for a in box.controls if (a, b) not in data})
    return edges + _not_implied(control, data, len(boxes))


def _light(boxes: list[Box], numbers: Mapping[str, str]) -> None:
    """A number for each box that stands for a numbered node; all other boxes are pale."""
    for box in boxes:
        found = [numbers[name] for name in box.nodes if name in numbers]
        box.lit, box.badge = bool(found), "".join(found)


def _lay_out(boxes: list[Box], edges: list[Edge]) -> tuple[Layout, dict[str, list[int]]]:
    """The layout and the frames that fit it.

    A box in a frame carries its name without the scope, and so needs less room: lay out, see which frames fit, and
    again with the new names. A frame that no longer fits then is not tried again, so this ends.
    """
    framed: dict[str, list[int]] = {}
    given_up: set[str] = set()
    while True:
        frame_of = {i: scope for scope, inside in framed.items() for i in inside}
        for i, box in enumerate(boxes):
            box.text = _text(box, frame_of.get(i, ""))
        layout = arrange([box.size for box in boxes], [(a, b) for a, b, _ in edges], [_top(box) for box in boxes])
        fitting = _frames(boxes, layout, given_up)
        if fitting.keys() == framed.keys():
            return layout, framed
        given_up |= framed.keys() - fitting.keys()
        framed = fitting


def _not_implied(control: list[Edge], data: set[tuple[int, int]], n: int) -> list[Edge]:
    """The control edges that no longer way leads along: `train` after every update, but not after what those need."""
    after: list[list[int]] = [[] for _ in range(n)]
    for a, b in data | {(a, b) for a, b, _ in control}:
        after[a].append(b)

    def detour(start: int, end: int) -> bool:
        stack, seen = [v for v in after[start] if v != end], {start}
        while stack:
            v = stack.pop()
            if v == end:
                return True
            if v not in seen:
                seen.add(v)
                stack += after[v]
        return False

    return [edge for edge in control if not detour(edge[0], edge[1])]


def _needed(nodes: list[Any], fetches: Any) -> list[Any]:
    stack = [getattr(item, "op", item) if not hasattr(item, "inputs") else item for item in flatten(fetches)]
    wanted: set[int] = set()
    while stack:
        node = stack.pop()
        if id(node) not in wanted:
            wanted.add(id(node))
            stack += [x.op for x in node.inputs] + list(node.control_inputs)
    return [node for node in nodes if id(node) in wanted]


def _boxes(nodes: list[Any], collapse: tuple[str, ...]) -> list[Box]:
    boxes: list[Box] = []
    number: dict[int, int] = {}
    merged: dict[str, int] = {}
    for node in nodes:
        scope = next((s for s in collapse if node.name == s or node.name.startswith(s + "/")), None)
        variable = number.get(id(_read_by(node)))
        if scope is None and variable is None:
            boxes.append(Box(node.name, _type(node), _kind(node), _shape(node)))
        elif scope is not None and scope not in merged:
            merged[scope] = len(boxes)
            boxes.append(_of_scope(scope, nodes))
        number[id(node)] = merged[scope] if scope is not None else len(boxes) - 1 if variable is None else variable
        boxes[number[id(node)]].nodes.append(node.name)
    for node in nodes:
        here = number[id(node)]
        boxes[here].inputs += _others(number, [x.op for x in node.inputs], here)
        boxes[here].controls += _others(number, node.control_inputs, here)
    return boxes


def _read_by(node: Any) -> Any:
    """The variable that a node does nothing but read, whenever it runs; None for other nodes."""
    sources = [x.op for x in node.inputs]
    read = [_kind(one) for one in (node, *sources)] == ["state", "state"] and not node.control_inputs
    return sources[0] if read else None


def _of_scope(scope: str, nodes: list[Any]) -> Box:
    """One box for all the nodes of a name scope."""
    inside = [node for node in nodes if node.name == scope or node.name.startswith(scope + "/")]
    kinds = {_kind(node) for node in inside}
    kind = next((kind for kind in ("gradient", "effect", "state") if kind in kinds), "op")
    return Box(scope, f"{len(inside)} nodes", kind)


def _others(number: dict[int, int], nodes: Any, here: int) -> list[int]:
    """The boxes of the nodes that are drawn, without the box they lead to."""
    return [box for node in nodes if (box := number.get(id(node), here)) != here]


def _type(node: Any) -> str:
    """The op by the name of its class here, where the node has one; else the type that it is shown as."""
    found: str = getattr(getattr(node, "op", None), "type", node.type)
    return found


def _kind(node: Any) -> str:
    if getattr(node, "gradient_of", None) is not None or node.name.split("/")[0].startswith("gradients"):
        return "gradient"
    for kind, starts in (("input", _INPUTS), ("state", _STATES)):
        if _type(node).startswith(starts):
            return kind
    if any(word in _type(node) for word in _EFFECTS):
        return "effect"
    return "constant" if _type(node) == "Const" else "op"


def _shape(node: Any) -> str:
    outputs = getattr(node, "outputs", None) or []
    shape = getattr(outputs[0], "shape", None) if len(outputs) == 1 else None
    return "" if shape is None else str(shape).replace("None", "?")


def _top(box: Box) -> str:
    return box.name.split("/")[0] if "/" in box.name else ""


def _text(box: Box, frame: str) -> list[str]:
    name = box.name.removeprefix(f"{frame}/") if frame else box.name
    if len(name) > _LONGEST:
        name = "…" + name[1 - _LONGEST :]
    second = f"{box.type} {box.shape}".strip() if box.type != name else box.shape
    return [name, second] if second else [name]


def _scopes(boxes: list[Box]) -> set[str]:
    """The scopes of the boxes, and those around them."""
    return {"/".join(box.scope.split("/")[: d + 1]) for box in boxes if box.scope for d in range(box.name.count("/"))}


def _frames(boxes: list[Box], layout: Layout, given_up: set[str]) -> dict[str, list[int]]:
    """The outermost scopes that can be framed: two or more boxes, no stranger inside, no frame over another."""
    frames: dict[str, list[int]] = {}
    for scope in sorted(_scopes(boxes) - given_up, key=lambda name: (name.count("/"), name)):
        inside = [i for i, box in enumerate(boxes) if box.name.startswith(scope + "/")]
        if len(inside) < 2 or scope.startswith(tuple(f"{outer}/" for outer in frames)):
            continue
        area = area_of(inside, boxes, layout)
        others = [area_of([i], boxes, layout, 0) for i in range(len(boxes)) if i not in inside]
        others += [area_of(framed, boxes, layout) for framed in frames.values()]
        if not any(overlap(area, other) for other in others):
            frames[scope] = inside
    return frames
