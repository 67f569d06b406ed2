"""Layers around layers: TimeDistributed calls one at every step, Bidirectional runs one in both directions."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.core.graph import default_graph
from deepkit.core.nest import flatten, map_leaves
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras import backend, registry
from deepkit.keras.backend.nested import inputs_shape, map_shapes, shapes_in
from deepkit.keras.backend.tensors import lengths, tensor
from deepkit.keras.base.input_spec import InputSpec
from deepkit.keras.base.layer import Layer
from deepkit.keras.layers.recurrent.states import separated
from deepkit.keras.layers.serialization import deserialize

_MERGE_MODES = ("sum", "mul", "ave", "concat", None)


class Wrapper(Layer):
    """Base of layers that hold another layer, `layer`."""

    def __init__(self, layer: Layer, **kwargs: Any):
        if not isinstance(layer, Layer):
            raise ArgumentError(
                f"{type(self).__name__} of {layer!r}", rule="it takes a layer",
                hint=f"{type(self).__name__}({layer.__name__}(...)): an object, made with brackets"
                if isinstance(layer, type) else f"{type(self).__name__}(Dense(10))",
            )
        super().__init__(**kwargs)
        self._hold(layer)

    def _hold(self, layer: Layer) -> None:
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        _build_inside(self.layer, input_shape)
        super().build(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "layer": registry.serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        config = dict(config)
        return cls(deserialize(config.pop("layer"), custom_objects), **config)


def _build_inside(layer: Layer, shape: Any) -> None:
    """Makes the weights of a layer within a layer. A model makes its own when it is called."""
    if not layer.is_network:
        layer.ensure_built(shape)


class TimeDistributed(Wrapper):
    """The same layer at every step: (batch, steps, ...) -> (batch, steps, ...), each step as one example more.

    >>> import numpy as np
    >>> from deepkit.keras.layers import Conv2D
    >>> frames = np.zeros([2, 10, 28, 28, 3], "float32")
    >>> TimeDistributed(Conv2D(4, 3))(frames).shape
    Shape([2, 10, 26, 26, 4])
    """

    def __init__(self, layer: Layer, **kwargs: Any):
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any = None) -> None:
        for shape in shapes_in(input_shape):
            if len(shape) < 3:
                raise ShapeError(
                    f"layer {self.name!r}: TimeDistributed got an input of shape {shape}",
                    rule="(batch, steps, ...): the layer inside needs at least one axis besides the steps",
                    hint="Input(shape=(steps, features))",
                )
        specs = map_shapes(lambda s: InputSpec(shape=(None, None, *s[2:])), input_shape)
        self.input_spec = flatten(specs)
        super().build(map_shapes(_without_steps, input_shape))

    def compute_output_shape(self, input_shape: Any) -> Any:
        steps = shapes_in(input_shape)[0][1]
        inner = self.layer.compute_output_shape(map_shapes(_without_steps, input_shape))
        return map_shapes(lambda s: (s[0], steps, *s[1:]), inner)

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        batch, steps = lengths(flatten(inputs)[0])[:2]
        given = {"training": training} if "training" in self.layer.call_parameters else {}
        if mask is not None and "mask" in self.layer.call_parameters:
            given["mask"] = map_leaves(_joined, mask)
        outputs = self.layer(map_leaves(_joined, inputs), **given)
        return map_leaves(lambda y: _apart(y, batch, steps), outputs)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        inner = self.layer.compute_mask(
            map_leaves(_joined, inputs), None if mask is None else map_leaves(_joined, mask)
        )
        if inner is not None:
            batch, steps = lengths(flatten(inputs)[0])[:2]
            return map_leaves(lambda m: _apart(m, batch, steps), inner)
        if mask is None:
            return None
        own = flatten(mask)[0]
        return own if len(own.shape) == 2 else ops.reduce_any(own, list(range(2, len(own.shape))))


def _without_steps(shape: tuple[Any, ...]) -> tuple[Any, ...]:
    return (shape[0], *shape[2:])


def _joined(x: Any) -> Any:
    """(batch, steps, ...) as (batch * steps, ...)."""
    return None if x is None else ops.reshape(x, [-1, *lengths(x)[2:]])


def _apart(x: Any, batch: Any, steps: Any) -> Any:
    """(batch * steps, ...) as (batch, steps, ...); of unknown lengths one is left to be found."""
    first = -1 if not isinstance(batch, int) and isinstance(steps, int) else batch
    return None if x is None else ops.reshape(x, [first, steps, *lengths(x)[1:]])


class Bidirectional(Wrapper):
    """A recurrent layer from the first step to the last, and a copy of it from the last to the first.

    merge_mode: how the two outputs become one: "concat" (side by side), "sum", "mul", "ave" (the mean), or None: both,
    as a list. With return_state the states of the forward layer follow, then those of the backward layer; initial_state
    takes them in the same order. backward_layer: a layer of its own for the way back, with go_backwards=True.
    Source: M. Schuster, K. Paliwal, IEEE Trans. Signal Processing 45 (1997).

    >>> import numpy as np
    >>> from deepkit.keras.layers import LSTM
    >>> Bidirectional(LSTM(10, return_sequences=True))(np.zeros([2, 5, 3], "float32")).shape
    Shape([2, 5, 20])
    """

    zeros_masked, penalizes_merged = True, False
    """Whether masked steps are 0 in each direction, and whether the penalty on activity falls on the merged output alone."""

    def __init__(
        self, layer: Any, merge_mode: str | None = "concat", weights: Any = None, backward_layer: Any = None,
        **kwargs: Any,
    ):
        if merge_mode not in _MERGE_MODES:
            raise ArgumentError(
                f"Bidirectional: merge_mode={merge_mode!r}", rule="one of " + ", ".join(map(repr, _MERGE_MODES))
            )
        super().__init__(layer, **kwargs)
        self._backward_config = None if backward_layer is None else registry.serialize_keras_object(backward_layer)
        self.forward_layer = _copied(layer)
        self.backward_layer = _copied(layer, turned=True) if backward_layer is None else backward_layer
        self._check_layers()
        for prefix, inner in (("forward_", self.forward_layer), ("backward_", self.backward_layer)):
            inner.name = prefix + inner.name
            inner.zero_output_for_mask = self.zeros_masked and inner.return_sequences
            if self.penalizes_merged:
                self.activity_regularizer, inner.activity_regularizer = layer.activity_regularizer, None
        if weights:
            half = len(weights) // 2
            self.forward_layer.start_with(weights[:half])
            self.backward_layer.start_with(weights[half:])
        self.merge_mode = merge_mode
        self.stateful, self.return_sequences = layer.stateful, layer.return_sequences
        self.return_state = layer.return_state
        self.supports_masking = True
        self.trainable = kwargs.get("trainable", layer.trainable)
        self.num_constants = 0

    def _hold(self, layer: Layer) -> None:
        if not hasattr(layer, "go_backwards"):
            raise ArgumentError(
                f"Bidirectional({type(layer).__name__}(...))",
                rule="it takes a recurrent layer: one with go_backwards, return_sequences and return_state",
                hint="Bidirectional(LSTM(32))",
            )
        # The layer is a pattern: it has no weights itself, so it is none of the layers inside.
        object.__setattr__(self, "layer", layer)

    def _check_layers(self) -> None:
        forward, backward = self.forward_layer, self.backward_layer
        if forward.go_backwards == backward.go_backwards:
            raise ArgumentError(
                f"Bidirectional: both layers have go_backwards={forward.go_backwards}",
                rule="one goes from the first step to the last, the other one back",
                hint="backward_layer=LSTM(32, go_backwards=True)",
            )
        for name in ("stateful", "return_sequences", "return_state"):
            if getattr(forward, name) != getattr(backward, name):
                raise ArgumentError(
                    f"Bidirectional: {name} is {getattr(forward, name)} in the layer and {getattr(backward, name)} "
                    "in backward_layer", rule="both directions have the same",
                )

    def build(self, input_shape: Any = None) -> None:
        for inner in (self.forward_layer, self.backward_layer):
            with default_graph().name_scope(inner.name):
                _build_inside(inner, input_shape)
        Layer.build(self, input_shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        shape = inputs_shape(input_shape)
        outputs = self.forward_layer.compute_output_shape(shape)
        output, *states = outputs if self.return_state else [outputs]
        if self.merge_mode == "concat":
            output = (*output[:-1], 2 * output[-1])
        merged = [output, output] if self.merge_mode is None else [output]
        found = [*merged, *states, *states]
        return found if len(found) > 1 else output

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        own = flatten(mask)[0] if self.return_sequences else None
        masks = [own] if self.merge_mode else [own, own]
        if self.return_state:
            masks += [None for _ in self.forward_layer.states] * 2
        return masks if len(masks) > 1 else own

    # ---- calling

    def __call__(self, inputs: Any, initial_state: Any = None, constants: Any = None, **kwargs: Any) -> Any:
        inputs, states, constants = separated(inputs, initial_state, constants, self.num_constants)
        if len(states) % 2:
            raise ArgumentError(
                f"layer {self.name!r}: initial_state of {len(states)} tensors",
                rule="those of the forward layer, then those of the backward layer",
                hint="[h, h_back] for SimpleRNN and GRU, [h, c, h_back, c_back] for LSTM",
            )
        self.forward_layer.num_constants = self.backward_layer.num_constants = self.num_constants = len(constants)
        behind = map_leaves(tensor, [*states, *constants])
        return super().__call__([inputs, *behind] if behind else inputs, **kwargs)

    def call(
        self, inputs: Any, training: Any = None, mask: Any = None, initial_state: Any = None, constants: Any = None
    ) -> Any:
        x, states, constants = separated(inputs, initial_state, constants, self.num_constants)
        known = self.forward_layer.call_parameters
        given = {name: value for name, value in (("training", training), ("mask", mask)) if name in known}
        half = len(states) // 2
        results = []
        for inner, own in ((self.forward_layer, states[:half]), (self.backward_layer, states[half:])):
            behind = {"initial_state": own} if own else {}
            behind |= {"constants": constants} if constants else {}
            found = inner(x, **given, **behind)
            results.append(found if self.return_state else [found])
        (y, *after), (y_back, *after_back) = results
        if self.return_sequences:
            y_back = ops.reverse(y_back, [0 if getattr(self.forward_layer, "time_major", False) else 1])
        merged = self._merged(y, y_back)
        if not self.return_state:
            return merged
        return [*(merged if isinstance(merged, list) else [merged]), *after, *after_back]

    def _merged(self, y: Any, y_back: Any) -> Any:
        if self.merge_mode == "concat":
            return backend.concatenate([y, y_back])
        if self.merge_mode in ("sum", "ave"):
            return y + y_back if self.merge_mode == "sum" else (y + y_back) / 2
        return y * y_back if self.merge_mode == "mul" else [y, y_back]

    def reset_states(self, states: Any = None) -> None:
        """Sets the states of both directions to 0, or to arrays: the first half is for the forward layer."""
        half = len(states) // 2 if states is not None else None
        self.forward_layer.reset_states(None if states is None else states[:half])
        self.backward_layer.reset_states(None if states is None else states[half:])

    # ---- configuration

    def get_config(self) -> dict[str, Any]:
        further = {"num_constants": self.num_constants or None, "backward_layer": self._backward_config}
        given = {name: value for name, value in further.items() if value is not None}
        return {**super().get_config(), "merge_mode": self.merge_mode, **given}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        config = dict(config)
        constants = config.pop("num_constants", 0)
        if config.get("backward_layer") is not None:
            config["backward_layer"] = deserialize(config["backward_layer"], custom_objects)
        wrapper = super().from_config(config, custom_objects)
        wrapper.num_constants = constants
        return wrapper


def _copied(layer: Any, turned: bool = False) -> Any:
    """An equal layer without weights, in the other direction if it is turned."""
    config = layer.get_config()
    if turned:
        config["go_backwards"] = not config["go_backwards"]
    inside = [layer, *layer.layers_inside()]
    with registry.CustomObjectScope({type(part).__name__: type(part) for part in inside}):
        return type(layer).from_config(config)


__all__ = ["Bidirectional", "TimeDistributed", "Wrapper"]
