"""Layers and models as configurations, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepkit.keras import registry
from deepkit.loading import load_module

_NAMES_OF_MODEL = ("Functional", "Network", "Container")
"""What the class of a model made from inputs and outputs was called beside Model, from Keras 2.0 to today."""


def serialize(layer: Any) -> dict[str, Any]:
    """{"class_name": ..., "config": ...} of a layer or model."""
    return registry.serialize_keras_object(layer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The layer or model that a configuration describes; custom_objects: classes of your own by name.

    >>> from deepkit.keras.layers import Dense
    >>> deserialize({"class_name": "Dense", "config": {"units": 3, "activation": "relu"}}).units
    3
    """
    return registry.deserialize_keras_object(_modern(config), _classes(), custom_objects, "layer")


def _classes() -> dict[str, Any]:
    """All layers and models by name."""
    rooms = [load_module(f"deepkit.keras.{room}") for room in ("layers", "models")]
    found = {name: value for room in rooms for name, value in vars(room).items() if isinstance(value, type)}
    return {**found, **dict.fromkeys(_NAMES_OF_MODEL, found["Model"])}


def _modern(config: Any) -> Any:
    """The configuration with what older and newer versions of Keras spell differently in today's words."""
    inner = config.get("config") if isinstance(config, dict) else None
    if not isinstance(inner, dict):
        return config
    inner = dict(inner)
    policy = inner.get("dtype")
    if isinstance(policy, dict):  # a mixed policy computes in 16 bits; the weights have 32
        name = (policy.get("config") or {}).get("name", "float32")
        inner["dtype"] = "float32" if str(name).startswith("mixed") else name
    if config.get("class_name") in ("GRU", "GRUCell"):
        inner.setdefault("reset_after", False)  # Keras 2.0 knew no other GRU
    return {**config, "config": inner}
