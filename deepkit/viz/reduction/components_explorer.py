"""A slider for the number of components: a picture, your own drawing too, rebuilt from as many numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from deepkit.errors import ShapeError
from deepkit.loading import optional
from deepkit.viz.grids import BLUE, ORANGE, document, frame, label
from deepkit.viz.inking.choice import PictureChoice
from deepkit.viz.interactive import Interactive
from deepkit.viz.picture import Drawing
from deepkit.viz.rows import drawn
from deepkit.viz.style import GREY

_WIDE, _IMAGE, _GAP, _TALL = 660.0, 150.0, 20.0, 90.0
_SIDE = 28


class ComponentsExplorer(Interactive):
    """A picture beside the mean and its first k components, summed: alive in a notebook with a running kernel, still elsewhere.

    Args:
        images: pictures to choose from by name, each (28, 28), white on black, 0..255 or 0..1.
        mean: (784,), what stands for zero numbers.
        components: (most, 784), unit vectors perpendicular to each other, the most important first.
        count: how many are summed at first.

    Attributes:
        controls: the widgets by name: picture, count.
        choice: the picture that is chosen or drawn, a `PictureChoice`.

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
        ShapeError: for a mean or components of another shape.
    """

    def __init__(self, images: Mapping[str, Any], mean: Any, components: Any, count: int = 10):
        w = optional("ipywidgets", "the explorer of components")
        self._mean, self._components = np.asarray(mean, np.float64), np.asarray(components, np.float64)
        if self._mean.shape != (_SIDE**2,) or self._components.shape[1:] != self._mean.shape:
            raise ShapeError(f"a mean of shape {self._mean.shape}, components of shape {self._components.shape}",
                             rule="(784,) and (k, 784)")
        most = len(self._components)
        self.choice = PictureChoice(images, self._change)
        slider = w.IntSlider(min(count, most), 0, most, description="numbers", layout=w.Layout(width="460px"),
                             style={"description_width": "60px"})
        slider.observe(self._change, "value")
        self.controls: dict[str, Any] = {"picture": self.choice.dropdown, "count": slider}
        self._drawing = w.HTML()
        self.widget = w.VBox([self.choice.dropdown, self.choice.pad, slider, self._drawing])
        self.widget.add_class("deepkit-components-explorer")
        self._change()

    def _change(self, _: Any = None) -> None:
        if hasattr(self, "_drawing"):
            self._drawing.value = self.picture().svg

    def rebuilt(self) -> tuple[np.ndarray, np.ndarray]:
        """The picture (28, 28) from as many numbers as the slider says, and all the numbers (most,)."""
        z = self._components @ (self.choice.image.ravel() - self._mean)
        k = self.controls["count"].value
        return (self._mean + z[:k] @ self._components[:k]).reshape(_SIDE, _SIDE), z

    def picture(self) -> Drawing:
        """What is shown now, as a still picture."""
        (again, z), k = self.rebuilt(), self.controls["count"].value
        missing = self.choice.image - again
        whole = float(np.sum((self.choice.image.ravel() - self._mean) ** 2))
        left = float(np.sum(missing**2)) / whole if whole else 0.0
        sentence = f"{self.controls['picture'].value} from {k} of {_SIDE**2} numbers: {100 * left:.0f} % is missing"
        last = self._components[k - 1].reshape(_SIDE, _SIDE) if k else np.zeros((_SIDE, _SIDE))
        panels = (("the picture", self.choice.image, 1.0, False), (f"from {k} numbers", np.clip(again, 0, 1), 1.0, False),
                  (f"missing: {100 * left:.0f} %", missing, 1.0, True),
                  (f"component {k}" if k else "no component yet", last, float(np.abs(last).max()) or 1.0, True))
        parts = []
        for i, (text, image, scale, signed) in enumerate(panels):
            x = 4 + i * (_IMAGE + _GAP / 2)
            parts += [label(text, x, 16), drawn(image, x, 24, _IMAGE, (scale, signed, False))]
        parts += _bars(z, k, 24 + _IMAGE + 18)
        return Drawing(document(parts, _WIDE, 24 + _IMAGE + 18 + _TALL + 28, sentence), sentence)


def _bars(z: np.ndarray, used: int, y: float) -> list[str]:
    """The numbers as bars up and down, those that are used in colour."""
    middle, scale = y + _TALL / 2, float(np.abs(z).max(initial=0.0)) or 1.0
    wide = (_WIDE - 12) / max(len(z), 1)
    parts = [frame(4, middle, _WIDE - 12, 0, wide=0.6)]
    for i, value in enumerate(z):
        tall = _TALL / 2 * abs(value) / scale
        fill = GREY if i >= used else ORANGE if value > 0 else BLUE
        opacity = ' fill-opacity="0.35"' if i >= used else ""
        parts.append(f'<rect x="{4 + i * wide:.1f}" y="{middle - tall if value > 0 else middle:.1f}" '
                     f'width="{max(wide - 1, 0.6):.1f}" height="{tall:.1f}" fill="{fill}"{opacity}/>')
    parts.append(label("the numbers, from the first component to the last", 4, y + _TALL + 18, size=11))
    return parts


def components_explorer(images: Mapping[str, Any], mean: Any, components: Any, count: int = 10) -> ComponentsExplorer:
    """Explore how many components a picture needs; see ComponentsExplorer.

    >>> components_explorer({"a six": six}, pca.mean, pca.components)
    """
    return ComponentsExplorer(images, mean, components, count)
