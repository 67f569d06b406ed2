"""`tf.data.experimental`, which was `tf.contrib.data`: several steps in one, for Dataset.apply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit.v1.data._csv import CsvDataset, make_csv_dataset
from deepkit.v1.data._dataset import Dataset
from deepkit.v1.data._grouping import (
    Counter,
    bucket_by_sequence_length,
    choose_from_datasets,
    dense_to_sparse_batch,
    get_single_element,
    group_by_window,
    ignore_errors,
    sample_from_datasets,
    scan,
    take_while,
    unique,
)

__all__ = [
    "AUTOTUNE", "Counter", "CsvDataset", "bucket_by_sequence_length", "choose_from_datasets", "copy_to_device",
    "dense_to_sparse_batch", "enumerate_dataset", "get_single_element", "group_by_window", "ignore_errors",
    "make_csv_dataset", "map_and_batch", "parallel_interleave", "prefetch_to_device", "sample_from_datasets", "scan",
    "shuffle_and_repeat", "take_while", "unbatch", "unique",
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


def prefetch_to_device(device: str, buffer_size: Any = None) -> Step:
    """dataset.apply(...) is dataset.prefetch(buffer_size): arrays go to a device when an op there takes them."""
    return lambda dataset: dataset.prefetch(1 if buffer_size is None else buffer_size)


def copy_to_device(target_device: str, source_device: str = "/cpu:0") -> Step:
    """dataset.apply(...) is the data set: arrays go to a device when an op there takes them."""
    return lambda dataset: dataset
