"""Blocks drawn: the maps that go in, one road of layers beside the other, and what comes out as slabs of the roads' colours."""

from __future__ import annotations

from collections.abc import Mapping

from deepkit.viz.graphs.drawing import KINDS
from deepkit.viz.grids import BLUE, ORANGE, document, label
from deepkit.viz.picture import Drawing
from deepkit.viz.seeing.blocks import Block, Layer, Stack
from deepkit.viz.style import GREY

_WIDE, _ROAD, _BOX, _STEP, _SLAB = 680.0, 168.0, 36.0, 54.0, 30.0
_POOL = KINDS["constant"][0]
_FILLS = [KINDS[kind][0] for kind in ("input", "state", "gradient", "effect", "op")]


def show_block(block: Block, name: str = "") -> Drawing:
    """Draw a block: in each box a layer's window, its maps, and its weights; pools are grey, an empty road is a shortcut.

    >>> show_block(Block(([[("conv", 3, 3, 8)], []], True), 8))
    2 roads: 28×28×8 to 28×28×8, 576 weights, 451,584 multiplications
    """
    parts, tall = drawn(block, name)
    return Drawing(document(parts, _WIDE, tall, block.sentence()), block.sentence())


def drawn(block: Block, name: str = "") -> tuple[list[str], float]:
    """The parts of the SVG, and how far down they reach."""
    size = f"{block.side}×{block.side}"
    deepest = max(map(len, block.roads))
    top = 40.0 + 18 * bool(name)
    bottom = top + _SLAB + 22 + max(deepest, 1) * _STEP
    wide = min(_ROAD, (_WIDE - 8) / len(block.roads))
    left = (_WIDE - wide * len(block.roads)) / 2
    parts = [label(name, left + 6, 16, size=13, bold=True)] if name else []
    parts.append(label(f"in: {size}, {block.channels} maps", left + 6, top - 8))
    parts.append(_box(left + 6, top, wide * len(block.roads) - 12, 12, _POOL))
    for number, road in enumerate(block.roads):
        parts += _road(road, left + number * wide, wide, (top + 12, bottom), _FILLS[number % len(_FILLS)])
    parts += _out(block, left, wide, bottom)
    if block.added:
        said = f"out: {size}, {block.maps} maps, added up"
    else:
        said = f"out: {size}, {block.maps} maps" + f" = {' + '.join(map(str, block.ends))}" * (len(block.roads) > 1)
    parts.append(label(said, left + 6, bottom + _SLAB + 16))
    parts.append(label(f"{block.weights:,} weights, {block.multiplications:,} multiplications, sees "
                       f"{block.sees[0]}×{block.sees[1]}", left + 6, bottom + _SLAB + 34))
    return parts, bottom + _SLAB + 44


def _road(road: list[list[Layer]], x: float, wide: float, ends: tuple[float, float], fill: str) -> list[str]:
    """One road between the bar above and the slab below."""
    start, bottom = ends
    middle, parts = x + wide / 2, []
    if not road:
        return [_arrow(middle, start, bottom), label("shortcut", middle + 8, (start + bottom) / 2, size=11)]
    gap = (bottom - start - len(road) * _BOX) / (len(road) + 1)
    y = start
    for row in road:
        each = (wide - 12) / len(row)
        for number, layer in enumerate(row):
            centre = x + 6 + (number + 0.5) * each
            parts.append(_arrow(centre, y, y + gap))
            parts += _layer(layer, centre, y + gap, each - 3 * (len(row) > 1), fill)
        y += gap + _BOX
    each = (wide - 12) / len(road[-1])
    return parts + [_arrow(x + 6 + (number + 0.5) * each, y, bottom) for number in range(len(road[-1]))]


def _layer(layer: Layer, middle: float, y: float, wide: float, fill: str) -> list[str]:
    white = "#ffffff"
    parts = [_box(middle - wide / 2, y, wide, _BOX, fill if layer.weights else _POOL)]
    if not layer.weights:
        return [*parts, label(layer.text, middle, y + 22, size=11, anchor="middle", fill=white)]
    return [*parts, label(layer.text, middle, y + 15, size=11, anchor="middle", fill=white, bold=True),
            label(f"{layer.weights:,}", middle, y + 29, size=10, anchor="middle", fill=white)]


def _out(block: Block, left: float, wide: float, y: float) -> list[str]:
    """What comes out: a slab for each road, as wide as its share of the maps; one slab where they are added."""
    x, whole, parts = left + 6, wide * len(block.roads) - 12, []
    if block.added:
        signs = [label("+", x + whole / 2, y + 20, size=16, anchor="middle", fill="#ffffff", bold=True)]
        return [_box(x, y, whole, _SLAB, _FILLS[0]), *signs]
    for number, maps in enumerate(block.ends):
        share = whole * maps / block.maps
        parts.append(_box(x, y, max(share - 2, 1), _SLAB, _FILLS[number % len(_FILLS)]))
        if share > 30:
            parts.append(label(str(maps), x + share / 2, y + 19, size=11, anchor="middle", fill="#ffffff"))
        x += share
    return parts


def _box(x: float, y: float, wide: float, tall: float, fill: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}" rx="4" fill="{fill}"/>'


def _arrow(x: float, y: float, to: float) -> str:
    return (f'<path d="M{x:.1f} {y:.1f}V{to - 6:.1f}" stroke="{GREY}" stroke-width="1.3" fill="none"/>'
            f'<path d="M{x - 3.5:.1f} {to - 7:.1f}h7l-3.5 7z" fill="{GREY}"/>')


def costs(stack: Stack, names: Mapping[int, str], y: float) -> tuple[list[str], float]:
    """Bars of weights and multiplications for each place of a network, and how far down they reach."""
    left, gap, wide = 220.0, 232.0, 118.0
    most = [max(block.weights for block in stack.blocks) or 1, max(block.multiplications for block in stack.blocks) or 1]
    parts = [label("weights", left, y + 12, fill=BLUE, bold=True)]
    parts.append(label("multiplications", left + gap, y + 12, fill=ORANGE, bold=True))
    for place, block in enumerate(stack.blocks):
        line = y + 36 + 24 * place
        parts.append(label(f"{block.side}×{block.side}: {names[place]}", 6, line))
        for column, (value, fill) in enumerate(((block.weights, BLUE), (block.multiplications, ORANGE))):
            x, long = left + column * gap, max(wide * value / most[column], 1.0)
            parts.append(f'<rect x="{x:.1f}" y="{line - 11:.1f}" width="{long:.1f}" height="14" fill="{fill}"/>')
            parts.append(label(f"{value:,}", x + long + 5, line, size=11))
    line = y + 36 + 24 * len(stack.blocks)
    seen = "×".join(map(str, stack.sees))
    parts += [label(f"whole network, sees {seen}", 6, line, bold=True), label(f"{stack.weights:,}", left, line, bold=True),
              label(f"{stack.multiplications:,}", left + gap, line, bold=True)]
    return parts, line + 12
