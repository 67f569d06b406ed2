"""What converters of layers share: values with shapes, the table of converters, activations, constants of weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.io.onnx import OnnxGraph
from deepkit.keras.backend.session import get_value
from deepkit.loading import load_module

Converter = Callable[[OnnxGraph, Any, "list[Value]"], Any]
"""(graph, layer, inputs) -> the name of the output, or a list of names."""

CONVERTERS: dict[str, Converter] = {}
"""By the class of the layer; the modules beside this one fill it."""
_MODULES = ("plain", "spatial", "sequences")


@dataclass(frozen=True)
class Value:
    """A value of the graph: its name, and its shape and type in the model."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str = "float32"

    @property
    def rank(self) -> int:
        return len(self.shape)


def converts(*classes: str) -> Callable[[Converter], Converter]:
    """Decorator: the function converts layers of these classes."""

    def register(function: Converter) -> Converter:
        CONVERTERS.update(dict.fromkeys(classes, function))
        return function

    return register


def converter_of(layer: Any) -> Converter:
    """The converter of a layer's class; a subclass has that of its base if it computes nothing else.

    Raises:
        ArgumentError: there is none.
    """
    for module in _MODULES:
        load_module(f"deepkit.keras.saving.onnx.{module}")
    for cls in type(layer).__mro__:
        found = CONVERTERS.get(cls.__name__)
        if (
            found is not None
            and type(layer).call is getattr(cls, "call", None)
            and cls.__module__.startswith("deepkit.keras.layers")
        ):
            return found
    raise ArgumentError(
        f"layer {layer.name!r} ({type(layer).__name__}) has no counterpart in ONNX",
        hint=f"export_onnx(model, path, converters={{{type(layer).__name__!r}: function(graph, layer, inputs)}})",
    )


def weight(graph: OnnxGraph, variable: Any, change: Callable[[np.ndarray], np.ndarray] = lambda a: a) -> str:
    """A weight as a constant, after `change`."""
    return graph.constant(change(np.asarray(get_value(variable))), variable.name.split(":")[0])


def number(graph: OnnxGraph, value: float, like: Any) -> str:
    """One number in the type of the layer or value `like`."""
    return graph.constant(np.asarray(value, like.dtype))


# ---- activations


def _composed(graph: OnnxGraph, x: str, like: Any, name: str) -> str | None:
    """Activations that ONNX has to put together."""
    if name in ("swish", "silu"):
        return graph.add("Mul", x, graph.add("Sigmoid", x))
    if name == "mish":
        return graph.add("Mul", x, graph.add("Tanh", graph.add("Softplus", x)))
    if name == "relu6":
        return graph.add("Clip", x, number(graph, 0, like), number(graph, 6, like))
    if name == "gelu":  # x (1 + erf(x / sqrt 2)) / 2
        erf = graph.add("Erf", graph.add("Mul", x, number(graph, 0.5**0.5, like)))
        return graph.add(
            "Mul", graph.add("Mul", x, number(graph, 0.5, like)), graph.add("Add", erf, number(graph, 1, like))
        )
    return None


_ONE_OPERATOR: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("Relu", {}), "tanh": ("Tanh", {}), "sigmoid": ("Sigmoid", {}), "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}), "elu": ("Elu", {"alpha": 1.0}), "exponential": ("Exp", {}),
    "selu": ("Selu", {"alpha": 1.6732632423543772, "gamma": 1.0507009873554805}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 0.2, "beta": 0.5}), "leaky_relu": ("LeakyRelu", {"alpha": 0.2}),
    "softmax": ("Softmax", {"axis": -1}), "log_softmax": ("LogSoftmax", {"axis": -1}),
}


def activate(graph: OnnxGraph, x: str, layer: Any, activation: Any = None) -> str:
    """The layer's activation of x."""
    function = layer.activation if activation is None else activation
    name = library_name(function)
    if name in (None, "linear"):
        if function is None or name == "linear":
            return x
        from deepkit.keras.base.layer import Layer

        if isinstance(function, Layer):
            return converter_of(function)(graph, function, [Value(x, ())])
        raise ArgumentError(
            f"layer {layer.name!r}: the activation {getattr(function, '__name__', function)!r} has no counterpart in ONNX",
            rule="activations: linear, " + ", ".join([*_ONE_OPERATOR, "swish", "mish", "relu6", "gelu"]),
        )
    if name in _ONE_OPERATOR:
        operator, attributes = _ONE_OPERATOR[name]
        return graph.add(operator, x, **attributes)
    found = _composed(graph, x, layer, name or "")
    if found is None:
        raise ArgumentError(f"layer {layer.name!r}: the activation {name} has no counterpart in ONNX")
    return found


def library_name(function: Any) -> str | None:
    """The name of an activation if it is the library's own, else None."""
    from deepkit.keras import activations

    return next((name for name, known in activations.OBJECTS.items() if known is function), None)
