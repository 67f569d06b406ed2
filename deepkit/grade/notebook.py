"""Notebooks as the grader sees them: cells, nbgrader's schema-3 roles, and the cut from master to release."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepkit.errors import GradingError
from deepkit.grade.files import read_bounded

MOST_BYTES = 20 << 20
STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")
_BEGIN, _END = "### BEGIN SOLUTION", "### END SOLUTION"


@dataclass(frozen=True)
class Cell:
    """One cell: its text and its role ("answer", "check", "given", or "" for everything else)."""

    source: str
    role: str
    grade_id: str
    raw: dict[str, Any]


def read_notebook(path: Path) -> dict[str, Any]:
    """Parse a version-4 notebook with the standard library; whatever is not one raises GradingError."""
    content = read_bounded(path, MOST_BYTES)
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # bad UTF-8 and bad JSON are both ValueErrors
        raise GradingError(
            f"{path} is not a notebook: {str(error)[:120]}", hint="save it from JupyterLab and hand it in again"
        ) from error
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4 or not isinstance(notebook.get("cells"), list):
        raise GradingError(
            f"{path} is not a version-4 notebook",
            rule='a JSON object with "nbformat": 4 and a list "cells"',
            hint="open and save it in JupyterLab",
        )
    for position, cell in enumerate(notebook["cells"], start=1):
        if not isinstance(cell, dict) or text_of(cell.get("source")) is None:
            raise GradingError(f"{path}: cell {position} is damaged", rule='a cell is an object with a text "source"')
    return notebook


def read_cells(path: Path) -> list[Cell]:
    """The cells of a notebook of ours, with the roles that their nbgrader metadata gives them."""
    return [_cell(raw) for raw in read_notebook(path)["cells"]]


def grade_ids(path: Path) -> set[str]:
    """The names that the cells of a notebook carry."""
    found = (nbgrader_keys(raw).get("grade_id") for raw in read_notebook(path)["cells"])
    return {name for name in found if isinstance(name, str)}


def without_solution(source: str, where: str) -> str:
    """The text a student gets: every region between the solution marks becomes the stub, at its indentation.

    >>> print(without_solution("def f(x):\\n    ### BEGIN SOLUTION\\n    return x\\n    ### END SOLUTION", "f"))
    def f(x):
        # YOUR CODE HERE
        raise NotImplementedError()
    """
    if _BEGIN not in source and _END not in source:
        return "\n".join(STUB)
    kept: list[str] = []
    inside = False
    for line in source.splitlines():
        mark = line.strip()
        if mark == (_END if inside else _BEGIN):
            if not inside:
                indentation = line[: len(line) - len(line.lstrip())]
                kept += [indentation + text for text in STUB]
            inside = not inside
        elif _BEGIN in line or _END in line:
            raise GradingError(f"{where}: unpaired solution mark {mark!r}", rule=f"each {_BEGIN} has its {_END}")
        elif not inside:
            kept.append(line)
    if inside:
        raise GradingError(f"{where}: {_BEGIN} without {_END}")
    return "\n".join(kept)


def release(path: Path, points: dict[str, float]) -> str:
    """The students' notebook, as JSON text, cut out of the master at `path`.

    Solutions become stubs, outputs go, checks get their points from tests.py (`points`, by answer), and cells
    get what nbgrader 0.9 writes into a release: checksum, cell_type, deletable, editable.
    """
    cells = []
    for position, cell in enumerate(read_cells(path)):
        raw = copy.deepcopy(cell.raw)
        source = without_solution(cell.source, cell.grade_id) if cell.role == "answer" else cell.source
        raw["source"] = source.splitlines(keepends=True)
        raw.setdefault("id", f"cell-{position}")
        if cell.role:
            keys = raw["metadata"]["nbgrader"]
            keys["cell_type"] = raw["cell_type"]
            if cell.role == "check":
                keys["points"] = points[cell.grade_id.removesuffix("-check")]
            keys["checksum"] = checksum(source, keys)
            raw["metadata"]["deletable"] = False
            if cell.role != "answer":
                raw["metadata"]["editable"] = False
        if raw["cell_type"] == "code":
            raw["outputs"], raw["execution_count"] = [], None
        cells.append(raw)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def checksum(source: str, keys: dict[str, Any]) -> str:
    """nbgrader's MD5 over a cell's text and role (it detects edits; it protects nothing)."""
    parts = [source, keys["cell_type"], keys["grade"], keys["solution"], keys["locked"], keys["grade_id"]]
    if keys["grade"]:
        parts.append(float(keys["points"]))
    return hashlib.md5("".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()


def _cell(raw: dict[str, Any]) -> Cell:
    keys = nbgrader_keys(raw)
    source = text_of(raw["source"]) or ""
    if not keys:
        return Cell(source, "", "", raw)
    name = keys.get("grade_id")
    if keys.get("schema_version") != 3 or not isinstance(name, str) or not re.fullmatch(r"[a-zA-Z0-9_-]+", name):
        raise GradingError(
            f"master cell {name!r}: bad nbgrader metadata",
            rule="schema_version 3, and a grade_id of letters, digits, - and _",
        )
    solution, graded, locked = (keys.get(key) is True for key in ("solution", "grade", "locked"))
    roles = {(True, False, False): "answer", (False, True, True): "check", (False, False, True): "given"}
    role = roles.get((solution, graded, locked))
    if role is None or raw.get("cell_type") != "code":
        raise GradingError(
            f"master cell {name!r} has no role",
            rule="code cells with solution (an answer), grade + locked (a check) or locked (given code) set to true",
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
