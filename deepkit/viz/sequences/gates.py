"""Gates and memory of a recurrent cell along a sequence, as heat strips, and the drawing of one step of an LSTM."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.grids import BLUE, ORANGE, document, frame, label, number
from deepkit.viz.picture import Drawing
from deepkit.viz.rows import drawn
from deepkit.viz.style import GREY

_WIDE, _LEFT, _GAP = 660.0, 92.0, 12.0
_ROW, _LEAST, _BAR = 9.0, 18.0, 8.0  # pixels of a unit, of a strip at least, and of the room for a bar above it


def show_gates(strips: Mapping[str, Any], held: Mapping[str, float] | None = None, since: int = 0) -> Drawing:
    """Draw numbers along a sequence, a strip below the other: a column for each step, a row for each unit.

    Args:
        strips: by name (steps, units) or (steps,), all of as many steps. Numbers from 0 to 1 go from black (0) to white
            (1); where there are negative ones, from blue over grey to orange, and the largest has the full colour.
        held: names of strips that are held by hand, with the value; a bar above them says from which step on.
        since: that step.

    Raises:
        ArgumentError: without any strip.
        ShapeError: for strips of another rank or of unequal length.

    >>> show_gates({"forget": gates["forget"], "memory": gates["memory"]}, held={"forget": 0}, since=50)
    100 steps: forget of 4, memory of 4; forget held at 0 from step 50
    """
    found, hold = _checked(strips), dict(held or {})
    steps = len(next(iter(found.values())))
    parts: list[str] = []
    y, wide = 16.0, _WIDE - _LEFT - 4
    for name, values in found.items():
        tall = max(_LEAST, _ROW * values.shape[1])
        if name in hold:
            y += _BAR
            parts += _bar(_LEFT + wide * since / steps, _LEFT + wide, y - 3, hold[name])
        parts.append(label(name, _LEFT - 10, y + tall / 2 + 4, anchor="end"))
        parts.append(drawn(values.T, _LEFT, y, wide, _looks(values), tall))
        y += tall + _GAP
    parts += _ticks(steps, y - 2, wide)
    said = _sentence(found, steps, hold, since)
    return Drawing(document(parts, _WIDE, y + 22, said), said)


def _checked(strips: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The strips as (steps, units), all of as many steps."""
    found = {name: _strip(values, name) for name, values in strips.items()}
    if not found:
        raise ArgumentError("no strip to draw", hint='show_gates({"forget": gates["forget"]})')
    lengths = [len(values) for values in found.values()]
    if len(set(lengths)) > 1:
        raise ShapeError(f"strips of {lengths} steps", rule="as many in each")
    return found


def _looks(values: np.ndarray) -> tuple[float, bool, bool]:
    """The number of the full colour, two-sided or not, without numbers."""
    signed = bool((values < 0).any())
    return (max(float(np.abs(values).max()), 1e-9) if signed else 1.0), signed, False


def _strip(values: Any, name: str) -> np.ndarray:
    array = np.asarray(values, np.float64)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or not array.size:
        raise ShapeError(f"the strip {name!r} has shape {array.shape}", rule="(steps, units) or (steps,)")
    return array


def _bar(x: float, end: float, y: float, value: float) -> Iterator[str]:
    """The bar above a strip that is held."""
    yield f'<path d="M{x:.1f} {y:.1f}H{end:.1f}" stroke="{ORANGE}" stroke-width="3"/>'
    said = {0: "held shut", 1: "held open"}.get(int(value) if value in (0, 1) else -1, f"held at {value:g}")
    yield label(said, min(x, end - 66), y - 3, size=10, fill=ORANGE, bold=True)


def _ticks(steps: int, y: float, wide: float) -> Iterator[str]:
    """Numbers of steps below the strips."""
    stride = max(1, round(steps / 5))
    for t in range(0, steps, stride):
        yield label(str(t), _LEFT + wide * (t + 0.5) / steps, y + 14, size=10, anchor="middle")
    yield label("step", _LEFT - 10, y + 14, size=10, anchor="end")


def _sentence(found: Mapping[str, np.ndarray], steps: int, held: Mapping[str, float], since: int) -> str:
    strips = ", ".join(f"{name} of {values.shape[1]}" for name, values in found.items())
    by_hand = "".join(f"; {name} held at {value:g} from step {since}" for name, value in held.items())
    return f"{steps} steps: {strips}{by_hand}"


def show_lstm_cell(before: Mapping[str, float], step: Mapping[str, float]) -> Drawing:
    """Draw what one unit of an LSTM does in one step: the memory's road above, three gates and the candidate below it.

    Args:
        before: "memory" and "hidden" before the step, and "x", what comes in: one number each.
        step: "forget", "input", "output", "candidate", "memory" and "hidden" of the step.

    >>> show_lstm_cell({"memory": 0.5, "hidden": 0.3, "x": 1.0}, step)
    memory 0.5 · 0.9 + 0.8 · 0.4 = 0.77, hidden 0.6 · tanh 0.77 = 0.39
    """
    value = {name: number(float(one)) for name, one in step.items()}
    old, hidden, x = (number(float(before[name])) for name in ("memory", "hidden", "x"))
    forget, write, read = 110.0, 290.0, 510.0
    parts = [_road(f"M20 70H{forget - 14}M{forget + 14} 70H{write - 14}M{write + 14} 70H570", BLUE, 3),
             _road(f"M{read} 70V106M{read} 134V190H570", GREY, 1.5), _road(f"M20 250H{read}", GREY, 1.5)]
    parts += [label(f"c: {old}", 20, 58, size=13, bold=True, fill=BLUE), label(f"c: {value['memory']}", 576, 74, size=13,
              bold=True, fill=BLUE), label(f"h: {value['hidden']}", 576, 194, size=13, bold=True),
              label(f"x: {x}  h: {hidden}", 20, 270, size=13, bold=True)]
    parts += _sign(forget, 70, "×") + _sign(write, 70, "+") + _sign(write, 120, "×") + _sign(read, 120, "×")
    parts.append(_road(f"M{write} 106V84", GREY, 1.5))
    parts.append(label("tanh", read + 8, 94, size=11))
    for middle, name, end in ((forget, "forget", (forget, 84.0)), (write - 50, "input", (write - 14, 120.0)),
                              (write + 50, "candidate", (write + 14, 120.0)), (read, "output", (read - 14, 120.0))):
        parts += _box(middle if name != "output" else middle - 60, name, value[name], end)
    said = (f"memory {old} · {value['forget']} + {value['input']} · {value['candidate']} = {value['memory']}, "
            f"hidden {value['output']} · tanh {value['memory']} = {value['hidden']}")
    return Drawing(document(parts, _WIDE, 290, said), said)


def _road(path: str, colour: str, wide: float) -> str:
    return f'<path d="{path}" stroke="{colour}" stroke-width="{wide:g}" fill="none"/>'


def _sign(x: float, y: float, text: str) -> list[str]:
    """An operation in a circle."""
    circle = f'<circle cx="{x:.0f}" cy="{y:.0f}" r="14" fill="none" stroke="{GREY}" stroke-width="1.5"/>'
    return [circle, label(text, x, y + 5, size=16, anchor="middle")]


def _box(x: float, name: str, value: str, end: tuple[float, float]) -> list[str]:
    """A gate or the candidate: its name, its value, fed from below, leading to `end`."""
    colour = GREY if name == "candidate" else ORANGE
    across, up = end
    return [frame(x - 40, 170, 80, 42, stroke=colour, wide=1.5), label(name, x, 187, size=11, anchor="middle"),
            label(value, x, 204, size=13, anchor="middle", bold=True, fill=colour),
            _road(f"M{x:.0f} 250V212M{x:.0f} 170V{max(up, 84):.0f}H{across:.0f}", GREY, 1.5)]
