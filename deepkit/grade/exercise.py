"""An exercise: its source notebook, loaded, with the parts of each task put together and checked against each other."""

from __future__ import annotations

import linecache
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from deepkit import resources
from deepkit.errors import DeepkitError, GradingError, did_you_mean
from deepkit.grade import notebook
from deepkit.grade.authoring import regions
from deepkit.grade.authoring.form import Check, HiddenTest
from deepkit.grade.authoring.release import released
from deepkit.grade.helpers import defined_in, imports_of, statements
from deepkit.grade.notebook import CHECK, Cell

SOURCES = "source"
"""The folder of source notebooks; their releases lie beside it."""
_HINT = re.compile(r"<details>\s*<summary>\s*Hint[^<]*</summary>(.*?)</details>", re.DOTALL)
_PROGRAM = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Wrong:
    """A wrong answer: its text, and the hint that whoever fails like it deserves."""

    source: str
    hint: str


@dataclass(frozen=True)
class Task:
    """One answer's worth of an exercise.

    `story` is the text above the answer, `hints` the ones folded away in it, `public` the test that students have; for the
    rest see `hidden_test`.
    """

    name: str
    points: float
    check: Check
    wrong: tuple[Wrong, ...]
    needs: tuple[str, ...]
    given: tuple[str, ...]
    seconds: float
    memory_mb: int
    story: str
    public: str

    @property
    def hints(self) -> tuple[str, ...]:
        return tuple(hint.strip() for hint in _HINT.findall(self.story))

    @property
    def title(self) -> str:
        """The last heading of the task's text, or its name."""
        headings = re.findall(r"^#+\s+(.+)$", self.story, re.MULTILINE)
        return headings[-1].strip() if headings else self.name


@dataclass(frozen=True)
class Question:
    """An open question, which no program marks: its text and a model answer."""

    name: str
    story: str
    model: str


@dataclass(frozen=True)
class Exercise:
    """A loaded exercise: the path of its source, its cells, and its tasks and open questions in their order."""

    name: str
    path: Path
    cells: tuple[Cell, ...]
    tasks: tuple[Task, ...]
    questions: tuple[Question, ...] = ()

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

    @cached_property
    def _answers(self) -> dict[str, str]:
        return {cell.grade_id: cell.source for cell in self.cells if cell.role == "answer"}

    def task(self, name: str) -> Task:
        """The task `name`; GradingError with the names there are for any other."""
        for task in self.tasks:
            if task.name == name:
                return task
        raise GradingError(f"{self.name} has no task {name!r}", hint=f"it has {', '.join(t.name for t in self.tasks)}")

    def reference(self, name: str) -> str:
        """Our solution of the answer `name`, as a student would write it."""
        return regions.solution(self._answers[name], name)

    def template(self, name: str) -> str:
        """What the students' notebook has in the place of that solution."""
        return regions.without_solution(self._answers[name], name)

    def faulty(self, task: Task) -> str | None:
        """The program that a task has mended, as an answer; None where its text shows none.

        It is the fenced one of the story, whole, or the lines that stood where the answer goes.
        """
        shown = _PROGRAM.search(task.story)
        if shown is None:
            return None
        if self.wanted(task) <= set(defined_in(statements(shown[1]))):
            return shown[1]
        return regions.without_solution(self._answers[task.name], task.name, tuple(shown[1].splitlines()))

    def before(self, task: Task) -> list[str]:
        """The code an answer finds already run: the given cells it stands on, and our solutions of what it needs."""
        return [
            self.reference(cell.grade_id) if cell.role == "answer" else cell.source
            for cell in self.cells if cell.grade_id in (*task.needs, *task.given)
        ]

    def known(self, task: Task) -> set[str]:
        """The names that the code before an answer defines."""
        return {name for source in self.before(task) for name in defined_in(statements(source))}

    def wanted(self, task: Task) -> set[str]:
        """The names that an answer has to define: those that our solution does."""
        return set(defined_in(statements(self.reference(task.name))))

    def release(self) -> str:
        """The students' notebook, as JSON text."""
        return released(self.name, self.cells)

    @property
    def release_path(self) -> Path | None:
        """Where the students' notebook lies: beside the folder of sources; None for a source outside of such a folder."""
        folder = self.path.parent
        return folder.parent / self.path.name if folder.name == SOURCES else None


def load_exercise(name: str | Path) -> Exercise:
    """Load an exercise by the path of its source notebook or by its name among deepkit's own.

    Raises GradingError where the notebook is missing, damaged, or its parts do not fit each other.
    """
    path = _find(name)
    cells = tuple(notebook.read_cells(path))
    _check_cells(path, cells)
    open_ones = stories(cells, "question")
    questions = [Question(cell.grade_id, story, regions.solution(cell.source, cell.grade_id)) for cell, story in open_ones]
    return Exercise(path.stem, path, cells, tuple(_tasks(path, cells)), tuple(questions))


def _with_points(cells: tuple[Cell, ...]) -> list[str]:
    """The tests that give points: a test without any makes the tools of others."""
    return [cell.grade_id for cell in cells if cell.role == "check" and _points(cell) != 0]


def _check_cells(path: Path, cells: tuple[Cell, ...]) -> None:
    most = Counter(cell.grade_id for cell in cells if cell.role).most_common(1)
    if most and most[0][1] > 1:
        raise GradingError(f"{path.stem}: the grade_id {most[0][0]!r} occurs twice", where=str(path))
    answers = _named(cells, "answer")
    checks = _with_points(cells)
    if not answers or [f"{name}{CHECK}" for name in answers] != checks:
        raise GradingError(
            f"{path.stem}: answers and tests do not fit",
            where=str(path), rule=f"below each answer X stands its test cell X{CHECK}, with points",
            hint=f"answers {answers}, tests {checks}",
        )


def _tasks(path: Path, cells: tuple[Cell, ...]) -> Iterator[Task]:
    """The tasks of a source, each test run among the tools that stand above it, in a space of names of its own."""
    tools: dict[str, Any] = {}
    told = {cell.grade_id: story for cell, story in stories(cells, "answer")}
    for position, cell in enumerate(cells):
        if cell.role != "check":
            continue
        name = cell.grade_id.removesuffix(CHECK)
        if name not in told:
            _run_hidden(path, cell, tools)
            continue
        space = dict(tools)
        _run_hidden(path, cell, space)
        tests = [value for value in space.values() if isinstance(value, HiddenTest)]
        if len(tests) != 1:
            raise GradingError(
                f"{path.stem}: the test of {name!r} has {len(tests)} hidden tests", where=f"{path}, cell {cell.grade_id}",
                rule="one function below @hidden_test(...), between ### BEGIN HIDDEN TESTS and ### END HIDDEN TESTS",
            )
        yield _task(path, cells[:position], cell, tests[0], told[name])


def _task(path: Path, above: tuple[Cell, ...], cell: Cell, test: HiddenTest, story: str) -> Task:
    name, points = cell.grade_id.removesuffix(CHECK), _points(cell)
    given, earlier = _named(above, "given"), {*_named(above, "answer")} - {name}
    asked = tuple(given) if test.given is None else test.given
    if not (math.isfinite(points) and points > 0 and earlier.issuperset(test.needs) and {*given}.issuperset(asked)):
        raise GradingError(
            f"{path.stem}: task {name!r} is not well-formed", where=f"{path}, cell {cell.grade_id}",
            rule="points are positive, needs names answers above this one, and given names given cells above it",
        )
    solution = regions.solution(next(c.source for c in above if c.grade_id == name), name)
    wrong = tuple(Wrong(mistake.answer(solution, name), mistake.hint) for mistake in test.wrong)
    public = regions.public(cell.source, cell.grade_id).strip()
    return Task(name, points, test.check, wrong, test.needs, asked, test.seconds, test.memory_mb, story, public)


def stories(cells: tuple[Cell, ...], role: str) -> Iterator[tuple[Cell, str]]:
    """The cells of a role ("answer" or "question"), each with the text above it, from the answer or test before on."""
    texts: list[str] = []
    for cell in cells:
        if cell.role == role:
            yield cell, "\n\n".join(texts)
        if cell.role in ("answer", "check", "question"):
            texts = []
        elif cell.raw["cell_type"] == "markdown":
            texts.append(cell.source)


def _named(cells: tuple[Cell, ...], role: str) -> list[str]:
    return [cell.grade_id for cell in cells if cell.role == role]


def _points(cell: Cell) -> float:
    points = notebook.nbgrader_keys(cell.raw).get("points")
    return float(points) if isinstance(points, int | float) else math.nan


def _run_hidden(path: Path, cell: Cell, space: dict[str, Any]) -> None:
    """Run the hidden part of a test cell; where it does not run, its author must learn where."""
    where = f"{path}, cell {cell.grade_id}"
    text = regions.hidden(cell.source, where)
    linecache.cache[where] = (len(text), None, text.splitlines(keepends=True), where)  # for inspect
    space["__name__"] = f"deepkit_exercise_{path.stem}"
    try:
        exec(compile(text, where, "exec", dont_inherit=True), space)
    except DeepkitError:
        raise
    except Exception as error:
        raise GradingError(f"{where}: the hidden test cannot be loaded: {type(error).__name__}: {error}") from error


def _find(name: str | Path) -> Path:
    path = Path(name)
    if path.suffix == ".ipynb" and path.is_file():
        return path.resolve()
    known = {path.stem: path for path in _sources()}
    if str(name) in known:
        return known[str(name)].resolve()
    raise GradingError(
        f"no exercise {str(name)!r}",
        rule="the path of a source notebook, or the name of one of: " + (", ".join(known) or "(none)"),
        hint=did_you_mean(str(name), list(known)) or "deepkit grade --list shows them; each chapter ends with a link to its own",
    )


def names() -> list[str]:
    """The names of deepkit's own exercises."""
    return [path.stem for path in _sources()]


def released_from(path: Path) -> str:
    """The name of the exercise of deepkit's that a notebook belongs to, as it says or by its answer cells.

    Raises GradingError where there is none, or where several might be meant. What a notebook says is never taken for a path.
    """
    book = notebook.read_notebook(path)
    said = notebook.exercise_of(book)
    found = [said] if said in names() else owners(notebook.grade_ids(book))
    if len(found) != 1:
        told = f"it may belong to {' or '.join(found)}" if found else "it has no answer cell of any exercise"
        raise GradingError(f"of which exercise is this notebook? {told}", hint="say it: deepkit grade EXERCISE NOTEBOOK")
    return str(found[0])


def owners(grade_ids: set[str]) -> list[str]:
    """Which of deepkit's own exercises have the most tasks whose answers or tests are called so."""
    counts = shares(grade_ids)
    return [name for name, count in counts.items() if count == max(counts.values()) > 0]


def shares(grade_ids: set[str]) -> dict[str, int]:
    """How many tasks each of deepkit's own exercises has whose answers or tests are called so."""
    return {path.stem: shared(_named(tuple(notebook.read_cells(path)), "answer"), grade_ids) for path in _sources()}


def shared(tasks: Iterable[str], grade_ids: set[str]) -> int:
    """How many of these tasks have an answer or a test among the cells that are called so."""
    return sum(bool(grade_ids & {task, task + CHECK}) for task in tasks)


def sources_folder() -> Path:
    """The folder of deepkit's own source notebooks."""
    try:
        return resources.folder("exercises") / SOURCES
    except FileNotFoundError:  # an installation without exercises still grades those given by path
        return Path("exercises", SOURCES).resolve()


def _sources() -> list[Path]:
    return sorted(path for path in sources_folder().glob("*.ipynb"))
