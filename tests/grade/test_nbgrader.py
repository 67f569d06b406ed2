"""The real nbgrader takes our sources and releases: it validates, releases, grades right and empty notebooks, and reads marks."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from deepkit.grade import load_exercise
from deepkit.grade.authoring.skeleton import skeleton

ROOT = Path(__file__).resolve().parents[2]
SETS = ["first", *sorted(path.stem for path in (ROOT / "exercises" / "source").glob("*.ipynb"))]
"""A set as `deepkit exercises new` begins it, and all that deepkit has."""
NBGRADER = os.environ.get("DEEPKIT_NBGRADER") or shutil.which("nbgrader")
"""The program; DEEPKIT_NBGRADER names one that is not on the path."""
pytestmark = pytest.mark.skipif(not NBGRADER, reason="nbgrader is not installed; DEEPKIT_NBGRADER may name its program")
CONFIGURATION = """
c = get_config()
c.CourseDirectory.course_id = "course"
c.ExecutePreprocessor.timeout = 120
c.Exchange.root = "exchange"
"""


@pytest.fixture(scope="module", params=SETS)
def course(request, tmp_path_factory):
    """A course of nbgrader's with one assignment: a source of ours, released by nbgrader, and two submissions, graded."""
    folder = tmp_path_factory.mktemp("course")
    (folder / "nbgrader_config.py").write_text(CONFIGURATION)
    source = folder / "source" / "set" / f"{request.param}.ipynb"
    source.parent.mkdir(parents=True)
    ours = ROOT / "exercises" / "source" / source.name
    source.write_text(ours.read_text("utf-8") if ours.exists() else skeleton(request.param), "utf-8")
    nbgrader(folder, "generate_assignment", "set", "--create")
    exercise = load_exercise(source)
    for student, answered in (("ada", True), ("ben", False)):
        # The one begins with nbgrader's release, the other with ours.
        text = (folder / "release" / "set" / source.name).read_text("utf-8") if answered else exercise.release()
        handed_in = folder / "submitted" / student / "set" / source.name
        handed_in.parent.mkdir(parents=True)
        handed_in.write_text(json.dumps(with_answers(json.loads(text), exercise) if answered else json.loads(text)), "utf-8")
    nbgrader(folder, "autograde", "set", "--create")
    return folder, exercise


def nbgrader(folder, *words):
    path = os.pathsep.join([str(Path(NBGRADER).parent), os.environ["PATH"]])  # it starts programs that lie beside it
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "HOME": str(folder), "JUPYTER_PLATFORM_DIRS": "0"}
    done = subprocess.run([NBGRADER, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout + done.stderr


def with_answers(released, exercise):
    """A release with our solutions in its answer cells."""
    for cell in released["cells"]:
        keys = cell["metadata"].get("nbgrader", {})
        if keys.get("solution") and not keys["grade"]:
            cell["source"] = exercise.reference(keys["grade_id"])
    return released


def test_nbgraders_release_is_ours(course):
    folder, exercise = course
    theirs, ours = (
        {cell["id"]: ("".join(cell["source"]), cell["metadata"].get("nbgrader"), cell["metadata"].get("editable", True))
         for cell in json.loads(text)["cells"]}
        for text in ((folder / "release" / "set" / exercise.path.name).read_text("utf-8"), exercise.release())
    )
    assert theirs == ours


def test_right_answers_earn_all_and_stubs_nothing(course):
    folder, exercise = course
    nbgrader(folder, "export", "--to", "marks.csv")
    lines = [line.split(",") for line in (folder / "marks.csv").read_text().splitlines()]
    rows = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    assert {row["student_id"]: float(row["score"]) for row in rows} == {"ada": exercise.points, "ben": 0.0}
    assert {float(row["max_score"]) for row in rows} == {exercise.points}


def test_a_wrong_answer_loses_its_points_and_an_edited_test_is_put_back(course):
    folder, exercise = course
    handed_in = folder / "submitted" / "cleo" / "set" / exercise.path.name
    handed_in.parent.mkdir(parents=True)
    book = with_answers(json.loads(exercise.release()), exercise)
    wrong = exercise.tasks[-1]
    for cell in book["cells"]:
        if cell["id"] == wrong.name:
            cell["source"] = wrong.wrong[-1].source
        elif cell["id"] == f"{wrong.name}-check":
            cell["source"] = "print('right')"
    handed_in.write_text(json.dumps(book), "utf-8")
    nbgrader(folder, "autograde", "set", "--create", "--student", "cleo")
    nbgrader(folder, "export", "--to", "more.csv")
    row = next(line for line in (folder / "more.csv").read_text().splitlines() if ",cleo," in line)
    scores = [float(part) for part in row.split(",") if part.replace(".", "", 1).isdigit()]
    assert exercise.points - wrong.points in scores


def test_feedback_names_the_case_that_failed(course):
    """nbgrader's own pages for students: the one with empty answers reads of each task that it is not answered."""
    folder, exercise = course
    nbgrader(folder, "generate_feedback", "set", "--force")
    pages = {who: (folder / "feedback" / who / "set" / f"{exercise.name}.html").read_text("utf-8") for who in ("ada", "ben")}
    assert f"Score: {exercise.points} / {exercise.points}" in _plain(pages["ada"])
    assert f"Score: 0.0 / {exercise.points}" in _plain(pages["ben"])
    assert _plain(pages["ben"]).count("NotImplementedError") >= len(exercise.tasks)


def test_our_release_validates(course):
    """nbgrader's own validation runs a student's notebook: answered it passes, and unanswered it names the tests that fail."""
    folder, exercise = course
    answered = folder / "answered.ipynb"
    answered.write_text(json.dumps(with_answers(json.loads(exercise.release()), exercise)), "utf-8")
    assert "Success!" in nbgrader(folder, "validate", answered.name)
    empty = folder / "empty.ipynb"
    empty.write_text(exercise.release(), "utf-8")
    assert f"VALIDATION FAILED ON {len(exercise.tasks)} CELL(S)" in nbgrader(folder, "validate", empty.name).upper()


def _plain(page):
    """The text of a page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", "", page).split())
