"""Convolutions: a kernel slides over the space axes; transposed it spreads, depthwise it sees one channel at a time.

Every function takes x (batch, space..., channels), or (batch, channels, space...), as its window says, with one to three
space axes; its kernels have the shapes that the function of the same name with `_weights` declares.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from deepkit import ops
from deepkit.device.windows import enlarged
from deepkit.layers.layouts import channels_first, length, space_axes
from deepkit.layers.weights import Declared


class Window(NamedTuple):
    """How a kernel slides: `padding` is "SAME", "VALID" or (before, after) for each axis, `layout` NHWC or its kin."""

    strides: tuple[int, ...]
    padding: Any
    layout: str
    dilations: tuple[int, ...]

    def for_images(self) -> Window:
        """The window over images that does the same where sequences are images of one row."""
        if len(self.layout) > 3:
            return self
        padding = self.padding if isinstance(self.padding, str) else [(0, 0), *self.padding]
        return Window((1, *self.strides), padding, self.layout.replace("W", "HW"), (1, *self.dilations))


def with_bias(y: Any, bias: Any, layout: str) -> Any:
    """y plus a bias (channels), or y itself without one."""
    return y if bias is None else ops.bias_add(y, bias, layout)


def _bias(filters: int, bias: bool) -> list[Declared]:
    return [Declared("bias", (filters,), "zeros")] if bias else []


# ---- every filter sees all channels


def conv_weights(size: Sequence[int], channels: int, filters: int, bias: bool = True, groups: int = 1) -> list[Declared]:
    """kernel (size..., channels / groups, filters) and bias (filters)."""
    return [Declared("kernel", (*size, channels // groups, filters)), *_bias(filters, bias)]


def conv(x: Any, kernel: Any, bias: Any, window: Window, groups: int = 1, name: str | None = None) -> Any:
    """The sum of kernel * window at each place, plus bias: (batch, space..., channels) -> (batch, places..., filters)."""
    y = ops.convolution(
        x, kernel, window.padding, window.strides, window.dilations, name, window.layout, groups=groups
    )
    return with_bias(y, bias, window.layout)


# ---- the transpose: every number spreads over a window


def transposed_conv_weights(size: Sequence[int], channels: int, filters: int, bias: bool = True) -> list[Declared]:
    """kernel (size..., filters, channels), that of the convolution from the outputs to the inputs; bias (filters)."""
    return [Declared("kernel", (*size, filters, channels)), *_bias(filters, bias)]


def transposed_conv(
    x: Any, kernel: Any, bias: Any, window: Window, more: Sequence[int | None] | None = None, name: str | None = None
) -> Any:
    """Each number times the kernel, spread over its window and summed where windows meet: strides enlarge.

    more: how many places of the output each axis adds (output_padding), where several sizes have the same x.
    """
    size, filters = kernel.shape.lengths[:-2], kernel.shape.lengths[-2]
    rows = zip(space_axes(window.layout), size, window.strides, window.dilations, more or [None] * len(size), strict=True)
    places = [enlarged(length(x, axis), k, stride, gap, window.padding, add) for axis, k, stride, gap, add in rows]
    shape = [length(x, 0), filters, *places] if channels_first(window.layout) else [length(x, 0), *places, filters]
    y = ops.conv_transpose(x, kernel, shape, window.strides, window.padding, window.layout, window.dilations, name)
    return with_bias(y, bias, window.layout)


# ---- each channel by itself


def depthwise_conv_weights(size: Sequence[int], channels: int, multiplier: int, bias: bool = True) -> list[Declared]:
    """depthwise_kernel (size..., channels, multiplier) and bias (channels * multiplier)."""
    return [Declared("depthwise_kernel", (*size, channels, multiplier)), *_bias(channels * multiplier, bias)]


def depthwise_conv(x: Any, kernel: Any, bias: Any, window: Window) -> Any:
    """Each channel convolved with its own `multiplier` kernels: channel c makes channels c * multiplier + m."""

    def convolve(images: Any, own: Any, w: Window) -> Any:
        return ops.depthwise_conv2d(images, own, w.strides, w.padding, w.dilations, data_format=w.layout)

    return with_bias(_as_images(convolve, x, [kernel], window), bias, window.layout)


def separable_conv_weights(
    size: Sequence[int], channels: int, multiplier: int, filters: int, bias: bool = True
) -> list[Declared]:
    """depthwise_kernel (size..., channels, multiplier), pointwise_kernel (1..., channels * multiplier, filters), bias."""
    mixing = Declared("pointwise_kernel", (*(1,) * len(size), channels * multiplier, filters))
    return [*depthwise_conv_weights(size, channels, multiplier, False), mixing, *_bias(filters, bias)]


def separable_conv(x: Any, depthwise: Any, pointwise: Any, bias: Any, window: Window) -> Any:
    """A depthwise convolution, then at each place a mixture of its channels. Source: F. Chollet, CVPR 2017."""

    def convolve(images: Any, own: Any, mixing: Any, w: Window) -> Any:
        return ops.separable_conv2d(images, own, mixing, w.strides, w.padding, w.dilations, data_format=w.layout)

    return with_bias(_as_images(convolve, x, [depthwise, pointwise], window), bias, window.layout)


def _as_images(convolve: Any, x: Any, kernels: list[Any], window: Window) -> Any:
    """convolve(images, *kernels, window); a sequence becomes an image of one row, and its result a sequence again."""
    if len(window.layout) > 3:
        return convolve(x, *kernels, window)
    (row,) = space_axes(window.layout)
    images = ops.expand_dims(x, row)
    y = convolve(images, *[ops.expand_dims(kernel, 0) for kernel in kernels], window.for_images())
    return ops.squeeze(y, [row])
