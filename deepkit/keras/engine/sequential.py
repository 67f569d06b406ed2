"""A stack of layers, one after the other."""

from __future__ import annotations

from typing import Any

from deepkit.errors import ArgumentError
from deepkit.keras.backend import context
from deepkit.keras.backend.nested import flat
from deepkit.keras.base.history import record_of
from deepkit.keras.base.input_layer import Input, InputLayer
from deepkit.keras.base.layer import Layer
from deepkit.keras.engine.model import Model
from deepkit.keras.engine.network import Network


class Sequential(Model):
    """Layers in a row. With input_shape in the first layer it is built at once, else at its first use.

    >>> from deepkit import keras
    >>> model = keras.models.Sequential()
    >>> model.add(keras.layers.Dense(128, input_shape=(784,)))
    >>> model.add(keras.layers.Dense(10))
    >>> model.count_params()
    101770
    """

    def __init__(self, layers: Any = None, name: str | None = None):
        if isinstance(layers, Layer) or (name is not None and not isinstance(name, str)):
            raise ArgumentError(
                "Sequential got layers that are not in a list", rule="one list of layers, then a name",
                hint="Sequential([Dense(32), Dense(10)])",
            )
        super().__init__(name=name)
        self._stack: list[Layer] = []
        self._built_from: Any = None
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
        if not isinstance(layer, Layer):
            if hasattr(layer, "node"):
                layer = record_of(layer).layer  # an Input(...) given as a tensor
            else:
                raise ArgumentError(
                    f"Sequential.add got {layer!r} of type {type(layer).__name__}, which is not a layer",
                    rule="a Sequential model is a row of layer objects",
                    hint=f"{layer.__name__}(...): brackets make an object of the class"
                    if isinstance(layer, type)
                    else "add(Dense(10)); add returns nothing, so calls of it stand on lines of their own",
                )
        layer.check_begun()
        if any(layer.name == known.name for known in self._stack if known is not layer):
            raise ArgumentError(
                f"the model has a layer called {layer.name!r} already", rule="names are unique in a model",
                hint="give it another name=..., or make a new layer object",
            )
        if not self._stack and not isinstance(layer, InputLayer):
            self._put_input_before(layer)
        self._stack.append(layer)
        if self._inputs is not None and not isinstance(layer, InputLayer):
            outputs = layer(self._outputs)
            if isinstance(outputs, (list, tuple)):
                self._stack.pop()
                raise ArgumentError(f"layer {layer.name!r} has several outputs", hint="use the functional Model")
            self._connect(self._inputs, outputs)
        elif isinstance(layer, InputLayer):
            x = layer.calls[0].outputs
            self._inputs, self._outputs = x, x
            self.built = True
        self._forget_steps()

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
                self._connect(self._inputs, kept[-1].calls[-1].outputs)
            else:
                self._stack, self._inputs, self._outputs, self._topology, self.built = [], None, None, None, False
        self._forget_steps()

    def build(self, input_shape: Any = None) -> None:
        """Makes the weights for inputs of this shape, batch axis first."""
        if self._inputs is None and input_shape is not None:
            self._start(
                Input(batch_shape=tuple(input_shape), name=f"{self.layers[0].name}_input" if self.layers else None)
            )
        self.built = True

    def _start(self, x: Any) -> None:
        """Calls all layers, one after the other, on the first Input."""
        y: Any = x
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
        self._forget_steps()

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

    @property
    def input_names(self) -> list[str]:
        return [record_of(x).layer.name for x in flat(self._inputs)] if self._inputs is not None else []
