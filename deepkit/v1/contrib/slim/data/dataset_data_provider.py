"""Tensors that give one example of a Dataset after the other."""

from __future__ import annotations

from typing import Any

from deepkit.v1.contrib.slim.data.data_provider import DataProvider
from deepkit.v1.contrib.slim.data.parallel_reader import parallel_read

__all__ = ["DatasetDataProvider"]


class DatasetDataProvider(DataProvider):
    """Reads and decodes the records of a Dataset; every run of its tensors gives the next example.

    >>> # provider = DatasetDataProvider(dataset, shuffle=False)
    >>> # image, label = provider.get(["image", "label"])
    """

    def __init__(
        self, dataset: Any, num_readers: int = 1, reader_kwargs: Any = None, shuffle: bool = True,
        num_epochs: int | None = None, common_queue_capacity: int = 256, common_queue_min: int = 128,
        record_key: str = "record_key", seed: int | None = None, scope: Any = None,
    ):
        key, data = parallel_read(
            dataset.data_sources, dataset.reader, num_epochs, num_readers, reader_kwargs, shuffle, None,
            common_queue_capacity, common_queue_min, seed, scope,
        )
        items = dataset.decoder.list_items()
        tensors = dict(zip(items, dataset.decoder.decode(data, items), strict=True))
        super().__init__({**tensors, record_key: key}, dataset.num_samples)
