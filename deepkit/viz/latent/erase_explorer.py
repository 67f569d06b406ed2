"""Erase a part of a digit, of your own drawing too, and watch the code and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepkit.viz.inking.explorer import PictureExplorer
from deepkit.viz.latent.erasing import Erased, Through, show_erased
from deepkit.viz.picture import Drawing


class EraseExplorer(PictureExplorer):
    """A picture, a square that is erased from it, and what an autoencoder makes of the rest.

    Args:
        images: pictures to choose from by name, each (28, 28), white on black.
        through: (n, 28, 28) of 0..1 to codes (n, numbers) and rebuilt pictures (n, 28, 28).
        at: upper left corner of the square at first, (down, right).
        size: its side at first.

    Attributes:
        controls: the widgets by name: picture, down, right, size.
        seen: the `Erased` that is shown.
    """

    def __init__(self, images: Mapping[str, Any], through: Through, at: tuple[int, int] = (14, 8), size: int = 10):
        self._through, self._begin = through, {"down": at[0], "right": at[1], "size": size}
        super().__init__(images, "deepkit-erase-explorer")

    def make_controls(self) -> None:
        """Where the square is, and how large."""
        for name, value in self._begin.items():
            self.controls[name] = self.slider(name, 0, 27 if name != "size" else 28, value)
            self.controls[name].observe(lambda _: self.look(), "value")

    def look(self) -> None:
        """Erase, and ask again."""
        at = (self.controls["down"].value, self.controls["right"].value)
        self.seen = Erased(self._through, self.choice.image, at, self.controls["size"].value)
        self.show()

    def picture(self) -> Drawing:
        """The picture, the hole, the codes and what comes back."""
        return show_erased(self.seen)


def erase_explorer(images: Mapping[str, Any], through: Through, at: tuple[int, int] = (14, 8), size: int = 10) -> EraseExplorer:
    """A square that is erased from a chosen or drawn picture; see EraseExplorer."""
    return EraseExplorer(images, through, at, size)
