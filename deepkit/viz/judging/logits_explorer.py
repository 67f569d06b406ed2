"""Three sliders for three logits: their softmax as bars and as a point of the triangle, and the loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepkit.errors import ArgumentError
from deepkit.loading import optional
from deepkit.viz.interactive import Interactive, in_row
from deepkit.viz.judging.simplex import draw
from deepkit.viz.picture import Drawing


class LogitsExplorer(Interactive):
    """Sliders for three logits, buttons that change all of them, and what softmax makes of them.

    Args:
        logits: where the sliders begin, from -6 to 6.
        names: of the three classes; the first is the true one at first.

    Attributes:
        controls: the widgets by name: the three names, true, "all + 1", "all × 2", "all × ½".

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
        ArgumentError: for other than three logits and three names.
    """

    def __init__(self, logits: Sequence[float] = (2.0, 1.0, 0.1), names: Sequence[str] = ("A", "B", "C")):
        w = optional("ipywidgets", "the logits explorer")
        if len(logits) != 3 or len(set(names)) != 3:
            raise ArgumentError(f"{len(logits)} logits, names {list(names)}", rule="three logits and three different names")
        self._names, self._w = list(names), w
        self.controls: dict[str, Any] = {
            name: w.FloatSlider(value, min=-6, max=6, step=0.1, description=f"z {name}", layout=w.Layout(width="330px"))
            for name, value in zip(names, logits, strict=True)
        }
        self._sliders = list(self.controls.values())
        self.controls["true"] = w.Dropdown(options=self._names, description="true class")
        for text, change in (("all + 1", lambda z: z + 1), ("all × 2", lambda z: 2 * z), ("all × ½", lambda z: z / 2)):
            self.controls[text] = w.Button(description=text, layout=w.Layout(width="90px"))
            self.controls[text].on_click(lambda _, change=change: self._set([change(s.value) for s in self._sliders]))
        for slider in (*self._sliders, self.controls["true"]):
            slider.observe(self._change, "value")
        self._drawing = w.HTML()
        c = self.controls
        row = in_row([c["true"], c["all + 1"], c["all × 2"], c["all × ½"]])
        self.widget = w.VBox([*self._sliders, row, self._drawing])
        self.widget.add_class("deepkit-logits-explorer")
        self._change()

    def _set(self, logits: Sequence[float]) -> None:
        for slider, value in zip(self._sliders, logits, strict=True):
            slider.value = min(max(value, slider.min), slider.max)

    def _change(self, _: Any = None) -> None:
        self._drawing.value = self.picture().svg

    def picture(self) -> Drawing:
        """What is shown now, as a still picture."""
        return draw([s.value for s in self._sliders], self._names.index(self.controls["true"].value), self._names)


def logits_explorer(logits: Sequence[float] = (2.0, 1.0, 0.1), names: Sequence[str] = ("A", "B", "C")) -> LogitsExplorer:
    """Three logits and their softmax; see LogitsExplorer."""
    return LogitsExplorer(logits, names)
