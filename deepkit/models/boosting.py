"""Boosting from its parts: AdaBoost that weighs examples, and gradient boosting that fits residuals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.models.trees import Tree, checked


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
        x, y = checked(x, y)
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
