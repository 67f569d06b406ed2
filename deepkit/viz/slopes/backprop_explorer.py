"""The back-propagation explorer: type a formula, give its variables values, and step forwards and back through its graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from deepkit.core.tensor import Tensor
from deepkit.errors import ArgumentError
from deepkit.loading import optional
from deepkit.viz.interactive import Interactive
from deepkit.viz.picture import Drawing
from deepkit.viz.slopes.backprop import Backprop
from deepkit.viz.slopes.backprop_drawing import draw
from deepkit.viz.slopes.formula import Formula
from deepkit.viz.style import PALETTE


class BackpropExplorer(Interactive):
    """Interactive back-propagation: shown by a notebook with a running kernel, a still picture elsewhere.

    Args:
        formula: as for `Formula`.
        values: name to number; a variable without a value begins at 1.

    Attributes:
        walk: what is shown, a `Backprop`.
        controls: the widgets by name: formula, step, play.
        numbers: a field for each variable, by its name.

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
        ArgumentError: for a formula that is none.
    """

    def __init__(self, formula: str, values: Mapping[str, float] | None = None):
        w = self._w = optional("ipywidgets", "the back-propagation explorer")
        self._values = {name: float(value) for name, value in (values or {}).items()}
        self.numbers: dict[str, Any] = {}
        self.controls: dict[str, Any] = {
            "formula": w.Text(formula, description="formula", continuous_update=False, layout=w.Layout(width="420px")),
            "step": w.IntSlider(0, 0, 1, description="step", layout=w.Layout(flex="1 1 300px", min_width="0")),
            "play": w.Play(min=0, max=1, interval=900, show_repeat=False, layout=w.Layout(flex="0 0 auto")),
        }
        self._fields, self._words = w.HBox(layout=w.Layout(flex_flow="row wrap")), w.HTML()
        self._drawing, self._message = w.HTML(), w.HTML()
        self._take(Formula(formula))
        w.jslink((self.controls["play"], "value"), (self.controls["step"], "value"))
        self.controls["formula"].observe(self._typed, "value")
        self.controls["step"].observe(self._draw, "value")
        walking = w.HBox([self.controls["play"], self.controls["step"]], layout=w.Layout(max_width="760px"))
        self.widget = w.VBox([self.controls["formula"], self._fields, walking, self._message, self._words, self._drawing])
        self.widget.add_class("deepkit-backprop-explorer")

    def _typed(self, change: Any) -> None:
        try:
            self._take(Formula(change["new"]))
        except ArgumentError as error:  # it is being typed: say what is wrong, and keep the last picture
            self._message.value = f'<span style="color:{PALETTE["orange"]}">{error.what}</span>'

    def _take(self, formula: Formula) -> None:
        """A new formula: its graph, fields for its variables, and a slider as long as its walk."""
        w = self._w
        walk = self._walk(formula)
        for field in self.numbers.values():
            field.close()
        self._formula, self.walk = formula, walk
        narrow = {"description_width": "30px"}
        self.numbers = {
            name: w.FloatText(self._values.get(name, 1.0), step=0.1, description=name, style=narrow,
                              layout=w.Layout(width="120px"))
            for name in formula.names
        }
        for field in self.numbers.values():
            field.observe(self._changed, "value")
        self._fields.children = list(self.numbers.values())
        for name in ("step", "play"):
            self.controls[name].max = walk.steps
        self.controls["step"].value = self.controls["play"].value = walk.steps
        self._draw()

    def _walk(self, formula: Formula) -> Backprop:
        variables = {name: Tensor(np.float64(self._values.get(name, 1.0))) for name in formula.names}
        return Backprop(formula(**variables), variables)

    def _changed(self, _: Any) -> None:
        self._values |= {name: field.value for name, field in self.numbers.items()}
        self.walk = self._walk(self._formula)
        self._draw()

    def _draw(self, _: Any = None) -> None:
        step = min(self.controls["step"].value, self.walk.steps)
        self._message.value, self._words.value = "", self.walk.sentence(step)
        self._drawing.value = draw(self.walk, step)

    def picture(self) -> Drawing:
        """What is shown now, as a still picture."""
        return Drawing(self._drawing.value, self._words.value)


def backprop_explorer(formula: str, **values: float) -> BackpropExplorer:
    """Step through back-propagation of a formula; see BackpropExplorer.

    >>> backprop_explorer("(a + b) * a", a=2.0, b=-3.0)
    """
    return BackpropExplorer(formula, values)
