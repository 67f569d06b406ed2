"""Pass 2: what depends on constants alone is computed once, when the plan is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from deepkit.core.node import Node
from deepkit.core.symbol import Symbol
from deepkit.device import devices
from deepkit.device.arrays import xp_of
from deepkit.device.devices import CPU, Device
from deepkit.errors import DeepkitError
from deepkit.runtime.passes.prune import stand_in

LARGEST = 1 << 20  # elements; a bigger result is cheaper to compute than to keep


class Known:
    """What is known before a plan runs: which Symbols are fed, the values of others, and which are equal.

    The passes add to `values`, which are the same in all runs and of no Symbol that is fed, and to `same`, which maps a
    Symbol to an earlier one that has the same value. `placed` says which device computes which node.
    """

    def __init__(self, fed: Iterable[Symbol], values: dict[Symbol, Any], placed: Mapping[Node, Device] | None = None):
        self.fed, self.values, self.placed = set(fed), values, placed or {}
        self.same: dict[Symbol, Symbol] = {}

    def __contains__(self, x: object) -> bool:
        """Whether nobody has to compute x."""
        return x in self.values or x in self.fed

    def source(self, x: Symbol) -> Symbol:
        """The Symbol to read in the place of x."""
        return self.same.get(x, x)

    def sources(self, node: Node) -> list[Symbol]:
        """The Symbols to read in the place of a node's inputs."""
        return [self.same.get(x, x) for x in node.inputs]


def constants(nodes: list[Node], feeds: set[Symbol], placed: Mapping[Node, Device]) -> dict[Symbol, Any]:
    """The values of the constant nodes themselves, each on its device, but those that have to wait for other nodes."""
    return {
        node.outputs[0]: devices.put(node.op.forward(np), placed.get(node, CPU))
        for node in nodes
        if node.op.is_constant and node.outputs[0] not in feeds and not node.control_inputs
    }


def _is_function(node: Node) -> bool:
    """Whether the outputs depend on inputs alone. (An op that runs graphs needs a plan to run them with.)"""
    return bool(node.op.is_pure and node.inputs and not node.op.subgraphs and not node.control_inputs)


def fold(nodes: list[Node], known: Known) -> None:
    """Adds the outputs of pure nodes all of whose inputs are known; the output of one that hands an input on is that input."""
    for node in nodes:
        if not _is_function(node) or any(y in known for y in node.outputs):
            continue
        inputs = known.sources(node)
        only = None if node.op.passes is None else node.op.passes(*map(known.values.get, inputs))
        if only is not None:
            _hand_on(node.outputs[0], inputs[only], known)
        else:
            _compute(node, [_argument(node, i, x, known) for i, x in enumerate(inputs)], known)


def _hand_on(y: Symbol, x: Symbol, known: Known) -> None:
    if x in known.values:
        known.values[y] = known.values[x]
    else:
        known.same[y] = x


def _argument(node: Node, i: int, x: Symbol, known: Known) -> Any:
    """The value of input i: the same in all runs, or any of the shape that the input always has, where only that counts."""
    shape_alone = x not in known.values and i in node.op.shape_only and x.shape.is_full
    return stand_in(x) if shape_alone else known.values.get(x)


def _compute(node: Node, arguments: list[Any], known: Known) -> None:
    """Adds the values of a node's outputs if all its arguments are known and the outputs are not too large to keep.

    They are computed on the node's device.
    """
    if any(x is None for x in arguments) or any((y.shape.num_elements() or 0) > LARGEST for y in node.outputs):
        return
    try:
        known.values.update(zip(node.outputs, _forward(node, arguments, known.placed.get(node, CPU)), strict=True))
    except (DeepkitError, ValueError, ArithmeticError, IndexError):
        return  # it fails when it runs, where the message can say so


def _forward(node: Node, arguments: list[Any], device: Device) -> list[Any]:
    """What a node gives on its device."""
    if device.is_gpu or xp_of(*arguments) is not np:
        arguments = [devices.put(x, CPU if i in node.op.host else device) for i, x in enumerate(arguments)]
    with np.errstate(all="ignore"), devices.current(device):
        result = node.op.forward(device.xp, *arguments)
        return [device.xp.asarray(y) for y in (result if isinstance(result, tuple) else (result,))]
