"""A slider through the rows of a chosen or drawn picture, and what a network believes when it has read so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from deepkit.viz.inking.explorer import NARROW, PictureExplorer
from deepkit.viz.interactive import in_row
from deepkit.viz.picture import Drawing
from deepkit.viz.sequences.reading import Reading, show_reading

Believes = Callable[[np.ndarray], Any]


class ReadingExplorer(PictureExplorer):
    """A picture, a slider for the rows that are read, and the drawing of `show_reading`.

    Args:
        images: pictures to choose from by name, each (28, 28), white on black.
        believes: (28, 28) of 0..1 to the (28, classes) probabilities after each row.
        upto: how many rows are read at first.

    Attributes:
        controls: the widgets by name: picture, rows.
        reading: the `Reading` that is shown.
    """

    def __init__(self, images: Mapping[str, Any], believes: Believes, upto: int = 12):
        self._believes, self._upto = believes, upto
        super().__init__(images, "deepkit-reading-explorer")

    def make_controls(self) -> None:
        w = self._w
        self.controls["rows"] = w.IntSlider(self._upto, 0, 28, description="rows", layout=w.Layout(width="440px"), style=NARROW)
        self.controls["rows"].observe(self.show, "value")

    def arrange(self) -> Any:
        return self._w.VBox([in_row(self.controls.values()), self.choice.pad, self._text, self._drawing])

    def look(self) -> None:
        self.reading = Reading(self.choice.image, self._believes(self.choice.image))
        self.show()

    def show(self, _: Any = None) -> None:
        rows = self.controls["rows"].value
        first = sorted(enumerate(self.reading.beliefs[rows - 1]), key=lambda pair: -pair[1])[:3] if rows else []
        self._text.value = "believes: " + (", ".join(f"{klass} ({share:.2f})" for klass, share in first) or "nothing yet")
        super().show()

    def picture(self) -> Drawing:
        """The rows that are read, and the beliefs until then."""
        return show_reading(self.reading, self.controls["rows"].value)


def reading_explorer(images: Mapping[str, Any], believes: Believes, upto: int = 12) -> ReadingExplorer:
    """A slider through the rows of a chosen or drawn picture; see ReadingExplorer."""
    return ReadingExplorer(images, believes, upto)
