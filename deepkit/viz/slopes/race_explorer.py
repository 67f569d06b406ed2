"""The race explorer: choose a surface, a rate for each optimizer and the number of steps; or let the best rates be found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepkit.loading import optional
from deepkit.viz.interactive import Interactive, in_row
from deepkit.viz.picture import Drawing
from deepkit.viz.slopes.height import SURFACES
from deepkit.viz.slopes.race import RATES, Race, Runner, best_rates, named, rate_of
from deepkit.viz.slopes.race_drawing import draw


class RaceExplorer(Interactive):
    """An interactive race: shown by a notebook with a running kernel, a still picture elsewhere.

    Args:
        runners: by name how each walks; see `Runner`.
        surface: where it begins, a name of SURFACES.
        rates: one for each runner by name, or one number for all.
        steps: at the beginning.

    Attributes:
        race: what is shown, a `Race`.
        controls: the widgets by name: surface, steps, a slider for each runner, and the buttons best, slower, faster.

    Raises:
        ArgumentError: for what is no race.
        MissingExtraError: without ipywidgets (extra `course`).
    """

    def __init__(self, runners: Mapping[str, Runner], surface: str = "valley",
                 rates: Mapping[str, float] | float = 0.03, steps: int = 100):
        w = optional("ipywidgets", "the race explorer")
        self._runners = dict(runners)
        named(surface)
        look = {"style": {"description_width": "120px"}, "layout": w.Layout(width="320px")}
        self.controls: dict[str, Any] = {
            "surface": w.Dropdown(options=list(SURFACES), value=surface, description="surface", **look),
            "steps": w.IntSlider(steps, min=10, max=300, step=10, description="steps", continuous_update=False, **look),
        }
        for name in self._runners:
            self.controls[name] = w.FloatLogSlider(rate_of(rates, name), min=-4, max=1.5, step=0.05, description=name,
                                                   readout_format=".4f", continuous_update=False, **look)
        for name, told in (("best", "best rate for each"), ("slower", "all ÷ 2"), ("faster", "all × 2")):
            self.controls[name] = w.Button(description=told, layout=w.Layout(width="150px" if name == "best" else "80px"))
        for name in ("surface", "steps", *self._runners):
            self.controls[name].observe(self._change, "value")
        self.controls["best"].on_click(lambda _: self.find_best())
        self.controls["slower"].on_click(lambda _: self.scale(0.5))
        self.controls["faster"].on_click(lambda _: self.scale(2.0))
        self._drawing, self._held = w.HTML(), False
        self._change()
        buttons = w.HBox([self.controls[name] for name in ("best", "slower", "faster")])
        sliders = [self.controls[name] for name in ("surface", "steps", *self._runners)]
        left = w.VBox([*sliders, buttons], layout=w.Layout(width="340px", flex="0 0 auto"))
        self.widget = in_row([left, self._drawing])
        self.widget.add_class("deepkit-race-explorer")

    def find_best(self) -> None:
        """Give each runner the best of a row of rates, for this surface and this number of steps."""
        c = self.controls
        self._set(best_rates(self._runners, c["surface"].value, c["steps"].value, RATES))

    def scale(self, factor: float) -> None:
        """Multiply every rate."""
        self._set({name: self.controls[name].value * factor for name in self._runners})

    def _set(self, rates: Mapping[str, float]) -> None:
        """New rates for all, and one new race."""
        self._held = True
        for name, rate in rates.items():
            slider = self.controls[name]
            slider.value = min(max(rate, slider.base**slider.min), slider.base**slider.max)
        self._held = False
        self._change()

    def _change(self, _: Any = None) -> None:
        if self._held:
            return
        c = self.controls
        self.race = Race(self._runners, c["surface"].value, {name: c[name].value for name in self._runners}, c["steps"].value)
        self._drawing.value = draw(self.race)

    def picture(self) -> Drawing:
        """What is shown now, as a still picture."""
        return Drawing(self._drawing.value, self.race.sentence())


def race_explorer(runners: Mapping[str, Runner], surface: str = "valley", rates: Mapping[str, float] | float = 0.03,
                  steps: int = 100) -> RaceExplorer:
    """Race optimizers down a surface; see RaceExplorer.

    >>> from deepkit.models.race import RUNNERS
    >>> race_explorer(RUNNERS, "bent valley")
    """
    return RaceExplorer(runners, surface, rates, steps)
