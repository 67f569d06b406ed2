"""The lives of a program drawn: a curve for each process, where it was killed, and the steps that were done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from deepkit.viz.grids import document, label
from deepkit.viz.picture import Drawing
from deepkit.viz.saving.program import Life, Program
from deepkit.viz.style import GREY, PALETTE

Point = tuple[float, float]
Place = Callable[[Point], Point]

_WIDE, _LEFT, _TOP, _TALL, _BELOW = 680.0, 56.0, 30.0, 210.0, 66.0
_WORD = 46.0  # the width of "killed"
_COLOURS = list(PALETTE.values())


def show_lives(program: Program, value: str = "loss", *, beside: Program | None = None) -> Drawing:
    """Draw what a program printed, life by life.

    Each process has a colour. A cross is where it was killed, a ring a step whose work was lost and done again by the
    next one, and a triangle on the axis a checkpoint.

    value: what the program prints for each step. beside: another program, drawn as a broad grey line below.
    """
    under, sentence = beside.points() if beside else [], said(program.lives, value)
    return Drawing(draw(program.lives, value, under, sentence), sentence)


def said(lives: Iterable[Life], value: str = "loss") -> str:
    """The lives in words."""
    parts = []
    for life in lives:
        if not life.points:
            parts.append("killed before its first step" if life.killed else "no step yet")
            continue
        (first, _), (last, final) = life.points[0], life.points[-1]
        end = "killed at step" if life.killed else "to step" if life.ended == 0 else "now at step"
        parts.append(f"from step {first} {end} {last}" + ("" if life.killed else f", {value} {final:.4g}"))
    return "; ".join(parts) or "not started"


def draw(lives: Sequence[Life], value: str, under: Sequence[Point] = (), about: str = "",
         names: Sequence[str] | None = None) -> str:
    """The SVG; names: of the curves, "process 1", "process 2", ... by default."""
    points = [*under, *(point for life in lives for point in life.points)]
    place, last, top = _scale(points)
    parts, drawn = _axes(last, top, value, place), list(map(place, points))
    if under:
        parts.append(_line(drawn[: len(under)], GREY, 9, 0.35))
    for number, life in enumerate(lives):
        later = [] if names else [step for other in lives[number + 1 :] for step, _ in other.points]
        colour = _COLOURS[number % len(_COLOURS)]
        parts += _life(life, colour, min(later, default=last + 1), place)
        parts += _death(life, colour, drawn, place)
    return document([*parts, *_legend(lives, names, bool(under))], _WIDE, _TOP + _TALL + _BELOW, about)


def _scale(points: Sequence[Point]) -> tuple[Place, int, float]:
    """Where a point is drawn, the last step and the largest value."""
    last = max(10, *(int(step) for step, _ in points)) if points else 10
    top = max((height for _, height in points), default=0) or 1.0

    def place(point: Point) -> Point:
        step, height = point
        return _LEFT + (_WIDE - _LEFT - 16) * step / last, _TOP + _TALL * (1 - height / (1.05 * top))

    return place, last, top


def _life(life: Life, colour: str, again: int, place: Place) -> list[str]:
    """One process; from the step `again` on, another one did its work again."""
    dots = [place(point) for point in life.points]
    parts = [_line(dots, colour, 2)] + [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="none" stroke="{colour}" stroke-width="1.4"/>'
        for (step, _), (x, y) in zip(life.points, dots, strict=True) if step >= again
    ]
    return parts + [_triangle(place((step, 0.0))[0], _TOP + _TALL, colour) for step in life.saved]


def _death(life: Life, colour: str, drawn: Sequence[Point], place: Place) -> list[str]:
    """A cross where it was killed, and the word above all that is drawn near it."""
    if not (life.killed and life.points):
        return []
    x, y = place(life.points[-1])
    middle = min(x, _WIDE - 16 - _WORD / 2)
    near = [height for across, height in drawn if abs(across - middle) < _WORD]
    return [f'<path d="M{x - 7:.1f} {y - 7:.1f}l14 14m0 -14l-14 14" stroke="{colour}" stroke-width="3"/>',
            label("killed", middle, min([*near, y]) - 12, anchor="middle", bold=True, fill=colour)]


def _axes(last: int, top: float, value: str, place: Place) -> list[str]:
    bottom = _TOP + _TALL
    parts = [f'<path d="M{_LEFT} {_TOP}V{bottom}H{_WIDE - 16}" fill="none" stroke="{GREY}"/>', label(value, 6, _TOP - 12)]
    for share in (0.0, 0.5, 1.0):
        x, y = place((0, share * top))
        parts += [f'<path d="M{x:.1f} {y:.1f}h-5" stroke="{GREY}"/>', label(f"{share * top:.2g}", x - 9, y + 4, anchor="end")]
    every = next(size * 10**power for power in range(12) for size in (1, 2, 5) if last / (size * 10**power) <= 12)
    parts += [label(str(step), place((step, 0.0))[0], bottom + 25, anchor="middle") for step in range(0, last + 1, every)]
    return [*parts, label("step", _WIDE - 16, bottom + 41, anchor="end")]


def _line(dots: Sequence[Point], colour: str, wide: float, opacity: float = 1.0) -> str:
    path = "".join(f"{'L' if i else 'M'}{x:.1f} {y:.1f}" for i, (x, y) in enumerate(dots))
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{wide:g}" stroke-opacity="{opacity:g}"/>'


def _triangle(x: float, y: float, colour: str) -> str:
    return f'<path d="M{x:.1f} {y:.1f}l5 9h-10z" fill="{colour}"/>'


def _legend(lives: Sequence[Life], names: Sequence[str] | None, under: bool) -> list[str]:
    names = names or [f"process {i + 1}" for i in range(len(lives))]
    x, y, parts = _LEFT, _TOP + _TALL + 56, list[str]()
    entries = [(name, _line([(0, 0), (22, 0)], colour, 2)) for name, colour in zip(names, _COLOURS, strict=False)][:5]
    if under:
        entries.insert(0, ("never killed", _line([(0, 0), (22, 0)], GREY, 9, 0.35)))
    if any(life.killed for life in lives):
        entries.append(("done twice", f'<circle cx="16" cy="0" r="4" fill="none" stroke="{GREY}" stroke-width="1.4"/>'))
    if any(life.saved for life in lives):
        entries.append(("checkpoint", _triangle(16, -5, GREY)))
    for name, sign in entries:
        parts += [f'<g transform="translate({x:.1f} {y - 4:.1f})">{sign}</g>', label(name, x + 28, y, size=11)]
        x += 28 + 7.2 * len(name) + 10
    return parts
