"""Answers are taken by id and nothing else; releases hold no solution and nbgrader's metadata."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_exercise import RIGHT, cell, notebook, source

from deepkit.errors import GradingError
from deepkit.grade.authoring.regions import without_solution
from deepkit.grade.authoring.release import checksum
from deepkit.grade.exercise import load_exercise
from deepkit.grade.notebook import read_notebook
from deepkit.grade.submission import read_submission


def test_only_the_text_of_answer_cells_is_taken(hand_in):
    loud = cell("raise SystemExit", "square-sum-check", grade=True, points=10**6)
    loud |= {
        "outputs": [{"text": "10/10"}],
        "metadata": loud["metadata"] | {"tags": ["nbval-skip", "raises-exception"]},
    }
    taken = read_submission(hand_in(extra=[loud, {"cell_type": "code", "source": ["x = 1"]}]), list(RIGHT))
    assert taken.answers == RIGHT
    assert taken.problems == {}


def test_missing_and_duplicate_answers_cost_only_themselves(hand_in):
    path = hand_in(mean=None, extra=[cell("other", "op"), cell(RIGHT["square-sum"], "square-sum")])
    taken = read_submission(path, list(RIGHT))
    assert list(taken.answers) == ["square-sum"]  # twice the same text leaves no doubt
    assert "no answer cell" in taken.problems["mean"]
    assert "2 different cells" in taken.problems["op"]


def test_an_answer_in_a_text_cell_is_missing(hand_in):
    path = hand_in(op=None, extra=[cell(RIGHT["op"], "op") | {"cell_type": "markdown"}])
    assert "no answer cell" in read_submission(path, ["op"]).problems["op"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"nbformat": 3, "worksheets": []}',
        b'{"nbformat": 4, "cells": [1]}',
        b'{"nbformat": 4, "cells": [{"source": [1]}]}',
        b"[" * 100_000,
        b'{"nbformat": ' + b"9" * 5000 + b"}",
        b'{"nbformat": true, "cells": []}',
        '{"nbformat": 4, "cells": []}'.encode("utf-16"),
        b'<<<<<<< HEAD\n{"nbformat": 4, "cells": []}',
        b"<!DOCTYPE html><html>Please log in</html>",
        b'{"nbformat": 4, "cells": []}{}',
    ],
)
def test_damaged_notebooks_are_named(tmp_path, content):
    path = tmp_path / "broken.ipynb"
    path.write_bytes(content)
    with pytest.raises(GradingError, match=r"broken\.ipynb"):
        read_notebook(path)


def _beside(**keys):
    return {"cell_type": "code", "metadata": {}, "source": "def square_sum(x): return 7"} | keys


@pytest.mark.parametrize(
    "change",
    [
        lambda cells: [one.update(source=list(one["source"])) for one in cells],
        lambda cells: [one.update(outputs=7, execution_count="x", attachments=[]) for one in cells],
        lambda cells: [one.update(id=other) for one, other in zip(cells, ["mean", "op", "square-sum"], strict=True)],
        lambda cells: cells.extend([_beside(id="square-sum"), _beside(id="square-sum", source="x = 1")]),
        lambda cells: cells.extend(_beside(metadata={"nbgrader": {"grade_id": odd}}) for odd in (["op"], {"op": 1}, None, 7)),
        lambda cells: cells.extend(_beside(metadata=odd, id=[odd]) for odd in (None, [], "x", {"nbgrader": 1})),
        lambda cells: cells.extend(_beside(source=text) for text in ("TWO = '\ud800'", "TWO = '\0'", "(" * 9000, "9" * 9000)),
        lambda cells: cells[0].update({"\ud800": float("nan")}),
        lambda cells: cells.extend(_beside(cell_type=kind, id="square-sum") for kind in ("raw", "markdown", ["code"], None)),
    ],
)
def test_odd_cells_beside_answers_change_nothing(tmp_path, change):
    cells = [cell(source, name, solution=True) for name, source in RIGHT.items()]
    change(cells)
    path = tmp_path / "anna.ipynb"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(notebook(cells)).encode())
    taken = read_submission(path, list(RIGHT))
    assert (taken.answers, taken.problems) == (RIGHT, {})


def test_a_path_without_a_notebook_is_named(tmp_path):
    for path in (tmp_path / "absent.ipynb", tmp_path):
        with pytest.raises(GradingError, match=path.name):
            read_notebook(path)


def test_a_huge_notebook_is_refused_before_it_is_parsed(tmp_path):
    path = tmp_path / "huge.ipynb"
    with path.open("wb") as file:
        file.truncate(21 << 20)
    with pytest.raises(GradingError, match="larger than 20 MB"):
        read_notebook(path)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_mutated_notebook_gives_answers_or_a_grading_error(tmp_path_factory, data):
    content = bytearray(
        json.dumps(notebook([cell(source, name, solution=True) for name, source in RIGHT.items()])).encode()
    )
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    path = tmp_path_factory.getbasetemp() / "mutated.ipynb"
    path.write_bytes(bytes(content))
    try:
        taken = read_submission(path, list(RIGHT))
    except GradingError:
        return
    assert taken.answers.keys() | taken.problems.keys() == RIGHT.keys()


def test_the_release_holds_no_solution_and_full_metadata(toy):
    toy.write_text(json.dumps({**source(), "metadata": {"author": "x"}}))
    text = load_exercise(toy).release()
    released = json.loads(text)
    for secret in ("SOLUTION", "HIDDEN", "hidden_test", "SIZES"):
        assert secret not in text
    assert "np.sum(x * x)" not in text
    keys = {c["metadata"]["nbgrader"]["grade_id"]: c for c in released["cells"] if "nbgrader" in c["metadata"]}
    answer, check = keys["square-sum"], keys["square-sum-check"]
    assert "".join(answer["source"]) == "def square_sum(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    assert answer["metadata"]["deletable"] is False
    assert "editable" not in answer["metadata"]
    assert check["metadata"]["editable"] is False
    assert check["metadata"]["nbgrader"]["points"] == 2
    assert (check["source"], check["outputs"]) == (["assert True"], [])
    assert (released["metadata"]["deepkit"]["exercise"], "author" in released["metadata"]) == ("toy", False)
    assert {len(c["metadata"]["nbgrader"]["checksum"]) for c in keys.values()} == {32}


def test_the_checksum_is_nbgraders():
    keys = {"cell_type": "code", "grade": True, "solution": False, "locked": True, "grade_id": "a", "points": 2}
    assert checksum("x", keys) == hashlib.md5(b"xcodeTrueFalseTruea2.0").hexdigest()


def test_solution_marks():
    assert without_solution("return 1", "a") == "# YOUR CODE HERE\nraise NotImplementedError()"
    two = "a = 1\n### BEGIN SOLUTION\nb = 2\n### END SOLUTION\nc = 3\n### BEGIN SOLUTION\nd = 4\n### END SOLUTION"
    stub = "# YOUR CODE HERE\nraise NotImplementedError()"
    assert without_solution(two, "a") == f"a = 1\n{stub}\nc = 3\n{stub}"


@pytest.mark.parametrize(
    "source",
    [
        "### BEGIN SOLUTION\nx",
        "x\n### END SOLUTION",
        "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION",
        "x  ### BEGIN SOLUTION\ny\n### END SOLUTION",
    ],
)
def test_unpaired_solution_marks_leak_nothing(source):
    with pytest.raises(GradingError, match="SOLUTION"):
        without_solution(source, "a")
