"""A queue that keeps finished batches ready while the model still works on the last one."""

from __future__ import annotations

from typing import Any

from deepkit.v1 import train
from deepkit.v1.framework.creators import name_scope
from deepkit.v1.input.queues import FIFOQueue, PaddingFIFOQueue

__all__ = ["prefetch_queue"]


def prefetch_queue(
    tensors: Any, capacity: int = 8, num_threads: int = 1, dynamic_pad: bool = False, shared_name: Any = None,
    name: Any = None,
) -> Any:
    """A queue of the values of `tensors`, a list or dict; `dequeue` gives them."""
    with name_scope(name or "prefetch_queue"):
        names = list(tensors) if isinstance(tensors, dict) else None
        listed = [tensors[n] for n in names] if names is not None else list(tensors)
        kind = PaddingFIFOQueue if dynamic_pad else FIFOQueue
        queue = kind(capacity, [t.dtype for t in listed], [t.shape for t in listed], names=names)
        enqueue = queue.enqueue(tensors if names is not None else listed)
        train.add_queue_runner(train.QueueRunner(queue, [enqueue] * num_threads))
        return queue
