"""Walks on a curve drawn: the steps on the curve and from step to step, and a map of where all walks end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.viz.grids import BLUE, ORANGE, document, frame, label, number
from deepkit.viz.picture import Drawing, Picture
from deepkit.viz.slopes.descent import STILL, Curve, Descent, slope, walk
from deepkit.viz.style import GREY, PALETTE, pyplot_free_figure, rc

_WIDE, _TALL, _LOW, _GAP, _TOP = 250.0, 170.0, 90.0, 20.0, 24.0
_POINTS = 80
_MOST_PANELS = 6


def show_descent(f: Curve, start: float, rates: Sequence[float], *, between: tuple[float, float], steps: int = 20,
                 momentum: float = 0.0) -> Drawing:
    """Draw gradient descent on a curve, a panel for each rate.

    Args:
        f, start, steps, momentum: as for `Descent`.
        rates: one learning rate for each panel, 6 at most.
        between: the part of the x axis that is shown; steps that leave it are told, not drawn.

    >>> show_descent(lambda x: x * x, 1.0, [0.25, 1.5], between=(-1, 1), steps=40)
    rate 0.25, 40 steps from 1: settled at 9.09e-13; rate 1.5, 40 steps from 1: lost: beyond a million at step 20
    """
    if not 0 < len(rates) <= _MOST_PANELS:
        raise ArgumentError(f"{len(rates)} rates", rule=f"from 1 to {_MOST_PANELS}, a panel each")
    walks = [Descent(f, start, rate, steps, momentum) for rate in rates]
    sentence = "; ".join(descent.sentence() for descent in walks)
    return Drawing(draw(walks, between, sentence), sentence)


def draw(walks: Sequence[Descent], between: tuple[float, float], about: str) -> str:
    """The panels side by side, three in a row."""
    wide = 2 * _WIDE + _GAP if len(walks) == 1 else _WIDE
    columns, parts = min(3, len(walks)), []
    down = _TOP + _TALL + _LOW + 62
    for i, descent in enumerate(walks):
        x, y = 8 + (i % columns) * (wide + _GAP), _TOP + (i // columns) * down
        parts += _panel(descent, between, x, y, wide)
    rows = -(-len(walks) // columns)
    bottom = rows * down + 8
    parts += [f'<path d="M8,{bottom - 4:.1f} h22" stroke="{PALETTE["pink"]}" stroke-dasharray="5 3" stroke-width="1.5"/>',
              label("slope", 36, bottom), f'<circle cx="98" cy="{bottom - 4:.1f}" r="4" fill="{ORANGE}"/>',
              label("step", 108, bottom), f'<path d="M152,{bottom - 4:.1f} h22" stroke="{BLUE}" stroke-width="2"/>',
              label("curve", 180, bottom)]
    return document(parts, 8 + columns * (wide + _GAP), bottom + 10, about)


def _panel(descent: Descent, between: tuple[float, float], x: float, y: float, wide: float) -> list[str]:
    low, high = between
    xs = np.linspace(low, high, _POINTS)
    heights = descent.heights(xs)
    finite = heights[np.isfinite(heights)]
    bottom, top = float(finite.min()), float(finite.max())
    room = 0.08 * (top - bottom or 1.0)
    bottom, top = min(bottom, 0.0) - room, top + room

    def across(values: np.ndarray) -> np.ndarray:
        return x + (values - low) / (high - low) * wide

    def up(values: np.ndarray) -> np.ndarray:
        return y + (top - values) / (top - bottom) * _TALL

    path = descent.path
    inside = (path >= low) & (path <= high)
    seen = path[: int(np.argmin(inside))] if not inside.all() else path
    dots_x, dots_y = across(seen), up(descent.heights(seen)) if len(seen) else seen
    title = f"rate {descent.rate:.4g}" + (f", momentum {descent.momentum:g}" if descent.momentum else "")
    zero = float(up(np.array(0.0)))
    parts = [label(title, x, y - 8, bold=True), frame(x, y, wide, _TALL),
             f'<path d="M{x:.1f},{zero:.1f} h{wide:.1f}" stroke="{GREY}" stroke-opacity="0.5" stroke-width="0.8"/>',
             _line(across(xs), up(slope(descent.f, xs)), PALETTE["pink"], 1.5, (y, y + _TALL), "5 3"),
             _line(across(xs), up(heights), BLUE, 2, (y, y + _TALL)), _line(dots_x, dots_y, ORANGE, 1),
             *_dots(dots_x, dots_y)]
    for value in (low, high):
        anchor = "start" if value == low else "end"
        parts.append(label(f"x = {number(value)}", x if value == low else x + wide, y + _TALL + 14, size=10, anchor=anchor))
    parts += _over_time(descent, between, x, y + _TALL + 22, wide)
    return [*parts, label(descent.outcome(), x, y + _TALL + 22 + _LOW + 14, fill=ORANGE)]


def _over_time(descent: Descent, between: tuple[float, float], x: float, y: float, wide: float) -> list[str]:
    """x from step to step, as far as it is within the part that is shown."""
    (low, high), path = between, descent.path
    across = x + np.arange(len(path)) / max(1, len(path) - 1) * wide
    up = y + (high - path) / (high - low) * _LOW
    seen = (up >= y) & (up <= y + _LOW)
    return [frame(x, y, wide, _LOW), _line(across, up, ORANGE, 1.2, (y, y + _LOW)),
            *_dots(across[seen], up[seen], small=True),
            label("x from step to step", x + wide - 4, y + 12, size=10, anchor="end")]


def _line(xs: np.ndarray, ys: np.ndarray, colour: str, wide: float, within: tuple[float, float] | None = None,
          dash: str = "") -> str:
    """A line through points; with `within` only the pieces whose both ends lie between two heights."""
    fine = np.isfinite(xs) & np.isfinite(ys)
    if within:
        fine &= (ys >= within[0]) & (ys <= within[1])
    path, pen = "", False
    for x, y, good in zip(xs, ys, fine, strict=True):
        path += f"{'L' if pen else 'M'}{x:.1f},{y:.1f}" if good else ""
        pen = bool(good)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{wide:g}"{dashes}/>' if path else ""


def _dots(xs: np.ndarray, ys: np.ndarray, small: bool = False) -> list[str]:
    """One for each place; the first is a ring."""
    radius, ring = (1.8, 3.5) if small else (3.2, 6.0)
    seen = [(x, y) for x, y in zip(xs, ys, strict=True) if np.isfinite(x) and np.isfinite(y)]
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"/>' for x, y in seen[1:])
    first = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{ring:g}" fill="none" stroke="{ORANGE}" stroke-width="2"/>'
                    for x, y in seen[:1])
    return [f'{first}<g fill="{ORANGE}">{dots}</g>']


def show_valleys(f: Curve, valleys: Sequence[float], *, starts: tuple[float, float], rates: tuple[float, float],
                 steps: int = 200, momentum: float = 0.0, side: int = 160) -> Picture:
    """A map of gradient descent: for every start (across) and every rate (upwards) the valley where the walk ends.

    Args:
        f, steps, momentum: as for `Descent`.
        valleys: where the minima are, two of them at most; a walk that settles within 0.05 has arrived.
        starts, rates: the ranges of the map.
        side: pixels of the map each way; every pixel is a walk.
    """
    if not 0 < len(valleys) <= 2:
        raise ArgumentError(f"{len(valleys)} valleys", rule="one or two")
    x, rate = np.linspace(*starts, side)[None, :], np.linspace(*rates, side)[:, None]
    *_, before, end = walk(f, x, rate, steps, momentum)
    arrived = [(np.abs(end - v) < 0.05) & (np.abs(end - before) < STILL) for v in valleys]
    kind = np.select([*arrived, np.isnan(end)], [*range(len(valleys)), 3], 2)
    import matplotlib
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    colours = [PALETTE["blue"], PALETTE["orange"], "#9a9a9a", "#00000000"]
    names = [*(f"ends at {v:g}" for v in valleys), *[""] * (2 - len(valleys)), "never settles", "is lost"]
    shares = [float((kind == k).mean()) for k in range(4)]
    with matplotlib.rc_context(rc()):
        figure = pyplot_free_figure(6.8, 3.6)
        ax = figure.subplots()
        ax.imshow(kind, origin="lower", extent=(*starts, *rates), aspect="auto", cmap=ListedColormap(colours), vmin=0,
                  vmax=3, interpolation="nearest")
        ax.grid(False)
        ax.set(xlabel="start", ylabel="learning rate")
        shown = [k for k in range(4) if names[k]]
        ax.legend(handles=[Patch(facecolor=colours[k], edgecolor="#7f7f7f", label=names[k]) for k in shown],
                  loc="center left", bbox_to_anchor=(1, 0.5))
    told = ", ".join(f"{shares[k]:.0%} {names[k]}" for k in shown)
    return Picture(figure, f"map of {side * side:,} walks, starts {starts[0]:g} to {starts[1]:g}, "
                           f"rates {rates[0]:g} to {rates[1]:g}: {told}")
