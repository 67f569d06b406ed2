"""An exercise as a learner has it: read from his notebook, where its source with the hidden tests is not on the machine."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from deepkit.errors import GradingError
from deepkit.grade import Exercise, Task
from deepkit.grade.exercise import stories
from deepkit.grade.helpers import defined_in, statements
from deepkit.grade.notebook import CHECK, Cell, read_cells

_SECONDS, _MEMORY_MB = 10.0, 2048


def load_handout(path: Path, name: str) -> Exercise | None:
    """The exercise in a notebook that was handed out; None where the notebook has no answer cell with its test below it.

    What stands in the answer cells, saved, takes the place of our solutions: an answer that leans on an earlier one leans on
    the learner's own.
    """
    cells = tuple(read_cells(path))
    public = {cell.grade_id.removesuffix(CHECK): cell.source for cell in cells if cell.role == "check"}
    told = [(cell, story) for cell, story in stories(cells, "answer") if cell.grade_id in public]
    tasks = tuple(_task(cell, story, public[cell.grade_id], cells) for cell, story in told)
    return Exercise(name, path, cells, tasks) if tasks else None


def is_handout(exercise: Exercise) -> bool:
    """Whether this is all there is of an exercise: no solutions, and no tests but the public ones."""
    return any(task.check is _nobody_knows for task in exercise.tasks)


def _task(cell: Cell, story: str, public: str, cells: tuple[Cell, ...]) -> Task:
    above = cells[: cells.index(cell)]
    used = {node.id for node in ast.walk(ast.Module(statements(public), [])) if isinstance(node, ast.Name)}
    needs = [c.grade_id for c in above if c.role == "answer" and used.intersection(defined_in(statements(c.source)))]
    given = [c.grade_id for c in above if c.role == "given"]
    test = next(c for c in cells if c.grade_id == cell.grade_id + CHECK)
    points = float(test.raw["metadata"]["nbgrader"].get("points", 0))
    return Task(
        cell.grade_id, points, _nobody_knows, (), tuple(needs), tuple(given), _SECONDS, _MEMORY_MB, story, public.strip()
    )


def _nobody_knows(answer: Any, rng: Any) -> None:
    raise GradingError("the hidden tests of this exercise are not on this machine", hint="its instructor has them")
