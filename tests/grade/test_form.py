"""The form of exercises: hidden tests run in a kernel and in the grader, releases keep answers, helpers are taken along."""

from __future__ import annotations

import json

import pytest
from toy_exercise import RIGHT, cell, hidden, notebook, source

from deepkit.cli import main
from deepkit.errors import ArgumentError, ExistingDataError, GradingError
from deepkit.grade import but, grade, helpers, instead, load_exercise, self_test
from deepkit.grade.asking import WrongAnswer
from deepkit.grade.authoring.regions import public, runs
from deepkit.grade.authoring.release import write_release
from deepkit.grade.authoring.review import complaints
from deepkit.grade.helpers import borrowed, pieces_of, without_magics


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def in_kernel(*sources):
    """Run cells as a kernel does, one after another in __main__'s place."""
    import linecache

    names = {"__name__": "__main__"}
    for number, text in enumerate(sources):
        file = f"cell {number}"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        exec(compile(text, file, "exec"), names)


def test_a_hidden_test_runs_in_place_in_a_kernel(toy):
    cells = [c["source"] for c in source()["cells"] if c["cell_type"] == "code"]
    in_kernel(*cells)
    wrong = [text.replace("np.sum(x * x)", "np.sum(x)") for text in cells]
    with pytest.raises(WrongAnswer, match=r"square_sum\(.*\) gave"):
        in_kernel(*wrong)
    with pytest.raises(WrongAnswer, match="the gradient of Cube"):
        in_kernel(*(text.replace("3 * dy", "2 * dy") for text in cells))


def test_a_graph_is_judged_in_place_too():
    test = hidden("""
from deepkit.grade import close, hidden_test

def ends(names):
    return list(names["double"]())

def fed(graph, ends, value):
    import deepkit.v1 as tf
    with tf.Session(graph=graph) as sess:
        return sess.run(ends[1], {ends[0]: value})

@hidden_test(wrong=[])
def check(answer, rng):
    close(answer.graph(ends).run(fed, 4.0), 8.0, "double of 4")
""")
    answer = """
import deepkit.v1 as tf

def double():
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [])
        return x, 2 * x
"""
    in_kernel(answer, test)
    with pytest.raises(WrongAnswer, match="double of 4 gave 12"):
        in_kernel(answer.replace("2 * x", "3 * x"), test)
    with pytest.raises(WrongAnswer, match="expected numbers"):
        in_kernel("def double():\n    return 1", hidden(
            "from deepkit.grade import hidden_test\n@hidden_test(wrong=[])\n"
            "def check(answer, rng):\n    answer.value('double')"
        ))


def test_regions_nest_in_nothing():
    text = "a\n### BEGIN HIDDEN TESTS\nb\n### END HIDDEN TESTS\nc\n### BEGIN HIDDEN TESTS\nd\n### END HIDDEN TESTS"
    assert public(text, "x") == "a\nc"
    assert [inside for inside, _ in runs(text, "HIDDEN TESTS", "x")] == [False, True, False, True, False]
    with pytest.raises(GradingError, match="unpaired"):
        public(text.replace("\nb\n", "\n### BEGIN HIDDEN TESTS\n"), "x")


def test_a_release_in_which_somebody_wrote_is_kept(toy):
    path = toy.parent.parent / "toy.ipynb"
    assert main(["exercises", "build", str(toy), "--check"]) == 1  # there is none yet
    main(["exercises", "build", str(toy)])
    released = path.read_text()
    toy.write_text(json.dumps(source(given="import numpy as np\n")))
    write_release(load_exercise(toy).release(), path)  # an older release, untouched
    assert path.read_text() != released
    written = json.loads(path.read_text())
    written["cells"][3]["source"] = "my answer"
    path.write_text(json.dumps(written))
    with pytest.raises(ExistingDataError, match="may hold answers"):
        write_release(released, path)
    assert "my answer" in path.read_text()
    write_release(released, path, force=True)
    assert path.read_text() == released


def test_a_new_set_works_from_the_start(tmp_path, capsys):
    assert main(["exercises", "new", "first-steps"]) == 0
    path = tmp_path / "source" / "first-steps.ipynb"
    assert list(complaints(load_exercise(path))) == ["the source is not stored as it was run: deepkit exercises build --run"]
    pytest.importorskip("nbclient", reason="the extra `course` is not installed")
    assert main(["exercises", "build", "--run", str(path)]) == 0
    exercise = load_exercise(path)
    assert exercise.cells[4].raw["outputs"][0]["text"] == "1 + 4 + 9 = 14.0\n"
    assert exercise.questions[0].model.startswith("No: |x|")
    assert main(["exercises", "build", str(path), "--check"]) == 0
    assert [problem for _, problem in self_test(exercise, seed=3) if problem] == []
    in_kernel(*(c.source for c in exercise.cells if c.raw["cell_type"] == "code"))
    assert main(["exercises", "new", "first-steps"]) == 1
    assert "is there already" in capsys.readouterr().err
    assert main(["exercises", "new", "First Steps"]) == 1


@pytest.mark.parametrize(("old", "new", "complaint"), [
    ("squares (2 points)", "squares (3 points)", "does not end with (2 points)"),
    ("squares (2 points)", "squares (2 points)\n\nMend it.", "the program to mend is not shown"),
    ("<summary>Hint 3", "<summary>Aid 3", "2 hints, expected 3"),
    ('hint="The sum is asked for, not the mean."', 'hint=""', "without a hint"),
    ('    but("np.sum", "np.mean", hint="The sum is asked for, not the mean."),\n', "", "3 different wrong answers"),
    ("One task (2 points)", "One task (5 points)", "the first cell says (5 points)"),
    ("\n@hidden_test", "def sum_of_squares(x): ...\n\n\n@hidden_test", "a name of the learner's"),
    ("No: |x| ≤ 1 means x² = |x| · |x| ≤ |x| for each of them.", "", "without a model answer"),
    ('assert found == 14, f"1 + 4 + 9 is 14, but sum_of_squares gave {found}"\n', "", "no public test"),
])
def test_what_departs_from_the_form_is_told(tmp_path, old, new, complaint):
    main(["exercises", "new", "first"])
    path = tmp_path / "source" / "first.ipynb"
    book = json.loads(path.read_text())
    texts = ["".join(c["source"]) for c in book["cells"]]
    assert any(old in text for text in texts)
    for c, text in zip(book["cells"], texts, strict=True):
        c["source"] = text.replace(old, new)
    path.write_text(json.dumps(book))
    assert any(complaint in told for told in complaints(load_exercise(path)))


@pytest.mark.parametrize(("program", "earns"), [
    ("def square_sum(x):\n    return np.sum(x)\n", False), ("return np.sum(x)\n", False), ("return np.sum(x * x)\n", True),
])
def test_a_program_to_mend_is_shown_and_earns_nothing(toy, program, earns):
    book = json.loads(toy.read_text())
    place = next(i for i, c in enumerate(book["cells"]) if c["metadata"].get("nbgrader", {}).get("grade_id") == "square-sum")
    story = f"## 1. Mend it\n\n```python\n{program}```"
    book["cells"].insert(place, {"cell_type": "markdown", "metadata": {}, "id": "story", "source": story})
    toy.write_text(json.dumps(book))
    exercise = load_exercise(toy)
    assert not [told for told in complaints(exercise) if "not shown" in told]
    told = dict(self_test(exercise, seed=3))
    assert ("earns 2 points" in str(told["square-sum: the program to mend"])) == earns, told
    assert "mean: the program to mend" not in told


@pytest.mark.parametrize("argv", [["new"], ["list", "x"], ["build", "--check", "--out", "x"], ["new", "x", "--check"]])
def test_contradicting_arguments_of_exercises_are_refused(argv):
    from deepkit.cli import parse

    module, args = parse(["exercises", *argv])
    with pytest.raises(ArgumentError, match="does not go with"):
        module.run(args)


def beside(text):
    return {"cell_type": "code", "source": text}


def test_helpers_in_other_cells_are_taken_along(toy, hand_in):
    exercise = load_exercise(toy)
    chain = [beside("def squares(x):\n    return power(x, TWO)"), beside("from operator import pow as power\nTWO = 2")]
    leaning = "def square_sum(x):\n    return np.sum(squares(x))"
    assert grade(exercise, hand_in(square_sum=leaning, extra=chain), seed=3).points == 6
    half = [beside("names = ['rms', 'square_sum']")]
    mean = RIGHT["mean"].split("\n\n")[0]
    assert grade(exercise, hand_in(mean=mean, extra=half), seed=3).points == 6
    timed = hand_in(square_sum="%%time\n" + RIGHT["square-sum"], op="%matplotlib inline\n" + RIGHT["op"])
    assert grade(exercise, timed, seed=3).points == 6
    other = hand_in(square_sum=RIGHT["square-sum"] + "\ndef cube(x): return x**3", op=RIGHT["op"].replace("x**3", "cube(x)"))
    assert grade(exercise, other, seed=3).points == 6


def test_a_helper_that_does_not_run_alone_is_named(toy, hand_in):
    helper = beside("def squares(x):\n    return x * x\nsquares = 1 / 0")
    submission = hand_in(square_sum="def square_sum(x):\n    return np.sum(squares(x))", extra=[helper])
    message = grade(load_exercise(toy), submission, seed=3).tasks[0].message
    assert "Another cell of the notebook defines squares" in message


def test_nothing_is_taken_from_tests_and_given_cells(toy, hand_in):
    check = cell("def squares(x): return x * x", "square-sum-check", grade=True, locked=True)
    submission = hand_in(square_sum="def square_sum(x):\n    return np.sum(squares(x))", extra=[check])
    assert "name 'squares' is not defined" in grade(load_exercise(toy), submission, seed=3).tasks[0].message


def test_what_the_test_below_an_answer_meets_counts_and_own_names_are_not_replaced():
    """Above it the last definition, in a notebook; among cells that were run one after another, the last of all."""
    answer = "def answer(x):\n    k = 2\n    return f(k)"
    cells = ["def f(x): return 0", "def f(x): return 1", answer, "def f(x): return 2\nk = 7"]
    pieces = [piece for i, text in enumerate(cells) for piece in pieces_of(text, i)]
    above, below = (["def f(x):\n    return 1"], ["def f(x):\n    return 2"])
    assert borrowed(answer, 2, pieces, set(), {"answer"}) == (above, [])
    assert borrowed(answer, 2, pieces, set(), {"answer"}, live=True) == (above, below)
    assert borrowed(answer, 2, pieces[2:], set(), {"answer"}) == ([], below)
    assert borrowed(answer, 2, pieces, {"f"}, {"answer"}) == ([], [])
    assert borrowed("def answer(:", 2, pieces, set(), {"answer"}) == ([], [])
    assert list(pieces_of("x = " + "(" * 5000, 0)) == []


def test_imports_of_all_names_are_looked_through_once(monkeypatch):
    """Whatever number of names only they can define, directly or through what was borrowed already."""
    looked, that_count = [], helpers._that_count
    monkeypatch.setattr(helpers, "_that_count", lambda *asked: looked.extend(that_count(*asked)) or that_count(*asked))
    chain = "\n".join(f"f{i} = f{i + 1}, u{i}" for i in range(100))
    pieces = [*pieces_of("from m import *\n" * 100, 0), *pieces_of(chain, 1)]
    above, _ = borrowed("f0\n" + "\n".join(f"v{i}" for i in range(100)), 2, pieces, set(), set())
    assert len(above) == len(looked) == len(pieces) == 200


BUILT_UP = {  # in cells above; what must be true of it in the answer's
    "an item": ("t = {}\nt['a'] = 1", "t == {'a': 1}"),
    "a loop": ("t = {}\nfor k in 'ab':\n    t[k] = k", "t == {'a': 'a', 'b': 'b'}"),
    "a sum": ("n = 1\nn += 2\nn *= 2", "n == 6"),
    "a method": ("t = [3, 1]\nt.append(2)\nt.sort()", "t == [1, 2, 3]"),
    "an attribute": ("class T: pass\nT.x = 5", "T().x == 5"),
    "one or another": ("try:\n    from nowhere import prod\nexcept ImportError:\n    from math import prod", "prod([2, 3]) == 6"),
    "a condition": ("if (n := 3) > 2:\n    def f(): return n\nelse:\n    f = None", "f() == 3"),
    "with": ("import io\nwith io.StringIO('x') as f:\n    t = f.read()", "t == 'x'"),
    "parts": ("(a, [b, *c]), d = (1, [2, 3, 4]), 5", "(a, b, c, d) == (1, 2, [3, 4], 5)"),
    "a walrus": ("print(n := 4)", "n == 4"),
    "all names of a module": ("from math import *", "isclose(cos(0), 1)"),
    "a decorator": ("def same(f): return f", "same(len) is len"),
    "begun anew": ("t = [1]\nt.append(2)\nt = [3]\nt.append(4)", "t == [3, 4]"),
    "a name taken away": ("n = 1\nm = n\ndel n", "m == 1"),
    "a module in use": ("import math\nmath.factorial(10**7)", "math.pi > 3"),
}


@pytest.mark.parametrize("name", BUILT_UP)
def test_what_is_built_up_in_other_cells_is_taken_as_a_whole(toy, hand_in, tmp_path, name):
    above, true = BUILT_UP[name]
    path = hand_in(square_sum=f"assert {true}\n{RIGHT['square-sum']}\nassert {true}")
    book = json.loads(path.read_text())
    book["cells"] = [beside(above), *book["cells"]]
    book["cells"].append(beside("t = n = f = T = prod = isclose = same = math = None"))  # later, and no business of this answer's
    path.write_text(json.dumps(book))
    assert grade(load_exercise(toy), path, seed=3).tasks[0].message == "right"


def test_magics_go_and_lines_stay():
    assert without_magics("%%time\n!pip install x\nx = 5 % 2\n%time y = 1") == "\n\nx = 5 % 2\ny = 1"
    assert without_magics("%%bash\nls") == "%%bash\nls"


def test_a_mistake_is_a_change_or_another_answer():
    assert but("a", "b", "c", "d", hint="h").answer("ac", "t") == "bd"
    assert instead("z", hint="h").answer("ac", "t") == "z"


def test_a_notebook_of_odd_cells_is_read(toy, tmp_path):
    cells = [{"cell_type": "code", "id": ["x"], "metadata": [], "source": RIGHT["op"]}, cell(RIGHT["op"], "op", solution=True)]
    path = tmp_path / "odd.ipynb"
    path.write_text(json.dumps(notebook(cells)))
    assert [task.points for task in grade(load_exercise(toy), path, seed=3).tasks] == [0, 0, 3]
