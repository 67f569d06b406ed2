"""What a learner asks for beside a notebook: which cell is his answer, what is remembered, and errors that say why."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys

import pytest

import deepkit as dk
from deepkit.commands.learner.handout import is_handout
from deepkit.commands.learner.progress import Done, Progress
from deepkit.commands.learner.session import Session, _exercise, notebook_path
from deepkit.errors import DataError, GradingError
from deepkit.grade import exercise as exercises
from deepkit.grade import load_exercise
from deepkit.grade.public import try_public
from deepkit.grade.submission import gathered

CONVOLUTION = "convolution-and-pooling"


@pytest.fixture(scope="module")
def exercise():
    return load_exercise(CONVOLUTION)


@pytest.mark.parametrize("name", exercises.names())
def test_each_answer_is_found_among_all_that_were_run(name, tmp_path):
    """Also when answers to other tasks were run later; and of two to one task the newer one counts."""
    exercise = load_exercise(name)
    names = [task.name for task in exercise.tasks]
    texts = [exercise.reference(task) for task in names]
    session = Session(exercise, ("", *texts, "x = 1", *texts, "y = 2"), Progress(tmp_path / "progress.json"))
    found = {task.name: session._newest(task) for task in exercise.tasks}
    assert found == {task: 2 + len(texts) + position for position, task in enumerate(names)}


@pytest.mark.parametrize("task", ["size", "stroke", "back"])
def test_a_solution_passes_all_public_checks(exercise, task):
    result = try_public(exercise, exercise.task(task), gathered([exercise.reference(task)], {task: 0}))
    assert result.failures == ()
    assert result.passed == result.total > 0


def test_a_wrong_answer_is_told_case_and_numbers(exercise):
    wrong = exercise.reference("size").replace("total // 2, total - total // 2", "0, total")
    result = try_public(exercise, exercise.task("size"), gathered([wrong], {"size": 0}))
    assert (result.passed, result.total) == (1, 2)
    assert result.failures == ("28 cells, window 5, stride 1: SAME adds (2, 2) zeros, not (0, 4)",)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("def map_size(n, k, s, padding):\n    return undefined\n\ndef zeros(n, k, s): return 0, 0", "undefined"),
        ("def map_size(n, k, s, padding", "SyntaxError"), ("import os\nos._exit(3)", "ended itself with exit status 3"),
        ("while True: pass", "took longer than"), ("open('/etc/hostname').read()", "PermissionError"),
    ],
    ids=["a missing name", "no Python", "the process ended", "an endless loop", "a file that is not its own"],
)
def test_an_answer_that_does_not_run_is_explained(exercise, answer, told):
    """It runs where the grader runs answers: alone, and within the same walls and limits."""
    task = dataclasses.replace(exercise.task("size"), seconds=0.5)
    result = try_public(exercise, task, gathered([answer], {"size": 0}))
    assert (result.passed, result.total) == (0, 2)
    assert told in result.failures[0]


@pytest.mark.parametrize("name", exercises.names())
def test_where_the_source_is_not_on_the_machine_the_notebook_says_enough(name, tmp_path, monkeypatch):
    """Each public test passes beside the learner's own earlier answers, as it does where our solutions stand in for them."""
    source = load_exercise(name)
    book = json.loads(source.release())
    for cell in book["cells"]:
        keys = cell["metadata"].get("nbgrader", {})
        if keys.get("solution") and not keys["grade"]:
            cell["source"] = source.reference(keys["grade_id"])
    path = tmp_path / "my answers.ipynb"
    path.write_text(json.dumps(book))
    monkeypatch.setattr(exercises, "sources_folder", lambda: tmp_path / "nothing")
    found = _exercise(None, path, None)
    assert is_handout(found)
    assert not is_handout(source)
    assert [(task.name, task.points, task.hints) for task in found.tasks] == [
        (task.name, task.points, task.hints) for task in source.tasks
    ]
    for task in found.tasks:
        result = try_public(found, task, gathered([source.reference(task.name)], {task.name: 0}))
        assert result.failures == ()
        assert result.passed == result.total > 0
    last = found.tasks[-1]
    wrong = gathered([source.template(last.name)], {last.name: 0})
    assert try_public(found, last, wrong).passed == try_public(source, source.tasks[-1], wrong).passed


def test_what_is_done_is_remembered_and_the_best_counts(exercise, tmp_path):
    store = Progress(tmp_path / ".deepkit" / "progress.json")
    assert store.of(exercise) == {}
    store.note(exercise, "size", passed=1, total=2, tried=True)
    store.note(exercise, "size", passed=0, total=2)
    assert store.of(exercise)["size"] == Done(passed=1, total=2, tried=True)
    store.note(exercise, "size", passed=2, total=2)
    store.note(exercise, "size", passed=0, total=2)
    store.note(exercise, "size", hints=2)
    store.note(exercise, "size", solution=True)
    assert Progress(store.path).of(exercise) == {"size": Done(2, 2, True, 2, True)}
    assert store.of(exercise)["size"].right
    assert [path.name for path in store.path.parent.iterdir()] == ["progress.json"]


def test_the_file_lies_in_the_folder_that_deepkit_lab_made(tmp_path):
    inside = tmp_path / "exercises"
    inside.mkdir()
    assert Progress.nearest(inside).path == inside / ".deepkit" / "progress.json"
    (tmp_path / ".deepkit").mkdir()
    (tmp_path / ".deepkit" / "copied.json").write_text("{}")
    assert Progress.nearest(inside).path == tmp_path / ".deepkit" / "progress.json"


@pytest.mark.parametrize("text", ["{", "[]", "\\x00"])
def test_a_damaged_file_is_left_as_it_is(exercise, tmp_path, text):
    path = tmp_path / "progress.json"
    path.write_text(text)
    with pytest.raises(DataError, match="move it away"):
        Progress(path).note(exercise, "size", hints=1)
    assert path.read_text() == text


def test_what_a_newer_deepkit_wrote_is_read_and_kept(exercise, tmp_path):
    path = tmp_path / "progress.json"
    path.write_text(json.dumps({CONVOLUTION: {"size": {"passed": 2, "total": 2, "stars": 5}, "new": 3}, "other": {"a": {}}}))
    store = Progress(path)
    assert store.of(exercise) == {"size": Done(2, 2)}
    store.note(exercise, "count", hints=1)
    assert json.loads(path.read_text())["other"] == {"a": {}}


def test_the_notebook_is_found_by_what_its_program_says(tmp_path, monkeypatch):
    path = tmp_path / "a.ipynb"
    path.write_text("{}")
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert notebook_path({}) is None
    assert notebook_path({"__vsc_ipynb_file__": str(path)}) == path
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    assert notebook_path({}) == path
    monkeypatch.setenv("JPY_SESSION_NAME", "a-number-not-a-file")
    assert notebook_path({}) is None


@pytest.mark.parametrize("call", ["check('size')", "hint('size')", "solution('size')"])
def test_in_a_plain_program_the_error_says_where_it_belongs(call):
    program = f"import deepkit as dk\ntry: dk.{call}\nexcept dk.errors.GradingError as error: print(error)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "there is no notebook here" in run.stdout
    assert "deepkit lab opens the exercises" in run.stdout


def test_the_names_are_public():
    assert {"check", "hint", "progress", "solution"} <= set(dir(dk))
    with pytest.raises(GradingError, match="no notebook"):
        dk.check("size")


def test_exercises_are_listed_as_the_chapters_follow_each_other(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    dk.progress()
    listed = re.findall(r"exercises/([\w-]+)\.ipynb", capsys.readouterr().out)
    assert sorted(listed) == exercises.names()
    assert listed[:3] == ["a-taste", "tensors-and-operators", "derivatives-and-descent"]
    assert listed[-1] == "devices-and-machines"
