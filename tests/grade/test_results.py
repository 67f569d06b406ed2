"""What is told of marks: hints, pages and tables, whose they are, and what a change of the tests has moved."""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from toy_exercise import RIGHT, TESTS, changed, source

from deepkit.cli import main
from deepkit.grade import grade, load_exercise, self_test
from deepkit.grade.grading import Marks, TaskMarks
from deepkit.grade.mistakes import hints_for
from deepkit.grade.report.pages import class_page, page_name, student_page
from deepkit.grade.report.results import Result, changes, results_of, students


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


class Words(HTMLParser):
    """The text of a page, and that every element which is opened is closed."""

    def __init__(self, page):
        super().__init__()
        self.text, self.open = "", []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_who_fails_like_a_known_mistake_gets_its_hint(toy, hand_in):
    exercise = load_exercise(toy)
    cube = RIGHT["op"].replace("3 * dy * x**2", "dy * np.square(x)")
    alike = hand_in(op=cube, square_sum="def square_sum(y):\n  return np.sum(y)")
    [result] = results_of(exercise, 5, [grade(exercise, alike, seed=5)])
    assert result.hints == {"square-sum": ("Square them.",), "mean": (), "op": ("Bring the exponent down.",)}
    other = hand_in(op=RIGHT["op"].replace("3 * dy", "4 * dy"), square_sum="def square_sum(y):\n    raise NotImplementedError()")
    [result] = results_of(exercise, 5, [grade(exercise, other, seed=5)])
    assert result.hints == {"square-sum": (), "mean": (), "op": ()}


def test_errors_are_alike_wherever_they_are_raised(toy, hand_in):
    old = "[but(\"3 * dy\", \"dy\", hint=\"Bring the exponent down.\")]"
    failing = changed("op", old, "[instead('class Cube:\\n    shape = q', hint='Name it.')]")
    toy.write_text(json.dumps(source(tests=failing)))
    exercise = load_exercise(toy)
    [result] = results_of(exercise, 5, [grade(exercise, hand_in(op="\n\nclass Cube:\n    forward = (q)"), seed=5)])
    assert result.hints["op"] == ("Name it.",)
    assert "(line 4: forward = (q))" in result.marks.tasks[2].message


def test_where_too_many_mistakes_fail_alike_nobody_is_advised():
    failures = [("f gave 1", f"hint {i}") for i in range(3)]
    assert hints_for("f gave 1", failures) == ("hint 0", "hint 1", "hint 2")
    assert hints_for("f gave 1", [*failures, ("f gave 1", "hint 3")]) == ()
    assert hints_for("f gave 2", failures) == ()
    assert hints_for("not answered yet", [("not answered yet", "hint")]) == ()


def test_mistakes_that_a_check_cannot_tell_apart_fail_the_self_test(toy):
    mistakes = ", ".join(f"instead('x = {i}', hint='Hint {i}.')" for i in range(4))
    old = "[but(\"3 * dy\", \"dy\", hint=\"Bring the exponent down.\")]"
    for count, problems in ((3, 0), (4, 1)):
        toy.write_text(json.dumps(source(tests=changed("op", old, f"[{mistakes}][:{count}]"))))
        found = [problem for _, problem in self_test(load_exercise(toy), seed=5) if problem]
        assert len(found) == problems
    assert "so many fail like number 1 that nobody gets its hint" in found[0]


def test_a_students_page_tells_the_case_and_the_hint_and_nothing_of_the_tests(tmp_path):
    main(["exercises", "new", "first"])
    exercise = load_exercise(tmp_path / "source" / "first.ipynb")
    book = json.loads(exercise.release())
    for cell in book["cells"]:
        if cell["id"] == "squares":
            cell["source"] = exercise.task("squares").wrong[2].source
        elif cell["id"] == "absolute":
            cell["source"] = "Yes <script>alert(1)</script>"
    path = tmp_path / "<b>&.ipynb"
    path.write_text(json.dumps(book))
    [result] = results_of(exercise, 7, [grade(exercise, path, seed=7)])
    page = student_page(exercise, result, 7)
    text = Words(page).text
    assert "0 of 2 points" in text
    assert re.search(r"sum_of_squares\(.*\) gave .*, expected", text)
    assert "The sum is asked for, not the mean." in text
    assert "Yes <script>alert(1)</script>" in text
    assert "<script>" not in page
    assert "No: |x| ≤ 1 means" in text
    for secret in ("hidden_test", "rng", "np.mean", "This is the example's answer"):
        assert secret not in page
    assert "seed 7" in text


def marks(name, *points, error=None):
    tasks = tuple(TaskMarks(task, p, o, "right" if p else "no\x1b") for task, p, o in zip(RIGHT, points, (2, 1, 3), strict=False))
    return Marks(name, tasks, error)


def test_the_overview_shows_the_distribution(toy):
    exercise = load_exercise(toy)
    results = [
        Result("ada", marks("in/ada.ipynb", 2, 1, 3)), Result("ben", marks("in/ben.ipynb", 2, 0, 0), {"op": ("Bring it.",)}),
        Result("cleo", marks("in/cleo.ipynb", 0, 0, 0), {"op": ("Bring it.",)}), Result("dan", marks("d", error="broken")),
    ]
    page = class_page(exercise, [(page_name(result), result) for result in results], 5)
    text = re.sub(r"\s+", " ", Words(page.replace("</td>", " </td>")).text)
    assert "3 submissions, 2.7 of 6 points on average, seed 5; 1 could not be graded" in text
    assert "square-sum 2 2 of 3" in text
    assert "op 3 1 of 3 2 x Bring it." in text
    assert "4.8 to 6 1" in text
    assert "1.2 to under 2.4 1" in text
    assert "dan not graded" in text
    assert page.count('href="') == 4
    assert "\x1b" not in page


def test_pages_have_names_that_no_two_share():
    submissions = (("a", "x/a"), ("a", "y/a"), ("../a", "z"), ("", "q"))
    names = {page_name(Result(student, Marks(path, ()))) for student, path in submissions}
    assert len(names) == 4
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+\.html", name) for name in names)


@pytest.mark.parametrize(("paths", "expected"), [
    (["in/ada.ipynb", "in/ben.ipynb"], ["ada", "ben"]),
    (["s/ada/set/trees.ipynb", "s/ben/set/trees.ipynb"], ["ada", "ben"]),
    (["in/ada.ipynb"], ["ada"]),
    (["in/late/ada.ipynb", "in/ben.ipynb"], ["late", "ben"]),
    ([], []),
])
def test_whose_submission_it_is(paths, expected):
    assert students([Path(path) for path in paths]) == expected


def test_what_a_change_of_the_tests_moves_is_told(toy, hand_in, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    hand_in("in/ada.ipynb")
    hand_in("in/ben.ipynb", mean="def rms(x): return 1")
    command = ["grade", str(toy), "in", "--quick", "--seed=7"]
    assert main(command) == 0
    assert "regraded" not in capsys.readouterr().out
    toy.write_text(json.dumps(source(tests=TESTS | {"mean": TESTS["mean"].replace("np.sqrt(np.mean(x**2))", "1.0").replace(
        'equal(answer.value("names"), ["rms", "square_sum"], "names")', "")})))
    assert main([*command[:-1]]) == 0
    told = capsys.readouterr().out
    assert "seed 7" in told
    assert "in/ada.ipynb: mean 1 -> 0" in told
    assert "in/ben.ipynb: mean 0 -> 1" in told
    assert '"points": 1.0' in Path("toy-marks.jsonl.before").read_text()
    assert main([*command[:-1]]) == 0
    assert "regraded" not in capsys.readouterr().out
    assert list(changes({}, [marks("x", 1)])) == []


def test_a_folder_of_several_exercises_is_graded_by_what_each_says(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    sets = [load_exercise(name) for name in ("graphs-and-sessions", "convolution-and-pooling")]
    for exercise in sets:
        (tmp_path / "in" / f"{exercise.name}.ipynb").write_text(exercise.release())
    book = json.loads(sets[0].release())
    del book["metadata"]["deepkit"]  # as nbgrader's own release is
    (tmp_path / "in" / "ada.ipynb").write_text(json.dumps(book))
    book["metadata"]["deepkit"] = {"exercise": str(tmp_path / "in" / "evil.ipynb"), "digest": ""}
    book["cells"] = [{"cell_type": "code", "metadata": {}, "source": "### BEGIN HIDDEN TESTS\n1 / 0\n### END HIDDEN TESTS"}]
    (tmp_path / "in" / "evil.ipynb").write_text(json.dumps(book))
    (tmp_path / "in" / "broken.ipynb").write_text("[" * 10**6)
    assert main(["grade", "in", "--quick", "--csv", "marks.csv", "--html", "pages"]) == 1
    told = capsys.readouterr().out
    assert "evil.ipynb: not graded: of which exercise is this notebook?" in told
    assert "broken.ipynb: not graded" in told
    rows = list(csv.reader(Path("marks-graphs-and-sessions.csv").read_text().splitlines()))
    assert [row[0] for row in rows] == ["student", "ada", "graphs-and-sessions"]
    assert Path("marks-convolution-and-pooling.csv").exists()
    strangers = list(csv.DictReader(Path("marks-unknown.csv").read_text().splitlines()))
    assert [row["student"] for row in strangers] == ["broken", "evil"]
    assert strangers[0]["problem"].startswith("in/broken.ipynb is not a notebook")
    assert strangers[1]["problem"].startswith("of which exercise is this notebook?")
    assert len(list(Path("pages-graphs-and-sessions").glob("*.html"))) == 3
    assert main(["grade", "in/evil.ipynb", "--quick"]) == 1
    assert "of which exercise" in capsys.readouterr().out


def test_a_stranger_among_notebooks_of_one_exercise_stands_in_its_reports(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ada.ipynb").write_text(load_exercise("convolution-and-pooling").release())
    (tmp_path / "in" / "odd.ipynb").write_text('{"nbformat": 4, "cells": []}')
    assert main(["grade", "in", "--quick", "--csv", "marks.csv", "--json", "marks.json", "--html", "pages"]) == 1
    rows = list(csv.DictReader(Path("marks.csv").read_text().splitlines()))
    assert [(row["student"], row["total"]) for row in rows] == [("ada", "0"), ("odd", "")]
    assert rows[1]["problem"].startswith("of which exercise is this notebook?")
    assert json.loads(Path("marks.json").read_text())["submissions"][1]["error"].startswith("of which exercise")
    assert "1 could not be graded" in Path("pages/index.html").read_text()
    assert "odd.ipynb: not graded" in capsys.readouterr().out


def test_one_notebook_needs_no_exercise(tmp_path, capsys):
    (tmp_path / "mine.ipynb").write_text(load_exercise("convolution-and-pooling").release())
    assert main(["grade", "mine.ipynb", "--quick"]) == 0
    assert "not answered yet" in capsys.readouterr().out
