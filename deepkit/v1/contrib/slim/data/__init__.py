"""`slim.data`: where a data set lies, how its records are decoded, and tensors that give one record after the other."""

from deepkit.v1.contrib.slim.data import (
    data_decoder,
    data_provider,
    dataset,
    dataset_data_provider,
    parallel_reader,
    prefetch_queue,
    tfexample_decoder,
)

__all__ = [
    "data_decoder", "data_provider", "dataset", "dataset_data_provider", "parallel_reader", "prefetch_queue",
    "tfexample_decoder",
]
