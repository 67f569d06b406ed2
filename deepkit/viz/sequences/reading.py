"""A picture that is read row by row: beside each row what is believed of it then, as cells and as a curve."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.grids import BLUE, ORANGE, document, frame, label
from deepkit.viz.picture import Drawing
from deepkit.viz.rows import drawn
from deepkit.viz.style import GREY

_TALL, _TOP, _LEFT = 308.0, 44.0, 30.0
_CELL, _CURVE, _GAP = 20.0, 150.0, 26.0
_FRAMED = 0.3  # a belief below it is hardly one: the largest of ten is never below 0.1


class Reading:
    """A picture, and what is believed after each of its rows.

    Args:
        image: (rows, columns), white on black, 0..1.
        beliefs: (rows, classes), the probabilities after each row.
        truth: the right class; by default the one that is believed at the end.

    Attributes:
        known: whether the right class was given.
        surest_wrong: (row, class, probability) of the largest probability that any wrong class ever has.

    Raises:
        ShapeError: for as many rows of the one as there are not of the other.
        ArgumentError: for a truth that is no class, or a single class.
    """

    def __init__(self, image: Any, beliefs: Any, truth: int | None = None):
        self.image, self.beliefs = np.asarray(image, np.float64), np.asarray(beliefs, np.float64)
        if self.image.ndim != 2 or self.beliefs.ndim != 2 or len(self.image) != len(self.beliefs):
            raise ShapeError(f"a picture of shape {self.image.shape} with beliefs of shape {self.beliefs.shape}",
                             rule="(rows, columns) and (rows, classes)")
        classes = self.beliefs.shape[1]
        self.known = truth is not None
        self.truth = int(self.beliefs[-1].argmax()) if truth is None else int(truth)
        if classes < 2 or not 0 <= self.truth < classes:
            raise ArgumentError(f"the right class {self.truth} of {classes}", rule="two classes or more, one of them right")
        wrong = np.where(np.arange(classes) == self.truth, -1, self.beliefs)
        row, klass = np.unravel_index(int(wrong.argmax()), wrong.shape)
        self.surest_wrong = int(row), int(klass), float(wrong[row, klass])

    def best(self, row: int) -> tuple[int, float]:
        """The class that is believed after `row` rows, from 1, and its probability."""
        klass = int(self.beliefs[row - 1].argmax())
        return klass, float(self.beliefs[row - 1, klass])

    def sentence(self, upto: int | None = None) -> str:
        """What is believed after that many rows, all by default."""
        rows = len(self.image) if upto is None else upto
        if rows == 0:
            return f"nothing read yet of {len(self.image)} rows"
        klass, share = self.best(rows)
        return f"after {rows} of {len(self.image)} rows: {klass} ({share:.2f})"


def show_reading(reading: Reading, upto: int | None = None) -> Drawing:
    """Draw the picture and, beside each row, the probability of every class and the curve of the right one.

    upto: how many rows are read; what comes later is covered. The curve of the strongest rival is dashed.

    >>> show_reading(Reading(image, beliefs, truth=4))
    after 28 of 28 rows: 4 (1.00); after row 9 it said 1 (0.89)
    """
    rows, classes = reading.beliefs.shape
    read = rows if upto is None else upto
    if not 0 <= read <= rows:
        raise ArgumentError(f"{read} rows read of {rows}", rule=f"upto=0 to {rows}")
    tall = _TALL / rows
    parts = [*_picture(reading, read), *_cells(reading, read)]
    x = _LEFT + _TALL + _GAP + classes * _CELL + _GAP
    parts += _curves(reading, read, x, tall)
    said = reading.sentence(read)
    row, klass, share = reading.surest_wrong
    if read == rows and share > 0.5:
        said += f"; after row {row + 1} it said {klass} ({share:.2f})"
    return Drawing(document(parts, x + _CURVE + 20, _TOP + _TALL + 24, said), said)


def _picture(reading: Reading, read: int) -> list[str]:
    """The rows that are read, the others under a grey cover, and numbers of some rows."""
    rows = len(reading.image)
    tall = _TALL / rows
    shown = np.where(np.arange(rows)[:, None] < read, reading.image, 0.0)
    parts = [label("read so far", _LEFT, _TOP - 10), drawn(shown, _LEFT, _TOP, _TALL, (1.0, False, False))]
    parts += _cover(_LEFT, _TALL, read, rows)
    marks = [row for row in range(rows) if row % 5 == 4]
    return parts + [label(str(row + 1), _LEFT - 6, _TOP + (row + 0.5) * tall + 4, size=10, anchor="end") for row in marks]


def _cover(x: float, width: float, read: int, rows: int) -> list[str]:
    """Grey over the rows that are not read yet."""
    if read == rows:
        return []
    y = read * _TALL / rows
    return [f'<rect x="{x:g}" y="{_TOP + y:.1f}" width="{width:g}" height="{_TALL - y:.1f}" fill="{GREY}" fill-opacity="0.55"/>']


def _cells(reading: Reading, read: int) -> list[str]:
    """The probabilities, a row of cells beside each row of the picture; a frame around the largest."""
    rows, classes = reading.beliefs.shape
    tall, x = _TALL / rows, _LEFT + _TALL + _GAP
    known = np.where(np.arange(rows)[:, None] < read, reading.beliefs, 0.0)
    parts = [label("probability of each class", x, _TOP - 28)]
    for klass in range(classes):
        right = klass == reading.truth
        parts.append(label(str(klass), x + (klass + 0.5) * _CELL, _TOP - 10, anchor="middle", bold=right,
                           fill=ORANGE if right else GREY))
    parts.append(drawn(known, x, _TOP, classes * _CELL, (1.0, False, False), _TALL))
    parts += _cover(x, classes * _CELL, read, rows)
    for row in range(read):
        klass, share = reading.best(row + 1)
        if share < _FRAMED:
            continue
        parts.append(frame(x + klass * _CELL, _TOP + row * tall, _CELL, tall, wide=1.4,
                           stroke=ORANGE if klass == reading.truth else BLUE))
    return parts


def _curves(reading: Reading, read: int, x: float, tall: float) -> list[str]:
    """The right class, and dashed the strongest wrong one, from 0 at the left to 1 at the right."""
    parts = [label("0", x, _TOP - 10, anchor="middle", size=10), label("1", x + _CURVE, _TOP - 10, anchor="middle", size=10)]
    grid = "".join(f"M{x + share * _CURVE:g} {_TOP}v{_TALL}" for share in (0, 0.5, 1))
    parts.append(f'<path d="{grid}" stroke="{GREY}" stroke-opacity="0.5" stroke-width="0.8" fill="none"/>')
    names = ("right" if reading.known else "at the end", "rival")
    rival = reading.surest_wrong[1]
    for klass, colour, dash, name, place in ((reading.truth, ORANGE, "", names[0], 0), (rival, BLUE, "5 3", names[1], 100)):
        values = reading.beliefs[:read, klass]
        points = " ".join(f"{x + share * _CURVE:.1f},{_TOP + (row + 0.5) * tall:.1f}" for row, share in enumerate(values))
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.4"{dashes}/>')
        parts.append(label(f"{name}: {klass}", x + place, _TOP + _TALL + 16, fill=colour))
    return parts
