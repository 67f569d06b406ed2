"""The workers explorer: how many train together, how slow the slowest is, and whether the others wait for it."""

from __future__ import annotations

from typing import Any

from deepkit.loading import optional
from deepkit.viz.interactive import Explorer, in_row
from deepkit.viz.machines.drawing import show_workers
from deepkit.viz.machines.workers import Workers
from deepkit.viz.picture import Drawing

_WAYS = {"synchronous": True, "asynchronous": False}
_TIME = 10.0  # of a gradient, in milliseconds


class WorkersExplorer(Explorer):
    """Workers under sliders: shown by a notebook with a running kernel, a still picture elsewhere.

    Args:
        workers: how many.
        slowest: how many times as long as the others the last one takes.
        rate: the learning rate.
        together: begin with synchronous training.

    Attributes:
        workers: those that are shown.
        controls: the widgets by name: workers, slowest, rate, way.

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
    """

    def __init__(self, workers: int = 4, slowest: float = 1.0, rate: float = 0.2, together: bool = True):
        w = optional("ipywidgets", "the workers explorer")
        look = {"style": {"description_width": "90px"}, "layout": w.Layout(width="320px")}
        way = next(text for text, waits in _WAYS.items() if waits == together)
        self.controls: dict[str, Any] = {
            "workers": w.IntSlider(workers, min=1, max=8, description="workers", **look),
            "slowest": w.FloatSlider(slowest, min=1, max=6, step=0.5, description="slowest ×", **look),
            "rate": w.FloatSlider(rate, min=0.05, max=2.2, step=0.05, description="rate", **look),
            "way": w.Dropdown(options=list(_WAYS), value=way, description="training", **look),
        }
        self.stand("deepkit-workers-explorer", [in_row(self.controls.values())], words=False)

    def _change(self, _: Any = None) -> None:
        chosen = {name: control.value for name, control in self.controls.items()}
        times = (*[_TIME] * (chosen["workers"] - 1), _TIME * chosen["slowest"])
        self.workers = Workers(times, together=_WAYS[chosen["way"]], rate=chosen["rate"])
        shown = self.picture()
        self._drawing.value = f"{shown.svg}<div>{shown.sentence}</div>"

    def picture(self) -> Drawing:
        """What is shown now, as a still picture."""
        return show_workers(self.workers)


def workers_explorer(workers: int = 4, slowest: float = 1.0, rate: float = 0.2, together: bool = True) -> WorkersExplorer:
    """Sliders for the number of workers, the slowest one and the rate; see WorkersExplorer."""
    return WorkersExplorer(workers, slowest, rate, together)
