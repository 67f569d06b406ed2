"""Keras models as parts of other libraries: `scikit_learn` is loaded when it is used."""

from __future__ import annotations

from typing import Any

from deepkit.loading import listing, load_module

_MODULES = ("scikit_learn",)

__all__ = [*_MODULES]
__dir__ = listing(__all__)


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return load_module(f"deepkit.keras.wrappers.{name}")
    from deepkit.errors import MissingNameError

    raise MissingNameError(f"keras.wrappers has no {name!r}", rule="it has scikit_learn")
