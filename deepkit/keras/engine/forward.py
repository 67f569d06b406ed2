"""What a model computes from its inputs: outputs, and the updates, losses and metrics that layers ask for on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from deepkit.core.nest import flatten
from deepkit.errors import ArgumentError
from deepkit.keras.backend.context import Call, calling
from deepkit.keras.backend.nested import single
from deepkit.keras.base.topology import topology_of


@dataclass(frozen=True)
class Forward:
    """updates: pairs (layer, assignment); counts: the same for metrics that layers hold; losses: pairs (layer, loss);
    metrics: pairs (metric, or the name of a mean; value).
    """

    outputs: list[Any]
    updates: list[tuple[Any, Any]]
    counts: list[tuple[Any, Any]]
    losses: list[tuple[Any, Any]]
    metrics: list[tuple[Any, Any]]

    @classmethod
    def recorded(cls, calls: Iterable[Call], outputs: list[Any]) -> Forward:
        """From what was kept of calls that the user made: no layer is called again."""
        kept = list(calls)
        return cls(
            outputs,
            [u for call in kept for u in call.updates],
            [u for call in kept for u in call.counts],
            [x for call in kept for x in call.losses],
            [x for call in kept for x in call.metrics],
        )

    @classmethod
    def connected(cls, model: Any) -> Forward:
        """From the calls between the inputs and the outputs of a model that is made of them."""
        topology = topology_of(model)
        asked = [call.asked for call in topology.calls] if topology is not None else []
        return cls.recorded([*asked, model.asked_outside()], model.outputs)

    @classmethod
    def called(cls, model: Any, inputs: list[Any], training: bool) -> Forward:
        """By calling the model, in the graph of its inputs."""
        graph = inputs[0].graph
        apart = graph.name_scope(None), graph.control_dependencies(None)
        with graph.as_default(), graph.passing(), apart[0], apart[1], calling(training, collect=True) as call:
            outputs = flatten(model(single(inputs)))
        check_weights_kept(model, call)
        return cls.recorded([call, model.asked_outside()], outputs)

    def updates_in(self, mode: str, trained: Mapping[Any, bool]) -> list[Any]:
        """The assignments of a run to train, test or predict: nobody's and states always, others' while they train.

        trained: which layers count as trained, whatever they are now.
        """
        return [
            u for layer, u in self.updates
            if layer is None or layer.stateful or (mode == "train" and trained.get(layer, layer.trainable))
        ]


def check_weights_kept(model: Any, call: Call) -> None:
    """ArgumentError if a call of the model made weights that it does not keep: they would be others at the next call."""
    kept = {id(w) for w in model.weights}
    lost = [w.name.partition(":")[0] for w in call.weights if w.trainable and id(w) not in kept]
    if lost:
        raise ArgumentError(
            f"model {model.name!r}: call() made weights that the model does not keep: {', '.join(lost)}",
            rule="layers are made once, in __init__; what call() makes is new in every call and is never trained",
            hint="self.hidden = Dense(10) in __init__, and self.hidden(x) in call",
        )
