"""What explorers of one picture share: the choice of a picture and sliders on the left, words and a drawing on the right."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from deepkit.loading import optional
from deepkit.viz.inking.choice import PictureChoice
from deepkit.viz.interactive import Interactive, in_row

NARROW = {"description_width": "60px"}


class PictureExplorer(Interactive):
    """A picture that is chosen or drawn, sliders, and what a network makes of it.

    Args:
        images: pictures to choose from by name, each (28, 28), white on black.
        name: the CSS class of the widget.

    Attributes:
        choice: the picture, a `PictureChoice`.
        controls: the widgets by name; the first is "picture".
    """

    def __init__(self, images: Mapping[str, Any], name: str):
        self._w = w = optional("ipywidgets", "an explorer")
        self.choice = PictureChoice(images, self.look)
        self.controls: dict[str, Any] = {"picture": self.choice.dropdown}
        self.make_controls()
        self._text, self._drawing = w.HTML(), w.HTML()
        self.widget = self.arrange()
        self.widget.add_class(name)
        self.look()

    @abstractmethod
    def make_controls(self) -> None:
        """Add the sliders below the choice to `controls`."""

    def arrange(self) -> Any:
        """Where everything stands: the choice and its controls on the left, words and drawing on the right."""
        w = self._w
        left = w.VBox([self.controls["picture"], self.choice.pad, *list(self.controls.values())[1:]],
                      layout=w.Layout(width="290px", flex="0 0 auto"))
        right = w.VBox([self._text, self._drawing], layout=w.Layout(flex="1 1 480px", min_width="0"))
        return in_row([left, right])

    @abstractmethod
    def look(self) -> None:
        """Ask the network about the picture that is chosen now, and show what it says."""

    def show(self, _: Any = None) -> None:
        """Draw what `picture` says now."""
        self._drawing.value = self.picture().svg

    def slider(self, name: str, low: int, high: int, value: int) -> Any:
        """A slider of whole numbers, for `controls`."""
        w = self._w
        return w.IntSlider(value, low, high, description=name, layout=w.Layout(width="280px"), style=NARROW)
