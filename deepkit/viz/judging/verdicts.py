"""Scores made into yes or no by a threshold, and how right the answers are."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError


class Verdicts:
    """Yes where a score is at least the threshold, no elsewhere, counted against the truth.

    Args:
        scores: (n,) numbers, the larger the more like yes.
        truth: (n,) of bool: what the right answer is. Both answers occur.
        threshold: from which score on the answer is yes.

    Attributes:
        tp, fp, fn, tn: how many answers are rightly yes, wrongly yes, wrongly no, rightly no.

    Raises:
        ShapeError: for as many scores as there are not answers.
        ArgumentError: if a score is no finite number, or all right answers are the same.

    >>> v = Verdicts([0.1, 0.4, 0.35, 0.8], [False, False, True, True], 0.38)
    >>> v.tp, v.fp, v.fn, v.tn, v.precision, v.recall, v.area
    (1, 1, 1, 1, 0.5, 0.5, 0.75)
    """

    def __init__(self, scores: Any, truth: Any, threshold: float = 0.0):
        self.scores, self.truth = np.asarray(scores, np.float64), np.asarray(truth, bool)
        if self.scores.ndim != 1 or self.scores.shape != self.truth.shape:
            raise ShapeError(f"scores of shape {self.scores.shape}, right answers of shape {self.truth.shape}",
                             rule="one score and one answer each, in a row",
                             hint="scores.ravel() makes a row of a column")
        if not np.isfinite(self.scores).all() or self.truth.all() or not self.truth.any():
            raise ArgumentError("nothing to tell apart", rule="finite scores, and right answers of both kinds")
        self.threshold = float(threshold)
        yes = self.scores >= self.threshold
        self.tp, self.fp = int(np.sum(yes & self.truth)), int(np.sum(yes & ~self.truth))
        self.fn, self.tn = int(np.sum(~yes & self.truth)), int(np.sum(~yes & ~self.truth))

    @property
    def precision(self) -> float:
        """The share of right ones among the answers yes; 1 where nothing was answered yes."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 1.0

    @property
    def recall(self) -> float:
        """The share of the true ones that was found."""
        return self.tp / (self.tp + self.fn)

    @property
    def false_alarms(self) -> float:
        """The share of the others that was taken for true ones: the false positive rate."""
        return self.fp / (self.fp + self.tn)

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return (self.tp + self.tn) / self.scores.size

    @cached_property
    def curve(self) -> dict[str, np.ndarray]:
        """For every threshold that makes a difference, from the highest down: threshold, precision, recall, false_alarms."""
        order = np.argsort(-self.scores, kind="stable")
        ranked = self.scores[order]
        last = np.append(np.flatnonzero(np.diff(ranked)), ranked.size - 1)  # of equal scores all or none are yes
        tp = np.cumsum(self.truth[order])[last]
        yes, true = last + 1, int(self.truth.sum())
        return {"threshold": ranked[last], "precision": tp / yes, "recall": tp / true,
                "false_alarms": (yes - tp) / (ranked.size - true)}

    @property
    def area(self) -> float:
        """The area under the ROC curve: the chance that a true one scores higher than another one; a tie is half."""
        x, y = (np.append(0.0, self.curve[name]) for name in ("false_alarms", "recall"))
        return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))

    def sentence(self) -> str:
        """Threshold, the four counts, and what they mean."""
        return (f"threshold {self.threshold:.3g}: {self.tp} found, {self.fn} missed, {self.fp} false alarms, "
                f"{self.tn} rightly no; precision {self.precision:.1%}, recall {self.recall:.1%}, right {self.accuracy:.1%}")
