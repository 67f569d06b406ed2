"""`tf.data.experimental`, which was `tf.contrib.data`: several steps in one, for Dataset.apply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit.v1.data._dataset import Dataset

__all__ = [
    "AUTOTUNE", "enumerate_dataset", "map_and_batch", "parallel_interleave", "shuffle_and_repeat", "unbatch",
]

AUTOTUNE = -1
Step = Callable[[Dataset], Dataset]


def map_and_batch(
    map_func: Any, batch_size: Any, num_parallel_batches: Any = None, drop_remainder: bool = False,
    num_parallel_calls: Any = None,
) -> Step:
    """dataset.apply(...) is dataset.map(map_func).batch(batch_size)."""
    return lambda dataset: dataset.map(map_func, num_parallel_calls).batch(batch_size, drop_remainder)


def shuffle_and_repeat(buffer_size: Any, count: Any = None, seed: int | None = None) -> Step:
    """dataset.apply(...) is dataset.shuffle(buffer_size, seed).repeat(count)."""
    return lambda dataset: dataset.shuffle(buffer_size, seed).repeat(count)


def parallel_interleave(
    map_func: Any, cycle_length: Any, block_length: Any = 1, sloppy: bool = False, buffer_output_elements: Any = None,
    prefetch_input_elements: Any = None,
) -> Step:
    """dataset.apply(...) is dataset.interleave(...), always in its exact order."""
    return lambda dataset: dataset.interleave(map_func, cycle_length, block_length)


def enumerate_dataset(start: Any = 0) -> Step:
    """dataset.apply(...) is dataset.enumerate(start)."""
    return lambda dataset: dataset.enumerate(start)


def unbatch() -> Step:
    """dataset.apply(...) is dataset.unbatch()."""
    return lambda dataset: dataset.unbatch()
