"""The course's door: a row for each chapter, in order, with what it needs and how long it takes, as the chapter says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

COURSE = Path(__file__).resolve().parents[2] / "course"
CHAPTERS = sorted(COURSE.glob("ch*.ipynb"))
ROW = re.compile(r"^\| (\d+) \| \[[^]]+\]\(([^)]+)\) \| ([^|]+) \| (\d+) minutes \| [^|]+ \|$", re.MULTILINE)
WORDS_A_MINUTE, A_CELL, TO_PLAY = 150, 0.5, 5  # how the minutes are measured; the index says so, too


def cells_of(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def text_of(path: Path) -> str:
    return "\n".join("".join(cell["source"]) for cell in cells_of(path) if cell["cell_type"] == "markdown")


def minutes_of(path: Path) -> int:
    """What a chapter takes, to five minutes."""
    code = sum(cell["cell_type"] == "code" for cell in cells_of(path))
    return 5 * round((TO_PLAY + len(text_of(path).split()) / WORDS_A_MINUTE + A_CELL * code) / 5)


INDEX = text_of(COURSE / "index.ipynb")
ROWS = {name: (int(number), needs, int(minutes)) for number, name, needs, minutes in ROW.findall(INDEX)}


def test_the_index_has_a_row_for_each_chapter_in_order():
    assert list(ROWS) == [path.name for path in CHAPTERS]
    assert [f"ch{number:02}" for number, _, _ in ROWS.values()] == [path.name[:4] for path in CHAPTERS]


def test_a_chapter_needs_only_chapters_before_it():
    there = {number for number, _, _ in ROWS.values()}
    for number, needs, _ in ROWS.values():
        asked = {int(n) for n in re.findall(r"\d+", needs)}
        assert needs.strip(), number
        assert asked <= {n for n in there if n < number}, (number, needs)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_minutes_are_measured_and_the_chapter_says_the_same(path):
    measured = minutes_of(path)
    (said,) = re.findall(r"takes about (\d+) minutes", text_of(path))
    assert ROWS[path.name][2] == int(said)
    assert abs(int(said) - measured) <= 10, f"{path.stem} says {said} minutes; by its words and cells it is {measured}"


def test_the_index_introduces_the_documents():
    counts = [int(count) for count in re.findall(r"^\| D\d \| [^|]+ \| (\d+) \|$", INDEX, re.MULTILINE)]
    assert len(counts) == 5
    assert f"{sum(counts)} examples" in INDEX
