"""Convolutions over one, two or three space axes: ordinary, dilated, depthwise and separable, with their gradients.

What is called convolution here is, as everywhere in deep learning, cross-correlation: the filter is not turned round.
"""

from __future__ import annotations

from typing import Any

from deepkit.core.apply import apply, convert, scope
from deepkit.core.op import Op, register
from deepkit.core.other_names import shown_as
from deepkit.core.shape import Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, IntsLike, PaddingLike, TensorLike
from deepkit.device import activations, convolve
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.functions import ops
from deepkit.ops.nn import spatial
from deepkit.ops.nn.activation import Relu, ReluGrad
from deepkit.ops.nn.affine import BiasAdd, BiasAddRelu, one_for_each_channel
from deepkit.ops.nn.spatial import AXES, Walk, Windowed

__all__ = [
    "atrous_conv2d", "conv1d", "conv2d", "conv3d", "convolution", "depthwise_conv2d", "depthwise_conv2d_native",
    "separable_conv2d",
]


class Convolving(Windowed):
    """Base of the convolution and its two derivatives, each of which is linear in either of its two tensors."""

    groups: int = 1

    def output(self, x: Shape, filters: Shape) -> Shape:
        """The shape of the convolution of x with filters; ShapeError if they do not fit."""
        self.check_rank(x)
        if filters.rank not in (None, self.space + 2):
            raise ShapeError(
                f"the filter has shape {filters}: {filters.rank} axes",
                rule=f"{self.space + 2} axes: [{AXES[self.space]}, channels in, channels out]",
            )
        f = filters.lengths or (None,) * (self.space + 2)
        channels = x.lengths[-1] if x.lengths is not None else None
        if channels is not None and f[-2] is not None and channels != f[-2] * self.groups:
            raise _channels_differ(x, filters, channels, f[-2], self)
        if f[-1] is not None and f[-1] % self.groups:
            raise ShapeError(
                f"the filter {filters} has {f[-1]} output channels for {self.groups} groups",
                rule="every group makes equally many channels",
            )
        batch = x.lengths[0] if x.lengths is not None else None
        return Shape.of((batch, *self.out_space(x, f[: self.space]), f[-1]))

    def run(self, xp: ArrayModule, kernel: Array, a: Array, b: Array, **parts: Any) -> Any:
        """kernel(xp, a, b, ...), in float32 if the arrays are float16, as TensorFlow does."""
        if a.dtype == xp.float16:
            return kernel(xp, a.astype(xp.float32), b.astype(xp.float32), **parts).astype(xp.float16)
        return kernel(xp, a, b, **parts)


def _channels_differ(x: Shape, filters: Shape, channels: int, wanted: int, op: Convolving) -> ShapeError:
    right = list(filters.lengths or ())
    layout, made_for = "channels in, channels out", wanted * op.groups
    if wanted == 1 and op.groups > 1 and right[-1] is not None:  # a depthwise filter, as its user wrote it
        right[-2:] = [op.groups, right[-1] // op.groups]
        layout = "channels, multiplier"
    shown = Shape(right)
    right[-2] = channels
    hint = f"a filter of shape {right}, or an input with {made_for} channels in its last axis"
    if x.lengths is not None and x.lengths[1] == made_for:
        hint += "; if the channels are the second axis, data_format='NCHW'"
    return ShapeError(
        f"the input {x} has {channels} channels, but the filter {shown} is made for {made_for}",
        rule=f"filter: [{AXES[op.space]}, {layout}]; its last but one number is the number of channels of the input"
        + (f" divided by {op.groups} groups" if op.groups > 1 and wanted > 1 else ""),
        hint=hint,
    )


@register
class Conv(Convolving):
    """Convolution: y[n, p, o] = sum over k, c of x[n, strides p + dilations k - padding, c] filters[k, c, o].

    x (batch, space..., channels in), filters (kernel..., channels in / groups, channels out).
    """

    def shape(self, x: Shape, filters: Shape) -> Shape:
        return self.output(x, filters)

    def forward(self, xp: ArrayModule, x: Array, filters: Array) -> Any:
        self.output(Shape.of(x.shape), Shape.of(filters.shape))
        return self.run(xp, convolve.convolve, x, filters, windows=self.fit(x, filters.shape[: self.space]))

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, filters: AnyTensor) -> Any:
        return (
            apply(self.made_into(ConvInputGrad), dy, filters, x),
            apply(self.made_into(ConvFilterGrad), x, dy, filters),
        )

    def with_next(self, following: Op, others: tuple[int, ...], *shapes: Shape) -> Op | None:
        biased = isinstance(following, BiasAdd) and not isinstance(following, BiasAddRelu) and others == (2,)
        return self.made_into(ConvBias) if biased and one_for_each_channel(shapes[1], shapes[2]) else None


@register
class ConvBias(Convolving):
    """A convolution and the bias of its channels: what a plan makes of Conv and BiasAdd.

    The bias is added to an image as long as it is in the processor's cache.
    """

    relu = False

    def shape(self, x: Shape, filters: Shape, bias: Shape) -> Shape:
        return self.output(x, filters)

    def forward(self, xp: ArrayModule, x: Array, filters: Array, bias: Array) -> Any:
        self.output(Shape.of(x.shape), Shape.of(filters.shape))
        windows = self.fit(x, filters.shape[: self.space])
        if x.dtype == xp.float16:
            y = self.run(xp, convolve.convolve, x, filters, windows=windows)
            return activations.bias_relu(xp, y, bias, out=y) if self.relu else xp.add(y, bias, out=y)
        return convolve.convolve(xp, x, filters, windows, bias, self.relu)

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, filters: AnyTensor, bias: AnyTensor) -> Any:
        return (
            apply(self.made_into(ConvInputGrad), dy, filters, x),
            apply(self.made_into(ConvFilterGrad), x, dy, filters), ops.sum_like(dy, bias),
        )

    def with_next(self, following: Op, others: tuple[int, ...], *shapes: Shape) -> Op | None:
        return self.made_into(ConvBiasRelu) if isinstance(following, Relu) else None


@register
class ConvBiasRelu(ConvBias):
    """max(convolution + bias, 0): what a plan makes of Conv, BiasAdd and Relu."""

    relu = True

    def gradient(self, dy: AnyTensor, y: AnyTensor, x: AnyTensor, filters: AnyTensor, bias: AnyTensor) -> Any:
        return super().gradient(apply(ReluGrad(), dy, y), y, x, filters, bias)


@register
class ConvInputGrad(Convolving):
    """The derivative of a convolution by its input, which is shaped like `like`: what dy sends back through filters.

    By itself it is the transposed convolution, which makes small images larger.
    """

    types = ("T", "T", "any")
    shape_only = (2,)

    def shape(self, dy: Shape, filters: Shape, like: Shape) -> Shape:
        y = self.output(like, filters)
        if not dy.is_compatible_with(y):
            raise ShapeError(
                f"an input of shape {like} gives a convolution of shape {y}, not {dy}",
                rule=f"the transposed convolution undoes the shapes of a convolution with strides {list(self.strides)} "
                f"and padding {self.padding}",
                hint="SAME: output size = size * stride (or up to stride - 1 less); "
                "VALID: (size - 1) * stride + kernel (or up to stride - 1 more)",
            )
        return like

    def forward(self, xp: ArrayModule, dy: Array, filters: Array, like: Array) -> Any:
        self.shape(Shape.of(dy.shape), Shape.of(filters.shape), Shape.of(like.shape))
        fitted = self.fit(like, filters.shape[: self.space])
        return self.run(xp, convolve.input_gradient, dy, filters, shape=like.shape, windows=fitted)

    def gradient(self, ddx: AnyTensor, dx: AnyTensor, dy: AnyTensor, filters: AnyTensor, like: AnyTensor) -> Any:
        return apply(self.made_into(Conv), ddx, filters), apply(self.made_into(ConvFilterGrad), ddx, dy, filters), None


@register
class ConvFilterGrad(Convolving):
    """The derivative of a convolution by its filters, which are shaped like `like`."""

    types = ("T", "T", "any")
    shape_only = (2,)

    def shape(self, x: Shape, dy: Shape, like: Shape) -> Shape:
        y = self.output(x, like)
        if not dy.is_compatible_with(y):
            raise ShapeError(f"the convolution of {x} with filters {like} has shape {y}, not {dy}")
        return like

    def forward(self, xp: ArrayModule, x: Array, dy: Array, like: Array) -> Any:
        self.shape(Shape.of(x.shape), Shape.of(dy.shape), Shape.of(like.shape))
        fitted = self.fit(x, like.shape[: self.space])
        return self.run(xp, convolve.filter_gradient, x, dy, shape=like.shape, windows=fitted)

    def gradient(self, ddw: AnyTensor, dw: AnyTensor, x: AnyTensor, dy: AnyTensor, like: AnyTensor) -> Any:
        return apply(self.made_into(ConvInputGrad), dy, ddw, x), apply(self.made_into(Conv), x, ddw), None


def either(what: str, old: Any, new: Any) -> Any:
    """The value of an argument that TensorFlow 1 spells in two ways."""
    if (old is None) == (new is None):
        raise ArgumentError(f"give {what}, once", hint=f"{what}=...")
    return new if old is None else old


def _convolve(
    default: str, x: TensorLike | None, filters: TensorLike | None, walk: Walk, name: str | None, groups: int = 1
) -> Any:
    op = Conv(groups=groups, **walk.settings())
    if not walk.first:
        return apply(op, x, filters, name=name or default)
    with scope(name, default, x, filters) as full:
        return spatial.to_first(apply(op, spatial.to_last(x, walk.space), filters), walk.space, full)


def conv1d(
    value: TensorLike | None = None, filters: TensorLike | None = None, stride: IntsLike | None = None,
    padding: PaddingLike | None = None, use_cudnn_on_gpu: bool | None = None, data_format: str | None = None,
    name: str | None = None, input: TensorLike | None = None, dilations: IntsLike | None = None,
) -> AnyTensor:
    """Convolution along one axis: (batch, width, in) with filters (width, in, out) -> (batch, width, out).

    ShapeError: other numbers of axes, or of channels. ArgumentError: another padding.

    >>> import deepkit as dk
    >>> dk.ops.conv1d([[[1.0], [2.0], [4.0]]], [[[-1.0]], [[1.0]]], 1, "VALID").numpy().ravel().tolist()
    [1.0, 2.0]
    """
    x = either("input", value, input)
    return _convolve("conv1d", x, filters, Walk(1, stride, padding, data_format, dilations), name)


def conv2d(
    input: TensorLike, filter: TensorLike | None = None, strides: IntsLike | None = None,
    padding: PaddingLike | None = None, use_cudnn_on_gpu: bool = True, data_format: str | None = "NHWC",
    dilations: IntsLike | None = None, name: str | None = None, filters: TensorLike | None = None,
) -> AnyTensor:
    """Convolution of images: (batch, height, width, in) with filters (height, width, in, out) -> (..., out).

    strides: [1, vertical, horizontal, 1] or fewer numbers. padding SAME puts zeros around the image so that stride 1
    keeps its size (stride s: ceil(size / s)); VALID puts none: ceil((size - kernel + 1) / s). dilations: the distance of
    the filter's taps. Source of the padding rule: TensorFlow.
    ShapeError: other numbers of axes, or of channels. ArgumentError: another padding. DTypeError: no float.

    >>> import numpy as np, deepkit as dk
    >>> dk.ops.conv2d(np.ones([1, 4, 4, 3], "f"), np.ones([2, 2, 3, 8], "f"), [1, 2, 2, 1], "SAME").shape
    Shape([1, 2, 2, 8])
    """
    filters = either("filter", filter, filters)
    return _convolve("Conv2D", input, filters, Walk(2, strides, padding, data_format, dilations), name)


def conv3d(
    input: TensorLike, filter: TensorLike | None = None, strides: IntsLike | None = None,
    padding: PaddingLike | None = None, data_format: str | None = "NDHWC", dilations: IntsLike | None = None,
    name: str | None = None, filters: TensorLike | None = None,
) -> AnyTensor:
    """Convolution over three axes: (batch, depth, height, width, in), filters (depth, height, width, in, out).

    ShapeError: other numbers of axes, or of channels.
    """
    filters = either("filter", filter, filters)
    return _convolve("Conv3D", input, filters, Walk(3, strides, padding, data_format, dilations), name)


def convolution(
    input: TensorLike, filter: TensorLike | None = None, padding: PaddingLike | None = None,
    strides: IntsLike | None = None, dilation_rate: IntsLike | None = None, name: str | None = None,
    data_format: str | None = None, filters: TensorLike | None = None, dilations: IntsLike | None = None,
    groups: int = 1,
) -> AnyTensor:
    """Convolution over as many space axes as the filter has: (batch, space..., in) with filters (kernel..., in, out).

    With `groups` the channels are split into that many groups, each with filters of its own.
    ShapeError: other numbers of axes, or of channels. ArgumentError: another padding.
    """
    filters = convert(either("filter", filter, filters), beside=input)
    space = space_of(filters)
    rate = dilation_rate if dilations is None else dilations
    if _above_one(strides) and _above_one(rate):
        raise ArgumentError(
            f"convolution: strides {strides} with dilation_rate {rate}",
            rule="a convolution either skips (strides > 1) or spreads its filter (dilation_rate > 1)",
            hint="conv2d(strides=..., dilations=...) does both",
        )
    return _convolve("convolution", input, filters, Walk(space, strides, padding, data_format, rate), name, groups)


def space_of(filters: Any) -> int:
    space = None if filters.shape.rank is None else filters.shape.rank - 2
    if space not in AXES:
        raise ShapeError(
            f"a filter of shape {filters.shape}",
            rule="[space axes..., channels in, channels out] with 1 to 3 space axes",
        )
    return int(space)


def _above_one(numbers: Any) -> bool:
    return numbers is not None and any(int(n) > 1 for n in (numbers if hasattr(numbers, "__iter__") else [numbers]))


def atrous_conv2d(
    value: TensorLike, filters: TensorLike, rate: int, padding: str, name: str | None = None
) -> AnyTensor:
    """conv2d whose filter has rate - 1 gaps between its taps. Source: F. Yu, V. Koltun, ICLR 2016.

    value (batch, height, width, in), filters (height, width, in, out); result (batch, ..., out). ShapeError: other numbers of
    axes or of channels. ArgumentError: another padding.
    """
    return _convolve("convolution", value, filters, Walk(2, 1, padding, None, rate), name)


def _depthwise(x: AnyTensor, filters: AnyTensor, settings: dict[str, Any], name: str | None) -> Any:
    """filters (height, width, channels, multiplier) on channels-last x: output channel c * multiplier + m."""
    dims: Any = filters.shape.lengths
    if dims is None or len(dims) != 4 or None in dims[2:]:
        raise ShapeError(
            f"a depthwise filter of shape {filters.shape}",
            rule="[height, width, channels, multiplier], the last two known",
        )
    height, width = (d if d is not None else ops.shape(filters)[i] for i, d in enumerate(dims[:2]))
    own = ops.reshape(filters, [height, width, 1, dims[2] * dims[3]])
    return shown_as(apply(Conv(groups=dims[2], **settings), x, own, name=name), "DepthwiseConv2dNative")


def depthwise_conv2d(
    input: TensorLike, filter: TensorLike | None = None, strides: IntsLike | None = None,
    padding: PaddingLike | None = None, rate: IntsLike | None = None, name: str | None = None,
    data_format: str | None = None, dilations: IntsLike | None = None, filters: TensorLike | None = None,
) -> AnyTensor:
    """A convolution of each channel by itself: filter (height, width, channels, multiplier).

    Output channel c * multiplier + m is channel c convolved with filter[:, :, c, m].
    input (batch, height, width, channels); result (batch, ..., channels * multiplier). ShapeError: other numbers of axes or of
    channels. Source: L. Sifre, S. Mallat, 2013.
    """
    filters = either("filter", filter, filters)
    with scope(name, "depthwise", input, filters) as full:
        x, filters = convert(input, beside=filters), convert(filters, beside=input)
        walk = Walk(2, strides, padding, data_format, rate if dilations is None else dilations)
        settings = walk.settings()
        if not walk.first:
            return _depthwise(x, filters, settings, full)
        return spatial.to_first(_depthwise(spatial.to_last(x, 2), filters, settings, None), 2, full)


def depthwise_conv2d_native(
    input: TensorLike, filter: TensorLike | None = None, strides: IntsLike | None = None,
    padding: PaddingLike | None = None, data_format: str | None = "NHWC", dilations: IntsLike | None = None,
    name: str | None = None,
) -> AnyTensor:
    """TensorFlow 1's other name of depthwise_conv2d.

    input (batch, height, width, channels), as there. ShapeError: other numbers of axes or of channels.
    """
    return depthwise_conv2d(input, filter, strides, padding, None, name, data_format, dilations)


def separable_conv2d(
    input: TensorLike, depthwise_filter: TensorLike, pointwise_filter: TensorLike, strides: IntsLike,
    padding: PaddingLike, rate: IntsLike | None = None, name: str | None = None, data_format: str | None = None,
    dilations: IntsLike | None = None,
) -> AnyTensor:
    """A depthwise convolution, then a 1 x 1 convolution that mixes the channels.

    depthwise_filter (height, width, in, multiplier), pointwise_filter (1, 1, in * multiplier, out).
    input (batch, height, width, in); result (batch, ..., out). ShapeError: other numbers of axes or of channels. Source: F.
    Chollet, CVPR 2017.
    """
    with scope(name, "separable_conv2d", input, depthwise_filter, pointwise_filter) as full:
        apart = depthwise_conv2d(
            input, depthwise_filter, strides, padding, rate, "depthwise", data_format, dilations
        )
        return _convolve("separable_conv2d", apart, pointwise_filter, Walk(2, 1, "VALID", data_format, 1), full)
