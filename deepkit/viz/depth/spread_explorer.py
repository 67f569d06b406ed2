"""A slider for the size of the first weights: what becomes of the signal in ten layers, in a running notebook."""

from __future__ import annotations

from typing import Any

from deepkit.loading import optional
from deepkit.viz.depth.signal import ACTIVATIONS, Signal, he, xavier
from deepkit.viz.depth.spread import draw
from deepkit.viz.interactive import Interactive, in_row
from deepkit.viz.picture import Drawing


class SpreadExplorer(Interactive):
    """A slider for the standard deviation of the weights, and the drawing of `show_spread`.

    Attributes:
        signal: what is shown, a `Signal`.
        controls: the widgets by name: activation, units, layers, stddev, xavier, he.

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
    """

    def __init__(self, seed: int = 1):
        w = optional("ipywidgets", "the explorer of initial scales")
        self._seed, wide = seed, w.Layout(width="440px")
        narrow = {"description_width": "80px"}
        self.controls: dict[str, Any] = {
            "activation": w.Dropdown(options=list(ACTIVATIONS), description="activation", style=narrow),
            "units": w.Dropdown(options=[32, 128, 512], value=128, description="units", style=narrow),
            "layers": w.IntSlider(10, 2, 20, description="layers", style=narrow, layout=wide, continuous_update=False),
            "stddev": w.FloatLogSlider(0.02, min=-3, max=0.5, step=0.02, description="stddev", style=narrow, layout=wide,
                                       readout_format=".3f"),
            "xavier": w.Button(description="Xavier's"), "he": w.Button(description="He's"),
        }
        for name in ("activation", "units", "layers", "stddev"):
            self.controls[name].observe(self._change, "value")
        for name, rule in (("xavier", xavier), ("he", he)):
            self.controls[name].on_click(lambda _, rule=rule: self._set(rule(self.controls["units"].value)))
        self._said, self._drawing = w.HTML(), w.HTML()
        c = self.controls
        self.widget = w.VBox([in_row([c["activation"], c["units"]]), c["layers"],
                              in_row([c["stddev"], c["xavier"], c["he"]]),
                              self._said, self._drawing])
        self.widget.add_class("deepkit-spread-explorer")
        self._change()

    def _set(self, stddev: float) -> None:
        self.controls["stddev"].value = stddev

    def _change(self, _: Any = None) -> None:
        c = self.controls
        self.signal = Signal(c["stddev"].value, c["activation"].value, c["layers"].value, c["units"].value, seed=self._seed)
        units, stddev = self.signal.units, self.signal.stddev
        self._said.value = f"units · variance of the weights = {units} · {stddev:.3g}² = <b>{units * stddev**2:.2f}</b>"
        self._drawing.value = self.picture().svg

    def picture(self) -> Drawing:
        """What is shown now, as a still picture."""
        return Drawing(draw({"": self.signal}), self.signal.sentence())


def spread_explorer(seed: int = 1) -> SpreadExplorer:
    """A slider for the size of the first weights, and what becomes of the signal; see SpreadExplorer."""
    return SpreadExplorer(seed)
