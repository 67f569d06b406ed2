"""The weights of a layer: how they are made, which of them training moves, their values."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.device.dtypes import as_dtype
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras import constraints, initializers, regularizers
from deepkit.keras.backend.nested import kept, keras_shape
from deepkit.keras.backend.phase import graph_of, settable
from deepkit.keras.backend.session import World, batch_get_value
from deepkit.keras.backend.weights import Weight, make_weight
from deepkit.keras.base.tree import LayerTree


class LayerWeights(LayerTree):
    """A layer with the weights that `add_weight` makes, or that are its attributes."""

    freezings: ClassVar[int] = 0
    """How often `trainable` of any layer was set: while this stays, no layer was frozen or thawed."""
    trains: Symbol | None = None
    """The tensor of the graph that says whether the layer is not frozen, where its call has asked for one."""
    dtype: str
    built: bool

    def __init__(self, trainable: bool, weights: Any) -> None:
        self._trainable_weights: list[Any] = []
        self._non_trainable_weights: list[Any] = []
        self._trainable = trainable
        super().__init__()
        self.start_with(weights)

    def __setattr__(self, key: str, value: Any) -> None:
        if not key.startswith("_"):
            self._track(value)
        object.__setattr__(self, key, value)

    def _track(self, value: Any) -> None:
        """Takes the weights among an attribute's value for the layer's own."""
        if isinstance(value, LayerTree):
            self.check_begun()
        elif isinstance(value, Variable):
            self._keep(value)
        elif isinstance(value, (list, tuple)):
            for item in value:
                self._track(item)
        elif isinstance(value, dict):
            for item in value.values():
                self._track(item)

    def _keep(self, variable: Variable) -> None:
        """A weight, or a tf.Variable, which is initialized with the weights, as one of the layer's own, once."""
        if not isinstance(variable, Weight):
            World.of(variable).await_value([variable])
        kept = self._own("_trainable_weights" if variable.trainable else "_non_trainable_weights")
        if not any(variable is w for w in self.own_weights):
            kept.append(variable)

    def _own(self, key: str) -> list[Any]:
        self.check_begun(key)
        return vars(self)[key]

    # ---- making them

    def build(self, input_shape: Any) -> None:
        """Makes the weights, now that the shape of the input is known; a subclass calls super().build at the end."""
        self.built = True

    def start_with(self, arrays: Any) -> None:
        """Lets the weights have these values when they are made; a list of arrays in the order of `get_weights`."""
        self._initial_weights = kept(arrays)

    def ensure_built(self, input_shape: Any) -> None:
        """Makes the weights unless they are there."""
        if self.built:
            return
        self.build(input_shape)
        self.built = True
        if self._initial_weights is not None:
            self.set_weights(self._initial_weights)
            self._initial_weights = None

    def add_weight(
        self, name: Any = None, shape: Any = None, dtype: Any = None, initializer: Any = None, regularizer: Any = None,
        trainable: bool = True, constraint: Any = None, **kwargs: Any,
    ) -> Weight:
        """A weight of this layer. initializer, regularizer and constraint are objects, functions or names."""
        if isinstance(name, (tuple, list)) or isinstance(shape, str):  # tf.keras and keras differ in the order
            name, shape = shape, name
        kind = as_dtype(dtype or self.dtype)
        if initializer is None:
            initializer = "glorot_uniform" if kind.is_floating else "zeros"
        weight = make_weight(
            name or "weight", _weight_shape(self.name, name, () if shape is None else shape),
            initializers.get(initializer), kind, trainable, regularizers.get(regularizer), constraints.get(constraint),
        )
        (self._trainable_weights if trainable else self._non_trainable_weights).append(weight)
        return weight

    # ---- which of them training moves

    @property
    def own_weights(self) -> list[Any]:
        """The weights that the layer holds itself, and no layer inside it."""
        return [*self._trainable_weights, *self._non_trainable_weights]

    @property
    def trainable(self) -> bool:
        """Whether training moves the weights; setting it sets it for all layers inside."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        LayerWeights.freezings += 1
        for layer in self._sublayers:
            layer.trainable = bool(value)

    def trains_in_graph(self, inputs: Any) -> Symbol:
        """The truth value in the inputs' graph of whether the layer is not frozen: a model's steps assume what compile saw."""
        if self.trains is None:
            self.trains = settable(graph_of(inputs), np.array(self.trainable), f"{self.name}/trains")
        return self.trains

    @property
    def trainable_weights(self) -> list[Any]:
        """The weights that training moves: none in a frozen layer."""
        return self._trained_ones() if self.trainable else []

    @trainable_weights.setter
    def trainable_weights(self, weights: list[Any]) -> None:
        self._trainable_weights = list(weights)

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The weights that training leaves alone: all of a frozen layer."""
        return self._other_ones()

    @non_trainable_weights.setter
    def non_trainable_weights(self, weights: list[Any]) -> None:
        self._non_trainable_weights = list(weights)

    def _trained_ones(self) -> list[Any]:
        inner = [w for layer in self._sublayers for w in layer.trainable_weights]
        return without_repeats([*self._trainable_weights, *inner])

    def _other_ones(self) -> list[Any]:
        if not self.trainable:
            inner = [w for layer in self._sublayers for w in layer.weights]
            return without_repeats([*self._trainable_weights, *self._non_trainable_weights, *inner])
        inner = [w for layer in self._sublayers for w in layer.non_trainable_weights]
        return without_repeats([*self._non_trainable_weights, *inner])

    @property
    def weights(self) -> list[Any]:
        """All weights: the ones that training moves, then the others."""
        return without_repeats([*self.trainable_weights, *self.non_trainable_weights])

    variables = property(lambda self: self.weights)
    trainable_variables = property(lambda self: self.trainable_weights)
    non_trainable_variables = property(lambda self: self.non_trainable_weights)

    # ---- their values

    def _weights_of_values(self) -> list[Any]:
        """The weights in the order in which `get_weights` gives their values."""
        return self.weights

    def get_weights(self) -> list[np.ndarray]:
        """Copies of the weights' values, in the order of `weights`; of a model, layer by layer."""
        return [np.asarray(v) for v in batch_get_value(self._weights_of_values())]

    def set_weights(self, weights: Any) -> None:
        """Replaces the values of all weights; a list of arrays in the order of `get_weights`."""
        own, values = self._weights_of_values(), list(weights)
        if len(own) != len(values):
            raise ArgumentError(
                f"layer {self.name!r}: set_weights got {len(values)} arrays for {len(own)} weights",
                rule="one array for each: " + (", ".join(f"{_short(w)} {w.shape}" for w in own) or "it has none"),
                hint=None if self.built else "the layer makes its weights at its first call",
            )
        arrays = [np.asarray(v, w.dtype.numpy) for v, w in zip(values, own, strict=True)]
        for w, array in zip(own, arrays, strict=True):
            if tuple(array.shape) != keras_shape(w):
                raise ShapeError(
                    f"layer {self.name!r}: weight {_short(w)} of shape {w.shape} cannot take an array of shape {array.shape}",
                    rule="the shapes must be equal", hint="compare [w.shape for w in layer.get_weights()]",
                )
        for w, array in zip(own, arrays, strict=True):
            # No initializer runs for a weight that has its value already.
            World.of(w).holder.store[w] = np.array(array, order="C")

    def count_params(self) -> int:
        """How many numbers the weights hold."""
        if not self.built:
            raise ArgumentError(
                f"layer {self.name!r} has no weights yet",
                rule="they are made when the input's shape is known",
                hint="call it on an Input, or give input_shape=... to the first layer of a Sequential model",
            )
        return int(sum(int(np.prod(keras_shape(w), dtype=np.int64)) for w in self.weights))


def _weight_shape(layer: str, name: Any, shape: Any) -> tuple[int, ...]:
    dims = tuple(shape) if isinstance(shape, (list, tuple)) or hasattr(shape, "__iter__") else (shape,)
    if any(isinstance(d, (list, tuple)) for d in dims):
        raise ShapeError(
            f"layer {layer!r}: weight {name!r} would have shape {dims}", rule="a weight's size is made of numbers",
            hint="was the layer, which takes one tensor, called on a list? layer(x) instead of layer([x])",
        )
    if any(d is None or getattr(d, "value", 0) is None for d in dims):
        raise ShapeError(
            f"layer {layer!r}: weight {name!r} would have shape {dims}",
            rule="a weight's size cannot depend on a dimension that is not known",
            hint="give the first layer input_shape=... with numbers in every place but those the layer does not use",
        )
    return tuple(int(d) for d in dims)


def without_repeats(weights: list[Any]) -> list[Any]:
    return list({id(w): w for w in weights}.values())


def _short(weight: Any) -> str:
    return weight.name.split(":")[0].rpartition("/")[2] if hasattr(weight, "name") else weight.label
