"""A card for each operator, made by asking the operator itself: what it is, its curve and slope, and which shapes fit."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from deepkit.core.shape import Shape
from deepkit.errors import ArgumentError
from deepkit.viz.curves.curve import curve, panel
from deepkit.viz.grids import BLUE, document, frame, label
from deepkit.viz.operators.asking import SHAPES, ask_all, plain, signature, tensors_taken
from deepkit.viz.operators.searchable import Searchable
from deepkit.viz.picture import Drawing
from deepkit.viz.style import GREY

COLUMNS, _LINE = 88, 16.0  # characters of a line, pixels between lines
_SIDE, _CELL, _ROW = 132.0, 76.0, 22.0  # of the curve, and of a cell of the table of shapes
_MOST_LINES = 6


def show_operator(function: Callable[..., Any], name: str | None = None) -> Drawing:
    """The card of a public op: signature, meaning, curve and slope where it is a function of one number, and shapes.

    >>> show_operator(dk.matmul)
    matmul(a, b, ...): 2 tensors, 17 of 49 pairs of shapes fit
    """
    name = name or plain(function).__name__
    answers = ask_all(function)
    said = f"{name}{_short(function)}"
    if answers:
        fit, count = sum(answer.made is not None for answer in answers), tensors_taken(function)
        of = f"{len(answers)} shapes" if count == 1 else f"{len(answers)} pairs of shapes"
        said += f": {count} tensor{'s' if count > 1 else ''}, {fit} of {of} fit"
    return Drawing(_draw(function, name, answers, said), said)


def _short(function: Callable[..., Any]) -> str:
    """The parameters that must be given: `(a, b, ...)`."""
    parameters = inspect.signature(plain(function)).parameters.values()
    needed = [p.name for p in parameters if p.default is p.empty]
    return f"({', '.join([*needed, '...'][: len(needed) + (len(needed) < len(parameters))])})"


def _has_curve(function: Callable[..., Any]) -> bool:
    """Whether the op is a function of one number that gives a real one."""
    if tensors_taken(function) != 1:
        return False
    try:
        curve(function, np.array([0.25, 0.5]))
    except ArgumentError:  # it mixes its elements, or makes texts
        return False
    return True


def _draw(function: Callable[..., Any], name: str, answers: list[Any], said: str) -> str:
    parts, y = heading(name, signature(function), inspect.getdoc(plain(function)) or "")
    x, below = 8.0, y
    if _has_curve(function):
        parts += panel(function, x, y + 14, _SIDE, "value and slope")
        x, below = x + _SIDE + 26, y + 14 + _SIDE
    if answers:
        shapes, right, bottom = _shapes(answers, x, y)
        parts, x, below = parts + shapes, right, max(below, bottom)
    return document(parts, max(x, 7.3 * COLUMNS) + 12, below + 12, said)


def heading(name: str, parameters: str, doc: str) -> tuple[list[str], float]:
    """The top of a card: name, parameters, and the first lines of what is said of it; and where it ends."""
    parts, y = [label(name, 8, 24, size=17, bold=True, fill=BLUE)], 44.0
    for line in textwrap.wrap(parameters, COLUMNS):
        parts.append(label(line, 8, y))
        y += _LINE
    told = doc.split("\n\n>>>")[0]
    for line in [line for text in told.split("\n\n") for line in textwrap.wrap(text, COLUMNS)][:_MOST_LINES]:
        y += _LINE
        parts.append(label(line, 8, y - 8))
    return parts, y + 18


def _shapes(answers: list[Any], x: float, y: float) -> tuple[list[str], float, float]:
    """One line of shapes and results, or the table of pairs: (parts, right end, lower end)."""
    if len(answers) == len(SHAPES):
        parts = [label("shape → result", x, y + 9, size=10)]
        for row, answer in enumerate(answers):
            text = f"{Shape(answer.shapes[0])!s:>9} → {answer.result}"
            parts.append(label(text, x, y + 30 + row * 18, size=12, fill=GREY))
        return parts, x + 300, y + 30 + len(answers) * 18
    x, parts = x + _CELL, []
    for i, shape in enumerate(SHAPES):
        parts.append(label(str(Shape(shape)), x - 6, y + 16 + (i + 0.7) * _ROW, size=11, anchor="end"))
        parts.append(label(str(Shape(shape)), x + (i + 0.5) * _CELL, y + 10, size=11, anchor="middle"))
    for k, answer in enumerate(answers):
        row, column = divmod(k, len(SHAPES))
        left, top, fits = x + column * _CELL, y + 16 + row * _ROW, answer.made is not None
        fill = "#1f6fb5" if fits else "none"
        size = min(11.0, 1.55 * _CELL / len(answer.result))
        parts.append(frame(left, top, _CELL, _ROW, stroke=GREY, wide=0.5, fill=fill))
        parts.append(label(answer.result if fits else "·", left + _CELL / 2, top + 15, size=round(size, 1), anchor="middle",
                           fill="#ffffff" if fits else GREY))
    return parts, x + len(SHAPES) * _CELL, y + 16 + len(SHAPES) * _ROW


class OperatorCards(Searchable):
    """A field to search in and the card of the operator that is chosen.

    Args:
        functions: public ops by the names to show.

    Attributes:
        controls: the widgets by name: search, found.

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
        ArgumentError: without a function.
    """

    def __init__(self, functions: Mapping[str, Callable[..., Any]], start: str | None = None):
        if not functions:
            raise ArgumentError("no operator to show", hint='operator_cards({"exp": dk.exp})')
        texts = {name: inspect.getdoc(plain(function)) or "" for name, function in functions.items()}
        super().__init__(functions, texts, start)
        self.widget.add_class("deepkit-operator-cards")

    def picture(self) -> Drawing:
        """The card that is shown now, as a still picture."""
        name = self.controls["found"].value
        return show_operator(self.things[name], name)


def operator_cards(functions: Mapping[str, Callable[..., Any]], start: str | None = None) -> OperatorCards:
    """Search among operators and see their cards; see OperatorCards."""
    return OperatorCards(functions, start)
