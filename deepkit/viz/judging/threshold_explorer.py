"""A slider that moves a threshold along scores: the confusion matrix refills, and both curves are walked."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.loading import optional
from deepkit.viz.interactive import Interactive, in_row
from deepkit.viz.judging.threshold import Lineup, draw
from deepkit.viz.judging.verdicts import Verdicts
from deepkit.viz.picture import Drawing

GOALS = {"most right answers": "accuracy", "precision 95 %": "precision", "recall 95 %": "recall", "never yes": "never"}
"""What the buttons look for, by what is written on them."""


class ThresholdExplorer(Interactive):
    """A slider for the threshold and the drawing of `show_threshold`, with buttons that look for a goal.

    Args:
        scores, truth, images, name: as for `show_threshold`.
        threshold: where the slider begins.

    Attributes:
        verdicts: what is shown, `Verdicts`.
        controls: the widgets by name: threshold, and the GOALS.

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
    """

    def __init__(self, scores: Any, truth: Any, threshold: float = 0.0, images: Any = None, name: str = "yes"):
        w = optional("ipywidgets", "the threshold explorer")
        self.verdicts = Verdicts(scores, truth, threshold)
        self._images, self._name = images, name
        line = Lineup(self.verdicts, images, name)
        step = 2.0 ** np.floor(np.log2((line.high - line.low) / 200))  # so the sums here are exact
        steps = int(np.ceil(max(threshold - line.low, 0) / step))  # the slider knows whole steps from its lower end only
        low, high = threshold - steps * step, max(line.high, threshold) + step
        digits = max(0, int(np.ceil(-np.log10(step))))  # the browser's sums are not exact: 0.00, not -4.44e-16
        self.controls: dict[str, Any] = {
            "threshold": w.FloatSlider(threshold, min=low, max=high, step=step, description="threshold",
                                       readout_format=f".{digits}f", layout=w.Layout(width="600px", max_width="95%")),
        }
        for text, goal in GOALS.items():
            self.controls[text] = w.Button(description=text)
            self.controls[text].on_click(lambda _, goal=goal: self._reach(goal))
        self.controls["threshold"].observe(self._change, "value")
        self._drawing = w.HTML()
        buttons = in_row([self.controls[text] for text in GOALS])
        self.widget = w.VBox([self.controls["threshold"], buttons, self._drawing])
        self.widget.add_class("deepkit-threshold-explorer")
        self._change()

    def _reach(self, goal: str) -> None:
        v, slider = self.verdicts, self.controls["threshold"]
        slider.value = slider.max if goal == "never" else threshold_for(v, goal)

    def _change(self, _: Any = None) -> None:
        v = self.verdicts
        self.verdicts = Verdicts(v.scores, v.truth, self.controls["threshold"].value)
        self._drawing.value = self.picture().svg

    def picture(self) -> Drawing:
        """What is shown now, as a still picture."""
        return Drawing(draw(Lineup(self.verdicts, self._images, self._name)), self.verdicts.sentence())


def threshold_for(verdicts: Verdicts, goal: str, share: float = 0.95) -> float:
    """The threshold of the most right answers ("accuracy"), or the one with the best recall of those that reach `share` of
    "precision", or the highest that reaches `share` of "recall".

    >>> threshold_for(Verdicts([1, 2, 3, 4], [False, True, False, True]), "recall")
    2.0
    """
    curve = verdicts.curve
    if goal == "recall":
        best = int(np.argmax(curve["recall"] >= share))
    elif goal == "precision":
        enough = np.flatnonzero(curve["precision"] >= share)
        best = int(enough[-1]) if enough.size else int(np.argmax(curve["precision"]))
    else:
        true = verdicts.truth.sum()
        wrong = (1 - curve["recall"]) * true + curve["false_alarms"] * (verdicts.truth.size - true)
        best = int(np.argmin(wrong))
    return float(curve["threshold"][best])


def threshold_explorer(
    scores: Any, truth: Any, threshold: float = 0.0, images: Any = None, name: str = "yes"
) -> ThresholdExplorer:
    """Move a threshold along scores; see ThresholdExplorer.

    >>> threshold_explorer(scores, y_train == 5, images=x_train, name="fives")
    """
    return ThresholdExplorer(scores, truth, threshold, images, name)
