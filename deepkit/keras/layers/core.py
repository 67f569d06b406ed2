"""The layers that every network is made of: Dense, Activation, Dropout, and those that only change shapes."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.keras import activations, constraints, initializers, regularizers
from deepkit.keras.engine.input_spec import InputSpec
from deepkit.keras.engine.layer import Layer


class Dense(Layer):
    """activation(x @ kernel + bias): (..., n) -> (..., units)."""

    def __init__(
        self, units: int, activation: Any = None, use_bias: bool = True, kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros", kernel_regularizer: Any = None, bias_regularizer: Any = None,
        activity_regularizer: Any = None, kernel_constraint: Any = None, bias_constraint: Any = None, **kwargs: Any,
    ):  # fmt: skip
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = int(units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.supports_masking = True
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape: Any) -> None:
        features = input_shape[-1]
        self.kernel = self.add_weight(
            "kernel", (features, self.units), initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer, constraint=self.kernel_constraint,
        )  # fmt: skip
        if self.use_bias:
            self.bias = self.add_weight(
                "bias", (self.units,), initializer=self.bias_initializer, regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )  # fmt: skip
        self.input_spec = InputSpec(min_ndim=2, axes={-1: features})
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        outputs = ops.matmul(inputs, self.kernel) if len(inputs.shape) == 2 else ops.tensordot(inputs, self.kernel, 1)
        if self.use_bias:
            outputs = ops.bias_add(outputs, self.bias)
        return self.activation(outputs)
