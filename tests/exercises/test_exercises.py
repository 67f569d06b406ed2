"""Every exercise: marks that are known come out, students' notebooks are current, well-formed, and run when answered."""

from __future__ import annotations

import copy
import json
import os
import re
from pathlib import Path

import pytest

from deepkit.grade.exercise import load_exercise
from deepkit.grade.grading import grade, self_test
from deepkit.grade.notebook import checksum

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(path.parent.name for path in (ROOT / "exercises").glob("*/master.ipynb"))


@pytest.fixture(scope="module", params=NAMES)
def exercise(request):
    return load_exercise(ROOT / "exercises" / request.param)


@pytest.fixture
def students(exercise):
    """The students' notebook, parsed."""
    return json.loads((ROOT / "exercises" / f"{exercise.name}.ipynb").read_text("utf-8"))


def execute(notebook, **options):
    """Run a notebook in a kernel of its own that imports this deepkit, and return it with its outputs."""
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel", reason="without ipykernel no notebook runs")
    notebook = nbformat.reads(json.dumps(notebook), 4)
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path, "PYTHONWARNINGS": "default"}
    return nbclient.NotebookClient(notebook, timeout=60, **options).execute(env=environment)


def with_answers(students, exercise):
    """The students' notebook with our solutions in its answer cells, as a student would write them there."""
    notebook = copy.deepcopy(students)
    for cell in notebook["cells"]:
        keys = cell["metadata"].get("nbgrader", {})
        if keys.get("solution"):
            cell["source"] = re.sub(r" *### (BEGIN|END) SOLUTION\n?", "", exercise.reference(keys["grade_id"]))
    return notebook


def test_there_are_exercises():
    assert "graphs-and-sessions" in NAMES


def test_solutions_earn_all_points_and_wrong_answers_none(exercise):
    assert [f"{tried}: {problem}" for tried, problem in self_test(exercise, seed=20) if problem] == []


def test_an_answered_notebook_earns_all_points(exercise, students, tmp_path):
    path = tmp_path / "ada.ipynb"
    path.write_text(json.dumps(with_answers(students, exercise)), "utf-8")
    marks = grade(exercise, path, seed=21)
    assert marks.error is None
    assert [(task.name, task.message) for task in marks.tasks] == [(task.name, "right") for task in exercise.tasks]


def test_every_task_has_several_wrong_answers(exercise):
    assert len(exercise.tasks) >= 5
    for task in exercise.tasks:
        assert len(set(task.wrong)) == len(task.wrong) >= 4, task.name
        assert exercise.reference(task.name) not in task.wrong, task.name


def test_the_students_notebook_is_the_masters_release(exercise, students):
    fix = f"deepkit grade --release {exercise.name}"
    assert students == json.loads(exercise.release()), f"the students' notebook is not current: run {fix}"
    assert "SOLUTION" not in json.dumps(students)


def test_the_students_notebook_is_well_formed(exercise, students):
    nbformat = pytest.importorskip("nbformat")
    nbformat.validate(nbformat.from_dict(students))
    points = {f"{task.name}-check": task.points for task in exercise.tasks}
    assert len({cell["id"] for cell in students["cells"]}) == len(students["cells"])
    for cell in students["cells"]:
        keys = cell["metadata"].get("nbgrader")
        if keys is None:
            continue
        allowed = {
            "schema_version",
            "grade_id",
            "grade",
            "solution",
            "locked",
            "task",
            "points",
            "checksum",
            "cell_type",
        }
        assert keys.keys() <= allowed
        assert keys["schema_version"] == 3
        assert re.fullmatch(r"[a-zA-Z0-9_-]+", keys["grade_id"])
        assert (keys["grade"], keys["solution"]).count(True) <= 1
        assert keys["cell_type"] == cell["cell_type"] == "code"
        assert keys["checksum"] == checksum("".join(cell["source"]), keys)
        assert keys.get("points") == points.get(keys["grade_id"])
        assert cell["metadata"]["deletable"] is False
        assert cell["metadata"].get("editable", True) is keys["solution"]


def test_an_answered_notebook_runs_and_prints_what_the_master_shows(exercise, students):
    executed = execute(with_answers(students, exercise))
    printed = {cell["id"]: _text(cell) for cell in executed["cells"] if cell["cell_type"] == "code"}
    shown = {cell.raw["id"]: _text(cell.raw) for cell in exercise.cells if cell.raw["cell_type"] == "code"}
    assert printed == shown
    for task in exercise.tasks:
        assert printed[f"{task.name}-check"], f"the check of {task.name} says nothing when the answer is right"


def test_every_check_stops_at_an_unanswered_task(exercise, students):
    executed = execute(students, allow_errors=True)
    for cell in executed["cells"]:
        if cell["id"].endswith("-check"):
            assert any(output["output_type"] == "error" for output in cell["outputs"]), cell["id"]


def _text(cell):
    """What a cell printed; anything but printed text is unexpected here and shows up as its kind."""
    outputs = cell["outputs"]
    return "".join("".join(output["text"]) if output.get("name") == "stdout" else f"<{output}>" for output in outputs)
