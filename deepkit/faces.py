"""The two faces of the library show each other here: `tf.keras` is deepkit.keras, though v1 does not import it."""

from __future__ import annotations

import importlib
from types import ModuleType

SHOWN = {
    "tf.keras": "deepkit.keras", "tf.contrib.keras": "deepkit.keras", "tf.python.keras": "deepkit.keras",
    "keras.utils.plot": "deepkit.viz.layers",
}
"""Names of one face, and the module that stands behind them: another face, or a picture of it."""


def shown(path: str) -> ModuleType | None:
    """The module behind a name such as "tf.keras", loaded when it is first used; None for other names."""
    return importlib.import_module(SHOWN[path]) if path in SHOWN else None
