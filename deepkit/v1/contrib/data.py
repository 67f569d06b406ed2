"""`tf.contrib.data`: the names that data sets had before they were `tf.data`."""

from __future__ import annotations

from typing import Any

from deepkit.v1.data import Dataset, FixedLengthRecordDataset, Iterator, TextLineDataset, TFRecordDataset
from deepkit.v1.data.experimental import (
    AUTOTUNE,
    Counter,
    Step,
    bucket_by_sequence_length,
    choose_from_datasets,
    copy_to_device,
    dense_to_sparse_batch,
    enumerate_dataset,
    get_single_element,
    group_by_window,
    ignore_errors,
    map_and_batch,
    parallel_interleave,
    prefetch_to_device,
    sample_from_datasets,
    scan,
    shuffle_and_repeat,
    unbatch,
    unique,
)

__all__ = [
    "AUTOTUNE", "Counter", "Dataset", "FixedLengthRecordDataset", "Iterator", "TFRecordDataset", "TextLineDataset",
    "batch_and_drop_remainder", "bucket_by_sequence_length", "choose_from_datasets", "copy_to_device",
    "dense_to_sparse_batch", "enumerate_dataset", "get_single_element", "group_by_window", "ignore_errors", "map_and_batch",
    "parallel_interleave", "prefetch_to_device", "sample_from_datasets", "scan", "shuffle_and_repeat", "sliding_window_batch",
    "unbatch", "unique",
]


def batch_and_drop_remainder(batch_size: Any) -> Step:
    """dataset.apply(...) is dataset.batch(batch_size, drop_remainder=True)."""
    return lambda dataset: dataset.batch(batch_size, drop_remainder=True)


def sliding_window_batch(window_size: Any, stride: Any = None, window_shift: Any = None, window_stride: Any = 1) -> Step:
    """dataset.apply(...): batches of window_size elements, each window_shift (stride, 1) elements after the one before."""
    shift = window_shift if window_shift is not None else stride if stride is not None else 1

    def step(dataset: Dataset) -> Dataset:
        def batched(*parts: Any) -> Dataset:
            whole = Dataset.zip(parts) if len(parts) > 1 else parts[0]
            return whole.batch(window_size, drop_remainder=True)

        return dataset.window(window_size, shift, window_stride, drop_remainder=True).flat_map(batched)

    return step
