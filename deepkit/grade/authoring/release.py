"""The notebook that learners open, cut out of the source of an exercise."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

from deepkit.errors import ExistingDataError, GradingError
from deepkit.files import write_whole
from deepkit.grade.authoring import regions
from deepkit.grade.notebook import Cell, exercise_of, read_notebook

_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_LANGUAGE = {  # as JupyterLab writes it, so that opening the notebook is no change of it
    "codemirror_mode": {"name": "ipython", "version": 3}, "file_extension": ".py", "mimetype": "text/x-python",
    "name": "python", "nbconvert_exporter": "python", "pygments_lexer": "ipython3", "version": "3.11.7",
}
_GOES_ON = "raises-exception"  # with this tag, "Run All Cells" goes on below a task that is not answered yet


def released(name: str, cells: tuple[Cell, ...]) -> str:
    """The learners' notebook of the exercise `name`, as JSON text.

    Solutions become stubs, hidden tests go, outputs stay only where nothing is to be answered, and cells get what
    nbgrader 0.9 writes into a release: checksum, cell_type, deletable, editable.
    """
    made = [_released(cell, position) for position, cell in enumerate(cells)]
    metadata = {
        "deepkit": {"exercise": name, "digest": _digest(made)},
        "kernelspec": _KERNEL, "language_info": _LANGUAGE,
    }
    notebook = {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def write_release(text: str, path: Path, *, force: bool = False) -> None:
    """Write a release; what lies at `path` is replaced only if it is a release as it was made, or with `force`.

    Raises:
        ExistingDataError: somebody has written into the notebook that is there.
    """
    if path.exists() and not force and path.read_bytes() != text.encode() and not is_untouched(path):
        raise ExistingDataError(
            f"{path} is there already and is another notebook: it may hold answers",
            hint="choose another name with --out, or say --force to replace it",
        )
    write_whole(path, text)


def is_untouched(path: Path) -> bool:
    """Whether a file is a release in which nothing has been changed since it was made."""
    try:
        notebook = read_notebook(path)
    except GradingError:  # whatever it is, it is no release
        return False
    return exercise_of(notebook, "digest") == _digest(notebook["cells"])


def checksum(source: str, keys: dict[str, Any]) -> str:
    """nbgrader's MD5 over a cell's text and role (it detects edits; it protects nothing)."""
    parts = [source, keys["cell_type"], keys["grade"], keys["solution"], keys["locked"], keys["grade_id"]]
    if keys["grade"]:
        parts.append(float(keys["points"]))
    return hashlib.md5("".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()


def _released(cell: Cell, position: int) -> dict[str, Any]:
    raw = copy.deepcopy(cell.raw)
    source = _source(cell)
    raw["source"] = source.splitlines(keepends=True)
    raw.setdefault("id", f"cell-{position}")
    if cell.role:
        keys = raw["metadata"]["nbgrader"]
        keys["cell_type"] = raw["cell_type"]
        keys["checksum"] = checksum(source, keys)
        raw["metadata"]["deletable"] = False
        if cell.role in ("check", "given"):
            raw["metadata"]["editable"] = False
    if cell.role in ("answer", "check"):
        raw["outputs"], raw["execution_count"] = [], None
        raw["metadata"]["tags"] = [_GOES_ON]
    return raw


def _source(cell: Cell) -> str:
    if cell.role == "answer":
        return regions.without_solution(cell.source, cell.grade_id)
    if cell.role == "question":
        return regions.without_solution(cell.source, cell.grade_id, regions.TEXT_STUB)
    return regions.public(cell.source, cell.grade_id) if cell.role == "check" else cell.source


def _digest(cells: list[dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()
