"""The structure of what a session is asked for: any nesting of lists, tuples and dicts, kept in the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit.core.graph import Graph
from deepkit.core.node import Node
from deepkit.core.symbol import Symbol


def flatten(graph: Graph, fetches: Any) -> tuple[list[Symbol | Node], Callable[[list[Any]], Any]]:
    """The leaves of `fetches`, and a function that puts their values back into the same structure."""
    leaves: list[Symbol | Node] = []

    def visit(item: Any) -> Callable[[list[Any]], Any]:
        if isinstance(item, (list, tuple)):
            parts = [visit(x) for x in item]
            if hasattr(item, "_fields"):  # a namedtuple takes its entries one by one
                return lambda values: type(item)(*[part(values) for part in parts])
            return lambda values: type(item)(part(values) for part in parts)  # type: ignore[call-arg]
        if isinstance(item, dict):
            entries = {key: visit(value) for key, value in item.items()}
            return lambda values: type(item)((key, part(values)) for key, part in entries.items())
        if hasattr(item, "session_fetch"):  # a value made of several tensors, such as IndexedSlices
            inner, rebuild = item.session_fetch()
            part = visit(inner)
            return lambda values: rebuild(part(values))
        leaves.append(graph.as_graph_element(item, "fetched"))
        at = len(leaves) - 1
        return lambda values: values[at]

    return leaves, visit(fetches)


def signature(graph: Graph, fetches: Any) -> Any:
    """Something hashable that is equal for equal requests; names stand for the nodes they name now."""
    if isinstance(fetches, (Symbol, Node)):
        return fetches
    if isinstance(fetches, (list, tuple)):
        return (type(fetches), *[signature(graph, x) for x in fetches])
    if isinstance(fetches, dict):
        return (type(fetches), *[(key, signature(graph, x)) for key, x in fetches.items()])
    if hasattr(fetches, "session_fetch"):
        return fetches
    return graph.as_graph_element(fetches, "fetched")
