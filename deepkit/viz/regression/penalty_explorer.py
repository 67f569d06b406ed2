"""The penalty explorer: choose a penalty and its strength, and see where it holds two weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit.loading import optional
from deepkit.viz.interactive import Explorer
from deepkit.viz.picture import Drawing
from deepkit.viz.regression.bowl import Bowl
from deepkit.viz.regression.drawing import KINDS, two_panels

_POINTS = 61


class PenaltyExplorer(Explorer):
    """Two weights under a penalty: shown by a notebook with a running kernel, a still picture elsewhere.

    Args:
        x, y: as for `Bowl`.
        strength: where the slider begins; it goes from a thousandth of `most` up to it.
        most: the strongest penalty.
        names: of the weights.

    Attributes:
        weights: (2,) under the penalty that is shown.
        controls: the widgets by name: penalty, strength.

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
    """

    def __init__(self, x: Any, y: Any, *, strength: float, most: float, names: Sequence[str] = ("weight 1", "weight 2")):
        w = optional("ipywidgets", "the penalty explorer")
        self._bowl, self._names = Bowl(x, y), tuple(names)
        top = float(np.log10(most))
        self._strengths = np.logspace(top - 3, top, _POINTS)
        narrow = {"description_width": "70px"}
        self.controls: dict[str, Any] = {
            "penalty": w.ToggleButtons(options=list(KINDS), value="lasso", description="penalty", style=narrow),
            "strength": w.FloatLogSlider(strength, min=top - 3, max=top, step=0.01, description="strength", style=narrow,
                                         layout=w.Layout(width="460px"), readout_format=".3g"),
        }
        self.stand("deepkit-penalty-explorer", words=False)

    def _change(self, _: Any = None) -> None:
        share = KINDS[self.controls["penalty"].value]
        self.weights = self._bowl.penalized(self.controls["strength"].value, share)
        self._drawing.value = self.picture().svg

    def picture(self) -> Drawing:
        """What is shown now, as a still picture."""
        kind, strength = self.controls["penalty"].value, self.controls["strength"].value
        return two_panels(self._bowl, strength, KINDS[kind], kind, self._strengths, self._names)


def penalty_explorer(x: Any, y: Any, *, strength: float, most: float,
                     names: Sequence[str] = ("weight 1", "weight 2")) -> PenaltyExplorer:
    """A slider for a penalty's strength, and where it holds two weights; see PenaltyExplorer."""
    return PenaltyExplorer(x, y, strength=strength, most=most, names=names)
