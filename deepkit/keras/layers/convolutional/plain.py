"""Convolutions over one, two or three axes: every filter sees all channels of its window."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras.backend.tensors import lengths
from deepkit.keras.base.input_spec import InputSpec
from deepkit.keras.layers.arguments import described, numbers, settle
from deepkit.keras.layers.convolutional.base import Convolutional
from deepkit.layers.convolution import conv, conv_weights
from deepkit.layers.weights import Declared


class Conv(Convolutional):
    """activation(convolution(inputs, kernel) + bias): (batch, space..., channels) -> (batch, space..., filters).

    kernel: (kernel_size..., channels / groups, filters). padding "same" with stride 1 keeps the size, "valid" shrinks it
    by kernel_size - 1; strides divide it. With `groups` the channels and the filters are split into that many groups.
    """

    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid", data_format: str | None = None,
        dilation_rate: Any = 1, groups: int = 1, activation: Any = None, use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros", kernel_regularizer: Any = None,
        bias_regularizer: Any = None, activity_regularizer: Any = None, kernel_constraint: Any = None,
        bias_constraint: Any = None, **kwargs: Any,
    ):
        super().__init__(
            kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, bias_initializer,
            bias_regularizer, bias_constraint, activity_regularizer=activity_regularizer, **kwargs,
        )
        (self.filters,) = numbers(int(filters) if isinstance(filters, float) else filters, 1, "filters")
        self.groups = groups or 1
        if self.filters % self.groups:
            raise ArgumentError(
                f"{type(self).__name__}: filters={self.filters}, groups={self.groups}",
                rule="every group makes equally many filters", hint=f"filters={self.groups * (self.filters // self.groups + 1)}",
            )
        settle(self, kernel=(kernel_initializer, kernel_regularizer, kernel_constraint))
        self.kernel: Any = None
        self.input_spec = InputSpec(min_ndim=self.space + 2)

    def weights_for(self, channels: int) -> list[Declared]:
        if channels % self.groups:
            raise ShapeError(
                f"layer {self.name!r}: {channels} channels for {self.groups} groups",
                rule="every group has equally many",
            )
        return conv_weights(self.kernel_size, channels, self.filters, self.use_bias, self.groups)

    def convolve(self, inputs: Any) -> Any:
        return conv(inputs, self.kernel, self.bias, self.window, self.groups)

    def call(self, inputs: Any) -> Any:
        batches = len(inputs.shape) - self.space - 1
        if batches == 1:
            return super().call(inputs)
        # Several axes of examples count as one for the convolution.
        dims = lengths(inputs)
        outputs = super().call(ops.reshape(inputs, [-1, *dims[batches:]]))
        return ops.reshape(outputs, [*dims[:batches], *lengths(outputs)[1:]])

    def get_config(self) -> dict[str, Any]:
        own = ("filters", "groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint")
        return {**super().get_config(), **described(self, *own)}


class Conv1D(Conv):
    """Convolution of sequences: (batch, steps, channels) -> (batch, steps, filters).

    padding "causal" puts all zeros in front: no output depends on later steps.
    """

    space = 1
    paddings = ("valid", "same", "causal")


class Conv2D(Conv):
    """Convolution of images: (batch, rows, columns, channels) -> (batch, rows, columns, filters).

    >>> import numpy as np
    >>> layer = Conv2D(8, 3, padding="same", activation="relu")
    >>> layer(np.zeros([1, 28, 28, 1], "float32")).shape, layer.count_params()
    (Shape([1, 28, 28, 8]), 80)
    """

    space = 2


class Conv3D(Conv):
    """Convolution of volumes: (batch, planes, rows, columns, channels) -> (batch, planes, rows, columns, filters)."""

    space = 3
