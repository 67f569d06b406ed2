"""Hints for answers that failed: those of the known mistakes that fail alike."""

from __future__ import annotations

from types import TracebackType

from deepkit.grade.asking import NOT_ANSWERED
from deepkit.grade.exercise import Exercise
from deepkit.grade.grading import Grader, TaskMarks
from deepkit.grade.mistakes import hints_for


class Advisor:
    """Knows the mistakes of an exercise by how they fail on the inputs of `seed`; as a context, it owns their processes.

    A task's wrong answers are run when the first answer to it has failed, once.
    """

    def __init__(self, exercise: Exercise, seed: int):
        self._grader = Grader(exercise, seed=seed)
        self._failures: dict[str, list[tuple[str, str]]] = {}

    def __enter__(self) -> Advisor:
        self._grader.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        self._grader.__exit__(kind, error, trace)

    def hints(self, marks: TaskMarks) -> tuple[str, ...]:
        """The hints that an answer with these marks deserves."""
        if marks.points == marks.out_of or marks.message == NOT_ANSWERED:  # an answer that is not there made no mistake
            return ()
        return hints_for(marks.message, self.failures(marks.name))

    def failures(self, name: str) -> list[tuple[str, str]]:
        """What is said of each wrong answer to a task, and its hint."""
        if name not in self._failures:
            task = self._grader.exercise.task(name)
            self._failures[name] = [(self._grader.answer(task, wrong.source).message, wrong.hint) for wrong in task.wrong]
        return self._failures[name]
