"""Sliders for the voters: how many, how often each is right, and how many say what the leader says."""

from __future__ import annotations

from typing import Any

from deepkit.loading import optional
from deepkit.viz.interactive import Explorer
from deepkit.viz.judging.voters import MOST, draw, majority, said
from deepkit.viz.picture import Drawing


class VotersExplorer(Explorer):
    """Three sliders and the drawing of `show_voters`: shown by a notebook with a running kernel, a still picture elsewhere.

    Attributes:
        controls: the sliders by name: voters, right, alike.

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
    """

    def __init__(self, voters: int = 1001, right: float = 0.51, alike: float = 0.02):
        w = optional("ipywidgets", "the explorer of voters")
        wide = {"layout": w.Layout(width="460px"), "style": {"description_width": "110px"}}
        self.controls: dict[str, Any] = {
            "voters": w.SelectionSlider(options=sorted({1, 3, 11, 31, 101, 301, 1001, 3001, 10_001, 30_001, MOST - 1, voters}),
                                        value=voters, description="voters", **wide),
            "right": w.FloatSlider(right, min=0.4, max=0.8, step=0.01, description="each is right", readout_format=".0%", **wide),
            "alike": w.FloatSlider(alike, min=0, max=0.5, step=0.005, description="copy the leader", readout_format=".1%",
                                   **wide),
        }
        self.stand("deepkit-voters-explorer")

    def _change(self, _: Any = None) -> None:
        voters, right, alike = (self.controls[name].value for name in ("voters", "right", "alike"))
        together = majority(voters, right, alike)
        self._said.value = (f"{voters:,} voters together are right in <b>{100 * together:.1f} %</b>; "
                            f"one of them in {100 * right:.0f} %")
        self._drawing.value = self.picture().svg

    def picture(self) -> Drawing:
        """What is shown now, as a still picture."""
        voters, right, alike = (self.controls[name].value for name in ("voters", "right", "alike"))
        shares = [0.0, alike] if alike else [0.0]
        sentence = said(right, shares, voters)
        return Drawing(draw(right, shares, voters, sentence), sentence)


def voters_explorer(voters: int = 1001, right: float = 0.51, alike: float = 0.02) -> VotersExplorer:
    """Explore how often a majority is right; see VotersExplorer."""
    return VotersExplorer(voters, right, alike)
