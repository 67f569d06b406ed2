"""Kernels: scalar products of rows after a map to another space that nobody computes, and the distances that some need.

Source: B. Schoelkopf and A. Smola, "Learning with Kernels", 2002, chapter 2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Kernel = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(m, n) and (p, n) rows -> (m, p): the scalar products of what the rows become in another space."""


def squared_distances(a: Any, b: Any) -> np.ndarray:
    """(m, p) squared distances of rows a (m, n) and b (p, n): |a|^2 + |b|^2 - 2 a b, and 0 where rounding went below."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T, 0)


def linear(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a · b: the space as it is."""
    return a @ b.T


def poly(degree: int = 3, gamma: float = 1.0, coef0: float = 0.0) -> Kernel:
    """(gamma a · b + coef0)^degree: all products of up to `degree` features."""
    return lambda a, b: (gamma * (a @ b.T) + coef0) ** degree


def rbf(gamma: float = 1.0) -> Kernel:
    """exp(-gamma |a - b|^2): 1 for the same row, 0 for one far away."""
    return lambda a, b: np.exp(-gamma * squared_distances(a, b))


def sigmoid(gamma: float = 1.0, coef0: float = 0.0) -> Kernel:
    """tanh(gamma a · b + coef0): no scalar product for every choice of its numbers, and used nevertheless."""
    return lambda a, b: np.tanh(gamma * (a @ b.T) + coef0)
