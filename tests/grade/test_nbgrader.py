"""The real nbgrader takes our sources and releases: it validates, releases, grades right and empty notebooks, and reads marks."""

from __future__ import annotations

import csv
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


@pytest.fixture(scope="session")
def kernel():
    """nbgrader's kernels are those of its own Python, which must be able to run exercises."""
    python = Path(NBGRADER).resolve().parent / "python"
    done = subprocess.run([python, "-c", "import deepkit.v1"], env=_environment(ROOT), capture_output=True, text=True)
    assert done.returncode == 0, f"{python} cannot run exercises; deepkit needs NumPy and SciPy there: {done.stderr[-500:]}"


@pytest.fixture(scope="module", params=SETS)
def course(request, kernel, tmp_path_factory):
    """A course of nbgrader's with one assignment: a source of ours, released by nbgrader, and three submissions, graded.

    Ada has all answers right and began with nbgrader's release; ben has answered nothing and began with ours; cleo's last
    answer is wrong, and she has edited its test.
    """
    folder = tmp_path_factory.mktemp("course")
    (folder / "nbgrader_config.py").write_text(CONFIGURATION)
    source = folder / "source" / "set" / f"{request.param}.ipynb"
    source.parent.mkdir(parents=True)
    ours = ROOT / "exercises" / "source" / source.name
    source.write_text(ours.read_text("utf-8") if ours.exists() else skeleton(request.param), "utf-8")
    nbgrader(folder, "generate_assignment", "set", "--create")
    exercise = load_exercise(source)
    theirs = json.loads((folder / "release" / "set" / source.name).read_text("utf-8"))
    books = {
        "ada": with_answers(theirs, exercise), "ben": json.loads(exercise.release()),
        "cleo": with_a_mistake(with_answers(json.loads(exercise.release()), exercise), exercise),
    }
    for student, book in books.items():
        handed_in = folder / "submitted" / student / "set" / source.name
        handed_in.parent.mkdir(parents=True)
        handed_in.write_text(json.dumps(book), "utf-8")
    nbgrader(folder, "autograde", "set", "--create")
    return folder, exercise


def nbgrader(folder, *words):
    done = subprocess.run(
        [NBGRADER, *words], cwd=folder, env=_environment(folder), capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout + done.stderr


def _environment(home):
    path = os.pathsep.join([str(Path(NBGRADER).parent), os.environ["PATH"]])  # it starts programs that lie beside it
    return os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "HOME": str(home), "JUPYTER_PLATFORM_DIRS": "0"}


def with_answers(released, exercise):
    """A release with our solutions in its answer cells."""
    for cell in released["cells"]:
        keys = cell["metadata"].get("nbgrader", {})
        if keys.get("solution") and not keys["grade"]:
            cell["source"] = exercise.reference(keys["grade_id"])
    return released


def with_a_mistake(book, exercise):
    """A notebook whose last answer is one of the task's wrong ones, below it a test that is content with anything."""
    wrong = exercise.tasks[-1]
    texts = {wrong.name: wrong.wrong[-1].source, f"{wrong.name}-check": "print('right')"}
    for cell in book["cells"]:
        cell["source"] = texts.get(cell["id"], cell["source"])
    return book


def test_nbgraders_release_is_ours(course):
    folder, exercise = course
    theirs, ours = (
        {cell["id"]: ("".join(cell["source"]), cell["metadata"].get("nbgrader"), cell["metadata"].get("editable", True))
         for cell in json.loads(text)["cells"]}
        for text in ((folder / "release" / "set" / exercise.path.name).read_text("utf-8"), exercise.release())
    )
    assert theirs == ours


def test_answers_earn_what_they_deserve(course):
    """Right answers all points, stubs none, and a wrong one loses exactly its own: an edited test is put back."""
    folder, exercise = course
    nbgrader(folder, "export", "--to", "marks.csv")
    with open(folder / "marks.csv", newline="", encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    deserved = {"ada": exercise.points, "ben": 0.0, "cleo": exercise.points - exercise.tasks[-1].points}
    assert {student: float(row["score"]) for student, row in rows.items()} == deserved
    assert {float(row["max_score"]) for row in rows.values()} == {exercise.points}


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
