"""Pass 4: the order of execution: inputs first, and everything that can be read before anything is written."""

from __future__ import annotations

import heapq
from collections.abc import Callable

from deepkit.core.node import Node
from deepkit.core.symbol import Symbol


def order(nodes: list[Node], sources: Callable[[Node], list[Symbol]]) -> list[Node]:
    """`nodes` after their inputs and control inputs; of those that could run next, ops that write variables last.

    So a variable read without control dependencies gives the value from before the run's updates. What may wait for
    another node (for what it puts into a queue) comes after all that can run without it, and what begins something that goes
    on by itself (a message to other ranks) as soon as it can.
    """
    followers: dict[Node, list[Node]] = {node: [] for node in nodes}
    waits: dict[Node, int] = {}  # for how many nodes
    for node in nodes:
        before = {*(x.node for x in sources(node)), *node.control_inputs} & followers.keys()
        waits[node] = len(before)
        for other in before:
            followers[other].append(node)
    places = {node: i for i, node in enumerate(nodes)}  # a body's variables belong to another graph: ids may repeat

    def turn(node: Node) -> tuple[bool, bool, bool, int, int, Node]:
        return not node.op.begins, _writes(node), node.op.waits, node.id, places[node], node

    ready = [turn(node) for node in nodes if not waits[node]]
    heapq.heapify(ready)
    result = []
    while ready:
        node = heapq.heappop(ready)[-1]
        result.append(node)
        for follower in followers[node]:
            waits[follower] -= 1
            if not waits[follower]:
                heapq.heappush(ready, turn(follower))
    return result


def _writes(node: Node) -> bool:
    """Whether the node changes a variable, itself or in its body."""
    return bool(node.op.writes) or any(_writes(n) for g in node.op.subgraphs for n in g.get_operations())
