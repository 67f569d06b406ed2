"""How a check, a hint, a solution and a list of what is done look: Markdown in a notebook, the same words elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deepkit.commands.learner.progress import Done
from deepkit.grade import Exercise, Task
from deepkit.grade.public import PublicResult

HIDDEN = "hidden ones are run when the notebook is graded"


class Shown:
    """Text that a notebook renders as Markdown; `text` gives it."""

    def text(self) -> str:
        raise NotImplementedError

    def __repr__(self) -> str:
        return self.text().replace("**", "").replace("\n\n", "\n")

    def _repr_markdown_(self) -> str:
        return self.text()


def show(shown: Shown) -> None:
    """Put it below the cell, wherever in the cell it was asked for; print it in a plain program."""
    import sys

    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        print(shown)
    else:
        sys.modules["IPython"].display.display(shown)


class Checked(Shown):
    """What the public checks of a task found; `right` is True where all have passed."""

    def __init__(self, task: Task, result: PublicResult):
        self.task, self.result = task, result
        self.right = result.right

    def text(self) -> str:
        passed, total = self.result.passed, self.result.total
        mark = "✓" if self.right else "✗"
        checks = "check" if total == 1 else "checks"
        lines = [f"**{mark} {self.task.name}: passed {passed} of {total} public {checks}**; {HIDDEN}."]
        lines += [f"* {_one_paragraph(failure)}" for failure in self.result.failures]
        if not self.right:
            lines.append(f'`dk.hint("{self.task.name}")` gives you a hint.')
        return "\n\n".join(lines)


class Hint(Shown):
    """One of the hints of a task."""

    def __init__(self, task: Task, number: int):
        self.task, self.number = task, number

    def text(self) -> str:
        count = len(self.task.hints)
        after = f'`dk.hint("{self.task.name}")` again for the next.' if self.number + 1 < count else (
            f'That was the last one; `dk.solution("{self.task.name}")` shows ours, once you have tried.'
        )
        return f"**Hint {self.number + 1} of {count} for {self.task.name}**\n\n{self.task.hints[self.number]}\n\n{after}"


class Solution(Shown):
    """Our solution of a task."""

    def __init__(self, task: Task, source: str):
        self.task, self.source = task, source

    def text(self) -> str:
        return (
            f"**Our solution of {self.task.name}**, one of many that are right; you see it because you have tried.\n\n"
            f"```python\n{self.source.rstrip()}\n```"
        )


class Tasks(Shown):
    """The tasks of an exercise and what is done in each."""

    def __init__(self, exercise: Exercise, done: Mapping[str, Done]):
        self.exercise, self.done = exercise, done

    def text(self) -> str:
        rows = [f"| `{task.name}` | {task.points:g} | {state(self.done.get(task.name))} |" for task in self.exercise.tasks]
        return "\n".join([f"**{self.exercise.title}**\n", "| task | points | |", "|---|---|---|", *rows])


class Overview(Shown):
    """Every exercise with what is done in it."""

    def __init__(self, exercises: Sequence[tuple[Exercise, Mapping[str, Done]]]):
        self.exercises = exercises

    def text(self) -> str:
        rows = [_row(exercise, done) for exercise, done in self.exercises]
        return "\n".join(["| exercises | | what you have done |", "|---|---|---|", *rows])


def _row(exercise: Exercise, done: Mapping[str, Done]) -> str:
    """One exercise in the table, with a link from the folder of the course."""
    touched = [done[task.name] for task in exercise.tasks if task.name in done]
    count, right = len(exercise.tasks), sum(one.right for one in touched)
    words = f"{right} of {count} tasks pass their public checks"
    if right < len(touched):
        words += f", {len(touched) - right} begun"
    mark = "not begun" if not touched else "✓ all" if right == count else words
    link = f"[{exercise.title.removesuffix(': exercises')}](../exercises/{exercise.name}.ipynb)"
    return f"| {link} | {count} tasks, {exercise.points:g} points | {mark} |"


def state(done: Done | None) -> str:
    """What was done in one task, in a few words."""
    if done is None:
        return "not begun"
    words = []
    if done.right:
        words.append("✓ all public checks pass")
    elif done.total:
        words.append(f"{done.passed} of {done.total} public checks pass")
    if done.hints:
        words.append("1 hint" if done.hints == 1 else f"{done.hints} hints")
    if done.solution:
        words.append("solution seen")
    return ", ".join(words)


def _one_paragraph(text: str) -> str:
    """A message in a list: its further lines are indented, so that they stay in it, and stay lines."""
    first, *rest = text.splitlines() or [""]
    return "\n".join([first, *([""] if rest else []), *(f"      {line}" for line in rest)])
