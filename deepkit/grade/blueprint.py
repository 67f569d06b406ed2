"""A graph that an answer has built, as plain data: written down beside the answer, built again where no answer runs.

What an answer's objects say of themselves is worth nothing: it may count for them, rename them, or be no graph at all.
What the library can build again from names, numbers and arrays is a graph, and counts and runs as the library says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from deepkit.core.description import Description, describe
from deepkit.core.graph import Graph
from deepkit.core.node import Node
from deepkit.core.rebuild import rebuild
from deepkit.core.symbol import Symbol


def written(ends: Any) -> dict[str, Any]:
    """The graph that `ends` belong to, as plain data: `ends` are graphs, tensors, nodes and values in lists and tuples.

    Raises:
        TypeError: there is no graph among them, or there are several.
    """
    graphs = {id(graph): graph for graph in _graphs(ends)}
    if len(graphs) != 1:
        kinds = ", ".join(type(end).__name__ for end in _leaves(ends))
        raise TypeError(f"expected tensors of one graph, got {kinds} of {len(graphs)} graphs")
    description = describe(next(iter(graphs.values())))
    return {"content": json.dumps(description.content), "arrays": description.arrays, "ends": _mapped(ends, _name)}


def built(plain: dict[str, Any]) -> tuple[Graph, Any]:
    """The graph that `written` wrote down, built anew, and its ends in it."""
    graph = Graph()
    made = rebuild(graph, Description(json.loads(plain["content"]), plain["arrays"]))

    def found(end: Any) -> Any:
        if not isinstance(end, dict) or len(end) != 1:
            return end
        [(kind, name)] = end.items()
        if kind == "graph":
            return graph
        if kind == "node":
            return made[name]
        if kind == "tensor":
            node, _, index = name.rpartition(":")
            return made[node].outputs[int(index)]
        return end

    return graph, _mapped(plain["ends"], found)


def _name(end: Any) -> Any:
    if isinstance(end, Symbol):
        return {"tensor": end.name}
    if isinstance(end, Node):
        return {"node": end.name}
    return {"graph": None} if isinstance(end, Graph) else end


def _mapped(ends: Any, change: Callable[[Any], Any]) -> Any:
    """The same lists and tuples, with every leaf changed."""
    return type(ends)(_mapped(end, change) for end in ends) if type(ends) in (list, tuple) else change(ends)


def _leaves(ends: Any) -> Iterator[Any]:
    if type(ends) in (list, tuple):
        for end in ends:
            yield from _leaves(end)
    else:
        yield ends


def _graphs(ends: Any) -> Iterator[Graph]:
    for end in _leaves(ends):
        if isinstance(end, Graph):
            yield end
        elif isinstance(end, Symbol | Node):
            yield end.graph
