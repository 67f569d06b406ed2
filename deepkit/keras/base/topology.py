"""The layers between a model's inputs and outputs: found by walking back, ordered by depth as Keras orders them."""

from __future__ import annotations

from typing import Any

from deepkit.core.nest import flatten
from deepkit.core.symbol import Symbol
from deepkit.errors import ArgumentError
from deepkit.keras.backend.nested import kept
from deepkit.keras.backend.session import history_of
from deepkit.keras.base.history import CallRecord, record_of


class Topology:
    """`layers` in Keras' order, and `calls` in an order in which each comes after the calls it needs.

    inputs, outputs: the tensors between which the layers are, in the lists and dictionaries they were given in.
    """

    def __init__(self, inputs: Any, outputs: Any):
        self.inputs, self.outputs = kept(inputs), kept(outputs)
        inputs, outputs = flatten(inputs), flatten(outputs)
        walked, first_seen = _walk_back(outputs)
        call_depth: dict[CallRecord, int] = {}
        layer_depth: dict[Any, int] = {}
        for call in reversed(walked):
            # The depth is the longest way to an output; a shared layer has that of its deepest call.
            depth = max(call_depth.setdefault(call, 0), layer_depth.get(call.layer, 0))
            layer_depth[call.layer] = call_depth[call] = depth
            for parent in call.parents:
                call_depth[parent] = max(depth + 1, call_depth.get(parent, 0))
        for x in inputs:
            call = record_of(x)
            if call.layer not in layer_depth:
                layer_depth[call.layer], call_depth[call], first_seen[call.layer] = 0, 0, -1
        self.layers = sorted(layer_depth, key=lambda layer: (-layer_depth[layer], first_seen[layer]))
        position = {call: i for i, call in enumerate(walked)}
        self.calls = sorted(call_depth, key=lambda call: (-call_depth[call], position.get(call, -1)))
        self.depth_of = call_depth
        self._check_ways(self.calls)
        self._check_names(self.layers)

    def take_in(self, tensors: list[Symbol]) -> None:
        """Adds the calls that lead from the inputs to these tensors too, though not to the outputs: they come last."""
        new = [call for call in _walk_back(tensors)[0] if call not in self.depth_of]
        calls = [*self.calls, *new]
        layers = [*self.layers, *dict.fromkeys(call.layer for call in new if call.layer not in self.layers)]
        self._check_ways(calls)
        self._check_names(layers)
        self.calls, self.layers = calls, layers
        for call in new:
            self.depth_of[call] = min((self.depth_of[parent] for parent in call.parents), default=0) - 1

    def _check_ways(self, calls: list[CallRecord]) -> None:
        """ArgumentError if these calls need a tensor that the inputs do not lead to."""
        known: set[int] = {id(x) for x in flatten(self.inputs)}
        reached: list[str] = []
        for call in calls:
            if call.is_input:
                continue
            for x in call.keras_inputs:
                if id(x) not in known:
                    raise ArgumentError(
                        f"the model's outputs, losses or metrics need {x.name}, which its inputs do not lead to",
                        rule="every Input that an output, a loss or a metric depends on is among the model's inputs",
                        where=x.node.where(),
                        hint="Model(inputs=[...all of them], outputs=...); layers reached: "
                        + (", ".join(reached) or "none"),
                    )
            known.update(id(y) for y in flatten(call.outputs))
            reached.append(call.layer.name)

    @staticmethod
    def _check_names(layers: list[Any]) -> None:
        names = [layer.name for layer in layers]
        for name in names:
            if names.count(name) > 1:
                raise ArgumentError(
                    f"{names.count(name)} layers of the model are called {name!r}", rule="names are unique in a model",
                    hint="give name=... to one of them; weights and files are found by these names",
                )


def topology_of(layer: Any) -> Topology | None:
    """The layers between the inputs and outputs of a model; None of one that computes in a `call` of its own.

    A layer that is no model has none, and neither has a model whose inputs are not known yet.
    """
    return layer._topology if layer.is_network else None


def _walk_back(outputs: list[Symbol]) -> tuple[list[CallRecord], dict[Any, int]]:
    """The calls that lead to the outputs, inputs first, and when each layer was first met on the way back."""
    done: dict[CallRecord, None] = {}
    first_seen: dict[Any, int] = {}
    for output in outputs:
        stack: list[tuple[CallRecord, bool]] = [(record_of(output), False)]
        while stack:
            call, finished = stack.pop()
            if finished:
                done[call] = None
            elif call not in done:
                if call.layer not in first_seen:
                    first_seen[call.layer] = len(first_seen)
                stack.append((call, True))
                parents = [] if call.is_input else [record_of(x) for x in call.keras_inputs]
                stack += [(parent, False) for parent in reversed(parents) if parent not in done]
    return list(done), first_seen


def source_of(x: Any) -> tuple[Any, int, int]:
    """(layer, number of its call, number of the output) of a Symbol that a layer made."""
    call = record_of(x)
    return (call.layer, *history_of(x)[1:])  # type: ignore[index]
