"""plot_model: a model as a picture of its layers, drawn by Graphviz where that is installed, else by deepkit itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepkit.errors import ArgumentError, DataError
from deepkit.files import whole_file, write_whole
from deepkit.keras.backend.nested import keras_shape
from deepkit.keras.base.input_layer import InputLayer
from deepkit.keras.base.topology import Topology, topology_of
from deepkit.keras.utils.layer_utils import layers_between, shape_in_words
from deepkit.loading import shown
from deepkit.resources import install

__all__ = ["Block", "Dot", "model_to_dot", "plot_model"]


@dataclass(frozen=True)
class Block:
    """A layer in the picture: its name and class, what is said of it, and the models inside the model it belongs to."""

    name: str
    type: str
    kind: str  # "input", "state" (it has weights) or "op"
    said: tuple[str, ...]
    shapes: tuple[str, str] | None
    frames: tuple[str, ...]


class _Blocks:
    """The layers of a model as blocks, and which goes into which."""

    def __init__(self, model: Any, **options: Any):
        self.options = options
        self.blocks: list[Block] = []
        self.edges: list[tuple[int, int]] = []
        self._add(model, (), options["layer_range"])

    def _add(self, model: Any, frames: tuple[str, ...], layer_range: Any = None) -> tuple[list[int], list[int]]:
        """Adds the layers of `model`; the blocks it begins with and those it ends with."""
        topology = topology_of(model)
        if topology is None:
            return self._add_block(model, frames)
        wanted = layers_between(model, layer_range) if layer_range else topology.layers
        ends: dict[Any, tuple[list[int], list[int]]] = {}
        for layer in topology.layers:
            if any(layer is x for x in wanted):
                inner = _inner_model(layer) if self.options["expand_nested"] else None
                ends[layer] = self._add_block(layer, frames) if inner is None else self._add(inner, (*frames, layer.name))
        self._connect(topology, ends)
        by_name = {layer.name: last for layer, (_, last) in ends.items()}
        outputs = [block for name in model.output_names for block in by_name.get(name, [])]
        return [block for layer, (first, _) in ends.items() if isinstance(layer, InputLayer) for block in first], outputs

    def _add_block(self, layer: Any, frames: tuple[str, ...]) -> tuple[list[int], list[int]]:
        """Adds one layer: the block begins and ends with itself."""
        self.blocks.append(self._block(layer, frames))
        return [len(self.blocks) - 1], [len(self.blocks) - 1]

    def _connect(self, topology: Topology, ends: dict[Any, tuple[list[int], list[int]]]) -> None:
        """Adds an edge from each block with which a layer ends to those with which the layers after it begin."""
        pairs = [(parent.layer, call.layer) for call in topology.calls for parent in call.parents]
        found = [
            (a, b) for before, after in pairs if before in ends and after in ends
            for a in ends[before][1] for b in ends[after][0]
        ]
        self.edges = list(dict.fromkeys([*self.edges, *found]))

    def _block(self, layer: Any, frames: tuple[str, ...]) -> Block:
        o = self.options
        inner = getattr(layer, "layer", None)  # of a wrapper such as TimeDistributed
        name, kind = layer.name, type(layer).__name__
        if inner is not None and hasattr(inner, "name"):
            name, kind = f"{name}({inner.name})", f"{kind}({type(inner).__name__})"
        drawn = "input" if isinstance(layer, InputLayer) else "state" if layer.weights else "op"
        shapes = _shapes(layer) if o["show_shapes"] else None
        return Block(name if o["show_layer_names"] else "", kind, drawn, self._said(layer), shapes, frames)

    def _said(self, layer: Any) -> tuple[str, ...]:
        """What is said of a layer beside its name: its activation, its type, whether it learns."""
        activation = getattr(layer, "activation", None)
        told = {
            "show_layer_activations": activation and getattr(activation, "__name__", type(activation).__name__),
            "show_dtype": layer.dtype,
            "show_trainable": "trainable" if layer.trainable else "frozen",
        }
        return tuple(text for option, text in told.items() if self.options[option] and text)


def _inner_model(layer: Any) -> Any:
    """The model that a layer is or holds, if its layers can be drawn."""
    inner = getattr(layer, "layer", layer)
    return inner if topology_of(inner) is not None else None


def _shapes(layer: Any) -> tuple[str, str]:
    """Input and output shapes in words; several calls of different shapes are "multiple"."""
    found = []
    for which in ("inputs", "outputs"):
        values = [keras_shape(getattr(call, which)) for call in layer.inbound_nodes]
        if isinstance(layer, InputLayer):
            values = [layer.batch_input_shape]
        if not values and layer.is_network and layer.inputs:
            values = [layer.input_shape if which == "inputs" else layer.output_shape]
        found.append(shape_in_words(values))
    return found[0], found[1]


class Dot:
    """A picture in Graphviz' language: `source` is its text."""

    def __init__(self, source: str):
        self.source = source

    def to_string(self) -> str:
        return self.source

    def create(self, prog: str = "dot", format: str = "png") -> bytes:
        """The picture as the bytes of a file; Graphviz' program `prog` draws it."""
        program = shutil.which(prog)
        if program is None:
            raise DataError(f"{prog} is not installed", rule="Graphviz draws the picture", hint="install Graphviz")
        try:
            done = subprocess.run(
                [program, f"-T{format}"], input=self.source.encode(), capture_output=True, timeout=120
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DataError(f"{program} could not draw the picture: {error}") from error
        if done.returncode:
            raise DataError(f"{program} could not draw the picture: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def write(self, path: str | os.PathLike[str], prog: str = "dot", format: str = "raw") -> None:
        """Writes the text (format "raw" or "dot") or the drawn picture."""
        with whole_file(Path(path)) as file:
            file.write(self.source.encode() if format in ("raw", "dot") else self.create(prog, format))


def model_to_dot(
    model: Any, show_shapes: bool = False, show_dtype: bool = False, show_layer_names: bool = True, rankdir: str = "TB",
    expand_nested: bool = False, dpi: int = 96, subgraph: bool = False, layer_range: Sequence[str] | None = None,
    show_layer_activations: bool = False, show_trainable: bool = False,
) -> Dot:
    """The picture of `plot_model` as text for Graphviz."""
    found = _blocks_of(model, show_shapes, show_dtype, show_layer_names, expand_nested, layer_range,
                       show_layer_activations, show_trainable, rankdir)
    lines = [f"rankdir={rankdir}; concentrate=true; dpi={int(dpi)};", "node [shape=record];"]
    opened: list[str] = []
    by_frames = sorted(range(len(found.blocks)), key=lambda i: found.blocks[i].frames)
    for i in by_frames:
        frames = found.blocks[i].frames
        while opened and tuple(opened) != frames[: len(opened)]:
            lines.append("}")
            opened.pop()
        for name in frames[len(opened) :]:
            opened.append(name)
            cluster = _quoted("cluster_" + "/".join(opened))
            lines.append(f"subgraph {cluster} {{ style=dashed; labeljust=l; label={_quoted(name)};")
        lines.append(f"n{i} [label={_quoted(_label(found.blocks[i]))}];")
    lines += ["}"] * len(opened)
    lines += [f"n{a} -> n{b};" for a, b in found.edges]
    head = f"subgraph {_quoted('cluster_' + model.name)}" if subgraph else "digraph model"
    return Dot(head + " {\n" + "\n".join(lines) + "\n}\n")


def _blocks_of(
    model: Any, show_shapes: bool, show_dtype: bool, show_layer_names: bool, expand_nested: bool,
    layer_range: Sequence[str] | None, show_layer_activations: bool, show_trainable: bool, rankdir: str,
) -> _Blocks:
    if not getattr(model, "is_network", False) or not model.built:
        raise ArgumentError(
            f"plot_model of {model!r}", rule="a model whose input shape is known",
            hint="give input_shape=... to the first layer, or call model.build((None, ...)) first",
        )
    if rankdir not in ("TB", "LR", "BT", "RL"):
        raise ArgumentError(f"plot_model: rankdir={rankdir!r}", rule="TB (downwards), LR (to the right), BT or RL")
    return _Blocks(model, show_shapes=show_shapes, show_dtype=show_dtype, show_layer_names=show_layer_names,
                   expand_nested=expand_nested, layer_range=layer_range, show_trainable=show_trainable,
                   show_layer_activations=show_layer_activations)


def _label(block: Block) -> str:
    """The label of a record node: name and class, and a table of shapes."""
    title = f"{block.name}: {block.type}" if block.name else block.type
    parts = "|".join(_escaped(x) for x in (title, *block.said))
    if block.shapes is None:
        return parts if not block.said else "{" + parts + "}"
    return (
        "{" + parts + "\\n|{input:|output:}|{{" + _escaped(block.shapes[0]) + "}|{" + _escaped(block.shapes[1]) + "}}}"
    )


def _escaped(text: str) -> str:
    return "".join("\\" + c if c in '{}|<>\\"' else c for c in text.replace("\n", " "))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"').replace('\\\\"', '\\"') + '"'


def plot_model(
    model: Any, to_file: str | os.PathLike[str] = "model.png", show_shapes: bool = False, show_dtype: bool = False,
    show_layer_names: bool = True, rankdir: str = "TB", expand_nested: bool = False, dpi: int = 96,
    layer_range: Sequence[str] | None = None, show_layer_activations: bool = False, show_trainable: bool = False,
) -> Any:
    """Draws the model's layers and how they are connected, and writes the picture to a file.

    Args:
        model: a model whose input shape is known.
        to_file: the picture; its ending says the kind: .png, .svg, .pdf, or .dot for Graphviz' text.
        show_shapes: with the shapes that go in and come out; None is the batch.
        show_dtype, show_layer_activations, show_trainable: with what their names say.
        show_layer_names: with the layers' names beside their classes.
        rankdir: "TB" downwards, "LR" to the right (without Graphviz always downwards).
        expand_nested: the layers of a model inside the model, in a frame.
        dpi: dots per inch of a .png.
        layer_range: names of the first and the last layer to draw.

    Returns:
        In a notebook what shows the picture there, else None.
    """
    chosen = (show_shapes, show_dtype, show_layer_names, expand_nested, layer_range, show_layer_activations,
              show_trainable, rankdir)
    found = _blocks_of(model, *chosen)
    path = Path(to_file)
    kind = path.suffix.lstrip(".").lower() or "png"
    if kind == "dot" or shutil.which("dot"):
        model_to_dot(model, show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi, False, layer_range,
                     show_layer_activations, show_trainable).write(path, format=kind)
    else:
        path = _draw(found, path, kind, dpi, model.name)
    return _for_notebook(path)


def _draw(found: _Blocks, path: Path, kind: str, dpi: int, name: str) -> Path:
    """deepkit's own picture; the path it was written to."""
    drawer: Any = shown("keras.utils.plot")
    if kind == "svg":
        write_whole(path, drawer.svg(found.blocks, found.edges, name))
        return path
    try:
        image = drawer.image(found.blocks, found.edges, kind, dpi)
    except ImportError:
        beside = path.with_suffix(".svg")
        write_whole(beside, drawer.svg(found.blocks, found.edges, name))
        warnings.warn(
            f"{path} was not written, but {beside}: a .{kind} needs Graphviz (its program dot), or matplotlib "
            f"({install('course')})",
            stacklevel=3,
        )
        return beside
    with whole_file(path) as file:
        file.write(image)
    return path


def _for_notebook(path: Path) -> Any:
    """The picture as an object that Jupyter shows; None outside of it."""
    interactive = getattr(sys.modules.get("IPython"), "get_ipython", None)
    if interactive is None or interactive() is None or path.suffix not in (".png", ".svg", ".jpg", ".jpeg"):
        return None
    from IPython import display

    return display.SVG(filename=str(path)) if path.suffix == ".svg" else display.Image(filename=str(path))
