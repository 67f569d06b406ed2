"""Rows of images of any kind, each with a title: digits, maps, kernels with their numbers, photographs."""

from __future__ import annotations

import base64
import io
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.loading import optional
from deepkit.viz.grids import colours, document, frame, grid, label
from deepkit.viz.picture import Drawing

_WIDE, _TALLEST, _GAP, _TITLE, _NAME = 660.0, 190.0, 10.0, 20.0, 7.0
_JPEG = 80  # quality: of photographs only
_LETTERED = 26.0  # pixels of a cell that has room for a number
Look = tuple[float | None, bool, bool]
"""Of images: the number of the full colour (None: the largest of each), two-sided or not, with their numbers or not."""


def images(
    rows: Sequence[Sequence[Any]], titles: Sequence[Any] = (), names: Sequence[str] = (), *, signed: bool | None = None,
    scale: float | Literal["each"] | None = None, numbers: bool = False, width: float = _WIDE, shades: int | None = None,
) -> Drawing:
    """Draw rows of images, as wide together as a page.

    Args:
        rows: of each row its images: (height, width) of numbers, or (height, width, 3) of colours, uint8 or 0..1.
        titles: one for each column, or a row of titles for each row.
        names: one for each row, written before it.
        signed: draw numbers from blue over grey to orange; by default where any number is negative.
        scale: the number that gets the full colour, by default the largest of all images; "each": of each image its own.
        numbers: write the numbers into the cells, where there is room.
        width: of the whole drawing in pixels.
        shades: of grey between black and white, for pictures of 0..1; with 15 a smooth one takes half the room.

    Raises:
        ShapeError: for something that is no image, or titles or names that do not fit the rows.
        ArgumentError: without any image, with NaN or infinity in one, or for another scale.

    >>> viz.images([[photograph, edges]], ["photograph", "edges"])
    2 images: photograph, edges
    """
    pictures = [[_image(one) if shades is None else np.rint(shades * _image(one)) / shades for one in row] for row in rows]
    if not any(pictures):
        raise ArgumentError("no images to draw", hint="images([[first, second], [third, fourth]])")
    said = _titles(titles, pictures)
    if names and len(names) != len(pictures):
        raise ShapeError(f"{len(names)} names for {len(pictures)} rows", rule="a name for each row, or none")
    left = 12 + _NAME * max(map(len, names), default=-1)
    room = (width + _GAP - left) / max(map(len, pictures)) - _GAP
    look, parts, y = _common(pictures, signed, scale, numbers), [], 4.0
    for name, row, texts in zip(names or [""] * len(pictures), pictures, said, strict=True):
        y += _TITLE * any(texts)
        tall = min(_TALLEST, max(room * one.shape[0] / one.shape[1] for one in row))
        parts += [label(name, 4, y + tall / 2 + 4), *_row(row, texts, left, y, room, tall, look)]
        y += tall + _GAP
    sentence = f"{sum(map(len, pictures))} images{_told(said, names)}"
    return Drawing(document(parts, width, y, sentence), sentence)


def _told(titles: list[list[str]], names: Sequence[str]) -> str:
    """The names of rows and the titles of images, in words; a title that stands over several neighbours is said once."""
    rows = f" in rows {', '.join(names)}" * bool(names)
    runs = ((text, len(list(same))) for text, same in itertools.groupby(text for texts in titles for text in texts if text))
    told = ", ".join(f"{text} ({count} times)" if count > 1 else text for text, count in runs)
    return rows + ": " * bool(told) + told


def _row(row: list[np.ndarray], texts: list[str], x: float, y: float, room: float, tall: float, look: Look) -> Iterator[str]:
    """The images of a row, each with its title above it."""
    for one, text in zip(row, texts, strict=True):
        yield label(text, x, y - 6, size=min(12.0, 1.6 * room / max(len(text), 1)))
        yield drawn(one, x, y, min(room, tall * one.shape[1] / one.shape[0]), look)
        x += room + _GAP


def _common(rows: list[list[np.ndarray]], signed: bool | None, scale: float | str | None, numbers: bool) -> Look:
    """How all images of numbers are drawn."""
    if isinstance(scale, str) and scale != "each":
        raise ArgumentError(f"scale={scale!r} is no scale", rule='a number, "each" for one of each image, or None for one of all')
    flat = np.concatenate([np.zeros(1), *(one.astype(np.float64).ravel() for row in rows for one in row if one.ndim == 2)])
    full = float(np.abs(flat).max()) if scale is None else None if scale == "each" else float(scale)
    return full, bool((flat < 0).any()) if signed is None else signed, numbers


def _image(given: Any) -> np.ndarray:
    array = np.asarray(given.numpy() if hasattr(given, "numpy") else given)
    array = array[:, :, 0] if array.shape[2:] == (1,) else array
    if array.ndim < 2 or array.shape[2:] not in ((), (3,)) or array.dtype.kind not in "biuf" or not array.size:
        raise ShapeError(f"an image of shape {array.shape} and type {array.dtype}",
                         rule="(height, width) of numbers, or (height, width, 3) of colours")
    if not np.isfinite(array).all():
        raise ArgumentError("an image holds NaN or infinity", hint="look for what made it: a diverged training?")
    return array if array.dtype == np.uint8 else array.astype(np.float64)


def _titles(titles: Sequence[Any], rows: list[list[np.ndarray]]) -> list[list[str]]:
    """A title for each image: those of the columns stand over the first row."""
    untitled = [[""] * len(row) for row in rows]
    if not len(titles):
        return untitled
    each_row = isinstance(titles[0], (list, tuple, range, np.ndarray))
    made = [list(map(str, row)) for row in titles] if each_row else [list(map(str, titles)), *untitled[1:]]
    have, need = ([len(row) for row in each] for each in (made, rows))
    if have != need:
        raise ShapeError(f"titles {have} for rows of {need} images",
                         rule="a title for each image of the first row, or a row of titles for each row")
    return made


def drawn(image: np.ndarray, x: float, y: float, width: float, looks: Look, height: float = 0.0) -> str:
    """An image as an SVG element; height: where cells are not square."""
    full, signed, numbers = looks
    scale = float(np.abs(image).max()) if full is None else full
    cell = width / image.shape[1]
    if numbers and image.ndim == 2 and cell >= _LETTERED:
        return grid(image, x, y, cell, scale=scale, signed=signed, numbers=True)
    height = height or width * image.shape[0] / image.shape[1]
    if image.ndim == 2:
        painted = colours(image.astype(np.float64), scale, signed)
        kind, data = "png", encoded(painted if signed else painted[:, :, 0], "PNG")
    else:
        colour = image if image.dtype == np.uint8 else np.rint(255 * np.clip(image, 0, 1)).astype(np.uint8)
        kind, data = "jpeg", encoded(colour, "JPEG")
    sharp = ' style="image-rendering:pixelated"' if cell > 1.5 else ""
    return (
        f'<image x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" preserveAspectRatio="none"{sharp} '
        f'href="data:image/{kind};base64,{data}"/>' + frame(x, y, width, height, wide=0.6)
    )


def image_tag(image: np.ndarray, x: float, y: float, width: float) -> str:
    """A grey picture of (height, width) numbers, from its darkest to its brightest, as an SVG element without a frame."""
    values = np.asarray(image, np.float64)
    low, high = float(values.min()), float(values.max())
    grey = np.rint(255 * (values - low) / ((high - low) or 1)).astype(np.uint8)
    sharp = ' style="image-rendering:pixelated"' if width > 1.5 * grey.shape[1] else ""
    return (
        f'<image x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{width * grey.shape[0] / grey.shape[1]:.1f}" '
        f'preserveAspectRatio="none"{sharp} href="data:image/png;base64,{encoded(grey, "PNG")}"/>'
    )


def encoded(pixels: np.ndarray, kind: str) -> str:
    """Pixels (height, width) or (height, width, 3) of uint8 as a file of this kind, PNG or JPEG, in base64."""
    image = optional("PIL.Image", "drawing images").fromarray(pixels)
    file = io.BytesIO()
    image.save(file, kind, **({"quality": _JPEG} if kind == "JPEG" else {"optimize": True}))
    return base64.b64encode(file.getvalue()).decode()
