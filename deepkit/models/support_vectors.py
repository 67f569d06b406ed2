"""The support vector machine from its dual problem: two multipliers at a time until none can be improved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.models.kernels import Kernel, linear

_FLAT = 1e-12  # a curvature below it is taken for it


@dataclass
class SupportVectors:
    """The widest street between two classes; who stands in it, or on the wrong side, costs C for each width that he is in.

    Minimizes |w|^2 / 2 + C sum max(0, 1 - y (w · x + b)) with y of -1 and 1, by its dual problem: maximize
    sum a_i - (1/2) sum a_i a_j y_i y_j k(x_i, x_j) for 0 <= a_i <= C and sum a_i y_i = 0. Sequential minimal optimization:
    the pair of multipliers that violates the conditions of an optimum most is moved to the best place on its line.

    Attributes:
        classes: the two labels; multipliers: (n,), a_i y_i, those of the second class positive; support: the rows that have
            one; bias: b; steps: the number of pairs that were moved.

    Source: C. Cortes and V. Vapnik, "Support-vector networks", 1995; J. Platt, 1998; R.-E. Fan and others, "Working set
    selection using second order information", 2005.

    >>> model = SupportVectors(C=10).fit(np.array([[0.0], [1.0], [3.0]]), [0, 0, 1])
    >>> model.weights.tolist(), model.bias, model.support.tolist()
    ([1.0], -2.0, [1, 2])
    """

    C: float = 1.0
    kernel: Kernel = linear
    tolerance: float = 1e-6
    most: int = 100_000
    classes: np.ndarray = field(default_factory=lambda: np.zeros(0))
    multipliers: np.ndarray = field(default_factory=lambda: np.zeros(0))
    support: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    bias: float = 0.0
    steps: int = 0
    _rows: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)), repr=False)

    def fit(self, x: Any, y: Any) -> SupportVectors:
        """Fit to rows x (n, features) and labels y (n,) of two classes.

        Raises:
            ArgumentError: there are not two classes, or C is not positive.
            ShapeError: for other shapes.
        """
        x = np.asarray(x, np.float64)
        self.classes, which = np.unique(np.asarray(y), return_inverse=True)
        if x.ndim != 2 or which.shape != x.shape[:1]:
            raise ShapeError(f"rows of shape {x.shape} and labels of shape {np.shape(y)}", rule="(n, features) and (n,)")
        if len(self.classes) != 2:
            raise ArgumentError(f"a street has two sides, and the labels are {self.classes.tolist()[:5]}",
                                rule="labels of two classes", hint="shuffle before you take a part of the rows")
        if not self.C > 0:
            raise ArgumentError(f"C = {self.C}", rule="what standing in the street costs is more than 0")
        sign = np.where(which == 1, 1.0, -1.0)
        signed, slope, self.steps = self._climb(self.kernel(x, x), sign)
        inside = (np.abs(signed) > 0) & (np.abs(signed) < self.C)
        least, most = _room(sign, self.C)
        # Where 0 < a < C the row stands on the kerb: y - f(x) without b is b. If there is none, b lies between two bounds.
        edges = slope[inside] if inside.any() else np.array([slope[signed < most].max(), slope[signed > least].min()])
        self.bias = float(edges.mean())
        self.support = np.flatnonzero(signed)
        self.multipliers, self._rows = signed, x[self.support]
        return self

    def _climb(self, k: np.ndarray, sign: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
        """(a y, y - sum_j a_j y_j k_ij, steps): multipliers at the optimum, and what is missing to each row's label there."""
        signed, slope, curved = np.zeros(len(sign)), sign.copy(), np.diag(k)
        least, most = _room(sign, self.C)
        for step in range(self.most):
            up, down = signed < most, signed > least
            i = int(np.argmax(np.where(up, slope, -np.inf)))
            gap = slope[i] - slope
            if np.max(gap, initial=-np.inf, where=down) <= self.tolerance or not up[i]:
                return signed, slope, step
            bend = np.maximum(curved[i] + curved - 2 * k[i], _FLAT)
            j = int(np.argmax(np.where(down & (gap > 0), gap**2 / bend, -np.inf)))
            room = most[i] - signed[i], signed[j] - least[j]
            by = min(gap[j] / bend[j], *room)
            signed[i] = most[i] if by == room[0] else signed[i] + by
            signed[j] = least[j] if by == room[1] else signed[j] - by
            slope -= by * (k[i] - k[j])
        return signed, slope, self.most

    @property
    def weights(self) -> np.ndarray:
        """(features,): w = sum a_i y_i x_i, for the linear kernel."""
        if self.kernel is not linear:
            raise ArgumentError("the weights of this machine lie in another space", hint="decision(x) says what it says of x")
        return self.multipliers[self.support] @ self._rows

    def decision(self, x: Any) -> np.ndarray:
        """(n,): w · x + b, -1 and 1 on the kerbs of the street, 0 in its middle."""
        return self.kernel(np.asarray(x, np.float64), self._rows) @ self.multipliers[self.support] + self.bias

    def predict(self, x: Any) -> np.ndarray:
        """The labels."""
        return self.classes[(self.decision(x) > 0).astype(int)]


def _room(sign: np.ndarray, cost: float) -> tuple[np.ndarray, np.ndarray]:
    """The bounds of a y: [0, C] for y = 1, [-C, 0] for y = -1."""
    return np.where(sign > 0, 0.0, -cost), np.where(sign > 0, cost, 0.0)
