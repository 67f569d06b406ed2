"""What a learner asks for in the notebook of an exercise: a check, a hint, the solution, and how far he has come.

    session    the notebook that is open, and the answers that were run in it
    handout    an exercise whose source is not here: what the notebook itself says of it
    progress   the file in the learner's own folder that remembers what was done
    shown      how a check, a hint and a list of what is done look in a notebook

A check runs the public tests of a task, as `deepkit grade` runs the hidden ones: in a process of its own.
"""

from __future__ import annotations

import re
from pathlib import Path

from deepkit import resources
from deepkit.commands.learner.handout import is_handout
from deepkit.commands.learner.progress import Done, Progress
from deepkit.commands.learner.session import Session
from deepkit.commands.learner.shown import Checked, Hint, Overview, Solution, Tasks, show
from deepkit.errors import GradingError
from deepkit.grade import Exercise

__all__ = ["check", "hint", "progress", "solution"]


def check(task: str | None = None, exercise: str | Path | None = None) -> None:
    """Run the public checks of a task on your answer: the newest cell you ran that defines what the task asks for.

    They run in a process of their own, which knows nothing of the notebook but the cells that are given, your imports
    and the helpers that your answer names: what passes here stands by itself.

    Args:
        task: the task's name, as it stands in the check cell below your answer; without it, the tasks are listed.
        exercise: its name, where the notebook does not say which exercise it is, or the path of its source.

    Raises:
        GradingError: there is no notebook, no such task, or no answer that was run.
    """
    session = Session.here(exercise, task)
    if task is None:
        show(Tasks(session.exercise, session.progress.of(session.exercise)))
        return
    chosen = session.exercise.task(task)
    result = session.try_public(chosen)
    session.progress.note(
        session.exercise, chosen.name, passed=result.passed, total=result.total, tried=session.was_tried(chosen)
    )
    show(Checked(chosen, result))


def hint(task: str, exercise: str | Path | None = None) -> None:
    """The next hint for a task: the first call gives the first of (mostly) three, and after the last one they begin anew.

    Raises:
        GradingError: there is no notebook, or no such task.
    """
    session = Session.here(exercise, task)
    chosen = session.exercise.task(task)
    if not chosen.hints:
        raise GradingError(f"{session.exercise.name}: the task {task!r} has no hints")
    seen = session.progress.of(session.exercise).get(task, Done()).hints
    session.progress.note(session.exercise, task, hints=seen + 1)
    show(Hint(chosen, seen % len(chosen.hints)))


def solution(task: str, exercise: str | Path | None = None) -> None:
    """Our solution of a task, once you have tried: after a `check` of it, or a run of an answer that is not the stub.

    Raises:
        GradingError: nothing was tried yet; or there is no notebook, no such task, or no solution on this machine.
    """
    session = Session.here(exercise, task)
    chosen = session.exercise.task(task)
    if is_handout(session.exercise):
        raise GradingError(
            f"the solution of {task!r} is not on this machine", rule="this notebook was handed out without its source",
            hint=f'dk.hint("{task}") gives you a first step',
        )
    if not session.was_tried(chosen):
        raise GradingError(
            f"the solution of {task!r} is shown after an attempt, and you have not made one yet",
            rule="an attempt is an answer cell that you filled in and ran; it need not be right",
            hint=f'dk.hint("{task}") gives you a first step',
        )
    session.progress.note(session.exercise, task, solution=True)
    show(Solution(chosen, session.exercise.reference(task)))


def progress() -> None:
    """What you have done, exercise by exercise; the index shows it."""
    from deepkit.grade import exercise as exercises

    store = Progress.nearest(Path.cwd())
    known: list[Exercise] = [exercises.load_exercise(name) for name in _as_taught(exercises.names())]
    show(Overview([(exercise, store.of(exercise)) for exercise in known]))


def _as_taught(names: list[str]) -> list[str]:
    """Exercises in the order of the chapters that end with a link to them; behind them those of no chapter."""
    try:
        chapters = sorted(resources.folder("course").glob("ch*.ipynb"))
    except FileNotFoundError:  # an installation without the course has no order to follow
        return names
    taught = re.findall(r"exercises/([\w-]+)\.ipynb", "".join(path.read_text(encoding="utf-8") for path in chapters))
    return sorted(names, key=[*taught, *names].index)
