"""The learner's own folder: copies of the course and the exercises, kept up to date without touching what he changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from deepkit import resources
from deepkit.errors import ArgumentError, DataError
from deepkit.files import reason, whole_file, write_whole

HOME = "deepkit"
"""The folder's name in the learner's home."""
RECORD = ".deepkit/copied.json"
"""What was copied: each file's name and the SHA-256 of its contents as they came. A file that still has them is unchanged."""


@dataclass
class Update:
    """What bringing a folder up to date did: files that are new, replaced by a newer version, or kept as changed."""

    added: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """What to tell the learner, a line each."""
        for verb, names in (("new", self.added), ("renewed", self.renewed)):
            if names:
                yield f"{verb}: {len(names)} {'file' if len(names) == 1 else 'files'}"
        if self.kept:
            yield "yours, left as they are although there is a newer version: " + ", ".join(self.kept)
            yield "  (to get the new one, rename yours and start again)"


def travelling() -> Iterator[tuple[str, Path]]:
    """Name in the learner's folder and source of every file that a learner gets: the course, and exercises to fill in."""
    course, exercises = resources.folder("course"), resources.folder("exercises")
    for path in sorted(course.rglob("*")):
        name = path.relative_to(course)
        if path.is_file() and name.parts[0] != "site" and not any(_is_hidden(part) for part in name.parts):
            yield f"course/{name.as_posix()}", path
    for path in sorted(exercises.glob("*.ipynb")):
        yield f"exercises/{path.name}", path


def _is_hidden(part: str) -> bool:
    return part.startswith(".") or part == "__pycache__"


def bring(folder: Path) -> Update:
    """Copies into `folder` what it lacks and what is newer here; a file that the learner changed is never touched.

    Raises:
        ArgumentError: the folder lies inside the course itself, or cannot be made.
        DataError: a file cannot be read or written.
    """
    for room in ("course", "exercises"):
        if folder.is_relative_to(resources.folder(room).resolve()):
            raise ArgumentError(f"cannot copy the {room} into itself ({folder})", hint="choose a folder outside of it")
    record, done = _read_record(folder), Update()
    for name, source in travelling():
        content, there = source.read_bytes(), folder / name
        new, copied = _digest(content), record.get(name)
        if there.exists():
            old = _digest(there.read_bytes()) if there.is_file() else None
            if old == new:
                record[name] = new
                continue
            if old != copied:
                if new != copied:
                    done.kept.append(name)
                continue
        _write(there, content)
        record[name] = new
        (done.added if copied is None else done.renewed).append(name)
    (folder / RECORD).parent.mkdir(parents=True, exist_ok=True)
    write_whole(folder / RECORD, json.dumps(record, indent=1) + "\n")
    return done


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArgumentError(
            f"cannot make the folder {path.parent}: {reason(error)}", hint="choose another one with --folder"
        ) from error
    with whole_file(path) as file:
        file.write(content)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_record(folder: Path) -> dict[str, str]:
    """The record; empty where there is none. One that cannot be read is an error: without it nobody knows what changed."""
    path = folder / RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {path}: {error}", hint="move it away: files that differ are then kept") from error
    if not isinstance(record, dict) or not all(isinstance(value, str) for value in record.values()):
        raise DataError(f"{path} is not a record of copied files", hint="move it away: files that differ are then kept")
    return record
