"""Pass 1: of the whole graph only the nodes that the fetches need."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Set
from typing import Any

import numpy as np

from deepkit.core.node import Node, needed
from deepkit.core.symbol import Symbol


def prune(
    targets: Iterable[Node | Symbol | None], given: Container[Any], reads: Callable[[Node], Iterable[Symbol]]
) -> list[Node]:
    """The nodes that `targets` depend on, in the order they were made; what is given needs nothing further.

    `reads` says which Symbols a node needs.
    """

    def before(node: Node) -> list[Node]:
        return [*[x.node for x in reads(node) if x not in given], *node.control_inputs]

    return needed([t for t in targets if t is not None and t not in given], before)


def stand_ins(nodes: list[Node], feeds: Set[Symbol]) -> dict[Symbol, Any]:
    """For inputs that nobody computes, as only their known shapes are used, arrays of these shapes without memory."""
    computed = set(nodes)
    return {x: stand_in(x) for node in nodes for x in node.inputs if x not in feeds and x.node not in computed}


def stand_in(x: Symbol) -> np.ndarray:
    """Zeros of the shape of x, which is known, that take no memory."""
    return np.broadcast_to(np.zeros((), x.dtype.numpy), tuple(x.shape))
