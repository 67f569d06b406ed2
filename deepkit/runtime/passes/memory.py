"""Pass 5: whose memory an array may share: which results must be copied, which variables may be updated in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from deepkit.core.node import Node
from deepkit.core.symbol import Symbol


def owners(
    order: list[Node], sources: Callable[[Node], list[Symbol]], outside: Iterable[Symbol]
) -> dict[Symbol, frozenset[Symbol]]:
    """For each Symbol those whose memory its array may share: feeds, constants, variables, or the result of an op."""
    result: dict[Symbol, frozenset[Symbol]] = {x: frozenset([x]) for x in outside}
    for node in order:
        op = node.op
        inputs = sources(node)
        lending = range(len(inputs)) if op.subgraphs else (0,) if op.aliases is True else op.aliases or ()
        shared: frozenset[Symbol] = frozenset().union(*[result.get(inputs[i], {inputs[i]}) for i in lending])
        if op.subgraphs:  # a constant of a body may come out of it
            shared |= frozenset(node.outputs)
        for i, y in enumerate(node.outputs):
            written = frozenset([inputs[op.writes[i]]]) if i < len(op.writes) else frozenset()
            result.setdefault(y, shared | written or frozenset([y]))
    return result


def updated_in_place(
    order: list[Node],
    sources: Callable[[Node], list[Symbol]],
    owned: dict[Symbol, frozenset[Symbol]],
    fetched: Iterable[Symbol],
) -> set[Node]:
    """The nodes that may write into their variables' own memory: nothing after them looks at the old values."""
    last_use: dict[Any, int] = {}
    for i, node in enumerate(order):
        for x in sources(node):
            for owner in owned.get(x, frozenset([x])):
                if x is not owner:  # an alias of the old value, not the variable itself
                    last_use[owner] = i
    made_at = {y: i for i, node in enumerate(order) for y in node.outputs}
    pinned: dict[Any, int] = {}  # from here on an alias of the variable's memory waits to be fetched
    for x in fetched:
        for owner in owned.get(x, ()):
            if x is not owner:
                pinned[owner] = min(pinned.get(owner, len(order)), made_at.get(x, 0))
    result = set()
    for i, node in enumerate(order):
        if node.op.inplace is not None:
            inputs = sources(node)
            targets = {inputs[k] for k in node.op.writes}
            values = [x for k, x in enumerate(inputs) if k not in node.op.writes]
            overlap = any(owned.get(x, frozenset()) & targets for x in values)
            if not overlap and all(last_use.get(t, -1) < i <= pinned.get(t, i) for t in targets):
                result.add(node)
    return result


def borrowed(
    targets: Sequence[Symbol | None], owned: dict[Symbol, frozenset[Symbol]], outside: AbstractSet[Symbol]
) -> list[bool]:
    """Which results must be copied before they are given away: their memory is known elsewhere, or to a result before."""
    given = set(outside)
    answer = []
    for x in targets:
        memory = frozenset() if x is None else owned.get(x, frozenset([x]))
        answer.append(not given.isdisjoint(memory))
        given |= memory
    return answer


def reusable(
    order: list[Node],
    sources: Callable[[Node], list[Symbol]],
    owned: dict[Symbol, frozenset[Symbol]],
    fetched: Iterable[Symbol],
    outside: AbstractSet[Symbol],
) -> set[Node]:
    """The nodes that may write their result into the memory of their first input: nobody looks at it after them.

    An array that an impure op has seen may live on elsewhere, as the value of a variable, say: it is left alone.
    """
    first: dict[Symbol, Symbol] = {}  # the Symbol in whose memory another one's array lies
    last_use: dict[Symbol, int] = {}
    escaped = set(fetched)
    for i, node in enumerate(order):
        inputs = sources(node)
        lent = [inputs[k] for k in ((0,) if node.op.aliases is True else node.op.aliases or ())]
        for x in inputs:
            last_use[first.get(x, x)] = i
        if len(lent) > 1 or not node.op.is_pure or node.op.subgraphs:
            escaped.update(inputs)
        elif lent:
            first.update({y: first.get(lent[0], lent[0]) for y in node.outputs})
    escaped = {first.get(x, x) for x in escaped}
    result = set()
    for i, node in enumerate(order):
        if node.op.takes_out:
            x, *others = [first.get(x, x) for x in sources(node)]
            if not owned[x] & outside and x not in escaped and x not in others and last_use[x] == i:
                result.add(node)
    return result
