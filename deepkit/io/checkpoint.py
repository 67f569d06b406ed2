"""Checkpoints: a training's variables on disk, the file that says which is the latest, and what else can be read.

A checkpoint has a name, its prefix: `model-20` stands for model-20.safetensors (the tensors, see safetensors.py) and, where
the graph is stored, too, model-20.meta. Beside them lies the file `checkpoint` (see state_file.py). They are written in
this order, each whole or not at all, and only then are older ones deleted: whatever ends the program, and whenever,
`checkpoint` names a whole one. TensorFlow's own checkpoints (model-20.index and its data files) can be read as well.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from deepkit.errors import DataError, MissingDataError, printable
from deepkit.files import refused, remove_leftovers
from deepkit.io.bundle import Bundle
from deepkit.io.safetensors import SUFFIX, TensorFile, near, write_tensors
from deepkit.io.state_file import NAME, CheckpointState, read_state

META = ".meta"


def write_checkpoint(prefix: str, tensors: Mapping[str, Any], notes: Mapping[str, str] | None = None) -> None:
    """Writes prefix.safetensors. Its folder is made if only the folder itself is missing, as TensorFlow does.

    Raises:
        DataError: the folder cannot be made, or the file cannot be written; what was there before is as it was.
    """
    folder, name = os.path.split(prefix)
    if not name:
        raise DataError(f"{prefix!r} names no checkpoint", hint='a folder and a name: "models/classifier"')
    if folder and not os.path.isdir(folder):
        try:
            os.mkdir(folder)
        except FileNotFoundError:
            raise DataError(
                f"Parent directory of {prefix} doesn't exist, can't save.", hint=f"os.makedirs({folder!r})"
            ) from None
        except FileExistsError:
            if not os.path.isdir(folder):  # another program may have made it just now
                raise DataError(f"{folder} is no folder", hint="another name for the checkpoint") from None
        except OSError as error:
            raise refused("make the folder", folder, error) from error
    remove_leftovers(Path(folder or "."), name)
    write_tensors(prefix + SUFFIX, tensors, notes)


def checkpoint_exists(prefix: str) -> bool:
    """True if there is a checkpoint of this name, deepkit's or TensorFlow's."""
    return any(os.path.isfile(path) for path in (prefix + SUFFIX, f"{prefix}.index"))


def written_at(prefix: str) -> float:
    """When a checkpoint was written: seconds since 1970."""
    own = prefix + SUFFIX
    return os.path.getmtime(own if os.path.isfile(own) else f"{prefix}.index")


def remove_checkpoint(prefix: str, meta: str = META) -> None:
    """Deletes the files of a checkpoint that deepkit wrote; those that are not there are no error."""
    for path in (prefix + SUFFIX, prefix + meta):
        try:
            os.remove(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise refused("delete", path, error) from error


def latest_checkpoint(folder: str, filename: str | None = None) -> str | None:
    """The prefix of the latest checkpoint of a folder; None if there is no state file, or its checkpoint is gone."""
    state = read_state(folder, filename)
    path = "" if state is None else state.model_checkpoint_path
    return path if path and (checkpoint_exists(path) or os.path.isfile(path)) else None  # or a Keras model's weights


def found_prefix(place: str) -> str:
    """The checkpoint that `place` means: itself, or the latest one of the folder `place`.

    Raises:
        DataError: there is none.
    """
    if checkpoint_exists(place):
        return place
    if place.endswith(SUFFIX) and os.path.isfile(place):
        return place.removesuffix(SUFFIX)
    if os.path.isdir(place):
        latest = latest_checkpoint(place)
        if latest is None:
            raise MissingDataError(
                f"the folder {printable(place)} has no checkpoint", rule=f"the file {NAME!r} in it names the latest one"
            )
        return latest
    folder, name = os.path.split(place)
    there, place = known(folder), printable(place)
    raise MissingDataError(
        f"The passed save_path is not a valid checkpoint: {place}",
        rule=f"a checkpoint is called by its prefix: {place} stands for {place}{SUFFIX}",
        hint=near(name, there) if there else f"there is no checkpoint in {folder or 'the current folder'}",
    )


def known(folder: str) -> list[str]:
    """The names of the checkpoints in a folder."""
    try:
        names = os.listdir(folder or ".")
    except OSError:  # no such folder: no checkpoints in it
        return []
    return sorted(name.removesuffix(end) for end in (SUFFIX, ".index") for name in names if name.endswith(end))


@contextlib.contextmanager
def opened(place: str) -> Iterator[TensorFile | Bundle]:
    """An open checkpoint: `entries` (name -> dtype and shape), `notes`, and `read(name)`.

    place: a prefix, or a folder whose latest checkpoint is meant.
    """
    prefix = found_prefix(place)
    own = os.path.isfile(prefix + SUFFIX)
    with TensorFile(prefix + SUFFIX) if own else Bundle(prefix) as file:
        yield file


def read_checkpoint(place: str) -> dict[str, np.ndarray]:
    """All tensors of a checkpoint."""
    with opened(place) as file:
        return {name: file.read(name) for name in file.entries}


__all__ = [
    "META", "CheckpointState", "checkpoint_exists", "found_prefix", "known", "latest_checkpoint", "opened",
    "read_checkpoint", "remove_checkpoint", "write_checkpoint", "written_at",
]
