"""The notebook that a learner sits in front of: which exercise it is, and which cells he ran as answers to it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepkit.commands.learner.handout import load_handout
from deepkit.commands.learner.progress import Done, Progress
from deepkit.errors import DeepkitError, GradingError
from deepkit.grade import Exercise, Task, load_exercise
from deepkit.grade import exercise as exercises
from deepkit.grade.helpers import defined_in, statements, without_magics
from deepkit.grade.notebook import exercise_of, read_notebook
from deepkit.grade.public import PublicResult, try_public
from deepkit.grade.submission import gathered

_STUB = "raise NotImplementedError"
_VARIABLE = "JPY_SESSION_NAME"
"""Where Jupyter's server says which notebook a kernel was started for."""


@dataclass(frozen=True)
class Session:
    """An exercise, the cells that were run in this kernel in their order, and the learner's progress file."""

    exercise: Exercise
    cells: tuple[str, ...]
    progress: Progress

    @classmethod
    def here(cls, exercise: str | Path | None, task: str | None) -> Session:
        """The session of this very kernel; `exercise` says which it is, else the notebook does, else the task's name."""
        shell = _shell()
        path = notebook_path(shell.user_ns)
        found = _exercise(exercise, path, task)
        cells = tuple(shell.history_manager.input_hist_raw)  # as they were written, magics and all
        return cls(found, cells, Progress.nearest(Path.cwd() if path is None else path.parent))

    def try_public(self, task: Task) -> PublicResult:
        """Run the public checks of a task on the newest answer to it."""
        number = self._newest(task)
        if number is None:
            wanted = " and ".join(", ".join(sorted(self.exercise.wanted(task))).rsplit(", ", 1))
            raise GradingError(
                f"no cell that you ran since the kernel started answers {task.name!r}",
                rule=f"an answer defines {wanted}", hint="run your answer cell (Shift+Enter), then this one again",
            )
        return try_public(self.exercise, task, gathered(self._plain(), {task.name: number}, ours=self._ours()))

    def was_tried(self, task: Task) -> bool:
        """Whether the learner has run an answer with a stub filled in, now or before an earlier check."""
        number = self._newest(task)
        stubs = self.exercise.template(task.name).count(_STUB)
        ran = number is not None and self._plain()[number].count(_STUB) < stubs
        return ran or self.progress.of(self.exercise).get(task.name, Done()).tried

    def _newest(self, task: Task) -> int | None:
        """The newest cell that gives all names a value that an answer must; else of those that give some, one with most."""
        wanted = self.exercise.wanted(task)
        shares = [len(wanted & set(defined_in(statements(cell)))) for cell in self._plain()]
        best = max(shares, default=0)
        return max(i for i, share in enumerate(shares) if share == best) if best else None

    def _ours(self) -> list[str]:
        """The text of given cells and tests: what they define is no part of an answer."""
        return [*(task.public for task in self.exercise.tasks), *(c.source for c in self.exercise.cells if c.role == "given")]

    def _plain(self) -> list[str]:
        return [without_magics(cell) for cell in self.cells]


def notebook_path(names: dict[str, Any]) -> Path | None:
    """The file of the notebook that this kernel runs for, as far as the program that shows it tells."""
    for told in (os.environ.get(_VARIABLE), names.get("__vsc_ipynb_file__")):
        path = Path(told) if isinstance(told, str) else None
        if path is not None and path.suffix == ".ipynb" and path.is_file():
            return path
    return None


def _shell() -> Any:
    """IPython's shell; GradingError in a plain program, where there are no cells."""
    import sys

    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        raise GradingError(
            "there is no notebook here, so there is no answer to look at",
            rule="check, hint and solution look at the cells that you ran in the notebook of an exercise",
            hint="deepkit lab opens the exercises; deepkit grade EXERCISE NOTEBOOK marks a saved one",
        )
    return shell


def _exercise(named: str | Path | None, path: Path | None, task: str | None) -> Exercise:
    if named is not None:
        return load_exercise(named)
    told = exercise_of(read_notebook(path)) if path else None
    name = told or (path.stem if path else None)
    if name in exercises.names():
        return load_exercise(str(name))
    having = [] if told or task is None else exercises.owners({task})
    if len(having) == 1:
        return load_exercise(having[0])
    handout = _handout(path, told)
    if handout is None:
        raise _unknown(path, having, task)
    return handout


def _handout(path: Path | None, told: str | None) -> Exercise | None:
    """The exercise that the notebook itself holds, if there is a notebook and it holds one."""
    return load_handout(path, told or path.stem) if path else None


def _unknown(path: Path | None, having: Sequence[str], task: str | None) -> DeepkitError:
    known = ", ".join(having or exercises.names())
    which = f"{path.name} does not say" if path is not None else "this notebook does not say"
    return GradingError(
        f"{which} which exercise it belongs to",
        rule=f"these have a task {task!r}: {known}" if having else f"there are {known}",
        hint=f'name it: dk.check("{task or "TASK"}", exercise="{(having or ["NAME"])[0]}")',
    )
