"""Decision trees by CART: the best question first, then the best one on each side of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError

_SAME = 1e-7  # values of a feature that are nearer to each other are not told apart

Explained = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _squares(sums: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The squared error around the mean is the sum of w y^2, which no split changes, less S^2 / W."""
    return (sums**2).sum(-1) / weight


def _logarithms(sums: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """W times the entropy of the shares S / W, negative."""
    share = sums / weight[..., None]
    return (sums * np.log2(np.where(share > 0, share, 1.0))).sum(-1)


CRITERIA: dict[str, Explained] = {"variance": _squares, "entropy": _logarithms}
"""By name, from the sums S (..., k) of w y and W (...) of w in a node: what is to be large, added up over the nodes."""


def impurity(value: Any, mean_square: float, criterion: str = "variance") -> float:
    """Of a node whose mean target is `value` (k,): variance (of one-hot rows that is Gini's 1 - sum p^2), or entropy in bits."""
    value = np.atleast_1d(np.asarray(value, np.float64))
    gained = float(CRITERIA[criterion](value, np.ones(())))
    return max(0.0, (mean_square if criterion == "variance" else 0.0) - gained)


@dataclass
class Tree:
    """A tree of questions "is this feature at most so large?"; in each leaf the weighted mean of its targets.

    With numbers as targets it is a regression tree, split where the squared error falls most. With **one-hot rows** it is a
    classification tree: their variance, added up over the classes, is sum p (1 - p) = 1 - sum p^2, Gini's impurity, and a
    leaf holds the shares of the classes. Of depth 1 it is a **stump**. Of questions that part the examples equally well the
    first one is taken; scikit-learn takes one by chance, and new rows may then come to another leaf.

    depth: questions on the way to a leaf, at most; criterion: "variance" (Gini) or "entropy" (for shares of classes).

    Attributes:
        value: the weighted mean of what it was fitted to, a number or (k,); weight: of the examples that came here,
            together; impurity: of them; feature, threshold: its question, None in a leaf; yes, no: the trees that follow.

    Source: L. Breiman and others, "Classification and Regression Trees", 1984.

    >>> stump = Tree(1).fit(np.array([[1.0], [2.0], [5.0]]), np.array([0.0, 0.0, 1.0]))
    >>> stump.feature, stump.threshold, stump.predict(np.array([[3.0], [4.0]])).tolist()
    (0, 3.5, [0.0, 1.0])
    """

    depth: int
    criterion: str = "variance"
    value: Any = 0.0
    weight: float = 0.0
    impurity: float = 0.0
    feature: int | None = None
    threshold: float = 0.0
    yes: Tree | None = None
    no: Tree | None = None

    def __post_init__(self) -> None:
        if self.criterion not in CRITERIA:
            raise ArgumentError(f"criterion {self.criterion!r}", rule=f"one of {', '.join(CRITERIA)}")

    def fit(self, x: Any, y: Any, weights: Any = None) -> Tree:
        """Fit to rows x (n, features), targets y (n,) or (n, k), and weights (n,), all 1 by default."""
        x, y = checked(x, y)
        w = np.ones(len(y)) if weights is None else np.asarray(weights, np.float64)
        mean, self.weight = np.average(y, axis=0, weights=w), float(w.sum())
        self.value = mean if y.ndim == 2 else float(mean)
        self.impurity = impurity(mean, float(np.average((y.reshape(len(y), -1) ** 2).sum(1), weights=w)), self.criterion)
        found = None
        if self.depth > 0 and np.any(np.ptp(y, axis=0) > 0):
            found = best_split(x, y, w, self.criterion)
        if found is not None:
            self.feature, self.threshold = found
            left = x[:, self.feature] <= self.threshold
            self.yes = Tree(self.depth - 1, self.criterion).fit(x[left], y[left], w[left])
            self.no = Tree(self.depth - 1, self.criterion).fit(x[~left], y[~left], w[~left])
        return self

    def predict(self, x: Any) -> np.ndarray:
        """The value of the leaf that each row comes to, (n,) or (n, k)."""
        x = np.asarray(x, np.float32)
        if self.yes is None or self.no is None:
            return np.broadcast_to(np.asarray(self.value), (len(x), *np.shape(self.value))).copy()
        left = (x[:, self.feature] <= self.threshold).reshape(-1, *[1] * np.ndim(self.value))
        return np.where(left, self.yes.predict(x), self.no.predict(x))

    def leaves(self) -> Iterator[Tree]:
        """The leaves, those of "yes" first."""
        if self.yes is None or self.no is None:
            yield self
        else:
            yield from self.yes.leaves()
            yield from self.no.leaves()

    def deepest(self) -> int:
        """The number of questions on the longest way."""
        return 0 if self.yes is None or self.no is None else 1 + max(self.yes.deepest(), self.no.deepest())


def best_split(x: np.ndarray, y: np.ndarray, weights: np.ndarray, criterion: str = "variance") -> tuple[int, float] | None:
    """(feature, threshold) after which the criterion is best; None if no feature tells the rows apart.

    All places are tried at once: in ascending order of a feature, the sums W of the weights and S of w y on the left side
    are running sums, and those on the right side are what is missing to the whole.
    """
    targets, explained = (weights[:, None] * y.reshape(len(y), -1)), CRITERIA[criterion]
    order = np.argsort(x, axis=0, kind="stable")
    ascending = np.take_along_axis(x, order, 0)
    left_w, left_s = np.cumsum(weights[order], 0)[:-1], np.cumsum(targets[order], 0)[:-1]
    right_w, right_s = weights.sum() - left_w, targets.sum(0) - left_s
    with np.errstate(divide="ignore", invalid="ignore"):
        gained = explained(left_s, left_w) + explained(right_s, right_w)
    apart = (ascending[1:] > ascending[:-1] + _SAME) & (left_w > 0) & (right_w > 0)
    if not apart.any():
        return None
    feature, place = np.unravel_index(np.argmax(np.where(apart, gained, -np.inf).T), gained.T.shape)
    below, above = (float(ascending[place + k, feature]) for k in (0, 1))
    return int(feature), below / 2 + above / 2


def checked(x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Rows as float32, in which features are compared, and targets as float64."""
    rows, targets = np.asarray(x, np.float32), np.asarray(y, np.float64)
    if rows.ndim != 2 or targets.ndim not in (1, 2) or targets.shape[:1] != rows.shape[:1] or not len(rows):
        raise ShapeError(f"rows of shape {rows.shape} and targets of shape {targets.shape}",
                         rule="(n, features) and (n,) or (n, k)")
    return rows, targets
