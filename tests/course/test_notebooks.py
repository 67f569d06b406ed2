"""The course's notebooks as files: every example is taught, every cell was run in order, and nothing personal is in them."""

from __future__ import annotations

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

# The examples that each chapter teaches: document-section-number, first..last.
EXAMPLES = {
    "ch01": "D3-1-01..12 D3-2-01..11 D3-3-01..11",
    "ch02": "D3-4-01..08 D3-5-01..05 D3-6-01..11",
    "ch03": "D3-7-01..20 D3-8-01..19",
    "ch04": "D1-1-03..12 D1-1-17..21 D1-1-26..29 D2-1-01..04",
    "ch05": (
        "D0-3-01 D0-3-02 D0-4-02 D0-4-04 D0-5-01 D1-1-01 D1-1-02 D1-1-13..16 D1-1-31..34 D1-1-45 D2-1-05..07 "
        "D2-3-01..03 D3-9-01..09 D3-9-16 D3-9-31"
    ),
    "ch06": "D2-5-05 D2-7-01 D3-9-11..14 D3-9-36 D3-10-05 D3-10-22 D4-4-19..21",
    "ch07": "D0-4-01 D1-1-22..25 D1-1-30 D2-2-01..07 D2-2-11 D2-2-12 D3-9-23..30 D3-9-32..35",
    "ch08": "D0-5-02..04 D0-7-01..08 D1-1-46..49 D2-2-08..10 D3-9-18..22",
    "ch09": "D0-4-03 D1-1-35..44 D2-1-08 D2-1-09",
    "ch10": "D1-3-01..27 D3-9-10 D3-9-17",
    "ch11": "D0-6-06 D1-3-28..41 D2-5-06..08 D2-9-01..03 D4-4-15",
    "ch12": (
        "D0-5-05 D0-5-06 D0-6-01 D0-6-05 D1-4-01..13 D2-4-01..03 D2-5-01..04 D3-10-01..04 D3-10-06..21 D4-4-12 D4-4-17"
    ),
    "ch13": "D0-8-02 D2-6-01..06 D2-7-02 D2-7-03 D3-9-15 D3-11-10 D3-11-11 D4-4-18",
    "ch14": "D0-6-03 D0-8-01 D2-8-01..09 D2-11-01..05 D3-11-01..07 D3-11-12 D4-4-13 D4-4-14",
    "ch15": "D1-2-01..26 D4-2-01..07 D4-3-01",
    "ch16": "D1-2-28 D1-4-14 D1-4-15 D4-4-01..11 D4-4-16 D4-4-22..27",
    "ch17": "D0-6-02 D0-6-04 D0-9-01 D0-9-06 D2-12-01..07 D3-13-01 D4-5-03 D4-5-04",
    "ch18": "D0-9-02..05 D0-9-07..17 D1-2-27 D2-13-01..12 D2-14-01..03 D3-13-02 D4-5-01 D4-5-02 D4-5-05..07",
    "ch19": "D0-10-01 D1-5-01..05 D1-5-08 D1-5-12..17 D3-14-01..08 D3-14-19 D3-14-20 D4-6-01..06",
    "ch20": "D0-10-02 D0-12-01..05 D1-5-06 D1-5-07 D1-5-09..11 D3-14-14..18 D4-6-07 D4-6-08",
    "ch21": "D0-11-01..09 D1-4-16 D1-4-17 D1-6-01 D3-14-09..11 D3-14-13",
    "ch22": "D2-10-01..03 D3-11-08 D3-11-09 D3-15-01..14 D3-15-19..23",
    "ch23": "D3-15-15..18 D3-15-24",
    "ch24": "D2-15-01..04 D2-16-01..06 D2-17-01..06 D3-12-01 D3-12-02",
    "ch25": "D3-12-03 D3-14-12 D3-14-21 D3-16-01",
}


def expand(text: str) -> list[str]:
    """
    >>> expand("D1-1-08..10 D2-4-03")
    ['D1-1-08', 'D1-1-09', 'D1-1-10', 'D2-4-03']
    """
    ids = []
    for entry in text.split():
        section, _, numbers = entry.rpartition("-")
        first, _, last = numbers.partition("..")
        ids += [f"{section}-{number:02}" for number in range(int(first), int(last or first) + 1)]
    return ids


def problems_of(notebook: dict[str, Any], chapter: str) -> list[str]:
    """What is wrong with a notebook, one line each; nothing if all is well. `chapter` is "ch05", or "index"."""
    cells = notebook["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    taught = {example for cell in cells for example in cell["metadata"].get("deepkit", {}).get("example", [])}
    known = {example for text in EXAMPLES.values() for example in expand(text)}
    found = [
        f"example {example} is not taught" for example in expand(EXAMPLES.get(chapter, "")) if example not in taught
    ]
    found += [f"example {example} does not exist" for example in sorted(taught - known)]
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


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert problems_of(notebook, path.stem.partition("-")[0]) == []


def test_every_example_is_in_one_chapter():
    ids = [example for text in EXAMPLES.values() for example in expand(text)]
    assert len(ids) == len(set(ids)) == 584


# ---- the checks themselves, on notebooks that are wrong in one way each


def sample(**changes: Any) -> dict[str, Any]:
    cell = {
        "cell_type": "code", "id": "one", "source": ["1"], "execution_count": 1, "outputs": [],
        "metadata": {"deepkit": {"example": expand(EXAMPLES["ch23"])}},
    }
    return {"cells": [{**cell, **changes}]}


def stream(text: str, name: str = "stdout") -> dict[str, str]:
    return {"output_type": "stream", "name": name, "text": text}


def test_a_good_notebook_has_no_problems():
    picture = {"output_type": "display_data", "data": {"text/html": '<img src="data:x;base64,AA/home/me">'}}
    assert problems_of(sample(outputs=[stream("0.5"), picture]), "ch23") == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metadata": {"deepkit": {"example": expand("D3-15-15..18")}}}, "D3-15-24 is not taught"),
        ({"metadata": {"deepkit": {"example": ["D9-1-01", *expand(EXAMPLES["ch23"])]}}}, "D9-1-01 does not exist"),
        ({"execution_count": None}, "not run once, in order"),
        ({"execution_count": 7}, "not run once, in order"),
        ({"id": None}, "cell ids"),
        ({"source": ["1\n"] * 21}, "more than 20 lines"),
        ({"outputs": [{"output_type": "error", "ename": "E", "evalue": "", "traceback": []}]}, "ended with an error"),
        ({"outputs": [stream("careful", "stderr")]}, "wrote to stderr"),
        ({"outputs": [stream("/home/ada/x.py")]}, "shows a path"),
        ({"outputs": [stream("C:\\Users\\ada")]}, "shows a path"),
        ({"outputs": [{"output_type": "execute_result", "data": {"text/plain": ["/tmp/x"]}}]}, "shows a path"),
    ],
)
def test_what_is_wrong_is_found(changes, message):
    (problem,) = problems_of(sample(**changes), "ch23")
    assert message in problem
