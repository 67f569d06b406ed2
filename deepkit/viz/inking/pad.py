"""A pad of cells to draw on with a mouse, a pen or a finger, and what a function says to the drawing."""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.loading import optional
from deepkit.viz.grids import document, grid, label
from deepkit.viz.interactive import Interactive, in_row, scripted
from deepkit.viz.picture import Drawing
from deepkit.viz.style import PALETTE

_SIDE = 224.0  # pixels of the longer side


@cache
def _cells() -> Any:
    """The cells in the browser: a stroke inks them, or clears them if it begins on an inked one."""
    return scripted("a drawing pad", __file__, lambda t: {
        "colour": t.Unicode(PALETTE["orange"]), "ink": t.List(t.Int()),
        **{name: t.Int(1) for name in ("rows", "columns", "size")},
    })


def board(cells: Any) -> Any:
    """The widget alone: `ink` holds 0 or 1 for each cell, row by row. cells: (rows, columns), what is inked at first."""
    ink = np.asarray(cells)
    if ink.ndim != 2 or not ink.size:
        raise ShapeError(f"a pad of shape {ink.shape}", rule="(rows, columns), at least one of each")
    size = max(4, int(_SIDE / max(ink.shape)))
    rows, columns = ink.shape
    return _cells()(rows=rows, columns=columns, size=size, ink=[int(bool(on)) for on in ink.ravel()])


class DrawingPad(Interactive):
    """A pad of cells, a button that clears it, and beside it what `answer` says to the drawing.

    A stroke inks the cells that it passes; one that begins on an inked cell clears them.

    Args:
        answer: called with the (rows, columns) cells, 0.0 or 1.0, after each change; what it returns is shown as text.
        start: (rows, columns), what is inked at the beginning; an empty pad of 28 x 28 by default.

    Attributes:
        cells: (rows, columns) of 0.0 and 1.0, what is drawn now.
        said: the last answer.

    Raises:
        ShapeError: for a start that is no matrix.
        ArgumentError: if `answer` cannot be called.
        MissingExtraError: without anywidget and ipywidgets (extra `course`).
    """

    def __init__(self, answer: Callable[[np.ndarray], Any], start: Any = None):
        if not callable(answer):
            raise ArgumentError(f"answer={answer!r} is no function", hint="drawing_pad(lambda cells: cells.sum())")
        w = optional("ipywidgets", "a drawing pad")
        self._answer, cells = answer, np.zeros((28, 28)) if start is None else np.asarray(start)
        self.board = board(cells)
        clear = w.Button(description="clear", layout=w.Layout(width="90px"))
        clear.on_click(lambda _: self.clear())
        self._text = w.HTML()
        self.board.observe(self._change, "ink")
        self.widget = in_row([w.VBox([self.board, clear]), self._text])
        self.widget.add_class("deepkit-drawing-pad")
        self._change()

    @property
    def cells(self) -> np.ndarray:
        return np.array(self.board.ink, np.float64).reshape(self.board.rows, self.board.columns)

    def clear(self) -> None:
        """Take all ink away."""
        self.board.ink = [0] * len(self.board.ink)

    def _change(self, _: Any = None) -> None:
        self.said = str(self._answer(self.cells))
        self._text.value = f"<pre>{html.escape(self.said)}</pre>"

    def picture(self) -> Drawing:
        """The drawing and the answer, standing still."""
        cell, lines = float(self.board.size), self.said.splitlines() or [""]
        x = self.board.columns * cell + 24
        parts = [grid(self.cells, 4, 4, cell, scale=1, signed=False)]
        parts += [label(line, x, 18 + 16 * i) for i, line in enumerate(lines)]
        height = max(self.board.rows * cell, 16 * len(lines)) + 12
        about = f"a drawing of {int(self.cells.sum())} inked cells: {' '.join(self.said.split())}"
        return Drawing(document(parts, x + 7.4 * max(map(len, lines)) + 8, height, about), about)


def drawing_pad(answer: Callable[[np.ndarray], Any], start: Any = None) -> DrawingPad:
    """A pad to draw on, and what `answer` says to the drawing; see DrawingPad."""
    return DrawingPad(answer, start)
