"""Copies of models: the same layers anew, with weights of their own."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from deepkit.core.apply import is_tensor
from deepkit.core.nest import flatten, map_leaves
from deepkit.errors import ArgumentError
from deepkit.keras import optimizers, registry
from deepkit.keras.backend.nested import keras_shape, listed
from deepkit.keras.backend.session import is_keras_tensor
from deepkit.keras.base.history import record_of
from deepkit.keras.base.input_layer import Input
from deepkit.keras.base.replay import replayed
from deepkit.keras.base.topology import Topology, topology_of
from deepkit.keras.saving.config import forgotten_on_error

_NAMED = ("activation", "regularizer", "constraint", "initializer")


def clone_model(model: Any, input_tensors: Any = None, clone_function: Callable[[Any], Any] | None = None) -> Any:
    """A model of the same architecture whose weights are new and have initial values.

    input_tensors: tensors of Input(...) that the copy begins with (others become inputs around them). clone_function:
    makes the new layer for each layer but inputs; by default type(layer).from_config(layer.get_config()).

    >>> from deepkit import keras
    >>> model = keras.models.Sequential([keras.layers.Dense(2, input_shape=(3,))])
    >>> copy = clone_model(model)
    >>> copy.set_weights(model.get_weights())
    """
    if not getattr(model, "is_network", False):
        raise ArgumentError(f"clone_model of {model!r}", rule="a model; type(layer).from_config(...) copies a layer")
    clone = clone_function or _clone_layer
    with forgotten_on_error():
        if model.is_sequential:
            return _sequential(model, input_tensors, clone)
        topology = topology_of(model)
        if topology is None:
            raise ArgumentError(
                f"{type(model).__name__} {model.name!r} computes in Python code, which cannot be cloned layer by layer",
                hint="make a second object of your class",
            )
        return _functional(model, topology, input_tensors, clone)


def clone_and_build_model(
    model: Any, input_tensors: Any = None, target_tensors: Any = None, custom_objects: Any = None,
    compile_clone: bool = True, **unused: Any,
) -> Any:
    """`clone_model`, compiled as the model is, with a fresh optimizer."""
    with registry.CustomObjectScope(custom_objects or {}):
        copy = clone_model(model, input_tensors)
        if compile_clone and model.optimizer is not None:
            optimizer = optimizers.deserialize(optimizers.serialize(model.optimizer))
            copy.compile(optimizer, **model.compile_arguments)
    return copy


def _clone_layer(layer: Any) -> Any:
    if layer.is_network:
        return clone_model(layer)
    with registry.CustomObjectScope(_own_objects(layer)):
        return type(layer).from_config(layer.get_config())


def _own_objects(layer: Any) -> dict[str, Any]:
    """By the names in its configuration: the program's own regularizers, constraints ... and activations of the layer."""
    given = [value for inner in layer.layers_inside() for name, value in vars(inner).items() if name.endswith(_NAMED)]
    found = [value if isinstance(value, (FunctionType, type)) else type(value) for value in given]
    return {value.__name__: value for value in found if value.__module__.partition(".")[0] not in ("deepkit", "builtins")}


def _new_inputs(model: Any, given: Any) -> list[Any]:
    """The tensors the copy begins with."""
    if given is None:
        return [_new_input(x) for x in model.inputs]
    tensors = flatten(listed(given)) if not isinstance(given, dict) else [given[name] for name in model.input_names]
    if len(tensors) != len(model.inputs):
        raise ArgumentError(f"clone_model: {len(tensors)} input_tensors for {len(model.inputs)} inputs")
    if not all(is_tensor(x) for x in tensors):
        raise ArgumentError("clone_model: input_tensors are tensors of the graph", hint="Input(shape=...)")
    return [x if is_keras_tensor(x) else Input(tensor=x) for x in tensors]


def _new_input(x: Any) -> Any:
    layer = record_of(x).layer
    return Input(batch_shape=keras_shape(x), dtype=x.dtype.name, sparse=layer.sparse, name=layer.name)


def _sequential(model: Any, given: Any, clone: Callable[[Any], Any]) -> Any:
    layers = [clone(layer) for layer in model.layers]
    inputs = [record_of(x).layer for x in _new_inputs(model, given)] if model.inputs or given is not None else []
    copy = type(model)([*inputs, *layers], name=model.name)
    old, now = topology_of(model), topology_of(copy)
    if old is not None and now is not None:
        ends = [(call.outputs, own.outputs) for call, own in zip(old.calls, now.calls, strict=True)]
        new = {id(x): y for before, after in ends for x, y in zip(flatten(before), flatten(after), strict=True)}
        _ask_anew(model, copy, dict(zip(model.layers, layers, strict=True)), new)
    return copy


def _functional(model: Any, topology: Topology, given: Any, clone: Callable[[Any], Any]) -> Any:
    new: dict[int, Any] = {id(x): y for x, y in zip(model.inputs, _new_inputs(model, given), strict=True)}
    copies: dict[Any, Any] = {}

    def now(x: Any) -> Any:
        return new.get(id(x), x) if is_tensor(x) else x

    for call in topology.calls:
        if call.is_input:
            continue
        if call.layer not in copies:
            copies[call.layer] = clone(call.layer)
        inputs, args, kwargs = (map_leaves(now, part) for part in (call.inputs, call.args, call.kwargs))
        outputs = copies[call.layer](inputs, *args, **kwargs)
        new.update({id(old): y for old, y in zip(flatten(call.outputs), flatten(outputs), strict=True)})
    inputs, outputs = map_leaves(now, topology.inputs), map_leaves(now, topology.outputs)
    copy = type(model)(inputs=inputs, outputs=outputs, name=model.name)
    _ask_anew(model, copy, copies, new)
    return copy


def _ask_anew(model: Any, copy: Any, layers: dict[Any, Any], new: dict[int, Any]) -> None:
    """The losses and metrics made of the model's tensors, made of the copy's; each metric is a mean of the copy's own.

    layers: the copy of each layer; new: by the id of each of the model's tensors the copy's.
    """
    asked = model.asked_outside()
    pairs = [(layer, own) for layer, own in layers.items() if layer.weights]
    new = {**new, **{id(w): v for layer, own in pairs for w, v in zip(layer.weights, own.weights, strict=True)}}
    for (owner, _), loss in zip(asked.losses, replayed([loss for _, loss in asked.losses], new), strict=True):
        layers.get(owner, copy).add_loss(loss)
    for (metric, _), value in zip(asked.metrics, replayed([y for _, y in asked.metrics], new), strict=True):
        copy.add_metric(value, "mean", metric if isinstance(metric, str) else metric.name)
