"""Convolutions of each channel by itself, alone (depthwise) or with a mixture of the channels after it (separable)."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.keras import constraints, initializers, regularizers
from deepkit.keras.layers.arguments import described, numbers
from deepkit.keras.layers.convolutional.base import Convolutional


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
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)

    def build_kernels(self, channels: int) -> int:
        self.depthwise_kernel = self.add_weight(
            "depthwise_kernel", (*self.kernel_size, channels, self.depth_multiplier),
            initializer=self.depthwise_initializer, regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        return channels * self.depth_multiplier

    def images(self, inputs: Any) -> tuple[Any, int | None]:
        """Inputs as images, and the axis that was added: a sequence is an image of one row."""
        if self.space == 2:
            return inputs, None
        axis = 2 if self.data_format == "channels_first" else 1
        return ops.expand_dims(inputs, axis), axis

    def for_images(self) -> tuple[Any, ...]:
        """Strides, padding, dilation and data format for them."""
        strides, dilation, padding = self.strides, self.dilation_rate, self.op_padding
        if self.space == 1:
            strides, dilation = (1, *strides), (1, *dilation)
            padding = padding if isinstance(padding, str) else [(0, 0), *padding]
        return strides, padding, dilation, "NCHW" if self.data_format == "channels_first" else "NHWC"

    def convolve(self, inputs: Any) -> Any:
        images, added = self.images(inputs)
        strides, padding, dilation, layout = self.for_images()
        kernel = self.depthwise_kernel if added is None else ops.expand_dims(self.depthwise_kernel, 0)
        outputs = ops.depthwise_conv2d(images, kernel, strides, padding, dilation, data_format=layout)
        return outputs if added is None else ops.squeeze(outputs, [added])

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
        self.kernel_initializer = initializers.get(initializer or "glorot_uniform")
        self.kernel_regularizer, self.kernel_constraint = regularizers.get(regularizer), constraints.get(constraint)
        (self.filters,) = numbers(int(filters) if isinstance(filters, float) else filters, 1, "filters")
        self.pointwise_initializer = initializers.get(pointwise_initializer)
        self.pointwise_regularizer = regularizers.get(pointwise_regularizer)
        self.pointwise_constraint = constraints.get(pointwise_constraint)

    def build_kernels(self, channels: int) -> int:
        inner = super().build_kernels(channels)
        self.pointwise_kernel = self.add_weight(
            "pointwise_kernel", (*(1,) * self.space, inner, self.filters), initializer=self.pointwise_initializer,
            regularizer=self.pointwise_regularizer, constraint=self.pointwise_constraint,
        )
        return self.filters

    def convolve(self, inputs: Any) -> Any:
        images, added = self.images(inputs)
        strides, padding, dilation, layout = self.for_images()
        kernels: list[Any] = [self.depthwise_kernel, self.pointwise_kernel]
        apart, mixed = kernels if added is None else [ops.expand_dims(kernel, 0) for kernel in kernels]
        outputs = ops.separable_conv2d(images, apart, mixed, strides, padding, dilation, data_format=layout)
        return outputs if added is None else ops.squeeze(outputs, [added])

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
