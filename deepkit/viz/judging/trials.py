"""Printed figures as hollow circles, and beside each the same run made here, once for every seed, as filled ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.grids import BLUE, ORANGE, document, label
from deepkit.viz.picture import Drawing
from deepkit.viz.style import GREY, PALETTE

_WIDE, _ROW, _TOP, _LETTER = 680.0, 21.0, 34.0, 6.6
_TICKS = 8  # at most, along the axis


@dataclass(frozen=True)
class Trial:
    """A run: its name, the figure that was printed, and what came out here, one value for each seed."""

    name: str
    printed: float
    here: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Of what came out here."""
        return float(np.mean(self.here))


def trials(printed: Mapping[str, float], here: Mapping[str, Sequence[float]]) -> list[Trial]:
    """The runs by name, in the order of `printed`.

    Raises:
        ArgumentError: without any run, or for a figure that is no finite number.
        ShapeError: if the two do not name the same runs, or nothing came out of one.
    """
    if not printed:
        raise ArgumentError("no runs to show", hint='show_trials({"a": 98.5}, {"a": [98.2, 98.3]})')
    if set(printed) != set(here) or not all(len(values) for values in here.values()):
        raise ShapeError(f"{len(printed)} printed figures, {len(here)} runs", rule="the same names, at least one value of each")
    made = [Trial(name, float(value), tuple(map(float, here[name]))) for name, value in printed.items()]
    if not np.isfinite([number for trial in made for number in (trial.printed, *trial.here)]).all():
        raise ArgumentError("a figure of a run is no finite number")
    return made


def show_trials(printed: Mapping[str, float], here: Mapping[str, Sequence[float]], x: str = "accuracy (%)") -> Drawing:
    """Draw one line for each run: hollow what was printed, filled what came out here, once for every seed.

    >>> show_trials({"adam": 98.5, "sgd": 98.0}, {"adam": [98.2, 98.4], "sgd": [95.9, 96.0]})
    2 runs: adam, printed 98.5, here 98.2 to 98.4; sgd, printed 98, here 95.9 to 96
    """
    made = trials(printed, here)
    sentence = f"{len(made)} runs: " + "; ".join(map(said, made))
    return Drawing(draw(made, x, about=sentence), sentence)


def said(trial: Trial) -> str:
    """A run in words."""
    low, high = min(trial.here), max(trial.here)
    return f"{trial.name}, printed {trial.printed:g}, here {low:g}" + f" to {high:g}" * (high > low)


def draw(runs: Sequence[Trial], x: str, guesses: Mapping[str, float] | None = None, about: str = "") -> str:
    """The SVG; with guesses only the runs that were guessed show what came out."""
    left = 16 + _LETTER * max(len(trial.name) for trial in runs)
    values = [value for trial in runs for value in (trial.printed, *trial.here)] + list((guesses or {}).values())
    ticks = _ticks(min(values), max(values))
    bottom = _TOP + _ROW * len(runs)

    def across(value: float) -> float:
        return left + 14 + (value - ticks[0]) / (ticks[-1] - ticks[0]) * (_WIDE - left - 40)

    parts = _legend(left + 14, guesses is not None)
    for tick in ticks:
        parts += [f'<path d="M{across(tick):.1f} {_TOP}V{bottom:.1f}" stroke="{GREY}" stroke-opacity="0.3"/>',
                  label(f"{tick:g}", across(tick), bottom + 16, anchor="middle")]
    parts.append(label(x, _WIDE - 26, bottom + 34, anchor="end"))
    for i, trial in enumerate(runs):
        y = _TOP + _ROW * (i + 0.5)
        parts.append(label(trial.name, left, y + 4, size=11, anchor="end"))
        if guesses is not None and trial.name not in guesses:
            parts.append(label("?", across((ticks[0] + ticks[-1]) / 2), y + 4, anchor="middle"))
        else:
            parts += _marks(trial, y, across, (guesses or {}).get(trial.name))
    return document(parts, _WIDE, bottom + 44, about)


def _marks(trial: Trial, y: float, across: Callable[[float], float], guess: float | None) -> list[str]:
    """What was printed, what came out, and what was guessed, on a line at the height y."""
    first, last = across(min(trial.here)), across(max(trial.here))
    return [f'<path d="M{first:.1f} {y:.1f}H{last:.1f}" stroke="{BLUE}" stroke-width="2"/>',
            *(_filled(across(value), y) for value in trial.here), _hollow(across(trial.printed), y),
            *([] if guess is None else [_cross(across(guess), y)])]


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers from at most the lowest value to at least the highest."""
    wide = max(high - low, 1e-9)
    step = next(s for power in range(-12, 12) for s in (10.0**power, 2 * 10.0**power, 5 * 10.0**power)
                if wide / s <= _TICKS - 2)
    first, last = np.floor(low / step), np.ceil(high / step)
    return [float(round(step * k, 12)) for k in np.arange(first, max(last, first + 1) + 1)]


def _legend(x: float, guessed: bool) -> list[str]:
    marks = [(_hollow, "printed"), (_filled, "here, one dot for each seed")] + [(_cross, "your guess")] * guessed
    parts = []
    for mark, text in marks:
        parts += [mark(x, 16), label(text, x + 11, 20, size=11)]
        x += 34 + _LETTER * len(text)
    return parts


def _filled(x: float, y: float) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{BLUE}"/>'


def _hollow(x: float, y: float) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="none" stroke="{ORANGE}" stroke-width="2"/>'


def _cross(x: float, y: float) -> str:
    return (f'<path d="M{x - 5:.1f} {y - 5:.1f}l10 10m0 -10l-10 10" fill="none" stroke="{PALETTE["pink"]}" '
            'stroke-width="2.4"/>')
