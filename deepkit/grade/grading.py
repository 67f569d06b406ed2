"""Marking: every answer of a submission against its task, and every task against answers whose marks are known."""

from __future__ import annotations

import contextlib
import re
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from deepkit.device.machine import usable_cores
from deepkit.errors import DeepkitError, GradingError, printable
from deepkit.grade.asking import WrongAnswer
from deepkit.grade.checks import Answer
from deepkit.grade.exercise import Exercise, Task, shared, shares
from deepkit.grade.mistakes import hints_for
from deepkit.grade.notebook import exercise_of, grade_ids, read_notebook
from deepkit.grade.process import Host, StudentProcess
from deepkit.grade.submission import Submission, read_submission


@dataclass(frozen=True)
class TaskMarks:
    """What one answer earned, of how much, and why.

    It took so many `seconds` of CPU time and, beyond the libraries, at most so much memory: None where nobody could tell. Two
    runs never take quite the same, so marks are equal without it.
    """

    name: str
    points: float
    out_of: float
    message: str
    seconds: float | None = field(default=None, compare=False)
    memory_mb: float | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Marks:
    """What one submission earned; `error` says why it could not be graded at all. `texts` answer open questions, by name."""

    submission: str
    tasks: tuple[TaskMarks, ...]
    error: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def points(self) -> float:
        return sum(task.points for task in self.tasks)

    @property
    def out_of(self) -> float:
        return sum(task.out_of for task in self.tasks)


Step = str | TaskMarks | dict[str, str]
"""What a grading yields: the name of the task that comes next, its marks, or the answers to open questions."""


class Grader:
    """Marks answers to one exercise, on inputs that `seed` fixes; as a context, it owns the processes that run them.

    `closed` are files that no answer may read, beside the exercise: the other submissions.
    """

    def __init__(self, exercise: Exercise, *, seed: int, closed: Collection[Path] = (), without: Collection[str] = ()):
        self.exercise, self.seed = exercise, seed
        self.host = Host([exercise.path, *closed], preload=exercise.imports, without=without)

    def __enter__(self) -> Grader:
        self.host.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        self.host.__exit__(kind, error, trace)

    def answer(self, task: Task, source: str, beside: Submission | None = None) -> TaskMarks:
        """Run one answer in a process of its own and judge what it returns; `beside` is the notebook it stands in."""
        process = self._process(task)
        marks = self._judged(process, task, source, beside)
        took = {name: round(value, 2) for name, value in process.took.items()}
        return replace(marks, seconds=took.get("seconds"), memory_mb=took.get("memory_mb"))

    @contextlib.contextmanager
    def running(self, task: Task, source: str, beside: Submission | None = None) -> Iterator[StudentProcess]:
        """The process in which an answer has just run, after what it stands on; WrongAnswer where it does not run."""
        with self._process(task) as process:
            self._run(process, task, source, beside)
            yield process

    def _process(self, task: Task) -> StudentProcess:
        return StudentProcess(self.host, seconds=task.seconds, memory_mb=task.memory_mb)

    def _run(self, process: StudentProcess, task: Task, source: str, beside: Submission | None) -> None:
        self._prepare(process, task)
        imports, above, below = self._beside(task, beside)
        process.run_quietly(imports)
        process.begin()
        process.run_quietly(above)
        process.run(source)
        process.run_quietly(below)

    def _judged(self, process: StudentProcess, task: Task, source: str, beside: Submission | None) -> TaskMarks:
        rng = np.random.default_rng([self.seed, zlib.crc32(task.name.encode())])
        try:
            with process:
                self._run(process, task, source, beside)
                task.check(Answer(process, lambda given: self._clean(task, given)), rng)
        except WrongAnswer as error:
            return _lost(task, _explained(str(error), beside))
        except AssertionError as error:
            return _lost(task, str(error) or "not right")
        except DeepkitError:
            raise
        except Exception as error:
            # The check met data it did not expect. That our own solution passes is what self_test is for.
            return _lost(task, f"the check cannot use what your code returned ({type(error).__name__}: {error})")
        return TaskMarks(task.name, float(task.points), task.points, "right")

    def submission(self, path: Path, names: Collection[str] | None = None) -> Iterator[Step]:
        """Grade the tasks `names` (all) of a notebook: yields its answers to open questions, then of each task its name
        before, and its marks after."""
        tasks = [task for task in self.exercise.tasks if names is None or task.name in names]
        taken = submission_to(self.exercise, path)
        yield taken.texts
        for task in tasks:
            yield task.name
            if task.name in taken.problems:
                yield _lost(task, taken.problems[task.name])
            else:
                yield self.answer(task, taken.answers[task.name], taken)

    def _beside(self, task: Task, beside: Submission | None) -> tuple[Sequence[str], list[str], list[str]]:
        """What the other cells of a notebook give to an answer: imports, and helpers from above and from below it."""
        if beside is None:
            return (), [], []
        return beside.imports, *beside.beside(task.name, self.exercise.known(task), self.exercise.wanted(task))

    @contextlib.contextmanager
    def _clean(self, task: Task, given: Sequence[str]) -> Iterator[StudentProcess]:
        """A process like the answer's, with what it is given and our solutions of the tasks `given`, without the answer."""
        with self._process(task) as process:
            self._prepare(process, task)
            for name in given:
                process.run(self.exercise.reference(name), "<given>")
            process.begin()
            yield process

    def _prepare(self, process: StudentProcess, task: Task) -> None:
        try:
            for source in self.exercise.before(task):
                process.run(source, "<given>")
        except WrongAnswer as error:  # no line of the student's has run yet
            raise GradingError(
                f"{self.exercise.name}: the code given with {task.name!r} does not run: {error}",
                where=str(self.exercise.path),
            ) from error


def grade(exercise: Exercise, submission: Path, *, seed: int, closed: Collection[Path] = ()) -> Marks:
    """Grade one submission; its answers may read neither the exercise nor `closed`.

    `seed` fixes the inputs of every task, so marks can be reproduced. Where grading itself fails (the file cannot be
    read, a process cannot be started), there are no marks but an `error`.
    """
    try:
        with Grader(exercise, seed=seed, closed=(submission, *closed)) as grader:
            steps = list(grader.submission(submission))
    except GradingError as error:
        return Marks(str(submission), (), error=str(error))
    marks = tuple(step for step in steps if isinstance(step, TaskMarks))
    return Marks(str(submission), marks, texts=next(step for step in steps if isinstance(step, dict)))


def submission_to(exercise: Exercise, path: Path) -> Submission:
    """What a notebook that was handed in to an exercise holds; GradingError where it is not one."""
    ours = [cell.grade_id for cell in exercise.cells if cell.role in ("given", "check")]
    questions = [question.name for question in exercise.questions]
    taken = read_submission(path, [task.name for task in exercise.tasks], ours=ours, questions=questions)
    if taken.problems:
        _refuse_another(exercise, path)
    return taken


def _refuse_another(exercise: Exercise, path: Path) -> None:
    """GradingError for a notebook of another exercise, though it may have tasks of the same names, or of none."""
    book = read_notebook(path)
    own = shared([task.name for task in exercise.tasks], grade_ids(book))
    others = _others(exercise, book, own)
    if own and not others:
        return
    named = printable(path)
    raise GradingError(
        f"{named} is a notebook of another exercise: {' or '.join(others)}"
        if others else f"{named} holds no answer cell of {exercise.name}",
        rule=f"the answer cells of {exercise.name} are {', '.join(task.name for task in exercise.tasks)}",
        hint=f"deepkit grade {others[0]} {named}" if others else "deepkit grade --list shows the exercises",
    )


def _others(exercise: Exercise, book: dict[str, Any], own: int) -> list[str]:
    """The exercises that a notebook rather belongs to, of whose tasks it has more than the `own`, or as many and says so."""
    said = exercise_of(book)
    if said == exercise.name:
        return []
    ranks = {name: count + (name == said) / 2 for name, count in shares(grade_ids(book)).items()}
    ours = ranks.pop(exercise.name, own + 0.5)  # an instructor's own may be a changed copy of one of deepkit's
    return [name for name, rank in ranks.items() if rank == max(ranks.values()) > ours]


def self_test(exercise: Exercise, *, seed: int, workers: int | None = None) -> Iterator[tuple[str, str | None]]:
    """Try every task on answers whose marks are known, and yield (what was tried, what is wrong with it or None).

    Our solution must earn all points; the students' template, an empty answer, a program that is to be mended and each
    `wrong` answer, none; and whoever makes the mistake of a wrong answer must be told its hint. The answers run `workers` at
    a time (default: one for each core) and are told of in the exercise's order.
    """
    trials = [trial for task in exercise.tasks for trial in _trials(exercise, task)]
    with Grader(exercise, seed=seed) as grader, ThreadPoolExecutor(workers or usable_cores()) as pool:
        failures: list[tuple[str, str]] = []
        marks = pool.map(lambda trial: grader.answer(trial.task, trial.source), trials)
        for trial, mark in zip(trials, marks, strict=True):
            yield f"{trial.task.name}: {trial.name}", trial.problem(mark)
            if trial.hint is not None:
                failures.append((mark.message, trial.hint))
            if trial.last:
                problem = _problem_of_wrong(failures)
                failures = []
                if problem:
                    yield f"{trial.task.name}: wrong answers", problem


@dataclass(frozen=True)
class _Trial:
    """An answer to `task` whose marks are known: all points if it is `right`, else none; `last` of its task.

    `hint` is what it deserves where it is one of the wrong answers.
    """

    task: Task
    name: str
    source: str
    right: bool = False
    last: bool = False
    hint: str | None = None

    def problem(self, marks: TaskMarks) -> str | None:
        """What is wrong with these marks, or None."""
        if self.right:
            earned = f"earns {marks.points:g} of {marks.out_of:g}: {marks.message}"
            return None if marks.points == marks.out_of else earned
        return f"earns {marks.points:g} points, expected none" if marks.points else None


def _problem_of_wrong(failures: list[tuple[str, str]]) -> str | None:
    """What is wrong with the wrong answers of a task, given what was said of each and its hint."""
    if not failures:
        return "there is none, so nothing proves that the check checks"
    for number, (message, hint) in enumerate(failures, start=1):
        if hint not in hints_for(message, failures):
            return f"so many fail like number {number} that nobody gets its hint: let the check tell them apart ({message})"
    return None


def count_trials(exercise: Exercise) -> int:
    """How many answers a self-test runs."""
    return sum(len(_trials(exercise, task)) for task in exercise.tasks)


def _trials(exercise: Exercise, task: Task) -> list[_Trial]:
    faulty = exercise.faulty(task)
    return [
        _Trial(task, "our solution", exercise.reference(task.name), right=True),
        _Trial(task, "the template", exercise.template(task.name)),
        *([] if faulty is None else [_Trial(task, "the program to mend", faulty)]),
        *(_Trial(task, f"wrong answer {i}", wrong.source, hint=wrong.hint) for i, wrong in enumerate(task.wrong, start=1)),
        _Trial(task, "an empty answer", "", last=True),
    ]


_OURS = re.compile(r'(?:where: )?File "<(?:probe|string)>", line \d+(?:, in \w+)?(?:; |$)')
"""A place in a hidden test, which is nobody's to know and helps nobody."""


def _lost(task: Task, why: str) -> TaskMarks:
    return TaskMarks(task.name, 0.0, task.points, printable(_OURS.sub("", re.sub(r"\s*\n\s*", "; ", why)))[:600])


def _explained(why: str, beside: Submission | None) -> str:
    """Says of a missing name that another cell has it."""
    missing = re.search(r"NameError: name '(\w+)' is not defined", why)
    if beside is None or not missing or not beside.defines(missing[1]):
        return why
    return f"{why}. Another cell of the notebook defines {missing[1]}, but that does not run by itself: copy it into this one"
