"""The course's budget: chapters that a learner finishes in an hour, code that fits a page, answers that stay out of sight."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

COURSE = Path(__file__).resolve().parents[2] / "course"
CHAPTERS = sorted(COURSE.glob("ch*.ipynb"))

MOST_CELLS, MOST_WORDS, MOST_BYTES = 70, 3_000, 350_000
MOST_LINES, LONGEST_LINE, LONGEST_RUN = 15, 80, 3  # of a code cell; of code; of code cells without a sentence between
BETS = re.compile(r"\b(?:place your bet|bet\b|predict(?! first))|\bbefore you (?:look|open)\b", re.IGNORECASE)
LISTED = re.compile(r"^\d+\. .*?\?", re.MULTILINE)  # a question of a numbered list
ANSWERED_WITHIN = 5  # cells
ALLOWED: dict[str, set[str]] = {}
"""What a chapter does not keep yet. Only ever take something away."""


def text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def too_long(cells: list[dict[str, Any]], size: int) -> Iterator[tuple[str, str]]:
    """What is beyond the numbers above: (kind, sentence)."""
    said = sum(len(text(cell).split()) for cell in cells if cell["cell_type"] == "markdown")
    for kind, found, most in (("cells", len(cells), MOST_CELLS), ("words", said, MOST_WORDS), ("bytes", size, MOST_BYTES)):
        if found > most:
            yield kind, f"{found:,} {kind}, at most {most:,}"
    run = 0
    for cell in cells:
        run = run + 1 if cell["cell_type"] == "code" else 0
        lines = text(cell).splitlines() if cell["cell_type"] == "code" else []
        if len(lines) > MOST_LINES:
            yield "lines", f"cell {cell['id']}: {len(lines)} lines"
        if any(len(line) > LONGEST_LINE for line in lines):
            yield "width", f"cell {cell['id']}: a line of {max(map(len, lines))} characters"
        if run > LONGEST_RUN:
            yield "run", f"cell {cell['id']}: the {run}th code cell without a sentence before it"


def untold(cells: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Pictures without words, and pictures stored in two forms."""
    for cell in cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            pictures = {"image/png", "image/jpeg", "image/svg+xml"} & set(data)
            if "<img" in "".join(data.get("text/html", "")):
                pictures.add("text/html")
            told = "".join(data.get("text/plain", ""))
            if pictures and told.startswith("<") and "graph of" not in told and "alt" not in cell["metadata"].get("deepkit", {}):
                yield "alt", f"cell {cell['id']}: a picture without words"
            if len(pictures) > 1:
                yield "forms", f"cell {cell['id']}: one picture, stored as {sorted(pictures)}"


def in_sight(cells: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Bets whose outcome is in sight."""
    for i, cell in enumerate(cells):
        if cell["cell_type"] != "markdown":
            continue
        asked = re.sub(r"<details>.*?</details>", "", text(cell), flags=re.DOTALL).strip().rpartition("\n\n")[2]
        if BETS.search(asked) and i + 1 < len(cells) and cells[i + 1]["cell_type"] == "code":
            deciding = cells[i + 1 : i + 1 + LONGEST_RUN]
            hidden = [c for c in deciding if c["metadata"].get("jupyter", {}).get("outputs_hidden")]
            if not hidden and cells[i + 1].get("outputs"):
                yield "sight", f"cell {cell['id']} asks to predict, and the output is in sight"


def unanswered(cells: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Questions of a fold or of a list that nothing answers."""
    for i, cell in enumerate(cells):
        if re.search(r"<summary>[^<]*\?", text(cell)) and "</details>" not in text(cell):
            yield "answer", f"cell {cell['id']}: a question without an answer"
        said = re.sub(r"<details>.*?</details>", "", text(cell), flags=re.DOTALL)
        listed = LISTED.search(said) if cell["cell_type"] == "markdown" else None
        if listed and not any("<details>" in text(near) for near in cells[i : i + ANSWERED_WITHIN]):
            yield "answer", f"cell {cell['id']} asks {listed[0]!r}, and no fold near it answers"


def problems_of(notebook: dict[str, Any], size: int = 0) -> list[tuple[str, str]]:
    """Everything that a chapter does not keep: (kind, sentence)."""
    cells = notebook["cells"]
    return [*too_long(cells, size), *untold(cells), *in_sight(cells), *unanswered(cells)]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_keeps_to_the_budget(path: Path) -> None:
    found = problems_of(json.loads(path.read_text(encoding="utf-8")), path.stat().st_size)
    allowed = ALLOWED.get(path.stem.partition("-")[0], set())
    assert [sentence for kind, sentence in found if kind not in allowed] == []
    assert allowed <= {kind for kind, _ in found}, f"{path.stem} keeps more than ALLOWED says: shorten its entry"


@pytest.mark.parametrize("path", [COURSE / "index.ipynb", COURSE / "reproduction.ipynb"], ids=lambda path: path.stem)
def test_the_code_of_the_other_notebooks_fits_a_page(path: Path) -> None:
    found = too_long(json.loads(path.read_text(encoding="utf-8"))["cells"], 0)
    assert [sentence for kind, sentence in found if kind in ("width", "lines")] == []


# ---- the checks themselves, on notebooks that are wrong in one way each


def code(source: str = "1", **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "id": "c", "metadata": {}, "source": [source], "outputs": [], **more}


def markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": "m", "metadata": {}, "source": [source]}


PICTURE = {"output_type": "display_data", "data": {"image/png": "iVBO", "text/plain": "<Figure size 1x1 with 1 Axes>"}}
HIDDEN = {"jupyter": {"outputs_hidden": True}}


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([markdown("x")] * 71, "cells"),
        ([markdown("word " * 3001)], "words"),
        ([code("1\n" * 16)], "lines"),
        ([code("x" * 81)], "width"),
        ([code()] * 4, "run"),
        ([code(outputs=[PICTURE])], "alt"),
        ([code(outputs=[{"data": {"image/svg+xml": "<svg>", "text/html": "<img>", "text/plain": "a line"}}])], "forms"),
        ([markdown("**Bet:** how many?"), code(outputs=[{"data": {"text/plain": "5"}}])], "sight"),
        ([markdown("Predict the shape before you look."), code(outputs=[{"data": {"text/plain": "5"}}])], "sight"),
        ([markdown("<details><summary>Why?</summary> because")], "answer"),
        ([markdown("Find out:\n\n1. Does it fit?\n2. And now?"), code(), markdown("On we go.")], "answer"),
    ],
)
def test_what_breaks_the_budget_is_found(cells: list[dict[str, Any]], kind: str) -> None:
    assert {found for found, _ in problems_of({"cells": cells})} == {kind}


def test_a_heavy_file_is_found() -> None:
    assert problems_of({"cells": []}, 350_001) == [("bytes", "350,001 bytes, at most 350,000")]


def test_a_good_chapter_has_no_problems() -> None:
    told = {"data": {"image/png": "iVBO", "text/plain": "a line from 0 to 1"}}
    described = code(outputs=[PICTURE], metadata={"deepkit": {"alt": "two dots"}})
    bet = [markdown("**Bet:** how many?"), code(metadata=HIDDEN, outputs=[told])]
    answered = markdown("<details><summary>Why?</summary>Because $x > 0$.</details>")
    listed = [markdown("1. Does it fit?"), code(), markdown("<details><summary>Answer</summary>It does.</details>")]
    assert problems_of({"cells": [*bet, answered, *listed, described, code(), code()]}, 350_000) == []
