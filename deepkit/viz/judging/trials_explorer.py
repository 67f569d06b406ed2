"""Guess what came out of a run, then see it: runs one after the other, a slider for the guess, and how far off it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepkit.loading import optional
from deepkit.viz.interactive import Interactive
from deepkit.viz.judging.trials import draw, trials
from deepkit.viz.picture import Drawing


class TrialsExplorer(Interactive):
    """A guess for each run, in any order; what was guessed is revealed. Without a kernel: the runs, still unrevealed.

    Attributes:
        guesses: by name of a run.
        controls: the widgets by name: run, guess, reveal.

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
    """

    def __init__(self, printed: Mapping[str, float], here: Mapping[str, Sequence[float]], x: str = "accuracy (%)"):
        w = optional("ipywidgets", "guessing runs")
        self._runs, self._x = {trial.name: trial for trial in trials(printed, here)}, x
        self.guesses: dict[str, float] = {}
        values = [number for trial in self._runs.values() for number in (trial.printed, *trial.here)]
        low, high = np.floor(min(values)) - 1, np.ceil(max(values)) + 1
        wide = {"layout": w.Layout(width="460px"), "style": {"description_width": "60px"}}
        self.controls: dict[str, Any] = {
            "run": w.Dropdown(options=list(self._runs), description="run", **wide),
            "guess": w.FloatSlider((low + high) / 2, min=low, max=high, step=0.1, readout_format=".1f", description="guess",
                                   **wide),
            "reveal": w.Button(description="reveal"),
        }
        self._said, self._drawing = w.HTML("Which of these runs do you guess first?"), w.HTML()
        self.controls["reveal"].on_click(self._reveal)
        self.widget = w.VBox([*self.controls.values(), self._said, self._drawing])
        self.widget.add_class("deepkit-trials-explorer")
        self._drawing.value = self.picture().svg

    def _reveal(self, _: Any = None) -> None:
        trial, guess = self._runs[self.controls["run"].value], round(float(self.controls["guess"].value), 1)
        self.guesses.setdefault(trial.name, guess)  # the first guess counts
        off = abs(self.guesses[trial.name] - trial.mean)
        self._said.value = (f"<b>{trial.name}</b>: printed {trial.printed:g}, here {trial.mean:.2f}; your guess "
                            f"{self.guesses[trial.name]:g} is off by {off:.2f}.<br>{self.score()}")
        left = [name for name in self._runs if name not in self.guesses]
        if left:
            self.controls["run"].value = left[0]
        self._drawing.value = self.picture().svg

    def score(self) -> str:
        """How far the guesses are off on the average, and who says the middle of all runs, every time."""
        means = {name: trial.mean for name, trial in self._runs.items()}
        middle = float(np.median(list(means.values())))
        off, lazy = (np.mean([abs(guess - means[name]) for name, guess in guesses.items()])
                     for guesses in (self.guesses, dict.fromkeys(self.guesses, middle)))
        return (f"{len(self.guesses)} of {len(self._runs)} guessed, off by {off:.2f} on the average; "
                f"always {middle:.1f} would be off by {lazy:.2f}")

    def picture(self) -> Drawing:
        """The runs, with what was guessed and revealed so far."""
        sentence = f"{len(self._runs)} runs, {len(self.guesses)} of them guessed"
        return Drawing(draw(list(self._runs.values()), self._x, self.guesses, sentence), sentence)


def trials_explorer(
    printed: Mapping[str, float], here: Mapping[str, Sequence[float]], x: str = "accuracy (%)"
) -> TrialsExplorer:
    """Guess what came out of each run, then see it; see TrialsExplorer."""
    return TrialsExplorer(printed, here, x)
