"""Models as ONNX files, which onnxruntime and many other programs run: each layer becomes operators of ONNX."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from deepkit.core.nest import flatten
from deepkit.errors import ArgumentError
from deepkit.io.onnx import OnnxGraph
from deepkit.keras.backend.context import mask_of
from deepkit.keras.backend.nested import keras_shape
from deepkit.keras.base.topology import topology_of
from deepkit.keras.saving.onnx.value import Converter, Value, converter_of
from deepkit.keras.saving.weights import check_built

__all__ = ["OnnxGraph", "Value", "export_onnx", "onnx_graph"]


def export_onnx(model: Any, path: str | os.PathLike[str], converters: Mapping[str, Converter] | None = None) -> None:
    """Writes what `predict` of the model computes as an ONNX file (extra `onnx`; operator set 17).

    Args:
        model: a Sequential or functional model whose input shape is known.
        path: the file; it is whole or absent.
        converters: for layers of your own a function (graph, layer, inputs) -> names of the outputs by class name;
            graph is a deepkit.io.onnx.OnnxGraph, inputs are Values with a name and a shape.

    Raises:
        ArgumentError: a layer has no counterpart in ONNX: a Lambda, a mask, a state that is kept between batches.
    """
    onnx_graph(model, converters).save(path)


def onnx_graph(model: Any, converters: Mapping[str, Converter] | None = None) -> OnnxGraph:
    """The graph that `export_onnx` saves."""
    if getattr(model, "_topology", None) is None:
        raise ArgumentError(
            f"export_onnx: {model!r} is not made of layers from inputs to outputs",
            rule="a Sequential or functional model whose input shape is known",
        )
    check_built(model, "export_onnx")
    graph = OnnxGraph(model.name, set(model.output_names) - set(model.input_names))
    inputs = [
        Value(graph.input(name, x.dtype.name, _axes(keras_shape(x), name)), keras_shape(x), x.dtype.name)
        for name, x in zip(model.input_names, model.inputs, strict=True)
    ]
    outputs = convert_network(graph, model, inputs, dict(converters or {}))
    for name, value, x in zip(model.output_names, outputs, model.outputs, strict=True):
        graph.output(name, value, x.dtype.name, _axes(keras_shape(x), name))
    return graph


def _axes(shape: tuple[int | None, ...], name: str) -> tuple[int | str, ...]:
    return tuple(("batch" if i == 0 else f"{name}_{i}") if n is None else n for i, n in enumerate(shape))


def convert_network(graph: OnnxGraph, network: Any, inputs: list[Value], converters: dict[str, Converter]) -> list[str]:
    """The nodes of all layers of a model; the names of its outputs."""
    now = {id(x): value for x, value in zip(network.inputs, inputs, strict=True)}
    topology = topology_of(network)
    for call in topology.calls if topology is not None else ():
        if call.is_input:
            continue
        given = [now[id(x)] for x in call.keras_inputs]
        _check_call(call)
        names = convert_layer(graph, call.layer, given, converters)
        for x, name in zip(flatten(call.outputs), names, strict=True):
            now[id(x)] = Value(name, keras_shape(x), x.dtype.name)
    return [now[id(x)].name for x in network.outputs]


def convert_layer(graph: OnnxGraph, layer: Any, inputs: list[Value], converters: dict[str, Converter]) -> list[str]:
    """The nodes of one layer; the names of its outputs."""
    own = converters.get(type(layer).__name__)
    if own is not None:
        found = own(graph, layer, inputs)
    elif topology_of(layer) is not None:
        return convert_network(graph, layer, inputs, converters)
    else:
        found = converter_of(layer)(graph, layer, inputs)
    return [found] if isinstance(found, str) else list(found)


def _check_call(call: Any) -> None:
    """ArgumentError for what a call asks beyond its inputs and ONNX cannot do."""
    if call.kwargs.get("training"):
        raise ArgumentError(
            f"layer {call.layer.name!r} is called with training=True", rule="an ONNX file computes what predict computes",
            hint="a second model of the same layers without it",
        )
    masked = [x for x in call.keras_inputs if mask_of(x) is not None]
    if masked and "mask" in call.layer.call_parameters and not call.layer.is_network:
        ignores = type(call.layer).__name__ in ("BatchNormalization", "Lambda")
        if not ignores:
            raise ArgumentError(
                f"layer {call.layer.name!r} ({type(call.layer).__name__}) leaves masked steps out",
                rule="masks of Masking and Embedding(mask_zero=True) have no counterpart in ONNX",
                hint="train without the mask, on sequences of equal length",
            )
