"""Saving and loading: whole models in Keras 2's HDF5 files, weights also as safetensors and .npz, architectures as text."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepkit.errors import ArgumentError, DataError
from deepkit.io.safetensors import SUFFIX, TensorFile
from deepkit.io.state_file import CheckpointState, write_state
from deepkit.keras import dialects
from deepkit.keras.saving import arrays, hdf5, training, weights
from deepkit.keras.saving.config import (
    dump_json,
    forgotten_on_error,
    model_config,
    model_from_config,
    model_from_json,
    model_from_yaml,
    parse_json,
    to_json,
    to_yaml,
)
from deepkit.keras.saving.onnx import export_onnx
from deepkit.keras.saving.state import values
from deepkit.loading import listing

__all__ = [
    "export_onnx", "load_model", "load_weights", "model_from_config", "model_from_json", "model_from_yaml",
    "save_model", "save_weights", "to_json", "to_yaml",
]
__dir__ = listing(__all__)

StrPath = str | os.PathLike[str]
Place = StrPath | Any  # or a stream, or a group of an open h5py file


def save_model(
    model: Any, filepath: StrPath, overwrite: bool = True, include_optimizer: bool = True, save_format: str | None = None,
    **other: Any,
) -> None:
    """Architecture, weights, and how the model is trained, in one HDF5 file that Keras 2 opens, too (extra `io`).

    The file is whole or absent. With include_optimizer its state is in it, and training goes on after load_model as if
    it had not been interrupted. A function of a Lambda layer is not in the file: it is named there.
    """
    _check_format(save_format, filepath)
    weights.check_built(model, "save")
    parts = {"keras_version": dialects.version(), "backend": "tensorflow", "model_config": dump_json(model_config(model))}
    trained = training.training_config(model) if include_optimizer else None
    if trained is not None:
        parts["training_config"] = dump_json(trained)
    _check_overwrite(filepath, overwrite)
    with hdf5.writing(filepath) as file:
        for name, text in parts.items():
            file.attrs[name] = text.encode()
        layers, own = values(model)
        hdf5.write_layers(file.create_group("model_weights"), layers, own)
        names, slots = training.optimizer_weights(model) if trained is not None else ([], [])
        if names:
            hdf5.write_arrays(file.create_group("optimizer_weights"), names, slots)


def load_model(
    filepath: StrPath, custom_objects: Mapping[str, Any] | None = None, compile: bool = True, **other: Any
) -> Any:
    """The model in a file that `save_model`, or Keras 2 itself, wrote; compiled as it was, unless compile=False.

    custom_objects: your own layers, losses, metrics and functions by the names they have in the file. Nothing in a file
    is ever run as code.

    Raises:
        DataError: the file is missing, damaged, not one of Keras 2, or does not fit itself.
        ArgumentError: it names a class or function that is not known.
    """
    with hdf5.Hdf5Reader(filepath) as file:
        text = file.attribute(file.file, "model_config")
        if text is None:
            holds = "weights only" if file.attribute(file.file, "layer_names") is not None else "no model"
            raise DataError(
                f"{file.path} has {holds}, no architecture",
                rule="model.save(path) writes both",
                hint="make the model by your own code, then model.load_weights(path)",
            )
        config = parse_json(text, f"the architecture in {file.path}")
        with forgotten_on_error():
            model = model_from_config(config, custom_objects)
            weights.load_in_order(model, file.layers(), file.path)
            if compile:
                _compile(model, file, custom_objects)
    return model


def _compile(model: Any, file: hdf5.Hdf5Reader, custom_objects: Mapping[str, Any] | None) -> None:
    text = file.attribute(file.file, "training_config")
    if text is None:
        warnings.warn(
            f"{file.path} does not say how to train the model: compile it before fit or evaluate", stacklevel=3
        )
        return
    training.compile_from(model, parse_json(text, f"the training configuration in {file.path}"), custom_objects)
    if file.has(file.file, "optimizer_weights"):
        stored = file.arrays(file.item(file.file, "optimizer_weights"))
        training.restore_optimizer(model, [s.name for s in stored], [s.read() for s in stored])


def save_weights(
    model: Any, filepath: StrPath, overwrite: bool = True, save_format: str | None = None, **other: Any
) -> None:
    """The weights alone: as safetensors or .npz if the name ends so, else as Keras' HDF5 (extra `io`).

    A name without one of Keras' endings is a checkpoint's in tf.keras, where the folder is made, too, and its state file
    names the latest, for tf.train.latest_checkpoint.
    """
    checkpoint = _is_checkpoint(filepath, save_format)
    _check_format(None if checkpoint else save_format, filepath)
    weights.check_built(model, "save_weights")
    _check_overwrite(filepath, overwrite)
    layers, own = values(model)
    kind = _suffix(filepath)
    if kind in (SUFFIX, ".npz"):
        named = arrays.plain_names({**layers, **({weights.OWN: own} if own else {})})
        (arrays.write_npz if kind == ".npz" else arrays.write_safetensors)(filepath, named)
        return
    if checkpoint:
        os.makedirs(os.path.dirname(os.path.abspath(filepath)), exist_ok=True)
    with hdf5.writing(filepath) as file:
        hdf5.write_layers(file, layers, own)
    if checkpoint:
        path = os.fspath(filepath)
        write_state(os.path.dirname(path) or ".", CheckpointState(path, [path], [time.time()]))


def _is_checkpoint(filepath: Any, save_format: str | None) -> bool:
    """Whether tf.keras, not Keras by itself, would write a checkpoint of TensorFlow under this name."""
    if dialects.spoken() == dialects.STANDALONE or not isinstance(filepath, (str, os.PathLike)):
        return False
    known = _suffix(filepath) in (".h5", ".hdf5", ".keras", ".npz", SUFFIX)
    return save_format == "tf" if save_format is not None else not known


def load_weights(
    model: Any, filepath: StrPath, by_name: bool = False, skip_mismatch: bool = False, reshape: bool = False, **other: Any
) -> None:
    """Takes the weights from a file of `save_weights` or `save_model`: all or, when something does not fit, none.

    Layers are matched by their order; with by_name by their names, and others keep what they have. skip_mismatch
    leaves layers of other shapes alone (with by_name only); reshape, Keras 2.3.1's, puts as many numbers as a weight
    holds into its shape.
    """
    if skip_mismatch and not by_name:
        raise ArgumentError("load_weights: skip_mismatch without by_name", rule="layers are found by their names then",
                            hint="by_name=True, skip_mismatch=True")

    def take(stored: Any, path: str) -> None:
        if by_name:
            weights.load_by_name(model, stored, path, skip_mismatch, reshape)
        else:
            weights.load_in_order(model, stored, path, reshape)

    kind = _suffix(filepath)
    if kind == SUFFIX:
        with TensorFile(filepath) as tensors:
            take(arrays.read_safetensors(tensors), tensors.path)
    elif kind == ".npz":
        archive, stored = arrays.read_npz(filepath)
        with archive:
            take(stored, os.fspath(filepath))
    else:
        with hdf5.Hdf5Reader(filepath) as file:
            take(file.layers(), file.path)


def _suffix(path: Any) -> str:
    return Path(path).suffix if isinstance(path, (str, os.PathLike)) else ""


def _check_overwrite(path: Any, overwrite: bool) -> None:
    if not overwrite and isinstance(path, (str, os.PathLike)) and os.path.exists(path):
        raise ArgumentError(f"{path} exists", rule="overwrite=False keeps it", hint="another name, or overwrite=True")


def _check_format(save_format: str | None, path: Any) -> None:
    if save_format not in (None, "h5", "hdf5", "keras"):
        raise ArgumentError(
            f"save_format={save_format!r}", rule="models are saved as HDF5, weights also as .safetensors and .npz",
            hint="leave save_format out",
        )
