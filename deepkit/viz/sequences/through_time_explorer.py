"""Sliders for the spectral radius and the length of a sequence: what of the slope comes back to the first step."""

from __future__ import annotations

from typing import Any

from deepkit.loading import optional
from deepkit.viz.depth.signal import short
from deepkit.viz.interactive import Explorer
from deepkit.viz.picture import Drawing
from deepkit.viz.sequences.through_time import ACTIVATIONS, ThroughTime, show_through_time


class ThroughTimeExplorer(Explorer):
    """Sliders for radius and steps, a choice of the activation, and the drawing of `show_through_time`.

    Attributes:
        shown: the `ThroughTime` that is drawn.
        controls: the widgets by name: activation, radius, steps.

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
    """

    def __init__(self, seed: int = 1):
        w = optional("ipywidgets", "the explorer of slopes through time")
        self._seed = seed
        look: dict[str, Any] = {"style": {"description_width": "110px"}, "layout": w.Layout(width="460px")}
        self.controls: dict[str, Any] = {
            "activation": w.Dropdown(options=list(ACTIVATIONS), description="activation", **look),
            "radius": w.FloatSlider(0.6, min=0.2, max=2.0, step=0.05, description="spectral radius", **look),
            "steps": w.IntSlider(28, 2, 100, description="steps", **look),
        }
        self.stand("deepkit-through-time-explorer")

    def _change(self, _: Any = None) -> None:
        c = self.controls
        self.shown = ThroughTime(c["radius"].value, c["activation"].value, c["steps"].value, seed=self._seed)
        radius, back = self.shown.radius, self.shown.steps - 1
        self._said.value = (f"the radius alone: {radius:.2f}<sup>{back}</sup> = {short(radius**back)}; "
                            f"what came back: <b>{short(self.shown.slopes[0] / self.shown.slopes[-1])}</b>")
        self._drawing.value = self.picture().svg

    def picture(self) -> Drawing:
        """What is shown now, as a still picture; the radius alone beside it."""
        shown = self.shown
        alone = [shown.slopes[-1] * shown.radius ** (shown.steps - 1 - t) for t in range(shown.steps)]
        return show_through_time({"network": shown.slopes, "radius alone": alone}, decades=(-8, 8))


def through_time_explorer(seed: int = 1) -> ThroughTimeExplorer:
    """Sliders for spectral radius and length, and the slopes that come back; see ThroughTimeExplorer."""
    return ThroughTimeExplorer(seed)
