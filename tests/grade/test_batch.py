"""Many submissions, unattended: nothing that is handed in stops the grading, and nothing that stops it loses a mark."""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from toy_exercise import RIGHT, SQUARE_SUM, cell, changed, source

from deepkit.cli import main
from deepkit.errors import GradingError
from deepkit.grade import batch, grade, load_exercise
from deepkit.grade.confine import Walls
from deepkit.grade.files import notebooks_in
from deepkit.grade.grading import Grader
from deepkit.grade.journal import Journal
from deepkit.grade.process import Host
from deepkit.grade.report.text import as_cell


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def handed_in(tmp_path, hand_in):
    """A folder of four submissions that earn 6, 4, 3 and 0 points."""
    folder = tmp_path / "in"
    folder.mkdir()
    hand_in("in/anna.ipynb")
    hand_in("in/ben.ipynb", square_sum="def square_sum(x): return 7")
    hand_in("in/cleo.ipynb", op="class Cube: pass")
    hand_in("in/dan.ipynb", square_sum="", mean="", op="")
    return folder


def points_of(text: str) -> dict[str, str]:
    return {Path(row["submission"]).name: row["total"] for row in csv.DictReader(text.splitlines())}


def test_links_and_odd_names_are_reported_and_nobody_else_is_hurt(toy, handed_in, capsys):
    (handed_in / "emil.ipynb").symlink_to(toy)
    (handed_in / "fay.ipynb").symlink_to(handed_in / "anna.ipynb")
    (handed_in / "loop.ipynb").symlink_to(handed_in / "loop.ipynb")
    (handed_in / "folder").symlink_to(handed_in)
    os.mkfifo(handed_in / "pipe.ipynb")
    right = (handed_in / "anna.ipynb").read_bytes()
    Path(os.fsdecode(os.fsencode(handed_in) + b"/caf\xe9.ipynb")).write_bytes(right)
    for name in ("=1+2.ipynb", "two\nlines \x1b[2J.ipynb"):
        (handed_in / name).write_bytes(right)
    assert main(["grade", str(toy), "in", "--quick", "--csv", "marks.csv", "--json", "marks.json"]) == 1
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert told.count("is a symbolic link") == 3
    assert "pipe.ipynb is no regular file" in told
    assert "name is not text" in told
    points = points_of(Path("marks.csv").read_text())
    assert (points["anna.ipynb"], points["=1+2.ipynb"], points["ben.ipynb"]) == ("6", "6", "4")
    assert [points[name] for name in ("emil.ipynb", "fay.ipynb", "loop.ipynb", "pipe.ipynb")] == [""] * 4
    assert len(points) == 11


def test_a_hard_link_is_refused(toy, handed_in, capsys):
    """To the source, or to a neighbour's notebook: nobody can tell whose it was, so the instructor must."""
    os.link(toy, handed_in / "emil.ipynb")
    os.link(handed_in / "anna.ipynb", handed_in / "fay.ipynb")
    assert main(["grade", str(toy), "in", "--quick", "--csv", "marks.csv"]) == 1
    assert capsys.readouterr().out.count("is one of 2 names of a file (a hard link)") == 3
    points = points_of(Path("marks.csv").read_text())
    assert points == {"anna.ipynb": "", "ben.ipynb": "4", "cleo.ipynb": "3", "dan.ipynb": "0", "emil.ipynb": "", "fay.ipynb": ""}
    assert load_exercise(toy).tasks  # an exercise may have a second name: installers link from their caches


def test_a_cell_that_a_spreadsheet_would_calculate_is_quoted():
    calculated = ("=1+2", "+1", "-1", "@x", " =1", "\uff1d1+2", "\uff0b1", "\uff0d1", "\uff20x")  # the last four in full width
    assert [as_cell(text)[0] for text in (*calculated, "\t=1", "anna")] == ["'"] * len(calculated) + ["\\", "a"]


def test_no_name_parts_a_cell(toy, hand_in):
    """Where the comma is decimal, spreadsheets part cells at semicolons."""
    (Path("in")).mkdir()
    hand_in("in/x;=1+2;.ipynb")
    assert main(["grade", str(toy), "in", "--quick", "--csv", "marks.csv"]) == 0
    [_, row] = csv.reader(Path("marks.csv").read_text().splitlines(), delimiter=";")
    assert row[0].startswith("x;=1+2;")


def test_half_a_character_in_an_open_question_loses_no_report(toy, hand_in):
    book = json.loads(toy.read_text())
    question = cell("### BEGIN SOLUTION\nbecause\n### END SOLUTION", "why", solution=True, grade=True, points=0)
    book["cells"] += [cell("Why?"), question | {"cell_type": "markdown"}]
    toy.write_text(json.dumps(book))
    answered = question | {"cell_type": "markdown", "source": "\ud800 because\n\x1b[2J of \u202e this"}
    Path("in").mkdir()
    hand_in("in/anna.ipynb", extra=[answered])
    assert main(["grade", str(toy), "in", "--quick", "--json", "m.json", "--csv", "m.csv", "--html", "pages"]) == 0
    [told] = json.loads(Path("m.json").read_text())["submissions"]
    assert told["texts"]["why"] == "\\ud800 because\n\\x1b[2J of \\u202e this"
    assert any("\\ud800 because" in page.read_text() for page in Path("pages").iterdir())


def test_a_damaged_notebook_s_name_hides_no_reason(toy, handed_in, capsys):
    (handed_in / "two\nlines.ipynb").write_text("{")
    (handed_in / "more\nlines.ipynb").write_text('{"nbformat": 4, "cells": []}')
    assert main(["grade", str(toy), "in", "--quick"]) == 1
    told = capsys.readouterr().out
    assert r"two\nlines.ipynb is not a notebook" in told
    assert r"more\nlines.ipynb holds no answer cell of toy" in told


def test_folders_nested_beyond_python_and_the_system_are_gone_through(toy, handed_in, capsys):
    here = os.open(".", os.O_RDONLY)
    os.chdir(handed_in)
    for name in ["d"] * 1100 + ["n" * 250] * 8:
        os.mkdir(name)
        os.chdir(name)
        if name != "d" and not Path("../late.ipynb").exists():
            Path("../late.ipynb").write_bytes((handed_in / "anna.ipynb").read_bytes())
    os.fchdir(here)
    os.close(here)
    assert main(["grade", str(toy), "in", "--quick", "--csv", "marks.csv"]) == 1
    assert "File name too long" in capsys.readouterr().out
    points = points_of(Path("marks.csv").read_text())
    assert (points["late.ipynb"], points["anna.ipynb"]) == ("6", "6")
    subprocess.run(["rm", "-rf", handed_in], check=True)


def test_data_that_takes_too_long_to_decode_costs_its_own_task_only(toy, hand_in, tmp_path, monkeypatch):
    slow = (
        "import deepkit.grade.wire as w\n"  # keys that all have one hash: a table of n of them takes n * n / 2 steps
        "w.encode = lambda value: {'dict': [[i * (2**61 - 1), 0] for i in range(150_000)]}\ndef square_sum(x): pass"
    )
    toy.write_text(json.dumps(source(tests=changed("square-sum", "seconds=4", "seconds=1"))))
    monkeypatch.setattr(batch, "START_SECONDS", 3.0)
    monkeypatch.setattr(batch, "CHECK_SECONDS", 1.0)
    monkeypatch.setattr(batch, "WALL_FACTOR", 1.0)
    exercise = load_exercise(toy)
    with Journal(tmp_path / "j", exercise, 3, 3) as journal:
        [marks] = batch.grade_all(exercise, [hand_in(square_sum=slow)], journal, jobs=1)
    assert [task.points for task in marks.tasks] == [0, 1, 3]
    assert marks.tasks[0].message == "what it returned takes too long to check"


def test_a_notebook_that_changes_meanwhile_has_no_marks(toy, hand_in, tmp_path, monkeypatch):
    """The journal keeps marks by what the notebook held when they were asked for."""
    monkeypatch.setattr(batch, "digest_of", lambda path: str(os.getpid()))  # the supervisor sees one thing, the worker another
    exercise = load_exercise(toy)
    with Journal(tmp_path / "j", exercise, 3, 3) as journal:
        [marks] = batch.grade_all(exercise, [hand_in()], journal, jobs=1)
    assert (marks.tasks, "changed while it was graded" in marks.error) == ((), True)


def test_a_notebook_from_a_system_that_shouts_is_found(handed_in):
    (handed_in / "EMIL.IPYNB").write_bytes((handed_in / "anna.ipynb").read_bytes())
    assert "EMIL.IPYNB" in [path.name for path in notebooks_in(handed_in)]


def test_a_name_that_begins_with_a_dot_is_passed_over_aloud_or_graded(toy, handed_in, capsys):
    right = (handed_in / "anna.ipynb").read_bytes()
    (handed_in / ".ipynb_checkpoints").mkdir()
    (handed_in / ".ipynb_checkpoints" / "anna-checkpoint.ipynb").write_bytes(right)
    for name in (".emil.ipynb", "._anna.ipynb", ".~ben.ipynb"):
        (handed_in / name).write_bytes(right)
    assert main(["grade", str(toy), "in", "--quick", "--csv", "marks.csv"]) == 0
    told = capsys.readouterr().out
    assert "passed over, as programs make them: in/._anna.ipynb, in/.ipynb_checkpoints, in/.~ben.ipynb;" in told
    graded = points_of(Path("marks.csv").read_text())
    assert (len(graded), graded[".emil.ipynb"]) == (5, "6")


def test_a_notebook_of_helpers_beyond_measure_is_graded_without_them(toy, hand_in):
    much = [{"cell_type": "code", "source": "a = 1\n" * 16_000}] * 60
    helper = {"cell_type": "code", "source": "TWO = 2"}
    leaning = "def square_sum(x):\n    return np.sum(x**TWO)"
    exercise = load_exercise(toy)
    assert grade(exercise, hand_in(square_sum=leaning, extra=[helper, *much]), seed=3).points == 6
    assert grade(exercise, hand_in(square_sum=leaning, extra=[*much, helper]), seed=3).points == 4


def _in_a_session(command):
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    main(command)


def _made(journal):
    """How many marks are on the disk by now."""
    return journal.read_bytes().count(b'"mark": ') if journal.exists() else 0


def _told(place):
    """A report without what no two runs have in common: times and memory."""
    told = json.loads(place.read_text())
    for mark in (mark for submission in told["submissions"] for mark in submission["tasks"]):
        del mark["seconds"], mark["memory_mb"]
    return told


@pytest.mark.skipif(os.name != "posix", reason="kills a process")
def test_killed_at_ten_moments_and_resumed(toy, handed_in, capsys):
    """At random ones, each soon after one more mark is there: points, messages and errors are those of one whole run."""
    (handed_in / "eve.ipynb").write_text("{")
    command = ["grade", str(toy), "in", "--quick", "--seed=7", "--csv", "marks.csv", "--json", "marks.json"]
    journal = Path("toy-marks.jsonl")
    for moment in range(10):  # as soon as so many marks are there, and a moment later, the whole session is killed
        process = multiprocessing.get_context("fork").Process(target=_in_a_session, args=(command,))
        process.start()
        while process.is_alive() and not (os.getpgid(process.pid) == process.pid and _made(journal) > moment):
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.1))
        if process.is_alive():
            os.killpg(process.pid, signal.SIGKILL)
        else:  # the last marks were made before it could be killed
            assert _made(journal) == 4 * 3
        process.join()
        before = journal.read_bytes()
        assert _made(journal) > moment
    with journal.open("ab") as file:
        file.write(b'{"submission": "in/an')  # the power failed in the middle of a line
    assert main(command) == 1  # one is no notebook
    assert journal.read_bytes().startswith(before[: before.rfind(b"\n") + 1])  # no mark was lost or made twice
    assert _made(journal) == 4 * 3
    resumed, told = Path("marks.csv").read_text(), _told(Path("marks.json"))
    expected = {"anna.ipynb": "6", "ben.ipynb": "4", "cleo.ipynb": "3", "dan.ipynb": "0", "eve.ipynb": ""}
    assert points_of(resumed) == expected
    journal.unlink()
    assert main(command) == 1
    assert (Path("marks.csv").read_text(), _told(Path("marks.json"))) == (resumed, told)


def test_new_tests_make_new_marks(toy, handed_in, tmp_path):
    exercise = load_exercise(toy)
    anna = handed_in / "anna.ipynb"
    with Journal(tmp_path / "j", exercise, None, 3) as journal:
        list(batch.grade_all(exercise, [anna], journal, jobs=1))
    with pytest.raises(GradingError, match="made from seed 3"):
        Journal(tmp_path / "j", exercise, 4, 5)
    toy.write_text(json.dumps(source(square_sum=5)))
    with Journal(tmp_path / "j", changed := load_exercise(toy), None, 4) as journal:
        assert journal.seed == 3
        [marks] = batch.grade_all(changed, [anna], journal, jobs=1)
    assert marks.points == 9


def test_where_nothing_fences_answers_a_batch_is_refused(toy, handed_in, monkeypatch, capsys):
    monkeypatch.setattr(Host, "walls", lambda host: Walls(0, False, False))
    assert main(["grade", str(toy), "in", "--quick"]) == 1
    assert "would run unfenced" in capsys.readouterr().err
    assert main(["grade", str(toy), "in/anna.ipynb", "--quick"]) == 0
    assert "answers run unfenced" in capsys.readouterr().err
    assert main(["grade", str(toy), "in", "--quick", "--trust-submissions"]) == 0
    assert "4/4" in capsys.readouterr().out


def _busy(stop):
    while not stop.is_set():
        sum(range(100_000))


def test_a_loaded_machine_gives_the_same_marks(toy):
    """Half of the CPU time that is allowed, and more than that, beside ten processes that never rest."""
    slow = f"import time\nwhile time.process_time() < 0.5: pass\n{SQUARE_SUM}"
    endless = f"{SQUARE_SUM}\nwhile True: pass"
    toy.write_text(json.dumps(source(tests=changed("square-sum", "seconds=4", "seconds=1"))))
    exercise = load_exercise(toy)
    stop = multiprocessing.Event()
    busy = [multiprocessing.Process(target=_busy, args=(stop,), daemon=True) for _ in range(10)]
    with Grader(exercise, seed=3) as grader:
        alone = [grader.answer(exercise.tasks[0], source) for source in (slow, endless)]
        for process in busy:
            process.start()
        try:
            beside = [grader.answer(exercise.tasks[0], source) for source in (slow, endless)]
        finally:
            stop.set()
            for process in busy:
                process.join()
    assert alone == beside
    assert [marks.points for marks in alone] == [2, 0]


def test_the_clock_starts_after_the_given_cells(toy, hand_in):
    tests = changed("square-sum", "seconds=4", "seconds=0.5")
    toy.write_text(json.dumps(source("import time\nimport numpy as np\nwhile time.process_time() < 1: pass", tests)))
    assert grade(load_exercise(toy), hand_in(mean=None, op=None), seed=3).points == 2


def test_what_honest_students_do_costs_nothing(toy, hand_in):
    exercise = load_exercise(toy)
    shown = f"{SQUARE_SUM}\ndisplay(square_sum(np.ones(3)), metadata={{}})"
    needs_math = "def square_sum(x):\n    return math.fsum(x * x)"
    assert grade(exercise, hand_in(square_sum=shown), seed=3).points == 6
    assert grade(exercise, hand_in(square_sum=needs_math, mean="import math\n" + RIGHT["mean"]), seed=3).points == 6
    by_id = hand_in(square_sum=None, extra=[{"cell_type": "code", "id": "square-sum", "source": SQUARE_SUM}])
    assert grade(exercise, by_id, seed=3).points == 6
