"""Hold a gate shut or open from a step on, and see what becomes of the memory, in a running notebook."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from deepkit.loading import optional
from deepkit.viz.interactive import Explorer, in_row
from deepkit.viz.picture import Drawing
from deepkit.viz.sequences.gates import show_gates

Run = Callable[[Mapping[str, float], int], Mapping[str, Any]]
_FREE = "none"


class GatesExplorer(Explorer):
    """A gate, whether it is shut or open, a slider for the step from which on it is held, and the strips.

    Args:
        run: held values by gate, and the step since when, to the strips by name, as `show_gates` takes them.
        gates: the names of the gates that can be held, each the name of a strip.
        steps: how many steps a sequence has.
        says: the strips to a sentence that stands above them.

    Attributes:
        controls: the widgets by name: gate, position, since.
        strips: by name, what is shown now.
    """

    def __init__(self, run: Run, gates: Sequence[str], steps: int, says: Callable[[Mapping[str, Any]], str]):
        w = optional("ipywidgets", "the explorer of gates")
        self._run, self._says = run, says
        narrow, wide = {"description_width": "80px"}, w.Layout(width="420px")
        self.controls: dict[str, Any] = {
            "gate": w.Dropdown(options=[_FREE, *gates], value=gates[0], description="hold", style=narrow),
            "position": w.Dropdown(options={"shut": 0.0, "open": 1.0}, description="position", style=narrow),
            "since": w.IntSlider(steps // 2, 0, steps - 1, description="from step", style=narrow, layout=wide),
        }
        c = self.controls
        self.stand("deepkit-gates-explorer", [in_row([c["gate"], c["position"]]), c["since"]])

    @property
    def held(self) -> dict[str, float]:
        """The held gate with its value; empty if none is held."""
        gate = self.controls["gate"].value
        return {} if gate == _FREE else {gate: self.controls["position"].value}

    def _change(self, _: Any = None) -> None:
        self.strips = self._run(self.held, self.controls["since"].value)
        self._said.value = self._says(self.strips)
        self._drawing.value = self.picture().svg

    def picture(self) -> Drawing:
        """The strips that are shown now."""
        return show_gates(self.strips, self.held, self.controls["since"].value)


def gates_explorer(run: Run, gates: Sequence[str], steps: int,
                   says: Callable[[Mapping[str, Any]], str] = lambda strips: "") -> GatesExplorer:
    """Gates held by hand along a sequence; see GatesExplorer."""
    return GatesExplorer(run, gates, steps, says)
