"""Gradient descent on a curve: where each step lands, and what became of the walk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit.core.tensor import Tensor
from deepkit.errors import ArgumentError
from deepkit.viz.curves.curve import along
from deepkit.viz.grids import number

FAR = 1e6  # a walk that has come so far will not come back
STILL = 1e-3  # a walk has settled once its last step is shorter

Curve = Callable[[Any], Any]


def slope(f: Curve, x: Any) -> np.ndarray:
    """f'(x) at every number of an array; f is made of tensor operations and works number by number."""
    return along(f, x)[1]


def walk(f: Curve, starts: Any, rates: Any, steps: int, momentum: float = 0.0) -> np.ndarray:
    """Gradient descent from every start: v <- momentum v - rate f'(x), x <- x + v, in float64.

    starts and rates broadcast; the result is (steps + 1, *their shape). Beyond a million a walk counts as lost: its
    numbers are NaN from there on.
    """
    if steps < 1 or not 0 <= momentum < 1 or not np.all(np.asarray(rates) >= 0):
        raise ArgumentError(f"a walk of {steps} steps with rate {rates} and momentum {momentum}",
                            rule="1 step or more, rate >= 0, 0 <= momentum < 1")
    x, rate = np.broadcast_arrays(np.asarray(starts, np.float64), np.asarray(rates, np.float64))
    path, v = [x], np.zeros_like(x)
    with np.errstate(all="ignore"):
        for _ in range(steps):
            v = momentum * v - rate * slope(f, x)
            x = x + v
            x = np.where(np.abs(x) < FAR, x, np.nan)
            path.append(x)
    return np.stack(path)


class Descent:
    """One walk downhill on a curve.

    Args:
        f: the curve, made of tensor operations that work number by number.
        start, rate, steps, momentum: of the walk; see `walk`.

    Attributes:
        path: (steps + 1,) where it was; NaN once it is lost.
    """

    def __init__(self, f: Curve, start: float, rate: float, steps: int = 20, momentum: float = 0.0):
        self.f, self.start, self.rate, self.steps, self.momentum = f, float(start), float(rate), steps, float(momentum)
        self.path = walk(f, self.start, self.rate, steps, self.momentum)

    def heights(self, x: np.ndarray) -> np.ndarray:
        """f at every number of an array."""
        with np.errstate(all="ignore"):
            return np.asarray(self.f(Tensor(np.asarray(x, np.float64))).numpy())

    @property
    def lost(self) -> int | None:
        """The step at which it was beyond a million, or None."""
        gone = np.flatnonzero(np.isnan(self.path))
        return int(gone[0]) if len(gone) else None

    def outcome(self) -> str:
        """Where it ended, in words: settled, still moving, or lost."""
        if self.lost is not None:
            return f"lost: beyond a million at step {self.lost}"
        moved, slopes = abs(self.path[-1] - self.path[-2]), abs(float(slope(self.f, self.path[-1])))
        place = f"{self.path[-1]:.3g}"
        return f"settled at {place}" if max(moved, slopes) < STILL else f"still moving, at {place}"

    def sentence(self) -> str:
        """Rate, start and outcome in words."""
        heavy = f", momentum {self.momentum:g}" if self.momentum else ""
        return f"rate {self.rate:.4g}{heavy}, {self.steps} steps from {number(self.start)}: {self.outcome()}"
