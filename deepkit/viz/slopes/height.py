"""Surfaces over two numbers for walks downhill: a round valley, a turned one, a bent one, a ridge and a plain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Height = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Surface:
    """A height over the plane.

    Attributes:
        height: from x and y, of arithmetic only, so that it works on arrays and on tensors; 0 at its lowest places.
        start: where walks begin.
        bottoms: its lowest places.
        reach: x and y are shown from -reach to reach.
    """

    height: Height
    start: tuple[float, float]
    bottoms: tuple[tuple[float, float], ...] = ((0.0, 0.0),)
    reach: float = 2.0

    def heights(self, points: np.ndarray) -> np.ndarray:
        """(n,) heights of (n, 2) points."""
        with np.errstate(all="ignore"):
            return np.asarray(self.height(points[:, 0], points[:, 1]), np.float64)


def valley(x: Any, y: Any) -> Any:
    """Bends of 1 along x and 30 along y: both axes can be walked by themselves."""
    return 0.5 * x * x + 15.0 * y * y


def turned(x: Any, y: Any) -> Any:
    """The same valley, turned by 45 degrees: no step along one axis stays on its floor."""
    return 0.25 * (x + y) * (x + y) + 7.5 * (y - x) * (y - x)


def banana(x: Any, y: Any) -> Any:
    """A bent valley, flat along its floor. Source: H. Rosenbrock 1960, with 10 instead of 100."""
    return (1.0 - x) * (1.0 - x) + 10.0 * (y - x * x) * (y - x * x)


def ridge(x: Any, y: Any) -> Any:
    """A saddle: downhill to x = 0, and from there to either side, at first hardly at all."""
    return x * x - y * y + 0.25 * y * y * y * y + 1.0


def plain(x: Any, y: Any) -> Any:
    """A hole in a plain: the further away, the flatter."""
    q = 4.0 * (x * x + y * y)
    return q / (1.0 + q)


SURFACES = {
    "valley": Surface(valley, (-1.8, 1.0)),
    "turned valley": Surface(turned, (-1.8, -0.2)),
    "bent valley": Surface(banana, (-1.5, 1.0), ((1.0, 1.0),)),
    "ridge": Surface(ridge, (-1.5, 0.01), ((0.0, -(2**0.5)), (0.0, 2**0.5))),
    "plain": Surface(plain, (-1.6, 1.2)),
}
"""The surfaces of the race by name."""
