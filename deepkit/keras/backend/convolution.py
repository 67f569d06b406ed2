"""Convolutions, pooling and biases, under Keras' names: padding in small letters, channels_last or channels_first."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.errors import ArgumentError, ShapeError, check_choice
from deepkit.keras.backend.config import normalize_data_format
from deepkit.keras.backend.shaping import temporal_padding
from deepkit.keras.backend.tensors import int_shape, lengths, rank, shape, tensor
from deepkit.layers import layouts
from deepkit.layers.convolution import Window, separable_conv
from deepkit.layers.pooling import pool

__all__ = [
    "bias_add", "conv1d", "conv2d", "conv2d_transpose", "conv3d", "conv3d_transpose", "depthwise_conv2d", "local_conv",
    "local_conv1d", "local_conv2d", "pool2d", "pool3d", "separable_conv1d", "separable_conv2d",
]


def layout(data_format: str | None, space: int) -> str:
    """The ops' name of a data format, such as "NHWC"; None: that of the configuration."""
    return layouts.layout(normalize_data_format(data_format), space)


def _padding(padding: str) -> str:
    if str(padding).lower() not in ("same", "valid"):
        raise ArgumentError(
            f"padding={padding!r}", rule="'same' (zeros around: stride 1 keeps the size) or 'valid' (no zeros)",
            hint="'causal' is for Conv1D",
        )
    return padding.upper()


def conv1d(
    x: Any, kernel: Any, strides: Any = 1, padding: str = "valid", data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """Convolution of sequences (batch, steps, in) with a kernel (width, in, out).

    padding "causal" puts all zeros in front: no output depends on later steps.
    """
    if padding == "causal":
        return _causal(x, kernel, strides, data_format, dilation_rate)
    return ops.conv1d(x, kernel, strides, _padding(padding), None, layout(data_format, 1), dilations=dilation_rate)


def _causal(x: Any, kernel: Any, strides: Any, data_format: str | None, dilation_rate: Any) -> Any:
    first = normalize_data_format(data_format) == "channels_first"
    x = ops.transpose(x, [0, 2, 1]) if first else x
    dilation = int(np.reshape(dilation_rate, -1)[0])
    padded = temporal_padding(x, (dilation * ((int_shape(kernel) or (1,))[0] - 1), 0))  # type: ignore[operator]
    y = conv1d(padded, kernel, strides, "valid", "channels_last", dilation)
    return ops.transpose(y, [0, 2, 1]) if first else y


def conv2d(
    x: Any, kernel: Any, strides: Any = (1, 1), padding: str = "valid", data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """Convolution of images (batch, height, width, in) with a kernel (height, width, in, out)."""
    return ops.conv2d(x, kernel, strides, _padding(padding), True, layout(data_format, 2), dilation_rate)


def conv3d(
    x: Any, kernel: Any, strides: Any = (1, 1, 1), padding: str = "valid", data_format: str | None = None,
    dilation_rate: Any = (1, 1, 1),
) -> Any:
    """Convolution of volumes (batch, depth, height, width, in) with a kernel (depth, height, width, in, out)."""
    return ops.conv3d(x, kernel, strides, _padding(padding), layout(data_format, 3), dilation_rate)


def _output_shape(output_shape: Any, x: Any) -> Any:
    """An output shape whose batch may be None: then it is that of x."""
    if isinstance(output_shape, (list, tuple)) and output_shape[0] is None:
        return [shape(x)[0], *output_shape[1:]]
    return output_shape


def conv2d_transpose(
    x: Any, kernel: Any, output_shape: Any, strides: Any = (1, 1), padding: str = "valid",
    data_format: str | None = None, dilation_rate: Any = (1, 1),
) -> Any:
    """The transpose of conv2d, which enlarges images: kernel (height, width, out, in); output_shape[0] may be None."""
    return ops.conv2d_transpose(
        x, kernel, _output_shape(output_shape, x), strides, _padding(padding), layout(data_format, 2),
        dilations=dilation_rate,
    )


def conv3d_transpose(
    x: Any, kernel: Any, output_shape: Any, strides: Any = (1, 1, 1), padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The transpose of conv3d: kernel (depth, height, width, out, in)."""
    return ops.conv3d_transpose(
        x, kernel, _output_shape(output_shape, x), strides, _padding(padding), layout(data_format, 3)
    )


def depthwise_conv2d(
    x: Any, depthwise_kernel: Any, strides: Any = (1, 1), padding: str = "valid", data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """A convolution of each channel by itself: kernel (height, width, channels, multiplier)."""
    return ops.depthwise_conv2d(
        x, depthwise_kernel, strides, _padding(padding), dilation_rate, data_format=layout(data_format, 2)
    )


def separable_conv2d(
    x: Any, depthwise_kernel: Any, pointwise_kernel: Any, strides: Any = (1, 1), padding: str = "valid",
    data_format: str | None = None, dilation_rate: Any = (1, 1),
) -> Any:
    """depthwise_conv2d, then a 1 x 1 convolution: pointwise_kernel (1, 1, channels * multiplier, out)."""
    return ops.separable_conv2d(
        x, depthwise_kernel, pointwise_kernel, strides, _padding(padding), dilation_rate,
        data_format=layout(data_format, 2),
    )


def separable_conv1d(
    x: Any, depthwise_kernel: Any, pointwise_kernel: Any, strides: Any = 1, padding: str = "valid",
    data_format: str | None = None, dilation_rate: Any = 1,
) -> Any:
    """As separable_conv2d, for sequences: kernels (width, channels, multiplier) and (1, channels * multiplier, out)."""
    x = tensor(x, beside=depthwise_kernel)
    stride, dilation = (int(np.reshape(n, -1)[0]) for n in (strides, dilation_rate))
    window = Window((stride,), _padding(padding), layout(data_format, 1), (dilation,))
    return separable_conv(x, depthwise_kernel, pointwise_kernel, None, window)


# ---- pooling


def _pool(
    space: int, x: Any, size: Any, strides: Any, padding: str, data_format: str | None, mode: str
) -> Any:
    if len(size) != space or len(strides) != space:
        raise ArgumentError(
            f"pool_size={size}, strides={strides}", rule=f"{space} numbers each, one for each space axis"
        )
    kinds = {"max": "max", "avg": "mean"}
    check_choice("pool_mode", mode, kinds)
    return pool(kinds[mode], x, size, strides, _padding(padding), layout(data_format, space))


def pool2d(
    x: Any, pool_size: Any, strides: Any = (1, 1), padding: str = "valid", data_format: str | None = None,
    pool_mode: str = "max",
) -> Any:
    """The largest number ("max") or the mean ("avg") of each window of images."""
    return _pool(2, x, pool_size, strides, padding, data_format, pool_mode)


def pool3d(
    x: Any, pool_size: Any, strides: Any = (1, 1, 1), padding: str = "valid", data_format: str | None = None,
    pool_mode: str = "max",
) -> Any:
    """The largest number or the mean of each window of volumes."""
    return _pool(3, x, pool_size, strides, padding, data_format, pool_mode)


# ---- biases


def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Any:
    """A bias (channels,) for each channel, or one for each number of an example.

    The latter is stored with its channels last; with channels_first its numbers are put, in the order they lie in,
    into (channels, space...), as Keras does.
    """
    x, bias = tensor(x, beside=bias), tensor(bias, beside=x)
    first = normalize_data_format(data_format) == "channels_first"
    axes = rank(bias)
    if axes not in (1, rank(x) - 1):
        raise ShapeError(
            f"bias_add: a bias of shape {bias.shape} for a tensor of shape {x.shape}",
            rule=f"1 axis (one number for each channel) or {rank(x) - 1} axes (one for each number of an example)",
        )
    if axes == 1:
        return ops.bias_add(x, bias, "NCHW" if first else "NHWC")
    dims = list(int_shape(bias) or ())
    return x + ops.reshape(bias, [1, dims[-1], *dims[:-1]] if first else [1, *dims])


# ---- convolutions whose weights differ from place to place


def _windows(space: Any, kernel_size: Any, strides: Any, output_shape: Any) -> np.ndarray:
    """For each output place the positions its window sees, counted row by row: (places, numbers in a window)."""
    inside = list(itertools.product(*map(range, kernel_size)))
    places = itertools.product(*map(range, output_shape))
    seen = [[[p * s + k for p, s, k in zip(at, strides, tap, strict=True)] for tap in inside] for at in places]
    return np.asarray(np.ravel_multi_index(tuple(np.moveaxis(np.array(seen), -1, 0)), space), np.int32)


def local_conv(
    inputs: Any, kernel: Any, kernel_size: Any, strides: Any, output_shape: Any, data_format: str | None = None
) -> Any:
    """Convolution with a kernel of its own for each output place: kernel (places, numbers in a window, out).

    The numbers of a window are ordered as they lie in the input: channels last, or first with channels_first.
    """
    inputs = tensor(inputs, beside=kernel)
    first = normalize_data_format(data_format) == "channels_first"
    batch, *inner = lengths(inputs)
    channels, space = (inner[0], inner[1:]) if first else (inner[-1], inner[:-1])
    size = math.prod(space)
    seen = _windows(space, kernel_size, strides, output_shape)
    places, out = len(seen), (int_shape(kernel) or ())[-1]
    rows = ops.reshape(inputs, [-1, channels, size] if first else [-1, size, channels])
    found = ops.gather(rows, seen, axis=2 if first else 1)
    found = ops.transpose(found, [2, 0, 1, 3] if first else [1, 0, 2, 3])  # places, batch, a window
    y = ops.matmul(ops.reshape(found, [places, batch, channels * seen.shape[1]]), kernel)
    if first:
        return ops.reshape(ops.transpose(y, [1, 2, 0]), [-1, out, *output_shape])
    return ops.reshape(ops.transpose(y, [1, 0, 2]), [-1, *output_shape, out])


def local_conv1d(inputs: Any, kernel: Any, kernel_size: Any, strides: Any, data_format: str | None = None) -> Any:
    """Convolution of sequences with a kernel of its own for each step: kernel (steps out, width * in, out)."""
    return local_conv(inputs, kernel, kernel_size, strides, ((int_shape(kernel) or ())[0],), data_format)


def local_conv2d(
    inputs: Any, kernel: Any, kernel_size: Any, strides: Any, output_shape: Any, data_format: str | None = None
) -> Any:
    """Convolution of images with a kernel of its own for each place: kernel (rows * columns, height * width * in, out)."""
    return local_conv(inputs, kernel, kernel_size, strides, output_shape, data_format)
