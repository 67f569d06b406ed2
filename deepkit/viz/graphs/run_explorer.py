"""Choose what to fetch and what to feed, and see which nodes run, in a running notebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepkit.errors import ArgumentError, DeepkitError
from deepkit.loading import optional
from deepkit.viz.graphs.plan import show_plan
from deepkit.viz.grids import ORANGE
from deepkit.viz.interactive import Explorer
from deepkit.viz.picture import Drawing


class RunExplorer(Explorer):
    """A list of tensors to fetch, and for each tensor that can be fed a switch and a slider; the plan follows.

    Args:
        session: has `graph`, `plan(fetches, feeds)` and `run(fetches, feed_dict)`.
        fetches: the tensors to choose from, by name; the first is shown at the beginning.
        feeds: tensors of one number that can be fed, by name, each with the number it begins with, or None: not fed.

    Attributes:
        result: the value of the last run, or None where it was refused.
        controls: the widgets by name: fetch, and for every feed `feed NAME` and `NAME`.

    Raises:
        ArgumentError: without anything to fetch.
        MissingExtraError: without ipywidgets (extra `course`).
    """

    def __init__(self, session: Any, fetches: Mapping[str, Any], feeds: Mapping[str, tuple[Any, float | None]]):
        w = optional("ipywidgets", "the explorer of runs")
        if not fetches:
            raise ArgumentError("nothing to fetch", hint='fetches={"y": y}')
        self.session, self._fetches = session, dict(fetches)
        self._feeds = {name: tensor for name, (tensor, _) in feeds.items()}
        self.result: Any = None
        self.controls: dict[str, Any] = {"fetch": w.Dropdown(options=list(fetches), description="fetch")}
        rows = [self.controls["fetch"]]
        for name, (_, value) in feeds.items():
            switch = w.Checkbox(value is not None, description=f"feed {name}", indent=False, layout=w.Layout(width="120px"))
            slider = w.FloatSlider(value or 0.0, min=-10, max=10, step=0.5, layout=w.Layout(width="260px"))
            self.controls |= {f"feed {name}": switch, name: slider}
            rows.append(w.HBox([switch, slider]))
        self.stand("deepkit-run-explorer", rows)

    def _change(self, _: Any = None) -> None:
        chosen = self._fetches[self.controls["fetch"].value]
        fed = {t: self.controls[name].value for name, t in self._feeds.items() if self.controls[f"feed {name}"].value}
        try:
            self._still = show_plan(self.session.plan(chosen, list(fed)), self.session.graph, list(self._fetches.values()))
            self.result = self.session.run(chosen, fed)
        except DeepkitError as error:  # nothing ran: say why, and keep the last picture
            self.result = None
            self._said.value = f'<b style="color:{ORANGE}">{error.what}</b>'
            return
        self._said.value = f"<b>{self.controls['fetch'].value} = {self.result:g}</b>"
        self._drawing.value = self._still.svg

    def picture(self) -> Drawing:
        """The last plan that could run."""
        return self._still


def run_explorer(session: Any, fetches: Mapping[str, Any], feeds: Mapping[str, tuple[Any, float | None]]) -> RunExplorer:
    """Choose what to fetch and what to feed, and see which nodes run; see RunExplorer."""
    return RunExplorer(session, fetches, feeds)
