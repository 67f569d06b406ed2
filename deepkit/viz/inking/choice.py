"""A picture to choose from a list or to draw: what every piece shares that looks at one digit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.loading import optional
from deepkit.viz.inking.pad import board

DRAWN = "your drawing"
_PAD = 14  # cells on a side of the pad; a cell is 2 x 2 pixels
_INKED = 0.35  # a cell of a picture counts as inked from here on


class PictureChoice:
    """A list of pictures, the last of which is drawn on a pad that shows only then.

    Args:
        images: pictures to choose from by name, each (28, 28), white on black, 0..255 or 0..1.
        changed: called without arguments when another picture is chosen or the drawing changes.

    Attributes:
        image: (28, 28) of 0..1, what is chosen now.
        dropdown, board, pad: the widgets: the list, the cells to draw on, and the box around them.

    Raises:
        ArgumentError: without any picture.
        ShapeError: for a picture of another shape.
        MissingExtraError: without ipywidgets (extra `course`).
    """

    def __init__(self, images: Mapping[str, Any], changed: Callable[[], Any]):
        w = optional("ipywidgets", "choosing a picture")
        self._images = {name: _picture(image) for name, image in images.items()}
        if not self._images:
            raise ArgumentError("no picture to begin with", hint='images={"a seven": x_test[0]}')
        self._changed, self.image = changed, next(iter(self._images.values()))
        self.dropdown = w.Dropdown(options=[*self._images, DRAWN], description="picture", layout=w.Layout(width="260px"),
                                   style={"description_width": "60px"})
        self.dropdown.observe(self._choose, "value")
        self.board = board(np.zeros((_PAD, _PAD)))
        self.board.observe(self._take_drawing, "ink")
        clear = w.Button(description="clear", layout=w.Layout(width="90px"))
        clear.on_click(lambda _: self.clear())
        self.pad = w.VBox([w.HTML("draw with the mouse or a finger"), self.board, clear])
        self.pad.layout.display = "none"

    def clear(self) -> None:
        """Take all ink away."""
        self.board.ink = [0] * len(self.board.ink)

    def _choose(self, change: Any) -> None:
        own = change["new"] == DRAWN
        self.pad.layout.display = "" if own else "none"
        if own:  # begin with the picture that was there: it can be changed, or cleared
            blocks = self.image.reshape(_PAD, 2, _PAD, 2).mean(axis=(1, 3))
            self.board.ink = [int(ink) for ink in (blocks > _INKED).ravel()]
            self._take_drawing()
        else:
            self.image = self._images[change["new"]]
            self._changed()

    def _take_drawing(self, _: Any = None) -> None:
        from scipy.ndimage import gaussian_filter

        ink = np.array(self.board.ink, dtype=np.float64)
        pixels = np.kron(ink.reshape(_PAD, _PAD), np.ones((2, 2)))
        self.image = np.minimum(1.2 * gaussian_filter(pixels, 0.7), 1)  # ink has soft edges, as in a scan
        self._changed()


def _picture(image: Any) -> np.ndarray:
    array = np.asarray(image.numpy() if hasattr(image, "numpy") else image, dtype=np.float64)
    if array.shape != (2 * _PAD, 2 * _PAD):
        raise ShapeError(f"a picture has shape {array.shape}", rule=f"({2 * _PAD}, {2 * _PAD}): the pad's pixels")
    return array / 255 if array.max(initial=0.0) > 1 else array
