"""Small tables, as text and as HTML, the same every time: rows to compare, and what a document printed beside what we got."""

from __future__ import annotations

import html
import itertools
import math
import numbers
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from deepkit.errors import ArgumentError, ShapeError

SAME, DIFFERS = "=", "≠"
_SLACK = Decimal("1.000001")  # of a half digit: the difference itself is rounded
_WIDE = 32  # characters of a cell that may be broken at its spaces, so that three of them fit a page of 900 pixels
_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


class Table:
    """Rows of text under `columns`; numbers stand right, everything else left."""

    def __init__(self, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool]):
        self.columns, self.rows, self.right = list(columns), [list(row) for row in rows], list(right)

    @property
    def same(self) -> bool:
        """True if every row of a reproduction agrees in every digit that was printed."""
        return all(row[-1] == SAME or re.fullmatch(r"(\d+) of \1", row[-1]) for row in self.rows)

    def __repr__(self) -> str:
        lines = [[cell.split("\n") for cell in row] for row in (self.columns, *self.rows)]
        widths = [max(len(line) for row in lines for line in row[i]) for i in range(len(self.columns))]
        head, *body = [list(itertools.zip_longest(*row, fillvalue="")) for row in lines]
        aligned = [
            [part.rjust(w) if r else part.ljust(w) for part, w, r in zip(parts, widths, self.right, strict=True)]
            for parts in itertools.chain(head, *body)
        ]
        aligned.insert(len(head), ["─" * w for w in widths])
        return "\n".join("  ".join(parts).rstrip() for parts in aligned)

    def _repr_html_(self) -> str:
        def row(cells: Sequence[str], tag: str) -> str:
            sides = ("right" if right else "left" for right in self.right)
            made = (
                f'<{tag} style="text-align:{side};white-space:{"pre-wrap" if len(cell) > _WIDE else "pre"};padding:2px 10px">'
                f"{html.escape(cell)}</{tag}>"
                for cell, side in zip(cells, sides, strict=True)
            )
            return f"<tr>{''.join(made)}</tr>"

        body = "\n".join(row(cells, "td") for cells in self.rows)
        return (
            '<table style="font-family:monospace;border-collapse:collapse">\n'
            f"<thead>{row(self.columns, 'th')}</thead>\n<tbody>\n{body}\n</tbody>\n</table>"
        )


def compare(rows: Iterable[Sequence[Any]], columns: Sequence[str] = ("", "document", "here"), digits: int = 6) -> Table:
    """A table of `rows` under `columns`; floats are written with `digits` significant digits, 25636712 as 25,636,712.

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
    return Table(columns, [[_in_thousands(cell) or _write(cell, digits) for cell in row] for row in given], right)


def reproduction(document: Sequence[Any], here: Sequence[Any], what: Sequence[Any] | None = None) -> Table:
    """What a document printed, as it stands there, beside what we got, line by line, and how many digits agree.

    document: texts, copied from the document; a number counts as the text that Python prints for it. here: numbers,
    arrays or lists with as many numbers, or texts. Ours are written in the document's own form, with as many digits.
    The last column counts, for the number of the line that agrees least, the significant digits that agree, of those that
    were printed: up to the one whose half is not less than the difference. Text without numbers is the same (=) or not
    (≠). `what` names the lines.

    >>> reproduction(document=["0.0675", "0.0163"], here=[0.06749, 0.016401], what=["step 0", "step 1000"])
               document    here  digits
    ─────────  ────────  ──────  ──────
    step 0       0.0675  0.0675  3 of 3
    step 1000    0.0163  0.0164  2 of 3
    """
    names = [""] * len(document) if what is None else list(what)
    if not len(document) == len(here) == len(names):
        raise ShapeError(f"{len(document)} values of the document, {len(here)} of ours, {len(names)} names",
                         rule="as many of each")
    if not len(document):
        raise ArgumentError("nothing to compare", hint="reproduction(document=[...], here=[...])")
    rows = [(str(name), *_beside(str(theirs), ours)) for name, theirs, ours in zip(names, document, here, strict=True)]
    right = all(_NUMBER.fullmatch(row[1]) for row in rows)
    table = Table(("", "document", "here", "digits"), rows, (False, right, right, False))
    if what is None:
        table = Table(table.columns[1:], [row[1:] for row in table.rows], table.right[1:])
    return table


def _beside(theirs: str, ours: Any) -> tuple[str, str, str]:
    """The document's text, ours in the same form, and how far they agree."""
    printed, found = _NUMBER.findall(theirs), _numbers_in(ours)
    if found is None or len(printed) != len(found) or not printed:
        own = ours if isinstance(ours, str) else str(ours)
        return theirs, own, SAME if own == theirs else DIFFERS
    parts = _NUMBER.split(theirs)
    written = [_in_the_form_of(form, number) for form, number in zip(printed, found, strict=True)]
    own = parts[0] + "".join(number + rest for number, rest in zip(written, parts[1:], strict=True))
    counts = [_agreeing(form, number) for form, number in zip(printed, found, strict=True)]
    agreeing, of = min(counts, key=lambda pair: (pair[0] - pair[1], pair[0] if pair[0] < pair[1] else -pair[1]))
    return theirs, own, f"{agreeing} of {of}"


def _in_the_form_of(printed: str, number: float) -> str:
    """A number with as many decimals as the printed one has."""
    mantissa, _, power = printed.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    if power:
        return f"{number:.{decimals}e}"
    return f"{number:.{decimals}f}" + "." * mantissa.endswith(".")


def _agreeing(printed: str, number: float) -> tuple[int, int]:
    """How many of the printed significant digits agree: up to the last one whose half is at least the difference.

    Counted in decimals: a document may print more digits than a float holds.
    """
    digits = re.sub(r"[eE].*|[^\d]", "", printed).lstrip("0")
    count, value = max(len(digits), 1), Decimal(printed)
    if value == 0 or not math.isfinite(number):
        return (count if float(_in_the_form_of(printed, number)) == 0 else 0), count
    first = value.adjusted()
    halves = (Decimal(5).scaleb(first - k) for k in range(count, 0, -1))
    gap = abs(value - Decimal(number))
    return next((count - i for i, half in enumerate(halves) if gap <= half * _SLACK), 0), count


def _write(value: Any, digits: int) -> str:
    if isinstance(value, str):
        return value
    if hasattr(value, "tolist"):
        return _write(value.tolist(), digits)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_write(item, digits) for item in value)}]"
    return f"{value:.{digits}g}" if isinstance(value, (float, complex)) else str(value)


def _in_thousands(value: Any) -> str:
    """A whole number of five digits and more with commas; nothing for anything else."""
    large = isinstance(value, numbers.Integral) and abs(int(value)) >= 10_000
    return f"{int(value):,}" if large else ""


def _numbers_in(value: Any) -> list[float] | None:
    """All numbers of `value` from left to right; None if there is anything else than numbers."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, str):
        return [float(number) for number in _NUMBER.findall(value)]
    if isinstance(value, (list, tuple)):
        parts = [_numbers_in(item) for item in value]
        return None if None in parts else list(itertools.chain(*parts))  # type: ignore[arg-type]
    return [float(value)] if isinstance(value, numbers.Real) and not isinstance(value, bool) else None
