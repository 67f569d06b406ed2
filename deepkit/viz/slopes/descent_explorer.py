"""The descent explorer: choose a curve, a start, a learning rate and momentum, and see where the walk goes."""

from __future__ import annotations

from typing import Any

from deepkit.errors import ArgumentError
from deepkit.loading import optional
from deepkit.viz.interactive import Interactive, in_row
from deepkit.viz.picture import Drawing
from deepkit.viz.slopes.descent import Descent
from deepkit.viz.slopes.descent_drawing import draw
from deepkit.viz.slopes.formula import Formula
from deepkit.viz.style import PALETTE


class DescentExplorer(Interactive):
    """Interactive gradient descent: shown by a notebook with a running kernel, a still picture elsewhere.

    Args:
        formula: the curve, a `Formula` over the one variable x.
        start, rate, momentum, steps: where the controls begin.
        between: the part of the x axis that is shown, and the range of the start.

    Attributes:
        descent: the walk that is shown, a `Descent`.
        controls: the widgets by name: formula, start, rate, momentum, steps.

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
        ArgumentError: for a formula that is none, or has other variables than x.
    """

    def __init__(self, formula: str, start: float, *, between: tuple[float, float], rate: float = 0.05,
                 momentum: float = 0.0, steps: int = 30):
        w = optional("ipywidgets", "the descent explorer")
        self._between, self._f = between, _curve(formula)
        wide, narrow = w.Layout(width="310px"), {"description_width": "90px"}
        (low, high), late = between, {"layout": wide, "style": narrow}
        self.controls: dict[str, Any] = {
            "formula": w.Text(formula, description="curve", continuous_update=False, **late),
            "start": w.FloatSlider(start, min=low, max=high, step=0.01, description="start", **late),
            "rate": w.FloatLogSlider(rate, min=-3, max=0, step=0.01, description="learning rate", readout_format=".4f",
                                     **late),
            "momentum": w.FloatSlider(momentum, min=0, max=0.98, step=0.01, description="momentum", **late),
            "steps": w.IntSlider(steps, min=1, max=200, description="steps", **late),
        }
        self._drawing, self._message = w.HTML(), w.HTML()
        for control in self.controls.values():
            control.observe(self._change, "value")
        self._change()
        left = w.VBox([*self.controls.values(), self._message], layout=w.Layout(width="320px", flex="0 0 auto"))
        self.widget = in_row([left, self._drawing])
        self.widget.add_class("deepkit-descent-explorer")

    def _change(self, change: Any = None) -> None:
        c = self.controls
        try:
            if change is not None and change["owner"] is c["formula"]:
                self._f = _curve(c["formula"].value)
            self.descent = Descent(self._f, c["start"].value, c["rate"].value, c["steps"].value, c["momentum"].value)
            drawn = draw([self.descent], self._between, self.descent.sentence())
        except ArgumentError as error:  # the formula is being typed: say what is wrong, and keep the last picture
            self._message.value = f'<span style="color:{PALETTE["orange"]}">{error.what}</span>'
            return
        self._message.value, self._drawing.value = "", drawn

    def picture(self) -> Drawing:
        """What is shown now, as a still picture."""
        return Drawing(self._drawing.value, self.descent.sentence())


def descent_explorer(formula: str, start: float, *, between: tuple[float, float], rate: float = 0.05,
                     momentum: float = 0.0, steps: int = 30) -> DescentExplorer:
    """Explore gradient descent on a curve; see DescentExplorer.

    >>> descent_explorer("x**2 - x - 1", -0.5, between=(-1, 2))
    """
    return DescentExplorer(formula, start, between=between, rate=rate, momentum=momentum, steps=steps)


def _curve(text: str) -> Any:
    formula = Formula(text)
    if formula.names != ["x"]:
        raise ArgumentError(f"{text!r} is over {', '.join(formula.names)}", rule="a curve is over x alone")
    return lambda x: formula(x=x)
