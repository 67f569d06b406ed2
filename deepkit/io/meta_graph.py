"""Graphs on disk: a description in JSON and the arrays of its constants, together in one file of tensors.

The file has safetensors' layout (see safetensors.py). Its tensor "graph" is the text of the JSON, as bytes; the tensors
"array/0", "array/1", ... are what the JSON calls {"array": "0"}. Nothing in it is evaluated or unpickled.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

from deepkit.core.description import Description
from deepkit.errors import DataError
from deepkit.io.safetensors import TensorFile, parse_json, write_tensors

FORMAT, VERSION = "deepkit graph", 1


@dataclass
class MetaGraph:
    """A graph as data, and what belongs to it: how its variables were saved, and which calls a served model offers.

    `saver` is None or {"variables": {name in the checkpoint: variable's name}, ...the Saver's settings};
    `signature_def` maps a call's name to its signature; `tags` say what the graph is for.
    """

    graph: Description
    saver: dict[str, Any] | None = None
    signature_def: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)


def write_meta_graph(path: str | os.PathLike[str], meta: MetaGraph) -> None:
    """Writes graph and saver to one file, whole or not at all."""
    content = {"format": FORMAT, "version": VERSION, "graph": meta.graph.content, "saver": meta.saver}
    text = json.dumps(content, separators=(",", ":"), allow_nan=False).encode()
    arrays = {f"array/{name}": array for name, array in meta.graph.arrays.items()}
    write_tensors(path, {"graph": np.frombuffer(text, np.uint8), **arrays})


def read_meta_graph(path: str | os.PathLike[str]) -> MetaGraph:
    """The graph and the saver that a file holds.

    Raises:
        DataError: the file is missing, damaged, or no graph that deepkit wrote.
    """

    def refuse(what: str) -> NoReturn:
        raise DataError(
            f"{os.fspath(path)} is no graph that deepkit wrote: {what}",
            rule="what export_meta_graph and Saver.save write (TensorFlow's own .meta files are not read)",
            hint="build the graph by its program, and restore the checkpoint into it",
        )

    with TensorFile(path) as file:
        if "graph" not in file.entries or file.entries["graph"].dtype.name != "uint8":
            refuse("it has no tensor 'graph'")
        content = parse_json(file.read("graph").tobytes(), refuse)
        arrays = {n.removeprefix("array/"): file.read(n) for n in file.entries if n.startswith("array/")}
    if not isinstance(content, dict) or content.get("format") != FORMAT or not isinstance(content.get("graph"), dict):
        refuse("its description is none")
    if content.get("version") != VERSION:
        refuse(f"it has version {content.get('version')!r}; this deepkit reads version {VERSION}")
    saver = content.get("saver")
    if saver is not None and not _is_saver(saver):
        refuse("what it says about saving is damaged")
    return MetaGraph(Description(content["graph"], arrays), saver)


def _is_saver(said: Any) -> bool:
    """The form of `saver`: texts to texts, and plain settings."""
    keys = {"variables", "max_to_keep", "keep_checkpoint_every_n_hours", "random_streams"}
    if not isinstance(said, dict) or said.keys() != keys or not isinstance(said["random_streams"], bool):
        return False
    names = said["variables"]
    numbers = (said["max_to_keep"], said["keep_checkpoint_every_n_hours"])
    return (
        isinstance(names, dict)
        and all(isinstance(name, str) for name in names.values())
        and all(type(n) in (int, float) and 0 <= n < 1e9 for n in numbers)
    )
