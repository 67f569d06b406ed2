"""A graph of layers as one layer: what `Model` adds training to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from deepkit.core.apply import is_tensor
from deepkit.core.nest import flatten, map_leaves
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.errors import ArgumentError, NoSingleCallError
from deepkit.keras.backend import context
from deepkit.keras.backend.nested import kept, keras_shape, listed, single
from deepkit.keras.backend.tensors import tensor
from deepkit.keras.base.history import record_of
from deepkit.keras.base.layer import Layer
from deepkit.keras.base.replay import replayed, sources_of
from deepkit.keras.base.topology import Topology
from deepkit.keras.base.weights import without_repeats
from deepkit.keras.engine.forward import Forward


@dataclass(frozen=True)
class AddedMetric:
    """A metric (or the name of a mean) that a model was given outside of any call, and its value, a tensor of the model."""

    metric: Any
    value: Symbol

    def anew(self, now: Mapping[int, Any]) -> Any:
        """The value with other tensors in the place of some; a metric is called again, on what it was called on."""
        if isinstance(self.metric, str):
            return replayed([self.value], now)[0]
        args, kwargs = map_leaves(
            lambda x: replayed([x], now)[0] if isinstance(x, Symbol) else x, context.arguments_of_metric(self.value)
        )
        return self.metric(*args, **kwargs)


class Network(Layer):
    """Layers from `inputs` to `outputs`; or, in a subclass, whatever its `call` does with the layers it holds."""

    is_network = True
    is_sequential: ClassVar[bool] = False
    """Whether the layers are a row, to which more can be added."""

    def __init__(self, inputs: Any = None, outputs: Any = None, name: str | None = None, **kwargs: Any):
        if "input" in kwargs:  # Keras 1's spelling
            inputs = kwargs.pop("input")
        if "output" in kwargs:
            outputs = kwargs.pop("output")
        super().__init__(name=name, **kwargs)
        self.supports_masking = True
        self._topology: Topology | None = None
        self._graph_metrics: list[AddedMetric] = []
        self._inputs: Any = None
        self._outputs: Any = None
        if (inputs is None) != (outputs is None):
            raise ArgumentError("a Model needs both inputs and outputs", hint="Model(inputs=x, outputs=y)")
        if inputs is not None:
            self._connect(inputs, outputs)

    def _connect(self, inputs: Any, outputs: Any) -> None:
        """Makes this the model from `inputs` to `outputs`."""
        for x in flatten([inputs, outputs]):
            if not isinstance(x, Symbol):
                raise ArgumentError(
                    f"Model: {'an array' if hasattr(x, '__array__') else repr(x)} is not a tensor that a layer made",
                    rule="inputs and outputs are tensors: Input(...) makes one, and so does calling a layer",
                    hint="Model(inputs=Input(...), outputs=layer(...))",
                )
            record_of(x)
        _check_inputs(flatten(inputs))
        self._inputs, self._outputs = kept(inputs), kept(single(outputs) if isinstance(outputs, list) else outputs)
        self._topology = Topology(inputs, outputs)
        self._take_in_branches()
        self.built = True

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Adds to what training makes smaller; of a tensor the layers that lead to it become layers of the model."""
        known = len(self._graph_losses)
        super().add_loss(losses, inputs)
        if len(self._graph_losses) > known:
            self._take_in_branches()

    def _take_in_branches(self) -> None:
        """Makes the layers that only the model's own losses and metrics need a part of it, as tf_keras does."""
        if self._topology is not None:
            added = [*self._graph_losses, *[added.value for added in self._graph_metrics]]
            self._topology.take_in([x for value in added for x in sources_of(value) if not isinstance(x, Variable)])

    # ---- parts

    @property
    def _sublayers(self) -> list[Layer]:
        return super()._sublayers if self._topology is None else self._topology.layers

    @property
    def layers(self) -> list[Layer]:
        """The layers: along a functional model from input to output, in a subclass as they were set."""
        return list(self._sublayers)

    @property
    def inputs(self) -> list[Any]:
        return flatten(self._inputs) if self._inputs is not None else []

    @property
    def outputs(self) -> list[Any]:
        return flatten(self._outputs) if self._outputs is not None else []

    @property
    def input(self) -> Any:
        return self._ends("inputs")

    @property
    def output(self) -> Any:
        return self._ends("outputs")

    @property
    def input_shape(self) -> Any:
        return keras_shape(self._ends("inputs"))

    @property
    def output_shape(self) -> Any:
        return keras_shape(self._ends("outputs"))

    def _ends(self, which: str) -> Any:
        ends = getattr(self, which)
        if not ends:
            raise NoSingleCallError(
                f"model {self.name!r} has no {which} yet", rule="they exist once the shape of its input is known",
                hint="give input_shape=... to the first layer, or call build((None, ...)) or fit",
            )
        return single(ends)

    @property
    def input_names(self) -> list[str]:
        return [record_of(x).layer.name for x in self.inputs]

    @property
    def output_names(self) -> list[str]:
        if self._topology is None:
            return [f"output_{i + 1}" for i in range(len(self.outputs))]
        names: list[str] = []
        for x in self.outputs:
            name = record_of(x).layer.name
            count = sum(1 for n in names if n == name or n.rpartition("_")[0] == name)
            names.append(name if not count else f"{name}_{count}")
        return names

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of this name, or at this place in `layers`."""
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ArgumentError(f"model {self.name!r} has {len(self.layers)} layers, there is no layer {index}")
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ArgumentError(
            f"model {self.name!r} has no layer {name!r}",
            rule="layers: " + ", ".join(x.name for x in self.layers),
            hint="Dense(10, name='scores') gives a layer a name of your own",
        )

    # ---- weights, layer by layer

    trained_first = False
    """Whether `weights` has those that training moves before all others, though `get_weights` goes layer by layer."""

    @property
    def weights(self) -> list[Any]:
        """The weights in the order of the layers; a layer's own order is: those that training moves, then the others."""
        return super().weights if self.trained_first else self._weights_of_values()

    def _weights_of_values(self) -> list[Any]:
        inner = [w for layer in self._sublayers for w in layer.weights]
        return without_repeats([*self.own_weights, *inner] if self.trained_first else [*inner, *self.own_weights])

    def _trained_ones(self) -> list[Any]:
        inner = [w for layer in self._sublayers for w in layer.trainable_weights]
        return without_repeats([*inner, *self._trainable_weights])

    def _other_ones(self) -> list[Any]:
        kept = {id(w) for w in self.trainable_weights}
        inner = [w for layer in self._sublayers for w in layer.non_trainable_weights]
        if not self.trainable:
            trained = [w for layer in self._sublayers for w in layer.trainable_weights]
            inner = trained + inner
        return [w for w in without_repeats([*inner, *self._non_trainable_weights]) if id(w) not in kept]

    @property
    def trained_weights(self) -> list[Any]:
        """The weights that training moves."""
        return self.trainable_weights

    @property
    def state_updates(self) -> list[Any]:
        return [u for layer in self._sublayers if layer.stateful for u in layer.updates]

    @property
    def stateful(self) -> bool:
        return any(layer.stateful for layer in self._sublayers)

    @stateful.setter
    def stateful(self, value: bool) -> None:
        """A network is stateful if a layer in it is."""

    def reset_states(self) -> None:
        """Sets the states of all stateful layers to zero."""
        for layer in self.layers:
            if hasattr(layer, "reset_states") and getattr(layer, "stateful", False):
                layer.reset_states()

    # ---- calling

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """The outputs for other inputs: every layer is called again on what now comes to it."""
        if self._topology is None:
            return self._call_unconnected(inputs)
        given = self._one_for_each_input(inputs)
        for x, m in zip(given, flatten(mask) if mask is not None else [], strict=False):
            if m is not None:
                context.set_mask(x, m)
        now: dict[int, Any] = {id(x): y for x, y in zip(self.inputs, given, strict=True)}

        def new(x: Any) -> Any:
            return now.get(id(x), x) if is_tensor(x) else x

        for step in self._topology.calls:
            if step.is_input:
                continue
            results = step.layer(
                map_leaves(new, step.inputs), *map_leaves(new, step.args), **map_leaves(new, step.kwargs)
            )
            now.update({id(old): y for old, y in zip(flatten(step.outputs), flatten(results), strict=True)})
        self._ask_anew(now)
        return map_leaves(new, self._outputs)

    def _ask_anew(self, now: dict[int, Any]) -> None:
        """The losses and metrics made of the model's own tensors, of those that stand for them in this call."""
        call = context.current()
        call.losses += [(self, loss) for loss in replayed(self._graph_losses, now)]
        call.metrics += [(added.metric, added.anew(now)) for added in self._graph_metrics]

    def _one_for_each_input(self, inputs: Any) -> list[Any]:
        given = flatten([inputs[name] for name in self.input_names] if isinstance(inputs, dict) else listed(inputs))
        if len(given) != len(self.inputs):
            raise ArgumentError(f"model {self.name!r} has {len(self.inputs)} inputs, got {len(given)}")
        return given

    def _call_unconnected(self, inputs: Any) -> Any:
        raise ArgumentError(
            f"{type(self).__name__} defines no call()", rule="a model is made from inputs and outputs, or is a subclass",
            hint="Model(inputs=..., outputs=...), or def call(self, inputs): ...",
        )

    @property
    def is_connected(self) -> bool:
        """Whether the model is the graph between its inputs and outputs, and no function of a subclass."""
        return self._topology is not None and type(self).call is Network.call

    def asked_outside(self) -> context.Call:
        """What was asked for outside of any call, with tensors of the graph: losses of this model and of layers in it."""
        asked = context.Call()
        for layer in self.layers_inside():
            if layer is self or not layer.is_network:  # a model within has asked again when it was called
                asked.losses += [(layer, loss) for loss in layer.graph_losses]
        asked.metrics += [(added.metric, added.value) for added in self._graph_metrics]
        return asked

    @property
    def losses(self) -> list[Any]:
        """Layer by layer what the calls between the model's inputs and outputs have added, then the penalties on weights.

        Functions that the model itself was given come first, losses made of its tensors last, as in Keras.
        """
        if not self.is_connected:
            return super().losses
        added, inside = Forward.connected(self).losses, self.layers_inside()[1:]
        own = [x for by, x in added if not any(by is layer for layer in inside)]
        theirs = [[*[x for by, x in added if by is layer], *layer.weight_penalties()] for layer in inside]
        return [*self.weight_penalties(), *[x for losses in theirs for x in losses], *own]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The masks of the outputs for inputs that have these masks, one for each output: every layer passes on its own."""
        if not self.is_connected:
            return None
        with context.calling(collect=True, eager=not any(isinstance(x, Symbol) for x in flatten(inputs))):
            outputs = self.call(map_leaves(tensor, inputs), mask=mask)
            return map_leaves(context.mask_of, outputs)

    def _pass_masks_on(self, inputs: Any, outputs: Any, masks: Any) -> None:
        """Nothing but what a subclass says: each output has the mask that its own layer gave it."""
        if type(self).compute_mask is not Network.compute_mask:
            super()._pass_masks_on(inputs, outputs, masks)

    # ---- description

    def get_config(self) -> dict[str, Any]:
        """Layers, how they are connected, and the losses and metrics made of the model's tensors."""
        from deepkit.keras.saving.config import network_config

        return network_config(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """What pickle and copy.deepcopy make an equal model of, in the default graph.

        It comes with its weights, its training and the optimizer's memory. Classes and functions of the program's own are
        pickled by their names, as pickle does.
        """
        from deepkit.keras.saving.state import model_of, own_objects, state_of

        return model_of, (state_of(self), own_objects(self))

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        from deepkit.keras.saving.config import network_from_config

        return network_from_config(cls, config, custom_objects)

    def summary(self, line_length: int | None = None, positions: Any = None, print_fn: Any = None, **how: Any) -> None:
        """Prints the layers with their output shapes and numbers of weights; see keras.utils.print_summary."""
        from deepkit.keras.utils.layer_utils import print_summary

        print_summary(self, line_length=line_length, positions=positions, print_fn=print_fn, **how)

    def to_json(self, **kwargs: Any) -> str:
        """The architecture, without weights, as JSON."""
        from deepkit.keras.saving.config import to_json

        return to_json(self, **kwargs)

    def to_yaml(self, **kwargs: Any) -> str:
        """The architecture, without weights, as YAML."""
        from deepkit.keras.saving.config import to_yaml

        return to_yaml(self, **kwargs)

    def save(
        self, filepath: str | os.PathLike[str], overwrite: bool = True, include_optimizer: bool = True, **kw: Any
    ) -> None:
        """Architecture, weights and the optimizer's state in one HDF5 file."""
        from deepkit.keras.saving import save_model

        save_model(self, filepath, overwrite, include_optimizer, **kw)

    def save_weights(self, filepath: str | os.PathLike[str], overwrite: bool = True, **kw: Any) -> None:
        """The weights in a file: HDF5, or safetensors or npz by the name's ending."""
        from deepkit.keras.saving import save_weights

        save_weights(self, filepath, overwrite, **kw)

    def load_weights(self, filepath: str | os.PathLike[str], by_name: bool = False, **kw: Any) -> None:
        """Takes the weights from a file; by_name: those of layers that have the same name."""
        from deepkit.keras.saving import load_weights

        load_weights(self, filepath, by_name, **kw)


def _check_inputs(inputs: list[Any]) -> None:
    """ArgumentError unless each comes from Input(...) and is there once."""
    for x in inputs:
        if not record_of(x).is_input:
            raise ArgumentError(
                f"Model: the input {x.name} is the output of layer {record_of(x).layer.name!r}",
                rule="a model's inputs come from Input(...)",
                hint="call the layers on a new Input(shape=...), then make the model of that",
            )
        if sum(x is y for y in inputs) > 1:
            raise ArgumentError(
                f"Model: the input {x.name} is given {sum(x is y for y in inputs)} times",
                rule="an array is fed for each input", hint="give it once; layers may take it as often as they like",
            )
