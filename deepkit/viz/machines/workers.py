"""Workers that train one model side by side, reckoned event by event: no clock decides, and no chance.

Synchronous: every worker computes the gradient of its part of the data on the same weights, the average is one update, and
all wait for the slowest. Asynchronous: each adds its gradient as soon as it has it; by then the weights that it had read may
be several updates old. That number of updates is the gradient's staleness.

Jianmin Chen et al., "Revisiting Distributed Synchronous SGD", 2016, compares the two.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from deepkit.errors import ArgumentError


class Step(NamedTuple):
    """One gradient of one worker: when it begins and ends (ms), and how many updates came in between."""

    begin: float
    end: float
    stale: int


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """The loss mean((x w - y)^2) / 2 of weights w (columns,), for x (rows, columns) and y (rows,)."""

    x: np.ndarray
    y: np.ndarray

    def loss(self, w: np.ndarray) -> float:
        """The loss of all rows."""
        return float(np.mean((self.x @ w - self.y) ** 2) / 2)

    def gradient(self, w: np.ndarray, part: int = 0, parts: int = 1) -> np.ndarray:
        """The derivative of the loss of one of `parts` equal parts of the rows, every parts-th one."""
        x, y = self.x[part::parts], self.y[part::parts]
        return x.T @ (x @ w - y) / len(x)


def least_squares(rows: int = 840, columns: int = 3, seed: int = 1) -> LeastSquares:
    """A problem without noise whose loss curves alike in all directions: x^T x / rows is the unit matrix, w = 1 the answer."""
    drawn = np.random.default_rng(seed).normal(size=(rows, columns))
    x = np.linalg.qr(drawn)[0] * math.sqrt(rows)
    return LeastSquares(x, x.sum(1))


@dataclass(frozen=True, eq=False)
class Workers:
    """Workers with one vector of weights, which begins at zero.

    Args:
        times: what one gradient costs each worker, in milliseconds. Each has every len(times)-th row of the data.
        together: synchronous; else asynchronous.
        rate: an update is -rate times a gradient, or times the average of a round's.
        until: no gradient that ends later counts, milliseconds.
        problem: what they minimize.

    >>> Workers((10, 10, 30)).play().updates, Workers((10, 10, 30), together=False).play().updates
    (8, 56)
    """

    times: tuple[float, ...] = (10.0, 10.0, 10.0, 10.0)
    together: bool = True
    rate: float = 0.2
    until: float = 240.0
    problem: LeastSquares = field(default_factory=least_squares)

    def __post_init__(self) -> None:
        if not self.times or min(self.times) <= 0 or len(self.problem.x) < len(self.times):
            raise ArgumentError(f"times={self.times}", rule="at least one worker, times above 0, and a row of data for each")

    def play(self) -> Trained:
        """What happens until the time is over."""
        return _together(self) if self.together else _apart(self)


@dataclass
class Trained:
    """What happened: the steps of each worker, the `weights` after 0, 1, 2, ... updates, and `when` each of them came."""

    workers: Workers
    steps: list[list[Step]]
    weights: list[np.ndarray]
    when: list[float] = field(default_factory=lambda: [0.0])

    @property
    def updates(self) -> int:
        """How often the weights changed."""
        return len(self.weights) - 1

    @property
    def losses(self) -> list[float]:
        """The loss after 0, 1, 2, ... updates."""
        return [self.workers.problem.loss(w) for w in self.weights]

    @property
    def staleness(self) -> list[int]:
        """How many updates came between reading the weights and changing them, for each gradient in the order they ended."""
        return [step.stale for step in sorted((s for own in self.steps for s in own), key=lambda step: step.end)]

    def add(self, when: float, gradient: np.ndarray) -> None:
        """One update."""
        self.weights.append(self.weights[-1] - self.workers.rate * gradient)
        self.when.append(when)


def _start(asked: Workers) -> Trained:
    return Trained(asked, [[] for _ in asked.times], [np.zeros(asked.problem.x.shape[1])])


def _together(asked: Workers) -> Trained:
    made, parts, slowest = _start(asked), len(asked.times), max(asked.times)
    for number in range(int(asked.until / slowest + 1e-9)):
        begin = number * slowest
        gradients = [asked.problem.gradient(made.weights[-1], part, parts) for part in range(parts)]
        for own, time in zip(made.steps, asked.times, strict=True):
            own.append(Step(begin, begin + time, 0))
        made.add(begin + slowest, np.mean(gradients, 0))
    return made


def _apart(asked: Workers) -> Trained:
    made, parts = _start(asked), len(asked.times)
    read = [0] * parts  # which weights each worker computes with: those after so many updates
    ends = [(time, worker) for worker, time in enumerate(asked.times)]
    heapq.heapify(ends)
    while ends[0][0] <= asked.until + 1e-9:
        now, worker = ends[0]
        made.steps[worker].append(Step(now - asked.times[worker], now, made.updates - read[worker]))
        made.add(now, asked.problem.gradient(made.weights[read[worker]], worker, parts))
        read[worker] = made.updates
        heapq.heapreplace(ends, (now + asked.times[worker], worker))
    return made


def largest_rate(stale: int) -> float:
    """Below this rate w -= rate * w_old goes to zero if w_old is always `stale` updates old: 2 sin(pi / (4 stale + 2)).

    At the limit a root of z^(stale + 1) = z^stale - rate lies on the unit circle.

    >>> largest_rate(0), round(largest_rate(1), 6)
    (2.0, 1.0)
    """
    return 2 * math.sin(math.pi / (4 * stale + 2))


def count_without_lock(times: Sequence[float], hold: float, each: int) -> int:
    """What a counter shows after each worker added 1 to it `each` times without a lock.

    A worker's turn takes times[worker] milliseconds. `hold` before its end it reads the counter, at its end it writes what it
    had read plus 1. Who reads and who writes at the same moment: all read first.

    >>> count_without_lock([10], 1, 25), count_without_lock([10, 10], 1, 25), count_without_lock([10, 15], 1, 25)
    (25, 25, 42)
    """
    if not 0 <= hold <= min(times):
        raise ArgumentError(f"hold={hold}, times={times}", rule="a worker reads within its turn")
    moments = sorted((time * turn - hold * reads, not reads, worker) for worker, time in enumerate(times)
                     for turn in range(1, each + 1) for reads in (True, False))
    counter, read = 0, [0] * len(times)
    for _, writes, worker in moments:
        if writes:
            counter = read[worker] + 1
        else:
            read[worker] = counter
    return counter
