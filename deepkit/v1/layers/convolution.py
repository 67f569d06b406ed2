"""Convolutional layers over one, two or three space axes: ordinary, separable and transposed."""

from __future__ import annotations

from typing import Any, ClassVar

from deepkit.core.shape import Shape
from deepkit.layers import convolution
from deepkit.layers.weights import Declared, make_weights
from deepkit.v1 import initializers
from deepkit.v1.layers.base import Layer, activation, check_rank, function_of, known_size
from deepkit.v1.layers.format import AXES, channel_axis, native_format, per_axis

_activation = activation
_NODES = {1: "conv1d", 2: "Conv2D", 3: "Conv3D"}
"""TensorFlow's names of the convolutions' nodes, by the number of space axes."""


class Conv(Layer):
    """Base: activation(conv(inputs, kernel) + bias) with variables kernel (size..., channels, filters), bias (filters,).

    kernel_size, strides and dilation_rate are numbers or one per space axis; padding is "valid" or "same". Where a
    regularizer, a constraint or an initializer is None, the variable scope's counts.
    """

    space: ClassVar[int] = 2

    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid", data_format: str = "channels_last",
        dilation_rate: Any = 1, activation: Any = None, use_bias: bool = True, kernel_initializer: Any = None,
        bias_initializer: Any = initializers.zeros, kernel_regularizer: Any = None, bias_regularizer: Any = None,
        activity_regularizer: Any = None, kernel_constraint: Any = None, bias_constraint: Any = None,
        trainable: bool = True, name: Any = None, **kwargs: Any,
    ):
        super().__init__(trainable, name, activity_regularizer=activity_regularizer, **kwargs)
        self.filters, self.kernel_size = int(filters), per_axis("kernel_size", kernel_size, self.space)
        self.strides = per_axis("strides", strides, self.space)
        self.dilation_rate = per_axis("dilation_rate", dilation_rate, self.space)
        self.padding, self.data_format = padding.upper(), data_format
        self.activation, self.use_bias = _activation(activation), use_bias
        self.settle(
            kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )
        self.kernel: Any = None
        self.bias: Any = None

    @property
    def window(self) -> convolution.Window:
        """How the kernel slides, in the ops' spelling."""
        return convolution.Window(
            self.strides, self.padding, native_format(self.data_format, self.space), self.dilation_rate
        )

    def build(self, input_shape: Shape) -> None:
        check_rank(self, input_shape, self.space + 2, AXES[self.space])
        channels = known_size(self, input_shape, channel_axis(self.data_format), "the number of channels")
        make_weights(self, self.weights_for(channels))

    def weights_for(self, channels: int) -> list[Declared]:
        """The weights for inputs with so many channels."""
        return convolution.conv_weights(self.kernel_size, channels, self.filters, self.use_bias)

    def convolved(self, inputs: Any) -> Any:
        """The convolution with its bias, before the activation."""
        return convolution.conv(inputs, self.kernel, self.bias, self.window, name=_NODES[self.space])

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        outputs = self.convolved(inputs)
        return outputs if self.activation is None else self.activation(outputs)


class Conv1D(Conv):
    """activation(conv1d(inputs, kernel) + bias): (batch, width, channels) -> (batch, width, filters)."""

    space = 1


class Conv2D(Conv):
    """activation(conv2d(inputs, kernel) + bias): (batch, height, width, channels) -> (batch, height, width, filters)."""

    space = 2


class Conv3D(Conv):
    """activation(conv3d(inputs, kernel) + bias): (batch, depth, height, width, channels) -> (..., filters)."""

    space = 3


class _Transposed(Conv):
    """Base of the transposed convolutions: strides enlarge the input. kernel (size..., filters, channels)."""

    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid", data_format: str = "channels_last",
        activation: Any = None, use_bias: bool = True, kernel_initializer: Any = None,
        bias_initializer: Any = initializers.zeros, kernel_regularizer: Any = None, bias_regularizer: Any = None,
        activity_regularizer: Any = None, kernel_constraint: Any = None, bias_constraint: Any = None,
        trainable: bool = True, name: Any = None, **kwargs: Any,
    ):
        super().__init__(
            filters, kernel_size, strides, padding, data_format, 1, activation, use_bias, kernel_initializer,
            bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint,
            bias_constraint, trainable, name, **kwargs,
        )

    def weights_for(self, channels: int) -> list[Declared]:
        return convolution.transposed_conv_weights(self.kernel_size, channels, self.filters, self.use_bias)

    def convolved(self, inputs: Any) -> Any:
        name = f"conv{self.space}d_transpose"
        return convolution.transposed_conv(inputs, self.kernel, self.bias, self.window, name=name)


class Conv2DTranspose(_Transposed):
    """activation(conv2d_transpose(inputs, kernel) + bias): height and width grow by the strides."""

    space = 2


class Conv3DTranspose(_Transposed):
    """activation(conv3d_transpose(inputs, kernel) + bias): depth, height and width grow by the strides."""

    space = 3


class _Separable(Conv):
    """Base: each channel convolved by itself, then a 1 x 1 convolution that mixes them.

    Variables depthwise_kernel (size..., channels, multiplier), pointwise_kernel (1..., channels * multiplier, filters).
    """

    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid", data_format: str = "channels_last",
        dilation_rate: Any = 1, depth_multiplier: int = 1, activation: Any = None, use_bias: bool = True,
        depthwise_initializer: Any = None, pointwise_initializer: Any = None, bias_initializer: Any = initializers.zeros,
        depthwise_regularizer: Any = None, pointwise_regularizer: Any = None, bias_regularizer: Any = None,
        activity_regularizer: Any = None, depthwise_constraint: Any = None, pointwise_constraint: Any = None,
        bias_constraint: Any = None, trainable: bool = True, name: Any = None, **kwargs: Any,
    ):
        super().__init__(
            filters, kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias,
            bias_initializer=bias_initializer, bias_regularizer=bias_regularizer, bias_constraint=bias_constraint,
            activity_regularizer=activity_regularizer, trainable=trainable, name=name, **kwargs,
        )
        self.depth_multiplier = int(depth_multiplier)
        self.settle(
            depthwise=(depthwise_initializer, depthwise_regularizer, depthwise_constraint),
            pointwise=(pointwise_initializer, pointwise_regularizer, pointwise_constraint),
        )
        self.depthwise_kernel: Any = None
        self.pointwise_kernel: Any = None

    def weights_for(self, channels: int) -> list[Declared]:
        return convolution.separable_conv_weights(
            self.kernel_size, channels, self.depth_multiplier, self.filters, self.use_bias
        )

    def convolved(self, inputs: Any) -> Any:
        return convolution.separable_conv(
            inputs, self.depthwise_kernel, self.pointwise_kernel, self.bias, self.window
        )


class SeparableConv2D(_Separable):
    """A depthwise convolution of images, then a 1 x 1 convolution."""

    space = 2


class SeparableConv1D(_Separable):
    """A depthwise convolution of sequences, then one of width 1: as images of height 1."""

    space = 1


conv1d = function_of(Conv1D)
conv2d = function_of(Conv2D)
conv3d = function_of(Conv3D)
conv2d_transpose = function_of(Conv2DTranspose)
conv3d_transpose = function_of(Conv3DTranspose)
separable_conv1d = function_of(SeparableConv1D)
separable_conv2d = function_of(SeparableConv2D)
