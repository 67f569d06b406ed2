"""`tf.contrib.data`: the names that data sets had before they were `tf.data`."""

from __future__ import annotations

from typing import Any

from deepkit.v1.data import Dataset, FixedLengthRecordDataset, Iterator, TextLineDataset, TFRecordDataset
from deepkit.v1.data.experimental import (
    AUTOTUNE,
    Step,
    enumerate_dataset,
    map_and_batch,
    parallel_interleave,
    shuffle_and_repeat,
    unbatch,
)

__all__ = [
    "AUTOTUNE", "Dataset", "FixedLengthRecordDataset", "Iterator", "TFRecordDataset", "TextLineDataset",
    "batch_and_drop_remainder", "enumerate_dataset", "map_and_batch", "parallel_interleave", "shuffle_and_repeat", "unbatch",
]


def batch_and_drop_remainder(batch_size: Any) -> Step:
    """dataset.apply(...) is dataset.batch(batch_size, drop_remainder=True)."""
    return lambda dataset: dataset.batch(batch_size, drop_remainder=True)
