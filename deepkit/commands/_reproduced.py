"""What came out when the cells of the documents' examples ran: found in their outputs, and kept in one table."""

from __future__ import annotations

import copy
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from deepkit.errors import ArgumentError, DataError

FILE = "reproduced.csv"
TRAININGS = "reproduction.json"
_COUNT = re.compile(r"(\d+) of (\d+)\s*$")
_RULE = re.compile(r"─+(?:\s+─+){2,}\s*")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d*)?(?:e-?\d+)?")


@dataclass(frozen=True)
class Result:
    """One example. `cells`: how many ran; `digits`: of the printed digits those that came out; `result`: ran or failed."""

    id: str
    chapter: str
    cells: int
    digits: str
    seconds: float
    result: str


def examples_of(cell: Mapping[str, Any]) -> list[str]:
    """The ids of the examples that a cell carries."""
    return list(cell["metadata"].get("deepkit", {}).get("example", []))


def up_to(notebook: Any, example: str) -> Any:
    """The notebook without what stands behind the last code cell of an example.

    Raises:
        ArgumentError: the text tells the example, and no cell runs it.
    """
    own = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code" and example in examples_of(cell)]
    if not own:
        raise ArgumentError(f"{example} is told in the text of its chapter: there is nothing to run")
    last = own[-1]
    shorter = copy.copy(notebook)
    shorter.cells = notebook.cells[: last + 1]
    return shorter


def results(
    cells: Iterable[Mapping[str, Any]], chapter: str, seconds: Mapping[str, float], printed: Mapping[str, str],
) -> list[Result]:
    """One result for each example of a notebook that ran.

    seconds: of each cell that ran, by its id. printed: what the documents printed, by the example's id.
    """
    found: dict[str, list[Mapping[str, Any]]] = {}
    for cell in cells:
        for example in examples_of(cell) if cell["cell_type"] == "code" else ():
            found.setdefault(example, []).append(cell)
    return [
        Result(
            example, chapter, len(own), _digits(own, printed.get(example, "")),
            round(sum(seconds.get(cell["id"], 0.0) for cell in own), 2),
            "ran" if all(cell["id"] in seconds for cell in own) else "failed",
        )
        for example, own in found.items()
    ]


def _digits(cells: Iterable[Mapping[str, Any]], printed: str) -> str:
    """The sum over the tables of the cells, such as `41 of 42`; nothing where no figure was printed.

    A line of a table that several examples share counts for those whose document printed what it quotes.
    """
    agreeing = of = 0
    for cell in cells:
        shared = len(examples_of(cell)) > 1
        for output in cell.get("outputs", []):
            for quoted, count, most in _lines("".join(output.get("data", {}).get("text/plain", ""))):
                if not shared or _quotes(quoted, printed):
                    agreeing, of = agreeing + count, of + most
    return f"{agreeing} of {of}" if of else ""


def _lines(table: str) -> Iterator[tuple[str, int, int]]:
    """What the document printed, digits that agree, and digits, for each line of a table that `viz.reproduction` wrote."""
    column: tuple[int, int] | None = None
    for line in table.splitlines():
        if _RULE.fullmatch(line):
            column = [match.span() for match in re.finditer("─+", line)][-3]
        elif column is not None and (count := _COUNT.search(line)):
            yield line[slice(*column)].strip(), int(count[1]), int(count[2])


def _quotes(text: str, printed: str) -> bool:
    """Whether all numbers of a text are among those that a document printed; without numbers, the text itself."""
    numbers = set(_NUMBER.findall(text))
    return numbers <= set(_NUMBER.findall(printed)) if numbers else text in printed


def read(path: Path) -> dict[str, Result]:
    """The table at `path` by id; empty where there is none yet. DataError for another kind of file."""
    columns = [field.name for field in fields(Result)]
    if not path.is_file():
        return {}
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    if not rows or rows[0] != columns or any(len(row) != len(columns) for row in rows):
        raise DataError(f"{path} is no table of results", rule=f"its columns are {', '.join(columns)}", hint="another --out")
    return {row[0]: Result(row[0], row[1], int(row[2]), row[3], float(row[4]), row[5]) for row in rows[1:]}


def write(path: Path, table: Mapping[str, Result]) -> None:
    """Write the table, whole or not at all, in the order of the ids."""
    from deepkit.files import whole_file

    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(field.name for field in fields(Result))
    lines.writerows(astuple(table[name]) for name in sorted(table, key=_order))
    with whole_file(path) as file:
        file.write(text.getvalue().encode())


def _order(example: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", example)]
