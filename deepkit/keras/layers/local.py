"""Locally connected layers: convolutions with weights of their own at each place."""

from __future__ import annotations

import functools
import math
from typing import Any, ClassVar

import numpy as np

from deepkit import ops
from deepkit.device.windows import count
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras import activations, backend
from deepkit.keras.backend.config import normalize_data_format
from deepkit.keras.base.input_spec import InputSpec
from deepkit.keras.base.layer import Layer
from deepkit.keras.layers.arguments import described, naming, numbers, padding_name, settle
from deepkit.layers.weights import Declared, make_weights

__all__ = ["LocallyConnected1D", "LocallyConnected2D"]


class _LocallyConnected(Layer):
    """Base. implementation says how the weights are kept; the results are the same.

    1: kernel (places, numbers in a window, filters), padding "valid" only. 2: one matrix from all numbers of an input to
    all of an output, (input..., output...), of which only the entries inside windows are used. 3: these entries alone,
    in one row, ordered by output and input.
    """

    space: ClassVar[int]

    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid", data_format: str | None = None,
        activation: Any = None, use_bias: bool = True, kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros", kernel_regularizer: Any = None, bias_regularizer: Any = None,
        activity_regularizer: Any = None, kernel_constraint: Any = None, bias_constraint: Any = None,
        implementation: int = 1, **kwargs: Any,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        (self.filters,) = numbers(filters, 1, "filters")
        self.kernel_size = numbers(kernel_size, self.space, "kernel_size")
        self.strides = numbers(strides, self.space, "strides")
        self.padding = padding_name(padding, type(self).__name__)
        if implementation not in (1, 2, 3) or (implementation == 1 and self.padding != "valid"):
            raise ArgumentError(
                f"{type(self).__name__}: implementation={implementation!r} with padding={padding!r}",
                rule="1 (small kernels, padding 'valid' only), 2 or 3", hint="implementation=2 for padding='same'",
            )
        self.implementation = implementation
        self.data_format = normalize_data_format(data_format)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        settle(
            self, kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )
        self.kernel: Any = None
        self.bias: Any = None
        self.input_spec = InputSpec(ndim=self.space + 2)

    def build(self, input_shape: Any) -> None:
        first = self.data_format == "channels_first"
        channels, inner = (input_shape[1], input_shape[2:]) if first else (input_shape[-1], input_shape[1:-1])
        if None in (channels, *inner):
            raise ShapeError(
                f"layer {self.name!r}: an input of shape {tuple(input_shape)}",
                rule="each place has weights of its own, so all lengths but the batch's must be known",
                hint="input_shape=(steps, features), or (rows, columns, channels)",
            )
        with naming(self):
            settings = zip(inner, self.kernel_size, self.strides, strict=True)
            lengths = [count(n, size, stride, 1, self.padding.upper()) for n, size, stride in settings]
        self.output_space: tuple[Any, ...] = tuple(lengths)
        kernel = Declared("kernel", self._kernel_shape(channels, inner))
        bias = Declared("bias", (*self.output_space, self.filters), "zeros")
        make_weights(self, [kernel, bias] if self.use_bias else [kernel])
        self.input_spec = InputSpec(ndim=self.space + 2, axes={1 if first else -1: channels})
        super().build(input_shape)

    def _kernel_shape(self, channels: int, inner: Any) -> tuple[int, ...]:
        if self.implementation == 1:
            return (math.prod(self.output_space), math.prod(self.kernel_size) * channels, self.filters)
        axes = zip(inner, self.output_space, self.kernel_size, self.strides, strict=True)
        places = functools.reduce(np.kron, [self._seen(*axis) for axis in axes])
        ones = np.ones((channels, self.filters), bool)
        first = self.data_format == "channels_first"
        # connected[i, o]: number i of an input counts for number o of the output.
        self.connected = np.kron(ones, places) if first else np.kron(places, ones)
        if self.implementation == 3:
            return (int(self.connected.sum()),)
        own = (self.filters, *self.output_space) if first else (*self.output_space, self.filters)
        return (channels, *inner, *own) if first else (*inner, channels, *own)

    def _seen(self, length: int, places: int, size: int, stride: int) -> np.ndarray:
        """Along one axis: [i, p] is True where the window of place p covers position i."""
        # Keras centres windows on multiples of the stride, where a convolution spreads the zeros evenly.
        start = np.arange(places) * stride - (size // 2 if self.padding == "same" else 0)
        away = np.arange(length)[:, None] - start
        return (away >= 0) & (away < size)

    def call(self, inputs: Any) -> Any:
        if self.implementation == 1:
            outputs = backend.local_conv(
                inputs, self.kernel, self.kernel_size, self.strides, self.output_space, self.data_format
            )
        else:
            rows = ops.matmul(backend.batch_flatten(inputs), self._matrix())
            first = self.data_format == "channels_first"
            own = (self.filters, *self.output_space) if first else (*self.output_space, self.filters)
            outputs = ops.reshape(rows, [-1, *own])
        if self.use_bias:
            outputs = backend.bias_add(outputs, self.bias, self.data_format)
        return self.activation(outputs)

    def _matrix(self) -> Any:
        """All weights as one matrix (numbers of an input, numbers of an output)."""
        shape = self.connected.shape
        if self.implementation == 2:
            return ops.reshape(self.kernel, shape) * self.connected.astype(self.dtype)
        places = np.argwhere(self.connected.T)
        return ops.transpose(ops.scatter_nd(places, self.kernel, shape[::-1]))

    def get_config(self) -> dict[str, Any]:
        own = described(
            self, "filters", "kernel_size", "strides", "padding", "data_format", "activation", "use_bias",
            "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer", "activity_regularizer",
            "kernel_constraint", "bias_constraint", "implementation",
        )
        return {**super().get_config(), **own}


class LocallyConnected1D(_LocallyConnected):
    """As Conv1D, but with other weights at each step: (batch, steps, features) -> (batch, steps, filters)."""

    space = 1


class LocallyConnected2D(_LocallyConnected):
    """As Conv2D, but with other weights at each place: (batch, rows, columns, channels) -> (..., filters)."""

    space = 2
