"""Occlusion: cover a patch of a picture, ask the network again, and draw what each patch costs its certainty."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.picture import Drawing
from deepkit.viz.rows import images

Says = Callable[[np.ndarray], Any]


class Occlusion:
    """A picture under a patch that lay at every place, and what a network said each time.

    Args:
        says: (n, height, width) pictures to (n, classes) probabilities.
        image: (height, width).
        size: side of the square patch in pixels.
        stride: by how many pixels it moves.
        ink: what the patch is painted with.

    Attributes:
        klass: the class that the network says of the whole picture.
        certainty: the probability that it gives to it.
        under: (places, places), its probability with the patch at each place.
        cost: (height, width), by how much the patches over a pixel lower the certainty on the average.

    Raises:
        ShapeError: for a picture of another rank, or an answer that is no row of probabilities for each picture.
        ArgumentError: for a patch that does not fit, or a stride below 1.
    """

    def __init__(self, says: Says, image: Any, size: int = 7, stride: int = 2, ink: float = 0.0):
        self.image = np.asarray(image, np.float64)
        if self.image.ndim != 2:
            raise ShapeError(f"a picture of shape {self.image.shape}", rule="(height, width)")
        if not 1 <= size <= min(self.image.shape) or stride < 1:
            raise ArgumentError(f"a patch of {size} that moves by {stride}",
                                rule=f"size 1 to {min(self.image.shape)}, stride from 1")
        self.size, self.ink = size, ink
        tops, lefts = (np.arange(0, side - size + 1, stride) for side in self.image.shape)
        self._places = [(int(top), int(left)) for top in tops for left in lefts]
        pictures = np.stack([self.image, *(self.covered(*place) for place in self._places)])
        said = np.asarray(says(pictures))
        if said.ndim != 2 or len(said) != len(pictures):
            raise ShapeError(f"{len(pictures)} pictures, answers of shape {said.shape}", rule="(pictures, classes) probabilities")
        self.klass = int(said[0].argmax())
        self.certainty = float(said[0, self.klass])
        self.under = said[1:, self.klass].reshape(len(tops), len(lefts))
        self.cost = self._cost()

    def _cost(self) -> np.ndarray:
        total, count = np.zeros((2, *self.image.shape))
        for (top, left), value in zip(self._places, self.under.ravel(), strict=True):
            total[top : top + self.size, left : left + self.size] += self.certainty - value
            count[top : top + self.size, left : left + self.size] += 1
        return total / np.maximum(count, 1)

    def covered(self, top: int, left: int) -> np.ndarray:
        """The picture with the patch's upper left corner there."""
        picture = self.image.copy()
        picture[top : top + self.size, left : left + self.size] = self.ink
        return picture

    @property
    def worst(self) -> tuple[int, int]:
        """Where the patch costs most: (top, left)."""
        return self._places[int(self.under.argmin())]


def show_occlusion(seen: Occlusion, at: tuple[int, int] | None = None) -> Drawing:
    """Draw the picture, the patch at one place (the worst by default), and what each pixel's covering costs.

    >>> show_occlusion(Occlusion(says, image))
    3 images: says 7: 0.98, covered: 0.12, cost of covering
    """
    place = seen.worst if at is None else at
    nearest = min(range(len(seen._places)), key=lambda i: np.hypot(*np.subtract(seen._places[i], place)))
    picture, under = seen.covered(*seen._places[nearest]), float(seen.under.ravel()[nearest])
    top, left = seen._places[nearest]
    whole = float(np.quantile(np.abs(seen.image), 0.99)) or float(np.abs(seen.image).max()) or 1.0  # one hot pixel hides nothing
    picture = picture / whole
    picture[top : top + seen.size, left : left + seen.size] = 0.5  # grey: to be seen on black
    cost = seen.cost / max(float(np.abs(seen.cost).max()), 1e-9)
    titles = [f"says {seen.klass}: {seen.certainty:.2f}", f"covered: {under:.2f}", "cost of covering"]
    return images([[_grey(seen.image / whole), _grey(picture), cost]], titles, signed=True, scale=1.0, width=560)


def _grey(picture: np.ndarray) -> np.ndarray:
    """(height, width, 3): not an array of signed numbers, whose scale it would share."""
    return np.repeat(np.clip(picture, 0, 1)[..., np.newaxis], 3, axis=2)
