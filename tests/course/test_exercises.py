"""Every exercise: marks that are known come out, students' notebooks are current, well-formed, and run when answered."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cells import run_cells

from deepkit.grade.authoring.release import checksum, is_untouched
from deepkit.grade.authoring.review import complaints
from deepkit.grade.exercise import load_exercise
from deepkit.grade.grading import grade, self_test

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(path.stem for path in (ROOT / "exercises" / "source").glob("*.ipynb"))
PYTEST = "import sys; sys.modules['rfc3987_syntax'] = None; import pytest; sys.exit(pytest.main(sys.argv[1:]))"
"""pytest without the seconds that importing rules for addresses takes, which nbval's libraries would load and never ask."""
SHARES = 4
"""How many parts the sets are checked in by nbval, side by side where there are cores."""
KEYS = {"schema_version", "grade_id", "grade", "solution", "locked", "task", "points", "checksum", "cell_type"}


@pytest.fixture(scope="module", params=NAMES)
def exercise(request):
    return load_exercise(ROOT / "exercises" / "source" / f"{request.param}.ipynb")


@pytest.fixture
def students(exercise):
    """The students' notebook, parsed."""
    return json.loads((ROOT / "exercises" / f"{exercise.name}.ipynb").read_text("utf-8"))


def with_answers(students, exercise):
    """The students' notebook with our solutions in its answer cells, as a student would write them there."""
    notebook = copy.deepcopy(students)
    for cell in notebook["cells"]:
        keys = cell["metadata"].get("nbgrader", {})
        if keys.get("solution") and not keys["grade"]:
            cell["source"] = exercise.reference(keys["grade_id"])
            del cell["metadata"]["tags"]  # an error must stop the run
        elif keys.get("grade") and not keys["solution"]:
            del cell["metadata"]["tags"]
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


def test_the_form_is_kept(exercise):
    assert list(complaints(exercise)) == []
    assert len(exercise.tasks) >= 5


def test_the_students_notebook_is_the_sources_release(exercise, students):
    fix = f"deepkit exercises build {exercise.name}"
    text = exercise.release_path.read_text("utf-8")
    assert text == exercise.release(), f"the students' notebook is not current: run {fix}"
    assert is_untouched(exercise.release_path)
    models = [question.model.split("\n")[0] for question in exercise.questions]
    hints = [wrong.hint for task in exercise.tasks for wrong in task.wrong]
    for secret in ("SOLUTION", "HIDDEN", "hidden_test", *models, *hints):
        assert secret not in text


def test_the_students_notebook_is_well_formed(exercise, students):
    nbformat = pytest.importorskip("nbformat")
    nbformat.validate(nbformat.from_dict(students))
    points = {f"{task.name}-check": task.points for task in exercise.tasks}
    assert len({cell["id"] for cell in students["cells"]}) == len(students["cells"])
    for cell in students["cells"]:
        keys = cell["metadata"].get("nbgrader")
        if keys is None:
            continue
        assert keys.keys() <= KEYS
        assert keys["schema_version"] == 3
        assert keys["cell_type"] == cell["cell_type"]
        assert keys["checksum"] == checksum("".join(cell["source"]), keys)
        assert keys.get("points", 0) == points.get(keys["grade_id"], 0)
        assert cell["metadata"]["deletable"] is False
        assert cell["metadata"].get("editable", True) is keys["solution"]


@pytest.mark.parametrize("first", range(SHARES))
def test_nbval_reproduces_what_sources_and_releases_show(first):
    """In a source's kernel the hidden tests are run in place. One pytest does it for many notebooks: starting takes longest."""
    pytest.importorskip("nbval")
    exercises = [load_exercise(name) for name in NAMES[first::SHARES]]
    command = [sys.executable, "-c", PYTEST, "-q", "-p", "no:cacheprovider", "-p", "nbval.plugin", "--nbval"]
    command += ["--nbval-current-env", "--nbval-sanitize-with", ROOT / "course" / "nbval_sanitize.cfg"]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    command += [path for exercise in exercises for path in (exercise.path, exercise.release_path)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1200)
    cells = 2 * sum(cell.raw["cell_type"] == "code" for exercise in exercises for cell in exercise.cells)
    assert done.returncode == 0, done.stdout[-3000:]
    assert sum(line.partition("[")[0].count(".") for line in done.stdout.splitlines() if "%]" in line) == cells


def test_an_answered_notebook_prints_what_the_source_shows(exercise, students):
    cells = [cell for cell in with_answers(students, exercise)["cells"] if cell["cell_type"] == "code"]
    outcomes = run_cells(["".join(cell["source"]) for cell in cells])
    assert [outcome for outcome in outcomes if outcome["error"] or outcome["other"]] == []
    printed = {cell["id"]: outcome["printed"] for cell, outcome in zip(cells, outcomes, strict=True)}
    shown = {cell.raw["id"]: _text(cell.raw) for cell in exercise.cells if cell.raw["cell_type"] == "code"}
    assert printed == shown
    for task in exercise.tasks:
        assert printed[f"{task.name}-check"], f"the check of {task.name} says nothing when the answer is right"


def test_every_check_stops_at_an_unanswered_task(exercise, students):
    cells = [cell for cell in students["cells"] if cell["cell_type"] == "code"]
    outcomes = run_cells(["".join(cell["source"]) for cell in cells])
    for cell, outcome in zip(cells, outcomes, strict=True):
        if cell["id"].endswith("-check"):
            assert outcome["error"], cell["id"]


def _text(cell):
    """What a cell printed; anything but printed text is unexpected here and shows up as its kind."""
    outputs = cell["outputs"]
    return "".join("".join(output["text"]) if output.get("name") == "stdout" else f"<{output}>" for output in outputs)
