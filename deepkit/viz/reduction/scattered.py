"""Images at their places in the plane, as many as do not cover each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.grids import document, frame, label
from deepkit.viz.picture import Drawing
from deepkit.viz.rows import encoded

_WIDE, _TALL = 660, 420  # pixels
_TOP, _SHADE = 22.0, 32  # few shades of grey make a small file


def show_scattered(images: Any, places: Any, axes: tuple[str, str] = ("first component", "second component"),
                   size: int = 28) -> Drawing:
    """Draw small images where they belong, in the order in which they come; one that would cover another is left out.

    Args:
        images: (n, height, width) of numbers, the largest of all is white.
        places: (n, 2).
        axes: what goes to the right, and what goes up.
        size: of an image in pixels.

    Raises:
        ShapeError: for other shapes.
        ArgumentError: for numbers that are not finite.

    >>> show_scattered(x[:500], pca.transform(x.reshape(-1, 784))[:500])
    217 of 500 images at their places
    """
    pictures, at = np.asarray(images, np.float64), np.asarray(places, np.float64)
    if pictures.ndim != 3 or at.shape != (len(pictures), 2) or not len(pictures):
        raise ShapeError(f"images of shape {pictures.shape} at places of shape {at.shape}", rule="(n, height, width) and (n, 2)")
    if not (np.isfinite(pictures).all() and np.isfinite(at).all()):
        raise ArgumentError("an image or its place holds NaN or infinity")
    low, high = at.min(axis=0), at.max(axis=0)
    share = (at - low) / np.where(high > low, high - low, 1)
    across = 2 + share[:, 0] * (_WIDE - size - 4)
    down = 2 + (1 - share[:, 1]) * (_TALL - size - 4)
    chosen = _apart(across, down, size)
    sheet = np.full((_TALL, _WIDE), 16, np.uint8)
    for k in chosen:
        tile = _resized(pictures[k] / (pictures.max() or 1), size)
        y, x = int(down[k]), int(across[k])
        sheet[y : y + len(tile), x : x + len(tile)] = tile
    sentence = f"{len(chosen)} of {len(pictures)} images at their places"
    data = encoded(sheet // _SHADE * _SHADE, "PNG")
    parts = [
        f'<image x="2" y="{_TOP}" width="{_WIDE}" height="{_TALL}" href="data:image/png;base64,{data}"/>',
        frame(2, _TOP, _WIDE, _TALL),
        label(f"↑ {axes[1]}", 2, _TOP - 8),
        label(f"{axes[0]} →", 2 + _WIDE, _TOP + _TALL + 16, anchor="end"),
    ]
    return Drawing(document(parts, _WIDE + 4, _TOP + _TALL + 24, sentence), sentence)


def _apart(across: np.ndarray, down: np.ndarray, size: float) -> list[int]:
    """Numbers of squares of this size of which none covers one before it."""
    chosen: list[int] = []
    for k in range(len(across)):
        if all(max(abs(across[k] - across[j]), abs(down[k] - down[j])) >= size for j in chosen):
            chosen.append(k)
    return chosen


def _resized(image: np.ndarray, side: int) -> np.ndarray:
    """(side, side) of uint8 by the nearest pixel."""
    rows, columns = ((np.arange(side) * n) // side for n in image.shape)
    return np.rint(16 + 228 * np.clip(image[np.ix_(rows, columns)], 0, 1)).astype(np.uint8)
