"""Transposed convolutions, which are a convolution's gradient by its input used as a layer, and both gradients by name.

Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), chapter 4.
"""

from __future__ import annotations

from typing import Any

from deepkit.core.apply import apply, convert, scope
from deepkit.core.typing import AnyTensor, IntsLike, PaddingLike, ShapeLike, TensorLike
from deepkit.ops.functions import ops
from deepkit.ops.nn import spatial
from deepkit.ops.nn.conv import ConvFilterGrad, ConvInputGrad, either, space_of
from deepkit.ops.nn.spatial import Walk

__all__ = [
    "atrous_conv2d_transpose", "conv1d_transpose", "conv2d_backprop_filter", "conv2d_backprop_input", "conv2d_transpose",
    "conv3d_transpose", "conv_transpose",
]


def _transpose(
    default: str, value: TensorLike | None, filters: TensorLike | None, output_shape: ShapeLike | None, walk: Walk,
    name: str | None,
) -> Any:
    """filters are (kernel..., channels out, channels in): those of the convolution that is transposed."""
    op = ConvInputGrad(**walk.settings())
    with scope(name, default, value, filters, output_shape) as full:
        value = convert(value, beside=filters)
        like = ops.broadcast_to(convert(0, value.dtype, beside=value), output_shape)  # a shape that takes no memory
        if not walk.first:
            return apply(op, value, filters, like, name=full)
        y = apply(op, spatial.to_last(value, walk.space), filters, spatial.to_last(like, walk.space))
        return spatial.to_first(y, walk.space, full)


def conv1d_transpose(
    input: TensorLike, filters: TensorLike, output_shape: ShapeLike, strides: IntsLike, padding: str = "SAME",
    data_format: str | None = "NWC", dilations: IntsLike | None = None, name: str | None = None,
) -> AnyTensor:
    """The transpose of conv1d: filters (width, out, in).

    input (batch, width, in); result: output_shape. ShapeError: an output_shape that does not lead to input.
    """
    return _transpose("conv1d_transpose", input, filters, output_shape, Walk(1, strides, padding, data_format, dilations), name)


def conv2d_transpose(
    value: TensorLike | None = None, filter: TensorLike | None = None, output_shape: ShapeLike | None = None,
    strides: IntsLike | None = None, padding: str = "SAME", data_format: str | None = "NHWC", name: str | None = None,
    input: TensorLike | None = None, filters: TensorLike | None = None, dilations: IntsLike | None = None,
) -> AnyTensor:
    """The transpose (gradient by the input) of conv2d, also called deconvolution: with strides it enlarges images.

    value (batch, height, width, in), filter (height, width, out, in): as for the conv2d that leads from out to in.
    output_shape [batch, height, width, out] says which of the sizes is meant that lead to the same value; the batch may
    be shape(value)[0]. Source: M. Zeiler et al., CVPR 2010.
    ShapeError: an output_shape that does not lead to value.
    """
    x, w = either("value", value, input), either("filter", filter, filters)
    return _transpose("conv2d_transpose", x, w, output_shape, Walk(2, strides, padding, data_format, dilations), name)


def conv3d_transpose(
    value: TensorLike | None = None, filter: TensorLike | None = None, output_shape: ShapeLike | None = None,
    strides: IntsLike | None = None, padding: str = "SAME", data_format: str | None = "NDHWC", name: str | None = None,
    input: TensorLike | None = None, filters: TensorLike | None = None, dilations: IntsLike | None = None,
) -> AnyTensor:
    """The transpose of conv3d: filter (depth, height, width, out, in).

    value (batch, depth, height, width, in); result: output_shape. ShapeError: an output_shape that does not lead to value.
    """
    x, w = either("value", value, input), either("filter", filter, filters)
    return _transpose("conv3d_transpose", x, w, output_shape, Walk(3, strides, padding, data_format, dilations), name)


def conv_transpose(
    input: TensorLike, filters: TensorLike, output_shape: ShapeLike, strides: IntsLike, padding: str = "SAME",
    data_format: str | None = None, dilations: IntsLike | None = None, name: str | None = None,
) -> AnyTensor:
    """The transposed convolution over as many space axes as the filter has.

    input (batch, space..., in), filters (kernel..., out, in); result: output_shape. ShapeError: an output_shape that does not
    lead to input.
    """
    filters = convert(filters, beside=input)
    walk = Walk(space_of(filters), strides, padding, data_format, dilations)
    return _transpose("conv_transpose", input, filters, output_shape, walk, name)


def atrous_conv2d_transpose(
    value: TensorLike, filters: TensorLike, output_shape: ShapeLike, rate: int, padding: str, name: str | None = None
) -> AnyTensor:
    """The transpose of atrous_conv2d: filters (height, width, out, in).

    value (batch, height, width, in); result: output_shape. ShapeError: an output_shape that does not lead to value.
    """
    return _transpose("atrous_conv2d_transpose", value, filters, output_shape, Walk(2, 1, padding, None, rate), name)


def conv2d_backprop_input(
    input_sizes: ShapeLike, filter: TensorLike | None = None, out_backprop: TensorLike | None = None,
    strides: IntsLike | None = None, padding: PaddingLike | None = None, use_cudnn_on_gpu: bool = True,
    data_format: str | None = "NHWC", dilations: IntsLike | None = None, name: str | None = None,
    filters: TensorLike | None = None,
) -> AnyTensor:
    """The derivative of conv2d by its input, which has the shape input_sizes; out_backprop is that by its output.

    ShapeError: shapes that do not belong together.
    """
    w = either("filter", filter, filters)
    walk = Walk(2, strides, padding, data_format, dilations)
    return _transpose("Conv2DBackpropInput", out_backprop, w, input_sizes, walk, name)


def conv2d_backprop_filter(
    input: TensorLike, filter_sizes: ShapeLike, out_backprop: TensorLike, strides: IntsLike, padding: PaddingLike,
    use_cudnn_on_gpu: bool = True, data_format: str | None = "NHWC", dilations: IntsLike | None = None,
    name: str | None = None,
) -> AnyTensor:
    """The derivative of conv2d by its filter, which has the shape filter_sizes; out_backprop is that by its output.

    ShapeError: shapes that do not belong together.
    """
    walk = Walk(2, strides, padding, data_format, dilations)
    op = ConvFilterGrad(**walk.settings())
    with scope(name, "Conv2DBackpropFilter", input, out_backprop) as full:
        x, dy = convert(input, beside=out_backprop), convert(out_backprop, beside=input)
        like = ops.broadcast_to(convert(0, x.dtype, beside=x), filter_sizes)
        if walk.first:
            x, dy = spatial.to_last(x, 2), spatial.to_last(dy, 2)
        return apply(op, x, dy, like, name=full)
