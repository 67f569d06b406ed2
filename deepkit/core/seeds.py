"""Which random stream an op gets: the graph's seed and the op's seed, by TensorFlow's rules."""

from __future__ import annotations

import os

from deepkit.device.philox import Stream

DEFAULT_GRAPH_SEED = 87654321
_LARGEST = 2**31 - 1


class Counter:
    """How many ops have taken their seed from the graph's."""

    def __init__(self) -> None:
        self.count = 0

    def next(self) -> int:
        """The number of ops before this one."""
        self.count += 1
        return self.count - 1


def pair(graph_seed: int | None, op_seed: int | None, counter: Counter) -> tuple[int, int] | None:
    """Key and counter of an op's stream; None means that every session draws fresh numbers.

    With a graph seed alone, the op's seed is the number of ops before it that had none either.
    """
    if graph_seed is None and op_seed is None:
        return None
    key = DEFAULT_GRAPH_SEED if graph_seed is None else graph_seed
    high = counter.next() if op_seed is None else op_seed
    key, high = key % _LARGEST, high % _LARGEST
    return (0, _LARGEST) if key == 0 and high == 0 else (key, high)


def fresh() -> tuple[int, int]:
    """Two seeds from the operating system."""
    return int.from_bytes(os.urandom(8), "little"), int.from_bytes(os.urandom(8), "little")


class _Eager:
    """Seeds for ops that are computed at once, outside any graph."""

    seed: int | None = None
    counter = Counter()


def set_eager_seed(seed: int | None) -> None:
    """Makes the random ops that follow repeatable; None makes them fresh again."""
    _Eager.seed, _Eager.counter = seed, Counter()


def eager_stream(op_seed: int | None) -> Stream:
    """The stream of one eager op: the same `op_seed` gives the same numbers each time it is called."""
    return Stream(*(pair(_Eager.seed, op_seed, _Eager.counter) or fresh()))
