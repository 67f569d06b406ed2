"""What all layers do: open their variable scope, make their variables once, and share them from then on."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from deepkit import ops
from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.core.inputs import bound, unknown_argument
from deepkit.core.shape import Shape
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.device.dtypes import DType, as_dtype
from deepkit.errors import ArgumentError, ShapeError
from deepkit.layers.weights import SETTINGS
from deepkit.v1 import initializers, nn
from deepkit.v1.framework.scopes import VariableScope, get_variable, variable_scope
from deepkit.v1.framework.symbolic import collect, constant_of


class Layer:
    """Base of all layers. A subclass makes its variables in `build(input_shape)` and computes in `call(inputs)`.

    The first call fixes the name of the variable scope: `name`, or the class's name in small letters, made unique. Every
    later call uses the same variables. `_scope` and `_reuse` are what the functions (`tf.layers.dense`) hand down.
    """

    def __init__(
        self, trainable: bool = True, name: Any = None, dtype: Any = None, activity_regularizer: Any = None,
        _scope: Any = None, _reuse: Any = None, **unknown: Any,
    ):
        if unknown:
            raise unknown_argument(type(self).__name__, sorted(unknown)[0], inspect.signature(type(self)).parameters)
        self.trainable, self.built = trainable, False
        self.dtype: DType | None = None if dtype is None else as_dtype(dtype)
        self.activity_regularizer = activity_regularizer
        self.losses: list[Symbol] = []
        self.updates: list[Any] = []
        self._weights: list[Variable] = []
        self._reuse = _reuse
        self._base_name = name.name if isinstance(name, VariableScope) else name or _snake_case(type(self).__name__)
        self._scope: VariableScope | None = None
        if _scope:
            with variable_scope(_scope) as scope:
                self._scope = scope

    # ---- what subclasses define

    def build(self, input_shape: Shape) -> None:
        """Makes the variables; called once, with the shape of the first input."""

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The layer's output."""
        return inputs

    # ---- calling

    def __call__(self, inputs: Any, *args: Any, scope: Any = None, **kwargs: Any) -> Any:
        """The layer's output for `inputs`, a tensor or a list of tensors."""
        inputs = [constant_of(x) for x in inputs] if isinstance(inputs, (list, tuple)) else constant_of(inputs)
        self._find_scope(scope)
        with (
            variable_scope(self._scope, reuse=self.built or self._reuse, auxiliary_name_scope=False) as opened,
            default_graph().name_scope(opened.original_name_scope),
        ):
            if not self.built:
                self._build(inputs)
            outputs = self.call(inputs, *args, **kwargs)
            if self.activity_regularizer is not None:
                self._add_activity_loss(outputs)
        return outputs

    apply = __call__

    def _build(self, inputs: Any) -> None:
        several = isinstance(inputs, list)
        if self.dtype is None:
            self.dtype = (inputs[0] if several else inputs).dtype
        self.build([x.shape for x in inputs] if several else inputs.shape)  # type: ignore[arg-type]
        self.built = True

    def _find_scope(self, scope: Any = None) -> None:
        if self._scope is None:
            shared = scope or self._base_name if self._reuse else scope
            with variable_scope(shared, default_name=self._base_name) as opened:
                self._scope = opened

    # ---- variables, losses, updates

    def add_weight(
        self, name: str, shape: Any, dtype: Any = None, initializer: Any = None, regularizer: Any = None,
        trainable: bool = True, constraint: Any = None, **ignored: Any,
    ) -> Any:
        """A variable of the layer's scope, shared if the layer reuses one."""
        self._find_scope()
        known = set(default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES))
        with variable_scope(self._scope, reuse=self.built or self._reuse, auxiliary_name_scope=False):
            variable = get_variable(
                name, shape, dtype or self.dtype, initializers.get(initializer), constraint=constraint,
                trainable=trainable and self.trainable,
            )
            if regularizer and variable not in known:
                with default_graph().name_scope(f"{variable.name.partition(':')[0]}/Regularizer/"):
                    self.add_loss(regularizer(variable))
        if not any(w is variable for w in self._weights):
            self._weights.append(variable)
        return variable

    add_variable = add_weight

    def settle(self, **given: tuple[Any, ...]) -> None:
        """Keeps (initializer, regularizer, constraint) of each named weight: kernel=(...) as kernel_initializer, ..."""
        for name, settings in given.items():
            for what, value in zip(SETTINGS, settings, strict=False):
                setattr(self, f"{name}_{what}", value)

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Adds to the collection REGULARIZATION_LOSSES."""
        for loss in losses if isinstance(losses, (list, tuple)) else [losses]:
            if loss is not None:
                self.losses.append(loss)
                collect(GraphKeys.REGULARIZATION_LOSSES, loss)

    def _add_activity_loss(self, outputs: Any) -> None:
        """The regularizer's number for each output, by the size of its batch, as TensorFlow counts it."""
        with default_graph().name_scope("ActivityRegularizer"):
            for output in outputs if isinstance(outputs, (list, tuple)) else [outputs]:
                loss = constant_of(self.activity_regularizer(output))
                self.add_loss(loss / ops.cast(ops.shape(output)[0], loss.dtype))

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Adds to the collection UPDATE_OPS, which a training step has to run; a layer that is not trained has no updates."""
        for update in (updates if isinstance(updates, (list, tuple)) else [updates]) if self.trainable else []:
            self.updates.append(update)
            collect(GraphKeys.UPDATE_OPS, update)

    @property
    def name(self) -> str:
        """The last part of the scope's name."""
        return (self._scope.name if self._scope else self._base_name).split("/")[-1]

    @property
    def scope_name(self) -> str:
        """The whole name of the variable scope; an error before the first call, which fixes it."""
        if self._scope is None:
            raise ArgumentError(f"layer {self._base_name!r} has no scope yet", hint="call the layer first")
        return self._scope.name

    @property
    def weights(self) -> list[Variable]:
        """The variables, the trainable ones first."""
        return self.trainable_weights + self.non_trainable_weights

    variables = weights

    @property
    def trainable_weights(self) -> list[Variable]:
        """The variables an optimizer changes."""
        return [v for v in self._weights if self.trainable and v.trainable]

    trainable_variables = trainable_weights

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The other variables, such as moving averages."""
        return [v for v in self._weights if not (self.trainable and v.trainable)]

    non_trainable_variables = non_trainable_weights

    def count_params(self) -> int:
        """How many numbers the variables hold."""
        if not self.built:
            raise ArgumentError(f"layer {self._base_name!r} has no variables yet", hint="call the layer first")
        return sum(v.shape.num_elements() or 0 for v in self._weights)


def function_of(cls: Callable[..., Any]) -> Callable[..., Any]:
    """`tf.layers.conv2d(inputs, ...)` of Conv2D(...): the inputs, the same arguments, and reuse."""

    def layer(inputs: Any, *args: Any, **kwargs: Any) -> Any:
        given = bound(own, cls.__name__, inputs, *args, **kwargs)
        name, reuse = given.pop("name", None), given.pop("reuse", None)
        return cls(**{k: v for k, v in given.items() if k != "inputs"}, name=name, _scope=name, _reuse=reuse)(inputs)

    def parameter(name: str, **more: Any) -> inspect.Parameter:
        return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, **more)

    kept = [p for p in inspect.signature(cls).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    own = inspect.Signature([parameter("inputs"), *kept, parameter("reuse", default=None)])
    layer.__doc__, layer.__signature__ = cls.__doc__, own  # type: ignore[attr-defined]
    return layer


def _snake_case(name: str) -> str:
    """max_pooling2d from MaxPooling2D."""
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)).lower()


def activation(function: Any) -> Callable[[Any], Any] | None:
    """A function from its name ("relu"), None for "linear"; anything else as it is."""
    if not isinstance(function, str):
        return function
    if function == "linear":
        return None
    if not hasattr(nn, function):
        raise ArgumentError(
            f"there is no activation {function!r}", hint="relu, tanh, sigmoid, softmax, ... or tf.nn.relu"
        )
    return getattr(nn, function)


def known_size(layer: Layer, shape: Shape, axis: int, what: str) -> int:
    """The size of one axis of the input, which the shape of the variables depends on."""
    size = None if shape.lengths is None or not -len(shape.lengths) <= axis < len(shape.lengths) else shape.lengths[axis]
    if size is None:
        raise ShapeError(
            f"layer {layer.name!r}: the input has shape {shape}, so {what} is not known",
            rule="the variables of a layer have shapes that are known when it is built",
            hint="give the placeholder that dimension, or x.set_shape(...)",
        )
    return size


def check_rank(layer: Layer, shape: Shape, rank: int, axes: str) -> None:
    """ShapeError unless the input has `rank` axes."""
    if shape.rank not in (None, rank):
        raise ShapeError(
            f"layer {layer.name!r}: the input has shape {shape}", rule=f"{rank} axes: [{axes}]",
            hint="tf.reshape(x, [-1, 28, 28, 1]) makes images of rows" if rank == 4 else None,
        )
