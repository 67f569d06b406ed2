"""Pass 1: of the whole graph only the nodes that the fetches need."""

from __future__ import annotations

from collections.abc import Iterable, Set

from deepkit.core.node import Node
from deepkit.core.symbol import Symbol


def prune(targets: Iterable[Node | Symbol], feeds: Set[Symbol]) -> list[Node]:
    """The nodes that `targets` depend on, in the order they were made; what is fed needs nothing further."""
    needed: set[Node] = set()
    stack = [t.node if isinstance(t, Symbol) else t for t in targets if t not in feeds]
    while stack:
        node = stack.pop()
        if node not in needed:
            needed.add(node)
            stack += [x.node for x in node.inputs if x not in feeds]
            stack += node.control_inputs
    return sorted(needed, key=lambda node: node.id)
