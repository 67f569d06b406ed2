"""Values made of a model's tensors: what they are made of, and how they are computed anew of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deepkit.core.apply import apply
from deepkit.core.node import Node, needed
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.keras.backend.phase import Phase, learning_phase
from deepkit.keras.backend.session import history_of


def sources_of(value: Symbol) -> list[Symbol]:
    """The tensors of layers, and the variables, that a value is made of, the nearest ones on each way."""
    found: dict[int, Symbol] = {id(value): value} if _is_source(value) else {}

    def before(node: Node) -> list[Node]:
        found.update({id(x): x for x in node.inputs if _is_source(x)})
        return [x.node for x in node.inputs if not _is_source(x)]

    if not found:
        needed([value], before)
    return list(found.values())


def _is_source(x: Symbol) -> bool:
    return isinstance(x, Variable) or history_of(x) is not None


def replayed(values: Sequence[Symbol], now: Mapping[int, Any]) -> list[Any]:
    """The values as they are with other tensors in the place of some; `now` gives those by the id of the old ones.

    Ops that follow from none of them are computed again, too: beside Tensors everything is a Tensor.
    """
    made = {**_phase(values), **now}

    def before(node: Node) -> list[Node]:
        return [x.node for x in node.inputs if id(x) not in made and not isinstance(x, Variable)]

    for node in needed([v for v in values if id(v) not in made], before):
        _compute_again(node, made)
    return [made[id(v)] for v in values]


def _phase(values: Sequence[Symbol]) -> dict[int, Any]:
    """The learning phase of the graph as it is in the call that goes on."""
    phase = Phase.of(*values).value if values else None
    return {id(phase): learning_phase()} if isinstance(phase, Symbol) else {}


def _compute_again(node: Node, made: dict[int, Any]) -> None:
    if not all(id(y) in made for y in node.outputs):
        results = apply(node.op, *[made.get(id(x), x) for x in node.inputs])
        listed = results if isinstance(results, list) else [results]
        made.update({id(y): result for y, result in zip(node.outputs, listed, strict=True)})
