"""Convolutions, pooling, and layers that pad, cut or enlarge images, as ONNX operators, which have channels first."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.device.windows import enlarged
from deepkit.io.onnx import OnnxGraph
from deepkit.keras.saving.onnx.value import Value, activate, converts, number, weight
from deepkit.layers.layouts import layout, space_axes


def _first(graph: OnnxGraph, x: Value, layer: Any) -> str:
    """x with channels first."""
    if layer.data_format == "channels_first":
        return x.name
    return graph.add("Transpose", x.name, perm=[0, x.rank - 1, *range(1, x.rank - 1)])


def _back(graph: OnnxGraph, y: str, rank: int, layer: Any) -> str:
    """What was computed with channels first in the layer's own order."""
    return y if layer.data_format == "channels_first" else graph.add("Transpose", y, perm=[0, *range(2, rank), 1])


def _lengths(x: Value, layer: Any) -> tuple[int | None, ...]:
    """The lengths of the space axes."""
    return x.shape[2:] if layer.data_format == "channels_first" else x.shape[1:-1]


def _pads(x: Value, layer: Any, size: tuple[int, ...], dilation: tuple[int, ...]) -> dict[str, Any]:
    """The attribute for the layer's padding: zeros before all axes, then zeros after all axes."""
    if layer.padding == "valid":
        return {}
    before, after = [], []
    for n, k, stride, spread in zip(_lengths(x, layer), size, layer.strides, dilation, strict=True):
        reach = spread * (k - 1)  # a window's last element lies so far behind its first
        if layer.padding == "causal":
            total, front = reach, reach
        elif stride == 1:
            total, front = reach, reach // 2
        elif n is None:
            return {"auto_pad": "SAME_UPPER"}
        else:
            total = max((-(-n // stride) - 1) * stride + reach + 1 - n, 0)
            front = total // 2
        before.append(front)
        after.append(total - front)
    return {"pads": before + after}


def _with_batches(graph: OnnxGraph, layer: Any, x: Value) -> tuple[Value, str | None]:
    """Several axes of examples as one, and their lengths; None if there is one axis of them."""
    more = x.rank - layer.space - 1
    if more == 1:
        return x, None
    shape = graph.add("Shape", x.name)
    front = graph.add("Slice", shape, graph.ints(0), graph.ints(more))
    rest = graph.add("Slice", shape, graph.ints(more), graph.ints(x.rank))
    joined = graph.add("Reshape", x.name, graph.add("Concat", graph.ints(-1), rest, axis=0))
    return Value(joined, (None, *x.shape[more:]), x.dtype), front


def _apart(graph: OnnxGraph, y: str, rank: int, front: str | None) -> str:
    if front is None:
        return y
    rest = graph.add("Slice", graph.add("Shape", y), graph.ints(1), graph.ints(rank))
    return graph.add("Reshape", y, graph.add("Concat", front, rest, axis=0))


def _finish(graph: OnnxGraph, layer: Any, y: str, rank: int, biased: bool = False) -> str:
    """Bias and activation, in the layer's order of axes."""
    y = _back(graph, y, rank, layer)
    if layer.use_bias and not biased:
        spread = [-1, *[1] * (rank - 2)] if layer.data_format == "channels_first" else [-1]
        y = graph.add("Add", y, weight(graph, layer.bias, lambda a: a.reshape(spread)))
    return activate(graph, y, layer)


@converts("Conv1D", "Conv2D", "Conv3D")
def convolution(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    x, front = _with_batches(graph, layer, inputs[0])
    kernel = weight(graph, layer.kernel, lambda a: a.transpose(a.ndim - 1, a.ndim - 2, *range(a.ndim - 2)))
    bias = weight(graph, layer.bias) if layer.use_bias else None
    y = graph.add(
        "Conv", _first(graph, x, layer), kernel, bias, strides=layer.strides, dilations=layer.dilation_rate,
        group=layer.groups, **_pads(x, layer, layer.kernel_size, layer.dilation_rate),
    )
    return _apart(graph, _finish(graph, layer, y, x.rank, biased=True), x.rank, front)


def _depthwise(graph: OnnxGraph, layer: Any, x: Value) -> str:
    """Every channel by itself, without bias."""

    def grouped(a: np.ndarray) -> np.ndarray:  # (size..., channels, multiplier) -> (channels * multiplier, 1, size...)
        turned = a.transpose(a.ndim - 2, a.ndim - 1, *range(a.ndim - 2))
        return turned.reshape(-1, 1, *a.shape[:-2])

    return graph.add(
        "Conv", _first(graph, x, layer), weight(graph, layer.depthwise_kernel, grouped), strides=layer.strides,
        dilations=layer.dilation_rate, group=layer.depthwise_kernel.shape[-2],
        **_pads(x, layer, layer.kernel_size, layer.dilation_rate),
    )


@converts("DepthwiseConv1D", "DepthwiseConv2D")
def depthwise(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    return _finish(graph, layer, _depthwise(graph, layer, inputs[0]), inputs[0].rank)


@converts("SeparableConv1D", "SeparableConv2D")
def separable(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    mixed = weight(graph, layer.pointwise_kernel, lambda a: a.transpose(a.ndim - 1, a.ndim - 2, *range(a.ndim - 2)))
    bias = weight(graph, layer.bias) if layer.use_bias else None
    y = graph.add("Conv", _depthwise(graph, layer, inputs[0]), mixed, bias)
    return _finish(graph, layer, y, inputs[0].rank, biased=True)


@converts("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
def transposed(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    """The output has (n - 1) stride + c elements for n inputs; what the kernel reaches beyond that is cut away."""
    (x,) = inputs
    kernel = weight(graph, layer.kernel, lambda a: a.transpose(a.ndim - 1, a.ndim - 2, *range(a.ndim - 2)))
    before, after, more = [], [], []
    for i, (k, stride, spread) in enumerate(zip(layer.kernel_size, layer.strides, layer.dilation_rate, strict=True)):
        extra = None if layer.output_padding is None else layer.output_padding[i]
        c = enlarged(1000, k, stride, spread, layer.padding.upper(), extra) - 999 * stride
        cut = spread * (k - 1) + 1 - c
        front = max(cut, 0) // 2 if layer.padding == "same" else 0
        before.append(front)
        after.append(max(cut, 0) - front)
        more.append(max(-cut, 0))
    bias = weight(graph, layer.bias) if layer.use_bias else None
    y = graph.add(
        "ConvTranspose", _first(graph, x, layer), kernel, bias, strides=layer.strides, dilations=layer.dilation_rate,
        pads=before + after, output_padding=more,
    )
    return _finish(graph, layer, y, x.rank, biased=True)


# ---- pooling


@converts("MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D")
def pooling(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    (x,) = inputs
    largest = type(layer).__name__.startswith("Max")
    pads = _pads(x, layer, layer.pool_size, (1,) * layer.space)
    counting = {} if largest else {"count_include_pad": 0}
    operator = "MaxPool" if largest else "AveragePool"
    y = graph.add(
        operator, _first(graph, x, layer), kernel_shape=layer.pool_size, strides=layer.strides, **pads, **counting
    )
    return _back(graph, y, x.rank, layer)


@converts("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D", "GlobalAveragePooling1D",
          "GlobalAveragePooling2D", "GlobalAveragePooling3D")
def global_pooling(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    operator = "ReduceMax" if layer.kind == "max" else "ReduceMean"
    places = layout(layer.data_format, layer.space)
    return graph.add(operator, inputs[0].name, axes=space_axes(places), keepdims=int(layer.keepdims))


# ---- other sizes


def _start(layer: Any) -> int:
    """The number of the first space axis."""
    return 2 if layer.data_format == "channels_first" else 1


def _pairs(value: Any, space: int) -> list[tuple[int, int]]:
    return [tuple(value)] if space == 1 else [tuple(pair) for pair in value]


@converts("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D")
def zero_padding(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    (x,) = inputs
    pads = np.zeros((2, x.rank), np.int64)
    for axis, pair in enumerate(_pairs(layer.padding, layer.space), _start(layer)):
        pads[:, axis] = pair
    return graph.add("Pad", x.name, graph.ints(*pads.reshape(-1).tolist()), number(graph, 0, x))


@converts("Cropping1D", "Cropping2D", "Cropping3D")
def cropping(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    pairs = _pairs(layer.cropping, layer.space)
    ends = [-after if after else np.iinfo(np.int64).max for _, after in pairs]
    axes = range(_start(layer), _start(layer) + layer.space)
    starts = graph.ints(*[before for before, _ in pairs])
    return graph.add("Slice", inputs[0].name, starts, graph.ints(*ends), graph.ints(*axes))


@converts("UpSampling1D", "UpSampling2D", "UpSampling3D")
def up_sampling(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    (x,) = inputs
    sizes = [layer.size] if layer.space == 1 else layer.size
    scales = graph.constant(np.array([1, 1, *sizes], np.float32))
    how: dict[str, Any] = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    if getattr(layer, "interpolation", "nearest") == "bilinear":
        how = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    y = graph.add("Resize", _first(graph, x, layer), None, scales, **how)
    return _back(graph, y, x.rank, layer)
