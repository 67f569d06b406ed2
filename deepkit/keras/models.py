"""Models: Sequential and functional, and how to load, save and clone them."""

from __future__ import annotations

from deepkit.keras.base.input_layer import Input
from deepkit.keras.engine.model import Model
from deepkit.keras.engine.sequential import Sequential
from deepkit.keras.saving import (
    load_model,
    model_from_config,
    model_from_json,
    model_from_yaml,
    save_model,
)
from deepkit.keras.saving.clone import clone_and_build_model, clone_model
from deepkit.loading import listing

__all__ = [
    "Input", "Model", "Sequential", "clone_and_build_model", "clone_model", "load_model", "model_from_config", "model_from_json",
    "model_from_yaml", "save_model",
]
__dir__ = listing(__all__, __name__)
