"""All layers, under the names of Keras 2."""

from deepkit.keras.engine.input_layer import Input, InputLayer
from deepkit.keras.engine.input_spec import InputSpec
from deepkit.keras.engine.layer import Layer
from deepkit.keras.layers.core import Dense

__all__ = ["Dense", "Input", "InputLayer", "InputSpec", "Layer"]
