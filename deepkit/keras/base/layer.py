"""The base of all layers: a name, weights made at the first call, and a call that is checked, named and remembered."""

from __future__ import annotations

import contextlib
import inspect
import warnings
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from deepkit import ops
from deepkit.core.apply import is_tensor
from deepkit.core.control_flow.function_graph import FunctionGraph
from deepkit.core.graph import default_graph
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.device.arrays import default_dtype
from deepkit.device.dtypes import as_dtype, float64
from deepkit.errors import ArgumentError, GraphWarning, ShapeError
from deepkit.keras import constraints, initializers, regularizers
from deepkit.keras.backend import context
from deepkit.keras.backend.config import floatx
from deepkit.keras.backend.nested import flat, kept, keras_shape, listed, map_leaves
from deepkit.keras.backend.session import World, batch_get_value, history_of, learning_phase, placeholder, snake_case
from deepkit.keras.backend.weights import Weight, make_weight
from deepkit.keras.base.checks import unknown_argument
from deepkit.keras.base.history import CallRecord, History
from deepkit.keras.base.input_spec import InputSpec

_INPUT_ARGUMENTS = {"input_shape", "batch_input_shape", "input_dim", "input_length", "batch_size", "weights",
                    "autocast", "dynamic", "implementation", "input_dtype"}
_RARE = {"autocast", "dynamic", "implementation", "input_dtype"}


class Layer(History):
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

    freezings: ClassVar[int] = 0
    """How often `trainable` of any layer was set: while this stays, no layer was frozen or thawed."""
    is_network: ClassVar[bool] = False
    """Whether the layer is made of layers between inputs and outputs, as models are."""
    is_part: ClassVar[bool] = True
    """Whether an attribute of this class makes it a layer of the one that has it; a metric only measures."""

    def __init__(self, trainable: bool = True, name: str | None = None, dtype: Any = None, **kwargs: Any):
        self._trainable_weights: list[Any] = []
        self._non_trainable_weights: list[Any] = []
        self._losses: list[Any] = []  # functions of nothing
        self._graph_losses: list[Symbol] = []  # added outside of any call
        super().__init__()
        unknown = set(kwargs) - _INPUT_ARGUMENTS - {"activity_regularizer"}
        if unknown:
            raise unknown_argument(
                type(self).__name__, sorted(unknown)[0], [*_arguments_of(type(self)), *sorted(_INPUT_ARGUMENTS - _RARE)]
            )
        self.name = name or World.of().name_for(snake_case(type(self).__name__))
        self._trainable = bool(trainable)
        self.dtype = as_dtype(dtype or kwargs.get("input_dtype") or floatx()).name
        self.built = False
        self.stateful = getattr(self, "stateful", False)
        self.supports_masking = getattr(self, "supports_masking", False)
        self.input_spec: Any = None
        self.activity_regularizer = regularizers.get(kwargs.get("activity_regularizer"))
        self._initial_weights = kept(kwargs.get("weights"))
        shape = _batch_input_shape(kwargs)
        if shape is not None:
            self.batch_input_shape = shape
        self._call_arguments = inspect.signature(self.call).parameters

    # ---- attributes that are layers or weights

    def __setattr__(self, key: str, value: Any) -> None:
        if not key.startswith("_"):
            self._track(value)
        object.__setattr__(self, key, value)

    def _track(self, value: Any) -> None:
        if isinstance(value, Layer):
            self.check_begun()
        elif isinstance(value, Weight):
            kept = self._own("_trainable_weights" if value.trainable else "_non_trainable_weights")
            known = [*self._own("_trainable_weights"), *self._own("_non_trainable_weights")]
            if not any(value is w for w in known):
                kept.append(value)
        elif isinstance(value, (list, tuple)):
            for item in value:
                self._track(item)
        elif isinstance(value, dict):
            for item in value.values():
                self._track(item)

    @property
    def _sublayers(self) -> list[Layer]:
        """The layers among the attributes, and in their lists and dictionaries, whenever they were put there."""
        return list({id(layer): layer for layer in _layers_in(vars(self))}.values())

    def _own(self, key: str) -> list[Any]:
        self.check_begun(key)
        return vars(self)[key]

    def check_begun(self, key: str = "_call_arguments") -> None:
        """ArgumentError if a subclass has forgotten super().__init__(), or not come to it yet."""
        if key not in vars(self):
            raise ArgumentError(
                f"{type(self).__name__} is used before super().__init__() has run",
                rule="the base class keeps the name and the lists of layers and weights",
                hint="def __init__(self, ..., **kwargs): super().__init__(**kwargs) comes first",
            )

    # ---- what subclasses define

    def build(self, input_shape: Any) -> None:
        """Makes the weights, now that the shape of the input is known; a subclass calls super().build at the end."""
        self.built = True

    def call(self, inputs: Any) -> Any:
        """The output for the inputs; further arguments `training` and `mask` are filled in where it has them."""
        return inputs

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the output: that of the input where the layer supports masks."""
        if not self.supports_masking:
            if any(m is not None for m in flat(mask)):
                raise ArgumentError(
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

    # ---- weights

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

    @property
    def trainable(self) -> bool:
        """Whether training moves the weights; setting it sets it for all layers inside."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        Layer.freezings += 1
        for layer in self._sublayers:
            layer.trainable = bool(value)

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
        return _without_repeats([*self._trainable_weights, *inner])

    def _other_ones(self) -> list[Any]:
        if not self.trainable:
            inner = [w for layer in self._sublayers for w in layer.weights]
            return _without_repeats([*self._trainable_weights, *self._non_trainable_weights, *inner])
        inner = [w for layer in self._sublayers for w in layer.non_trainable_weights]
        return _without_repeats([*self._non_trainable_weights, *inner])

    @property
    def weights(self) -> list[Any]:
        """All weights: the ones that training moves, then the others."""
        return _without_repeats([*self.trainable_weights, *self.non_trainable_weights])

    variables = property(lambda self: self.weights)
    trainable_variables = property(lambda self: self.trainable_weights)
    non_trainable_variables = property(lambda self: self.non_trainable_weights)

    def get_weights(self) -> list[np.ndarray]:
        """Copies of the weights' values, in the order of `weights`."""
        return [np.asarray(v) for v in batch_get_value(self.weights)]

    def set_weights(self, weights: Any) -> None:
        """Replaces the values of all weights; a list of arrays in the order of `get_weights`."""
        own, values = self.weights, list(weights)
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

    # ---- what a call may ask for

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Adds to what training makes smaller: tensors, or functions of nothing that make one from the weights."""
        for loss in listed(losses):
            if not is_tensor(loss) and callable(loss):
                self._losses.append(loss)
            elif isinstance(loss, Symbol) and context.is_first():
                self._graph_losses.append(loss)
            else:
                context.current().losses.append((self, loss))

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Assignments that happen with each training run, and in a stateful layer with every run: moving averages, states.

        A pair (variable, value) is an assignment, too. Those of a frozen layer do not happen. (What `call` assigns without
        giving it to add_update happens with each run, as in Keras without graphs.)
        """
        for update in listed(updates) if not isinstance(updates, tuple) else [updates]:
            made = update[0].assign(update[1]) if isinstance(update, tuple) else update
            call = context.current()
            call.updates[:] = [*[(layer, known) for layer, known in call.updates if known is not made], (self, made)]

    def add_metric(self, value: Any, aggregation: str | None = None, name: str | None = None) -> None:
        """Shows the mean of `value` among the metrics under `name`; if it is a metric's result, shows that metric."""
        context.current().metrics.append((context.metric_of(value) or name or self.name, value))

    @property
    def losses(self) -> list[Any]:
        """The penalties on weights, and what `add_loss` was given by the calls on Symbols."""
        asked = [x for call in self.calls for _, x in call.asked.losses]
        inner = [x for layer in self._sublayers for x in layer.losses]
        return [*self.penalties(), *asked, *self._graph_losses, *inner]

    def penalties(self) -> list[Any]:
        """The regularizers' penalties on the layer's own weights, and what the functions given to add_loss make."""
        held = [w for w in self._own_weights() if getattr(w, "regularizer", None) is not None]
        return [*[w.regularizer(w) for w in held], *[loss() for loss in self._losses]]

    @property
    def updates(self) -> list[Any]:
        """What the calls on Symbols assign; a frozen layer assigns only its states."""
        asked = [u for call in self.calls for x, u in call.asked.updates if x is None or x.trainable or x.stateful]
        return [*asked, *[u for layer in self._sublayers for u in layer.updates]]

    def _own_weights(self) -> list[Any]:
        return [*self._trainable_weights, *self._non_trainable_weights]

    def layers_inside(self) -> list[Layer]:
        """This layer and all layers in it, each once."""
        found: dict[int, Layer] = {id(self): self}
        for layer in self._sublayers:
            found.update({id(inner): inner for inner in layer.layers_inside()})
        return list(found.values())

    # ---- calling

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        self.check_begun()
        said = dict(kwargs)  # without what is filled in below
        leaves = flat([inputs, args, list(kwargs.values())])
        symbol = next((x for x in leaves if isinstance(x, Symbol)), None)
        eager = symbol is None
        if eager:
            inputs = map_leaves(lambda x: _as_tensor(x, self), inputs)
        record = not eager and context.is_outermost()
        graph = default_graph() if symbol is None else symbol.graph
        with contextlib.ExitStack() as stack:
            training = self._said_training(args, kwargs)
            asked = stack.enter_context(context.calling(training, collect=record or context.is_first(), eager=eager))
            if not eager or not self.built:
                stack.enter_context(graph.as_default())
            if all(history_of(x) is not None for x in leaves if isinstance(x, Symbol)):
                stack.enter_context(graph.passing())  # what Keras makes of its own tensors goes with the model
            self._check(inputs)
            if not eager or not self.built:  # weights and the first call share a scope: d/kernel, d/BiasAdd
                stack.enter_context(graph.name_scope(self.scope))
            if not self.built:
                self._build_once(inputs)
            masks = map_leaves(lambda x: context.mask_of(x) if is_tensor(x) else None, inputs)
            self._fill_in(args, kwargs, masks, eager)
            outputs = self.call(inputs, *args, **kwargs)
            if outputs is None:
                raise ArgumentError(
                    f"layer {self.name!r} ({type(self).__name__}): call() returned None", rule="it returns the layer's output",
                    hint="is a `return` missing?",
                )
            if record:
                outputs = _named_apart(inputs, outputs)
            self._finish_call(inputs, outputs, kwargs.get("mask", masks))
        if record:
            self.remember(CallRecord(self, inputs, outputs, args, said, asked))
        return outputs

    @property
    def scope(self) -> str | None:
        """The name scope of a call; None: that of the whole graph."""
        return self.name

    def _said_training(self, args: Any, kwargs: dict[str, Any]) -> Any:
        """The phase this call names, or None; a layer whose call has no such argument passes it on to those inside."""
        given = kwargs.get("training")
        if given is None and "training" in self._call_arguments and len(args) >= self._place("training"):
            given = args[self._place("training") - 1]
        if "training" in kwargs and "training" not in self._call_arguments and "kwargs" not in self._call_arguments:
            del kwargs["training"]
        return given

    def _fill_in(self, args: Any, kwargs: dict[str, Any], masks: Any, eager: bool) -> None:
        """Adds the phase and the inputs' masks to the arguments where `call` takes them and the caller said nothing."""
        values = {
            "training": lambda: learning_phase() if not eager else context.current().training,
            "mask": lambda: masks if any(m is not None for m in flat(masks)) else None,
        }
        for name, value in values.items():
            if name in self._call_arguments and kwargs.get(name) is None and len(args) < self._place(name):
                kwargs[name] = value()

    def _place(self, argument: str) -> int:
        return list(self._call_arguments).index(argument)

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
            self.build(keras_shape(inputs))
        self.built = True
        if self._initial_weights is not None:
            self.set_weights(self._initial_weights)
            self._initial_weights = None

    def _finish_call(self, inputs: Any, outputs: Any, masks: Any) -> None:
        """Penalties on what the layer puts out, and the masks that go on from here."""
        if self.activity_regularizer is not None:
            for x in flat(outputs):
                batch = ops.cast(ops.shape(x)[0], x.dtype)
                self.add_loss(self.activity_regularizer(x) / batch)
        has_mask = any(m is not None for m in flat(masks))
        if not has_mask and type(self).compute_mask is Layer.compute_mask:
            return
        if has_mask and not self.supports_masking and type(self).compute_mask is Layer.compute_mask:
            warnings.warn(
                f"layer {self.name!r} ({type(self).__name__}) takes no mask: from here on the masked steps count like all others",
                GraphWarning, stacklevel=4,
            )
            return
        found = self.compute_mask(inputs, masks if has_mask else None)
        if found is None:
            return
        outs = listed(outputs)
        given = found if isinstance(found, (list, tuple)) else [found]
        for x, mask in zip(outs, given, strict=False):
            if mask is not None and is_tensor(x):
                context.set_mask(x, mask)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


def _again(cls: Any, config: dict[str, Any], arrays: list[np.ndarray] | None) -> Layer:
    """A layer like one that was pickled; it takes the arrays when it is built."""
    layer: Layer = cls.from_config(config)
    layer._initial_weights = arrays
    return layer


def _layers_in(value: Any) -> Iterator[Layer]:
    if isinstance(value, Layer):
        if value.is_part:
            yield value
    elif isinstance(value, (list, tuple, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _layers_in(item)


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
    own = {id(x) for x in flat(inputs)}
    return map_leaves(
        lambda y: ops.identity(y) if is_tensor(y) and (id(y) in own or hasattr(y, "read")) else y, outputs
    )


def _weight_shape(layer: str, name: Any, shape: Any) -> tuple[int, ...]:
    dims = tuple(shape) if isinstance(shape, (list, tuple)) or hasattr(shape, "__iter__") else (shape,)
    if any(d is None or getattr(d, "value", 0) is None for d in dims):
        raise ShapeError(
            f"layer {layer!r}: weight {name!r} would have shape {dims}",
            rule="a weight's size cannot depend on a dimension that is not known",
            hint="give the first layer input_shape=... with numbers in every place but those the layer does not use",
        )
    return tuple(int(d) for d in dims)


def _without_repeats(weights: list[Any]) -> list[Any]:
    return list({id(w): w for w in weights}.values())


def _short(weight: Any) -> str:
    return weight.name.split(":")[0].rpartition("/")[2] if hasattr(weight, "name") else weight.label


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
