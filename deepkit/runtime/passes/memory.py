"""Pass 8: whose memory an array may share: which results must be copied, which variables may be updated in place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from deepkit.core.node import Node
from deepkit.core.op import Op
from deepkit.core.symbol import Symbol
from deepkit.runtime.passes.order import Call


def owners(calls: Sequence[Call], outside: Iterable[Symbol]) -> dict[Symbol, frozenset[Symbol]]:
    """For each Symbol those whose memory its array may share: feeds, constants, variables, or the result of an op.

    A call that does the work of several nodes gives what the last of them gives: its op says what is shared.
    """
    result: dict[Symbol, frozenset[Symbol]] = {x: frozenset([x]) for x in outside}
    for node, _, inputs in calls:
        op = node.op
        lending = range(len(inputs)) if op.subgraphs else _lending(op)
        shared: frozenset[Symbol] = frozenset().union(*[result.get(inputs[i], {inputs[i]}) for i in lending])
        if op.subgraphs:  # a constant of a body may come out of it
            shared |= frozenset(node.outputs)
        for i, y in enumerate(node.outputs):
            written = frozenset([inputs[op.writes[i]]]) if i < len(op.writes) else frozenset()
            result.setdefault(y, shared | written or frozenset([y]))
    return result


def updated_in_place(
    calls: Sequence[Call], owned: dict[Symbol, frozenset[Symbol]], fetched: Iterable[Symbol]
) -> set[Node]:
    """The nodes that may write into their variables' own memory: nothing after them looks at the old values."""
    able = [(i, call) for i, call in enumerate(calls) if call.op.inplace is not None]
    if not able:
        return set()
    last_use, pinned = _last_aliases(calls, owned), _pinned(calls, owned, fetched)

    def may_write(i: int, op: Op, inputs: list[Symbol]) -> bool:
        targets = {inputs[k] for k in op.writes}
        read = {*range(len(inputs))} - {*op.writes}
        others = frozenset().union(*[owned.get(inputs[k], frozenset()) for k in read])
        return targets.isdisjoint(others) and all(last_use.get(t, -1) < i <= pinned.get(t, i) for t in targets)

    return {node for i, (node, op, inputs) in able if may_write(i, op, inputs)}


def _last_aliases(calls: Sequence[Call], owned: dict[Symbol, frozenset[Symbol]]) -> dict[Symbol, int]:
    """The place in the order at which an alias of a variable's old value, not the variable itself, is used last."""
    return {owner: i for i, call in enumerate(calls) for owner in _others(call.inputs, owned)}


def _pinned(
    calls: Sequence[Call], owned: dict[Symbol, frozenset[Symbol]], fetched: Iterable[Symbol]
) -> dict[Symbol, int]:
    """The place in the order from which on an alias of a variable's memory waits to be fetched."""
    made_at = {y: i for i, call in enumerate(calls) for y in call.node.outputs}
    pinned: dict[Symbol, int] = {}
    for x in sorted(fetched, key=lambda x: made_at.get(x, 0)):
        for owner in _others([x], owned):
            pinned.setdefault(owner, made_at.get(x, 0))
    return pinned


def _others(symbols: Iterable[Symbol], owned: dict[Symbol, frozenset[Symbol]]) -> set[Symbol]:
    """Those in whose memory the symbols lie, as far as they are not the symbols themselves."""
    return {owner for x in symbols for owner in owned.get(x, ()) if owner is not x}


def _lending(op: Op) -> tuple[int, ...]:
    """The numbers of the inputs whose memory the op's output may share."""
    return (0,) if op.aliases is True else op.aliases or ()


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
    calls: Sequence[Call], owned: dict[Symbol, frozenset[Symbol]], fetched: Iterable[Symbol], outside: AbstractSet[Symbol]
) -> set[Node]:
    """The nodes that may write their result into the memory of their first input: nobody looks at it after them.

    An array that an impure op has seen may live on elsewhere, as the value of a variable, say: it is left alone.
    """
    able = [(i, call) for i, call in enumerate(calls) if call.op.takes_out and call.node.op.takes_out]
    if not able:
        return set()
    first, seen = _lenders(calls)
    last_use = {first.get(x, x): i for i, call in enumerate(calls) for x in call.inputs}
    barred = {first.get(x, x) for x in seen.union(fetched)}

    def is_last(i: int, inputs: list[Symbol]) -> bool:
        x, *others = [first.get(x, x) for x in inputs]
        kept = x in barred or x in others or not outside.isdisjoint(owned.get(x, ()))
        return not kept and last_use[x] == i

    return {call.node for i, call in able if is_last(i, call.inputs)}


def _lenders(calls: Sequence[Call]) -> tuple[dict[Symbol, Symbol], set[Symbol]]:
    """The Symbol in whose memory another one's array lies; and those whose arrays ops have seen that may keep them."""
    first: dict[Symbol, Symbol] = {}
    seen: set[Symbol] = set()
    for node, _, inputs in calls:
        lent = [inputs[k] for k in _lending(node.op)]
        if len(lent) > 1 or not node.op.is_pure or node.op.subgraphs:
            seen.update(inputs)
        elif lent:
            first.update({y: first.get(lent[0], lent[0]) for y in node.outputs})
    return first, seen
