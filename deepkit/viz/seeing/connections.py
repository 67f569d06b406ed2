"""Which map looks at which: a table of connections drawn as filled squares."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.errors import ShapeError
from deepkit.viz.grids import BLUE, document, frame, label
from deepkit.viz.picture import Drawing
from deepkit.viz.style import GREY

_CELL, _LEFT, _TOP = 30.0, 110.0, 44.0


def show_connections(table: Any, below: str = "input", above: str = "output") -> Drawing:
    """Draw a (channels, filters) table of 0 and 1: a filled square where the filter (column) looks at the channel (row).

    Under each column stands how many channels the filter looks at. below, above: what the rows and columns are called.

    >>> show_connections([[1, 0], [1, 1]], "S2", "C3")
    3 of 4 connections between 2 maps of S2 and 2 maps of C3
    """
    rows = np.asarray(table)
    if rows.ndim != 2 or not rows.size or not np.isin(rows, (0, 1)).all():
        raise ShapeError(f"a table of shape {rows.shape}", rule="(channels, filters) of 0 and 1")
    (high, wide), parts = rows.shape, []
    parts.append(label(f"map of {above}", _LEFT, 14))
    parts.append(label(f"map of {below}", 4, _TOP - 8))
    for j in range(wide):
        middle = _LEFT + (j + 0.5) * _CELL
        parts.append(label(str(j), middle, _TOP - 8, anchor="middle"))
        parts.append(label(str(int(rows[:, j].sum())), middle, _TOP + high * _CELL + 18, anchor="middle", bold=True))
    parts.append(label("looks at", 4, _TOP + high * _CELL + 18))
    for i in range(high):
        parts.append(label(str(i), _LEFT - 12, _TOP + (i + 0.5) * _CELL + 4, anchor="end"))
        for j in range(wide):
            x, y = _LEFT + j * _CELL, _TOP + i * _CELL
            parts.append(frame(x + 2, y + 2, _CELL - 4, _CELL - 4, stroke=GREY, wide=0.6, fill=BLUE if rows[i, j] else "none"))
    said = f"{int(rows.sum())} of {rows.size} connections between {high} maps of {below} and {wide} maps of {above}"
    return Drawing(document(parts, _LEFT + wide * _CELL + 8, _TOP + high * _CELL + 30, said), said)
