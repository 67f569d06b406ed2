"""Small tables that say what a document printed and what we got, as text and as HTML, the same every time."""

from __future__ import annotations

import html
import math
import numbers
from collections.abc import Iterable, Sequence
from typing import Any

from deepkit.errors import ArgumentError, ShapeError

SAME, CLOSE, DIFFERS = "=", "≈", "≠"


class Table:
    """Rows of text under `columns`; numbers stand right, everything else left."""

    def __init__(self, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool]):
        self.columns, self.rows, self.right = list(columns), [list(row) for row in rows], list(right)

    @property
    def same(self) -> bool:
        """True if no row of a reproduction differs."""
        return all(row[-1] != DIFFERS for row in self.rows)

    def __repr__(self) -> str:
        lines = [[cell.split("\n") for cell in row] for row in (self.columns, *self.rows)]
        widths = [max(len(line) for row in lines for line in row[i]) for i in range(len(self.columns))]
        text = []
        for number, row in enumerate(lines):
            for k in range(max(len(cell) for cell in row)):
                parts = [cell[k] if k < len(cell) else "" for cell in row]
                aligned = [
                    part.rjust(w) if r else part.ljust(w) for part, w, r in zip(parts, widths, self.right, strict=True)
                ]
                text.append("  ".join(aligned).rstrip())
            if number == 0:
                text.append("  ".join("─" * w for w in widths))
        return "\n".join(text)

    def _repr_html_(self) -> str:
        def row(cells: Sequence[str], tag: str) -> str:
            sides = ("right" if right else "left" for right in self.right)
            made = (
                f'<{tag} style="text-align:{side};white-space:pre;padding:2px 10px">{html.escape(cell)}</{tag}>'
                for cell, side in zip(cells, sides, strict=True)
            )
            return f"<tr>{''.join(made)}</tr>"

        body = "\n".join(row(cells, "td") for cells in self.rows)
        return (
            '<table style="font-family:monospace;border-collapse:collapse">\n'
            f"<thead>{row(self.columns, 'th')}</thead>\n<tbody>\n{body}\n</tbody>\n</table>"
        )


def compare(rows: Iterable[Sequence[Any]], columns: Sequence[str] = ("", "document", "here"), digits: int = 6) -> Table:
    """A table of `rows` under `columns`; floats are written with `digits` significant digits.

    >>> compare([("loss", 0.0675, 0.0675), ("steps", 5000, 5000)])
           document    here
    ─────  ────────  ──────
    loss     0.0675  0.0675
    steps      5000    5000
    """
    given = [list(row) for row in rows]
    if not given or any(len(row) != len(columns) for row in given):
        raise ShapeError(f"every row needs {len(columns)} cells, and there is at least one", rule=f"columns: {columns}")
    right = [all(isinstance(row[i], numbers.Number) for row in given) for i in range(len(columns))]
    return Table(columns, [[_write(cell, digits) for cell in row] for row in given], right)


def reproduction(
    document: Sequence[Any], here: Sequence[Any], what: Sequence[Any] | None = None, *, digits: int = 6,
    rtol: float = 1e-3
) -> Table:
    """What a document printed beside what we got, line by line, with a verdict for each.

    `=` written with `digits` digits they are the same; `≈` numbers that differ by at most `rtol` of the document's;
    `≠` they differ. Arrays and lists count number by number. `what` names the lines.

    >>> reproduction(document=[0.0675, 0.0163], here=[0.0675, 0.016301], what=["step 0", "step 1000"])
               document      here
    ─────────  ────────  ────────  ─
    step 0       0.0675    0.0675  =
    step 1000    0.0163  0.016301  ≈
    """
    names = [""] * len(document) if what is None else list(what)
    if not len(document) == len(here) == len(names):
        raise ShapeError(f"{len(document)} values of the document, {len(here)} of ours, {len(names)} names",
                         rule="as many of each")
    if not len(document):
        raise ArgumentError("nothing to compare", hint="reproduction(document=[...], here=[...])")
    rows = [
        (str(name), _write(theirs, digits), _write(ours, digits), _verdict(theirs, ours, digits, rtol))
        for name, theirs, ours in zip(names, document, here, strict=True)
    ]
    table = Table(("", "document", "here", ""), rows, (False, *[_all_numbers(x) for x in (document, here)], False))
    if what is None:
        table = Table(table.columns[1:], [row[1:] for row in table.rows], table.right[1:])
    return table


def _all_numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(value, numbers.Number) for value in values)


def _write(value: Any, digits: int) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return str(value)
    if hasattr(value, "tolist"):
        return _write(value.tolist(), digits)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_write(item, digits) for item in value)}]"
    if isinstance(value, float):
        return f"{value:.{digits}g}"
    if isinstance(value, complex):
        return f"{value:.{digits}g}"
    return str(value)


def _verdict(theirs: Any, ours: Any, digits: int, rtol: float) -> str:
    a, b = _numbers_in(theirs), _numbers_in(ours)
    if a is None or b is None or len(a) != len(b):
        return SAME if _write(theirs, digits) == _write(ours, digits) else DIFFERS
    if _write(a, digits) == _write(b, digits):
        return SAME
    close = (x == y or (math.isfinite(x) and abs(x - y) <= rtol * abs(x)) for x, y in zip(a, b, strict=True))
    return CLOSE if all(close) else DIFFERS


def _numbers_in(value: Any) -> list[float] | None:
    """All numbers of `value`, text such as "[0.1 2.5]" included; None if there is anything else."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, str):
        value = value.replace("[", " ").replace("]", " ").replace(",", " ").split()
        try:
            return [float(part) for part in value]
        except ValueError:
            return None
    if isinstance(value, (list, tuple)):
        parts = [_numbers_in(item) for item in value]
        return None if None in parts else [x for part in parts for x in (part or [])]
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return [float(value)]
    return None
