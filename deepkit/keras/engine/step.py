"""One training, testing or prediction step: written down once as a graph and run by a plan, or computed eagerly."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from deepkit.core.nest import flatten
from deepkit.core.tensor import Tensor
from deepkit.device.dtypes import as_dtype
from deepkit.errors import ArgumentError
from deepkit.keras.backend.config import floatx
from deepkit.keras.backend.context import calling
from deepkit.keras.backend.nested import single
from deepkit.keras.backend.phase import Phase
from deepkit.keras.backend.session import World, as_nodes, placeholder
from deepkit.keras.engine.forward import Forward


def _step(
    training: Any, mode: str, forward: Forward, targets: list[Any], weights: list[Any]
) -> tuple[list[Any], list[Any]]:
    """(results, updates) of one step of a Training, on Symbols or on Tensors.

    predict gives the outputs; test and train the loss of this batch and the running values of the metrics, after their
    updates.
    """
    outputs, seen = forward.outputs, training.snapshot
    asked = forward.updates_in(mode, seen.trainable)
    if mode == "predict":
        return outputs, asked
    total, updates = training.objective(targets, outputs, weights, _penalties(training.model, forward))
    updates += training.compiled_metrics.update(targets, outputs, weights)
    updates += _added(training, forward.metrics, total)
    updates += [u for u in [*[u for _, u in forward.counts], *asked] if not any(u is v for v in updates)]
    if mode == "train":
        updates += _descend(training.model.optimizer, total, seen.weights)
    symbols = [u for u in updates if not isinstance(u, Tensor)]
    with World.of(total).graph.control_dependencies(symbols) if symbols else contextlib.nullcontext():
        return [total, *[_result(m, total) for m in training.reported]], updates


def _added(training: Any, metrics: list[tuple[Any, Any]], total: Any) -> list[Any]:
    """The updates for what was given to add_metric."""
    training.add_metrics(metrics)
    updates = []
    for metric, value in metrics:
        if not isinstance(metric, str):
            updates.append(value)  # the metric's own result, which comes after its assignments
            continue
        mean = training.added_metrics[metric]
        with mean.beside(total):
            updates += mean.update_state(value)
    return updates


def _result(metric: Any, like: Any) -> Any:
    with metric.beside(like):
        return metric.result()


def _penalties(model: Any, forward: Forward) -> list[Any]:
    """The losses that were added, and the penalties of all layers."""
    return [*[x for _, x in forward.losses], *[x for layer in model.layers_inside() for x in layer.weight_penalties()]]


def loss_of(training: Any, forward: Forward, targets: list[Any], weights: list[Any]) -> Any:
    """The total loss, as a step makes it smaller."""
    return training.objective(targets, forward.outputs, weights, _penalties(training.model, forward))[0]


def _descend(optimizer: Any, total: Any, weights: list[Any]) -> list[Any]:
    """The optimizer's updates of the weights that are trained."""
    if isinstance(total, Tensor):
        weights = [w.eager for w in weights]
    if not weights:
        optimizer.number("iterations", total)  # the count is there, as for weights that may thaw
        return []
    return list(optimizer.get_updates(total, weights))


class Step:
    """A compiled step for one kind of batch: which targets and weights there are, and their types and ranks.

    What the layers compute stands in the graph already; here the loss, the metrics and the optimizer's updates are added,
    and the plan is made for the phase that the step is for. `names` are those of the results.
    """

    def __init__(self, training: Any, mode: str, targets: list[Any], weights: list[Any]):
        signature = training.signature
        self._world = world = World.of(*signature.inputs)
        graph, learning = world.graph, Phase.of(*signature.inputs)
        phase = learning.training(mode == "train")
        with graph.as_default(), graph.passing(), graph.name_scope(None), graph.control_dependencies(None):
            fed = _placeholders(targets, signature.output_names, "target")
            ys = [y if mine is None else mine for y, mine in zip(fed, _own_targets(training, mode, fed), strict=True)]
            ws = _placeholders(weights, signature.output_names, "sample_weight")
            forward = training.forward(phase)
            self._assumed = {**learning.assumed(phase), **training.snapshot.assumed()}
            with graph.assuming(self._assumed):
                results, updates = _step(training, mode, forward, ys, ws)
                kept = as_nodes(updates)
        self.names = _names(training, mode)
        self._count = len(results)
        self._feeds = [*signature.fed, *[y for y in [*fed, *ws] if y is not None]]
        self._fetches = [*results, *kept]
        self._runs: dict[Any, Any] = {}

    def __call__(self, inputs: list[Any], targets: list[Any], weights: list[Any]) -> list[Any]:
        session = self._world.session
        if session not in self._runs:
            self._runs = {session: session.specialized(self._fetches, self._feeds, self._assumed)}
        fed = [*inputs, *[a for a in (*targets, *weights) if a is not None]]
        return self._runs[session](*fed)[: self._count]


def _own_targets(training: Any, mode: str, fed: list[Any]) -> list[Any]:
    """The tensors that compile was given as targets, of outputs for which no data come."""
    if mode == "predict" or training.target_tensors is None:
        return [None] * len(fed)
    return [mine if y is None else None for y, mine in zip(fed, training.targets_of_the_graph(), strict=True)]


class EagerStep:
    """The same step, computed operation by operation: `run_eagerly=True`, for looking at values inside `call`."""

    def __init__(self, training: Any, mode: str, targets: list[Any], weights: list[Any]):
        self._training, self._mode = training, mode
        model = training.model
        if len(training.signature.fed) < len(training.signature.inputs) or training.target_tensors is not None:
            raise ArgumentError(
                f"model {model.name!r} begins with tensors of a graph and runs eagerly", rule="eager steps are given arrays",
                hint="compile without run_eagerly",
            )
        outside = model.asked_outside()
        if (outside.losses or outside.metrics) and mode != "predict" and not model.is_connected:
            raise ArgumentError(
                f"model {model.name!r} has a loss or metric made of the graph's tensors and runs eagerly",
                rule="with run_eagerly=True values are computed call by call; a tensor of the graph is in none of the calls",
                hint="self.add_loss(...) or add_metric(...) in the call of a layer, or compile without run_eagerly",
            )

    def __call__(self, inputs: list[Any], targets: list[Any], weights: list[Any]) -> list[Any]:
        symbols = self._training.signature.inputs
        xs = [Tensor(a, dtype=x.dtype) for a, x in zip(inputs, symbols, strict=True)]
        ys, ws = ([None if a is None else Tensor(a, dtype=_kind(a)) for a in group] for group in (targets, weights))
        phase = Phase.of(*symbols).training(self._mode == "train")
        with calling(phase, collect=True, eager=True) as call:
            forward = Forward.recorded([call], flatten(self._training.model(single(xs))))
            results, _ = _step(self._training, self._mode, forward, list(ys), list(ws))
        return [r.numpy()[()] for r in results]

    @property
    def names(self) -> list[str]:
        return _names(self._training, self._mode)


def _names(training: Any, mode: str) -> list[str]:
    """What the results of a step are called."""
    return training.signature.output_names if mode == "predict" else ["loss", *[m.name for m in training.reported]]


def _kind(array: np.ndarray) -> Any:
    """The type targets have in the graph: floats as the model computes, whole numbers as they are."""
    return as_dtype(floatx()) if array.dtype.kind in "fb" else as_dtype(array.dtype)


def _placeholders(arrays: list[Any], names: list[str], what: str) -> list[Any]:
    """A placeholder for each array, None where there is none."""
    pairs = zip(arrays, names, strict=True)
    return [None if a is None else _placeholder_for(a, f"{name}_{what}") for a, name in pairs]


def _placeholder_for(array: np.ndarray, name: str) -> Any:
    """A placeholder for arrays like this one: only the last axis is sure to stay, those before may differ by batch."""
    dims = [None] * array.ndim
    if array.ndim > 1:
        dims[-1] = array.shape[-1]
    return placeholder(tuple(dims), dtype=_kind(array), name=name)
