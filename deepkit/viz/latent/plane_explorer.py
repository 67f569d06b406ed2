"""A point that is dragged through the plane of two codings, and the picture that a decoder makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.errors import ShapeError
from deepkit.loading import optional
from deepkit.viz.grids import ORANGE, document, label
from deepkit.viz.interactive import Interactive, in_row
from deepkit.viz.latent.plane import Decode, drawn_sheet, sheet
from deepkit.viz.picture import Drawing
from deepkit.viz.plane.dragging import dragged
from deepkit.viz.plane.panel import Panel
from deepkit.viz.rows import drawn

_LEFT, _TOP, _SIDE, _LARGE = 40.0, 8.0, 360.0, 200.0


class PlaneExplorer(Interactive):
    """The plane as a sheet of pictures, a point to drag over it (Tab and the arrow keys, too), its picture in full size.

    Args:
        decode: (n, 2) codings to (n, height, width) pictures of 0..1.
        images: pictures that were encoded, (n, height, width) of 0..1 or 0..255; the one whose coding is nearest is shown.
        codings: (n, 2), theirs.
        at: where the point is at first.
        count: pictures a side of the sheet.
        between: what the edges of the plane mean.

    Attributes:
        at: (2,), where the point is; made: (height, width), what the decoder makes of it; nearest: the index of the image
            whose coding is nearest to it.
        board: the point in the browser.

    Raises:
        ShapeError: for images and codings that do not belong together.
        MissingExtraError: without anywidget and ipywidgets (extra `course`).
    """

    def __init__(self, decode: Decode, images: Any, codings: Any, at: tuple[float, float] = (0.0, 0.0), count: int = 13,
                 between: tuple[float, float] = (-2.6, 2.6)):
        w = optional("ipywidgets", "the explorer of a plane")
        self._decode, self._between = decode, between
        self._images, self._codings = np.asarray(images), np.asarray(codings, np.float64)
        if self._codings.shape != (len(self._images), 2) or self._images.ndim != 3:
            raise ShapeError(f"images of shape {self._images.shape}, codings of shape {self._codings.shape}",
                             rule="(n, height, width) and (n, 2)")
        self._sheet = sheet(decode, count, between)
        self.board = dragged([at], [1], (_LEFT, _TOP, _SIDE), between, ("", "a coding"))
        self.board.picture = self._plane(())
        self._drawing = w.HTML()
        self._look()
        self.board.observe(self._look, "points")
        right = w.VBox([self._drawing], layout=w.Layout(width="230px", flex="0 0 auto"))
        self.widget = in_row([self.board, right])
        self.widget.add_class("deepkit-plane-explorer")

    @property
    def at(self) -> np.ndarray:
        return np.array(self.board.points[0], np.float64)

    def _look(self, _: Any = None) -> None:
        self.made = np.asarray(self._decode(self.at[None]), np.float64)[0]
        self.nearest = int(((self._codings - self.at) ** 2).sum(axis=1).argmin())
        tall = 2 * _LARGE + 64
        self._drawing.value = document(self._pair(4.0, 0.0), _LARGE + 12, tall, self.sentence())

    def sentence(self) -> str:
        """Where the point is, and how far the nearest coding of an image."""
        x, y = self.at
        far = float(np.hypot(*(self._codings[self.nearest] - self.at)))
        return f"decoded at ({x:.2f}, {y:.2f}); the nearest coding of an image is {far:.2f} away"

    def _pair(self, left: float, top: float) -> list[str]:
        """What is decoded, and below it the image whose coding is nearest."""
        (x, y), known = self.at, self._images[self.nearest] / (255 if self._images.dtype == np.uint8 else 1)
        far = float(np.hypot(*(self._codings[self.nearest] - self.at)))
        looks = (1.0, False, False)
        return [
            label(f"decoded at {x:.2f}, {y:.2f}", left, top + 14), drawn(self.made, left, top + 22, _LARGE, looks),
            label(f"nearest image, {far:.2f} away", left, top + _LARGE + 44),
            drawn(known, left, top + _LARGE + 52, _LARGE, looks),
        ]

    def _plane(self, more: tuple[str, ...]) -> str:
        square = Panel(_LEFT, _TOP, _SIDE, *self._between)
        parts = [drawn_sheet(self._sheet, square)]
        square.rim("z1", "z2")
        wide = _LEFT + _SIDE + (_LARGE + 40 if more else 10)
        return document([*parts, *square.parts, *more], wide, _TOP + max(_SIDE + 24, 2 * _LARGE + 60 if more else 0), "a plane")

    def picture(self) -> Drawing:
        """The plane, the point, and the pair of pictures, as a still drawing."""
        square = Panel(_LEFT, _TOP, _SIDE, *self._between)
        (x, y), = square.places(self.at[None])
        point = f'<rect x="{x - 5.5:.1f}" y="{y - 5.5:.1f}" width="11" height="11" fill="{ORANGE}" stroke="#ffffff"/>'
        return Drawing(self._plane((point, *self._pair(_LEFT + _SIDE + 24, 0.0))), self.sentence())


def plane_explorer(decode: Decode, images: Any, codings: Any, **begin: Any) -> PlaneExplorer:
    """Drag a point through a plane of codings, and see what is decoded there; see PlaneExplorer.

    >>> plane_explorer(vae.decode, x_train, vae.encode(x_train), at=(0.5, -1))
    """
    return PlaneExplorer(decode, images, codings, **begin)
