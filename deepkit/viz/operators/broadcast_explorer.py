"""Type two shapes and see how they meet, in a running notebook."""

from __future__ import annotations

import re
from typing import Any

from deepkit.errors import ArgumentError
from deepkit.loading import optional
from deepkit.viz.grids import ORANGE
from deepkit.viz.interactive import Interactive, in_row
from deepkit.viz.operators.broadcasting import Meeting, draw
from deepkit.viz.picture import Drawing

PAIRS = {
    "a column and a row": ("3, 1", "4"),
    "a batch and a bias": ("5, 3", "3"),
    "a tensor and a number": ("2, 3", ""),
    "they do not fit": ("3, 2", "3"),
    "made to fit": ("3, 2", "3, 1"),
    "predictions and labels, the trap": ("6", "6, 1"),
    "pictures and a mean picture": ("3, 4, 5", "4, 5"),
    "all pairs of points": ("4, 1, 2", "5, 2"),
    "four axes": ("8, 1, 6, 1", "7, 1, 5"),
}
"""Meetings worth a look: the texts of both fields, by name."""


class BroadcastExplorer(Interactive):
    """Two fields for shapes and the drawing of `show_broadcast`, which follows while you type.

    Attributes:
        meeting: what is shown, a `Meeting`.
        controls: the widgets by name: example, a, b.

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
    """

    def __init__(self) -> None:
        w = optional("ipywidgets", "the broadcast explorer")
        first = next(iter(PAIRS.values()))
        self.controls: dict[str, Any] = {"example": w.Dropdown(options=list(PAIRS), description="example")}
        for name, text in zip("ab", first, strict=True):
            self.controls[name] = w.Text(text, description=f"shape of {name}", continuous_update=True)
            self.controls[name].observe(self._change, "value")
        self.controls["example"].observe(self._choose, "value")
        self._drawing, self._message = w.HTML(), w.HTML()
        self.widget = w.VBox([in_row(list(self.controls.values())), self._message,
                              self._drawing])
        self.widget.add_class("deepkit-broadcast-explorer")
        self._change()

    def _choose(self, change: Any) -> None:
        for name, text in zip("ab", PAIRS[change["new"]], strict=True):
            self.controls[name].value = text

    def _change(self, _: Any = None) -> None:
        try:
            self.meeting = Meeting(*(shape_of(self.controls[name].value) for name in "ab"))
        except ArgumentError as error:  # half typed: say so, and keep the last picture
            self._message.value = f'<span style="color:{ORANGE}">{error.what}</span>'
            return
        self._message.value = ""
        self._drawing.value = draw(self.meeting)

    def picture(self) -> Drawing:
        """What is shown now, as a still picture."""
        return Drawing(draw(self.meeting), self.meeting.sentence())


def broadcast_explorer() -> BroadcastExplorer:
    """Type two shapes and see how they meet; see BroadcastExplorer."""
    return BroadcastExplorer()


def shape_of(text: str) -> tuple[int, ...]:
    """The shape that a person typed: `(3, 1)`, `3 1`, `[3,1]`; nothing, or `()`, is the shape of a single number.

    >>> shape_of("(3, 1)"), shape_of("")
    ((3, 1), ())
    """
    parts = re.split(r"[\s,x×]+", text.strip().strip("()[]").strip(" ,"))
    if parts == [""]:
        return ()
    if not all(part.isdecimal() and len(part) < 10 for part in parts):
        raise ArgumentError(f"{text!r} is not a shape yet", rule="whole numbers with commas between them: 3, 1")
    return tuple(int(part) for part in parts)
