"""The documents' examples: what each one is, the figures it printed, the chapter that teaches it, and what came out here."""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from pathlib import Path

from deepkit import resources
from deepkit.errors import DataError

FILE = "examples.csv"
STATUSES = {
    "equal": "the printed digits came out here, as far as `ours` says",
    "level": "trained from other random numbers, it reached the same level",
    "below": "trained from other random numbers, it stays below the level that was printed",
    "repaired": "the document's program could not run as it stands and was mended",
    "told": "nothing was printed; what it says is run or drawn",
    "to come": "its chapter is not written yet",
}


@dataclass(frozen=True)
class Example:
    """One example. `id`: document, section, number; `lines`: of the document; `printed`: its figures, verbatim, by `; `."""

    id: str
    lines: str
    chapter: str
    what: str
    printed: str
    ours: str
    setting: str
    status: str
    reason: str

    @property
    def document(self) -> str:
        return self.id.partition("-")[0]

    @property
    def figures(self) -> list[str]:
        """The printed figures, one by one."""
        return [figure for figure in self.printed.split("; ") if figure]


def examples(path: Path | None = None) -> dict[str, Example]:
    """All examples by their ids, in the documents' order.

    Raises:
        DataError: the table is missing, or a row has other columns, an id twice, or a status that nobody knows.
    """
    path = resources.folder("course") / FILE if path is None else path
    columns = [field.name for field in fields(Example)]
    found: dict[str, Example] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                if list(row) != columns or None in row.values():
                    raise DataError(f"{path}, row {number}: {list(row)}", rule=f"the columns are {columns}")
                example = Example(**row)
                if example.id in found or example.status not in STATUSES:
                    raise DataError(f"{path}, row {number}: {example.id}, {example.status!r}",
                                    rule=f"an id stands once, and its status is one of {', '.join(STATUSES)}")
                found[example.id] = example
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    return found
