"""A file of tensors as a map: every tensor an area as large as its bytes, painted with its own numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.viz.grids import colours
from deepkit.viz.picture import Picture
from deepkit.viz.style import GREY, pyplot_free_figure, rc

Box = tuple[float, float, float, float]  # left, top, width, height

_WIDE, _TALL, _NAME = 6.6, 3.4, 0.2  # inches: the map, and the line above each area
_MOST, _SHADES = 112, 12  # cells in a row or column (of more, some are left out); shades on either side of zero
_SMALL = 0.012  # of all bytes: what is smaller is told in words


def show_tensors(tensors: Mapping[str, Any]) -> Picture:
    """Draw tensors as areas in proportion to their bytes, each with its numbers: orange above zero, blue below.

    Tensors of less than 1.2 % of the bytes are listed below the map.

    >>> show_tensors({"kernel": np.ones((784, 64), "float32"), "bias": np.zeros(64, "float32")})
    200,960 bytes in 2 tensors: kernel 99.9 %, bias 0.1 %
    """
    arrays = {name: np.asarray(values) for name, values in tensors.items()}
    sizes = {name: array.nbytes for name, array in arrays.items()}
    total = sum(sizes.values())
    if not total:
        raise ArgumentError("no tensors to draw", hint="show_tensors({name: array})")
    ordered = sorted(sizes, key=lambda name: -sizes[name])
    count = sum(size >= _SMALL * total for size in sizes.values())
    figure = pyplot_free_figure(_WIDE, _TALL + (0.5 if count < len(ordered) else 0))
    _paint(figure, arrays, ordered[:count], ordered[count:])
    shares = ", ".join(f"{name} {100 * sizes[name] / total:.1f} %" for name in ordered[:6])
    more = f" and {len(ordered) - 6} more" if len(ordered) > 6 else ""
    return Picture(figure, f"{total:,} bytes in {len(ordered)} tensors: {shares}{more}")


def _paint(figure: Any, arrays: Mapping[str, np.ndarray], large: Sequence[str], small: Sequence[str]) -> None:
    import matplotlib

    height = figure.get_figheight()
    figure.set_layout_engine("none")
    with matplotlib.rc_context(rc()):
        for name, box in zip(large, squares([arrays[name].nbytes for name in large], (0, 0, _WIDE, _TALL)), strict=True):
            left, top, wide, tall = box
            axes = figure.add_axes((left / _WIDE, 1 - (top + tall) / height, (wide - 0.06) / _WIDE, (tall - _NAME) / height))
            axes.imshow(_image(arrays[name], wide / tall), aspect="auto", interpolation="nearest")
            axes.set_axis_off()
            figure.text(left / _WIDE, 1 - (top + 0.75 * _NAME) / height, _title(name, arrays[name], wide), size=8, color=GREY)
        if small:
            figure.text(0, 0.02, _listed(arrays, small), size=8, color=GREY, linespacing=1.5)


def _title(name: str, array: np.ndarray, wide: float) -> str:
    shape = "×".join(map(str, array.shape)) or "scalar"
    full = f"{name}  {shape}"
    room = int(wide * 14)  # letters of this size on an inch
    return full if len(full) <= room else name if len(name) <= room else name[: max(1, room - 1)] + "…"


def _listed(arrays: Mapping[str, np.ndarray], small: Sequence[str]) -> str:
    """The small ones in words, on two lines at most."""
    total = sum(arrays[name].nbytes for name in small)
    lines, rest = [f"too small to see ({total:,} bytes): "], list(small)
    while rest and len(lines) < 3:
        if len(lines[-1]) + len(rest[0]) > 96:
            lines.append("")
        else:
            lines[-1] += rest.pop(0) + (", " if rest else "")
    return "\n".join(lines[:2]) + (f"and {len(rest)} more" if rest else "")


def _image(array: np.ndarray, aspect: float) -> np.ndarray:
    """The numbers as (rows, columns, 3) of colours, laid down or put upright as the area is."""
    values = array.astype(np.float64) if array.dtype.kind in "fiub" else np.zeros(array.shape)
    if values.ndim < 2:
        columns = max(1, round(math.sqrt(values.size * aspect)))
        values = np.pad(values.ravel(), (0, -values.size % columns), constant_values=0).reshape(-1, columns)
    flat = values.reshape(-1, values.shape[-1])
    if (flat.shape[1] > flat.shape[0]) != (aspect > 1):
        flat = flat.T
    seen = flat[:: -(-flat.shape[0] // _MOST), :: -(-flat.shape[1] // _MOST)]
    return colours(seen, float(np.quantile(np.abs(seen), 0.99)), True, _SHADES)


def squares(sizes: Sequence[float], box: Box) -> list[Box]:
    """Areas in proportion to `sizes` (the largest first) that fill a box and are nearly square.

    Source: M. Bruls, K. Huizing and J. van Wijk, "Squarified treemaps", 2000.

    >>> squares([2, 1, 1], (0, 0, 2, 1))
    [(0, 0, 1.0, 1), (1.0, 0, 1.0, 0.5), (1.0, 0.5, 1.0, 0.5)]
    """
    made: list[Box] = []
    rest, (left, top, wide, tall) = list(sizes), box
    while rest:
        scale = wide * tall / sum(rest)
        side = min(wide, tall)
        count = 1
        while count < len(rest) and _worst(rest[: count + 1], side, scale) <= _worst(rest[:count], side, scale):
            count += 1
        row, rest = rest[:count], rest[count:]
        deep, at = sum(row) * scale / side, 0.0
        for size in row:
            long = size * scale / deep
            made.append((left, top + at, deep, long) if tall <= wide else (left + at, top, long, deep))
            at += long
        left, top, wide, tall = (left + deep, top, wide - deep, tall) if tall <= wide else (left, top + deep, wide, tall - deep)
    return made


def _worst(row: Sequence[float], side: float, scale: float) -> float:
    """The longest proportion, long side to short one, in a row of areas along `side`."""
    deep = sum(row) * scale / side
    return max(max(deep**2 / (size * scale), size * scale / deep**2) for size in row)
