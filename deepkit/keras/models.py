"""Models: Sequential and functional, and how to load and clone them."""

from deepkit.keras.engine.model import Model
from deepkit.keras.engine.sequential import Sequential

__all__ = ["Model", "Sequential"]
