"""The base of all layers: how one is made, called, and made again from its configuration."""

from __future__ import annotations

import contextlib
import inspect
from typing import Any, ClassVar

import numpy as np

from deepkit import ops
from deepkit.core.apply import is_tensor
from deepkit.core.control_flow.function_graph import FunctionGraph
from deepkit.core.graph import default_graph
from deepkit.core.inputs import unknown_argument
from deepkit.core.nest import flatten, map_leaves
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.device.arrays import default_dtype
from deepkit.device.dtypes import as_dtype, float64
from deepkit.errors import ArgumentError, GraphWarning, MaskError
from deepkit.keras import regularizers
from deepkit.keras.backend import context
from deepkit.keras.backend.config import floatx
from deepkit.keras.backend.nested import keras_shape, listed
from deepkit.keras.backend.phase import learning_phase
from deepkit.keras.backend.session import World, history_of, placeholder, snake_case
from deepkit.keras.base.effects import LayerEffects
from deepkit.keras.base.history import CallRecord
from deepkit.keras.base.input_spec import InputSpec
from deepkit.site import warn_user

_INPUT_ARGUMENTS = {"input_shape", "batch_input_shape", "input_dim", "input_length", "batch_size", "weights",
                    "autocast", "dynamic", "implementation", "input_dtype"}
_RARE = {"autocast", "dynamic", "implementation", "input_dtype"}


class Layer(LayerEffects):
    """Base of all layers. A subclass makes its weights in `build` and computes in `call`.

    >>> import numpy as np
    >>> from deepkit import keras
    >>> class Scale(keras.layers.Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight(name="factor", shape=(input_shape[-1],), initializer="ones")
    ...         super().build(input_shape)
    ...     def call(self, inputs):
    ...         return inputs * self.factor
    >>> Scale()(np.array([[1.0, 2.0]], "float32"))
    <dk.Tensor shape=(1, 2) dtype=float32
    [[1. 2.]]>

    Called on a Symbol (what `Input` returns) a layer adds to the graph; called on a Tensor or an array it computes.
    """

    is_network: ClassVar[bool] = False
    """Whether the layer is made of layers between inputs and outputs, as models are."""

    penalty_by_example = True

    def __init__(self, trainable: bool = True, name: str | None = None, dtype: Any = None, **kwargs: Any):
        super().__init__(bool(trainable), kwargs.get("weights"))
        unknown = set(kwargs) - _INPUT_ARGUMENTS - {"activity_regularizer"}
        if unknown:
            raise unknown_argument(
                type(self).__name__, sorted(unknown)[0], [*_arguments_of(type(self)), *sorted(_INPUT_ARGUMENTS - _RARE)]
            )
        self.name = name or World.of().name_for(snake_case(type(self).__name__))
        self.dtype = as_dtype(dtype or kwargs.get("input_dtype") or floatx()).name
        self.built = False
        self.stateful = getattr(self, "stateful", False)
        self.supports_masking = getattr(self, "supports_masking", False)
        self.input_spec: Any = None
        self.activity_regularizer = regularizers.get(kwargs.get("activity_regularizer"))
        shape = _batch_input_shape(kwargs)
        if shape is not None:
            self.batch_input_shape = shape
        self.call_parameters = inspect.signature(self.call).parameters

    # ---- what subclasses define

    def call(self, inputs: Any) -> Any:
        """The output for the inputs; further arguments `training` and `mask` are filled in where it has them."""
        return inputs

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the output: that of the input where the layer supports masks."""
        if not self.supports_masking:
            if any(m is not None for m in flatten(mask)):
                raise MaskError(
                    f"layer {self.name!r} ({type(self).__name__}) does not support masks, but its input has one",
                    rule="a mask says which time steps are padding; a layer that ignores it would count them in",
                    hint="return_sequences=False in the recurrent layer before it ends the mask, or no Masking/mask_zero",
                )
            return None
        return mask

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The output's shape for an input of this shape, found by calling the layer once in a graph of its own."""
        many = isinstance(input_shape, list) and input_shape and isinstance(input_shape[0], (tuple, list))
        with FunctionGraph(default_graph()).building(), context.calling(training=False):
            made = [placeholder(tuple(s), dtype=self.dtype) for s in (input_shape if many else [input_shape])]
            return keras_shape(self(made if many else made[0]))

    # ---- configuration

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer, without its weights."""
        config: dict[str, Any] = {"name": self.name, "trainable": self.trainable}
        if hasattr(self, "batch_input_shape"):
            config["batch_input_shape"] = self.batch_input_shape
        config["dtype"] = self.dtype
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A layer from what `get_config` gave."""
        return cls(**config)

    def __reduce__(self) -> tuple[Any, ...]:
        """What pickle and copy.deepcopy make an equal layer of: see object.__reduce__."""
        return _again, (type(self), self.get_config(), (self.get_weights() if self.built else None) or None)

    # ---- calling

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        self.check_begun()
        said = dict(kwargs)  # without what is filled in below
        symbols = [x for x in flatten([inputs, args, list(kwargs.values())]) if isinstance(x, Symbol)]
        eager = not symbols
        if eager:
            inputs = map_leaves(lambda x: _as_tensor(x, self), inputs)
        self._check(inputs)
        record = not eager and context.is_outermost()
        with contextlib.ExitStack() as stack:
            training = self._said_training(args, kwargs)
            asked = stack.enter_context(context.calling(training, collect=record or context.is_first(), eager=eager))
            self._enter_graph(stack, symbols)
            if not self.built:
                self._build_once(inputs)
            masks = map_leaves(lambda x: context.mask_of(x) if is_tensor(x) else None, inputs)
            self._fill_in(args, kwargs, masks, eager)
            outputs = self._computed(inputs, args, kwargs)
            if record:
                outputs = _named_apart(inputs, outputs)
            self._add_activity_penalty(outputs)
            self._pass_masks_on(inputs, outputs, kwargs.get("mask", masks))
        if record:
            self.add_inbound_node(CallRecord(self, inputs, outputs, args, said, asked))
        return outputs

    def _computed(self, inputs: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What `call` returns; ArgumentError if that is nothing."""
        outputs = self.call(inputs, *args, **kwargs)
        if outputs is None:
            raise ArgumentError(
                f"layer {self.name!r} ({type(self).__name__}): call() returned None", rule="it returns the layer's output",
                hint="is a `return` missing?",
            )
        return outputs

    @property
    def _scope(self) -> str | None:
        """The name scope of a call; None: that of the whole graph."""
        return self.name

    def _enter_graph(self, stack: contextlib.ExitStack, symbols: list[Symbol]) -> None:
        """Lets what the call makes go into the graph of its Symbols: weights and nodes share a scope, d/kernel, d/BiasAdd."""
        graph = symbols[0].graph if symbols else default_graph()
        if all(history_of(x) is not None for x in symbols):
            stack.enter_context(graph.passing())  # what Keras makes of its own tensors goes with the model
        if symbols or not self.built:
            stack.enter_context(graph.as_default())
            stack.enter_context(graph.name_scope(self._scope))

    def _said_training(self, args: Any, kwargs: dict[str, Any]) -> Any:
        """The phase this call names, or None; a layer whose call has no such argument passes it on to those inside."""
        given = kwargs.get("training")
        if given is None and "training" in self.call_parameters and len(args) >= self._place("training"):
            given = args[self._place("training") - 1]
        if "training" in kwargs and "training" not in self.call_parameters and "kwargs" not in self.call_parameters:
            del kwargs["training"]
        return given

    def _fill_in(self, args: Any, kwargs: dict[str, Any], masks: Any, eager: bool) -> None:
        """Adds the phase and the inputs' masks to the arguments where `call` takes them and the caller said nothing."""
        values = {
            "training": lambda: learning_phase() if not eager else context.current().training,
            "mask": lambda: masks if any(m is not None for m in flatten(masks)) else None,
        }
        for name, value in values.items():
            if name in self.call_parameters and kwargs.get(name) is None and len(args) < self._place(name):
                kwargs[name] = value()

    def _place(self, argument: str) -> int:
        return list(self.call_parameters).index(argument)

    def _check(self, inputs: Any) -> None:
        specs = listed(self.input_spec)
        tensors = listed(inputs)
        if not specs:
            return
        if len(specs) != len(tensors) and isinstance(self.input_spec, (list, tuple)):
            raise ArgumentError(
                f"layer {self.name!r} takes {len(specs)} inputs, got {len(tensors)}",
                hint="give several inputs as one list: layer([a, b])",
            )
        if len(tensors) > 1 and isinstance(self.input_spec, InputSpec):
            raise ArgumentError(
                f"layer {self.name!r} ({type(self).__name__}) takes one input, got a list of {len(tensors)}",
                hint="join them first: concatenate([a, b]); or call the layer on each of them",
            )
        for i, (spec, x) in enumerate(zip(specs, tensors, strict=False)):
            if spec is not None and is_tensor(x):
                spec.check(self.name, x, f" as input {i}" if len(specs) > 1 else "")

    def _build_once(self, inputs: Any) -> None:
        graph = default_graph()
        outside = graph.root is not graph  # called in the body of a loop or a branch: the weights stand around it
        scope = graph.root.name_scope(self.name) if outside else contextlib.nullcontext()
        with graph.control_dependencies(None), scope, context.calling(values=False):
            self.ensure_built(keras_shape(inputs))

    def _add_activity_penalty(self, outputs: Any) -> None:
        """The penalty on what the layer puts out, as a mean over the batch (in Keras 2.3.1 as a sum: dialects.py)."""
        if self.activity_regularizer is not None:
            for x in flatten(outputs):
                penalty = self.activity_regularizer(x)
                self.add_loss(penalty / ops.cast(ops.shape(x)[0], x.dtype) if self.penalty_by_example else penalty)

    def _pass_masks_on(self, inputs: Any, outputs: Any, masks: Any) -> None:
        """Gives the outputs the masks that go on from here."""
        has_mask = any(m is not None for m in flatten(masks))
        own = type(self).compute_mask is not Layer.compute_mask
        if has_mask and not own and not self.supports_masking:
            warn_user(
                f"layer {self.name!r} ({type(self).__name__}) takes no mask: from here on the masked steps count like "
                "all others", GraphWarning,
            )
        elif has_mask or own:
            found = self.compute_mask(inputs, masks if has_mask else None)
            for x, mask in zip(listed(outputs), listed(found), strict=False):
                if mask is not None and is_tensor(x):
                    context.set_mask(x, mask)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    @property
    def _name(self) -> str:
        """The name, by which tf.keras' users rename a layer: model._name = "mine"."""
        return self.name

    @_name.setter
    def _name(self, name: str) -> None:
        self.name = name


def _again(cls: Any, config: dict[str, Any], arrays: list[np.ndarray] | None) -> Layer:
    """A layer like one that was pickled; it takes the arrays when it is built."""
    layer: Layer = cls.from_config(config)
    layer.start_with(arrays)
    return layer


def _as_tensor(x: Any, layer: Layer) -> Any:
    """Arrays and numbers as Tensors; floats in the layer's type."""
    if is_tensor(x) or x is None:
        return x
    if callable(x) and not hasattr(x, "__array__"):
        raise ArgumentError(
            f"layer {layer.name!r} was called on {x!r}", rule="a layer is called on a tensor: Input(...), or what a layer made",
            hint="y = Dense(10)(x): the first brackets make the layer, the second ones call it",
        )
    return Tensor(x, dtype=layer.dtype if default_dtype(x) is float64 else None)


def _named_apart(inputs: Any, outputs: Any) -> Any:
    """Outputs that are an input itself get a node of their own, so that they have a history of their own."""
    own = {id(x) for x in flatten(inputs)}
    return map_leaves(
        lambda y: ops.identity(y) if is_tensor(y) and (id(y) in own or hasattr(y, "read")) else y, outputs
    )


def _batch_input_shape(kwargs: dict[str, Any]) -> tuple[Any, ...] | None:
    if kwargs.get("batch_input_shape") is not None:
        return tuple(kwargs["batch_input_shape"])
    shape = kwargs.get("input_shape")
    if shape is None and kwargs.get("input_dim") is not None:
        dim = kwargs["input_dim"]
        shape = (kwargs["input_length"], dim) if kwargs.get("input_length") else (dim,)
    if shape is None:
        return None
    return (kwargs.get("batch_size"), *([shape] if isinstance(shape, int) else shape))


def _arguments_of(cls: type) -> list[str]:
    """The names that a layer's class takes, its bases' among them."""
    return [p for c in cls.__mro__ if "__init__" in vars(c) for p in inspect.signature(vars(c)["__init__"]).parameters]


__all__ = ["InputSpec", "Layer"]
