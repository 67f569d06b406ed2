"""Pass 4: the order of execution: inputs first, and everything that can be read before anything is written."""

from __future__ import annotations

import graphlib
import heapq
from collections.abc import Iterable
from operator import attrgetter
from typing import Any, NamedTuple

from deepkit.core.node import Node, needed
from deepkit.core.op import Op
from deepkit.core.symbol import Symbol
from deepkit.runtime.passes.fold import Known


class Call(NamedTuple):
    """What is run for a node: an op, which may do the work of nodes before this one, too, and the Symbols that it reads."""

    node: Node
    op: Op
    inputs: list[Symbol]


def live(results: Iterable[Any], known: Known) -> list[Node]:
    """The nodes that are left to run for results, each a Node, a Symbol or None.

    Folding and merging leave some behind that nobody needs any more.
    A feed takes the place of a value, not of the node: one that others wait for runs, with all that it waits for.
    """
    given = known.fed | known.values.keys()
    found = needed(
        {*results} - {None} - given,
        lambda node: [*map(attrgetter("node"), {*known.sources(node)} - given), *node.control_inputs],
    )
    awaited = {x for node in found for other in node.control_inputs if other.inputs for x in other.outputs}
    settled = (given | known.same.keys()) - (awaited & known.fed)
    return [node for node in found if not (node.outputs and settled >= set(node.outputs))]


def order(nodes: list[Node], known: Known) -> list[Call]:
    """A call of each node after its inputs and control inputs; of those that could run next, ops that write variables last.

    So a variable read without control dependencies gives the value from before the run's updates. What may wait for
    another node (for what it puts into a queue) comes after all that can run without it, and what begins something that goes
    on by itself (a message to other ranks) as soon as it can.
    """
    calls = {node: Call(node, node.op, known.sources(node)) for node in nodes}
    turns = {  # with the place, as ids may repeat: a body's variables belong to another graph
        node: (not node.op.begins, _writes(node), node.op.waits, node.id, i, node) for i, node in enumerate(nodes)
    }
    sorter = graphlib.TopologicalSorter(
        {node: {*(x.node for x in call.inputs), *node.control_inputs} & calls.keys() for node, call in calls.items()}
    )
    sorter.prepare()
    ready: list[tuple[bool, bool, bool, int, int, Node]] = []
    result = []
    while sorter.is_active():
        for node in sorter.get_ready():
            heapq.heappush(ready, turns[node])
        node = heapq.heappop(ready)[-1]
        result.append(calls[node])
        sorter.done(node)
    return result


def _writes(node: Node) -> bool:
    """Whether the node changes a variable, itself or in its body."""
    return bool(node.op.writes) or any(_writes(n) for g in node.op.subgraphs for n in g.get_operations())
