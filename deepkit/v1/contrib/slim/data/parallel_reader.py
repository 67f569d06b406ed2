"""Records read from many files by several readers at once, through queues."""

from __future__ import annotations

import glob
from typing import Any

from deepkit.device.dtypes import string
from deepkit.errors import ArgumentError
from deepkit.v1 import train
from deepkit.v1.framework.creators import name_scope
from deepkit.v1.input.queues import FIFOQueue, RandomShuffleQueue

__all__ = ["get_data_files", "parallel_read", "single_pass_read"]


def get_data_files(data_sources: Any) -> list[str]:
    """The files that paths and patterns ("train-*") name, in order."""
    if isinstance(data_sources, (list, tuple, set)):
        return [file for source in data_sources for file in get_data_files(source)]
    files = sorted(glob.glob(str(data_sources)))
    if not files:
        raise ArgumentError(
            f"no file is called {data_sources}", hint="look for misprints, and for the working directory"
        )
    return files


def parallel_read(
    data_sources: Any, reader_class: Any, num_epochs: int | None = None, num_readers: int = 4, reader_kwargs: Any = None,
    shuffle: bool = True, dtypes: Any = None, capacity: int = 256, min_after_dequeue: int = 128, seed: int | None = None,
    scope: Any = None,
) -> tuple[Any, Any]:
    """(key, value) of one record after the other; with `shuffle` files and records come in random order."""
    with name_scope(scope or "parallel_read"):
        files = get_data_files(data_sources)
        names = train.string_input_producer(files, num_epochs=num_epochs, shuffle=shuffle, seed=seed)
        pairs = [list(reader_class(**(reader_kwargs or {})).read(names)) for _ in range(num_readers)]
        kinds = [string, string]
        queue = (
            RandomShuffleQueue(capacity, min_after_dequeue, dtypes=kinds, shapes=[[], []], seed=seed)
            if shuffle
            else FIFOQueue(capacity, dtypes=kinds, shapes=[[], []])
        )
        train.add_queue_runner(train.QueueRunner(queue, [queue.enqueue(pair) for pair in pairs]))
        key, value = queue.dequeue()
        return key, value


def single_pass_read(data_sources: Any, reader_class: Any, reader_kwargs: Any = None, scope: Any = None) -> Any:
    """(key, value) of one record after the other, each once and in order; then the input has ended."""
    with name_scope(scope or "single_pass_read"):
        files = get_data_files(data_sources)
        names = train.string_input_producer(files, num_epochs=1, shuffle=False, capacity=1)
        key, value = reader_class(**(reader_kwargs or {})).read(names)
        return key, value
