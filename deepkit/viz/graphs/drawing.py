"""Drawing a laid-out graph as SVG: boxes by kind, arrows, frames and the legend."""

from __future__ import annotations

import html
from dataclasses import dataclass, field

from deepkit.viz.graphs.layout import Layout, Point
from deepkit.viz.style import GREY, PALETTE

# White text reads on each fill (4.5 : 1), and each fill stands out from a white and from a dark page (3 : 1).
KINDS = {
    "input": ("#1f6fb5", "fed from outside"),
    "state": ("#007a5a", "variable"),
    "constant": ("#6f6f6f", "constant"),
    "gradient": ("#a84888", "gradient"),
    "effect": ("#b84a00", "changes something"),
    "op": ("#5a62b0", "computes"),
}
_CHAR, _LINE, _PAD = 6.7, 14.0, 9.0  # pixels of the 11 px monospace text
_MARGIN = 14.0
_FRAME = 10.0
_PALE = 0.3  # opacity of what takes no part

ORANGE = PALETTE["orange"]

Edge = tuple[int, int, bool]  # from, to, is it a control dependency?


@dataclass
class Box:
    name: str
    type: str
    kind: str
    shape: str = ""
    inputs: list[int] = field(default_factory=list)
    controls: list[int] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)  # the names of all nodes that it stands for
    lit: bool = True
    badge: str = ""

    @property
    def scope(self) -> str:
        return self.name.rpartition("/")[0]

    @property
    def size(self) -> Point:
        return max(len(line) for line in self.text) * _CHAR + 2 * _PAD, len(self.text) * _LINE + 10


def area_of(members: list[int], boxes: list[Box], layout: Layout, room: float = _FRAME) -> tuple[float, ...]:
    x0 = min(layout.centres[i][0] - boxes[i].size[0] / 2 for i in members) - room
    y0 = min(layout.centres[i][1] - boxes[i].size[1] / 2 for i in members) - (room and room + 6)
    x1 = max(layout.centres[i][0] + boxes[i].size[0] / 2 for i in members) + room
    y1 = max(layout.centres[i][1] + boxes[i].size[1] / 2 for i in members) + room
    return x0, y0, x1, y1


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def draw(boxes: list[Box], edges: list[Edge], layout: Layout, frames: dict[str, list[int]]) -> str:
    parts = [_frame(scope, area_of(inside, boxes, layout)) for scope, inside in frames.items()]
    arrive: dict[int, list[int]] = {}
    for i, (_, b, _) in enumerate(edges):
        arrive.setdefault(b, []).append(i)
    for i, (a, b, control) in enumerate(edges):
        route = list(layout.routes[i])
        comers = sorted(arrive[b], key=lambda k: layout.routes[k][-2][0])
        width, height = boxes[b].size
        share = (comers.index(i) + 1) / (len(comers) + 1) - 0.5  # arrows into one box arrive side by side
        upwards = route[0][1] > route[-1][1]
        side = 1 if upwards else -1
        route[0] = (route[0][0], route[0][1] - side * boxes[a].size[1] / 2)
        route[-1] = (route[-1][0] + share * 0.8 * width, route[-1][1] + side * height / 2)
        arrow = _arrow(route, control, side)
        parts.append(arrow if boxes[a].lit and boxes[b].lit else f'<g opacity="{_PALE}">{arrow}</g>')
    parts += [_node(box, layout.centres[i]) for i, box in enumerate(boxes)]
    legend, legend_width = _legend(boxes, any(control for *_, control in edges), layout.height + 34)
    parts.append(legend)
    x0, y0 = -_MARGIN - _FRAME, -_MARGIN - 2 * _FRAME
    width = max(layout.width, legend_width) + 2 * (_MARGIN + _FRAME)
    height = layout.height + 50 + _MARGIN + 2 * _FRAME
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="{x0:.0f} {y0:.0f} {width:.0f} {height:.0f}" role="img" '
        'font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="11">\n'
        + "\n".join(parts)
        + "\n</svg>"
    )


def _frame(scope: str, area: tuple[float, ...]) -> str:
    x0, y0, x1, y1 = area
    return (
        f'<rect x="{x0:.1f}" y="{y0:.1f}" width="{x1 - x0:.1f}" height="{y1 - y0:.1f}" rx="8" fill="{GREY}" '
        f'fill-opacity="0.12" stroke="{GREY}" stroke-opacity="0.5"/>\n'
        f'<text x="{x0 + 6:.1f}" y="{y0 + 11:.1f}" font-size="10" fill="{GREY}">{html.escape(scope)}</text>'
    )


def _arrow(route: list[Point], control: bool, side: int) -> str:
    (x, y), *rest = route
    path = f"M{x:.1f},{y:.1f}"
    for number, (u, v) in enumerate(rest):
        stop = v + side * (6 if number == len(rest) - 1 else 0)  # the tip takes the last 6 pixels
        path += f" C{x:.1f},{(y + stop) / 2:.1f} {u:.1f},{(y + stop) / 2:.1f} {u:.1f},{stop:.1f}"
        x, y = u, stop
    u, v = rest[-1]
    dash = ' stroke-dasharray="4 3"' if control else ""
    return (
        f'<path d="{path}" fill="none" stroke="{GREY}" stroke-width="1.3"{dash}/>'
        f'<path d="M{u - 3.5:.1f},{v + side * 7:.1f} h7 L{u:.1f},{v:.1f} z" fill="{GREY}"/>'
    )


def _outline(kind: str, x: float, y: float, width: float, height: float) -> str:
    """Each kind has a form besides its colour: inputs are pills, constants square, variables have a second line."""
    fill, _ = KINDS[kind]
    radius = {"input": height / 2, "constant": 0}.get(kind, 5)
    dash = ' stroke="#ffffff" stroke-dasharray="3 2"' if kind == "effect" else ""
    rect = '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="{:.1f}" {}/>'
    shape = rect.format(x, y, width, height, radius, f'fill="{fill}"{dash}')
    if kind in ("state", "gradient"):
        thin = 'fill="none" stroke="#ffffff" stroke-opacity="0.8"' + (' stroke-dasharray="1 2"' * (kind == "gradient"))
        shape += rect.format(x + 2.5, y + 2.5, width - 5, height - 5, 3, thin)
    return shape


def _node(box: Box, centre: Point) -> str:
    width, height = box.size
    x, y = centre[0] - width / 2, centre[1] - height / 2
    first = centre[1] - (len(box.text) - 1) * _LINE / 2 + 4
    bold = ' font-weight="bold"'
    lines = "".join(
        f'<text x="{centre[0]:.1f}" y="{first + i * _LINE:.1f}" text-anchor="middle" fill="#ffffff"'
        f"{bold * (i == 0)}>{html.escape(line)}</text>"
        for i, line in enumerate(box.text)
    )
    tip = html.escape(f"{box.name}: {box.type} {box.shape}".strip())
    pale = "" if box.lit else f' opacity="{_PALE}"'
    corner = badge(box.badge, x, y) if box.badge else ""
    return f"<g{pale}><title>{tip}</title>{_outline(box.kind, x, y, width, height)}{lines}{corner}</g>"


def badge(text: str, x: float, y: float) -> str:
    """A small disc with the middle (x, y) and a number in it: the same on a box and at the line that computes it."""
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="#ffffff" stroke="{ORANGE}" stroke-width="1.6"/>'
        f'<text x="{x:.1f}" y="{y + 3.5:.1f}" font-size="9" text-anchor="middle" fill="#000000">{html.escape(text)}</text>'
    )


def _legend(boxes: list[Box], control: bool, y: float) -> tuple[str, float]:
    x, parts = 0.0, []
    for kind, (_, words) in KINDS.items():
        if any(box.kind == kind for box in boxes):
            parts.append(_outline(kind, x, y - 9, 22, 12))
            parts.append(f'<text x="{x + 27:.1f}" y="{y + 1:.1f}" font-size="10" fill="{GREY}">{words}</text>')
            x += 27 + len(words) * 6.2 + 16
    if control:
        line = f'stroke="{GREY}" stroke-width="1.3" stroke-dasharray="4 3"'
        parts.append(f'<path d="M{x:.1f},{y - 3:.1f} h22" fill="none" {line}/>')
        parts.append(f'<text x="{x + 27:.1f}" y="{y + 1:.1f}" font-size="10" fill="{GREY}">runs before</text>')
        x += 27 + 11 * 6.2
    return "".join(parts), x
