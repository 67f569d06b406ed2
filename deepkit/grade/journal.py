"""Marks on the disk as they are made: a grading that is killed goes on where it stopped, and loses none.

The file is lines of JSON. The first says what was graded, with which tests and from which seed; each other is one mark, the
answers to open questions, or the reason why a submission has none, with the digest of the notebook that it was made for. A
line counts when it ends: half a line, which a sudden end can leave, is cut off.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from deepkit.errors import GradingError, printable
from deepkit.grade.authoring.proof import fingerprint
from deepkit.grade.exercise import Exercise
from deepkit.grade.files import read_bounded
from deepkit.grade.grading import Marks, TaskMarks
from deepkit.grade.notebook import MOST_BYTES

_MOST = 1 << 30


class Journal:
    """The marks of one grading of many submissions, in a file that only grows; use it as a context.

    Marks made with other tests are not used again: they are put aside (`before`; `previous` holds their points, by submission
    and task), and the journal begins anew, with the seed it had. A seed that is given must be that of the marks which are
    there.
    """

    def __init__(self, path: Path, exercise: Exercise, seed: int | None, fresh_seed: int):
        self.path = path
        self._marks: dict[tuple[str, str], dict[str, TaskMarks]] = {}
        self._errors: dict[tuple[str, str], str] = {}
        self._texts: dict[tuple[str, str], dict[str, str]] = {}
        header, lines = self._read(exercise)
        self.seed = _agreed(path, header.get("seed") if lines else None, seed, fresh_seed)
        self._header = {"exercise": exercise.name, "tests": fingerprint(exercise), "seed": self.seed}
        self._outdated = bool(header) and header["tests"] != self._header["tests"]
        self.previous: dict[str, dict[str, float]] = {}
        for entry in lines:
            if self._outdated and "mark" in entry:
                mark = TaskMarks(**entry["mark"])
                self.previous.setdefault(entry["submission"], {})[mark.name] = mark.points
            elif not self._outdated and "error" not in entry:  # what could not be graded is tried again
                self._keep(entry)

    def __enter__(self) -> Journal:
        begin = self._outdated or not self._marks
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | (os.O_TRUNC if begin else 0)
        try:
            if self._outdated:
                os.replace(self.path, self.before)
            self._file = os.open(self.path, flags, 0o644)
        except OSError as error:
            raise GradingError(f"cannot write the journal {printable(self.path)}: {error.strerror}") from error
        if begin:
            self._write(self._header)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        os.close(self._file)

    def add(self, submission: Path, digest: str, marks: TaskMarks | str) -> None:
        """Write down one mark, or the reason why there are none."""
        entry: dict[str, Any] = {"submission": str(submission), "notebook": digest}
        entry |= {"error": marks} if isinstance(marks, str) else {"mark": asdict(marks)}
        self._write(entry)
        self._keep(entry)

    def add_texts(self, submission: Path, digest: str, texts: dict[str, str]) -> None:
        """Write down what a submission answers to open questions."""
        if texts:
            entry = {"submission": str(submission), "notebook": digest, "texts": texts}
            self._write(entry)
            self._keep(entry)

    @property
    def before(self) -> Path:
        """Where the marks that were made with other tests are kept."""
        return self.path.with_name(f"{self.path.name}.before")

    def marks(self, submission: Path, digest: str) -> dict[str, TaskMarks]:
        """The marks of a submission that are there, by task."""
        return self._marks.get((str(submission), digest), {})

    def result(self, submission: Path, digest: str, exercise: Exercise) -> Marks | None:
        """The marks of a submission, once it has all."""
        error = self._errors.get((str(submission), digest))
        if error is not None:
            return Marks(str(submission), (), error=error)
        marks = self.marks(submission, digest)
        if len(marks) < len(exercise.tasks):
            return None
        texts = self._texts.get((str(submission), digest), {})
        return Marks(str(submission), tuple(marks[task.name] for task in exercise.tasks), texts=texts)

    def _read(self, exercise: Exercise) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The header and the whole lines of the file that is there; what is behind the last whole line is cut off."""
        if not os.path.lexists(self.path):
            return {}, []
        content = read_bounded(self.path, _MOST)
        whole = content[: content.rfind(b"\n") + 1]
        try:
            entries = [json.loads(line) for line in whole.splitlines()]
            if entries and (entries[0].keys() != {"exercise", "tests", "seed"} or entries[0]["exercise"] != exercise.name):
                raise ValueError("of another exercise")
        except (ValueError, AttributeError, KeyError) as error:
            raise GradingError(
                f"{printable(self.path)} is no journal of {exercise.name}: {error}", hint="name another file with --journal"
            ) from error
        if len(whole) < len(content):
            os.truncate(self.path, len(whole))
        return (entries[0], entries[1:]) if entries else ({}, [])

    def _keep(self, entry: dict[str, Any]) -> None:
        key = entry["submission"], entry["notebook"]
        if "error" in entry:
            self._errors[key] = entry["error"]
        elif "texts" in entry:
            self._texts[key] = entry["texts"]
        else:
            mark = TaskMarks(**entry["mark"])
            self._marks.setdefault(key, {})[mark.name] = mark

    def _write(self, entry: dict[str, Any]) -> None:
        line = json.dumps(entry).encode() + b"\n"
        while line:
            line = line[os.write(self._file, line) :]
        os.fsync(self._file)


def _agreed(path: Path, known: int | None, given: int | None, fresh: int) -> int:
    """The seed of a grading: that of the marks which are there, else the given one, else a fresh one."""
    if known is None:
        return fresh if given is None else given
    if given not in (None, known):
        raise GradingError(
            f"{printable(path)} holds marks made from seed {known}", rule="one grading has one seed",
            hint=f"leave --seed away to go on with it, or name another file with --journal to begin with {given}",
        )
    return known


def digest_of(path: Path) -> str:
    """What tells one notebook from another: the digest of the file, or of the reason why it cannot be read."""
    try:
        content = read_bounded(path, MOST_BYTES)
    except GradingError as error:
        content = str(error).encode("utf-8", "backslashreplace")
    return hashlib.sha256(content).hexdigest()
