"""Dense layers, dropout and flattening."""

from __future__ import annotations

import numbers
from typing import Any

from deepkit import ops
from deepkit.core.shape import Shape
from deepkit.core.static import static_value
from deepkit.errors import DTypeError, ShapeError
from deepkit.layers import dense as _dense
from deepkit.layers import dropout as _dropout
from deepkit.layers.dense import dense_weights
from deepkit.layers.weights import make_weights
from deepkit.v1 import initializers
from deepkit.v1.framework.control_flow import cond
from deepkit.v1.layers.base import Layer, activation, function_of, known_size


class Dense(Layer):
    """activation(inputs @ kernel + bias): (..., n) -> (..., units). Variables kernel (n, units) and bias (units,).

    The kernel starts with Glorot's uniform numbers (or the scope's initializer), the bias with zeros. A second call of
    `tf.layers.dense` with the same name needs reuse=True and shares the variables.
    """

    def __init__(
        self, units: int, activation: Any = None, use_bias: bool = True, kernel_initializer: Any = None,
        bias_initializer: Any = initializers.zeros, kernel_regularizer: Any = None, bias_regularizer: Any = None,
        activity_regularizer: Any = None, kernel_constraint: Any = None, bias_constraint: Any = None,
        trainable: bool = True, name: Any = None, **kwargs: Any,
    ):
        super().__init__(trainable, name, activity_regularizer=activity_regularizer, **kwargs)
        self.units, self.use_bias, self.activation = int(units), use_bias, _activation(activation)
        self.settle(
            kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )
        self.kernel: Any = None
        self.bias: Any = None

    def build(self, input_shape: Shape) -> None:
        if self.dtype is not None and not (self.dtype.is_floating or self.dtype.is_complex):
            raise DTypeError(
                f"layer {self.name!r} of {self.dtype.name} inputs", rule="weights are floating-point numbers",
                hint="tf.cast(x, tf.float32)",
            )
        size = known_size(self, input_shape, -1, "the number of inputs")
        make_weights(self, dense_weights(size, self.units, self.use_bias))

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        outputs = _dense.dense(inputs, self.kernel, self.bias)
        return outputs if self.activation is None else self.activation(outputs)


_activation = activation


class Dropout(Layer):
    """In training each number is 0 with probability `rate`, the others are divided by 1 - rate; else nothing happens."""

    def __init__(
        self, rate: Any = 0.5, noise_shape: Any = None, seed: int | None = None, name: Any = None, **kwargs: Any
    ):
        super().__init__(name=name, **kwargs)
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed

    def call(self, inputs: Any, training: Any = False, *args: Any, **kwargs: Any) -> Any:
        known = static_value(training)
        never = isinstance(self.rate, numbers.Real) and self.rate == 0
        if never or (known is not None and not known):
            return ops.identity(inputs)
        if known is None:  # then random numbers are drawn in training only
            return cond(training, lambda: self._dropped(inputs), lambda: ops.identity(inputs))
        return self._dropped(inputs)

    def _dropped(self, inputs: Any) -> Any:
        return _dropout.dropout(inputs, self.rate, self.noise_shape, self.seed)


class Flatten(Layer):
    """All axes but the first become one: (batch, ...) -> (batch, n)."""

    def __init__(self, data_format: str = "channels_last", **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = data_format

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        if inputs.shape.lengths is None:
            raise ShapeError(
                f"layer {self.name!r}: the input has a shape of unknown rank", hint="x.set_shape([None, ...])"
            )
        return _dense.flat(inputs, self.data_format == "channels_first")


dense = function_of(Dense)


def dropout(
    inputs: Any, rate: Any = 0.5, noise_shape: Any = None, seed: int | None = None, training: Any = False,
    name: Any = None,
) -> Any:
    """Sets numbers to 0 with probability `rate` (the share that goes) while `training` is true, a bool or a tensor."""
    return Dropout(rate, noise_shape, seed, name)(inputs, training=training)


def flatten(inputs: Any, name: Any = None, data_format: str = "channels_last") -> Any:
    """All axes but the first become one: (batch, ...) -> (batch, n)."""
    return Flatten(data_format, name=name)(inputs)
