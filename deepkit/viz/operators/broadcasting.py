"""Broadcasting drawn: two shapes aligned at the right, both boxes stretched to one, and what comes out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.shape import Shape, broadcast
from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.grids import ORANGE, document, frame, label
from deepkit.viz.picture import Drawing
from deepkit.viz.style import GREY

FILLS = {"a": "#1f6fb5", "b": "#b84a00", "result": "#5a62b0"}
"""White text reads on each of them, and each stands out from a white and from a dark page."""

_WIDE, _CELL, _READS = 660.0, 34.0, 21.0  # pixels: of all three boxes, of a cell at most, of a cell with a number at least
_STRIP, _ROW = 62.0, 26.0  # a cell of the table of axes
_THIN = 5.0  # what is left of a row among very many
_TAB, _SHEET = 66.0, 9.0  # what stands left of the table; how far a sheet lies behind the one before it
_MOST_AXES = 6

Dims = tuple[int, ...]


class Meeting:
    """How two shapes meet, axis by axis.

    Args:
        a, b: the shapes, tuples of whole numbers.

    Attributes:
        result: the common shape, None where there is none.
        problem: the library's own error where there is none.

    Raises:
        ArgumentError: for a length that is no whole number of 0 or more, or more than six axes.
    """

    def __init__(self, a: Iterable[int], b: Iterable[int]):
        self.a, self.b = _dims(a), _dims(b)
        self.result: Dims | None = None
        self.problem: ShapeError | None = None
        try:
            self.result = broadcast(Shape(self.a), Shape(self.b)).lengths  # type: ignore[assignment]
        except ShapeError as error:
            self.problem = error

    @property
    def axes(self) -> list[tuple[int | None, int | None]]:
        """The lengths that meet, from the first axis to the last; None where a shape has no axis."""
        pairs = itertools.zip_longest(reversed(self.a), reversed(self.b))
        return list(reversed(list(pairs)))

    def sentence(self) -> str:
        """What happens, in words."""
        if self.problem is not None:
            return self.problem.what
        return f"shapes {Shape(self.a)} and {Shape(self.b)} meet in {Shape(self.result)}"

    def values(self) -> tuple[np.ndarray, np.ndarray]:
        """Numbers for both, chosen so that a sum shows what it was made of: tens in a, ones in b."""
        ones = 1 + np.arange(math.prod(self.b)).reshape(self.b)
        tens = 10 ** len(str(ones.size)) * (1 + np.arange(math.prod(self.a))).reshape(self.a)
        return tens, ones


def show_broadcast(a: Iterable[int], b: Iterable[int]) -> Drawing:
    """Draw how a tensor of shape `a` meets one of shape `b`: which axes stretch, and the sum.

    >>> show_broadcast((3, 1), (4,))
    shapes (3, 1) and (4,) meet in (3, 4)
    """
    meeting = Meeting(a, b)
    return Drawing(draw(meeting), meeting.sentence())


def draw(meeting: Meeting) -> str:
    """The SVG: the table of axes above; below it, of up to three axes, the stretched boxes and their sum."""
    parts, right, bottom = _table(meeting)
    if meeting.result is not None and len(meeting.result) <= 3 and 0 not in meeting.result:
        boxes, wide, bottom = _boxes(meeting, bottom + 34)
        parts, right = parts + boxes, max(right, wide)
    said = meeting.sentence()
    return document([*parts, label(said, 8, bottom + 24)], max(right, 7.3 * len(said) + 8) + 12, bottom + 36, said)


def _table(meeting: Meeting) -> tuple[list[str], float, float]:
    """One row for each shape, axes aligned at the right: (parts, right end, lower end)."""
    axes, y = meeting.axes, 24.0
    fits = [_meet(a, b) for a, b in axes]
    parts = [
        label(f"axis {i - len(axes)}", _TAB + (i + 0.5) * _STRIP, y - 8, size=11, anchor="middle") for i in range(len(axes))
    ]
    for row, name in enumerate(("a", "b", "result")):
        top = y + row * (_ROW + 5)
        parts.append(label(name, 8, top + 18, size=13, bold=True))
        if not axes:
            parts.append(label("()", _TAB, top + 18, size=13))
        for i, pair in enumerate(axes):
            own = fits[i] if name == "result" else pair[row]
            parts += _axis(own, fits[i], name, _TAB + i * _STRIP, top)
    return parts, _TAB + len(axes) * _STRIP, y + 3 * (_ROW + 5)


def _meet(a: int | None, b: int | None) -> int | None:
    """The common length of two axes, None where they have none; a missing axis counts as one of length 1."""
    try:
        return (broadcast(*(Shape([1 if length is None else length]) for length in (a, b))).lengths or [None])[0]
    except ShapeError:
        return None


def _axis(own: int | None, common: int | None, name: str, x: float, y: float) -> list[str]:
    """One cell of the table: a length, one that stretches, one that is missing, or one that does not fit."""
    if common is None:
        text = "no fit" if name == "result" else str(own)
        return _cell(text, x, y, stroke=ORANGE, ink=ORANGE, wide=3)
    if own is None:
        return _cell(f"→{common}" if common != 1 else "1", x, y, dash="4 3")
    if own != common:
        return _cell(f"{own}→{common}", x, y, stroke=FILLS[name])
    return _cell(str(own), x, y, stroke=FILLS[name], fill=FILLS[name], ink="#ffffff")


def _cell(text: str, x: float, y: float, *, stroke: str = GREY, fill: str = "none", ink: str = GREY, wide: float = 1.5,
          dash: str = "") -> list[str]:
    inside = label(text, x + _STRIP / 2 - 3, y + 18, size=13, anchor="middle", fill=ink, bold=wide > 2)
    return [frame(x, y, _STRIP - 6, _ROW, stroke=stroke, wide=wide, fill=fill, dash=dash), inside]


def _boxes(meeting: Meeting, y: float) -> tuple[list[str], float, float]:
    """a + b = result, each as the box it is stretched to: (parts, right end, lower end)."""
    result = meeting.result or ()
    sheets, rows, columns = (1,) * (3 - len(result)) + result
    behind = _SHEET * min(sheets - 1, 4)
    cell = min(_CELL, (_WIDE - 120) / (3 * columns), 260 / rows)
    a, b = meeting.values()
    total = ops.add(a, b).numpy()
    pictures = (("a", a, "+"), ("b", b, "="), ("result", total, ""))
    parts, x, top, right = [], 8.0, y + behind, 0.0
    for name, values, sign in pictures:
        parts += _box(name, values, (sheets, rows, columns), x, top, cell)
        right = max(x + columns * cell + behind, x + 7.3 * len(_name(name, values)))
        parts.append(label(sign, right + 20, top + rows * cell / 2 + 6, size=18, anchor="middle"))
        x = right + 40
    return parts, right, top + rows * cell


def _box(name: str, values: np.ndarray, full: Dims, x: float, y: float, cell: float) -> list[str]:
    """The sheets of one box, the last one first: filled where its own numbers are, pale where they are repeated."""
    sheets, rows, columns = full
    own = (1,) * (3 - values.ndim) + values.shape
    parts = [label(_name(name, values), x, y - _SHEET * min(sheets - 1, 4) - 8, size=12)]
    stretched = np.broadcast_to(values.reshape(own), full)
    for k in reversed(range(min(sheets, 5))):
        left, top, fill = x + k * _SHEET, y - k * _SHEET, FILLS[name]
        pale = "none" if k else f"{fill}30"  # pale sheets on top of each other would add up
        parts.append(frame(left, top, columns * cell, rows * cell, stroke=fill, dash="4 3", fill=pale))
        if k < own[0]:
            wide, high = max(own[2] * cell, _THIN), max(own[1] * cell, _THIN)
            parts.append(frame(left, top, wide, high, stroke="#ffffff", wide=0.7, fill=fill))
        if k == 0 and cell >= _READS:
            parts += _numbers(stretched[0], own, fill, left, top, cell)
    return parts


def _name(name: str, values: np.ndarray) -> str:
    return f"{name} {Shape(values.shape)}"


def _numbers(sheet: np.ndarray, own: Dims, fill: str, x: float, y: float, cell: float) -> list[str]:
    """The front sheet's numbers and the lines between them."""
    size = min(13.0, 1.5 * cell / len(str(sheet.max())))
    rows, columns = min(own[1], sheet.shape[0]), min(own[2], sheet.shape[1])
    parts = [_lines(x, y, sheet.shape, cell, fill, "4 3"), _lines(x, y, (rows, columns), cell, "#ffffff", "")]
    for i, j in np.ndindex(*sheet.shape):
        mine = i < rows and j < columns
        parts.append(label(str(sheet[i, j]), x + (j + 0.5) * cell, y + (i + 0.5) * cell + 0.35 * size, size=round(size, 1),
                           anchor="middle", fill="#ffffff" if mine else GREY))
    return parts


def _lines(x: float, y: float, shape: tuple[int, ...], cell: float, stroke: str, dash: str) -> str:
    """The lines between the cells of a sheet."""
    rows, columns = shape
    across = "".join(f"M{x:g} {y + i * cell:g}h{columns * cell:g}" for i in range(1, rows))
    down = "".join(f"M{x + j * cell:g} {y:g}v{rows * cell:g}" for j in range(1, columns))
    return f'<path d="{across}{down}" stroke="{stroke}" stroke-width="0.7" stroke-dasharray="{dash or "none"}" fill="none"/>'


def _dims(shape: Any) -> Dims:
    try:
        dims = tuple(int(length) for length in shape)
        right = all(length == given and length >= 0 for length, given in zip(dims, shape, strict=True))
    except (TypeError, ValueError):
        right = False
    if not right or len(dims) > _MOST_AXES:
        raise ArgumentError(
            f"{shape!r} is not a shape that can be drawn", rule=f"up to {_MOST_AXES} whole numbers, 0 or more: (3, 1)",
            hint="of an array: x.shape",
        )
    return dims
