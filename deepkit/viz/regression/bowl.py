"""The mean squared error of a regression over two weights: a bowl, and its lowest place under a penalty."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError

_ROUNDS = 300


class Bowl:
    """e(w) = mean over the rows of (x w + b - y)^2, with the best b for each w.

    Args:
        x: (n, 2) features, which are not all the same, nor each other's multiples.
        y: (n,) or (n, 1) targets.

    Attributes:
        best: (2,) the lowest place.
        floor: e(best).
        bend: (2, 2), half of the second derivatives: e(w) = floor + (w - best)^T bend (w - best).

    Raises:
        ShapeError: for other shapes.
        ArgumentError: if the error has no single lowest place.
    """

    def __init__(self, x: Any, y: Any):
        features, target = np.asarray(x, np.float64), np.asarray(y, np.float64)
        if features.ndim != 2 or features.shape[1] != 2 or target.size != len(features):
            raise ShapeError(f"features {features.shape} and targets {target.shape}",
                             rule="(n, 2) and (n,): a bowl is drawn over two weights")
        features, target = features - features.mean(axis=0), target.ravel() - target.mean()
        self.bend = features.T @ features / len(features)
        if not np.isfinite(self.bend).all() or np.linalg.cond(self.bend) > 1e10:
            raise ArgumentError("the error has no single lowest place", rule="two features that say different things")
        self._pull = features.T @ target / len(features)
        self.best = np.linalg.solve(self.bend, self._pull)
        self.floor = float(np.mean((target - features @ self.best) ** 2))

    def error(self, w: Any) -> float:
        """e(w), in squared units of the target."""
        away = np.asarray(w, np.float64) - self.best
        return float(self.floor + away @ self.bend @ away)

    def penalized(self, strength: float, share: float) -> np.ndarray:
        """(2,) the lowest place of e(w) + strength (share sum|w| + (1 - share) sum w^2), by coordinate descent.

        Each weight in turn takes its best value for the other: what pulls at it, less the threshold, over its bend.
        """
        w, threshold, extra = np.zeros(2), strength * share / 2, strength * (1 - share)
        for _ in range(_ROUNDS):
            for i in (0, 1):
                pull = self._pull[i] - self.bend[i, 1 - i] * w[1 - i]
                w[i] = np.sign(pull) * max(abs(pull) - threshold, 0.0) / (self.bend[i, i] + extra)
        return w
