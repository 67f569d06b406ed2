"""A picture with a hole, the code that an autoencoder makes of it, and what comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.grids import BLUE, ORANGE, document, frame, label
from deepkit.viz.picture import Drawing
from deepkit.viz.rows import drawn
from deepkit.viz.style import GREY

Through = Callable[[np.ndarray], tuple[Any, Any]]
"""Pictures (n, height, width) of 0..1 to their codes (n, numbers) and what is rebuilt from these (n, height, width)."""
_WIDE, _GAP, _TALL, _PANELS = 660.0, 10.0, 78.0, 4


class Erased:
    """A picture of which a square was erased, and what an autoencoder makes of both.

    Args:
        through: codes and rebuilt pictures of pictures.
        image: (height, width) of 0..1.
        at: upper left corner of the hole, (row, column); what would stand out is cut off.
        size: side of the square in pixels; 0 erases nothing.

    Attributes:
        hole: (height, width) of bool, where something was erased.
        picture: (height, width), the picture with the hole.
        code, code_before: (numbers,), of the picture with the hole, and of the whole one.
        rebuilt: (height, width), from `code`.
        filled: of the ink that was erased, the share that comes back: 1 - squared error in the hole / squared ink in the hole;
            1 is all of it, 0 as bad as an empty hole; nan where no ink was erased.

    Raises:
        ShapeError: for a picture of another rank, or answers that do not fit it.
        ArgumentError: for a corner outside, or a negative size.
    """

    def __init__(self, through: Through, image: Any, at: tuple[int, int] = (0, 0), size: int = 10):
        self.image = np.asarray(image, np.float64)
        if self.image.ndim != 2:
            raise ShapeError(f"a picture of shape {self.image.shape}", rule="(height, width)")
        if size < 0 or not all(0 <= corner < side for corner, side in zip(at, self.image.shape, strict=True)):
            raise ArgumentError(f"a hole of {size} pixels at {at}", rule=f"a corner within {self.image.shape}, a size from 0")
        self.hole = np.zeros(self.image.shape, bool)
        self.hole[at[0] : at[0] + size, at[1] : at[1] + size] = True
        self.picture = np.where(self.hole, 0.0, self.image)
        codes, rebuilt = (np.asarray(part, np.float64) for part in through(np.stack([self.image, self.picture])))
        if codes.ndim != 2 or len(codes) != 2 or rebuilt.shape != (2, *self.image.shape):
            raise ShapeError(f"codes of shape {codes.shape}, pictures of shape {rebuilt.shape}",
                             rule=f"(2, numbers) and {(2, *self.image.shape)} for two pictures")
        (self.code_before, self.code), self.rebuilt = codes, rebuilt[1]
        ink = float(np.sum(self.image[self.hole] ** 2))
        wrong = float(np.sum((self.rebuilt - self.image)[self.hole] ** 2))
        self.filled = 1 - wrong / ink if ink else float("nan")


def show_erased(seen: Erased) -> Drawing:
    """Draw the picture, the hole, what comes back and what is wrong with it; below, the code with and without the hole.

    >>> show_erased(Erased(through, image, (14, 6)))
    a hole of 100 pixels: 62 % of its ink comes back
    """
    share = "no ink was in it" if np.isnan(seen.filled) else f"{100 * seen.filled:.0f} % of its ink comes back"
    sentence = f"a hole of {int(seen.hole.sum())} pixels: {share}"
    side = (_WIDE - 8 - (_PANELS - 1) * _GAP) / _PANELS
    with_hole = seen.picture + 0.35 * seen.hole  # the hole is grey: to be seen on black
    panels = (("the picture", seen.image, False), ("erased", with_hole, False), ("what comes back", seen.rebuilt, False),
              ("back - picture", seen.rebuilt - seen.image, True))
    parts, tall = [], side * seen.image.shape[0] / seen.image.shape[1]
    for i, (text, image, signed) in enumerate(panels):
        x = 4 + i * (side + _GAP)
        parts += [label(text, x, 16), drawn(image if signed else np.clip(image, 0, 1), x, 24, side, (1.0, signed, False))]
    below = 24 + tall + 14
    parts += [label(sentence, 4, below + 4, bold=True), *_codes(seen.code_before, seen.code, below + 16)]
    return Drawing(document(parts, _WIDE, below + 16 + _TALL + 26, sentence), sentence)


def _codes(before: np.ndarray, now: np.ndarray, y: float) -> list[str]:
    """Two bars for each number of the code: grey of the whole picture, in colour of the one with the hole."""
    scale = max(float(np.abs(before).max(initial=0)), float(np.abs(now).max(initial=0))) or 1.0
    middle, room = y + _TALL / 2, (_WIDE - 12) / max(len(now), 1)
    parts = [frame(4, middle, _WIDE - 12, 0, wide=0.6)]
    for i, pair in enumerate(zip(before, now, strict=True)):
        for k, value in enumerate(pair):
            tall = _TALL / 2 * abs(value) / scale
            fill = GREY if k == 0 else ORANGE if value > 0 else BLUE
            parts.append(f'<rect x="{4 + (i + 0.42 * k) * room:.1f}" y="{middle - tall if value > 0 else middle:.1f}" '
                         f'width="{max(0.4 * room, 0.6):.1f}" height="{tall:.1f}" fill="{fill}"/>')
    parts.append(label(f"the code, {len(now)} numbers: grey of the whole picture, coloured of the erased one", 4, y + _TALL + 16,
                       size=11))
    return parts
