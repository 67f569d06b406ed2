"""A recurrent network drawn twice: as a loop, and unrolled, one box for each step with the same weights."""

from __future__ import annotations

from collections.abc import Collection

from deepkit.errors import ArgumentError
from deepkit.viz.grids import BLUE, ORANGE, document, frame, label
from deepkit.viz.picture import Drawing
from deepkit.viz.style import PALETTE

_STEP, _BOX, _BASE = 96.0, 46.0, 74.0
_START = 150.0  # where the unrolled form begins
_MOST = 8


def show_unrolled(steps: int = 5, answers: Collection[int] | None = None) -> Drawing:
    """Draw the loop at the left and its unrolled form of `steps` steps at the right; arrows of a colour share their weights.

    answers: at which steps, from 1, an output y is computed from the state; at all of them by default.

    >>> show_unrolled(5, answers=[5])
    a loop, and the same network unrolled over 5 steps with an output at step 5
    """
    asked = sorted(range(1, steps + 1) if answers is None else set(answers))
    if not 1 <= steps <= _MOST or not set(asked) <= set(range(1, steps + 1)):
        raise ArgumentError(f"{steps} steps with outputs at {asked}", rule=f"1 to {_MOST} steps, outputs at some of them")
    parts = [_markers(), *_box(40, "h", "x", "y" if asked else ""), *_loop(40), label("=", 122, _BASE + 30, size=18)]
    parts.append(label("h0", _START, _BASE + _BOX / 2 - 6, size=11))
    for step in range(1, steps + 1):
        left = _START + _STEP * step - _BOX
        parts.append(_arrow(left + _BOX - _STEP, _BASE + _BOX / 2, left, _BASE + _BOX / 2, ORANGE))
        parts += _box(left, f"h{step}", f"x{step}", f"y{step}" if step in asked else "")
    said = f"a loop, and the same network unrolled over {steps} steps with an output at {_where(asked, steps)}"
    parts += _key()
    return Drawing(document(parts, _START + _STEP * steps + 12, _BASE + _BOX + 104, said), said)


def _where(asked: list[int], steps: int) -> str:
    if len(asked) == steps:
        return "all steps"
    return f"step{'s' * (len(asked) > 1)} {', '.join(map(str, asked))}" if asked else "no step"


def _box(left: float, state: str, x: str, y: str) -> list[str]:
    """A state with its input below and, where it has one, its output above."""
    middle = left + _BOX / 2
    parts = [frame(left, _BASE, _BOX, _BOX, wide=1.6), label(state, middle, _BASE + 28, size=14, anchor="middle", bold=True),
             _arrow(middle, _BASE + _BOX + 36, middle, _BASE + _BOX, BLUE),
             label(x, middle, _BASE + _BOX + 52, size=14, anchor="middle")]
    if y:
        parts += [_arrow(middle, _BASE, middle, _BASE - 36, PALETTE["green"]),
                  label(y, middle, _BASE - 44, size=14, anchor="middle")]
    return parts


def _loop(left: float) -> list[str]:
    """The arrow from the state back to itself."""
    right, y = left + _BOX, _BASE + _BOX / 2
    way = f"M{right} {y}h18v{_BOX / 2 + 14}H{left - 18}v{-_BOX / 2 - 14}h14"
    return [f'<path d="{way}" fill="none" stroke="{ORANGE}" stroke-width="2.2" marker-end="url(#tip-{ORANGE[1:]})"/>']


def _key() -> list[str]:
    """Which colour is which weights."""
    y = _BASE + _BOX + 92
    named = ((BLUE, "W_x"), (ORANGE, "W_h"), (PALETTE["green"], "W_y"))
    return [label("one matrix for each colour:", 4, y),
            *(label(name, 210 + 60 * i, y, fill=colour, bold=True) for i, (colour, name) in enumerate(named))]


def _markers() -> str:
    heads = "".join(
        f'<marker id="tip-{colour[1:]}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto" '
        f'markerUnits="userSpaceOnUse"><path d="M0 0L8 4L0 8z" fill="{colour}"/></marker>'
        for colour in (BLUE, ORANGE, PALETTE["green"]))
    return f"<defs>{heads}</defs>"


def _arrow(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return (f'<path d="M{x1:g} {y1:g}L{x2:g} {y2:g}" stroke="{colour}" stroke-width="2.2" fill="none" '
            f'marker-end="url(#tip-{colour[1:]})"/>')
