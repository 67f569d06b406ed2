"""Keras 2's HDF5 files: groups of weights with their names in attributes; reading believes nothing that a file says."""

from __future__ import annotations

import contextlib
import io
import itertools
import math
import mmap
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, DataError, printable
from deepkit.files import reason, whole_file
from deepkit.keras import dialects
from deepkit.keras.saving.hdf5_texts import broken_heap, claimed_lengths
from deepkit.keras.saving.stored import Stored, StoredLayer
from deepkit.keras.saving.weights import OWN
from deepkit.loading import optional

LONGEST_ATTRIBUTE = 64512  # bytes: HDF5 keeps the attributes of a group in a header of 64 KiB
_HIGHEST_RANK = 32
_MOST_PACKED = 1100  # times as many bytes as in the file: deflate cannot pack more tightly


def h5py() -> Any:
    """The library h5py (extra `io`)."""
    return optional("h5py", "reading or writing Keras' HDF5 files")


# ---- writing


@contextlib.contextmanager
def writing(path: Any) -> Iterator[Any]:
    """An HDF5 file to fill; it takes the name `path` when it is whole.

    A group of an open file is filled in itself; a stream (what has `write`) gets the bytes of the whole file.
    """
    library = h5py()
    if isinstance(path, library.Group):
        yield path
        return
    if hasattr(path, "write"):
        check_binary(path)
        memory = io.BytesIO()
        with library.File(memory, "w") as hdf5:
            yield hdf5
        path.write(memory.getvalue())
        return
    with whole_file(Path(path)) as file, library.File(file.name, "w") as hdf5:
        yield hdf5


def check_binary(stream: Any) -> None:
    """ArgumentError for a stream of text."""
    if isinstance(stream, io.TextIOBase):
        raise ArgumentError(
            f"a model in a {type(stream).__name__}, a stream of text", rule="an HDF5 file is bytes",
            hint="open(path, 'rb') or 'wb', or io.BytesIO()",
        )


def write_names(group: Any, name: str, values: Sequence[str]) -> None:
    """A list of names as an attribute, in pieces name0, name1, ... if it is too long for one."""
    data = np.array([value.encode() for value in values] or np.zeros(0), dtype=None)
    pieces = max(1, math.ceil(data.nbytes / LONGEST_ATTRIBUTE))
    while any(part.nbytes > LONGEST_ATTRIBUTE for part in np.array_split(data, pieces)):
        pieces += 1
    if pieces == 1:
        group.attrs[name] = [value.encode() for value in values]
        return
    for i, part in enumerate(np.array_split(data, pieces)):
        group.attrs[f"{name}{i}"] = part


def write_arrays(group: Any, names: Sequence[str], arrays: Sequence[np.ndarray]) -> None:
    """Arrays under their names, which attribute weight_names lists in order."""
    write_names(group, "weight_names", names)
    for name, array in zip(names, arrays, strict=True):
        group.create_dataset(name, data=np.asarray(array))


def write_layers(group: Any, layers: Mapping[str, Mapping[str, np.ndarray]], own: Mapping[str, np.ndarray]) -> None:
    """The weights of all layers, a group for each, and those of the model itself."""
    write_names(group, "layer_names", list(layers))
    group.attrs["backend"] = b"tensorflow"
    group.attrs["keras_version"] = dialects.version().encode()
    for name, arrays in sorted([*layers.items(), (OWN, own)]):
        write_arrays(group.create_group(name), list(arrays), list(arrays.values()))


# ---- reading


class Hdf5Reader:
    """A Keras file that is open for reading. Only what lies in the file itself is read, and no more than it holds.

    Raises:
        DataError: there is no such file, it is no HDF5 file, or what it says of itself does not fit.
    """

    file: Any

    def __init__(self, path: Any):
        library = h5py()
        self._library = library
        self._close = not isinstance(path, library.Group)
        self._bytes: mmap.mmap | bytes | None = None
        if not self._close:
            self.file, self.path = path, path.file.filename
        elif hasattr(path, "read"):
            self.path = getattr(path, "name", None) or f"a {type(path).__name__}"
            check_binary(path)
            self._bytes = path.read()
            if not self._bytes:
                raise DataError(f"{self.path} has no more bytes", rule="it is read from where it stands to its end",
                                hint="stream.seek(0) goes back to its beginning")
            self.file = self._opened(io.BytesIO(self._bytes))
        else:
            self.path = os.fspath(path)
            self._map()
            self.file = self._opened(self.path)
        size = os.path.getsize(self.path) if os.path.exists(self.path) else 1 << 62  # a file in memory
        self._size = self._left = size if self._bytes is None else len(self._bytes)

    def _map(self) -> None:
        """Looks at the bytes of the file, which are not read before they are needed."""
        try:
            with open(self.path, "rb") as file:
                if file.read(1):
                    self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            hint = "a folder is a SavedModel of TensorFlow: save it as HDF5, model.save('model.h5')"
            raise DataError(
                f"cannot open {printable(self.path)}: {reason(error)}",
                hint=hint
                if os.path.isdir(self.path)
                else f"relative names are looked up in {os.getcwd()}"
                if isinstance(error, FileNotFoundError)
                else None,
            ) from error

    def _opened(self, source: Any) -> Any:
        """The HDF5 file at a path or in a stream, unless it is seen to be none or to be damaged."""
        heap = broken_heap(self._bytes) if self._bytes is not None else None
        if heap is not None:
            raise self.refuse(f"the heap of texts at byte {heap} contradicts itself")
        if (self._bytes or b"")[:2] == b"PK":
            raise DataError(
                f"{self.path} is a zip archive, as Keras 3 writes models (.keras), and no HDF5 file",
                hint="in Keras 3: model.save('model.h5') writes HDF5",
            )
        try:
            return self._library.File(source, "r")
        except (OSError, RuntimeError, ValueError) as error:
            raise DataError(
                f"{self.path} is damaged or no HDF5 file: {error}", rule="Keras 2 saves models and weights as HDF5",
                hint="take another copy of the file",
            ) from error

    def __enter__(self) -> Hdf5Reader:
        return self

    def __exit__(self, *_: object) -> None:
        if self._close:
            self.file.close()
        if isinstance(self._bytes, mmap.mmap):
            self._bytes.close()

    def refuse(self, what: str, error: BaseException | None = None) -> DataError:
        """The error for a file that says something impossible."""
        made = DataError(
            f"{self.path} is damaged or no Keras file: {what}",
            rule="layer_names lists the layers, weight_names in the group of each its arrays",
            hint="take another copy of the file, or save the model again",
        )
        made.__cause__ = error
        return made

    @contextlib.contextmanager
    def _looking_at(self, what: str) -> Iterator[None]:
        """Inside, what HDF5 fails at is an error of the file."""
        try:
            yield
        except DataError:
            raise
        except (OSError, RuntimeError, ValueError, LookupError, TypeError, AttributeError, MemoryError) as error:
            raise self.refuse(f"{what}: {error}", error) from error

    def item(self, group: Any, path: str) -> Any:
        """The group or array at `path`; links that lead out of the group's file are not followed."""
        with self._looking_at(f"{path!r} in {group.name}"):
            for part in path.split("/"):
                if part in ("", "."):
                    continue
                link = group.get(part, getlink=True)
                if link is None:
                    raise self.refuse(f"{group.name} has no {part!r}")
                if not isinstance(link, self._library.HardLink):
                    raise self.refuse(f"{part!r} in {group.name} is a link to another place, which is not followed")
                group = group[part]
            return group

    def has(self, group: Any, name: str) -> bool:
        with self._looking_at(group.name):
            return name in group

    def attribute(self, group: Any, name: str) -> Any:
        """An attribute, or None; text as str."""
        with self._looking_at(f"attribute {name!r} of {group.name}"):
            if name not in group.attrs:
                return None
            self._check_texts(group)
            said = group.attrs.get_id(name)
            if math.prod(said.shape) * max(said.dtype.itemsize, 1) > self._size:
                raise self.refuse(f"attribute {name!r} of {group.name} is said to be longer than the file")
            value = group.attrs[name]
            return _text(value)

    def _check_texts(self, group: Any) -> None:
        """The library makes room for a text of variable length before it looks whether the file is that long."""
        if self._bytes is not None:
            address = self._library.h5o.get_info(group.id).addr
            if any(length > self._size for length in claimed_lengths(self._bytes, address)):
                raise self.refuse(f"a text in {group.name} is said to be longer than the file")

    def names(self, group: Any, name: str) -> list[str]:
        """A list of names, which may be kept in pieces."""
        whole = self.attribute(group, name)
        if whole is not None:
            return self._name_list(group, name, whole)
        found: list[str] = []
        for piece in itertools.count():
            part = self.attribute(group, f"{name}{piece}")
            if part is None:
                return found
            found += self._name_list(group, name, part)
        return found

    def _name_list(self, group: Any, name: str, value: Any) -> list[str]:
        with self._looking_at(f"attribute {name!r} of {group.name}"):
            return [str(_text(v)) for v in np.asarray(value).reshape(-1).tolist()]

    def array(self, group: Any, path: str) -> Stored:
        """An array of numbers; it is read when asked for."""
        found = self.item(group, path)
        with self._looking_at(f"array {path!r} in {group.name}"):
            self._check_array(found, group, path)
            shape, stored = tuple(int(n) for n in found.shape), found.id.get_storage_size()
            size = math.prod(shape) * found.dtype.itemsize
            fits = stored == size if found.compression is None else size <= _MOST_PACKED * stored
            if stored > self._size or not fits:
                raise self.refuse(f"the array {path!r} of {size} bytes has {stored} bytes in the file")

        def read() -> np.ndarray:
            self._left -= stored
            if self._left < 0:
                raise self.refuse(f"its arrays are said to be longer than the file, the last {path!r}")
            with self._looking_at(f"array {path!r} in {group.name}"):
                return np.asarray(found[()])

        return Stored(path, shape, read)

    def _check_array(self, found: Any, group: Any, path: str) -> None:
        """An error unless the item is an array of numbers that lies in this file."""
        if not isinstance(found, self._library.Dataset):
            raise self.refuse(f"{path!r} in {group.name} is no array")
        if found.dtype.kind not in "fiub" or found.dtype.fields is not None:
            raise self.refuse(f"the array {path!r} holds {found.dtype}, no numbers")
        if found.shape is None or len(found.shape) > _HIGHEST_RANK:
            raise self.refuse(f"the array {path!r} has the shape {found.shape}")
        if found.external or found.is_virtual:
            raise self.refuse(f"the array {path!r} lies in another file, which is not opened")

    def arrays(self, group: Any) -> list[Stored]:
        """The arrays that a group's weight_names lists."""
        return [self.array(group, name) for name in self.names(group, "weight_names")]

    def layers(self) -> list[StoredLayer]:
        """All layers of the file, and the weights of the model itself if there are any."""
        group = self.file
        if self.attribute(group, "layer_names") is None and self.attribute(group, "layer_names0") is None:
            if not self.has(group, "model_weights"):
                raise self.refuse("it lists no layers")
            group = self.item(group, "model_weights")
        found = [StoredLayer(name, self.arrays(self.item(group, name))) for name in self.names(group, "layer_names")]
        if self.has(group, OWN):
            found.append(StoredLayer(OWN, self.arrays(self.item(group, OWN))))
        return found


def _text(value: Any) -> Any:
    """Text as str; ValueError for bytes that are no UTF-8, which h5py lets through as halves of characters."""
    if isinstance(value, str):
        value.encode()
    return value.decode("utf-8") if isinstance(value, bytes) else value
