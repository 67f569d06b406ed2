"""The walk of back-propagation as SVG, from left to right: boxes, edges, a value above and a slope below each edge."""

from __future__ import annotations

from collections.abc import Mapping

from deepkit.core.tensor import Tensor
from deepkit.viz.graphs.layout import Layout, Point, arrange
from deepkit.viz.grids import BLUE, ORANGE, document, frame, label, number
from deepkit.viz.picture import Drawing
from deepkit.viz.slopes.backprop import Backprop, Edge, Stop
from deepkit.viz.style import GREY

_TALL, _ROOM, _APART = 34.0, 66.0, 30.0  # a box; what it takes with the labels beside it; between labels of one pair
_LABELS = 84.0  # pixels along an edge for its two numbers
_CHAR = 7.8
_LEFT, _TOP = 12.0, 22.0


def show_backprop(result: Tensor, variables: Mapping[str, Tensor], *, step: int | None = None) -> Drawing:
    """Draw the graph of a scalar: on every edge its value above and its slope below.

    Args:
        result, variables: as for `Backprop`.
        step: how far the walk has come, from 0 (only the variables are known); all the way by default.

    >>> a, b = dk.tensor(2.0), dk.tensor(-3.0)
    >>> show_backprop((a + b) * a, {"a": a, "b": b})
    step 5 of 5: backwards through +, slope 2 becomes 2 and 2; slopes: a 1, b 2
    """
    walk = Backprop(result, variables)
    step = walk.steps if step is None else step
    return Drawing(draw(walk, step), walk.sentence(step))


def draw(walk: Backprop, step: int) -> str:
    """The SVG of a walk after `step` steps."""
    widths = [max(_TALL, len(stop.name) * _CHAR + 18) for stop in walk.stops]
    # `arrange` works from top to bottom: with width and height exchanged it works from left to right.
    layout = arrange([(_ROOM, width + _LABELS) for width in widths], [(edge.source, edge.target) for edge in walk.edges])
    centres = [(_LEFT + y - _LABELS / 2, _TOP + x) for x, y in layout.centres]
    known, passed = _done(walk, step)
    parts = []
    for i, edge in enumerate(walk.edges):
        seen = edge.target in passed and walk.stops[edge.source].kind != "constant"
        parts += _edge(walk, edge, _ends(walk, i, centres, widths, layout), edge.source in known, seen)
    parts += _result(walk, step, centres[-1][0] + widths[-1] / 2, centres[-1][1])
    active = walk.at(step)[1] if step else -1
    parts += [_box(stop, centres[i], widths[i], i == active) for i, stop in enumerate(walk.stops)]
    parts += _totals(walk, centres, passed)
    height = _TOP + layout.width + 34
    return document([*parts, *_legend(height)], max(_LEFT + layout.height + 20, 470), height + 14, walk.sentence(step))


def _result(walk: Backprop, step: int, x: float, y: float) -> list[str]:
    """What leaves the last operation: the result, and the slope 1 that the way back begins with."""
    n = len(walk.operations)
    line = f'<path d="M{x:.1f},{y:.1f} h60" stroke="{GREY}" stroke-width="1.3"/>'
    return [line, *_numbers(x + 30, y, walk.stops[-1].value if step >= n else None, 1.0 if step > n else None)]


def _done(walk: Backprop, step: int) -> tuple[set[int], set[int]]:
    """The stops whose value is known, and the operations that the way back has passed."""
    n = len(walk.operations)
    given = {i for i, stop in enumerate(walk.stops) if stop.kind != "op"}
    return given | set(walk.operations[:step]), set(walk.operations[::-1][: max(0, step - n - 1)])


def _ends(walk: Backprop, i: int, centres: list[Point], widths: list[float], layout: Layout) -> list[Point]:
    """The points an edge passes, from the right of its source to the left of its target."""
    edge = walk.edges[i]
    comers = sorted((k for k, other in enumerate(walk.edges) if other.target == edge.target),
                    key=lambda k: (layout.routes[k][-2][0], k))
    share = (comers.index(i) + 1) / (len(comers) + 1) - 0.5  # edges into one box arrive one above the other
    (x0, y0), (x1, y1) = centres[edge.source], centres[edge.target]
    bends = [(_LEFT + y - _LABELS / 2, _TOP + x) for x, y in layout.routes[i][1:-1]]
    start, end = (x0 + widths[edge.source] / 2, y0), (x1 - widths[edge.target] / 2, y1 + 0.8 * share * _TALL)
    twins = [k for k in comers if walk.edges[k].source == edge.source]
    if len(twins) > 1 and not bends:  # a * a: the two uses of one number bow apart
        bends = [((start[0] + end[0]) / 2, (y0 + y1) / 2 + _APART * (2 * twins.index(i) + 1 - len(twins)))]
    return [start, *bends, end]


def _edge(walk: Backprop, edge: Edge, points: list[Point], known: bool, seen: bool) -> list[str]:
    (x, y), *rest = points
    path = f"M{x:.1f},{y:.1f}"
    for u, v in rest:
        path += f" C{(x + u) / 2:.1f},{y:.1f} {(x + u) / 2:.1f},{v:.1f} {u:.1f},{v:.1f}"
        x, y = u, v
    colour, wide = (ORANGE, 2) if seen else (GREY, 1.3)
    parts = [f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{wide}"/>']
    (x0, y0), (x1, y1) = points[0], points[1]
    middle = points[1] if len(points) == 3 else ((x0 + x1) / 2, (y0 + y1) / 2)
    stop = walk.stops[edge.source]
    if stop.kind == "constant":
        return parts  # its value stands in its box, and nobody asks for its slope
    return parts + _numbers(*middle, stop.value if known else None, edge.slope if seen else None)


def _numbers(x: float, y: float, value: float | None, slope: float | None) -> list[str]:
    """The value above an edge and the slope below it, as far as they are known."""
    parts = []
    if value is not None:
        parts.append(label(number(value), x, y - 6, anchor="middle", fill=BLUE, bold=True))
    if slope is not None:
        parts.append(label(number(slope), x, y + 16, anchor="middle", fill=ORANGE, bold=True))
    return parts


def _box(stop: Stop, centre: Point, width: float, active: bool) -> str:
    x, y = centre[0] - width / 2, centre[1] - _TALL / 2
    fill = {"variable": "#1f6fb5", "constant": "#6f6f6f", "op": "#5a62b0"}[stop.kind]
    radius = _TALL / 2 if stop.kind == "op" else 4
    outline = f' stroke="{ORANGE}" stroke-width="4"' if active else ""
    box = (f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{_TALL:g}" rx="{radius:g}" fill="{fill}"'
           f"{outline}/>")
    return box + label(stop.name, centre[0], centre[1] + 5, size=14, anchor="middle", fill="#ffffff", bold=True)


def _totals(walk: Backprop, centres: list[Point], passed: set[int]) -> list[str]:
    """Under every variable the sum of what its uses sent back, once all of them have."""
    parts = []
    for i, stop in enumerate(walk.stops):
        uses = [edge for edge in walk.edges if edge.source == i]
        if stop.kind == "variable" and all(edge.target in passed for edge in uses):
            sign = "Σ " if len(uses) > 1 else ""
            parts.append(label(f"{sign}{number(stop.slope)}", centres[i][0], centres[i][1] + _TALL / 2 + 14,
                               anchor="middle", fill=ORANGE, bold=True))
    return parts


def _legend(y: float) -> list[str]:
    return [frame(_LEFT, y - 9, 10, 10, fill=BLUE, stroke="none"), label("value, forwards", _LEFT + 16, y),
            frame(_LEFT + 160, y - 9, 10, 10, fill=ORANGE, stroke="none"),
            label("slope of the result, backwards", _LEFT + 176, y)]
