"""What compile has chosen for a model, and what follows: losses, metrics, the weights that move, compiled steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deepkit.core.apply import is_tensor
from deepkit.errors import ArgumentError, DTypeError, GraphWarning
from deepkit.keras.backend.nested import kept, keras_shape
from deepkit.keras.backend.session import is_placeholder
from deepkit.keras.base.history import record_of
from deepkit.keras.base.layer import Layer
from deepkit.keras.base.topology import topology_of
from deepkit.keras.engine.compiled_graph import CompiledGraph
from deepkit.keras.engine.compiled_metrics import CompiledMetrics
from deepkit.keras.engine.data_checks import warn_if_no_probabilities
from deepkit.keras.engine.forward import Forward
from deepkit.keras.engine.objective import Objective, per_output
from deepkit.keras.engine.step import EagerStep, Step
from deepkit.keras.metrics.base import Mean, Metric
from deepkit.site import warn_user


@dataclass(frozen=True)
class Signature:
    """What a model takes and gives: the tensors it begins and ends with, and what they are called in dictionaries.

    fed: the inputs that are given data; the others, made by Input(tensor=...), have values of their own in each step.
    """

    inputs: list[Any]
    fed: list[Any]
    input_names: list[str]
    outputs: list[Any]
    output_names: list[str]
    batch_size: int | None
    """The number of samples that the inputs demand, if they demand one."""

    @classmethod
    def of(cls, model: Any) -> Signature:
        sizes = [x.shape.lengths[0] for x in model.inputs if x.shape.lengths]
        size = next((s for s in sizes if s is not None), None)
        named = [(x, name) for x, name in zip(model.inputs, model.input_names, strict=True) if is_placeholder(x)]
        fed, names = [x for x, _ in named], [name for _, name in named]
        return cls(model.inputs, fed, names, model.outputs, model.output_names, size)


class Snapshot:
    """What training goes by, whatever is frozen later: the weights it moves, and the layers that are not frozen."""

    def __init__(self, model: Any):
        self.weights: list[Any] = list(model.trainable_weights)
        self.trainable: dict[Any, bool] = {layer: layer.trainable for layer in model.layers_inside()}
        self._freezings, self._differs = Layer.freezings, False

    def assumed(self) -> dict[Any, bool]:
        """What holds in the model's steps for the tensors that say whether a layer trains."""
        return {layer.trains: value for layer, value in self.trainable.items() if layer.trains is not None}

    def differs(self, model: Any) -> bool:
        """Whether layers were frozen or thawed since."""
        if self._freezings != Layer.freezings:
            self._freezings = Layer.freezings
            self._differs = {id(w) for w in self.weights} != {id(w) for w in model.trainable_weights}
        return self._differs


class Training:
    """The training of one model: `chosen` is what compile was given, the rest is made of it when it is first needed."""

    def __init__(self, model: Any):
        self.model = model
        self.chosen: dict[str, Any] = {}
        """The arguments of compile but the optimizer."""
        self.target_tensors: Any = None
        """What compile was given in the place of targets: a tensor for each output, a dictionary by name, or None."""
        self.objective: Objective | None = None
        self.compiled_metrics: CompiledMetrics | None = None
        self.added_metrics: dict[str, Metric] = {}
        """What layers and the model itself have given to add_metric, by its names."""
        self._steps: dict[Any, Step | EagerStep] = {}
        self._forwards: dict[bool, Forward] = {}
        self._signature: Signature | None = None
        self._graph: CompiledGraph | None = None
        self._snapshot: Snapshot | None = None
        self._arranged: list[Metric] | None = None

    def choose(self, **chosen: Any) -> None:
        """Takes the arguments of compile."""
        self.chosen = {name: kept(value) for name, value in chosen.items()}
        self.objective = self.compiled_metrics = None
        self.forget()

    def targets_of_the_graph(self) -> list[Any]:
        """For each output the tensor that it is compared with, or None where targets are given as data."""
        names, given = self.signature.output_names, self.target_tensors
        if given is not None and not isinstance(given, (list, tuple, dict)):
            if not is_tensor(given):
                raise DTypeError(f"target_tensors={given!r}", rule="a tensor, a list of them, or a dictionary by output")
            given = [given]
        found = per_output(given, names, "target_tensors")
        return [None if y is None or loss is None else y for y, loss in zip(found, self.prepared().losses, strict=True)]

    def forget(self) -> None:
        """Compiled steps are of no use any more: the layers, the loss or what is trained has changed."""
        self._steps, self._forwards = {}, {}
        self._signature = self._graph = self._snapshot = self._arranged = None

    @property
    def signature(self) -> Signature:
        """The model's inputs and outputs; none as long as the shapes of its inputs are not known."""
        if self._signature is None:
            found = Signature.of(self.model)
            if not found.inputs:
                return found
            self._signature = found
        return self._signature

    @property
    def snapshot(self) -> Snapshot:
        """What compile saw; before compile, what there is now."""
        return self._snapshot or Snapshot(self.model)

    def prepared(self) -> Objective:
        """The losses, once the outputs are known; with them come the metrics and what is trained."""
        if self._snapshot is None:
            self._snapshot = Snapshot(self.model)
        if self.objective is None:
            names, chosen = self.signature.output_names, self.chosen
            objective = Objective(chosen.get("loss"), chosen.get("loss_weights"), names)
            metrics = CompiledMetrics(chosen.get("metrics"), chosen.get("weighted_metrics"), names, objective.losses)
            self.objective, self.compiled_metrics = objective, metrics
            self.add_metrics((self.forward(False) if self.model.is_connected else self.model.asked_outside()).metrics)
            self._warn_if_no_probabilities(objective)
        return self.objective

    def _warn_if_no_probabilities(self, objective: Objective) -> None:
        if topology_of(self.model) is not None:
            last = [(record_of(y).layer, keras_shape(y)) for y in self.signature.outputs]
            ends = [(layer.name, getattr(layer, "activation", None), dims and dims[-1]) for layer, dims in last]
            warn_if_no_probabilities(ends, objective.losses)

    def warn_if_refrozen(self) -> None:
        """Warns if layers were frozen or thawed after compile: the weights of then are trained."""
        if self._snapshot is not None and self._snapshot.differs(self.model):
            warn_user(
                "Discrepancy between trainable weights and collected trainable weights: `trainable` of the model or of a "
                "layer was set after compile, and training goes on with the weights that compile collected. Call "
                "model.compile(...) again after setting `trainable`", GraphWarning,
            )

    @property
    def graph(self) -> CompiledGraph:
        """The loss as a tensor, with what it is fed."""
        if self._graph is None:
            self._graph = CompiledGraph(self)
        return self._graph

    # ---- what is reported

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that compile was given, as objects, and those that were added."""
        return [*(self.compiled_metrics.shown if self.compiled_metrics is not None else []), *self._others()]

    @property
    def reported(self) -> list[Metric]:
        """The metrics that each step gives beside the loss: the losses of several outputs first."""
        if self.objective is None or self.compiled_metrics is None:
            return self._others()
        return [*self.objective.means, *self.compiled_metrics.shown, *self._others()]

    def _others(self) -> list[Metric]:
        """The metrics that compile was not given: the model's attributes, each layer's, at last what the model added."""
        if self._arranged is None:
            shown = self.compiled_metrics.shown if self.compiled_metrics is not None else []
            found: dict[int, Metric] = {id(m): m for m in [*self._held_by_layers(), *self.added_metrics.values()]}
            self._arranged = [m for m in found.values() if all(m is not known for known in shown)]
        return self._arranged

    def _held_by_layers(self) -> list[Metric]:
        """The attributes of the model and its layers that are metrics; after a layer's own what its calls have added."""
        found = list(self.model.held_metrics)
        if not self.model.is_connected:
            return found + _held_inside(self.model)
        for call in topology_of(self.model).calls:  # type: ignore[union-attr]
            names = [m if isinstance(m, str) else m.name for m, _ in call.asked.metrics]
            found += _held_inside(call.layer) + [self.added_metrics[name] for name in names if name in self.added_metrics]
        return found

    def add_metrics(self, metrics: list[tuple[Any, Any]]) -> None:
        """Shows these, too: pairs of a metric, or the name of a mean, and its value."""
        self._arranged = None
        for metric, _ in metrics:
            if isinstance(metric, str):
                self.added_metrics.setdefault(metric, Mean(metric))
            elif self.added_metrics.setdefault(metric.name, metric) is not metric:
                raise ArgumentError(
                    f"two metrics that were added are called {metric.name!r}", rule="each is shown under its own name",
                    hint="Mean(name='another name')",
                )

    # ---- steps

    def forward(self, training: bool) -> Forward:
        """What the model computes from its own inputs while training or testing.

        The graph that calling the layers has written is used as it stands, for both phases. A subclass with a `call` of
        its own is called once for each.
        """
        if self.model.is_connected:
            return Forward.connected(self.model)
        if training not in self._forwards:
            self._forwards[training] = Forward.called(self.model, self.signature.inputs, training)
        return self._forwards[training]

    def remember(self, training: bool, forward: Forward) -> None:
        """Keeps what a subclass did in the call that made its weights: it is not called again for this phase."""
        self._forwards = {training: forward}

    def step(self, mode: str, targets: list[Any], weights: list[Any]) -> Step | EagerStep:
        """The step to "train", "test" or "predict" for batches with such targets and sample weights."""
        eager = bool(self.model.run_eagerly)
        kinds = [None if a is None else (a.ndim, a.dtype.kind, a.shape[-1]) for a in [*targets, *weights]]
        key = (mode, eager, *kinds)
        if key not in self._steps:
            self._steps[key] = (EagerStep if eager else Step)(self, mode, targets, weights)
        return self._steps[key]


def _held_inside(layer: Layer) -> list[Metric]:
    """The metrics that are attributes of a layer or of one inside it."""
    return [metric for inner in layer.layers_inside() for metric in inner.held_metrics]
