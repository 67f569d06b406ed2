"""Pass 5: two ops, of which the second alone uses what the first gives, become one call: the numbers are passed over once."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from deepkit.core.node import Node
from deepkit.core.op import Op
from deepkit.core.symbol import Symbol
from deepkit.device.devices import Device


def join(
    order: list[Node], sources: Callable[[Node], list[Symbol]], fetched: Iterable[Symbol | Node | None],
    placed: Mapping[Node, Device],
) -> tuple[list[Node], dict[Node, tuple[Op, list[Symbol]]]]:
    """The nodes that are left to run, and for those that stand for two the op and inputs that they run with.

    The pair runs in the second one's place. So nothing that writes a variable or has another effect may lie between the two,
    nor may anybody wait for the first one or fetch its result. What became one may become one with a third.
    """
    joined: dict[Node, tuple[Op, list[Symbol]]] = {}
    for node, first in _neighbours(order, sources, fetched, placed):
        op, inputs = joined.get(first) or (first.op, sources(first))
        both = _both(op, inputs, node.op, sources(node)[1:])
        if both is not None:
            joined[node] = both
    gone = {sources(node)[0].node for node in joined}
    return [node for node in order if node not in gone], joined


def _neighbours(
    order: list[Node], sources: Callable[[Node], list[Symbol]], fetched: Iterable[Symbol | Node | None],
    placed: Mapping[Node, Device],
) -> Iterator[tuple[Node, Node]]:
    """The nodes whose first input nobody else needs, with the node that makes it, where nothing happens between the two."""
    lone = _used_once(order, sources, fetched)
    effects = dict(zip(order, itertools.accumulate(not node.op.is_pure for node in order), strict=True))
    for node in order:
        first = next((x.node for x in sources(node)[:1] if x in lone), None)
        if first in effects and effects[first] == effects[node] and placed.get(first) == placed.get(node):
            yield node, first


def _both(op: Op, inputs: list[Symbol], following: Op, others: list[Symbol]) -> tuple[Op, list[Symbol]] | None:
    """The op, with its inputs, for an op and the one that follows it, which reads `others` beside its result."""
    read = [*inputs, *(x for x in others if x not in inputs)]
    both = op.with_next(following, tuple(map(read.index, others)), *[x.shape for x in read])
    return None if both is None else (both, read)


def _used_once(
    order: list[Node], sources: Callable[[Node], list[Symbol]], fetched: Iterable[Symbol | Node | None]
) -> set[Symbol]:
    """The results that one input reads, whose node nobody awaits: what only one node needs."""
    uses = Counter(itertools.chain.from_iterable(map(sources, order)))
    uses.update(x for x in fetched if isinstance(x, Symbol))
    awaited = set(fetched).union(*[node.control_inputs for node in order])
    return {x for x, count in uses.items() if count == 1 and x.node not in awaited}
