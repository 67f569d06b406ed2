"""An exercise of ours: its master notebook and its tests, loaded and checked against each other."""

from __future__ import annotations

import linecache
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from deepkit import resources
from deepkit.errors import DeepkitError, GradingError, did_you_mean
from deepkit.grade import notebook
from deepkit.grade.checks import Answer
from deepkit.grade.submission import imports_of

Check = Callable[[Answer, np.random.Generator], None]


@dataclass(frozen=True)
class Task:
    """One answer's worth of an exercise; see `task` for the fields."""

    name: str
    points: float
    check: Check
    wrong: tuple[str, ...]
    needs: tuple[str, ...]
    seconds: float
    memory_mb: int


def task(
    name: str,
    *,
    points: float,
    wrong: list[str],
    needs: tuple[str, ...] | list[str] = (),
    seconds: float = 10.0,
    memory_mb: int = 2048,
) -> Callable[[Check], Task]:
    """Make a function of a tests.py the judge of the answer cell whose grade_id is `name`.

    The function gets `(answer, rng)`, asks `answer` for plain data, and raises WrongAnswer (or fails an assert
    with a message) when it is not right. `rng` is the grader's: the student's process never sees where its
    numbers come from. `wrong` are answers that must earn nothing, at least one: they prove that the check
    checks. `needs` names earlier answers this one builds on; our solutions stand in for them, so a mistake
    there costs nothing here. All work on one answer may take `seconds` of CPU time and `memory_mb`.
    """

    def mark(check: Check) -> Task:
        return Task(name, points, check, tuple(wrong), tuple(needs), seconds, memory_mb)

    return mark


@dataclass(frozen=True)
class Exercise:
    """A loaded exercise: its folder, the cells of its master, and its tasks in the master's order."""

    name: str
    folder: Path
    cells: tuple[notebook.Cell, ...]
    tasks: tuple[Task, ...]

    @property
    def title(self) -> str:
        """The first heading of the notebook, or the exercise's name."""
        headings = (re.match(r"#\s+(.+)", cell.source) for cell in self.cells if cell.raw["cell_type"] == "markdown")
        return next((heading[1].strip() for heading in headings if heading), self.name)

    @property
    def points(self) -> float:
        return sum(task.points for task in self.tasks)

    @property
    def imports(self) -> list[str]:
        """The import statements of the code that is given, in its order."""
        given = [cell.source for cell in self.cells if cell.role == "given"]
        return list(dict.fromkeys(line for source in given for line in imports_of(source)))

    def reference(self, name: str) -> str:
        """Our solution of the answer `name`."""
        return next(cell.source for cell in self.cells if cell.role == "answer" and cell.grade_id == name)

    def template(self, name: str) -> str:
        """What the students' notebook has in the place of that solution."""
        return notebook.without_solution(self.reference(name), name)

    def before(self, task: Task) -> list[str]:
        """The code an answer finds already run: given cells above it, and our solutions of what it needs."""
        sources: list[str] = []
        for cell in self.cells:
            if cell.role == "answer" and cell.grade_id == task.name:
                break
            if cell.role == "given" or (cell.role == "answer" and cell.grade_id in task.needs):
                sources.append(cell.source)
        return sources

    def release(self) -> str:
        """The students' notebook, as JSON text."""
        return notebook.release(self.folder / "master.ipynb", {task.name: task.points for task in self.tasks})


def load_exercise(name: str | Path) -> Exercise:
    """Load an exercise by the path of its folder or by its name among deepkit's own.

    Raises GradingError where master.ipynb and tests.py are missing, damaged, or do not fit each other.
    """
    folder = _find(name)
    cells = tuple(notebook.read_cells(folder / "master.ipynb"))
    ids = [cell.grade_id for cell in cells if cell.role]
    if len(set(ids)) < len(ids):
        raise GradingError(f"{folder.name}: a grade_id occurs twice in master.ipynb", where=str(folder))
    module = _import(folder / "tests.py")
    tasks = {value.name: value for value in vars(module).values() if isinstance(value, Task)}
    answers = [cell.grade_id for cell in cells if cell.role == "answer"]
    checks = [cell.grade_id for cell in cells if cell.role == "check"]
    if not answers or sorted(answers) != sorted(tasks) or sorted(f"{name}-check" for name in answers) != sorted(checks):
        raise GradingError(
            f"{folder.name}: the notebook and the tests do not fit",
            where=str(folder),
            rule="each answer X has a check cell X-check and a task X",
            hint=f"answers {answers}, checks {checks}, tasks {list(tasks)}",
        )
    exercise = Exercise(folder.name, folder, cells, tuple(tasks[name] for name in answers))
    for position, task in enumerate(exercise.tasks):
        if not (math.isfinite(task.points) and task.points > 0) or not set(task.needs) <= set(answers[:position]):
            raise GradingError(
                f"{folder.name}: task {task.name!r} is not well-formed",
                where=str(folder / "tests.py"),
                rule="points are positive, and needs names answers above this one",
            )
    return exercise


def _find(name: str | Path) -> Path:
    folder = Path(name)
    if (folder / "master.ipynb").is_file():
        return folder.resolve()
    ours = _ours()
    if folder.name == str(name) and (ours / name / "master.ipynb").is_file():
        return (ours / name).resolve()
    known = names()
    raise GradingError(
        f"no exercise {str(name)!r}",
        rule="a folder with master.ipynb and tests.py, or the name of one of: " + (", ".join(known) or "(none)"),
        hint=did_you_mean(str(name), known),
    )


def names() -> list[str]:
    """The names of deepkit's own exercises."""
    return sorted(path.parent.name for path in _ours().glob("*/master.ipynb"))


def owners(grade_ids: set[str]) -> list[str]:
    """Which of deepkit's own exercises have answer cells of these names."""
    masters = {name: notebook.read_cells(_ours() / name / "master.ipynb") for name in names()}
    return [name for name, cells in masters.items() if any(c.role == "answer" and c.grade_id in grade_ids for c in cells)]


def _ours() -> Path:
    try:
        return resources.folder("exercises")
    except FileNotFoundError:  # an installation without exercises still grades those given by path
        return Path("exercises").resolve()


def _import(path: Path) -> ModuleType:
    """The module of a tests.py, made from its text: a compiled file beside it might have been put there by anybody."""
    if not path.is_file():
        raise GradingError(f"{path} does not exist", rule="an exercise is a folder with master.ipynb and tests.py")
    name = f"deepkit_exercise_{path.parent.name}"
    module = ModuleType(name)
    module.__file__ = str(path)
    try:
        text = path.read_bytes().decode()
        linecache.cache[str(path)] = (len(text), None, text.splitlines(keepends=True), str(path))  # for inspect
        exec(compile(text, str(path), "exec", dont_inherit=True), vars(module))
    except DeepkitError:
        raise
    except Exception as error:  # whatever is wrong in an author's file, the author must learn where
        raise GradingError(f"{path} cannot be loaded: {type(error).__name__}: {error}") from error
    return module
