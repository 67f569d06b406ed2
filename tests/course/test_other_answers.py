"""Right answers in another manner than ours (loops for arrays, other ops, helpers and names) earn all points, too."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from deepkit.grade.exercise import load_exercise
from deepkit.grade.grading import grade

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = sorted((Path(__file__).parent / "answers").rglob("*.py"))


def cells(path):
    """The answers in a file by the name of their cell, which stands on a line `# %% name` above each."""
    _, *parts = re.split(r"^# %% (\S+)\n", path.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: path.stem)
def test_right_answers_of_another_manner_earn_all_points(path, tmp_path):
    exercise = load_exercise(ROOT / "exercises" / "source" / f"{path.stem}.ipynb")
    answers, notebook = cells(path), json.loads(exercise.release_path.read_text("utf-8"))
    assert list(answers) == [task.name for task in exercise.tasks]
    for cell in notebook["cells"]:
        keys = cell["metadata"].get("nbgrader", {})
        if keys.get("solution") and not keys["grade"]:
            cell["source"] = answers[keys["grade_id"]].strip()
    handed_in = tmp_path / "other.ipynb"
    handed_in.write_text(json.dumps(notebook), "utf-8")
    marks = grade(exercise, handed_in, seed=22)
    assert [(task.name, task.message) for task in marks.tasks if task.message != "right"] == []
    assert marks.points == sum(task.points for task in exercise.tasks)
