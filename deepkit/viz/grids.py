"""Arrays of numbers as grids of coloured SVG cells that read on white and on black pages."""

from __future__ import annotations

import html
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from deepkit.viz.style import GREY, PALETTE

ORANGE, BLUE = PALETTE["orange"], PALETTE["blue"]
FONT = "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace"
_LEVELS = 24  # shades on either side of zero: neighbours can hardly be told apart
_ZERO, _POSITIVE, _NEGATIVE = (np.array(rgb) for rgb in ((236, 236, 236), (201, 82, 0), (23, 97, 166)))
_DARK_TEXT, _LIGHT_TEXT = "#000000", "#ffffff"


def colours(values: np.ndarray, scale: float, signed: bool, levels: int = 255) -> np.ndarray:
    """(..., 3) of uint8: black to white for 0..scale, or blue over pale grey to orange for -scale..scale."""
    share = np.clip(np.abs(values) / scale, 0, 1)[..., None] if scale > 0 else np.zeros((*np.shape(values), 1))
    share = np.rint(share * levels) / levels
    towards = np.where(values[..., None] > 0, _POSITIVE, _NEGATIVE)
    rgb = _ZERO + share * (towards - _ZERO) if signed else np.repeat(16 + 228 * share, 3, axis=-1)
    return np.rint(rgb).astype(np.uint8)


def fills(values: Any, scale: float, signed: bool) -> Any:
    """`colours` in few shades, each written as #rrggbb: a text, or nested lists of texts."""
    rgb = colours(np.asarray(values, np.float64), scale, signed, _LEVELS).astype(np.int64) @ [65536, 256, 1]
    return np.char.add("#", np.vectorize("{:06x}".format, otypes=[object])(rgb).astype(str)).tolist()


def number(value: float) -> str:
    """A number for a cell: whole ones without a point, others with two digits after it.

    >>> number(3.0), number(-0.125), number(-0.001), number(412.7)
    ('3', '-0.13', '0', '413')
    """
    if not math.isfinite(value):
        return str(value)
    if abs(value - round(value)) < 0.0005 or abs(value) >= 100:
        return f"{abs(value):.0f}" if round(value) == 0 else f"{value:.0f}"
    digits = 2 if abs(value) < 9.995 else 1
    text = f"{math.copysign(math.floor(abs(value) * 10**digits + 0.5) / 10**digits, value):.{digits}f}"
    return "0" if float(text) == 0 else text


def label(text: str, x: float, y: float, *, size: float = 12, anchor: str = "start", fill: str = GREY,
          bold: bool = False) -> str:
    """A line of text whose baseline is at (x, y)."""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" fill="{fill}"{weight}>'
        f"{html.escape(text)}</text>"
    )


def frame(x: float, y: float, width: float, height: float, *, stroke: str = GREY, wide: float = 1.0, dash: str = "",
          fill: str = "none") -> str:
    """The outline of a rectangle."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}" '
        f'stroke="{stroke}" stroke-width="{wide:g}"{dashes}/>'
    )


def _runs(line: Sequence[str | None]) -> Iterator[tuple[str, int, int]]:
    """(colour, first place, how many) of neighbours of one colour: together they are one rectangle."""
    at = 0
    for fill, neighbours in itertools.groupby(line):
        count = len(list(neighbours))
        if fill is not None:
            yield fill, at, count
        at += count


def grid(values: Any, x: float, y: float, cell: float, *, scale: float | None = None, signed: bool | None = None,
         known: Any = None, numbers: bool = False) -> str:
    """The cells of a matrix, its first one with the upper left corner (x, y), each `cell` pixels wide.

    Args:
        values: (rows, columns). NaN is drawn as an empty cell.
        scale: the size of number that gets the full colour; the largest one there is by default.
        signed: blue and orange for negative and positive instead of black to white; by default if any is negative.
        known: (rows, columns) of bool; cells that are not known yet stay empty.
        numbers: write the number into each cell.
    """
    matrix = np.asarray(values, dtype=np.float64)
    shown = np.isfinite(matrix) if known is None else np.isfinite(matrix) & np.asarray(known, dtype=bool)
    seen = matrix[np.isfinite(matrix)]
    signed = bool((seen < 0).any()) if signed is None else signed
    scale = float(np.abs(seen).max(initial=0.0)) if scale is None else scale
    rows, columns = matrix.shape
    painted = fills(np.where(shown, matrix, 0), scale, signed)
    paths: dict[str, list[str]] = {}
    for i in range(rows):
        line = [fill if seen else None for fill, seen in zip(painted[i], shown[i], strict=True)]
        for fill, j, count in _runs(line):
            run, corner = count * cell, f"M{x + j * cell:g} {y + i * cell:g}"
            paths.setdefault(fill, []).append(f"{corner}h{run:g}v{cell:g}h{-run:g}z")
    parts = [frame(x, y, columns * cell, rows * cell)]
    parts += [f'<path fill="{fill}" shape-rendering="crispEdges" d="{"".join(d)}"/>' for fill, d in paths.items()]
    if cell >= 16:
        parts.append(_lines(x, y, rows, columns, cell))
    for i, j in np.argwhere(shown) if numbers else ():
        text, fill = number(matrix[i, j]), _ink(painted[i][j])
        size = min(13.0, cell / 3.1, 1.5 * cell / len(text))  # a letter is 0.6 of its size wide
        middle, base = x + (j + 0.5) * cell, y + (i + 0.5) * cell + 0.35 * size
        parts.append(label(text, middle, base, size=round(size, 1), anchor="middle", fill=fill))
    return "".join(parts)


def document(parts: list[str], width: float, height: float, about: str) -> str:
    """The finished SVG."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" font-family="{FONT}" style="max-width:100%;height:auto">'
        f"<title>{html.escape(about)}</title>\n" + "\n".join(parts) + "\n</svg>"
    )


def _lines(x: float, y: float, rows: int, columns: int, cell: float) -> str:
    across = "".join(f"M{x:g} {y + i * cell:g}h{columns * cell:g}" for i in range(1, rows))
    down = "".join(f"M{x + j * cell:g} {y:g}v{rows * cell:g}" for j in range(1, columns))
    return f'<path d="{across}{down}" stroke="{GREY}" stroke-opacity="0.45" stroke-width="0.7" fill="none"/>'


def _ink(fill: str) -> str:
    """Black or white text, whichever has the larger contrast to the fill: always 4.5 : 1 or more (WCAG 2)."""
    rgb = np.array([int(fill[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return _DARK_TEXT if linear @ [0.2126, 0.7152, 0.0722] > 0.179 else _LIGHT_TEXT
