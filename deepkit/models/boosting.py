"""Boosting from its parts: a small tree, AdaBoost that weighs examples, and gradient boosting that fits residuals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError

_SAME = 1e-7  # values of a feature that are nearer to each other are not told apart


@dataclass
class Tree:
    """A regression tree: in each leaf the weighted mean of its targets, split where the squared error falls most.

    With targets 0 and 1 it is a classification tree, too: the weighted variance p (1 - p) is half of Gini's impurity. Of
    depth 1 it is a **stump**: one question to one feature. Of questions that part the examples equally well the first one
    is taken; scikit-learn takes one by chance, and new rows may then come to another leaf.

    depth: questions on the way to a leaf, at most.

    Attributes:
        value: the weighted mean of what it was fitted to; feature, threshold: its question "is this feature at most so
            large?", None in a leaf; yes, no: the trees that follow.

    Source: L. Breiman and others, "Classification and Regression Trees", 1984.

    >>> stump = Tree(1).fit(np.array([[1.0], [2.0], [5.0]]), np.array([0.0, 0.0, 1.0]))
    >>> stump.feature, stump.threshold, stump.predict(np.array([[3.0], [4.0]])).tolist()
    (0, 3.5, [0.0, 1.0])
    """

    depth: int
    value: float = 0.0
    feature: int | None = None
    threshold: float = 0.0
    yes: Tree | None = None
    no: Tree | None = None

    def fit(self, x: Any, y: Any, weights: Any = None) -> Tree:
        """Fit to rows x (n, features), targets y (n,) and weights (n,), all 1 by default."""
        x, y = _checked(x, y)
        w = np.ones(len(y)) if weights is None else np.asarray(weights, np.float64)
        self.value = float(np.average(y, weights=w))
        found = best_split(x, y, w) if self.depth > 0 and np.ptp(y) > 0 else None
        if found is not None:
            self.feature, self.threshold = found
            left = x[:, self.feature] <= self.threshold
            self.yes = Tree(self.depth - 1).fit(x[left], y[left], w[left])
            self.no = Tree(self.depth - 1).fit(x[~left], y[~left], w[~left])
        return self

    def predict(self, x: Any) -> np.ndarray:
        """The value of the leaf that each row comes to."""
        x = np.asarray(x, np.float32)
        if self.yes is None or self.no is None:
            return np.full(len(x), self.value)
        return np.where(x[:, self.feature] <= self.threshold, self.yes.predict(x), self.no.predict(x))


def best_split(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[int, float] | None:
    """(feature, threshold) for which the two means explain most; None if no feature tells the rows apart.

    The squared error around two means is the sum of w y^2, which no split changes, less S_l^2 / W_l + S_r^2 / W_r, where W
    is the sum of the weights and S that of w y on a side. So the largest of these sums is looked for, for all places at
    once: in ascending order of a feature, W and S of the left side are running sums.
    """
    order = np.argsort(x, axis=0, kind="stable")
    ascending = np.take_along_axis(x, order, 0)
    left_w, left_s = np.cumsum(weights[order], 0)[:-1], np.cumsum((weights * y)[order], 0)[:-1]
    right_w, right_s = weights.sum() - left_w, (weights * y).sum() - left_s
    with np.errstate(divide="ignore", invalid="ignore"):
        explained = left_s**2 / left_w + right_s**2 / right_w
    apart = (ascending[1:] > ascending[:-1] + _SAME) & (left_w > 0) & (right_w > 0)
    if not apart.any():
        return None
    feature, place = np.unravel_index(np.argmax(np.where(apart, explained, -np.inf).T), explained.T.shape)
    below, above = (float(ascending[place + k, feature]) for k in (0, 1))
    return int(feature), below / 2 + above / 2


@dataclass
class AdaBoost:
    """Trees one after the other, each fitted to examples that weigh more the more often they were mistaken.

    A tree whose weighted error is e gets the say a = rate log((1 - e) / e), and each example that it mistook weighs e^a
    times as much for the next one. The vote is the sum of what the trees say (-1 or 1) times their say. For two classes
    this is SAMME.

    Attributes:
        classes: the two labels; trees, says, errors: of each round; weights: of the examples, before each round and at
            the end, each adding up to 1.

    Source: Y. Freund and R. Schapire, 1997; J. Zhu and others, "Multi-class AdaBoost", 2009.
    """

    rounds: int = 50
    rate: float = 1.0
    depth: int = 1
    classes: np.ndarray = field(default_factory=lambda: np.zeros(0))
    trees: list[Tree] = field(default_factory=list)
    says: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    weights: list[np.ndarray] = field(default_factory=list)

    def fit(self, x: Any, y: Any) -> AdaBoost:
        """Fit to rows x (n, features) and labels y (n,) of two classes.

        Raises:
            ArgumentError: there are not two classes, or the first tree is no better than a coin.
        """
        self.classes, target = np.unique(np.asarray(y), return_inverse=True)
        if len(self.classes) != 2:
            raise ArgumentError(f"AdaBoost of {len(self.classes)} classes", rule="two classes")
        self.trees, self.says, self.errors, self.weights = [], [], [], [np.full(len(target), 1 / len(target))]
        for _ in range(self.rounds):
            tree = Tree(self.depth).fit(x, target, self.weights[-1])
            wrong = (tree.predict(x) > 0.5) != target
            error = float(np.average(wrong, weights=self.weights[-1]))
            if error >= 0.5:
                break
            say = self.rate * float(np.log((1 - error) / error)) if error > 0 else 1.0
            grown = self.weights[-1] * np.exp(say * wrong)
            self.trees.append(tree)
            self.says.append(say)
            self.errors.append(error)
            self.weights.append(grown / grown.sum())
            if error == 0:
                break
        if not self.trees:
            raise ArgumentError("the first tree is no better than a coin", hint="a deeper tree, or other features")
        return self

    def votes(self, x: Any) -> Iterator[np.ndarray]:
        """After each round, the vote for each row: positive for the second class."""
        total = np.zeros(len(x))
        for tree, say in zip(self.trees, self.says, strict=True):
            total = total + say * np.where(tree.predict(x) > 0.5, 1.0, -1.0)
            yield total

    def staged_predict(self, x: Any) -> Iterator[np.ndarray]:
        """After each round, the labels."""
        for votes in self.votes(x):
            yield self.classes[(votes > 0).astype(int)]

    def predict(self, x: Any) -> np.ndarray:
        """The labels after the last round."""
        return list(self.staged_predict(x))[-1]


@dataclass
class GradientBoosting:
    """Regression: the mean first, then trees, each fitted to what the sum so far has left over.

    The residual y - f is the negative slope of the loss (y - f)^2 / 2 by the prediction f: each tree is a step of gradient
    descent, in the space of predictions, of the length `rate`.

    Attributes:
        mean: of the targets; trees: one for each round.

    Source: J. Friedman, "Greedy function approximation: a gradient boosting machine", 2001.
    """

    rounds: int = 100
    rate: float = 0.1
    depth: int = 2
    mean: float = 0.0
    trees: list[Tree] = field(default_factory=list)

    def fit(self, x: Any, y: Any) -> GradientBoosting:
        """Fit to rows x (n, features) and targets y (n,)."""
        x, y = _checked(x, y)
        self.mean, self.trees = float(y.mean()), []
        residual = y - self.mean
        for _ in range(self.rounds):
            self.trees.append(Tree(self.depth).fit(x, residual))
            residual = residual - self.rate * self.trees[-1].predict(x)
        return self

    def staged_predict(self, x: Any) -> Iterator[np.ndarray]:
        """After each round, the predictions."""
        total = np.full(len(x), self.mean)
        for tree in self.trees:
            total = total + self.rate * tree.predict(x)
            yield total

    def predict(self, x: Any) -> np.ndarray:
        """The predictions after the last round."""
        return list(self.staged_predict(x))[-1]


def _checked(x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Rows as float32, in which features are compared, and targets as float64."""
    rows, targets = np.asarray(x, np.float32), np.asarray(y, np.float64)
    if rows.ndim != 2 or targets.shape != rows.shape[:1] or not len(rows):
        raise ShapeError(f"rows of shape {rows.shape} and targets of shape {targets.shape}", rule="(n, features) and (n,)")
    return rows, targets
