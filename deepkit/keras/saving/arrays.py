"""Weights in a safetensors or .npz file: each array under "layer/weight", the layers in order."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from deepkit.errors import DataError
from deepkit.files import refused, whole_file
from deepkit.io.safetensors import TensorFile, parse_json, write_tensors
from deepkit.keras.saving.stored import Stored, StoredLayer
from deepkit.keras.saving.weights import OWN

_ORDER = "keras_layers"


def write_safetensors(path: str | os.PathLike[str], layers: Mapping[str, Mapping[str, np.ndarray]]) -> None:
    """One file that every safetensors reader opens; a note in it lists the layers in order."""
    tensors = {name: array for weights in layers.values() for name, array in weights.items()}
    write_tensors(path, tensors, {_ORDER: json.dumps([[layer, list(weights)] for layer, weights in layers.items()])})


def read_safetensors(file: TensorFile) -> list[StoredLayer]:
    """The layers of an open file; without the note of their order, by the parts of the names before the last / or dot."""

    def refuse(what: str) -> None:
        raise DataError(f"{file.path}: the order of its layers is damaged: {what}")

    note = file.notes.get(_ORDER)
    if note is None:
        return _grouped({name: _tensor(file, name) for name in file})
    order = parse_json(note.encode(), refuse)
    if not isinstance(order, list) or not all(_is_layer(row, file) for row in order):
        refuse("it names tensors that are not there")
    return [StoredLayer(layer, [_tensor(file, name) for name in names]) for layer, names in order]


def _is_layer(row: Any, file: TensorFile) -> bool:
    """Whether a row of the note is [name of a layer, names of its tensors]."""
    if not isinstance(row, list) or [type(part) for part in row] != [str, list]:
        return False
    return all(isinstance(name, str) and name in file.entries for name in row[1])


def _tensor(file: TensorFile, name: str) -> Stored:
    return Stored(name, file.entries[name].shape, lambda: file.read(name))


def write_npz(path: str | os.PathLike[str], layers: Mapping[str, Mapping[str, np.ndarray]]) -> None:
    """A NumPy archive: np.load(path)["dense_1/kernel"]; the order of its entries is that of the layers."""
    # Not np.savez: it takes names as keyword arguments, and "file" would be its own.
    with whole_file(Path(path)) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for weights in layers.values():
            for name, array in weights.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                    np.lib.format.write_array(entry, np.asarray(array), allow_pickle=False)


def read_npz(path: str | os.PathLike[str]) -> tuple[zipfile.ZipFile, list[StoredLayer]]:
    """(the open archive, its layers); arrays of Python objects are refused."""
    try:
        archive = zipfile.ZipFile(path)
    except OSError as error:
        raise refused("open", path, error) from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _damaged(path, error) from error
    try:
        names = [name for name in archive.namelist() if name.endswith(".npy")]
        return archive, _grouped({name.removesuffix(".npy"): _entry(archive, name, path) for name in names})
    except BaseException:
        archive.close()
        raise


_BROKEN = (OSError, ValueError, EOFError, KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)


def _entry(archive: zipfile.ZipFile, name: str, path: Any) -> Stored:
    try:
        with archive.open(name) as entry:
            version = np.lib.format.read_magic(entry)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(entry)
    except (*_BROKEN, SyntaxError, TypeError) as error:
        raise _damaged(path, error) from error
    if dtype.hasobject or dtype.fields is not None:
        raise DataError(f"{path}: entry {name!r} holds Python objects", rule="weights are arrays of numbers")

    def load() -> np.ndarray:
        try:
            with archive.open(name) as entry:
                return np.lib.format.read_array(entry, allow_pickle=False)
        except (*_BROKEN, TypeError) as error:
            raise _damaged(path, error) from error

    return Stored(name.removesuffix(".npy"), tuple(shape), load)


def _damaged(path: Any, error: BaseException) -> DataError:
    return DataError(
        f"{path} is damaged or no .npz file: {error}", rule="a zip archive of NumPy arrays, as np.savez writes it",
        hint="take another copy of the file",
    )


def _grouped(entries: Mapping[str, Stored]) -> list[StoredLayer]:
    """Arrays as layers: "dense_1/kernel" (or dense_1.kernel) belongs to dense_1, and so does "dense_1/cell/kernel"."""
    layers: dict[str, list[Stored]] = {}
    for name, stored in entries.items():
        layer = name.partition("/")[0] if "/" in name else name.rpartition(".")[0] or OWN
        layers.setdefault(layer, []).append(stored)
    return [StoredLayer(name, weights) for name, weights in layers.items()]


def plain_names(layers: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, dict[str, np.ndarray]]:
    """Names for files that are not Keras' own: "dense_1/kernel", in front of it the layer's name if it lacks it."""

    def plain(layer: str, name: str) -> str:
        name = name.removesuffix(":0")
        return name if name.startswith(f"{layer}/") else f"{layer}/{name}"

    return {layer: {plain(layer, n): a for n, a in weights.items()} for layer, weights in layers.items()}
