"""The real nbgrader takes our sources and releases: it validates, releases, grades right and empty notebooks, and reads marks."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
from functools import partial
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
SERVER = """
import json, os, sys
import deepkit.v1
import nbgrader.apps
for name in nbgrader.apps.__all__: getattr(nbgrader.apps, name)
import nbclient, nbconvert, sqlalchemy, alembic
for line in sys.stdin:
    command = json.loads(line)
    told = os.memfd_create("told")
    child = os.fork()
    if not child:
        os.chdir(command["folder"])
        os.environ["HOME"] = command["folder"]
        for stream, target in enumerate([os.open(os.devnull, os.O_RDONLY), told, told]): os.dup2(target, stream)
        try:
            code = nbgrader.apps.NbGraderApp.launch_instance(command["words"]) or 0
        except SystemExit as end:
            code = end.code or 0
        finally:
            sys.stdout.flush(), sys.stderr.flush()
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.lseek(told, 0, 0)
    print(json.dumps({"code": code, "told": os.fdopen(told, errors="replace").read()}), flush=True)
"""
"""nbgrader's program, loaded once: each command runs in a fork, so it finds nothing of the commands before it."""


@pytest.fixture(scope="session")
def program():
    """What runs commands of nbgrader's in a folder; its kernels are those of its own Python, which must run exercises."""
    python = Path(NBGRADER).resolve().parent / "python"
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])  # it starts programs that lie beside it
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "JUPYTER_PLATFORM_DIRS": "0"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([python, "-c", SERVER], env=environment, **pipes) as server:

        def run(folder, *words):
            server.stdin.write(json.dumps({"folder": str(folder), "words": words}) + "\n")
            server.stdin.flush()
            reply = server.stdout.readline()
            assert reply, f"{python} cannot run nbgrader and exercises; deepkit needs NumPy and SciPy there"
            done = json.loads(reply)
            assert done["code"] == 0, done["told"][-3000:]
            return done["told"]

        yield run
        server.stdin.close()


@pytest.fixture(scope="module", params=SETS)
def course(request, program, tmp_path_factory):
    """A course of nbgrader's with one assignment: a source of ours, released by nbgrader, and two submissions, graded.

    Ada has all answers right and began with nbgrader's release; ben began with ours and has answered the first half, and the
    last task wrong, whose test he has edited.
    """
    folder = tmp_path_factory.mktemp("course")
    nbgrader = partial(program, folder)
    (folder / "nbgrader_config.py").write_text(CONFIGURATION)
    source = folder / "source" / "set" / f"{request.param}.ipynb"
    source.parent.mkdir(parents=True)
    ours = ROOT / "exercises" / "source" / source.name
    source.write_text(ours.read_text("utf-8") if ours.exists() else skeleton(request.param), "utf-8")
    nbgrader("generate_assignment", "set", "--create")
    exercise = load_exercise(source)
    theirs = json.loads((folder / "release" / "set" / source.name).read_text("utf-8"))
    begun = with_answers(json.loads(exercise.release()), exercise, first_half(exercise))
    books = {"ada": with_answers(theirs, exercise), "ben": with_a_mistake(begun, exercise)}
    for student, book in books.items():
        handed_in = folder / "submitted" / student / "set" / source.name
        handed_in.parent.mkdir(parents=True)
        handed_in.write_text(json.dumps(book), "utf-8")
    nbgrader("autograde", "set", "--create")
    return folder, exercise, nbgrader


def first_half(exercise):
    return exercise.tasks[: len(exercise.tasks) // 2]


def with_answers(released, exercise, tasks=None):
    """A release with our solutions in its answer cells, or in those of some tasks."""
    names = {task.name for task in (exercise.tasks if tasks is None else tasks)}
    for cell in released["cells"]:
        keys = cell["metadata"].get("nbgrader", {})
        if keys.get("grade_id") in names:
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
    folder, exercise, _ = course
    theirs, ours = (
        {cell["id"]: ("".join(cell["source"]), cell["metadata"].get("nbgrader"), cell["metadata"].get("editable", True))
         for cell in json.loads(text)["cells"]}
        for text in ((folder / "release" / "set" / exercise.path.name).read_text("utf-8"), exercise.release())
    )
    assert theirs == ours


def test_answers_earn_what_they_deserve(course):
    """Right answers all points, stubs none, and a wrong one loses exactly its own: an edited test is put back."""
    folder, exercise, nbgrader = course
    nbgrader("export", "--to", "marks.csv")
    with open(folder / "marks.csv", newline="", encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    deserved = {"ada": exercise.points, "ben": sum(task.points for task in first_half(exercise))}
    assert {student: float(row["score"]) for student, row in rows.items()} == deserved
    assert {float(row["max_score"]) for row in rows.values()} == {exercise.points}


def test_feedback_names_the_case_that_failed(course):
    """nbgrader's own pages for students: the one with empty answers reads of each that it is not answered."""
    folder, exercise, nbgrader = course
    nbgrader("generate_feedback", "set", "--force")
    pages = {who: (folder / "feedback" / who / "set" / f"{exercise.name}.html").read_text("utf-8") for who in ("ada", "ben")}
    earned = sum(task.points for task in first_half(exercise))
    assert f"Score: {exercise.points} / {exercise.points}" in _plain(pages["ada"])
    assert f"Score: {float(earned)} / {exercise.points}" in _plain(pages["ben"])
    assert _plain(pages["ben"]).count("NotImplementedError") >= len(exercise.tasks) - len(first_half(exercise)) - 1


def test_our_release_validates(course):
    """nbgrader's own validation runs a student's notebook: unanswered it names the tests that fail."""
    folder, exercise, nbgrader = course
    (folder / "empty.ipynb").write_text(exercise.release(), "utf-8")
    assert f"VALIDATION FAILED ON {len(exercise.tasks)} CELL(S)" in nbgrader("validate", "empty.ipynb").upper()


@pytest.mark.parametrize("course", ["first"], indirect=True)
def test_an_answered_release_validates(course):
    folder, exercise, nbgrader = course
    (folder / "answered.ipynb").write_text(json.dumps(with_answers(json.loads(exercise.release()), exercise)), "utf-8")
    assert "Success!" in nbgrader("validate", "answered.ipynb")


def _plain(page):
    """The text of a page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", "", page).split())
