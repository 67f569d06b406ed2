"""Turn and move the two lines along which hidden units fold the plane, until a line parts XOR's corners."""

from __future__ import annotations

from typing import Any

from deepkit.loading import optional
from deepkit.viz.interactive import Interactive, in_row
from deepkit.viz.picture import Drawing
from deepkit.viz.plane.fold import ACTIVATIONS, FIRST, SECOND, Fold, draw


class FoldExplorer(Interactive):
    """Sliders for the direction and the place of two hidden units, and the drawing of `show_fold`.

    Args:
        start: the fold to begin with.

    Attributes:
        fold: what is shown, a `Fold`.
        controls: the widgets by name: activation, angle 1, offset 1, angle 2, offset 2.

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
    """

    def __init__(self, start: Fold):
        w = optional("ipywidgets", "the fold explorer")
        look = {"style": {"description_width": "130px"}, "layout": w.Layout(width="330px")}
        self.controls: dict[str, Any] = {
            "activation": w.Dropdown(options=list(ACTIVATIONS), value=start.activation, description="activation", **look)
        }
        for unit in (1, 2):
            self.controls[f"angle {unit}"] = w.FloatSlider(
                start.angles[unit - 1], min=-180, max=180, step=5, description=f"unit {unit}: direction °", readout_format=".0f",
                **look)
            self.controls[f"offset {unit}"] = w.FloatSlider(
                float(start.offsets[unit - 1]), min=-1.5, max=1.5, step=0.05, description=f"unit {unit}: offset b", **look)
        for control in self.controls.values():
            control.observe(self._change, "value")
        self._drawing = w.HTML()
        key = w.HTML(f'unit 1: <b style="color:{FIRST}">green</b>, unit 2: <b style="color:{SECOND}">pink</b>; the short '
                     "stroke points to where a unit's sum grows")
        left = w.VBox([*self.controls.values(), key], layout=w.Layout(width="350px", flex="0 0 auto"))
        self.widget = in_row([left, self._drawing])
        self.widget.add_class("deepkit-fold-explorer")
        self._change()

    def _change(self, _: Any = None) -> None:
        c = {name: control.value for name, control in self.controls.items()}
        self.fold = Fold((c["angle 1"], c["angle 2"]), (c["offset 1"], c["offset 2"]), c["activation"])
        self._drawing.value = self.picture().svg

    def picture(self) -> Drawing:
        """What is shown now, as a still picture."""
        return Drawing(draw({"": self.fold}), self.fold.sentence())


def fold_explorer(start: Fold | None = None) -> FoldExplorer:
    """Move the folds of two hidden units until a line parts the corners of XOR; see FoldExplorer."""
    return FoldExplorer(start or Fold((30.0, 100.0), (0.0, -0.5)))
