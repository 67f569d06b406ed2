"""Graphs on disk: descriptions in JSON and the arrays of their constants, together in one file of tensors.

The file has safetensors' layout (see safetensors.py). Its tensor "graph" is the text of the JSON, as bytes: a list of
graphs (a checkpoint's .meta holds one, a saved model may hold several), each with how its variables are saved and what
it offers to callers. What graph 2 calls {"array": "7"} is the tensor "array/2/7". Nothing in the file is evaluated.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

from deepkit.core.description import Description
from deepkit.core.shape import Shape
from deepkit.device.dtypes import ALL, DType, as_dtype
from deepkit.errors import DataError
from deepkit.io.safetensors import TensorFile, parse_json, write_tensors

FORMAT, VERSION = "deepkit graphs", 1
_TYPES = {dtype.name for dtype in ALL}
_SAVER: dict[str, Any] = {
    "variables": dict, "max_to_keep": int, "keep_checkpoint_every_n_hours": (int, float), "random_streams": bool,
}


@dataclass(frozen=True)
class TensorInfo:
    """What a signature says about one tensor: its name in the graph, its type and its shape."""

    name: str
    dtype: DType
    tensor_shape: Shape


@dataclass
class SignatureDef:
    """A call that a saved model offers: which tensors are fed, which are fetched, by the caller's names for them."""

    inputs: dict[str, TensorInfo] = field(default_factory=dict)
    outputs: dict[str, TensorInfo] = field(default_factory=dict)
    method_name: str = ""


@dataclass
class MetaGraph:
    """A graph as data, and what belongs to it.

    saver: None, or the settings of the Saver that saves it, with its variables: {name in the checkpoint: variable}.
    tags: what the graph is for. signature_def: the calls it offers. main_op: the node to run when it has been loaded.
    assets: names of string tensors, and of the files in the folder `assets` that they stand for.
    """

    graph: Description
    saver: dict[str, Any] | None = None
    tags: list[str] = field(default_factory=list)
    signature_def: dict[str, SignatureDef] = field(default_factory=dict)
    main_op: str | None = None
    assets: dict[str, str] = field(default_factory=dict)


def write_meta_graphs(path: str | os.PathLike[str], metas: Sequence[MetaGraph]) -> None:
    """Writes graphs and what belongs to them to one file, whole or not at all."""
    listed = [
        {
            "graph": meta.graph.content, "saver": meta.saver, "tags": meta.tags, "main_op": meta.main_op,
            "assets": meta.assets, "signatures": {key: _written(s) for key, s in meta.signature_def.items()},
        }
        for meta in metas
    ]
    content = {"format": FORMAT, "version": VERSION, "graphs": listed}
    text = json.dumps(content, separators=(",", ":"), allow_nan=False).encode()
    arrays = {f"array/{i}/{name}": a for i, meta in enumerate(metas) for name, a in meta.graph.arrays.items()}
    write_tensors(path, {"graph": np.frombuffer(text, np.uint8), **arrays})


def read_meta_graphs(path: str | os.PathLike[str]) -> list[MetaGraph]:
    """The graphs that a file holds.

    Raises:
        DataError: the file is missing, damaged, or not what deepkit wrote.
    """

    def refuse(what: str) -> NoReturn:
        raise DataError(
            f"{os.fspath(path)} is no graph that deepkit wrote: {what}",
            rule="what export_meta_graph, Saver.save and SavedModelBuilder.save write (TensorFlow's .meta is not read)",
            hint="build the graph by its program, and restore the checkpoint into it",
        )

    try:
        opened = TensorFile(path)
    except DataError as error:
        refuse(error.what)
    with opened as file:
        graphs = _described(file, refuse)
        arrays: dict[str, dict[str, np.ndarray]] = {}
        for name in file.entries:
            if name.startswith("array/"):
                _, number, key = [*name.split("/", 2), ""][:3]
                arrays.setdefault(number, {})[key] = file.read(name)
    return [
        MetaGraph(
            Description(said["graph"], arrays.get(str(i), {})), said["saver"], said["tags"],
            {key: _read(s) for key, s in said["signatures"].items()}, said["main_op"], said["assets"],
        )
        for i, said in enumerate(graphs)
    ]


def _written(signature: SignatureDef) -> dict[str, Any]:
    def side(infos: dict[str, TensorInfo]) -> dict[str, Any]:
        return {key: [i.name, i.dtype.name, Description.dims(i.tensor_shape)] for key, i in infos.items()}

    return {"inputs": side(signature.inputs), "outputs": side(signature.outputs), "method_name": signature.method_name}


def _read(said: dict[str, Any]) -> SignatureDef:
    def side(infos: dict[str, Any]) -> dict[str, TensorInfo]:
        return {key: TensorInfo(name, as_dtype(dtype), Shape(dims)) for key, (name, dtype, dims) in infos.items()}

    return SignatureDef(side(said["inputs"]), side(said["outputs"]), said["method_name"])


def _described(file: TensorFile, refuse: Callable[[str], NoReturn]) -> list[dict[str, Any]]:
    """What the file says of each of its graphs, found to be of the form that `write_meta_graphs` gives it."""
    if "graph" not in file.entries or file.entries["graph"].dtype.name != "uint8":
        refuse("it has no tensor 'graph'")
    content = parse_json(file.read("graph").tobytes(), refuse)
    if not isinstance(content, dict) or content.get("format") != FORMAT or not isinstance(content.get("graphs"), list):
        refuse("its description is none")
    if content.get("version") != VERSION:
        refuse(f"it has version {content.get('version')!r}; this deepkit reads version {VERSION}")
    graphs: list[dict[str, Any]] = content["graphs"]
    if not all(_is_meta(said) for said in graphs):
        refuse("what it says about a graph's saver, signatures or assets is damaged")
    return graphs


_FORMS: dict[str, Callable[[Any], bool]] = {
    "graph": lambda said: isinstance(said, dict),  # `rebuild` looks at the graph itself
    "saver": lambda said: said is None or _is_saver(said),
    "tags": lambda said: isinstance(said, list) and all(isinstance(tag, str) for tag in said),
    "main_op": lambda said: isinstance(said, (str, type(None))),
    "assets": lambda said: _is_texts(said),
    "signatures": lambda said: isinstance(said, dict) and all(map(_is_signature, said.values())),
}


def _is_meta(said: Any) -> bool:
    """What stands beside a graph has the form that `write_meta_graphs` gives it."""
    return (
        isinstance(said, dict) and said.keys() == _FORMS.keys()
        and all(is_sound(said[key]) for key, is_sound in _FORMS.items())
    )


def _is_saver(said: Any) -> bool:
    return (
        isinstance(said, dict)
        and said.keys() == _SAVER.keys()
        and all(isinstance(said[key], kind) for key, kind in _SAVER.items())
        and 0 <= said["max_to_keep"] < 1 << 40
        and 0 <= said["keep_checkpoint_every_n_hours"] < 1 << 40
        and _is_texts(said["variables"])
    )


def _is_signature(said: Any) -> bool:
    if not isinstance(said, dict) or said.keys() != {"inputs", "outputs", "method_name"}:
        return False
    sides = (said["inputs"], said["outputs"])
    return isinstance(said["method_name"], str) and all(
        isinstance(side, dict) and all(_is_info(info) for info in side.values()) for side in sides
    )


def _is_info(info: Any) -> bool:
    if not isinstance(info, list) or len(info) != 3 or not isinstance(info[0], str) or str(info[1]) not in _TYPES:
        return False
    dims = info[2]
    return dims is None or (
        isinstance(dims, list) and all(d is None or (type(d) is int and 0 <= d < 1 << 62) for d in dims)
    )


def _is_texts(said: Any) -> bool:
    return isinstance(said, dict) and all(isinstance(text, str) for text in said.values())
