"""How layers, models and their training work: what every Keras layer stands on."""

from deepkit.keras.engine.input_layer import Input, InputLayer
from deepkit.keras.engine.input_spec import InputSpec
from deepkit.keras.engine.layer import Layer
from deepkit.keras.engine.model import Model
from deepkit.keras.engine.sequential import Sequential

__all__ = ["Input", "InputLayer", "InputSpec", "Layer", "Model", "Sequential"]
