"""What is known about a data set: its files, how they are read and decoded, and how much there is."""

from __future__ import annotations

from typing import Any

__all__ = ["Dataset"]


class Dataset:
    """data_sources: paths or patterns; reader: a class such as tf.TFRecordReader; decoder: a DataDecoder.

    Further named arguments (num_classes=10) become attributes.
    """

    def __init__(
        self, data_sources: Any, reader: Any, decoder: Any, num_samples: int | None, items_to_descriptions: dict[str, str],
        **kwargs: Any,
    ):
        self.data_sources, self.reader, self.decoder = data_sources, reader, decoder
        self.num_samples, self.items_to_descriptions = num_samples, items_to_descriptions
        self.__dict__.update(kwargs)
