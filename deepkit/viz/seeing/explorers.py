"""Two explorers of a network that sees, on a chosen or drawn picture: its maps layer by layer, and a patch that covers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.viz.inking.explorer import NARROW, PictureExplorer
from deepkit.viz.picture import Drawing
from deepkit.viz.seeing.maps import show_layers
from deepkit.viz.seeing.occlusion import Occlusion, Says, show_occlusion

See = Callable[[np.ndarray], Mapping[str, Any]]


class MapsExplorer(PictureExplorer):
    """A picture, a slider through the layers, and the maps of the layer.

    Args:
        images: pictures to choose from by name, each (28, 28), white on black.
        see: (28, 28) of 0..1 to the maps by the layer's name, as `show_layers` takes them.
        says: what is written above the maps of (28, 28), a text.

    Attributes:
        controls: the widgets by name: picture, layer.
        maps: by layer, what is shown now.
    """

    def __init__(self, images: Mapping[str, Any], see: See, says: Callable[[np.ndarray], str]):
        self._see, self._says = see, says
        self._layers = list(see(np.zeros((28, 28))))
        if not self._layers:
            raise ArgumentError("the network shows no layer", hint='see=lambda image: {"C1": maps_of(image)}')
        super().__init__(images, "deepkit-maps-explorer")

    def make_controls(self) -> None:
        w = self._w
        layer = w.SelectionSlider(options=self._layers, description="layer", layout=w.Layout(width="280px"), style=NARROW)
        layer.observe(self.show, "value")
        self.controls["layer"] = layer

    def look(self) -> None:
        self.maps = self._see(self.choice.image)
        self._text.value = str(self._says(self.choice.image))
        self.show()

    def picture(self) -> Drawing:
        """The maps of the layer."""
        name = self.controls["layer"].value
        return show_layers({"picture": self.choice.image, name: self.maps[name]}, across=8)


class OcclusionExplorer(PictureExplorer):
    """A picture, a patch moved by two sliders, and what covering each place costs the network.

    Args:
        images: pictures to choose from by name, each (28, 28), white on black.
        says: (n, 28, 28) of 0..1 to (n, classes) probabilities.
        size: side of the patch at first.

    Attributes:
        controls: the widgets by name: picture, down, right, size.
        seen: the `Occlusion` that is shown.
    """

    def __init__(self, images: Mapping[str, Any], says: Says, size: int = 7):
        self._says, self._size = says, size
        super().__init__(images, "deepkit-occlusion-explorer")

    def make_controls(self) -> None:
        for name in ("down", "right"):
            self.controls[name] = self.slider(name, 0, 27, 10)
            self.controls[name].observe(self.show, "value")
        self.controls["size"] = self.slider("size", 3, 14, self._size)
        self.controls["size"].observe(lambda _: self.look(), "value")

    def look(self) -> None:
        self.seen = Occlusion(self._says, self.choice.image, self.controls["size"].value)
        self.show()

    def picture(self) -> Drawing:
        """The picture, the patch and the costs."""
        return show_occlusion(self.seen, (self.controls["down"].value, self.controls["right"].value))


def maps_explorer(images: Mapping[str, Any], see: See,
                  says: Callable[[np.ndarray], str] = lambda image: "") -> MapsExplorer:
    """A slider through the layers of a network, on a chosen or drawn picture; see MapsExplorer."""
    return MapsExplorer(images, see, says)


def occlusion_explorer(images: Mapping[str, Any], says: Says, size: int = 7) -> OcclusionExplorer:
    """A patch that covers a part of a chosen or drawn picture; see OcclusionExplorer."""
    return OcclusionExplorer(images, says, size)
