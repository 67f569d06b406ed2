"""What is taken out of a submission: the text of its answers, by name, and what these lean on in its other cells."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepkit.grade.notebook import nbgrader_keys, read_notebook, text_of

MOST_ANSWER_CHARACTERS = 100_000
_MOST_STATEMENTS = 20_000  # of a notebook that is looked through for imports


@dataclass(frozen=True)
class Submission:
    """The answers found, the reasons why others cannot be taken, and what the cells import and define.

    Imports at top level of any answer are run for all of them. Definitions are not: `defined` says which answer or other
    cell has a name, so that who is missing it can be told.
    """

    answers: dict[str, str]
    problems: dict[str, str]
    imports: tuple[str, ...]
    defined: frozenset[str]


def read_submission(path: Path, names: list[str]) -> Submission:
    """Take the answers `names` out of a notebook: by grade_id, or by the cell's own id where that is all it has left."""
    cells = [raw for raw in read_notebook(path)["cells"] if raw.get("cell_type") == "code"]
    answers: dict[str, str] = {}
    problems: dict[str, str] = {}
    for name in names:
        texts = _texts(cells, name)
        if not texts:
            problems[name] = "no answer cell with this name: it was deleted, or it lost its id when it was copied"
        elif len(set(texts)) > 1:
            problems[name] = f"{len(texts)} different cells carry this answer's id: keep the one that counts"
        elif len(texts[0]) > MOST_ANSWER_CHARACTERS:
            problems[name] = f"the answer is longer than {MOST_ANSWER_CHARACTERS:,} characters"
        else:
            answers[name] = texts[0]
    imports = tuple(dict.fromkeys(line for source in answers.values() for line in imports_of(source)))
    return Submission(answers, problems, imports, frozenset(_defined(cells)))


def imports_of(source: str) -> list[str]:
    """The import statements at top level of a cell, each on a line; none where the cell is not Python."""
    return [ast.unparse(node) for node in _statements(source) if isinstance(node, ast.Import | ast.ImportFrom)]


def _texts(cells: list[dict[str, Any]], name: str) -> list[str]:
    marked = [cell for cell in cells if nbgrader_keys(cell).get("grade_id") == name]
    plain = [cell for cell in cells if cell.get("id") == name and "grade_id" not in nbgrader_keys(cell)]
    return [text_of(cell["source"]) or "" for cell in marked or plain]


def _defined(cells: list[dict[str, Any]]) -> Iterator[str]:
    for cell in cells:
        for node in _statements(text_of(cell["source"]) or ""):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield node.name
            elif isinstance(node, ast.Assign):
                yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _statements(source: str) -> list[ast.stmt]:
    if len(source) > MOST_ANSWER_CHARACTERS:
        return []
    try:
        return ast.parse(source).body[:_MOST_STATEMENTS]
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # its own answer will say so
        return []
