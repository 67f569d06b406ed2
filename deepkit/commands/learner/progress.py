"""The file that remembers what a learner has done: in his own folder, written whole, readable by anybody."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepkit.commands import _workspace
from deepkit.errors import DataError
from deepkit.files import refused, write_whole
from deepkit.grade import Exercise

FILE = ".deepkit/progress.json"


@dataclass(frozen=True)
class Done:
    """What was done in one task: the best check (`passed` of `total` public checks), hints and solution that were seen.

    `tried` is an answer that was checked and is not the stub.
    """

    passed: int = 0
    total: int = 0
    tried: bool = False
    hints: int = 0
    solution: bool = False

    @property
    def right(self) -> bool:
        """Whether an answer has passed all public checks."""
        return 0 < self.total == self.passed


class Progress:
    """What is done in each task of each exercise, kept in one file.

    Reading is lenient about what a newer deepkit may have written; a file that is no progress file at all is an error, and
    is left as it is.
    """

    def __init__(self, path: Path):
        self.path = path

    @classmethod
    def nearest(cls, folder: Path) -> Progress:
        """The learner's own folder that `folder` lies in, as `deepkit lab` made it; else the file lies in `folder` itself."""
        folder = folder.resolve()
        home = next((place for place in (folder, *folder.parents) if (place / _workspace.RECORD).is_file()), folder)
        return cls(home / FILE)

    def of(self, exercise: Exercise) -> dict[str, Done]:
        """What is done in the tasks of an exercise, by their names; those that nobody has touched are missing."""
        tasks = self._read().get(exercise.name)
        known = {field.name for field in dataclasses.fields(Done)}
        found = tasks.items() if isinstance(tasks, dict) else ()
        return {name: Done(**{k: v for k, v in done.items() if k in known}) for name, done in found if isinstance(done, dict)}

    def note(
        self, exercise: Exercise, task: str, *, passed: int | None = None, total: int = 0, tried: bool = False,
        hints: int | None = None, solution: bool = False,
    ) -> None:
        """Keep what happened: a check that passed `passed` of `total`, the `hints` seen so far, or the `solution`.

        Raises:
            DataError: the file cannot be read or written.
        """
        everything = self._read()
        done = self.of(exercise).get(task, Done())
        if passed is not None and not done.right and (total != done.total or passed > done.passed):
            done = dataclasses.replace(done, passed=passed, total=total)
        if hints is not None:
            done = dataclasses.replace(done, hints=hints)
        done = dataclasses.replace(done, tried=done.tried or tried, solution=done.solution or solution)
        everything.setdefault(exercise.name, {})[task] = dataclasses.asdict(done)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise refused("make the folder", self.path.parent, error) from error
        write_whole(self.path, json.dumps(everything, indent=1, ensure_ascii=False) + "\n")

    def _read(self) -> dict[str, Any]:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise refused("read", self.path, error) from error
        try:
            found = json.loads(text)
        except ValueError as error:
            raise DataError(f"{self.path} is damaged: {error}", hint="move it away: a new one is begun then") from error
        if not isinstance(found, dict):
            raise DataError(f"{self.path} is no progress file", hint="move it away: a new one is begun then")
        return found
