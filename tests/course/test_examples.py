"""The table of the documents' examples: whole, true to the documents, and the same as what the notebooks teach."""

from __future__ import annotations

import ast
import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from deepkit.commands._examples import Example, examples
from deepkit.errors import DataError

COURSE = Path(__file__).resolve().parents[2] / "course"
SEEDS = os.environ.get("DEEPKIT_SEEDS")
TABLE = examples()
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d*)?(?:e-?\d+)?")


def taught() -> dict[str, set[str]]:
    """The chapters that teach each example, by the metadata of their cells."""
    found: dict[str, set[str]] = {}
    for path in sorted(COURSE.glob("ch*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for example in cell["metadata"].get("deepkit", {}).get("example", []):
                found.setdefault(example, set()).add(path.stem.partition("-")[0])
    return found


def quoted(source: str) -> list[str]:
    """The numbers that a cell says a document printed: in `document=` of a reproduction, or what is named there."""
    tree = ast.parse(re.sub(r"(?m)^\s*[%!].*$", "", source))
    named = {
        target.id: node.value
        for node in ast.walk(tree) if isinstance(node, ast.Assign)
        for target in node.targets if isinstance(target, ast.Name)
    }
    numbers = []
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "document":
            values = list(ast.walk(node.value))
            values += [v for name in values if isinstance(name, ast.Name) for v in ast.walk(named.get(name.id, name))]
            numbers += [
                number for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)
                for number in NUMBER.findall(value.value)
            ]
    return numbers


def test_every_example_of_the_documents_is_in_the_table() -> None:
    assert Counter(example.document for example in TABLE.values()) == {"D0": 61, "D1": 153, "D2": 102, "D3": 218, "D4": 50}


def test_the_notebooks_teach_what_the_table_says() -> None:
    here = {example.id: {example.chapter} for example in TABLE.values() if example.status != "to come"}
    assert {name: sorted(where) for name, where in taught().items()} == {n: sorted(where) for n, where in here.items()}


def test_what_is_equal_or_level_says_what_came_out() -> None:
    for example in TABLE.values():
        assert bool(example.ours) == (example.status in ("equal", "level", "below")) or example.status == "repaired", example


@pytest.mark.parametrize("path", sorted(COURSE.glob("ch*.ipynb")), ids=lambda path: path.stem)
def test_a_figure_quoted_as_the_documents_is_what_it_printed(path: Path) -> None:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        ids = cell["metadata"].get("deepkit", {}).get("example", [])
        if cell["cell_type"] == "code" and "document=" in "".join(cell["source"]):
            printed = {number for name in ids for number in NUMBER.findall(TABLE[name].printed)}
            wrong = [number for number in quoted("".join(cell["source"])) if number not in printed]
            assert not wrong, f"cell {cell['id']} quotes {wrong}; {ids} printed {sorted(printed)}"


def test_a_misquoted_figure_is_found() -> None:
    source = 'printed = ["2.11788989"]\nviz.reproduction(document=printed, here=[w])'
    assert quoted(source) == ["2.11788989"]
    assert "2.11788989" not in NUMBER.findall(TABLE["D2-4-03"].printed)
    assert "2.11788988" in NUMBER.findall(TABLE["D2-4-03"].printed)


@pytest.mark.skipif(SEEDS is None, reason="DEEPKIT_SEEDS does not name the folder of the documents")
@pytest.mark.parametrize("document", ["D0", "D1", "D2", "D3", "D4"])
def test_the_table_quotes_the_documents_verbatim(document: str) -> None:
    number = int(document[1])
    lines = sorted(Path(SEEDS or "").glob("*.txt"))[number].read_text(encoding="utf-8").split("\n")
    for example in TABLE.values():
        spans = re.findall(r"(\d+)(?:-(\d+))?", example.lines) if example.document == document else []
        text = "\n".join("\n".join(lines[int(first) - 1 : int(last or first)]) for first, last in spans)
        for figure in example.figures if spans else ():
            assert figure in text or figure in re.sub(r"\s+", " ", text), (example.id, figure)


def test_a_broken_table_is_an_error(tmp_path: Path) -> None:
    header = ",".join(Example.__dataclass_fields__)
    for body, message in (
        ("D0-1-01,1,ch01,x,,,,to come,\nD0-1-01,1,ch01,x,,,,to come,", "row 3: D0-1-01"),
        ("D0-1-01,1,ch01,x,,,,perhaps,", "'perhaps'"),
        ("D0-1-01,1", "row 2"),
    ):
        (tmp_path / "t.csv").write_text(f"{header}\n{body}\n", encoding="utf-8")
        with pytest.raises(DataError, match=message):
            examples(tmp_path / "t.csv")
    with pytest.raises(DataError, match="cannot read"):
        examples(tmp_path / "none.csv")
