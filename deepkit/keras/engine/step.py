"""One training, testing or prediction step: written down once as a graph and run by a plan, or computed eagerly."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from deepkit.core.apply import is_tensor
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.device.dtypes import as_dtype
from deepkit.errors import ArgumentError
from deepkit.keras.backend.config import floatx
from deepkit.keras.backend.session import World, as_nodes, placeholder
from deepkit.keras.engine.context import calling
from deepkit.keras.engine.structure import flat, single
from deepkit.keras.engine.weights import eager_weights


def _step(
    model: Any, mode: str, inputs: list[Any], targets: list[Any], weights: list[Any]
) -> tuple[list[Any], list[Any]]:
    """(results, updates) of one step on Symbols or on Tensors.

    predict gives the outputs; test and train the loss of this batch and the running values of the metrics, after their
    updates.
    """
    phase = model._world()._phase
    training = bool(phase) if isinstance(phase, int) else mode == "train"
    with calling(training, record=False, collect=True) as call:
        outputs = flat(model(single(inputs)))
        if mode == "predict":
            return outputs, call.updates
        penalties = [loss for _, loss in call.losses] + _weight_penalties(model, inputs)
        total, updates = model._objective(targets, outputs, weights, penalties)
        updates += model._scores.update(targets, outputs, weights)
        added = [*call.metrics, *model._graph_metrics]
        model._collect_metrics(added)
        for name, value in added:
            with model._added_metrics[name].beside(total):
                updates += model._added_metrics[name].update_state(value)
    updates += [u for u in call.updates if not any(u is v for v in updates)]
    if mode == "train":
        updates += _descend(model, total)
    symbols = [u for u in updates if not isinstance(u, Tensor)]
    with World.of(total).graph.control_dependencies(symbols) if symbols else contextlib.nullcontext():
        return [total, *[_result(m, total) for m in model._reported()]], updates


def _result(metric: Any, like: Any) -> Any:
    with metric.beside(like):
        return metric.result()


def _weight_penalties(model: Any, inputs: list[Any]) -> list[Any]:
    """The regularizers' penalties on the weights of all layers, and what add_loss was given as functions."""
    eager = isinstance(inputs[0], Tensor)
    found = []
    for layer in model.layers_inside():
        for w in layer._own_weights():
            if getattr(w, "regularizer", None) is not None:
                found.append(w.regularizer(w.eager if eager else w))
        found += [loss() for loss in layer._losses if callable(loss) and not is_tensor(loss)]
    return found + list(model._graph_losses)


def _descend(model: Any, total: Any) -> list[Any]:
    """The optimizer's updates of the weights that are trained."""
    weights = model._trained_weights()
    if isinstance(total, Tensor):
        weights = [w.eager for w in weights]
    if not weights:
        return []
    return list(model.optimizer.get_updates(total, weights))


class Step:
    """A compiled step for one kind of batch: which targets and weights there are, and their types and ranks."""

    def __init__(self, model: Any, mode: str, targets: list[Any], weights: list[Any]):
        self.model, self.mode = model, mode
        world = model._world()
        with world.graph.as_default(), world.graph.name_scope(None), world.graph.control_dependencies(None):
            ys = _placeholders(targets, model.output_names, "target")
            ws = _placeholders(weights, model.output_names, "sample_weight")
            results, updates = _step(model, mode, model.inputs, ys, ws)
        self.count = len(results)
        self._world = world
        self._feeds = [*model.inputs, *[y for y in [*ys, *ws] if y is not None]]
        self._phase: list[int] = []
        if (model._graph_losses or model._graph_metrics) and mode != "predict" and isinstance(world.phase, Symbol):
            # A loss or metric made of the model's own tensors, by model.add_..., hangs on the phase that K.function feeds.
            self._feeds.append(world.phase)
            self._phase = [int(mode == "train")]
        self._fetches = [*results, *as_nodes(updates)]
        self._runs: dict[Any, Any] = {}

    def __call__(self, inputs: list[Any], targets: list[Any], weights: list[Any]) -> list[Any]:
        session = self._world.session
        if session not in self._runs:
            self._runs = {session: session.make_callable(self._fetches, self._feeds)}
        fed = [*inputs, *[a for a in (*targets, *weights) if a is not None], *self._phase]
        return self._runs[session](*fed)[: self.count]


class EagerStep:
    """The same step, computed operation by operation: `run_eagerly=True`, for looking at values inside `call`."""

    def __init__(self, model: Any, mode: str, targets: list[Any], weights: list[Any]):
        self.model, self.mode = model, mode
        if (model._graph_losses or model._graph_metrics) and mode != "predict":
            raise ArgumentError(
                f"model {model.name!r} has a loss or metric made of the graph's tensors and runs eagerly",
                rule="with run_eagerly=True values are computed call by call; a tensor of the graph is in none of the calls",
                hint="self.add_loss(...) or add_metric(...) in the call of a layer, or compile without run_eagerly",
            )

    def __call__(self, inputs: list[Any], targets: list[Any], weights: list[Any]) -> list[Any]:
        model = self.model
        xs = [Tensor(a, dtype=x.dtype) for a, x in zip(inputs, model.inputs, strict=True)]
        ys, ws = ([None if a is None else Tensor(a, dtype=_kind(a)) for a in group] for group in (targets, weights))
        with eager_weights(model.layers_inside()):
            results, _ = _step(model, self.mode, xs, list(ys), list(ws))
        return [r.numpy()[()] for r in results]


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
