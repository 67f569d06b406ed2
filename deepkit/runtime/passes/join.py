"""Pass 6: two ops, of which the second alone uses what the first gives, become one call: the numbers are passed over once."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from deepkit.core.node import Node
from deepkit.core.op import Op
from deepkit.core.symbol import Symbol
from deepkit.runtime.passes.fold import Known


def join(order: list[Node], known: Known, fetched: Iterable[Symbol | Node | None]) -> list[Node]:
    """The nodes that are left to run; the op and inputs that stand for two of them go into known.joined.

    The pair runs in the second one's place. So nothing that writes a variable or has another effect may lie between the two,
    nor may anybody wait for the first one or fetch its result. What became one may become one with a third.
    """
    gone: set[Node] = set()
    for node, first in _neighbours(order, known, fetched):
        op, inputs = known.runs(first)[0], known.sources(first)
        both = _both(op, inputs, known.runs(node)[0], known.sources(node)[1:])
        if both is not None:
            known.joined[node] = both
            gone.add(first)
    return [node for node in order if node not in gone]


def _neighbours(
    order: list[Node], known: Known, fetched: Iterable[Symbol | Node | None]
) -> Iterator[tuple[Node, Node]]:
    """The nodes whose first input nobody else needs, with the node that makes it, where nothing happens between the two."""
    lone = _used_once(order, known.sources, fetched)
    # a variable and who reads it change nothing
    changes = (not (node.op.is_pure or node.op.reads_variable or node.op.idle) for node in order)
    effects = dict(zip(order, itertools.accumulate(changes), strict=True))
    for node in order:
        first = next((x.node for x in known.sources(node)[:1] if x in lone), None)
        if first in effects and effects[first] == effects[node] and known.placed.get(first) == known.placed.get(node):
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
