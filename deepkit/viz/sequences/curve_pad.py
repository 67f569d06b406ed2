"""A curve that is drawn with a mouse, a pen, a finger or keys, and what a function goes on with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.loading import optional
from deepkit.viz.grids import document, frame
from deepkit.viz.interactive import Interactive, scripted
from deepkit.viz.picture import Drawing
from deepkit.viz.style import GREY, PALETTE

GoOn = Callable[[np.ndarray], Any]
_WIDE, _TALL = 640, 240  # pixels
_COLOURS = (PALETTE["blue"], PALETTE["orange"])  # drawn, gone on with


@cache
def _sheet() -> Any:
    """The curve in the browser; `values` changes when a stroke or a key has ended."""
    return scripted("a sheet to draw a curve on", __file__, lambda t: {
        "wide": t.Int(_WIDE), "tall": t.Int(_TALL), "columns": t.Int(1), "colours": t.List(t.Unicode(), list(_COLOURS)),
        **{name: t.List(t.Float()) for name in ("values", "ahead", "truth")},
    })


class CurvePad(Interactive):
    """A list of curves to begin with, a sheet on which the curve can be drawn anew, and behind it how `go_on` goes on.

    Args:
        go_on: called with the n values of the curve, (n,) of -1..1; what it returns, (k,), is drawn behind them.
        presets: curves to begin with by name, each of the same length n or longer: the rest is the truth, and is drawn
            dotted until the curve is changed.
        known: n, how many values are drawn.

    Attributes:
        values: (n,), the curve now.
        ahead: (k,), how it goes on.

    Raises:
        ArgumentError: without a preset, if `go_on` cannot be called, or if it returns what is not finite.
        ShapeError: for a preset that is too short, or an answer that is no row of numbers.
        MissingExtraError: without anywidget and ipywidgets (extra `course`).
    """

    def __init__(self, go_on: GoOn, presets: Mapping[str, Sequence[float] | np.ndarray], known: int = 40):
        if not callable(go_on) or not presets:
            raise ArgumentError("no curve to begin with, or nothing that goes on", hint='curve_pad(go_on, {"sine": values})')
        w = optional("ipywidgets", "a sheet to draw a curve on")
        self._go_on, self._known = go_on, known
        self._presets = {name: _curve(values, known) for name, values in presets.items()}
        self.sheet = _sheet()()
        self.dropdown = w.Dropdown(options=list(self._presets), description="curve", layout=w.Layout(width="260px"),
                                   style={"description_width": "60px"})
        self.dropdown.observe(lambda _: self._choose(), "value")
        self.sheet.observe(self._change, "values")
        self._choose()
        told = w.HTML("draw into the grey half, with a mouse, a finger, or the arrow keys")
        self.widget = w.VBox([self.dropdown, self.sheet, told])
        self.widget.add_class("deepkit-curve-pad")

    @property
    def values(self) -> np.ndarray:
        return np.array(self.sheet.values, np.float64)

    @property
    def ahead(self) -> np.ndarray:
        return np.array(self.sheet.ahead, np.float64)

    def _choose(self) -> None:
        curve = self._presets[self.dropdown.value]
        self.sheet.truth = curve[self._known :].tolist()
        self.sheet.values = curve[: self._known].tolist()

    def _change(self, _: Any = None) -> None:
        ahead = np.asarray(self._go_on(self.values), np.float64)
        if ahead.ndim != 1:
            raise ShapeError(f"go_on answered with shape {ahead.shape}", rule="(k,): the next k values")
        if not np.isfinite(ahead).all():
            raise ArgumentError("go_on answered with NaN or infinity")
        self.sheet.columns = self._known + len(ahead)
        self.sheet.ahead = ahead.tolist()

    def picture(self) -> Drawing:
        """The curve and how it goes on, standing still."""
        n, columns = self._known, self.sheet.columns

        def line(first: int, values: Sequence[float], colour: str, dash: str = "") -> str:
            at = [((first + k + 0.5) * _WIDE / columns, (0.5 - 0.46 * value) * _TALL) for k, value in enumerate(values)]
            way = "L".join(f"{x:.1f} {y:.1f}" for x, y in at)
            return f'<path d="M{way}" fill="none" stroke="{colour}" stroke-width="2.5" stroke-dasharray="{dash}"/>'

        end = self.sheet.values[-1]
        parts = [f'<rect width="{n * _WIDE / columns:.1f}" height="{_TALL}" fill="{GREY}" fill-opacity="0.13"/>',
                 frame(0.5, 0.5, _WIDE - 1, _TALL - 1), line(0, [0.0] * columns, GREY + "55")]
        if self.sheet.truth:
            parts.append(line(n - 1, [end, *self.sheet.truth][: columns - n + 1], GREY, "3 4"))
        parts += [line(n - 1, [end, *self.sheet.ahead], _COLOURS[1]), line(0, self.sheet.values, _COLOURS[0])]
        about = f"a curve of {n} values, {self.dropdown.value!r}, and {len(self.sheet.ahead)} values that go on with it"
        return Drawing(document(parts, _WIDE, _TALL, about), about)


def _curve(values: Any, known: int) -> np.ndarray:
    array = np.asarray(values, np.float64)
    if array.ndim != 1 or len(array) < known:
        raise ShapeError(f"a curve of shape {array.shape}", rule=f"({known},) or longer")
    return np.clip(array, -1, 1)


def curve_pad(go_on: GoOn, presets: Mapping[str, Sequence[float] | np.ndarray], known: int = 40) -> CurvePad:
    """A curve to draw, and how `go_on` goes on with it; see CurvePad."""
    return CurvePad(go_on, presets, known)
