"""Gradients travel in buckets: those that exist about the same time go as one message, while the others are computed.

A message costs a start and a time per byte; hundreds of small gradients in one cost one start. A bucket is sent as soon as
its last gradient is in it. The derivatives of the last layers exist first, so their bucket is under way while those of the
first layers are still computed. Source: S. Li et al., "PyTorch Distributed: Experiences on Accelerating Data Parallel
Training", VLDB 2020.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.device.arrays import to_cpu
from deepkit.distribute import collectives, timeline

SIZE = 2**22
"""Bytes of a bucket that is full."""


class Bucket:
    """Memory for `total` numbers of several gradients, filled in pieces and then added up over all ranks."""

    def __init__(self, name: str, total: int, dtype: Any):
        self.name, self.total = name, total
        self.memory = np.empty(total, dtype)
        self.places: set[int] = set()
        self.missing = total
        self.pending: collectives.Pending | None = None

    def put(self, place: int, array: np.ndarray) -> None:
        """Copies a gradient to its place; the last one sends the bucket off."""
        self.memory[place : place + array.size] = array.reshape(-1)
        self.places.add(place)
        self.missing -= array.size
        if not self.missing:
            timeline.mark(self.name, "begin", self.memory.nbytes)
            self.pending = collectives.begin_sum(self.memory, self.name)

    def take(self, average: bool) -> np.ndarray:
        """All numbers, added up (or averaged) over all ranks; waits until they are there."""
        assert self.pending is not None, f"bucket {self.name} was taken before it was full"
        total = self.pending.wait()
        timeline.mark(self.name, "end")
        return collectives.divided(total, average)


_open: dict[str, Bucket] = {}


def put(name: str, total: int, place: int, array: Any) -> None:
    """Puts a gradient into the bucket of this name, at this place of its `total` numbers."""
    array = to_cpu(array)
    bucket = _open.get(name)
    if bucket is not None and place in bucket.places:  # left behind by a run that failed half-way
        if bucket.pending is not None:
            bucket.pending.wait()
        bucket = None
    if bucket is None:
        bucket = _open[name] = Bucket(name, total, array.dtype)
    timeline.mark(name, "gradient", array.nbytes)
    bucket.put(place, array)
    for other in _open.values():  # MPI moves messages on only while it is asked
        if other.pending is not None and other.pending.is_done:
            timeline.mark(other.name, "end")


def take(name: str, average: bool) -> np.ndarray:
    """The averaged numbers of a bucket, whose memory is the caller's from now on."""
    return _open.pop(name).take(average)


def packed(sizes: list[int], most: int) -> list[list[int]]:
    """The numbers of the pieces in each bucket: in the order given, a new one where `most` would be passed.

    >>> packed([10, 10, 30, 5, 5], 20)
    [[0, 1], [2], [3, 4]]
    """
    buckets: list[list[int]] = []
    filled = most + 1
    for number, size in enumerate(sizes):
        if filled + size > most:
            buckets.append([])
            filled = 0
        buckets[-1].append(number)
        filled += size
    return buckets
