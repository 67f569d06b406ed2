"""Five ways to part two classes in the plane, each with one knob: how much it may bend to please single points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepkit.loading import optional
from deepkit.models.kernels import Kernel, linear, rbf
from deepkit.models.support_vectors import SupportVectors
from deepkit.models.trees import Tree

FREEDOM = range(1, 8)
"""What the knob goes through: the depth of a tree, and 0.001 to 1,000, each ten times the last, as C of the others."""


@dataclass(frozen=True)
class Boundary:
    """What was learned from points in the plane.

    probability: of class 1, (n, 2) -> (n,); said: what it is like, in words; lines: (normal, offset) of straight ones, the
    middle first and the kerbs of a street after it; support: the points that it rests on.
    """

    probability: Callable[[np.ndarray], np.ndarray]
    said: str
    lines: tuple[tuple[np.ndarray, float], ...] = ()
    support: tuple[int, ...] = ()


def strength(freedom: int) -> float:
    """C for a place of the knob: 0.001, 0.01, ... 1,000."""
    return float(10.0 ** (freedom - 4))


def line(points: Any, classes: Any, freedom: int = 6) -> Boundary:
    """Logistic regression: a straight boundary, and doubt on both sides of it."""
    model = optional("sklearn.linear_model", "logistic regression").LogisticRegression(C=strength(freedom))
    model.fit(points, classes)
    w, b = model.coef_[0], float(model.intercept_[0])
    return Boundary(lambda at: model.predict_proba(at)[:, 1], f"logistic regression, C = {strength(freedom):g}", ((w, b),))


def cubic(points: Any, classes: Any, freedom: int = 6) -> Boundary:
    """Logistic regression that also sees the products of up to three features: a boundary of third degree."""
    made = optional("sklearn.preprocessing", "making polynomial features")
    model = optional("sklearn.pipeline", "making polynomial features").make_pipeline(
        made.PolynomialFeatures(3, include_bias=False), made.StandardScaler(),
        optional("sklearn.linear_model", "logistic regression").LogisticRegression(C=strength(freedom), max_iter=2000))
    model.fit(points, classes)
    return Boundary(lambda at: model.predict_proba(at)[:, 1], f"nine features of degree 3, C = {strength(freedom):g}")


def street(points: Any, classes: Any, freedom: int = 6) -> Boundary:
    """The widest straight street between the classes: a linear support vector machine."""
    model, probability = _machine(points, classes, freedom, linear)
    w, b = model.weights, model.bias
    length = float(np.linalg.norm(w))
    said = f"{2 / length:.2f} wide" if length > 1e-9 else "without end"
    return Boundary(probability, f"{said}, {len(model.support)} support vectors, C = {model.C:g}",
                    ((w, b), (w, b - 1), (w, b + 1)), tuple(map(int, model.support)))


def bent_street(points: Any, classes: Any, freedom: int = 6) -> Boundary:
    """The widest street in the space of the RBF kernel, which is bent in the plane."""
    model, probability = _machine(points, classes, freedom, rbf(2.0))
    return Boundary(probability, f"RBF kernel, {len(model.support)} support vectors, C = {model.C:g}",
                    support=tuple(map(int, model.support)))


def tree(points: Any, classes: Any, freedom: int = 6) -> Boundary:
    """A decision tree as deep as the knob says: a boundary of steps, for each question is to one feature."""
    model = Tree(freedom).fit(points, classes)
    leaves = len(list(model.leaves()))
    return Boundary(model.predict, f"a tree of {leaves} leaves, {model.deepest()} deep")


WAYS = {"line": line, "cubic": cubic, "street": street, "bent street": bent_street, "tree": tree}
"""By name what learns from (n, 2) points, (n,) classes of 0 and 1, and a place of the knob."""


def _machine(points: Any, classes: Any, freedom: int, kernel: Kernel) -> tuple[SupportVectors, Callable[..., np.ndarray]]:
    """A support vector machine as exact as scikit-learn's, and its decision as a shade: 0 and 1 from the kerbs on."""
    model = SupportVectors(strength(freedom), kernel, tolerance=1e-3, most=5000).fit(points, classes)
    return model, lambda at: np.clip((model.decision(at) + 1) / 2, 0, 1)
