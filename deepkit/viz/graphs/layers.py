"""A Keras model as a picture: blocks for layers, frames around models inside, as SVG or drawn by matplotlib."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from deepkit.errors import ArgumentError
from deepkit.viz.graphs.drawing import KINDS, Box, area_of, draw
from deepkit.viz.graphs.layout import Layout, arrange
from deepkit.viz.style import GREY, pyplot_free_figure

_INCH = 96.0  # pixels of the layout to an inch


def _boxes(blocks: Sequence[Any]) -> list[Box]:
    boxes = []
    for block in blocks:
        box = Box("/".join([*block.frames, block.name or block.type]), block.type, block.kind)
        box.text = [block.name or block.type, *([block.type] if block.name else []), *block.said]
        if block.shapes:
            box.text.append(" → ".join(dict.fromkeys(block.shapes)))
        boxes.append(box)
    return boxes


def _laid_out(
    blocks: Sequence[Any], edges: Sequence[tuple[int, int]]
) -> tuple[list[Box], list[tuple[int, int, bool]], Layout, dict[str, list[int]]]:
    boxes = _boxes(blocks)
    layout = arrange([box.size for box in boxes], edges, ["/".join(block.frames) for block in blocks])
    frames: dict[str, list[int]] = {}
    for i, block in enumerate(blocks):
        for depth in range(len(block.frames)):
            frames.setdefault("/".join(block.frames[: depth + 1]), []).append(i)
    return boxes, [(a, b, False) for a, b in edges], layout, frames


def svg(blocks: Sequence[Any], edges: Sequence[tuple[int, int]], name: str) -> str:
    """The picture as SVG text, readable on white and on black."""
    return draw(*_laid_out(blocks, edges))


def image(blocks: Sequence[Any], edges: Sequence[tuple[int, int]], kind: str, dpi: float) -> bytes:
    """The picture as a .png, .pdf or another kind of file that matplotlib writes; the background is transparent."""
    boxes, arrows, layout, frames = _laid_out(blocks, edges)
    margin = 24.0
    figure = pyplot_free_figure((layout.width + 2 * margin) / _INCH, (layout.height + 2 * margin) / _INCH)
    if kind not in figure.canvas.get_supported_filetypes():
        known = ", ".join(sorted(figure.canvas.get_supported_filetypes()))
        raise ArgumentError(f"cannot draw a .{kind} file", rule=f"endings: {known}, dot")
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(-margin, layout.width + margin)
    axes.set_ylim(layout.height + margin, -margin)
    axes.set_axis_off()
    _paint(axes, boxes, arrows, layout, frames)
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=dpi, transparent=True)
    return buffer.getvalue()


def _paint(axes: Any, boxes: list[Box], arrows: Any, layout: Layout, frames: dict[str, list[int]]) -> None:
    from matplotlib.patches import FancyBboxPatch, PathPatch
    from matplotlib.path import Path

    points = 72 / _INCH  # of a pixel of the layout
    for name, inside in frames.items():
        x0, y0, x1, y1 = area_of(inside, boxes, layout)
        style: dict[str, Any] = {"boxstyle": "round,pad=0,rounding_size=8", "fc": GREY, "ec": GREY, "alpha": 0.15}
        axes.add_patch(FancyBboxPatch((x0, y0), x1 - x0, y1 - y0, **style))
        axes.text(x0 + 6, y0 + 11, name, fontsize=10 * points, color=GREY)
    for route, (a, b, _) in zip(layout.routes, arrows, strict=True):
        (x, y), *middle, (u, v) = route
        ways = [(x, y + boxes[a].size[1] / 2), *middle, (u, v - boxes[b].size[1] / 2 - 6)]
        path, codes = [ways[0]], [Path.MOVETO]
        for (p, q), (r, s) in pairwise(ways):
            path += [(p, (q + s) / 2), (r, (q + s) / 2), (r, s)]
            codes += [Path.CURVE4] * 3
        axes.add_patch(PathPatch(Path(path, codes), fc="none", ec=GREY, lw=1.3 * points))
        tip = [(u - 3.5, ways[-1][1] - 1), (u + 3.5, ways[-1][1] - 1), (u, ways[-1][1] + 6), (u - 3.5, ways[-1][1] - 1)]
        axes.add_patch(PathPatch(Path(tip, [Path.MOVETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]), fc=GREY, lw=0))
    for box, (x, y) in zip(boxes, layout.centres, strict=True):
        width, height = box.size
        corner = (x - width / 2, y - height / 2)
        round_ = height / 2 if box.kind == "input" else 5
        style = {"boxstyle": f"round,pad=0,rounding_size={round_}", "fc": KINDS[box.kind][0], "ec": "none"}
        axes.add_patch(FancyBboxPatch(corner, width, height, **style))
        first = y - (len(box.text) - 1) * 7.0
        for i, line in enumerate(box.text):
            axes.text(x, first + i * 14.0, line, ha="center", va="center", color="white", fontsize=11 * points,
                      family="monospace", weight="bold" if i == 0 else "normal")
