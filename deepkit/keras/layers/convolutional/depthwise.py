"""Convolutions of each channel by itself, alone (depthwise) or with a mixture of the channels after it (separable)."""

from __future__ import annotations

from typing import Any

from deepkit.keras.layers.arguments import described, numbers, settle
from deepkit.keras.layers.convolutional.base import Convolutional
from deepkit.layers import convolution
from deepkit.layers.weights import Declared


class _Depthwise(Convolutional):
    """Base: depth_multiplier outputs for each channel. depthwise_kernel: (size..., channels, depth_multiplier)."""

    groups = 1  # in configurations only

    def __init__(
        self, kernel_size: Any, strides: Any = 1, padding: str = "valid", depth_multiplier: int = 1,
        data_format: str | None = None, dilation_rate: Any = 1, activation: Any = None, use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros", depthwise_regularizer: Any = None,
        bias_regularizer: Any = None, activity_regularizer: Any = None, depthwise_constraint: Any = None,
        bias_constraint: Any = None, **kwargs: Any,
    ):
        kwargs.pop("groups", None)  # written by Keras, without a meaning here
        super().__init__(
            kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, bias_initializer,
            bias_regularizer, bias_constraint, activity_regularizer=activity_regularizer, **kwargs,
        )
        (self.depth_multiplier,) = numbers(depth_multiplier, 1, "depth_multiplier")
        settle(self, depthwise=(depthwise_initializer, depthwise_regularizer, depthwise_constraint))
        self.depthwise_kernel: Any = None

    def weights_for(self, channels: int) -> list[Declared]:
        return convolution.depthwise_conv_weights(self.kernel_size, channels, self.depth_multiplier, self.use_bias)

    def convolve(self, inputs: Any) -> Any:
        return convolution.depthwise_conv(inputs, self.depthwise_kernel, self.bias, self.window)

    def get_config(self) -> dict[str, Any]:
        own = (
            "depth_multiplier", "depthwise_initializer", "depthwise_regularizer", "depthwise_constraint", "groups",
        )
        return {**super().get_config(), **described(self, *own)}


class DepthwiseConv1D(_Depthwise):
    """A convolution of each channel of sequences by itself: (batch, steps, c) -> (batch, steps, c * depth_multiplier)."""

    space = 1


class DepthwiseConv2D(_Depthwise):
    """A convolution of each channel of images by itself: output channel c * depth_multiplier + m comes from channel c."""

    space = 2


class _Separable(_Depthwise):
    """Base: a depthwise convolution, then a mixture of its channels. pointwise_kernel: (1..., channels * multiplier, filters).

    Source: F. Chollet, CVPR 2017.
    """

    unused = ("kernel_initializer", "kernel_regularizer", "kernel_constraint")  # in configurations only

    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid", data_format: str | None = None,
        dilation_rate: Any = 1, depth_multiplier: int = 1, activation: Any = None, use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform", pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros", depthwise_regularizer: Any = None, pointwise_regularizer: Any = None,
        bias_regularizer: Any = None, activity_regularizer: Any = None, depthwise_constraint: Any = None,
        pointwise_constraint: Any = None, bias_constraint: Any = None, **kwargs: Any,
    ):
        initializer, regularizer, constraint = (kwargs.pop(name, None) for name in self.unused)
        super().__init__(
            kernel_size, strides, padding, depth_multiplier, data_format, dilation_rate, activation, use_bias,
            depthwise_initializer, bias_initializer, depthwise_regularizer, bias_regularizer, activity_regularizer,
            depthwise_constraint, bias_constraint, **kwargs,
        )
        settle(
            self, kernel=(initializer or "glorot_uniform", regularizer, constraint),
            pointwise=(pointwise_initializer, pointwise_regularizer, pointwise_constraint),
        )
        self.pointwise_kernel: Any = None
        (self.filters,) = numbers(int(filters) if isinstance(filters, float) else filters, 1, "filters")

    def weights_for(self, channels: int) -> list[Declared]:
        return convolution.separable_conv_weights(
            self.kernel_size, channels, self.depth_multiplier, self.filters, self.use_bias
        )

    def convolve(self, inputs: Any) -> Any:
        return convolution.separable_conv(
            inputs, self.depthwise_kernel, self.pointwise_kernel, self.bias, self.window
        )

    def get_config(self) -> dict[str, Any]:
        own = ("filters", "pointwise_initializer", "pointwise_regularizer", "pointwise_constraint")
        return {**super().get_config(), **described(self, *own, *self.unused)}


class SeparableConv1D(_Separable):
    """A depthwise convolution of sequences, then a mixture of the channels: (batch, steps, c) -> (batch, steps, filters)."""

    space = 1
    paddings = ("valid", "same", "causal")


class SeparableConv2D(_Separable):
    """A depthwise convolution of images, then a 1 x 1 convolution: (batch, rows, columns, c) -> (..., filters)."""

    space = 2
