"""The queue explorer: the speeds of producer and consumer on sliders, and the level of the queue between them."""

from __future__ import annotations

from typing import Any

from deepkit.loading import optional
from deepkit.viz.interactive import Explorer, in_row
from deepkit.viz.picture import Drawing
from deepkit.viz.pipelines.drawing import show_pipeline
from deepkit.viz.pipelines.simulation import Pipeline

_SLIDERS = {  # by the argument of Pipeline: what stands beside the slider, from, to, step
    "produce": ("produce, ms", 0.5, 10.0, 0.5), "consume": ("consume, ms", 0.5, 10.0, 0.5),
    "producers": ("producers", 1, 5, 1), "capacity": ("capacity", 1, 20, 1),
    "pause": ("new file, ms", 0.0, 40.0, 2.0), "spare": ("stay inside", 0, 10, 1),
}
_ENDS = {"the queue is closed": True, "nothing happens": False}


class QueueExplorer(Explorer):
    """A pipeline under sliders: shown by a notebook with a running kernel, a still picture elsewhere.

    Args:
        pipeline: what it begins with.

    Attributes:
        pipeline: the one that is shown.
        controls: the widgets by name: those of _SLIDERS, which are arguments of Pipeline, and end.

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
    """

    def __init__(self, pipeline: Pipeline | None = None):
        w = optional("ipywidgets", "the queue explorer")
        self._given = self.pipeline = pipeline or Pipeline()
        look = {"style": {"description_width": "90px"}, "layout": w.Layout(width="320px")}
        self.controls: dict[str, Any] = {}
        for name, (text, least, most, step) in _SLIDERS.items():
            kind = w.IntSlider if isinstance(step, int) else w.FloatSlider
            self.controls[name] = kind(getattr(self._given, name), min=least, max=most, step=step, description=text, **look)
        end = next(text for text, closes in _ENDS.items() if closes == self._given.closes)
        self.controls["end"] = w.Dropdown(options=list(_ENDS), value=end, description="at the end", **look)
        self.stand("deepkit-queue-explorer", [in_row(self.controls.values())], words=False)

    def _change(self, _: Any = None) -> None:
        chosen = {name: self.controls[name].value for name in _SLIDERS}
        chosen["spare"] = min(chosen["spare"], chosen["capacity"] - 1)
        self.pipeline = Pipeline(**chosen, elements=self._given.elements, every=self._given.every, start=self._given.start,
                                 closes=_ENDS[self.controls["end"].value])
        shown = self.picture()
        self._drawing.value = f"{shown.svg}<div>{shown.sentence}</div>"

    def picture(self) -> Drawing:
        """What is shown now, as a still picture."""
        return show_pipeline(self.pipeline)


def queue_explorer(pipeline: Pipeline | None = None) -> QueueExplorer:
    """Sliders for the speeds of producers and consumer, and the queue between them; see QueueExplorer."""
    return QueueExplorer(pipeline)
