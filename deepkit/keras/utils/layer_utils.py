"""What a model is made of, as text: `summary`, counts of weights, and the inputs that a tensor comes from."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepkit.core.nest import flatten
from deepkit.errors import ArgumentError, check_choice, printable
from deepkit.keras.backend.nested import keras_shape
from deepkit.keras.backend.session import get_value, set_value
from deepkit.keras.base.history import record_of
from deepkit.keras.base.topology import source_of, topology_of

__all__ = [
    "convert_all_kernels_in_model", "convert_dense_weights_data_format", "count_params", "get_source_inputs", "layers_between",
    "print_summary",
]


def count_params(weights: Any) -> int:
    """How many numbers these weights hold, each weight counted once."""
    kept = {id(w): w for w in weights}.values()
    return sum(int(np.prod(keras_shape(w), dtype=np.int64)) for w in kept)


def print_summary(
    model: Any, line_length: int | None = None, positions: Sequence[float] | None = None,
    print_fn: Callable[[str], Any] | None = None, expand_nested: bool = False, show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> None:
    """Prints a table of the layers in Keras' layout: output shapes, numbers of weights, and what goes into what.

    Args:
        model: a model; the shape of its input is known.
        line_length: characters in a line, by default 65, or 98 with the column "Connected to".
        positions: where each column ends, as parts of a line or in characters; names that are longer are cut.
        print_fn: is called with each line instead of print.
        expand_nested: list the layers of models inside this one, too.
        show_trainable: a further column, Y or N.
        layer_range: names (or regular expressions) of the first and the last layer to list.
    """
    if model.layers and not any(layer.built for layer in model.layers):
        raise ArgumentError(
            f"summary: model {model.name!r} has no weights yet", rule="shapes are known when the shape of its input is",
            hint="give input_shape=... to the first layer, or call model.build((None, ...)) first",
        )
    say = print_fn or print
    in_a_row = _in_a_row(model)
    length = line_length or (65 if in_a_row else 98)
    titles, ends = _columns(in_a_row, positions, length)
    if show_trainable:
        length += 11
        titles, ends = [*titles, "Trainable"], [*ends, length]
    say(f'Model: "{printable(model.name)}"')
    say("_" * length)
    say(_line(titles, ends))
    say("=" * length)
    rows: list[list[list[str]]] = []
    for layer in layers_between(model, layer_range):
        rows += _expanded(layer, model, in_a_row, show_trainable, 0 if expand_nested else None)
    for i, row in enumerate(rows):
        for fields in row:
            say(_line(fields, ends))
        say(("=" if i == len(rows) - 1 else "_") * length)
    total, trained = count_params(model.weights), count_params(model.trained_weights)
    say(f"Total params: {total:,}")
    say(f"Trainable params: {trained:,}")
    say(f"Non-trainable params: {total - trained:,}")
    say("_" * length)


def _columns(in_a_row: bool, positions: Sequence[float] | None, length: int) -> tuple[list[str], list[float]]:
    """The titles of the columns, and after how many characters each ends."""
    titles = ["Layer (type)", "Output Shape", "Param #", *([] if in_a_row else ["Connected to"])]
    ends = list(positions or ([0.45, 0.85, 1.0] if in_a_row else [0.33, 0.55, 0.67, 1.0]))
    if len(ends) != len(titles):
        raise ArgumentError(f"summary: {len(ends)} positions for the columns {', '.join(titles)}", rule="one for each")
    return titles, [int(length * end) for end in ends] if ends[-1] <= 1 else ends


def _in_a_row(model: Any) -> bool:
    """Whether every layer just takes what the one before it made: then nobody asks what it is connected to."""
    topology = topology_of(model)
    if model.is_sequential or topology is None:
        return True
    calls = topology.calls
    depths = [topology.depth_of[call] for call in calls]
    layers = [call.layer for call in calls]
    return len(set(depths)) == len(depths) == len(set(layers)) and all(len(call.keras_inputs) <= 1 for call in calls)


def _expanded(layer: Any, model: Any, in_a_row: bool, trainable: bool, depth: int | None) -> list[list[list[str]]]:
    """The lines of a layer, and of those inside of it at a depth below; None for the layer alone."""
    found = [_rows(layer, model, in_a_row, trainable, depth or 0)]
    if depth is not None:
        for inner in getattr(layer, "layers", []):
            found += _expanded(inner, layer, in_a_row, trainable, depth + 1)
    return found


def _rows(layer: Any, model: Any, in_a_row: bool, trainable: bool, depth: int) -> list[list[str]]:
    """The lines of one layer: a layer with several inputs takes several."""
    known = layer.built or (layer.is_network and layer.layers)
    params = str(layer.count_params()) if known else "0 (unused)"
    first = [f"{'|' * depth} {layer.name} ({type(layer).__name__})".lstrip(" "), _shape(layer, model), params]
    tail = ["Y" if layer.trainable else "N"] if trainable else []
    if in_a_row:
        return [[*first, *tail]]
    way, *more = _connections(layer, model) or [""]
    return [[*first, way, *tail], *[["", "", "", other, *[""] * len(tail)] for other in more]]


def _shape(layer: Any, model: Any) -> str:
    """The output's shape in this model; "multiple", Keras' word, if its calls make different ones or nobody can know."""
    shapes = _shapes(layer, model)
    return shape_in_words(shapes) if shapes or not layer.built else "multiple"


def _shapes(layer: Any, model: Any) -> list[Any]:
    """The shapes that the layer's calls in this model make; none of a layer that a class calls in Python code."""
    topology = topology_of(model)
    calls = [c for c in layer.inbound_nodes if topology is None or c in topology.depth_of] or layer.inbound_nodes
    shapes = [keras_shape(call.outputs) for call in calls]
    return shapes or ([layer.output_shape] if layer.is_network and layer.outputs else [])


def shape_in_words(shapes: Sequence[Any]) -> str:
    """The shape that the calls of a layer share; "multiple" if they differ, "?" if there are none."""
    if not shapes:
        return "?"
    return str(shapes[0]) if all(s == shapes[0] for s in shapes) else "multiple"


def _connections(layer: Any, model: Any) -> list[str]:
    """ "layer[call][output]" for every tensor that goes into the layer in this model."""
    topology = topology_of(model)
    calls = [call for call in layer.inbound_nodes if topology is not None and call in topology.depth_of]
    sources = [source_of(x) for call in calls for x in call.keras_inputs]
    return [f"{source.name}[{number}][{output}]" for source, number, output in sources]


def _line(fields: Sequence[str], ends: Sequence[float]) -> str:
    line = ""
    for i, (field, end) in enumerate(zip(fields, ends, strict=True)):
        line = (line[:-1] + " " if i else "") + field  # a space between columns even where a name is cut
        line = line[: int(end)].ljust(int(end))
    return line


def layers_between(model: Any, layer_range: Sequence[str] | None = None) -> list[Any]:
    """The layers of a model, or those from the first to the last one whose names match the two patterns."""
    layers = list(model.layers)
    if layer_range is None:
        return layers
    if [type(name) for name in layer_range] != [str, str]:
        raise ArgumentError(f"layer_range={layer_range!r}", rule="the names of the first and the last layer")
    first, last = ([i for i, x in enumerate(layers) if re.match(pattern, x.name)] for pattern in layer_range)
    if not first or not last:
        raise ArgumentError(
            f"layer_range={layer_range!r}: no layer has such a name",
            rule="layers: " + ", ".join(x.name for x in layers),
        )
    return layers[min(first[0], last[-1]) : max(first[0], last[-1]) + 1]


def get_source_inputs(tensor: Any, layer: Any = None, node_index: int | None = None) -> list[Any]:
    """The tensors of Input(...) that `tensor` was made from, each once, in the order of the way back."""
    stack, seen = [tensor], set()
    found: list[Any] = []
    while stack:
        x = stack.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        call = record_of(x)
        if call.is_input:
            found += [y for y in flatten(call.outputs) if not any(y is known for known in found)]
        stack += reversed(call.keras_inputs)
    return found


def convert_all_kernels_in_model(model: Any) -> None:
    """Turns the kernels of all convolutions round, in place: from weights that convolve to weights that correlate, and back.

    Weights of Theano need it where another library computes.
    """
    from deepkit.keras.layers.convolutional.base import Convolutional
    from deepkit.keras.utils.conv_utils import convert_kernel

    for layer in model.layers:
        if isinstance(layer, Convolutional) and hasattr(layer, "kernel"):
            set_value(layer.kernel, convert_kernel(get_value(layer.kernel)))


def convert_dense_weights_data_format(
    dense: Any, previous_feature_map_shape: Sequence[int], target_data_format: str = "channels_first"
) -> None:
    """Sorts the kernel's rows of a Dense layer behind a Flatten as the other order of channels wants them, in place.

    previous_feature_map_shape: of the images before the Flatten, without the batch, in the target's order.
    """
    check_choice("target_data_format", target_data_format, ("channels_first", "channels_last"))
    kernel = np.asarray(get_value(dense.kernel))
    first = target_data_format == "channels_first"
    shape = tuple(previous_feature_map_shape)
    images = kernel.reshape((*shape[1:], shape[0], -1) if first else (shape[-1], *shape[:-1], -1))
    turned = np.moveaxis(images, 2, 0) if first else np.moveaxis(images, 0, 2)
    set_value(dense.kernel, turned.reshape(kernel.shape))
