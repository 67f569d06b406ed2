"""Marking: every answer of a submission against its task, and every task against answers whose marks are known."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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


def self_test(exercise: Exercise, *, seed: int) -> Iterator[tuple[str, str | None]]:
    """Try every task on answers whose marks are known, and yield (what was tried, what is wrong with it or None).

    Our solution must earn all points; the students' template, an empty answer and each `wrong` answer, none.
    """
    for task in exercise.tasks:
        marks = grade_answer(exercise, task, exercise.reference(task.name), seed=seed)
        missed = None if marks.points == task.points else f"earns {marks.points:g} of {task.points:g}: {marks.message}"
        yield f"{task.name}: our solution", missed
        canaries = {"the template": exercise.template(task.name), "an empty answer": ""}
        canaries |= {f"wrong answer {i}": source for i, source in enumerate(task.wrong, start=1)}
        for name, source in canaries.items():
            points = grade_answer(exercise, task, source, seed=seed).points
            yield f"{task.name}: {name}", f"earns {points:g} points, expected none" if points else None
        if not task.wrong:
            yield f"{task.name}: wrong answers", "there is none, so nothing proves that the check checks"


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
