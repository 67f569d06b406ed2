"""Marking: every answer of a submission against its task, and every task against answers whose marks are known."""

from __future__ import annotations

import contextlib
import re
import zlib
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from deepkit.device.cores import usable_cores
from deepkit.errors import DeepkitError, GradingError
from deepkit.grade.checks import Answer
from deepkit.grade.exercise import Exercise, Task, owners
from deepkit.grade.files import printable
from deepkit.grade.notebook import grade_ids
from deepkit.grade.process import Host, StudentProcess, WrongAnswer
from deepkit.grade.submission import Submission, read_submission


@dataclass(frozen=True)
class TaskMarks:
    """What one answer earned, of how much, and why."""

    name: str
    points: float
    out_of: float
    message: str


@dataclass(frozen=True)
class Marks:
    """What one submission earned; `error` says why it could not be graded at all."""

    submission: str
    tasks: tuple[TaskMarks, ...]
    error: str | None = None

    @property
    def points(self) -> float:
        return sum(task.points for task in self.tasks)

    @property
    def out_of(self) -> float:
        return sum(task.out_of for task in self.tasks)


class Grader:
    """Marks answers to one exercise, on inputs that `seed` fixes; as a context, it owns the processes that run them.

    `closed` are files that no answer may read, beside the exercise: the other submissions.
    """

    def __init__(self, exercise: Exercise, *, seed: int, closed: Collection[Path] = (), without: Collection[str] = ()):
        self.exercise, self.seed = exercise, seed
        self.host = Host([exercise.folder, *closed], preload=exercise.imports, without=without)

    def __enter__(self) -> Grader:
        self.host.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        self.host.__exit__(kind, error, trace)

    def answer(self, task: Task, source: str, beside: Submission | None = None) -> TaskMarks:
        """Run one answer in a process of its own and judge what it returns; `beside` is the notebook it stands in."""
        rng = np.random.default_rng([self.seed, zlib.crc32(task.name.encode())])
        try:
            with StudentProcess(self.host, seconds=task.seconds, memory_mb=task.memory_mb) as process:
                self._prepare(process, task)
                answer = Answer(process, lambda given: self._clean(task, given))
                if beside is not None:
                    process.run_imports(beside.imports)
                process.begin()
                process.run(source)
                task.check(answer, rng)
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

    def submission(self, path: Path, names: Collection[str] | None = None) -> Iterator[str | TaskMarks]:
        """Grade the tasks `names` (all) of a notebook: yields the name of each task before, and its marks after."""
        tasks = [task for task in self.exercise.tasks if names is None or task.name in names]
        taken = read_submission(path, [task.name for task in self.exercise.tasks])
        if not taken.answers:
            _refuse_another(self.exercise, path)
        for task in tasks:
            yield task.name
            if task.name in taken.problems:
                yield _lost(task, taken.problems[task.name])
            else:
                yield self.answer(task, taken.answers[task.name], taken)

    @contextlib.contextmanager
    def _clean(self, task: Task, given: Sequence[str]) -> Iterator[StudentProcess]:
        """A process like the answer's, with what it is given and code of ours, but without the answer."""
        with StudentProcess(self.host, seconds=task.seconds, memory_mb=task.memory_mb) as process:
            self._prepare(process, task)
            for source in given:
                process.run(source, "<given>")
            process.begin()
            yield process

    def _prepare(self, process: StudentProcess, task: Task) -> None:
        try:
            for source in self.exercise.before(task):
                process.run(source, "<given>")
        except WrongAnswer as error:  # no line of the student's has run yet
            raise GradingError(
                f"{self.exercise.name}: the code given with {task.name!r} does not run: {error}",
                where=str(self.exercise.folder),
            ) from error


def grade(exercise: Exercise, submission: Path, *, seed: int, closed: Collection[Path] = ()) -> Marks:
    """Grade one submission; its answers may read neither the exercise nor `closed`.

    `seed` fixes the inputs of every task, so marks can be reproduced. Where grading itself fails (the file cannot be
    read, a process cannot be started), there are no marks but an `error`.
    """
    try:
        with Grader(exercise, seed=seed, closed=(submission, *closed)) as grader:
            marks = tuple(step for step in grader.submission(submission) if isinstance(step, TaskMarks))
    except GradingError as error:
        return Marks(str(submission), (), error=str(error))
    return Marks(str(submission), marks)


def _refuse_another(exercise: Exercise, submission: Path) -> None:
    """GradingError for a notebook that has no cell of this exercise."""
    there = grade_ids(submission)
    if there & {name for task in exercise.tasks for name in (task.name, f"{task.name}-check")}:
        return
    others = owners(there)
    raise GradingError(
        f"{submission} is a notebook of another exercise: {' or '.join(others)}"
        if others else f"{submission} holds no answer cell of {exercise.name}",
        rule=f"the answer cells of {exercise.name} are {', '.join(task.name for task in exercise.tasks)}",
        hint=f"deepkit grade {others[0]} {submission}" if others else "deepkit grade --list shows the exercises",
    )


def self_test(exercise: Exercise, *, seed: int, workers: int | None = None) -> Iterator[tuple[str, str | None]]:
    """Try every task on answers whose marks are known, and yield (what was tried, what is wrong with it or None).

    Our solution must earn all points; the students' template, an empty answer and each `wrong` answer, none. The answers
    run `workers` at a time (default: one for each core) and are told of in the exercise's order.
    """
    trials = [trial for task in exercise.tasks for trial in _trials(exercise, task)]
    with Grader(exercise, seed=seed) as grader, ThreadPoolExecutor(workers or usable_cores()) as pool:
        marks = pool.map(lambda trial: grader.answer(trial.task, trial.source), trials)
        for trial, mark in zip(trials, marks, strict=True):
            yield f"{trial.task.name}: {trial.name}", trial.problem(mark)
            if trial.last and not trial.task.wrong:
                yield f"{trial.task.name}: wrong answers", "there is none, so nothing proves that the check checks"


@dataclass(frozen=True)
class _Trial:
    """An answer to `task` whose marks are known: all points if it is `right`, else none; `last` of its task."""

    task: Task
    name: str
    source: str
    right: bool = False
    last: bool = False

    def problem(self, marks: TaskMarks) -> str | None:
        """What is wrong with these marks, or None."""
        if self.right:
            earned = f"earns {marks.points:g} of {marks.out_of:g}: {marks.message}"
            return None if marks.points == marks.out_of else earned
        return f"earns {marks.points:g} points, expected none" if marks.points else None


def count_trials(exercise: Exercise) -> int:
    """How many answers a self-test runs."""
    return sum(len(_trials(exercise, task)) for task in exercise.tasks)


def _trials(exercise: Exercise, task: Task) -> list[_Trial]:
    wrong = {f"wrong answer {i}": source for i, source in enumerate(task.wrong, start=1)}
    canaries = {"the template": exercise.template(task.name), **wrong}
    return [
        _Trial(task, "our solution", exercise.reference(task.name), right=True),
        *(_Trial(task, name, source) for name, source in canaries.items()),
        _Trial(task, "an empty answer", "", last=True),
    ]


def _lost(task: Task, why: str) -> TaskMarks:
    return TaskMarks(task.name, 0.0, task.points, printable(why)[:600])


def _explained(why: str, beside: Submission | None) -> str:
    """Says of a missing name that another cell has it."""
    missing = re.search(r"NameError: name '(\w+)' is not defined", why)
    if beside is None or not missing or missing[1] not in beside.defined:
        return why
    return f"{why}. Another cell of the notebook defines {missing[1]}, but each answer runs by itself: copy it into this one"
