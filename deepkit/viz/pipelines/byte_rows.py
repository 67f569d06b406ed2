"""The bytes of a file or message in rows, each part in its colour, with what it means."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from deepkit.errors import ShapeError
from deepkit.viz.grids import document, frame, label
from deepkit.viz.picture import Drawing
from deepkit.viz.style import GREY, PALETTE

_WIDE, _LEFT, _CELL, _ROW, _PER_ROW, _LINE = 680.0, 48.0, 38.0, 40.0, 16, 20.0
_COLOURS = list(PALETTE.values())


def show_bytes(data: bytes, parts: Sequence[tuple[int, str]], *, marked: Collection[int] = ()) -> Drawing:
    """Draw bytes as hexadecimal numbers, 16 in a row; below each one its letter, where it is one.

    Args:
        data: the bytes.
        parts: how many bytes each part has and what it is, in order.
        marked: places of bytes that get a frame.

    Raises:
        ShapeError: unless the parts have as many bytes together as there are.

    >>> viz.show_bytes(b"\\x02hi", [(1, "length"), (2, "text")])
    3 bytes: length (1), text (2)
    """
    if sum(count for count, _ in parts) != len(data):
        raise ShapeError(f"parts of {sum(count for count, _ in parts)} bytes, and {len(data)} bytes", rule="as many")
    said = f"{len(data)} bytes: " + ", ".join(f"{name} ({count})" for count, name in parts)
    owner = [number for number, (count, _) in enumerate(parts) for _ in range(count)]
    drawn = [_cell(place, byte, _COLOURS[owner[place] % len(_COLOURS)], place in marked) for place, byte in enumerate(data)]
    rows = -(-len(data) // _PER_ROW)
    drawn += [label(str(row * _PER_ROW), _LEFT - 10, row * _ROW + 21, anchor="end") for row in range(rows)]
    legend, y = [], rows * _ROW + 22.0
    for number, (count, name) in enumerate(parts):
        colour = _COLOURS[number % len(_COLOURS)]
        legend += [frame(_LEFT, y - 10, 11, 11, stroke=colour, fill=colour),
                   label(f"{count} byte{'s' * (count != 1)}: {name}", _LEFT + 20, y)]
        y += _LINE
    return Drawing(document([*drawn, *legend], _WIDE, y, said), said)


def _cell(place: int, byte: int, colour: str, marked: bool) -> str:
    x, y = _LEFT + _CELL * (place % _PER_ROW), 4 + _ROW * (place // _PER_ROW)
    letter = chr(byte) if 33 <= byte < 127 else ""
    return "".join([
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{_CELL - 2:.0f}" height="{_ROW - 4:.0f}" fill="{colour}" fill-opacity="0.2"/>',
        f'<rect x="{x:.0f}" y="{y + _ROW - 7:.0f}" width="{_CELL - 2:.0f}" height="3" fill="{colour}"/>',
        label(f"{byte:02x}", x + _CELL / 2 - 1, y + 16, size=13, anchor="middle", bold=marked),
        label(letter, x + _CELL / 2 - 1, y + 29, size=11, anchor="middle", fill=GREY) if letter else "",
        frame(x + 1, y + 1, _CELL - 4, _ROW - 6, stroke=PALETTE["pink"], wide=2.5) if marked else "",
    ])
