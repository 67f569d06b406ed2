"""A race drawn: the ways on the map of the surface, and the height of each runner from step to step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from deepkit.viz.grids import colours, document, frame, label
from deepkit.viz.picture import Drawing
from deepkit.viz.plane.panel import Panel
from deepkit.viz.rows import encoded
from deepkit.viz.slopes.height import Surface
from deepkit.viz.slopes.race import Race, Runner
from deepkit.viz.style import PALETTE

_SIDE, _LEFT, _TOP, _GAP = 290.0, 34.0, 26.0, 62.0
_CELLS, _BANDS = 80, 9
_DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 2", "12 4")
_LOWEST, _HIGHEST = -8, 2  # decades of the curve
_DARKEST, _LIGHTEST = 150, 245  # greys of the map: every colour of a way stands out on them
_INK = "#202020"


def show_race(runners: Mapping[str, Runner], surface: str | Surface = "valley", rates: Mapping[str, float] | float = 0.03,
              steps: int = 100) -> Drawing:
    """Draw a race of optimizers down a surface.

    Args:
        runners: by name how each walks: (height, start, rate, steps) -> (steps + 1, 2) places.
        surface: "valley", "turned valley", "bent valley", "ridge", "plain", or a Surface.
        rates: one for each runner by name, or one number for all; see `best_rates`.
        steps: of each.

    >>> from deepkit.models.race import RUNNERS
    >>> show_race(RUNNERS, "valley", best_rates(RUNNERS, "valley"))
    """
    race = Race(runners, surface, rates, steps)
    return Drawing(draw(race), race.sentence())


def draw(race: Race) -> str:
    """Map and curves of a race as SVG."""
    looks = dict(zip(race.paths, looks_of(len(race.paths)), strict=True))
    parts = [*_map(race, looks), *_curves(race, looks, _LEFT + _SIDE + _GAP)]
    return document(parts, _LEFT + 2 * _SIDE + _GAP + 12, _TOP + _SIDE + 28 + 16 * -(-len(looks) // 2), race.sentence())


def looks_of(count: int) -> list[tuple[str, str]]:
    """(colour, dashes) of each runner."""
    names = list(PALETTE.values())
    return [(names[i % len(names)], _DASHES[i % len(_DASHES)]) for i in range(count)]


def _map(race: Race, looks: Mapping[str, tuple[str, str]]) -> list[str]:
    ground = race.surface
    panel = Panel(_LEFT, _TOP, _SIDE, -ground.reach, ground.reach, f"{race.name}, {race.steps} steps")
    heights = ground.heights(panel.cells(_CELLS)).reshape(_CELLS, _CELLS)
    edges = np.unique(np.quantile(heights, np.linspace(0, 1, _BANDS + 1)[1:-1]))  # as much of the map in each band
    band = np.digitize(heights, edges) / max(len(edges), 1)
    grey = (_LIGHTEST + band * (_DARKEST - _LIGHTEST) - 16) / 228
    panel.parts.append(
        f'<image x="{_LEFT:g}" y="{_TOP:g}" width="{_SIDE:g}" height="{_SIDE:g}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{encoded(colours(grey, 1.0, False), "PNG")}"/>'
    )
    inside = Panel(0, 0, _SIDE, -ground.reach, ground.reach)
    for x, y in inside.places(ground.bottoms):
        inside.parts.append(f'<path d="M{x - 6:.1f} {y:.1f}h12M{x:.1f} {y - 6:.1f}v12" stroke="{_INK}" stroke-width="1.6"/>')
    for name, path in race.paths.items():
        colour, dash = looks[name]
        seen = _before_lost(path)
        inside.path(seen, dash=dash, stroke=colour, wide=2)
        x, y = inside.places(seen[-1])[0]
        inside.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{colour}" stroke="#ffffff"/>')
    x, y = inside.places(ground.start)[0]
    inside.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="none" stroke="{_INK}" stroke-width="2"/>')
    clipped = (f'<svg x="{_LEFT:g}" y="{_TOP:g}" width="{_SIDE:g}" height="{_SIDE:g}" overflow="hidden">'
               f"{''.join(inside.parts)}</svg>")
    panel.rim("x", "y")
    return [*panel.parts, clipped]


def _before_lost(path: np.ndarray) -> np.ndarray:
    """The places up to the first that is far outside of every map."""
    lost = np.flatnonzero(~(np.abs(path).max(axis=1) < 1e3))
    return path[: max(1, int(lost[0]))] if len(lost) else path


def _curves(race: Race, looks: Mapping[str, tuple[str, str]], x: float) -> list[str]:
    """Heights on a logarithmic axis, and the runners with their rates below, the lowest first."""
    parts = [label("height from step to step", x, _TOP - 7, bold=True), frame(x, _TOP, _SIDE, _SIDE, wide=0.8),
             label(f"{race.steps} steps", x + _SIDE, _TOP + _SIDE + 14, size=11, anchor="end")]
    for power in range(_LOWEST, _HIGHEST + 1, 2):
        parts.append(label(f"1e{power:+d}" if power else "1", x - 5, _TOP + _up(10.0**power) + 4, size=10, anchor="end"))
    curves = []
    for name, losses in race.losses.items():
        fine = np.isfinite(losses)
        count = len(losses) if fine.all() else int(fine.argmin())
        told = "L".join(f"{_SIDE * i / race.steps:.1f} {_up(losses[i]):.1f}" for i in range(count))
        curves.append(stroke(f"M{told}", looks[name]))
    parts.append(f'<svg x="{x:g}" y="{_TOP:g}" width="{_SIDE:g}" height="{_SIDE:g}" overflow="hidden">{"".join(curves)}</svg>')
    return parts + _legend(race, looks)


def _up(height: float) -> float:
    """Pixels from the upper rim of the curves; what is far below the lowest decade is drawn just outside."""
    return float(_SIDE * (_HIGHEST - np.log10(max(height, 10.0 ** (_LOWEST - 2)))) / (_HIGHEST - _LOWEST))


def stroke(path: str, look: tuple[str, str]) -> str:
    """A line with the colour and the dashes of a runner."""
    dashes = f' stroke-dasharray="{look[1]}"' if look[1] else ""
    return f'<path d="{path}" stroke="{look[0]}" stroke-width="2" fill="none"{dashes}/>'


def _legend(race: Race, looks: Mapping[str, tuple[str, str]]) -> list[str]:
    """A line for each runner in two columns: place, name, rate, and how high it stands at the end."""
    parts, rows = [], -(-len(looks) // 2)
    for place, (name, end) in enumerate(race.standing()):
        column, row = divmod(place, rows)
        x, y = _LEFT + column * (_SIDE + _GAP), _TOP + _SIDE + 34 + 16 * row
        reached = "lost" if np.isinf(end) else f"{end:.1e}" if end else "0"
        parts += [stroke(f"M{x:.1f} {y - 4:.1f}h24", looks[name]),
                  label(f"{place + 1}. {name} at {race.rates[name]:.3g}: {reached}", x + 30, y, size=11)]
    return parts
