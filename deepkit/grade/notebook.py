"""Notebooks as the grader sees them: cells, and the roles that nbgrader's schema-3 metadata gives them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepkit.errors import GradingError, printable
from deepkit.grade.files import read_bounded

MOST_BYTES = 20 << 20
CHECK = "-check"
"""What the name of a test cell has behind the name of its answer."""
_ROLES = {  # (solution, grade, locked): role
    (True, False, False): "answer", (False, True, True): "check", (False, False, True): "given", (True, True, False): "question",
}


@dataclass(frozen=True)
class Cell:
    """One cell: its text and its role ("answer", "check", "given", "question", or "" for everything else)."""

    source: str
    role: str
    grade_id: str
    raw: dict[str, Any]


def read_notebook(path: Path, *, one_name: bool = False) -> dict[str, Any]:
    """Parse a version-4 notebook with the standard library; whatever is not one raises GradingError.

    `one_name` refuses hard links, see `read_bounded`.
    """
    content = read_bounded(path, MOST_BYTES, one_name=one_name)
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # bad UTF-8 and bad JSON are both ValueErrors
        raise GradingError(
            f"{printable(path)} is not a notebook: {str(error)[:120]}", hint="save it from JupyterLab and hand it in again"
        ) from error
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4 or not isinstance(notebook.get("cells"), list):
        raise GradingError(
            f"{printable(path)} is not a version-4 notebook",
            rule='a JSON object with "nbformat": 4 and a list "cells"',
            hint="open and save it in JupyterLab",
        )
    for position, cell in enumerate(notebook["cells"], start=1):
        if not isinstance(cell, dict) or text_of(cell.get("source")) is None:
            raise GradingError(f"{printable(path)}: cell {position} is damaged", rule='a cell is an object with a text "source"')
    return notebook


def read_cells(path: Path) -> list[Cell]:
    """The cells of a notebook of ours, with the roles that their nbgrader metadata gives them."""
    return [_cell(raw) for raw in read_notebook(path)["cells"]]


def grade_ids(notebook: dict[str, Any]) -> set[str]:
    """The names that the cells of a notebook carry."""
    found = (nbgrader_keys(raw).get("grade_id") for raw in notebook["cells"])
    return {name for name in found if isinstance(name, str)}


def exercise_of(notebook: dict[str, Any], key: str = "exercise") -> str | None:
    """The name of the exercise that a notebook was released from (or another text that its release left in it)."""
    metadata = notebook.get("metadata")
    ours = metadata.get("deepkit") if isinstance(metadata, dict) else None
    value = ours.get(key) if isinstance(ours, dict) else None
    return value if isinstance(value, str) else None


def _cell(raw: dict[str, Any]) -> Cell:
    keys = nbgrader_keys(raw)
    source = text_of(raw["source"]) or ""
    if not keys:
        return Cell(source, "", "", raw)
    name = keys.get("grade_id")
    if keys.get("schema_version") != 3 or not isinstance(name, str) or not re.fullmatch(r"[a-zA-Z0-9_-]+", name):
        raise GradingError(
            f"cell {name!r}: bad nbgrader metadata",
            rule="schema_version 3, and a grade_id of letters, digits, - and _",
        )
    role = _ROLES.get(tuple(keys.get(key) is True for key in ("solution", "grade", "locked")))  # type: ignore[arg-type]
    if role is None or raw.get("cell_type") != ("markdown" if role == "question" else "code"):
        raise GradingError(
            f"cell {name!r} has no role",
            rule="code cells with solution (an answer), grade + locked (a check) or locked (given code) set to true, "
            "or text cells with solution + grade (an open question)",
        )
    return Cell(source, role, name, raw)


def nbgrader_keys(raw: dict[str, Any]) -> dict[str, Any]:
    """A cell's nbgrader metadata; empty where there is none, or something else in its place."""
    metadata = raw.get("metadata")
    keys = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return keys if isinstance(keys, dict) else {}


def text_of(source: Any) -> str | None:
    """A cell's text, which notebooks hold as one text or as a list of lines; None where it is neither."""
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return "".join(source)
    return source if isinstance(source, str) else None
