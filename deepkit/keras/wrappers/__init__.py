"""Keras models as parts of other libraries: `scikit_learn` is loaded when it is used."""

from __future__ import annotations

from typing import Any

from deepkit.loading import load_module


def __getattr__(name: str) -> Any:
    if name == "scikit_learn":
        return load_module("deepkit.keras.wrappers.scikit_learn")
    from deepkit.errors import MissingNameError

    raise MissingNameError(f"keras.wrappers has no {name!r}", rule="it has scikit_learn")
