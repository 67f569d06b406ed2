"""Recurrent layers and the wrappers around layers, as ONNX operators, which have time first and gates in their own order."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.io.onnx import OnnxGraph
from deepkit.keras.backend.session import get_value
from deepkit.keras.saving.onnx.value import Value, converts, library_name, number

_FUNCTIONS: dict[str, tuple[str, float, float]] = {
    "tanh": ("Tanh", 0, 0), "sigmoid": ("Sigmoid", 0, 0), "relu": ("Relu", 0, 0), "softsign": ("Softsign", 0, 0),
    "softplus": ("Softplus", 0, 0), "hard_sigmoid": ("HardSigmoid", 0.2, 0.5), "elu": ("Elu", 1, 0),
    "linear": ("Affine", 1, 0), "leaky_relu": ("LeakyRelu", 0.2, 0),
}
_ORDER = {"LSTM": [0, 3, 1, 2], "GRU": [0, 1, 2], "SimpleRNN": [0]}  # ONNX has the gates i, o, f, c and z, r, h


def _functions(layer: Any, *activations: Any) -> dict[str, Any]:
    """The attributes that name the activations of the gates."""
    names = [library_name(function) for function in activations]
    unknown = [str(function) for function, name in zip(activations, names, strict=True) if name not in _FUNCTIONS]
    if unknown:
        raise ArgumentError(
            f"layer {layer.name!r}: the activation {unknown[0]} has no counterpart in ONNX's recurrent operators",
            rule="activations: " + ", ".join(_FUNCTIONS),
        )
    found = [_FUNCTIONS[str(name)] for name in names]
    return {
        "activations": [name for name, _, _ in found],
        "activation_alpha": [float(a) for _, a, _ in found],
        "activation_beta": [float(b) for _, _, b in found],
    }


def _gates(array: np.ndarray, kind: str) -> np.ndarray:
    """Columns for each gate as rows in ONNX's order: (n, gates * units) -> (gates * units, n)."""
    parts = np.split(array, len(_ORDER[kind]), axis=-1)
    return np.concatenate([parts[i] for i in _ORDER[kind]], axis=-1).T


@converts("LSTM", "GRU", "SimpleRNN")
def recurrent(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> list[str]:
    """[outputs, states...]: what the layer puts out."""
    kind = next(cls.__name__ for cls in type(layer).__mro__ if cls.__name__ in _ORDER)
    if layer.stateful:
        raise ArgumentError(
            f"layer {layer.name!r} keeps its state from batch to batch", rule="an ONNX file keeps nothing between runs",
            hint="make the model with stateful=False, and take over the weights",
        )
    x, *states = inputs
    time = x.name if layer.time_major else graph.add("Transpose", x.name, perm=[1, 0, 2])
    if layer.go_backwards:
        time = _turned(graph, time, 0)
    kernel, recurrent_kernel = (
        _gates(np.asarray(get_value(w)), kind) for w in (layer.cell.kernel, layer.cell.recurrent_kernel)
    )
    weights = [graph.constant(a[None], layer.name) for a in (kernel, recurrent_kernel, _biases(layer, kind))]
    given = [graph.add("Unsqueeze", s.name, graph.ints(0)) for s in states]
    operator = {"SimpleRNN": "RNN"}.get(kind, kind)
    sequence, *last = graph.add(
        operator, time, *weights, None, *given, outputs=3 if kind == "LSTM" else 2, hidden_size=layer.units,
        **_how_gates_work(layer, kind),
    )
    after = [graph.add("Squeeze", s, graph.ints(0)) for s in (last if layer.return_state else last[:1])]
    first = _in_order_of_time(graph, layer, sequence) if layer.return_sequences else after[0]
    return [first, *after] if layer.return_state else [first]


def _in_order_of_time(graph: OnnxGraph, layer: Any, sequence: str) -> str:
    """The outputs of all steps as the layer gives them, without the axis of directions that ONNX has."""
    outputs = graph.add("Squeeze", sequence, graph.ints(1))
    return outputs if layer.time_major else graph.add("Transpose", outputs, perm=[1, 0, 2])


def _how_gates_work(layer: Any, kind: str) -> dict[str, Any]:
    """The attributes of the operator that say what its gates compute."""
    gates = [] if kind == "SimpleRNN" else [layer.recurrent_activation]
    how = _functions(layer, *gates, *[layer.activation] * (2 if kind == "LSTM" else 1))
    return {**how, "linear_before_reset": int(layer.cell.reset_after)} if kind == "GRU" else how


def _biases(layer: Any, kind: str) -> np.ndarray:
    """The biases of the inputs, then those of the state, in ONNX's order of gates."""
    units = len(_ORDER[kind]) * layer.units
    if layer.cell.bias is None:
        return np.zeros(2 * units, layer.dtype)
    bias = np.asarray(get_value(layer.cell.bias))
    of_input, of_state = bias if bias.ndim == 2 else (bias, np.zeros_like(bias))
    return np.concatenate([_gates(of_input, kind), _gates(of_state, kind)])


def _turned(graph: OnnxGraph, x: str, axis: int) -> str:
    """x from its end to its beginning along an axis."""
    least = np.iinfo(np.int64).min
    return graph.add("Slice", x, graph.ints(-1), graph.ints(least), graph.ints(axis), graph.ints(-1))


@converts("Bidirectional")
def bidirectional(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> list[str]:
    from deepkit.keras.saving.onnx import convert_layer

    x, *states = inputs
    half = len(states) // 2
    (y, *after), (back, *after_back) = (
        convert_layer(graph, inner, [x, *own], {})
        for inner, own in ((layer.forward_layer, states[:half]), (layer.backward_layer, states[half:]))
    )
    if layer.return_sequences:
        back = _turned(graph, back, 0 if layer.forward_layer.time_major else 1)
    if layer.merge_mode is None:
        merged = [y, back]
    elif layer.merge_mode == "concat":
        merged = [graph.add("Concat", y, back, axis=-1)]
    else:
        merged = [graph.add("Mul" if layer.merge_mode == "mul" else "Add", y, back)]
        if layer.merge_mode == "ave":
            merged = [graph.add("Mul", merged[0], number(graph, 0.5, layer))]
    return [*merged, *after, *after_back]


@converts("TimeDistributed")
def time_distributed(graph: OnnxGraph, layer: Any, inputs: list[Value]) -> list[str]:
    """Batch and steps as one axis, the layer, and the two axes again."""
    from deepkit.keras.saving.onnx import convert_layer

    joined, front = [], ""
    for x in inputs:
        shape = graph.add("Shape", x.name)
        front = graph.add("Slice", shape, graph.ints(0), graph.ints(2))
        rest = graph.add("Slice", shape, graph.ints(2), graph.ints(x.rank))
        flat = graph.add("Reshape", x.name, graph.add("Concat", graph.ints(-1), rest, axis=0))
        joined.append(Value(flat, (None, *x.shape[2:]), x.dtype))
    found = []
    for y in convert_layer(graph, layer.layer, joined, {}):
        after = graph.add("Slice", graph.add("Shape", y), graph.ints(1), graph.ints(np.iinfo(np.int64).max))
        found.append(graph.add("Reshape", y, graph.add("Concat", front, after, axis=0)))
    return found
