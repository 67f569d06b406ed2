"""The course's notebooks as files: every cell was run in order, and nothing personal is in them."""

from __future__ import annotations

import ast
import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

COURSE = Path(__file__).resolve().parents[2] / "course"
NOTEBOOKS = sorted(COURSE.glob("*.ipynb"))
LONGEST_CELL = 20  # lines
# Absolute paths of a person's or a machine's own folders, on Linux, macOS and Windows.
PERSONAL = re.compile(r"/(?:home|root|Users|tmp|work|opt)/\w|[A-Za-z]:\\+Users\\+|ipykernel_\d+")

WIDGET = "application/vnd.jupyter.widget-view+json"


def problems_of(notebook: dict[str, Any]) -> list[str]:
    """What is wrong with a notebook, one line each; nothing if all is well."""
    cells = notebook["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    found = []
    counts = [cell["execution_count"] for cell in code]
    if counts != list(range(1, len(code) + 1)):
        found.append(f"the cells were not run once, in order: {counts}")
    ids = [cell.get("id") for cell in cells]
    if None in ids or len(set(ids)) != len(ids):
        found.append("cell ids are missing or repeated")
    for cell in code:
        name = cell.get("id")
        if len("".join(cell["source"]).splitlines()) > LONGEST_CELL:
            found.append(f"cell {name} has more than {LONGEST_CELL} lines")
        may_raise = "raises-exception" in cell["metadata"].get("tags", [])
        if any(output["output_type"] == "error" for output in cell["outputs"]) and not may_raise:
            found.append(f"cell {name} ended with an error")
        if any(output.get("name") == "stderr" for output in cell["outputs"]):
            found.append(f"cell {name} wrote to stderr")
        if any(WIDGET in output.get("data", {}) for output in cell["outputs"]):
            found.append(f"cell {name} stores a widget without its kernel: it would say 'model not found'")
        personal = PERSONAL.search(readable(cell["outputs"]))
        if personal:
            found.append(f"cell {name} shows a path: {personal[0]}")
    return found


def readable(outputs: list[Any]) -> str:
    """The text of outputs, without pictures, whose base64 may hold any letters."""
    text = []
    for output in outputs:
        parts = {"text": output.get("text", ""), **output.get("data", {})}
        text += ["".join(part) for kind, part in parts.items() if isinstance(part, (str, list)) and kind != "image/png"]
        text += output.get("traceback", [])
    return re.sub(r"base64,[A-Za-z0-9+/=]+", "", "\n".join(text))


LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3}, "file_extension": ".py", "mimetype": "text/x-python",
    "name": "python", "nbconvert_exporter": "python", "pygments_lexer": "ipython3",
}
"""What a kernel of Python says of its language, and JupyterLab writes into the notebook; the version is the machine's."""


def test_there_are_notebooks():
    assert NOTEBOOKS


def links_of(path: Path) -> set[Path]:
    """The notebooks that the text of a notebook links to."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    targets = re.findall(r"\]\(([^)\s#:]+\.ipynb)(?:#[^)]*)?\)", text)
    return {(path.parent / target).resolve() for target in targets}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_link_leads_somewhere(path):
    assert [str(target) for target in links_of(path) if not target.is_file()] == []


@pytest.mark.parametrize("path", sorted((COURSE.parent / "exercises").glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_exercise_is_opened_by_a_link_in_a_chapter(path):
    chapters = [notebook for notebook in NOTEBOOKS if notebook.stem.startswith("ch")]
    assert any(path.resolve() in links_of(chapter) for chapter in chapters)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    language = notebook["metadata"]["language_info"]
    assert language == LANGUAGE | {"version": language.get("version")}, "else JupyterLab changes the file by opening it"
    assert problems_of(notebook) == []


MODULES = {"dk": "deepkit", "tf": "deepkit.v1", "keras": "deepkit.keras", "viz": "deepkit.viz"}


def unknown_names(source: str) -> list[str]:
    """What a cell asks of our modules, by the names that the course gives them, and they do not have; of viz, not list."""
    found = []
    for node in ast.walk(ast.parse(re.sub(r"(?m)^\s*[%!].*$", "", source))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in MODULES:
            module = importlib.import_module(MODULES[node.value.id])
            known = node.attr in module.__all__ if node.value.id == "viz" else hasattr(module, node.attr)
            found += [] if known else [f"{node.value.id}.{node.attr}"]
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_asks_for_public_names_only(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert [name for cell in cells if cell["cell_type"] == "code" for name in unknown_names("".join(cell["source"]))] == []


def test_a_name_that_is_not_public_is_found():
    assert sorted(unknown_names("viz.lines(x)\nviz.operators(1)\ndk.square(tf.matmult(a, b))")) == ["tf.matmult", "viz.operators"]


# ---- the checks themselves, on notebooks that are wrong in one way each


def sample(**changes: Any) -> dict[str, Any]:
    cell = {
        "cell_type": "code", "id": "one", "source": ["1"], "execution_count": 1, "outputs": [],
        "metadata": {},
    }
    return {"cells": [{**cell, **changes}]}


def stream(text: str, name: str = "stdout") -> dict[str, str]:
    return {"output_type": "stream", "name": name, "text": text}


def test_a_good_notebook_has_no_problems():
    picture = {"output_type": "display_data", "data": {"text/html": '<img src="data:x;base64,AA/home/me">'}}
    assert problems_of(sample(outputs=[stream("0.5"), picture])) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"execution_count": None}, "not run once, in order"),
        ({"execution_count": 7}, "not run once, in order"),
        ({"id": None}, "cell ids"),
        ({"source": ["1\n"] * 21}, "more than 20 lines"),
        ({"outputs": [{"output_type": "error", "ename": "E", "evalue": "", "traceback": []}]}, "ended with an error"),
        ({"outputs": [stream("careful", "stderr")]}, "wrote to stderr"),
        ({"outputs": [{"output_type": "display_data", "data": {WIDGET: {"model_id": "7"}}}]}, "without its kernel"),
        ({"outputs": [stream("/home/ada/x.py")]}, "shows a path"),
        ({"outputs": [stream("C:\\Users\\ada")]}, "shows a path"),
        ({"outputs": [{"output_type": "execute_result", "data": {"text/plain": ["/tmp/x"]}}]}, "shows a path"),
    ],
)
def test_what_is_wrong_is_found(changes, message):
    (problem,) = problems_of(sample(**changes))
    assert message in problem
