"""Layers and models as configurations, and back."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from deepkit.keras import registry


def serialize(layer: Any) -> dict[str, Any]:
    """{"class_name": ..., "config": ...} of a layer or model."""
    return registry.serialize_keras_object(layer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The layer or model that a configuration describes; custom_objects: classes of your own by name.

    >>> from deepkit.keras.layers import Dense
    >>> deserialize({"class_name": "Dense", "config": {"units": 3, "activation": "relu"}}).units
    3
    """
    return registry.deserialize_keras_object(config, _classes(), custom_objects, "layer")


def _classes() -> dict[str, Any]:
    """All layers and models by name."""
    rooms = [importlib.import_module(f"deepkit.keras.{room}") for room in ("layers", "models")]
    found = {name: value for room in rooms for name, value in vars(room).items() if isinstance(value, type)}
    return {**found, "Functional": found["Model"]}
