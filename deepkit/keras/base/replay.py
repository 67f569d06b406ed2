"""Values made of a model's tensors, computed anew where the model is called on others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deepkit.core.apply import apply
from deepkit.core.node import Node, needed
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.keras.backend.session import World, learning_phase


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
    phase = World.of(*values).phase if values else None
    return {id(phase): learning_phase()} if isinstance(phase, Symbol) else {}


def _compute_again(node: Node, made: dict[int, Any]) -> None:
    if not all(id(y) in made for y in node.outputs):
        results = apply(node.op, *[made.get(id(x), x) for x in node.inputs])
        listed = results if isinstance(results, list) else [results]
        made.update({id(y): result for y, result in zip(node.outputs, listed, strict=True)})
