"""What a model computes from its inputs: outputs, and what its layers asked for on the way; and what compile saw of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from deepkit.core.node import Node
from deepkit.core.static import passed_on
from deepkit.core.symbol import Symbol
from deepkit.keras.backend.context import Call, calling
from deepkit.keras.backend.nested import flat, single
from deepkit.keras.base.layer import Layer


@dataclass(frozen=True)
class Forward:
    """losses: pairs (layer, loss); metrics: pairs (name, value); updates: assignments that belong to a run."""

    outputs: list[Any]
    updates: list[Any]
    losses: list[tuple[Any, Any]]
    metrics: list[tuple[Any, Any]]

    @classmethod
    def recorded(cls, calls: Iterable[Call], outputs: list[Any]) -> Forward:
        """From what was kept of calls that the user made: no layer is called again."""
        kept = list(calls)
        return cls(
            outputs,
            [u for call in kept for u in call.updates],
            [x for call in kept for x in call.losses],
            [x for call in kept for x in call.metrics],
        )

    @classmethod
    def called(cls, model: Any, inputs: list[Any], training: bool) -> Forward:
        """By calling the model."""
        with calling(training, collect=True) as call:
            outputs = flat(model(single(inputs)))
        return cls.recorded([call], outputs)


class Snapshot:
    """What training goes by, whatever is frozen later: the weights it moves, and the layers that are not frozen."""

    def __init__(self, model: Any):
        self.weights: list[Any] = list(model.trainable_weights)
        self.trainable: dict[Any, bool] = {layer: layer.trainable for layer in model.layers_inside()}
        self._freezings, self._differs = Layer.freezings, False

    def differs(self, model: Any) -> bool:
        """Whether layers were frozen or thawed since."""
        if self._freezings != Layer.freezings:
            self._freezings = Layer.freezings
            self._differs = {id(w) for w in self.weights} != {id(w) for w in model.trainable_weights}
        return self._differs


def changes_nothing(update: Node) -> bool:
    """True if an assignment gives its variable the value it has, as far as the graph's assumptions say."""
    if update.type != "Assign":
        return False
    variable, value = update.inputs
    while isinstance(value, Symbol) and (only := passed_on(value.node)) is not None:
        value = value.node.inputs[only]
    return value.node.op.reads_variable and value.node.inputs[0] is variable
