"""Marking: every answer of a submission against its task, and every task against answers whose marks are known."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepkit.device.cores import usable_cores
from deepkit.errors import DeepkitError, GradingError
from deepkit.grade.checks import Answer
from deepkit.grade.exercise import Exercise, Task
from deepkit.grade.notebook import read_answers
from deepkit.grade.process import StudentProcess, WrongAnswer


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


def grade(exercise: Exercise, submission: Path, *, seed: int, denied: tuple[Path, ...] = ()) -> Marks:
    """Grade one submission; every process started for it may read neither the exercise nor `denied`.

    `seed` fixes the inputs of every task, so marks can be reproduced. Where grading itself fails (the file cannot be
    read, a process cannot be started), there are no marks but an `error`; the next submission is graded all the same.
    """
    marks = []
    try:
        answers, problems = read_answers(submission, [task.name for task in exercise.tasks])
        for task in exercise.tasks:
            if task.name in problems:
                marks.append(TaskMarks(task.name, 0.0, task.points, problems[task.name]))
            else:
                marks.append(grade_answer(exercise, task, answers[task.name], seed=seed, denied=(submission, *denied)))
    except GradingError as error:
        return Marks(str(submission), (), error=str(error))
    return Marks(str(submission), tuple(marks))


def grade_answer(exercise: Exercise, task: Task, source: str, *, seed: int, denied: tuple[Path, ...] = ()) -> TaskMarks:
    """Run one answer in a process of its own and judge what it returns."""
    rng = np.random.default_rng([seed, zlib.crc32(task.name.encode())])
    try:
        with StudentProcess([*exercise.private, *denied], seconds=task.seconds, memory_mb=task.memory_mb) as process:
            _prepare(process, exercise, task)
            process.run(source)
            task.check(Answer(process), rng)
    except WrongAnswer as error:
        return TaskMarks(task.name, 0.0, task.points, _printable(str(error)))
    except AssertionError as error:
        return TaskMarks(task.name, 0.0, task.points, _printable(str(error)) or "not right")
    except DeepkitError:
        raise
    except Exception as error:
        # The check met data it did not expect. That our own solution passes is what self_test is for.
        message = f"the check cannot use what your code returned ({type(error).__name__}: {error})"
        return TaskMarks(task.name, 0.0, task.points, _printable(message))
    return TaskMarks(task.name, float(task.points), task.points, "right")


def self_test(exercise: Exercise, *, seed: int, workers: int | None = None) -> Iterator[tuple[str, str | None]]:
    """Try every task on answers whose marks are known, and yield (what was tried, what is wrong with it or None).

    Our solution must earn all points; the students' template, an empty answer and each `wrong` answer, none. The answers
    run `workers` at a time (default: one for each core) and are told of in the exercise's order.
    """
    trials = [trial for task in exercise.tasks for trial in _trials(exercise, task)]
    with ThreadPoolExecutor(workers or usable_cores()) as pool:
        marks = pool.map(lambda trial: grade_answer(exercise, trial.task, trial.source, seed=seed), trials)
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


def _prepare(process: StudentProcess, exercise: Exercise, task: Task) -> None:
    try:
        for source in exercise.before(task):
            process.run(source, "<given>")
    except WrongAnswer as error:  # no line of the student's has run yet
        raise GradingError(
            f"{exercise.name}: the code given with {task.name!r} does not run: {error}", where=str(exercise.folder)
        ) from error


def _printable(message: str) -> str:
    """A student's own text goes to a terminal: no escape sequences, no end of the table."""
    return "".join(c if c.isprintable() else " " for c in message)[:600]
