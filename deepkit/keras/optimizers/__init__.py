"""Keras' optimizers: objects with slots over the update rules of deepkit.train."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from typing import Any

from deepkit.errors import ArgumentError
from deepkit.keras import registry
from deepkit.keras.optimizers import schedules
from deepkit.keras.optimizers.adam import Adam, Adamax, Nadam
from deepkit.keras.optimizers.adaptive import Adadelta, Adagrad, Ftrl, RMSprop
from deepkit.keras.optimizers.base import Optimizer
from deepkit.keras.optimizers.sgd import SGD
from deepkit.keras.optimizers.wrapped import TFOptimizer
from deepkit.loading import listing
from deepkit.train.optimizer import Optimizer as GraphOptimizer

__all__ = [
    "SGD", "Adadelta", "Adagrad", "Adam", "Adamax", "Ftrl", "Nadam", "Optimizer", "RMSprop", "TFOptimizer",
    "deserialize", "get", "legacy", "schedules", "serialize",
]
__dir__ = listing(__all__, __name__)

_CLASSES = (SGD, RMSprop, Adagrad, Adadelta, Adam, Adamax, Nadam, Ftrl)
OBJECTS: dict[str, Any] = {name: cls for cls in _CLASSES for name in (cls.__name__, cls.__name__.lower())}
"""The optimizers by name; the names in lower case are those of compile(optimizer="adam")."""

sgd, rmsprop, adagrad, adadelta, adam, adamax, nadam = SGD, RMSprop, Adagrad, Adadelta, Adam, Adamax, Nadam
legacy = sys.modules[__name__]
"""The same optimizers under the name that later versions give to Keras 2's formulas."""


def serialize(optimizer: Any) -> Any:
    """{"class_name": ..., "config": ...} of an optimizer.

    >>> serialize(SGD(0.5))["config"]["learning_rate"]
    0.5
    """
    return registry.serialize_keras_object(optimizer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The optimizer that a configuration describes; the case of the library's own names does not matter."""
    if isinstance(config, dict) and str(config.get("class_name", "")).lower() in OBJECTS:
        own = registry.get_registered_object(config["class_name"], custom_objects)
        if own is None:
            config = {**config, "class_name": config["class_name"].lower()}
    return registry.deserialize_keras_object(config, OBJECTS, custom_objects, "optimizer")


def get(identifier: Any) -> Optimizer:
    """The optimizer that an argument means: an object, a name, a configuration, a class, or one of deepkit.train.

    >>> get("adam").name
    'Adam'
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, GraphOptimizer):
        return TFOptimizer(identifier)
    if isinstance(identifier, str):
        return deserialize({"class_name": identifier, "config": {}})
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if inspect.isclass(identifier) and issubclass(identifier, Optimizer):
        return identifier()
    raise ArgumentError(
        f"{identifier!r} is no optimizer", rule="a name, an optimizer object or its configuration",
        hint="names: " + ", ".join(sorted(n for n in OBJECTS if n.islower())),
    )
