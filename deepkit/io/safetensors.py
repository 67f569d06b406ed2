"""Tensors in one file, in the safetensors layout: the length of a header, the header in JSON, then the raw numbers.

    8 bytes             N, the length of the header, an unsigned little-endian integer
    N bytes             JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ...}
    the rest            the tensors, little-endian, without gaps; offsets count from here

Every safetensors reader opens such a file. The layout has no strings, no complex numbers and no checksums; what deepkit
adds stands in the entry `__metadata__`, a map of strings that other readers pass over. Its text "deepkit" is JSON:

    kinds   {"name": ["complex64"]}: real and imaginary parts, as a last axis of length 2;
            {"name": ["string", [2, 3]]}: an array of strings, stored as bytes: for each string its length in 8 bytes,
            then the strings themselves, one after the other
    crc32   {"name": number}: CRC-32 of the text "name dtype shape", as the header has them, and of the stored bytes;
            "" is the name under which the notes are summed
    notes   {"name": "text"}: what the writer of the file wants to remember beside the tensors

A file that breaks a rule of this page is refused before any number of it is used.
"""

from __future__ import annotations

import json
import math
import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np

from deepkit.device.arrays import to_cpu
from deepkit.device.dtypes import DType, as_dtype, string
from deepkit.errors import DamagedDataError, DataError, NameNotFoundError, did_you_mean, printable
from deepkit.files import refused, whole_file
from deepkit.io.decoding import bfloat16, byte_strings

SUFFIX = ".safetensors"
LONGEST_HEADER = 32 << 20  # bytes: some 300,000 tensors
HIGHEST_RANK = 32
_CODES = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "I16": "int16", "U16": "uint16", "F16": "float16", "BF16": "float32",
    "I32": "int32", "U32": "uint32", "F32": "float32", "F64": "float64", "I64": "int64", "U64": "uint64",
}
_SIZES = {code: 2 if code == "BF16" else as_dtype(name).size for code, name in _CODES.items()}
_CODE_OF = {name: code for code, name in _CODES.items() if code != "BF16"}
_COMPLEX = {"complex64": "F32", "complex128": "F64"}
_OWN, _NOTED, _SUMS = "deepkit", {"kinds", "crc32", "notes"}, '"crc32": {'


def _is_sound(own: Any) -> bool:
    """Whether these can be the notes of deepkit."""
    return isinstance(own, dict) and own.keys() <= _NOTED and all(isinstance(noted, dict) for noted in own.values())


@dataclass(frozen=True)
class Entry:
    """What a file says about one tensor: its type and shape, and how and where its bytes are stored."""

    dtype: DType
    shape: tuple[int, ...]
    code: str
    stored: tuple[int, ...]
    begin: int
    end: int


class TensorFile:
    """An open file of tensors: `entries` says what is in it, `read` gives one tensor, `notes` are the writer's texts.

    Raises:
        DataError: there is no such file, or it is not a whole, sound safetensors file.
    """

    pieces: dict[str, Any] = {}  # noqa: RUF012 - always empty: a checkpoint of TensorFlow has slices of tensors

    def __init__(self, path: str | os.PathLike[str]):
        self.path = os.fspath(path)
        try:
            self._file: BinaryIO = open(self.path, "rb")  # noqa: SIM115 - closed by close()
        except OSError as error:
            raise refused("open", self.path, error) from error
        except ValueError as error:  # a zero byte in the name
            raise DataError(f"cannot open {printable(self.path)}: {error}") from error
        try:
            self._read_header()
        except BaseException:
            self._file.close()
            raise

    def _read_header(self) -> None:
        size = os.fstat(self._file.fileno()).st_size
        length = int.from_bytes(self._file.read(8), "little")
        if size < 8 or not 2 <= length <= min(size - 8, LONGEST_HEADER):
            self._refuse(f"it has {size} bytes and says that {length} of them are its header")
        self._data = 8 + length
        header = parse_json(self._file.read(length), self._refuse)
        if not isinstance(header, dict):
            self._refuse("its header is no table")
        kinds = self._read_notes(header.pop("__metadata__", {}))
        self.entries = {name: self._entry(name, said, kinds.get(name)) for name, said in header.items()}
        self._check_places(size - self._data)

    def _read_notes(self, texts: Any) -> dict[str, Any]:
        """Reads what stands beside the tensors; returns which tensors are not what they are stored as."""
        if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
            self._refuse("its __metadata__ is no map of strings")
        own = parse_json(texts.pop(_OWN, "{}").encode(), self._refuse)
        if not _is_sound(own) or any(_SUMS in text for text in texts.values()):  # then its own name is damaged
            self._refuse("what deepkit noted in it is damaged")
        self._sums: dict[str, int] | None = own.get("crc32")
        self.notes: dict[str, str] = {**texts, **own.get("notes", {})}
        if self._sums is not None and self._sums.get("") != _sum_of_notes(own.get("notes", {})):
            self._refuse("its notes do not fit their checksum")
        kinds: dict[str, Any] = own.get("kinds", {})
        return kinds

    def _entry(self, name: str, said: Any, kind: Any) -> Entry:
        if not isinstance(said, dict) or said.keys() != {"dtype", "shape", "data_offsets"}:
            self._refuse(f"tensor {name!r} does not have a dtype, a shape and data_offsets, and nothing else")
        code, shape, offsets = said["dtype"], said["shape"], said["data_offsets"]
        if not isinstance(code, str) or code not in _CODES:
            self._refuse(f"tensor {name!r} has the data type {code!r}; known are {', '.join(_CODES)}")
        if not _whole_numbers(shape) or len(shape) > HIGHEST_RANK:
            self._refuse(f"tensor {name!r} has the shape {shape!r}")
        if not _whole_numbers(offsets) or len(offsets) != 2:
            self._refuse(f"tensor {name!r} has the data_offsets {offsets!r}")
        begin, end = offsets
        if end - begin != math.prod(shape) * _SIZES[code]:
            self._refuse(f"tensor {name!r} of type {code} and shape {shape} has {end - begin} bytes")
        meant = _meant(code, tuple(shape), kind)
        if meant is None:
            self._refuse(f"tensor {name!r} of type {code} and shape {shape} is said to be {kind!r}")
        return Entry(*meant, code, tuple(shape), begin, end)

    def _check_places(self, room: int) -> None:
        """The tensors follow one another without gaps or overlap and fill the file."""
        place = 0
        for name, entry in sorted(self.entries.items(), key=lambda item: (item[1].begin, item[1].end)):
            if entry.begin != place:
                self._refuse(
                    f"tensor {name!r} begins at byte {entry.begin} of the data, the one before ends at {place}"
                )
            place = entry.end
        if place != room:
            self._refuse(f"its tensors take {place} bytes, but {room} bytes follow the header")

    def read(self, name: str) -> np.ndarray:
        """One tensor, as an array of its own memory; strings as bytes objects.

        Raises:
            NameNotFoundError: the file has no such tensor.
            DataError: its bytes do not fit their checksum, or cannot be read.
        """
        if name not in self.entries:
            raise NameNotFoundError(
                f"{self.path} has no tensor {name!r}", where=self.path, hint=near(name, self.entries)
            )
        entry = self.entries[name]
        raw = np.empty(entry.end - entry.begin, np.uint8)
        try:
            self._file.seek(self._data + entry.begin)
            got = self._file.readinto(raw.data) if raw.size else 0  # type: ignore[attr-defined]
        except OSError as error:
            raise refused("read", self.path, error) from error
        if got != raw.size:
            self._refuse(f"it ends inside tensor {name!r}")
        if self._sums is not None and self._sums.get(name) != _sum(name, entry.code, entry.stored, raw):
            self._refuse(f"the bytes of tensor {name!r} do not fit their checksum")
        return self._decoded(name, entry, raw)

    def _decoded(self, name: str, entry: Entry, raw: np.ndarray) -> np.ndarray:
        if entry.dtype.is_string:
            return self._strings(name, entry, raw)
        if entry.code == "BOOL" and raw.size and raw.max() > 1:
            self._refuse(f"tensor {name!r} holds bools that are neither 0 nor 1")
        try:
            if entry.code == "BF16":  # the upper half of a float32
                return bfloat16(raw.view("<u2")).reshape(entry.shape)
            stored = entry.dtype.numpy.newbyteorder("<")
            return raw.view(stored).astype(entry.dtype.numpy, copy=False).reshape(entry.shape)
        except ValueError as error:  # no elements, but a dimension that is too large for an array
            self._refuse(f"tensor {name!r} has the shape {list(entry.shape)}: {error}")

    def _strings(self, name: str, entry: Entry, raw: np.ndarray) -> np.ndarray:
        count = math.prod(entry.shape)
        lengths = raw[: 8 * count].view("<u8").tolist()
        if sum(lengths) != raw.size - 8 * count:
            self._refuse(f"the strings of tensor {name!r} are not as long as their lengths say")
        return byte_strings(raw[8 * count :], lengths, entry.shape)

    def _refuse(self, what: str) -> NoReturn:
        raise DamagedDataError(
            f"{self.path} is damaged or no safetensors file: {what}",
            rule="a header length, a JSON header, and the tensors it describes, which fill the file",
            hint="take another copy of the file, or the checkpoint before it",
        )

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def __enter__(self) -> TensorFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)


def write_tensors(
    path: str | os.PathLike[str], tensors: Mapping[str, Any], notes: Mapping[str, str] | None = None
) -> None:
    """Writes named arrays, and texts beside them, to one file: whole or not at all.

    >>> import tempfile
    >>> name = os.path.join(tempfile.mkdtemp(), "two.safetensors")
    >>> write_tensors(name, {"w": np.eye(2, dtype=np.float32), "who": np.array([b"me"], object)})
    >>> with TensorFile(name) as file:
    ...     file.read("w").tolist(), file.read("who").tolist()
    ([[1.0, 0.0], [0.0, 1.0]], [b'me'])
    """
    header: dict[str, Any] = {}
    kinds: dict[str, list[Any]] = {}
    sums = {"": _sum_of_notes(dict(notes or {}))}
    stored = [(name, *_encoded(np.asarray(to_cpu(value)))) for name, value in tensors.items()]
    stored.sort(key=lambda item: (-_SIZES[item[1]], item[0]))  # so that every number lies at a multiple of its size
    place = 0
    for name, code, kind, array in stored:
        header[name] = {"dtype": code, "shape": list(array.shape), "data_offsets": [place, place + array.nbytes]}
        sums[name] = _sum(name, code, array.shape, array)
        place += array.nbytes
        if kind:
            kinds[name] = kind
    own = json.dumps({"kinds": kinds, "crc32": sums, "notes": dict(notes or {})})
    text = json.dumps({"__metadata__": {_OWN: own}, **header}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    if len(text) > LONGEST_HEADER:
        raise DataError(f"{path}: {len(tensors)} tensors need a header of {len(text)} bytes", rule="32 MB at most")
    with whole_file(Path(path)) as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for _, _, _, array in stored:
            file.write(_flat(array).data)


def _encoded(array: np.ndarray) -> tuple[str, list[Any] | None, np.ndarray]:
    """(code, kind, the array that is stored)."""
    dtype = as_dtype(array.dtype)
    if dtype.is_string:
        texts = [text if isinstance(text, bytes) else str(text).encode() for text in array.reshape(-1).tolist()]
        lengths = np.array([len(text) for text in texts], "<u8").tobytes()
        return "U8", ["string", list(array.shape)], np.frombuffer(lengths + b"".join(texts), np.uint8)
    little = np.asarray(array, dtype.numpy.newbyteorder("<"), order="C")
    if dtype.is_complex:
        parts = little.reshape(-1).view(dtype.real_dtype.numpy.newbyteorder("<")).reshape(*array.shape, 2)
        return _COMPLEX[dtype.name], [dtype.name], parts
    return _CODE_OF[dtype.name], None, little


def _flat(array: np.ndarray) -> np.ndarray:
    """The bytes of an array."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


def _sum(name: str, code: str, shape: tuple[int, ...], array: np.ndarray) -> int:
    return zlib.crc32(_flat(array).data, zlib.crc32(f"{name} {code} {list(shape)}".encode()))


def _sum_of_notes(notes: dict[str, str]) -> int:
    return zlib.crc32(json.dumps(notes, sort_keys=True).encode())


def _whole_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(type(n) is int and 0 <= n < 1 << 62 for n in value)


def parse_json(text: bytes, refuse: Any) -> Any:
    """The value of a JSON text in which no key stands twice; `refuse(what)` raises the error for any other text."""

    def table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key.encode() for key, _ in pairs}) != len(pairs):  # encode: half a pair of UTF-16 is no name
            raise ValueError("a name stands twice in one table")
        return dict(pairs)

    try:
        return json.loads(text.decode(), object_pairs_hook=table)
    except (ValueError, RecursionError) as error:  # ValueError: also text that is not UTF-8
        refuse(f"its JSON cannot be read: {error}")


def near(name: str, known: Any) -> str:
    """What to try instead of a name that is not there."""
    names = sorted(known)
    listed = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    return did_you_mean(name, names[:5000], most=3) or f"it has {listed or 'no tensors'}"


def _meant(code: str, stored: tuple[int, ...], kind: Any) -> tuple[DType, tuple[int, ...]] | None:
    """The type and shape of the tensor that is stored as `code` and `stored`; `kind` says so where they differ.

    Complex numbers are stored as pairs, texts as bytes, their lengths (8 bytes each) first. None: it cannot be.
    """
    if kind is None:
        return as_dtype(_CODES[code]), stored
    if kind in (["complex64"], ["complex128"]) and _COMPLEX[kind[0]] == code and stored[-1:] == (2,):
        return as_dtype(kind[0]), stored[:-1]
    match kind:
        case ["string", dims] if code == "U8" and len(stored) == 1 and _whole_numbers(dims):
            fits = len(dims) <= HIGHEST_RANK and 8 * math.prod(dims) <= stored[0]
            return (string, tuple(dims)) if fits else None
    return None
