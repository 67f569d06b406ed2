"""What many workers gain: a model of one step of data parallelism with a ring, with few constants, drawn for 1 to 1,024.

A step computes for `compute` ms, the last `backward` part of it the derivatives. The gradients, `size` MB, are added up in a
ring: each worker sends 2 (N - 1) / N of them, in 2 (N - 1) turns that take `latency` ms each beside the transport. With overlap
messages are under way while derivatives are computed; only what is left over then costs time, and at least the last bucket
cannot begin earlier. Compression sends 1 / `compress` of the bytes. Workers that differ make all wait for the slowest: with
N of them, normally distributed with a spread of `jitter`, for about jitter sqrt(2 ln N) more.

P. Patarasuk, X. Yuan, "Bandwidth optimal all-reduce algorithms", 2009; S. Li et al., "PyTorch Distributed", VLDB 2020.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deepkit.errors import ArgumentError


@dataclass(frozen=True)
class Scaling:
    """One step of one of many workers, by what was measured of it (times in ms).

    >>> calm = Scaling(compute=100.0, size=100.0, bandwidth=10.0, latency=0.0)
    >>> calm.time(1), calm.time(2), calm.time(1024)
    (100.0, 110.0, 119.98046875)
    >>> round(calm.efficiency(1024, overlap=True), 2)
    0.99
    """

    compute: float
    size: float
    """Of the model's gradients, in MB."""
    bandwidth: float
    """MB per ms: 1 Gbit/s is 0.125."""
    latency: float = 0.02
    backward: float = 2 / 3
    """The part of `compute` in which gradients come into being."""
    bucket: float = 4.0
    """MB of a message."""
    jitter: float = 0.0

    def __post_init__(self) -> None:
        if min(self.compute, self.size, self.bandwidth) <= 0 or not 0 <= self.backward <= 1:
            raise ArgumentError(f"{self}", rule="compute, size and bandwidth above 0; backward between 0 and 1")

    def transport(self, workers: int, compress: float = 1.0) -> float:
        """How long the ring takes."""
        return self._ring(workers, self.size / compress)

    def _ring(self, workers: int, size: float) -> float:
        return 0.0 if workers == 1 else 2 * (workers - 1) * (size / workers / self.bandwidth + self.latency)

    def time(self, workers: int, overlap: bool = False, compress: float = 1.0) -> float:
        """How long a step takes, with everybody there at its end."""
        slowest = self.compute + self.jitter * math.sqrt(2 * math.log(workers))
        needed = self.transport(workers, compress)
        if overlap:
            last = self._ring(workers, min(self.bucket, self.size) / compress)
            needed = max(needed - self.backward * self.compute, last)
        return slowest + needed

    def efficiency(self, workers: int, overlap: bool = False, compress: float = 1.0) -> float:
        """The part of a worker's time that is not spent on the others: 1 is N times as fast with N workers."""
        return self.compute / self.time(workers, overlap, compress)


WORKERS = tuple(2**power for power in range(11))


def show_scaling(step: Scaling, workers: Sequence[int] = WORKERS, compress: float = 4.0) -> Any:
    """Draw the efficiency against the number of workers, with and without overlap, with and without compression."""
    from deepkit.viz.curves.chart import lines

    ways = {
        "no overlap": (False, 1.0), f"no overlap, 1/{compress:g} of the bytes": (False, compress),
        "overlap": (True, 1.0), f"overlap, 1/{compress:g} of the bytes": (True, compress),
    }
    powers = [math.log2(n) for n in workers]
    curves = {name: (powers, [step.efficiency(n, *way) for n in workers]) for name, way in ways.items()}
    return lines(curves, x="workers, as a power of 2", y="efficiency")
