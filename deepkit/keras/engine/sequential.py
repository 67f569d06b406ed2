"""A stack of layers, one after the other."""

from __future__ import annotations

from typing import Any

from deepkit.errors import ArgumentError
from deepkit.keras.backend import context
from deepkit.keras.backend.nested import single
from deepkit.keras.base.history import record_of
from deepkit.keras.base.input_layer import Input, InputLayer
from deepkit.keras.base.layer import Layer
from deepkit.keras.engine.model import Model
from deepkit.keras.engine.network import Network
from deepkit.keras.saving.config import sequential_config, sequential_from_config


class Sequential(Model):
    """Layers in a row. With input_shape in the first layer it is built at once, else at its first use.

    >>> from deepkit import keras
    >>> model = keras.models.Sequential()
    >>> model.add(keras.layers.Dense(128, input_shape=(784,)))
    >>> model.add(keras.layers.Dense(10))
    >>> model.count_params()
    101770
    """

    is_sequential = True

    def __init__(self, layers: Any = None, name: str | None = None):
        if isinstance(layers, Layer) or (name is not None and not isinstance(name, str)):
            raise ArgumentError(
                "Sequential got layers that are not in a list", rule="one list of layers, then a name",
                hint="Sequential([Dense(32), Dense(10)])",
            )
        super().__init__(name=name)
        self._stack: list[Layer] = []
        for layer in layers or []:
            self.add(layer)

    @property
    def layers(self) -> list[Layer]:
        """The layers that were added (the Input in front of them is not counted)."""
        return [layer for layer in self._stack if not isinstance(layer, InputLayer)]

    @property
    def _sublayers(self) -> list[Layer]:
        return self.layers

    def add(self, layer: Layer) -> None:
        """Puts a layer on top."""
        if not isinstance(layer, Layer) and hasattr(layer, "node"):
            layer = record_of(layer).layer  # an Input(...) given as a tensor
        _check_layer(layer)
        if any(layer.name == known.name for known in self._stack if known is not layer):
            raise ArgumentError(
                f"the model has a layer called {layer.name!r} already", rule="names are unique in a model",
                hint="give it another name=..., or make a new layer object",
            )
        if isinstance(layer, InputLayer):
            inputs = outputs = layer.inbound_nodes[0].outputs
        else:
            if not self._stack:
                self._put_input_before(layer)
            inputs, outputs = self._inputs, self._on_top(layer)
        self._stack.append(layer)  # after the call: a layer that does not fit is no part of the model
        if inputs is not None:
            self._connect(inputs, outputs)
        self._compiled_training.forget()

    def _on_top(self, layer: Layer) -> Any:
        """What the layer makes of the model's output; None while there is none."""
        outputs = None if self._inputs is None else layer(self._outputs)
        if isinstance(outputs, (list, tuple)):
            raise ArgumentError(f"layer {layer.name!r} has several outputs", hint="use the functional Model")
        return outputs

    def _put_input_before(self, layer: Layer) -> None:
        shape = getattr(layer, "batch_input_shape", None)
        first: Any = layer
        while shape is None and isinstance(first, Network) and first.layers:
            shape = first.input_shape if first.inputs else getattr(first.layers[0], "batch_input_shape", None)
            first = first.layers[0]
        if isinstance(shape, tuple):
            x = Input(batch_shape=shape, dtype=layer.dtype if not isinstance(layer, Network) else None,
                      name=f"{layer.name}_input")
            self.add(record_of(x).layer)

    def pop(self) -> None:
        """Takes the layer on top away."""
        if not self.layers:
            raise ArgumentError("pop() of a model without layers")
        self._stack.pop()
        kept = self._stack
        if self._inputs is not None:
            if self.layers:
                self._connect(self._inputs, kept[-1].inbound_nodes[-1].outputs)
            else:
                self._stack, self._inputs, self._outputs, self._topology, self.built = [], None, None, None, False
        self._compiled_training.forget()

    def build(self, input_shape: Any = None) -> None:
        """Makes the weights for inputs of this shape, batch axis first."""
        if self._inputs is None and input_shape is not None:
            name = f"{self.layers[0].name}_input" if self.layers else None
            self.begin_with([Input(batch_shape=tuple(input_shape), name=name)])
        self.built = True

    def begin_with(self, inputs: list[Any]) -> None:
        """Calls all layers, one after the other, on the first Input."""
        x: Any = single(inputs)
        y = x
        if not self.layers:
            raise ArgumentError(
                f"model {self.name!r} has no layers", rule="a model computes what its layers compute",
                hint="model.add(Dense(10, input_shape=(784,)))",
            )
        # The model may be a layer that is being called itself; its own layers are called for their own sake here.
        with context.calling(record=True, collect=True, eager=False) as call:
            call.training = None
            for layer in self.layers:
                y = layer(y)
        self._stack.insert(0, record_of(x).layer)
        self._connect(x, y)
        self._compiled_training.forget()

    def _call_unconnected(self, inputs: Any) -> Any:
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs

    def predict_classes(self, x: Any, batch_size: int = 32, verbose: int = 0) -> Any:
        """The most probable class of each sample; with one output unit whether it is above 0.5."""
        p = self.predict(x, batch_size=batch_size, verbose=verbose)
        return p.argmax(axis=-1) if p.shape[-1] > 1 else (p > 0.5).astype("int32")

    def predict_proba(self, x: Any, batch_size: int = 32, verbose: int = 0) -> Any:
        return self.predict(x, batch_size=batch_size, verbose=verbose)

    # ---- configuration

    def get_config(self) -> dict[str, Any]:
        """The layers in their order, the Input in front of them included; see Model.get_config."""
        return sequential_config(self, self._stack)

    @classmethod
    def from_config(cls, config: Any, custom_objects: Any = None) -> Any:
        return sequential_from_config(cls, config, custom_objects)


def _check_layer(layer: Any) -> None:
    if not isinstance(layer, Layer):
        raise ArgumentError(
            f"Sequential.add got {layer!r} of type {type(layer).__name__}, which is not a layer",
            rule="a Sequential model is a row of layer objects",
            hint=f"{layer.__name__}(...): brackets make an object of the class"
            if isinstance(layer, type)
            else "add(Dense(10)); add returns nothing, so calls of it stand on lines of their own",
        )
    layer.check_begun()
