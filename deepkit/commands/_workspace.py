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
"""What was copied: each file's name, and the marks of its contents as they came. A file that still has one is unchanged."""


@dataclass(frozen=True)
class Mark:
    """Two SHA-256 of a file: of all its bytes, and of what somebody wrote in it.

    In a notebook that is the text of its cells. Running it changes outputs and numbers, and JupyterLab adds the version of
    Python when it opens one: neither is anybody's work.
    """

    whole: str
    written: str

    @classmethod
    def of(cls, name: str, content: bytes) -> Mark:
        """The mark of a file's contents."""
        return cls(_digest(content), _digest(_cells(content) if name.endswith(".ipynb") else content))

    @classmethod
    def read(cls, text: str) -> Mark:
        """What `str` of a mark gave; the records of an older deepkit hold the first half of it only."""
        whole, _, written = text.partition(" ")
        return cls(whole, written)

    def __str__(self) -> str:
        return f"{self.whole} {self.written}"


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
        if path.is_file() and not _stays(name):
            yield f"course/{name.as_posix()}", path
    for path in sorted(exercises.glob("*.ipynb")):
        yield f"exercises/{path.name}", path


def _stays(name: Path) -> bool:
    """Whether a file of the course is no learner's: the web site, settings of tests, hidden files."""
    hidden = any(part.startswith(".") or part == "__pycache__" for part in name.parts)
    return hidden or name.parts[0] == "site" or name.suffix == ".cfg"


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
        _bring(name, source.read_bytes(), folder / name, record, done)
    (folder / RECORD).parent.mkdir(parents=True, exist_ok=True)
    write_whole(folder / RECORD, json.dumps(record, indent=1) + "\n")
    return done


def _bring(name: str, content: bytes, there: Path, record: dict[str, str], done: Update) -> None:
    """Writes one file where it is missing or outdated, and notes what became of it."""
    new, copied = Mark.of(name, content), Mark.read(record[name]) if name in record else None
    old = Mark.of(name, there.read_bytes()) if there.is_file() else None
    if old == new:
        record[name] = str(new)
    elif not there.exists() or _is_outdated(old, copied, new):
        _write(there, content)
        record[name] = str(new)
        (done.added if copied is None else done.renewed).append(name)
    elif copied is None or copied.whole != new.whole:
        done.kept.append(name)


def _is_outdated(old: Mark | None, copied: Mark | None, new: Mark) -> bool:
    """Whether a file that is there is as it was copied, but for what a run of it writes, and something new has come."""
    if old is None or copied is None or copied.whole == new.whole:
        return False
    return old.whole == copied.whole or old.written == copied.written


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


def _cells(content: bytes) -> bytes:
    """The kinds and texts of a notebook's cells; the content itself where it is no notebook."""
    try:
        cells = json.loads(content)["cells"]
        texts = [[cell["cell_type"], "".join(cell["source"])] for cell in cells]
    except (ValueError, KeyError, TypeError):
        return content
    return json.dumps(texts).encode()


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
