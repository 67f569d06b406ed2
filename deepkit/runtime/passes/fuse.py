"""Pass 5: neighbouring element-wise ops on a GPU become one kernel, so that nothing between them goes through memory."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from deepkit.core.node import Node
from deepkit.core.op import Op
from deepkit.core.symbol import Symbol
from deepkit.ops.chain import Chain, can_be_part, is_worth_a_kernel, step_of
from deepkit.runtime.passes.fold import Known
from deepkit.runtime.passes.order import Call

LONGEST = 64
"""Ops in one kernel, at most."""


def fuse(calls: Sequence[Call], known: Known, fetched: Iterable[Symbol | Node | None]) -> list[Call]:
    """The calls that are left: the last of each chain stands for all of it.

    A node is computed in the kernel of those that need its result if these are all in one kernel, of its shape as far as
    that is known, and if nothing that writes a variable or has another effect lies between. An op by itself becomes a
    kernel where CuPy would need several.
    """
    left = {call.node: call for call in calls}
    chains: dict[Node, list[Call]] = {}
    for node, last in _grouped(calls, known, fetched).items():
        chains.setdefault(last, []).insert(0, left[node])
    for last, chain in chains.items():
        if len(chain) > 1 or is_worth_a_kernel(last.op):
            left[last] = _joined(chain)
            for call in chain[:-1]:
                del left[call.node]
    return list(left.values())


def _grouped(calls: Sequence[Call], known: Known, fetched: Iterable[Symbol | Node | None]) -> dict[Node, Node]:
    """For each node that can be part of a chain the chain's last node, itself perhaps; later nodes come first."""
    users = _users(calls, fetched)
    order = [call.node for call in calls]
    effects = dict(zip(order, itertools.accumulate(_has_effect(node.op) for node in order), strict=True))
    last_of: dict[Node, Node] = {}
    length: Counter[Node] = Counter()
    for node in [call.node for call in reversed(calls) if _can_be_part(call, known)]:
        last = _common(users.get(node, ()), last_of) or node
        if effects[node] != effects[last] or length[last] == LONGEST or not _fit(node, last, known):
            last = node
        if last is not node or not _is_view(node):
            last_of[node] = last
            length[last] += 1
    return last_of


def _common(users: Iterable[Node | None], last_of: Mapping[Node, Node]) -> Node | None:
    """The last node of the chain that all these are in, if they are in one."""
    lasts = {user and last_of.get(user) for user in users}
    return lasts.pop() if len(lasts) == 1 else None


def _users(calls: Sequence[Call], fetched: Iterable[Symbol | Node | None]) -> dict[Node, list[Node | None]]:
    """For each node those that need it: None stands for who fetches its result or waits for it."""
    users: dict[Node, list[Node | None]] = {}
    for call in calls:
        for x in call.inputs:
            users.setdefault(x.node, []).append(call.node)
    awaited = [*itertools.chain(*[call.node.control_inputs for call in calls]), *fetched]
    for target in awaited:
        if target is not None:
            users.setdefault(target.node if isinstance(target, Symbol) else target, []).append(None)
    return users


def _can_be_part(call: Call, known: Known) -> bool:
    node, read = call.node, call.inputs
    device = known.placed.get(node)
    if device is None or not device.is_gpu or len(node.outputs) != 1:
        return False
    there = all(known.placed.get(read[i].node) == device and read[i] not in known for i in node.op.shape_only)
    return there and can_be_part(node.op, [x.dtype for x in read], node.outputs[0].dtype, [x.shape for x in read])


def _has_effect(op: Op) -> bool:
    return not (op.is_pure or op.reads_variable)


def _is_view(node: Node) -> bool:
    """Whether a node by itself costs nothing: it shows an input's memory in another shape."""
    return bool(node.op.aliases and node.op.shape_only)


def _fit(node: Node, last: Node, known: Known) -> bool:
    """Whether both run on one device and give as many numbers, as far as that is known: none is computed repeatedly."""
    a, b = node.outputs[0].shape, last.outputs[0].shape
    return known.placed[node] == known.placed[last] and a.rank == b.rank is not None and a.is_compatible_with(b)


def _joined(calls: list[Call]) -> Call:
    """The one call for all of these."""
    made = [call.node.outputs[0] for call in calls]
    inside = set(made)
    read = list(dict.fromkeys(x for call in calls for x in call.inputs if x not in inside))
    number = {x: k for k, x in enumerate([*read, *made])}
    steps = [step_of(c.op, tuple(number[x] for x in c.inputs), y.dtype) for c, y in zip(calls, made, strict=True)]
    chain = Chain(ops=tuple(c.op for c in calls), steps=tuple(steps), given=tuple(x.dtype.name for x in read))
    return Call(calls[-1].node, chain, read)
