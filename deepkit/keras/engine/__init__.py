"""Models: layers connected to a network, and how a network is compiled, trained, tested and asked."""

from deepkit.keras.base.input_layer import Input, InputLayer
from deepkit.keras.base.input_spec import InputSpec
from deepkit.keras.base.layer import Layer
from deepkit.keras.engine.model import Model
from deepkit.keras.engine.sequential import Sequential
from deepkit.keras.utils.layer_utils import get_source_inputs
from deepkit.loading import listing

__all__ = ["Input", "InputLayer", "InputSpec", "Layer", "Model", "Sequential", "get_source_inputs"]
__dir__ = listing(__all__)
