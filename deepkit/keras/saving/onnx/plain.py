"""Layers that compute number by number, change shapes, merge or normalize, as ONNX operators."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np

from deepkit.io.onnx import OnnxGraph
from deepkit.keras.backend.session import get_value
from deepkit.keras.saving.onnx.value import Value, activate, converts, number, weight

_NUMBERS = {"float16": 10, "float32": 1, "float64": 11, "int32": 6, "int64": 7, "bool": 9}  # TensorProto.DataType


def cast(graph: OnnxGraph, x: str, dtype: str) -> str:
    return graph.add("Cast", x, to=_NUMBERS[dtype])


@converts("Dense")
def dense(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    (x,) = inputs
    data = x.name if x.dtype == layer.dtype else cast(graph, x.name, layer.dtype)
    y = graph.add("MatMul", data, weight(graph, layer.kernel))
    return activate(graph, graph.add("Add", y, weight(graph, layer.bias)) if layer.use_bias else y, layer)


@converts("Activation")
def activation(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    return activate(graph, inputs[0].name, layer)


@converts(
    "ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "SpatialDropout1D",
    "SpatialDropout2D", "SpatialDropout3D",
)
def unchanged(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    return graph.add("Identity", inputs[0].name)


@converts("Masking")
def masking(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    (x,) = inputs
    differs = graph.add("Not", graph.add("Equal", x.name, number(graph, layer.mask_value, x)))
    counts = graph.add("ReduceMax", cast(graph, differs, x.dtype), axes=[-1], keepdims=1)
    return graph.add("Mul", x.name, counts)


@converts("Embedding")
def embedding(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    (x,) = inputs
    ids = x.name if x.dtype in ("int32", "int64") else cast(graph, x.name, "int32")
    return graph.add("Gather", weight(graph, layer.embeddings), ids, axis=0)


# ---- shapes


@converts("Flatten")
def flatten(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    (x,) = inputs
    if x.rank == 1:
        return graph.add("Unsqueeze", x.name, graph.ints(1))
    data = x.name
    if layer.data_format == "channels_first" and x.rank > 2:
        data = graph.add("Transpose", data, perm=[0, *range(2, x.rank), 1])
    return graph.add("Flatten", data, axis=1)


@converts("Reshape")
def reshape(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    return graph.add("Reshape", inputs[0].name, graph.ints(0, *layer.target_shape))  # 0: as long as it is


@converts("Permute")
def permute(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    return graph.add("Transpose", inputs[0].name, perm=[0, *layer.dims])


@converts("RepeatVector")
def repeat(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    return graph.add("Tile", graph.add("Unsqueeze", inputs[0].name, graph.ints(1)), graph.ints(1, layer.n, 1))


# ---- merging


def _widened(graph: OnnxGraph, inputs: list[Value]) -> list[str]:
    """The names of the inputs, with axes of length 1 after the batch where they have fewer."""
    most = max(x.rank for x in inputs)
    return [
        x.name if x.rank == most else graph.add("Unsqueeze", x.name, graph.ints(*range(1, 1 + most - x.rank)))
        for x in inputs
    ]


@converts("Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract")
def merge(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    names, kind = _widened(graph, inputs), type(layer).__name__
    several = {"Add": "Sum", "Average": "Mean", "Maximum": "Max", "Minimum": "Min"}
    if kind in several:
        return graph.add(several[kind], *names)
    return functools.reduce(functools.partial(graph.add, {"Multiply": "Mul", "Subtract": "Sub"}[kind]), names)


@converts("Concatenate")
def concatenate(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    return graph.add("Concat", *[x.name for x in inputs], axis=layer.axis)


@converts("Dot")
def dot(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    pair = (layer.axes,) * 2 if isinstance(layer.axes, int) else layer.axes
    over = [axis % x.rank for x, axis in zip(inputs, pair, strict=True)]
    names = [x.name for x in inputs]
    if layer.normalize:
        for i, axis in enumerate(over):
            length = graph.add("ReduceL2", names[i], axes=[axis], keepdims=1)
            names[i] = graph.add("Div", names[i], graph.add("Max", length, number(graph, 1e-6, layer)))
    letters = iter("cdefghijklmnopqrstuvwxyz")
    terms = [["a", *itertools.islice(letters, x.rank - 1)] for x in inputs]
    for term, axis in zip(terms, over, strict=True):
        term[axis] = "b"
    kept = [letter for term in terms for letter in term[1:] if letter != "b"]
    rule = f"{''.join(terms[0])},{''.join(terms[1])}->a{''.join(kept)}"
    y = graph.add("Einsum", *names, equation=rule)
    return y if kept else graph.add("Unsqueeze", y, graph.ints(1))


# ---- activations as layers


@converts("LeakyReLU")
def leaky_relu(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    return graph.add("LeakyRelu", inputs[0].name, alpha=float(layer.alpha))


@converts("PReLU")
def prelu(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    return graph.add("PRelu", inputs[0].name, weight(graph, layer.alpha))


@converts("ELU")
def elu(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    return graph.add("Elu", inputs[0].name, alpha=float(layer.alpha))


@converts("ThresholdedReLU")
def thresholded_relu(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    return graph.add("ThresholdedRelu", inputs[0].name, alpha=float(layer.theta))


@converts("ReLU")
def relu(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    x = inputs[0].name
    threshold, zero = number(graph, layer.threshold, layer), number(graph, 0, layer)
    y = graph.add("ThresholdedRelu", x, alpha=float(layer.threshold)) if layer.threshold else graph.add("Relu", x)
    if layer.max_value is not None:
        y = graph.add("Min", graph.add("Max", y, zero), number(graph, layer.max_value, layer))
    if not layer.negative_slope:
        return y
    below = graph.add("Relu", graph.add("Sub", threshold, x))
    return graph.add("Sub", y, graph.add("Mul", below, number(graph, layer.negative_slope, layer)))


@converts("Softmax")
def softmax(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    (x,) = inputs
    axes = list(layer.axis) if isinstance(layer.axis, (list, tuple)) else [layer.axis]
    if len(axes) == 1:
        return graph.add("Softmax", x.name, axis=axes[0])
    powers = graph.add("Exp", graph.add("Sub", x.name, graph.add("ReduceMax", x.name, axes=axes, keepdims=1)))
    return graph.add("Div", powers, graph.add("ReduceSum", powers, graph.ints(*axes), keepdims=1))


# ---- normalization


def _along(values: np.ndarray, axes: list[int], rank: int) -> np.ndarray:
    """Numbers for each index of `axes`, with axes of length 1 between them."""
    if len(axes) == 1:
        return values.reshape([-1 if i == axes[0] else 1 for i in range(1, rank)])
    lengths = iter(values.shape)
    shape = [next(lengths) if i in axes else 1 for i in range(rank)] if values.ndim < rank else list(values.shape)
    return values.reshape(shape)


@converts("BatchNormalization")
def batch_normalization(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    """x * factor + offset: with moving averages the whole layer is a straight line for each channel."""
    (x,) = inputs
    mean, variance = (np.asarray(get_value(w), np.float64) for w in (layer.moving_mean, layer.moving_variance))
    factor = 1 / np.sqrt(variance + layer.epsilon)
    if layer.gamma is not None:
        factor = factor * get_value(layer.gamma)
    offset = (0 if layer.beta is None else get_value(layer.beta)) - mean * factor
    axes = [layer.axis] if isinstance(layer.axis, int) else list(layer.axis)
    parts = [graph.constant(_along(a, axes, x.rank).astype(x.dtype), layer.name) for a in (factor, offset)]
    return graph.add("Add", graph.add("Mul", x.name, parts[0]), parts[1])


@converts("LayerNormalization")
def layer_normalization(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> str:
    (x,) = inputs
    axes = [layer.axis] if isinstance(layer.axis, int) else list(layer.axis)
    centred = graph.add("Sub", x.name, graph.add("ReduceMean", x.name, axes=axes, keepdims=1))
    variance = graph.add("ReduceMean", graph.add("Mul", centred, centred), axes=axes, keepdims=1)
    y = graph.add("Div", centred, graph.add("Sqrt", graph.add("Add", variance, number(graph, layer.epsilon, layer))))
    for operator, values in (("Mul", layer.gamma), ("Add", layer.beta)):
        if values is not None:
            y = graph.add(operator, y, weight(graph, values, lambda a: _along(a, axes, x.rank)))
    return y
