"""Keras 2 on deepkit: `from deepkit import keras`, or in a document's code `import keras`.

Its parts are loaded when first used. A model is a graph of layers; fit compiles one plan for a training step.

>>> from deepkit import keras
>>> model = keras.models.Sequential([keras.layers.Dense(10, input_shape=(784,), activation="softmax")])
>>> model.count_params()
7850
"""

from __future__ import annotations

import difflib
from typing import Any

from deepkit.loading import load_module

__version__ = "2.21.0"
"""The version of Keras whose interface this is: tf_keras, the last Keras 2. dialects.py says what came before."""

_ROOMS = (
    "activations", "applications", "backend", "callbacks", "constraints", "datasets", "engine", "initializers",
    "layers", "losses", "metrics", "models", "optimizers", "preprocessing", "regularizers", "saving", "utils", "wrappers",
)
_SHORT = {"Input": "layers", "Model": "models", "Sequential": "models"}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return load_module(f"deepkit.keras.{name}")
    if name in _SHORT:
        return getattr(load_module(f"deepkit.keras.{_SHORT[name]}"), name)
    from deepkit.errors import MissingNameError

    parts = [*_ROOMS, *_SHORT]
    near = difflib.get_close_matches(name, parts, n=1)
    raise MissingNameError(
        f"keras has no {name!r}",
        rule="its parts: " + ", ".join(parts),
        hint=f"did you mean keras.{near[0]}?" if near else None,
    )


def __dir__() -> list[str]:
    return sorted([*globals(), *_ROOMS, *_SHORT])
