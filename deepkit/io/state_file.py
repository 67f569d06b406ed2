"""The file `checkpoint` that a training keeps beside its checkpoints: which is the latest, and which are kept.

It is a text, as TensorFlow writes and reads it:

    model_checkpoint_path: "model-20"
    all_model_checkpoint_paths: "model-10"
    all_model_checkpoint_paths: "model-20"

Paths that deepkit writes are relative to the file's folder, so that the folder can be moved. A path that leads out of
the folder is not followed: one that is absolute (TensorFlow writes such, and the folder may have been moved since) is
looked for in the folder itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from deepkit.errors import ArgumentError, DataError
from deepkit.files import refused, write_whole

NAME = "checkpoint"
LARGEST = 16 << 20  # bytes
_LINE = re.compile(r"""\s*(\w+)\s*:\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([-+.\w]+))\s*""")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(.))", re.DOTALL)
_SHORT = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


@dataclass
class CheckpointState:
    """The latest checkpoint and all that are kept, the oldest first; the times are seconds since 1970."""

    model_checkpoint_path: str = ""
    all_model_checkpoint_paths: list[str] = field(default_factory=list)
    all_model_checkpoint_timestamps: list[float] = field(default_factory=list)
    last_preserved_timestamp: float = 0.0

    def __str__(self) -> str:
        lines = [f'model_checkpoint_path: "{_escaped(self.model_checkpoint_path)}"']
        lines += [f'all_model_checkpoint_paths: "{_escaped(path)}"' for path in self.all_model_checkpoint_paths]
        lines += [f"all_model_checkpoint_timestamps: {t!r}" for t in self.all_model_checkpoint_timestamps]
        if self.last_preserved_timestamp:
            lines.append(f"last_preserved_timestamp: {self.last_preserved_timestamp!r}")
        return "\n".join(lines) + "\n"


def write_state(folder: str, state: CheckpointState, filename: str | None = None) -> None:
    """Writes the state file of a folder, whole or not at all; its paths become relative to the folder.

    Raises:
        ArgumentError: the latest checkpoint does not lie in the folder. (Older ones that do not are left out.)
    """
    latest = _relative(folder, state.model_checkpoint_path)
    if latest is None:
        raise ArgumentError(
            f"the checkpoint {state.model_checkpoint_path} does not lie in the folder {folder}",
            rule="a state file names the checkpoints of its own folder", hint="keep it in the checkpoints' folder",
        )
    paths, times = [], []
    stamps: Sequence[float | None] = state.all_model_checkpoint_timestamps or [None] * len(
        state.all_model_checkpoint_paths
    )
    for path, time in zip(state.all_model_checkpoint_paths, stamps, strict=True):
        inside = _relative(folder, path)
        if inside is not None:
            paths.append(inside)
            times += [] if time is None else [time]
    stored = CheckpointState(latest, paths, times, state.last_preserved_timestamp)
    write_whole(Path(state_path(folder, filename)), str(stored))


def read_state(folder: str, filename: str | None = None) -> CheckpointState | None:
    """The state of a folder, its paths beginning with the folder; None if it has no state file.

    Raises:
        DataError: the file cannot be read or is damaged, or the latest checkpoint lies outside the folder.
    """
    path = state_path(folder, filename)
    try:
        with open(path, "rb") as file:
            content = file.read(min(os.fstat(file.fileno()).st_size, LARGEST) + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise refused("read", path, error) from error
    except ValueError as error:
        raise DataError(f"cannot read {path}: {error}") from error
    if len(content) > LARGEST:
        _refuse(path, f"it is larger than {LARGEST} bytes")
    return _located(folder, path, _parsed(path, content))


def state_path(folder: str, filename: str | None = None) -> str:
    """The name of the state file."""
    name = filename or NAME
    if os.path.split(name)[0]:
        raise ArgumentError(f"latest_filename={name!r}", rule="'latest_filename' must not contain path components")
    return os.path.join(folder, name)


def _parsed(path: str, content: bytes) -> CheckpointState:
    try:
        text = content.decode().rstrip()
    except UnicodeDecodeError as error:
        _refuse(path, str(error))
    state, place = CheckpointState(), 0
    while place < len(text):
        line = _LINE.match(text, place)
        if line is None:
            _refuse(path, f"line {text.count(chr(10), 0, place) + 1} is not `name: value`")
        key, double, single, word = line.groups()
        place = line.end()
        try:
            known = _enter(state, key, single if double is None else double, word)
        except ValueError as error:
            _refuse(path, f"{key}: {error}")
        if not known:
            _refuse(path, f"it has the entry {line[0].strip()[:80]!r}")
    return state


def _enter(state: CheckpointState, key: str, quoted: str | None, word: str | None) -> bool:
    """Puts an entry of the file, whose value is a text or a word, into the state; False if there is no such entry."""
    if quoted is not None and key == "model_checkpoint_path":
        state.model_checkpoint_path = _unescaped(quoted)
    elif quoted is not None and key == "all_model_checkpoint_paths":
        state.all_model_checkpoint_paths.append(_unescaped(quoted))
    elif word is not None and key == "all_model_checkpoint_timestamps":
        state.all_model_checkpoint_timestamps.append(float(word))
    elif word is not None and key == "last_preserved_timestamp":
        state.last_preserved_timestamp = float(word)
    else:
        return False
    return True


def _located(folder: str, path: str, state: CheckpointState) -> CheckpointState:
    """The state with paths that begin with the folder."""
    latest = _found(folder, state.model_checkpoint_path)
    if latest is None:
        _refuse(
            path, f"it names the checkpoint {state.model_checkpoint_path!r}, which lies outside the folder",
            "restore that checkpoint by its own path if you trust it",
        )
    stamps: Sequence[float | None] = state.all_model_checkpoint_timestamps
    if len(stamps) != len(state.all_model_checkpoint_paths):
        stamps = [None] * len(state.all_model_checkpoint_paths)
    kept = [(_found(folder, p), t) for p, t in zip(state.all_model_checkpoint_paths, stamps, strict=True)]
    return CheckpointState(
        latest, [p for p, _ in kept if p is not None], [t for p, t in kept if p is not None and t is not None],
        state.last_preserved_timestamp,
    )


def _found(folder: str, stored: str) -> str | None:
    """A stored path as one that begins with the folder; None if it leads out of it."""
    if not stored or "\0" in stored:
        return None if stored else ""
    if not os.path.isabs(stored):
        return os.path.join(folder, stored) if _relative(folder, os.path.join(folder, stored)) else None
    if _relative(folder, stored):
        return stored
    moved = os.path.join(folder, re.split(r"[/\\]", stored)[-1])
    return moved if any(os.path.exists(moved + suffix) for suffix in (".safetensors", ".index")) else None


def _relative(folder: str, path: str) -> str | None:
    """`path` as seen from the folder, or None if it does not lie in it."""
    relative = os.path.relpath(os.path.abspath(path), os.path.abspath(folder or "."))
    return None if relative in (os.curdir, os.pardir) or relative.startswith(os.pardir + os.sep) else relative


def _refuse(path: str, what: str, hint: str = "delete the file, and restore a checkpoint by its own path") -> NoReturn:
    raise DataError(
        f"{path} is not a sound state file: {what}", rule='its lines are model_checkpoint_path: "..." and the like',
        hint=hint,
    )


def _escaped(text: str) -> str:
    """`text` as protocol buffers print it: everything that is not ASCII as bytes in octal."""
    out = []
    for byte in text.encode("utf-8", "surrogateescape"):
        char = chr(byte)
        special = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "'": "\\'", "\\": "\\\\"}.get(char)
        out.append(special or (char if 32 <= byte < 127 else f"\\{byte:03o}"))
    return "".join(out)


def _unescaped(text: str) -> str:
    def one(found: re.Match[bytes]) -> bytes:
        octal, hexadecimal, char = found.groups()
        if octal or hexadecimal:
            return bytes([int(octal, 8) & 255 if octal else int(hexadecimal, 16)])
        return _SHORT.get(char, char)

    return _ESCAPE.sub(one, text.encode()).decode("utf-8", "surrogateescape")
