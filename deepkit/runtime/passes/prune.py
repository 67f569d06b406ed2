"""Pass 1: of the whole graph only the nodes that the fetches need."""

from __future__ import annotations

from collections.abc import Container, Iterable, Set
from typing import Any

import numpy as np

from deepkit.core.node import Node
from deepkit.core.symbol import Symbol


def asked(targets: Iterable[Node | Symbol | None], given: Container[Any]) -> dict[Node, set[Symbol | Node]]:
    """The nodes that `targets` depend on, in the order they were made, each with those outputs that are needed of it.

    A node that is awaited for its effects has itself among them. What runs graphs needs what the graphs read for those
    outputs: the branch of a pair of which one is fetched does not need what the other is made of.
    """
    found: dict[Node, set[Symbol | Node]] = {}
    stack = [t for t in targets if t is not None and t not in given]
    while stack:
        target = stack.pop()
        node = target.node if isinstance(target, Symbol) else target
        outputs = found.setdefault(node, set())
        fresh = not outputs
        if target in outputs:
            continue
        outputs.add(target)
        if fresh or node.op.subgraphs:
            stack += [x for x in read(node, outputs) if x not in given]
            stack += node.control_inputs
    return dict(sorted(found.items(), key=lambda item: item[0].id))


def read(node: Node, outputs: Set[Symbol | Node]) -> list[Symbol]:
    """The inputs whose values the node needs for these outputs; for its effects, for all of them."""
    if not node.op.subgraphs or node in outputs:
        return node.required
    wanted = node.op.reads([y in outputs for y in node.outputs], [x.shape for x in node.inputs])
    return [x for x, live in zip(node.inputs, wanted, strict=True) if live]


def stand_ins(found: dict[Node, set[Symbol | Node]], feeds: Set[Symbol]) -> dict[Symbol, Any]:
    """For inputs that nobody computes, as they are not read, or only their known shapes, arrays without memory."""
    unread = [x for node in found for x in node.inputs if x not in feeds]
    return {x: stand_in(x) for x in unread if x.node not in found or (x.node.op.subgraphs and not found[x.node] & {x, x.node})}


def stand_in(x: Symbol) -> np.ndarray:
    """Zeros of the shape of x, as far as that is known, that take no memory."""
    return np.broadcast_to(np.zeros((), x.dtype.numpy), [length or 0 for length in x.shape.lengths or ()])
