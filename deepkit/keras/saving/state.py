"""A whole model as plain text and arrays in memory: what pickling and copying models and layers needs."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from deepkit.core.nest import flatten
from deepkit.keras import registry
from deepkit.keras.backend.session import batch_get_value
from deepkit.keras.layers.lambda_layer import Lambda
from deepkit.keras.saving import training, weights
from deepkit.keras.saving.config import dump_json, forgotten_on_error, model_config, model_from_config


def values(model: Any) -> tuple[dict[str, dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """({layer: {name: array}}, the same for weights of the model itself)."""
    layers = {
        layer.name: dict(zip(weights.names_of(layer), batch_get_value(weights.weights_of(layer)), strict=True))
        for layer in model.layers
    }
    own = model.own_weights
    return layers, dict(zip([w.name for w in own], batch_get_value(own), strict=True))


def state_of(model: Any) -> dict[str, Any]:
    """Architecture and training as JSON text, weights and the optimizer's memory as arrays."""
    weights.check_built(model, "a copy in memory")
    trained = training.training_config(model)
    layers, own = values(model)
    return {
        "model": dump_json(model_config(model)),
        "training": None if trained is None else dump_json(trained),
        "layers": layers | ({weights.OWN: own} if own else {}),
        "optimizer": training.optimizer_weights(model) if trained is not None else ([], []),
    }


def model_of(state: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The model that `state_of` described, in the default graph."""
    with forgotten_on_error():
        model = model_from_config(json.loads(state["model"]), custom_objects)
        stored = [
            weights.StoredLayer(name, [weights.Stored(n, a.shape, lambda a=a: a) for n, a in arrays.items()])  # type: ignore[misc]
            for name, arrays in state["layers"].items()
        ]
        weights.load_in_order(model, stored, "the state")
        if state["training"] is not None:
            training.compile_from(model, json.loads(state["training"]), custom_objects)
            names, arrays = state["optimizer"]
            if names:
                training.restore_optimizer(model, names, arrays)
    return model


def own_objects(model: Any) -> dict[str, Any]:
    """The program's own classes and functions in a model, by the names that its configuration gives them."""
    layers = model.layers_inside()
    found = {x.name: x.function for x in layers if isinstance(x, Lambda)}
    objects = [*layers, *flatten(model.compile_arguments), *(v for x in layers for v in vars(x).values()), model.optimizer]
    for item in objects:
        kind = item if inspect.isfunction(item) or inspect.isclass(item) else type(item)
        if not getattr(kind, "__module__", "deepkit.").startswith(("deepkit.", "builtins", "numpy")):
            found[registry.get_registered_name(kind)] = kind
    return found
