"""Layers and models from configurations that a file holds: what does not fit is an error of the configuration."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from deepkit.errors import DataError, DeepkitError
from deepkit.keras.layers import serialization


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
        return serialization.deserialize(config, custom_objects)


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


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 80 else text[:77] + "..."
