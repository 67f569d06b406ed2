"""Exercises fit together, marks are fair and reproducible, and the command line reports them."""

from __future__ import annotations

import csv
import itertools
import json
import os
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from toy_exercise import RIGHT, TESTS, cell, changed, notebook, source

from deepkit.cli import parse
from deepkit.commands._launch import child_environment
from deepkit.errors import ArgumentError, DataError, ExistingDataError, GradingError
from deepkit.files import write_whole
from deepkit.grade import (
    Answer,
    WrongAnswer,
    close,
    equal,
    grade,
    guesses,
    judge_op,
    launcher,
    load_exercise,
    self_test,
)
from deepkit.grade.process import Host, StudentProcess


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Journals are written where the command is given."""
    monkeypatch.chdir(tmp_path)


def run(*argv):
    module, args = parse(["grade", *map(str, argv)])
    return module.run(args)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("expected=np.sum(x**2))", "expected=0.0)", "our solution"),
        ('answer.gives("square_sum", x, expected=np.sum(x**2))', "pass", "the template"),
        ("return sum(x)", "return sum(x**2)", "wrong answer 1"),
        ('[instead("def square_sum(x):\\n    return sum(x)", hint="Square them.")]', "[]", "wrong answers"),
    ],
)
def test_a_check_that_does_not_check_fails_the_self_test(toy, old, new, problem):
    toy.write_text(json.dumps(source(tests=changed("square-sum", old, new))))
    exercise = load_exercise(toy)
    tried = itertools.takewhile(lambda pair: pair[0].startswith("square-sum"), self_test(exercise, seed=5))
    failed = [name for name, why in tried if why]
    assert f"square-sum: {problem}" in failed


def test_marks_of_a_mixed_submission(toy, hand_in):
    submission = hand_in(square_sum="def square_sum(x):\n    return 1 / 0", op=RIGHT["op"].replace("3 * dy", "2 * dy"))
    marks = grade(load_exercise(toy), submission, seed=5)
    assert (marks.points, marks.out_of) == (1, 6)
    first, second, third = marks.tasks
    assert first.message == "square_sum(...) raised ZeroDivisionError: division by zero (line 2: return 1 / 0)"
    assert second.message == "right"  # our square_sum stood in
    assert "the gradient of Cube for input 1 gave" in third.message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("return x**3", "return x**2", "the value of Cube"),
        ("return x\n\n    def forward", "return (6,)\n\n    def forward", "the shape rule of Cube"),
        ("return 3 * dy * x**2", "return dy, dy", "2 parts"),
        ("return 3 * dy * x**2", "return (3 * dy * x**2).sum()", "has shape"),
    ],
)
def test_an_op_is_judged_by_value_shape_and_gradient(toy, hand_in, old, new, message):
    assert old in RIGHT["op"]
    exercise = load_exercise(toy)
    marks = grade(exercise, hand_in(op=RIGHT["op"].replace(old, new)), seed=5)
    assert marks.tasks[2].points == 0
    assert message in marks.tasks[2].message


def test_an_op_of_deepkit_is_judged_in_its_own_shapes_and_tensors():
    cube = (
        "import deepkit.ops\nfrom deepkit.core.op import Op\nclass Cube(Op):\n    def shape(self, x): return x\n"
        "    def forward(self, xp, x): return x**3\n    def gradient(self, dy, y, x): return factor * dy * x**2\n"
    )
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3))
    with Host() as host, StudentProcess(host, seconds=10) as process:
        process.run(cube + "factor = 3")
        judge_op(Answer(process, None), "Cube", x, reference=lambda x: x**3, rng=rng)
        process.run("factor = 2")
        with pytest.raises(WrongAnswer, match="the gradient of Cube for input 1 gave"):
            judge_op(Answer(process, None), "Cube", x, reference=lambda x: x**3, rng=rng)


def test_the_template_is_not_answered_yet(toy, tmp_path):
    exercise = load_exercise(toy)
    write_whole(tmp_path / "empty.ipynb", exercise.release())
    assert {task.message for task in grade(exercise, tmp_path / "empty.ipynb", seed=5).tasks} == {"not answered yet"}


def test_a_seed_repeats_the_inputs(toy, hand_in):
    exercise = load_exercise(toy)
    submission = hand_in(square_sum="def square_sum(x):\n    return x[0]")
    messages = [grade(exercise, submission, seed=seed).tasks[0].message for seed in (1, 1, 2)]
    assert messages[0] == messages[1] != messages[2]


@pytest.mark.parametrize(
    ("tests", "points", "message"),
    [
        (changed("op", "@hidden_test(seconds=1, wrong=", "unmarked = (lambda *a: lambda f: f)("), 3, "has 0 hidden tests"),
        (TESTS, 0, "do not fit"),
        (TESTS, -1, "well-formed"),
        (changed("op", "seconds=1", 'needs=["later"]'), 3, "well-formed"),
        (changed("op", "seconds=1", 'needs=["op"]'), 3, "well-formed"),
        (changed("op", "seconds=1", 'given=["square-sum"]'), 3, "well-formed"),
        (changed("op", "3 * dy", "4 * dy"), 3, "our solution does not contain"),
        (changed("op", "seconds=1", "seconds=1 / 0"), 3, r"cell op-check: .* ZeroDivisionError"),
    ],
)
def test_an_exercise_that_does_not_fit_together_is_refused(toy, tests, points, message):
    toy.write_text(json.dumps(source(tests=tests, op=points)))
    with pytest.raises(GradingError, match=message):
        load_exercise(toy)


def test_given_code_that_does_not_run_is_our_fault(toy, hand_in):
    toy.write_text(json.dumps(source(given="import numpi as np")))
    marks = grade(load_exercise(toy), hand_in(), seed=5)
    assert "the code given with 'square-sum' does not run" in marks.error
    assert marks.tasks == ()


def test_a_process_that_cannot_start_is_not_the_students_fault(toy, hand_in, monkeypatch):
    monkeypatch.setattr(launcher, "_running", [])
    monkeypatch.setattr("subprocess.Popen", lambda *a, **k: (_ for _ in ()).throw(BlockingIOError("no process left")))
    assert "no process left" in grade(load_exercise(toy), hand_in(), seed=5).error


def test_what_an_answer_took_is_told(toy, hand_in):
    large = "x = np.ones(25_000_000)\n" + RIGHT["square-sum"]
    first, second, third = grade(load_exercise(toy), hand_in(square_sum=large, mean="1 / 0"), seed=5).tasks
    assert first.memory_mb == pytest.approx(200, abs=20)
    assert second.memory_mb < 20
    assert 0 <= third.seconds < 1


def test_a_lost_launcher_is_replaced_and_none_outlives_the_program(toy, hand_in):
    exercise, path = load_exercise(toy), hand_in()
    assert grade(exercise, path, seed=5).points == 6
    [(_, process, _)] = launcher._running
    assert grade(exercise, path, seed=5).points == 6
    assert launcher._running[0][1] is process, "a second grading starts no interpreter"
    process.kill()
    process.wait()
    assert grade(exercise, path, seed=5).points == 6
    program = (
        "from deepkit.grade import grade, launcher, load_exercise\nfrom pathlib import Path\n"
        f"assert grade(load_exercise({str(toy)!r}), Path({str(path)!r}), seed=5).points == 6\n"
        "print(launcher._running[0][1].pid)"
    )
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, env=child_environment(), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)


def test_an_unknown_exercise_is_named():
    with pytest.raises(GradingError, match=r"no exercise 'nothing-of-that-name'[\s\S]*try: +deepkit grade --list"):
        load_exercise("nothing-of-that-name")
    with pytest.raises(GradingError, match="did you mean 'a-taste'"):
        load_exercise("a-tast")


def test_one_submission_on_the_command_line(toy, hand_in, tmp_path, capsys):
    submission = hand_in(op="class Cube: pass")
    assert run(toy, submission, "--quick", "--seed", 7, "--json", tmp_path / "marks.json") == 0
    text = capsys.readouterr().out
    assert "✓ square-sum" in text
    assert "✗ op" in text
    assert "seed 7" in text
    report = json.loads((tmp_path / "marks.json").read_text())
    assert (report["seed"], report["out_of"], report["submissions"][0]["points"]) == (7, 6, 3)
    assert report["submissions"][0]["tasks"][2]["message"].startswith("your code raised AttributeError")


def test_many_submissions_do_not_disturb_each_other(toy, hand_in, tmp_path, capsys):
    peek = f"square_sum = eval(open({str(tmp_path / 'anna.ipynb')!r}).read())"
    broken = tmp_path / "broken.ipynb"
    broken.write_text("{")
    files = [hand_in(), broken, hand_in("ben.ipynb", square_sum=peek), hand_in("cleo.ipynb", mean=None)]
    assert run(toy, *files, "--quick", "--csv", tmp_path / "marks.csv") == 1  # one could not be graded
    rows = list(csv.reader((tmp_path / "marks.csv").read_text().splitlines()))
    assert rows[0] == ["student", "submission", "square-sum", "mean", "op", "total", "out_of", "problem"]
    assert [row[0] for row in rows[1:]] == ["anna", "broken", "ben", "cleo"]
    assert [row[2:-1] for row in rows[1:]] == [
        ["2", "1", "3", "6", "6"],
        ["", "", "", "", "6"],
        ["0", "1", "3", "4", "6"],
        ["2", "0", "3", "5", "6"],
    ]
    assert [bool(row[-1]) for row in rows[1:]] == [False, True, False, False]
    assert "is not a notebook" in rows[2][-1]
    assert "broken.ipynb: not graded" in capsys.readouterr().out


def test_a_broken_exercise_gives_no_marks(toy, hand_in):
    toy.write_text(json.dumps(source(tests=changed("square-sum", "np.sum(x**2)", "0.0"))))
    with pytest.raises(GradingError, match="fails its own test"):
        run(toy, hand_in())


def test_our_solutions_earn_all_and_canaries_nothing(toy, capsys):
    assert run(toy, "--self-test") == 0
    text = capsys.readouterr().out
    assert (text.count("✓"), text.count("✗")) == (12, 0)


def test_a_notebook_of_another_exercise_is_called_that(toy, hand_in, tmp_path, capsys):
    release = tmp_path / "mine.ipynb"
    for name in ("graphs-and-sessions", "regression"):  # the latter has names of tasks that others have, too
        write_whole(release, load_exercise(name).release())
        assert run(toy, release, "--quick") == 1
        assert f"mine.ipynb is a notebook of another exercise: {name}\n" in capsys.readouterr().out
    release.write_text(json.dumps(notebook([])))
    assert run(toy, release, "--quick") == 1
    assert "holds no answer cell of toy" in capsys.readouterr().out
    check = cell("assert True", "op-check", grade=True)  # his answers are gone, but it is this exercise
    assert run(toy, hand_in(square_sum=None, mean=None, op=None, extra=[check]), "--quick") == 0


def test_a_notebook_of_another_set_that_shares_names_of_tasks_is_called_what_it_is(tmp_path, capsys):
    """`count` and `hot` are tasks of several sets; what a notebook says of itself decides between equals only."""
    book = json.loads(load_exercise("classification").release())
    path = tmp_path / "mine.ipynb"
    answers = [cell for cell in book["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == "hot"]
    nbgraders = {"kernelspec": {"name": "python3"}}  # what nbgrader's own release keeps of the metadata
    alone = (answers, book["metadata"], 1), (answers, nbgraders, 0)
    for cells, metadata, code in ((book["cells"], book["metadata"], 1), (book["cells"], nbgraders, 1), *alone):
        path.write_text(json.dumps(book | {"cells": cells, "metadata": metadata}))
        assert run("keras-on-mnist", path, "--quick") == code
        assert ("mine.ipynb is a notebook of another exercise: classification\n" in capsys.readouterr().out) is bool(code)


def test_an_instructors_changed_copy_takes_the_originals_notebooks(tmp_path, capsys):
    copy = tmp_path / "source" / "mine-2027.ipynb"
    copy.parent.mkdir()
    original = load_exercise("keras-on-mnist")
    copy.write_bytes(original.path.read_bytes())
    book = json.loads(original.release())
    del book["cells"][next(i for i, c in enumerate(book["cells"]) if c["metadata"].get("nbgrader", {}).get("grade_id") == "hot")]
    (tmp_path / "anna.ipynb").write_text(json.dumps(book))
    assert run(copy, tmp_path / "anna.ipynb", "--quick") == 0
    assert "no answer cell with this name" in capsys.readouterr().out


def test_the_exercises_are_listed(capsys):
    assert run("--list") == 0
    text = capsys.readouterr().out
    assert "convolution-and-pooling: Convolution and pooling: exercises, 20 points" in text
    assert "  size 2, count 2, slide 3" in text
    with pytest.raises(ArgumentError, match="which exercise"):
        run()


def test_a_report_without_a_folder_is_refused_before_grading(toy, hand_in, tmp_path):
    with pytest.raises(GradingError, match="no folder"):
        run(toy, hand_in(), "--csv", tmp_path / "absent" / "marks.csv")


def test_release_on_the_command_line(toy):
    assert run(toy, "--release") == 0
    assert json.loads((toy.parent.parent / "toy.ipynb").read_text())["nbformat"] == 4


def test_a_release_never_replaces_answers(toy, tmp_path):
    mine = tmp_path / "my-answers.ipynb"
    mine.write_text("my answers")
    with pytest.raises(ExistingDataError, match="may hold answers"):
        run(toy, "--release", "--out", str(mine))
    assert mine.read_text() == "my answers"
    assert run(toy, "--release", "--out", str(mine), "--force") == 0
    assert run(toy, "--release", "--out", str(mine)) == 0  # the same release: nothing is lost


@pytest.mark.parametrize(
    "argv", [[], ["--self-test", "--release"], ["--self-test", "--out", "x"], ["--self-test", "--seed=-1"]]
)
def test_contradicting_arguments_are_refused(toy, argv):
    with pytest.raises(ArgumentError, match="needs submissions"):
        run(toy, *argv)


def test_reports_are_whole_or_absent(tmp_path, monkeypatch):
    target = tmp_path / "marks.json"
    target.write_text("old")
    monkeypatch.setattr("os.replace", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_whole(target, "new")
    assert [path.name for path in tmp_path.iterdir()] == ["marks.json"]
    assert target.read_text() == "old"
    with pytest.raises(DataError, match="cannot write"):
        write_whole(tmp_path / "absent" / "marks.json", "new")


@pytest.mark.parametrize(
    ("got", "expected", "message"),
    [
        (None, 1.0, "return"),
        (2.0, 1.0, "gave 2, expected 1"),
        (np.ones((2, 1)), np.ones(2), r"shape \(2, 1\), expected \(2,\)"),
        (np.array([1.0, 2.0]), np.ones(2), r"gave 2 at \[1\], expected 1 \(1 of 2"),
        (np.nan, 1.0, "gave nan"),
        ({"a": 1}, 1.0, "expected a number"),
    ],
)
def test_close_says_what_differs(got, expected, message):
    with pytest.raises(WrongAnswer, match=message):
        close(got, expected, "f(x)")


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (True, 1),
        ([1, 2], [1]),
        ({"a": 1}, {"a": 2}),
        (np.ones(2), [1.0, 1.0]),
        (np.ones(2), np.ones((1, 2))),
        ("a", "b"),
    ],
)
def test_equal_is_exact(got, expected):
    with pytest.raises(WrongAnswer, match="expected"):
        equal(got, expected, "f(x)")
    equal(expected, expected, "f(x)")


@pytest.mark.parametrize("got", [["a"] * 300 + ["b" * 10**6], [["a"]] * 300 + [["b" * 10**6]], [np.array(["a"]), 1.0]])
def test_text_among_numbers_is_refused_before_it_is_an_array(got):
    """An array of text gives each word the room of the longest: 300 letters and a long word would be a gigabyte."""
    tracemalloc.start()
    try:
        with pytest.raises(WrongAnswer, match="expected a number"):
            close(got, 1.0, "f(x)")
        assert tracemalloc.get_traced_memory()[1] < 100 << 20
    finally:
        tracemalloc.stop()


def test_equal_takes_lists_for_tuples():
    equal([2, 3], (2, 3), "shape")
    close([1, 2 + 1e-9], np.array([1.0, 2.0]), "f(x)")


@pytest.mark.parametrize(
    ("name", "guess"),
    [("limit", 0.1), ("weights", 1117311), ("tags", "softmax"), ("tags", None), ("shift", False), ("shift", 1), ("slope", [0.2])],
)
def test_a_wrong_guess_is_told_without_the_right_one(name, guess):
    right = {"limit": 0.2, "weights": 1117310, "tags": "sigmoids", "shift": True, "slope": [0.2, -0.3]}
    guesses(right | {"limit": 0.2 + 1e-9, "slope": np.array([0.2, -0.3]), "another": 5}, right, "beliefs()")
    with pytest.raises(WrongAnswer) as error:
        guesses(right | {name: guess}, right, "beliefs()")
    assert str(error.value) == f"beliefs()[{name!r}] gave {guess!r}, and that is not so"


@pytest.mark.parametrize("said", [None, [1], {"limit": 0.2}])
def test_a_guess_that_is_missing_is_named(said):
    with pytest.raises(WrongAnswer, match=r"beliefs\(\) has no entry '(tags|limit)'"):
        guesses(said, {"limit": 0.2, "tags": "sigmoids"}, "beliefs()")
