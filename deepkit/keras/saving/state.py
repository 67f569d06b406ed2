"""A whole model as plain text and arrays in memory: what pickling an object that holds a model needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from deepkit.keras.backend.session import batch_get_value
from deepkit.keras.saving import training, weights
from deepkit.keras.saving.config import dump_json, forgotten_on_error, model_config, model_from_config


def values(model: Any) -> tuple[dict[str, dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """({layer: {name: array}}, the same for weights of the model itself)."""
    layers = {
        layer.name: dict(zip(weights.names_of(layer), batch_get_value(weights.weights_of(layer)), strict=True))
        for layer in model.layers
    }
    own = weights.own_weights(model)
    return layers, dict(zip([w.name for w in own], batch_get_value(own), strict=True))


def state_of(model: Any) -> dict[str, Any]:
    """Architecture and training as JSON text, weights and the optimizer's memory as arrays."""
    weights.check_built(model, "state_of")
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
