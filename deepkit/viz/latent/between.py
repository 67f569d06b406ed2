"""The way from one picture to another: through a code, and beside it as ink that fades over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.loading import optional
from deepkit.viz.grids import document, frame, label
from deepkit.viz.inking.choice import PictureChoice
from deepkit.viz.interactive import Interactive, in_row
from deepkit.viz.picture import Drawing
from deepkit.viz.rows import drawn
from deepkit.viz.style import PALETTE

Encode = Callable[[np.ndarray], Any]
"""(n, 28, 28) pictures to (n, numbers) codings."""
Decode = Callable[[np.ndarray], Any]
"""(n, numbers) codings to (n, 28, 28) pictures of 0..1."""

_WIDE, _GAP, _NAME = 660.0, 6.0, 62.0


class Way:
    """Steps from one picture to another.

    Args:
        first, last: (28, 28) of 0..1.
        encode, decode: of a network.
        steps: pictures on the way, both ends included.

    Attributes:
        shares: (steps,), from 0 to 1, how much of the last is in each.
        coded: (steps, 28, 28), decoded from the codings between; faded: (steps, 28, 28), the pictures themselves, mixed.

    Raises:
        ArgumentError: for fewer than two steps.
    """

    def __init__(self, first: Any, last: Any, encode: Encode, decode: Decode, steps: int = 9):
        if steps < 2:
            raise ArgumentError(f"a way of {steps} pictures", rule="two or more")
        ends = np.stack([np.asarray(first, np.float64), np.asarray(last, np.float64)])
        self.shares = np.linspace(0, 1, steps)
        start, end = np.asarray(encode(ends), np.float64)
        self.coded = np.asarray(decode(start + self.shares[:, None] * (end - start)), np.float64)
        self.faded = ends[0] + self.shares[:, None, None] * (ends[1] - ends[0])


def show_way(way: Way, mark: int | None = None) -> Drawing:
    """Draw a way through the code above, and the same pictures faded over below; `mark` frames one step.

    >>> show_way(Way(x_test[0], x_test[1], vae.encode, vae.decode))
    9 steps from one picture to another
    """
    count = len(way.shares)
    side = (_WIDE - _NAME) / count - _GAP
    parts, y = [], 22.0
    for name, row in (("coded", way.coded), ("faded", way.faded)):
        parts.append(label(name, 4, y + side / 2 + 4))
        for i, one in enumerate(row):
            x = _NAME + i * (side + _GAP)
            parts.append(drawn(one, x, y, side, (1.0, False, False)))
            if name == "coded":
                parts.append(label(f"{100 * way.shares[i]:.0f} %", x, y - 7, size=11))
            if i == mark:
                parts.append(frame(x - 2, y - 2, side + 4, side + 4, stroke=PALETTE["orange"], wide=2.5))
        y += side + 10
    said = f"{count} steps from one picture to another"
    return Drawing(document(parts, _WIDE, y, said), said)


class WayExplorer(Interactive):
    """Two pictures, chosen or drawn, the way between them, and a slider that looks at one step in full size.

    Args:
        images: pictures to choose from by name, each (28, 28), white on black; the first two are the ends at first.
        encode, decode: of a network.

    Attributes:
        controls: the widgets by name: from, to, step.
        choices: the two `PictureChoice`s; way: the `Way` that is shown.

    Raises:
        ArgumentError: with fewer than two pictures.
        MissingExtraError: without ipywidgets (extra `course`).
    """

    def __init__(self, images: Mapping[str, Any], encode: Encode, decode: Decode):
        if len(images) < 2:
            raise ArgumentError(f"a way between {len(images)} pictures", rule="two or more to choose from")
        w = optional("ipywidgets", "the explorer of ways")
        self._encode, self._decode = encode, decode
        self._drawing = w.HTML()
        self.choices = [PictureChoice(images, self._walk) for _ in range(2)]
        step = w.IntSlider(4, 0, 8, description="step", layout=w.Layout(width="400px"), style={"description_width": "60px"})
        step.observe(self._show, "value")
        for choice, name in zip(self.choices, ("from", "to"), strict=True):
            choice.dropdown.description = name
        self.controls: dict[str, Any] = {"from": self.choices[0].dropdown, "to": self.choices[1].dropdown, "step": step}
        ends = in_row([w.VBox([choice.dropdown, choice.pad]) for choice in self.choices])
        self.widget = w.VBox([ends, step, self._drawing])
        self.widget.add_class("deepkit-way-explorer")
        self.choices[1].dropdown.value = list(images)[1]  # and so the first walk

    def _walk(self) -> None:
        self.way = Way(self.choices[0].image, self.choices[1].image, self._encode, self._decode)
        self._show()

    def _show(self, _: Any = None) -> None:
        self._drawing.value = self.picture().svg

    def picture(self) -> Drawing:
        """The way, with the step that the slider says in a frame."""
        return show_way(self.way, self.controls["step"].value)


def way_explorer(images: Mapping[str, Any], encode: Encode, decode: Decode) -> WayExplorer:
    """Walk from one picture to another through the code of a network; see WayExplorer.

    >>> way_explorer({"a six": six, "a nine": nine}, vae.encode, vae.decode)
    """
    return WayExplorer(images, encode, decode)
