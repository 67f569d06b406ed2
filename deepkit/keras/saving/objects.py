"""Layers and models by class name, and how their configurations are written and read."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from deepkit.errors import DataError, DeepkitError
from deepkit.keras import registry

NAMES_OF_MODEL = ("Model", "Functional", "Network", "Container")
"""What the class of a model made from inputs and outputs is called, from Keras 2.0 to today."""


def layer_objects() -> dict[str, Any]:
    """The library's own layers and models by class name."""
    from deepkit.keras import layers
    from deepkit.keras.engine.layer import Layer
    from deepkit.keras.engine.model import Model
    from deepkit.keras.engine.sequential import Sequential

    found = {n: c for n, c in vars(layers).items() if inspect.isclass(c) and issubclass(c, Layer)}
    return {**found, **dict.fromkeys(NAMES_OF_MODEL, Model), "Sequential": Sequential}


def serialize_layer(layer: Any) -> Any:
    """{"class_name": ..., "config": ...} of a layer or model."""
    return registry.serialize_keras_object(layer)


def deserialize_layer(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The layer or model that a configuration describes; its weights get their initial values.

    Raises:
        DataError: the configuration is not one of a layer, or holds code.
        ArgumentError: the class is unknown, or refuses its arguments.

    >>> deserialize_layer({"class_name": "Dense", "config": {"units": 3, "name": "last"}})
    <Dense 'last'>
    """
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise DataError(f"{_short(config)} describes no layer", rule='{"class_name": "Dense", "config": {"units": 10}}')
    with reading(f"the configuration of a layer of class {config['class_name']}"):
        return registry.deserialize_keras_object(_modern(config), layer_objects(), custom_objects, "layer")


@contextlib.contextmanager
def reading(what: str) -> Iterator[None]:
    """Inside, a configuration is read: what it makes fail is an error of the configuration, named `what`."""
    try:
        yield
    except (DeepkitError, ImportError):
        raise
    except RecursionError as error:
        raise DataError(f"{what} is nested too deeply to be read") from error
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, MemoryError) as error:
        raise DataError(
            f"{what} cannot be used: {type(error).__name__}: {error}",
            rule="a configuration holds the arguments of a layer's class, as get_config() gives them",
            hint="a layer of your own: get_config() returns {**super().get_config(), ...} with all arguments of __init__; "
            "or was the file changed by hand, or damaged on the way?",
        ) from error


def _modern(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration with what older and newer versions of Keras spell differently in today's words."""
    inner = config.get("config")
    if not isinstance(inner, dict):
        return config
    inner = dict(inner)
    policy = inner.get("dtype")
    if isinstance(policy, dict):  # a mixed policy computes in 16 bits; the weights have 32
        name = (policy.get("config") or {}).get("name", "float32")
        inner["dtype"] = "float32" if str(name).startswith("mixed") else name
    if config["class_name"] == "GRU":
        inner.setdefault("reset_after", False)  # Keras 2.0 knew no other GRU
    return {**config, "config": inner}


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 80 else text[:77] + "..."
