"""What an author should mend before a set of exercises is handed out: complaints that need no answer to be run."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator

from deepkit.grade.authoring import regions
from deepkit.grade.exercise import Exercise, Task
from deepkit.grade.helpers import defined_in, imports_of, statements

HINTS = 3
LEAST_WRONG = 4
_MENDING = re.compile(r"\bfind the (bug|leak)|\bmend (it|them)\b", re.IGNORECASE)
_HEADING = re.compile(r"\((\d+(?:\.\d+)?) points?\)$")


def complaints(exercise: Exercise) -> Iterator[str]:
    """Every departure from the form, a line each; none for a set that may be handed out."""
    for task in exercise.tasks:
        for complaint in (*_of_text(task), *_of_fault(exercise, task), *_of_test(exercise, task)):
            yield f"{task.name}: {complaint}"
    yield from _of_names(exercise)
    if any(cell.raw.get("execution_count") is None for cell in exercise.cells if cell.raw["cell_type"] == "code"):
        yield "the source is not stored as it was run: deepkit exercises build --run"
    for question in exercise.questions:
        if not question.model.strip():
            yield f"{question.name}: an open question without a model answer"
    said = sum(float(points) for points in re.findall(r"\((\d+) points?\)", exercise.cells[0].source))
    if said != exercise.points:
        yield f"the first cell says ({said:g} points), and the tasks have {exercise.points:g}"


def _of_text(task: Task) -> Iterator[str]:
    said = _HEADING.search(task.title)
    if not said or float(said[1]) != task.points:
        yield f"the heading {task.title!r} does not end with ({task.points:g} points)"
    if len(task.hints) != HINTS or not all(task.hints):
        yield f"{len(task.hints)} hints, expected {HINTS}: <details><summary>Hint 1</summary> ... </details> in its text"


def _of_fault(exercise: Exercise, task: Task) -> Iterator[str]:
    """What is to be mended must be seen: in the text, or in a given cell between it and the answer."""
    place = next(i for i, cell in enumerate(exercise.cells) if cell.grade_id == task.name)
    above = reversed(exercise.cells[:place])
    between = itertools.takewhile(lambda cell: cell.raw["cell_type"] == "code" or not cell.source.startswith("#"), above)
    if _MENDING.search(task.story) and exercise.faulty(task) is None and not any(c.role == "given" for c in between):
        yield "the program to mend is not shown: ```python ... ``` in its text, whole, or the lines where the answer goes"


def _of_test(exercise: Exercise, task: Task) -> Iterator[str]:
    if not any(isinstance(node, ast.Assert) for node in ast.walk(ast.Module(statements(task.public), []))):
        yield "no public test: the asserts outside of the hidden part are what the learner can try"
    sources = [wrong.source for wrong in task.wrong]
    if len(set(sources)) < max(LEAST_WRONG, len(sources)) or exercise.reference(task.name) in sources:
        yield f"{len(set(sources))} different wrong answers, expected {LEAST_WRONG} at least, none of them our solution"
    if not all(wrong.hint.strip() for wrong in task.wrong):
        yield "a wrong answer without a hint"


def _of_names(exercise: Exercise) -> Iterator[str]:
    """In a kernel tests and answers share one space of names."""
    theirs = {name for cell in exercise.cells if cell.role in ("answer", "given") for name in _names(cell.source)}
    for cell in exercise.cells:
        hidden = regions.hidden(cell.source, cell.grade_id) if cell.role == "check" else ""
        for name in sorted(theirs & set(_names(hidden)) - _imported(hidden)):
            yield f"{cell.grade_id}: the hidden test defines {name!r}, a name of the learner's, which it replaces in a kernel"


def _names(source: str) -> Iterator[str]:
    return defined_in(statements(source))


def _imported(source: str) -> set[str]:
    return {name for line in imports_of(source) for name in _names(line)}
