"""dk.check, dk.hint and dk.solution in a real kernel, cell by cell, as a learner runs them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from deepkit.commands._launch import child_environment
from deepkit.commands._workspace import RECORD
from deepkit.grade import load_exercise

pytest.importorskip("nbclient", reason="the extra `course` is not installed")
nbformat = pytest.importorskip("nbformat", reason="the extra `course` is not installed")


NAME = "convolution-and-pooling"
STUB = "def map_size(n, k, s, padding):\n    # YOUR CODE HERE\n    raise NotImplementedError()\n\n\ndef zeros(n, k, s):\n"
STUB += "    # YOUR CODE HERE\n    raise NotImplementedError()"
HALF = "def map_size(n, k, s, padding):\n    return up(n if padding == 'SAME' else n - k + 1, s)\n\n\n"
HELPER = "def up(a, b):\n    return -(-a // b)"
CELLS = {
    "import": "import deepkit as dk",
    "too early": 'dk.check("size")',
    "stub": STUB,
    "check of the stub": 'dk.check("size")',
    "solution too early": 'dk.solution("size")',
    "helper": HELPER,
    "half": HALF + "def zeros(n, k, s):\n    return 0, 0",
    "check of a half": 'dk.check("size"); x = 1',
    "all": "%%time\n" + HALF + "def zeros(n, k, s):\n    t = max((up(n, s) - 1) * s + k - n, 0)\n    return t // 2, t - t // 2",
    "check of all": 'dk.check("size")',
    "hint 1": 'dk.hint("size")',
    "hint 2": 'dk.hint("size")',
    "hint 3": 'dk.hint("size")',
    "hint 1 again": 'dk.hint("size")',
    "solution": 'dk.solution("size")',
    "no such task": 'dk.check("siez")',
    "tasks": "dk.check()",
    "progress": "dk.progress()",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A learner's folder, as `deepkit lab` makes it, with the notebook of one exercise."""
    home = tmp_path_factory.mktemp("home")
    (home / "exercises").mkdir()
    source = load_exercise(NAME).path
    shutil.copy(source.parent.parent / f"{NAME}.ipynb", home / "exercises" / "my answers.ipynb")
    (home / RECORD).parent.mkdir()
    (home / RECORD).write_text("{}")
    return home


@pytest.fixture(scope="module")
def said(home):
    """What stands below each cell, as plain text and as Markdown."""
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS.values()])
    environment = child_environment() | {"JPY_SESSION_NAME": str(home / "exercises" / "my answers.ipynb")}
    client = NotebookClient(
        notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": str(home / "exercises")}}
    )
    with client.setup_kernel(env=environment, cwd=str(home / "exercises")):
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)
    return {name: _words(cell) for name, cell in zip(CELLS, notebook.cells, strict=True)}


def _words(cell: Any) -> str:
    found = []
    for output in cell.outputs:
        if output.output_type == "error":
            found.append("\n".join(output.traceback))
        else:
            found.append(output.get("text") or "\n".join(map(str, output["data"].values())))
    return "\n".join(found)


def test_before_an_answer_was_run_it_is_asked_for(said):
    assert "no cell that you ran since the kernel started answers 'size'" in said["too early"]
    assert "map_size and zeros" in said["too early"]
    assert "commands/learner" not in said["too early"], "the message alone"


def test_the_stub_is_not_answered_yet_and_no_attempt(said):
    assert "passed 0 of 2 public checks" in said["check of the stub"]
    assert said["check of the stub"].count("* not answered yet") == 2  # as text and as Markdown
    assert "is shown after an attempt" in said["solution too early"]
    assert 'dk.hint("size")' in said["solution too early"]


def test_a_half_right_answer_is_told_the_case(said):
    assert "passed 1 of 2 public checks" in said["check of a half"]
    assert "28 cells, window 5, stride 1: SAME adds (2, 2) zeros, not (0, 0)" in said["check of a half"]


def test_the_newest_answer_counts_and_its_helper_comes_along(said):
    assert "✓ size: passed 2 of 2 public checks" in said["check of all"]
    assert "hidden ones are run when the notebook is graded" in said["check of all"]


def test_hints_come_one_by_one_and_begin_anew(said):
    hints = load_exercise(NAME).task("size").hints
    for number, name in enumerate(["hint 1", "hint 2", "hint 3"]):
        assert f"Hint {number + 1} of {len(hints)}" in said[name]
        assert hints[number] in said[name]
        assert not any(hint in said[name] for hint in hints if hint != hints[number])
    assert hints[0] in said["hint 1 again"]


def test_the_solution_is_shown_after_an_attempt(said):
    assert load_exercise(NAME).reference("size").strip() in said["solution"]
    assert "because you have tried" in said["solution"]


def test_a_task_that_does_not_exist_is_answered_with_those_that_do(said):
    assert "size, count, slide" in said["no such task"]


def test_what_is_done_is_listed_and_remembered(said, home):
    assert "| `size` | 2 | ✓ all public checks pass, 4 hints, solution seen |" in said["tasks"]
    assert "1 of 7 tasks pass their public checks" in said["progress"]
    kept = json.loads((home / ".deepkit" / "progress.json").read_text())
    assert kept[NAME]["size"]["passed"] == 2
    assert not Path(home / "exercises" / ".deepkit").exists()
