"""Pass 2: what depends on constants alone is computed once, when the plan is made."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.core.node import Node
from deepkit.core.symbol import Symbol
from deepkit.errors import DeepkitError

LARGEST = 1 << 20  # elements; a bigger result is cheaper to compute than to keep


def constants(nodes: list[Node], feeds: set[Symbol]) -> dict[Symbol, Any]:
    """The values of the constant nodes themselves, but those that have to wait for other nodes."""
    return {
        node.outputs[0]: node.op.forward(np)
        for node in nodes
        if node.op.is_constant and node.outputs[0] not in feeds and not node.control_inputs
    }


def _is_function(node: Node) -> bool:
    """Whether the outputs depend on inputs alone. (An op that runs graphs needs a plan to run them with.)"""
    return bool(node.op.is_pure and node.inputs and not node.op.subgraphs and not node.control_inputs)


def fold(nodes: list[Node], known: dict[Symbol, Any], same: dict[Symbol, Symbol], feeds: set[Symbol]) -> None:
    """Adds to `known` the outputs of pure nodes all of whose inputs are known, and to `same` what hands an input on."""
    for node in nodes:
        if not _is_function(node) or any(y in feeds or y in known for y in node.outputs):
            continue
        inputs = [same.get(x, x) for x in node.inputs]
        if node.op.passes is not None and (only := node.op.passes(*map(known.get, inputs))) is not None:
            _hand_on(node.outputs[0], inputs[only], known, same)
        elif not _too_large(node) and all(x in known and x not in feeds for x in inputs):
            _compute(node, inputs, known)


def _hand_on(y: Symbol, x: Symbol, known: dict[Symbol, Any], same: dict[Symbol, Symbol]) -> None:
    if x in known:
        known[y] = known[x]
    else:
        same[y] = x


def _compute(node: Node, inputs: list[Symbol], known: dict[Symbol, Any]) -> None:
    try:
        with np.errstate(all="ignore"):
            result = node.op.forward(np, *[known[x] for x in inputs])
    except (DeepkitError, ValueError, ArithmeticError, IndexError):
        return  # it fails when it runs, where the message can say so
    values = result if isinstance(result, tuple) else (result,)
    known.update(zip(node.outputs, map(np.asarray, values), strict=True))


def _too_large(node: Node) -> bool:
    return any((y.shape.num_elements() or 0) > LARGEST for y in node.outputs)
