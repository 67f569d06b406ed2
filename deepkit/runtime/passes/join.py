"""Pass 6: two ops, of which the second alone uses what the first gives, become one call: the numbers are passed over once."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from deepkit.core.node import Node
from deepkit.core.symbol import Symbol
from deepkit.runtime.passes.fold import Known
from deepkit.runtime.passes.order import Call


def join(calls: Sequence[Call], known: Known, fetched: Iterable[Symbol | Node | None]) -> list[Call]:
    """The calls that are left, some of them for two of these.

    The pair runs in the second one's place. So nothing that writes a variable or has another effect may lie between the two,
    nor may anybody wait for the first one or fetch its result. What became one may become one with a third.
    """
    left = {call.node: call for call in calls}
    for node, first in _neighbours(dict(left), known, fetched):
        both = _both(left[first], left[node])
        if both is not None:
            left[node] = both
            del left[first]
    return list(left.values())


def _neighbours(
    calls: Mapping[Node, Call], known: Known, fetched: Iterable[Symbol | Node | None]
) -> Iterator[tuple[Node, Node]]:
    """The nodes whose first input nobody else needs, with the node that makes it, where nothing happens between the two."""
    lone = _used_once(calls.values(), fetched)
    # a variable and who reads it change nothing
    changes = (not (node.op.is_pure or node.op.reads_variable or node.op.idle) for node in calls)
    effects = dict(zip(calls, itertools.accumulate(changes), strict=True))
    for node, call in calls.items():
        first = next((x.node for x in call.inputs[:1] if x in lone), None)
        if first in effects and effects[first] == effects[node] and known.placed.get(first) == known.placed.get(node):
            yield node, first


def _both(first: Call, following: Call) -> Call | None:
    """The one call for two, of which the second reads other Symbols beside what the first gives."""
    others = following.inputs[1:]
    read = [*first.inputs, *(x for x in others if x not in first.inputs)]
    both = first.op.with_next(following.op, tuple(map(read.index, others)), *[x.shape for x in read])
    return None if both is None else Call(following.node, both, read)


def _used_once(calls: Collection[Call], fetched: Iterable[Symbol | Node | None]) -> set[Symbol]:
    """The results that one input reads, whose node nobody awaits: what only one node needs."""
    uses = Counter(x for call in calls for x in call.inputs)
    uses.update(x for x in fetched if isinstance(x, Symbol))
    awaited = set(fetched).union(*[call.node.control_inputs for call in calls])
    return {x for x, count in uses.items() if count == 1 and x.node not in awaited}
