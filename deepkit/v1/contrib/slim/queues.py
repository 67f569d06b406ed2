"""`slim.queues`: a block in which the queue runners of the graph are at work."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from deepkit.v1 import train

__all__ = ["NestedQueueRunnerError", "QueueRunners"]


class NestedQueueRunnerError(ValueError):
    """The queue runners of the graph are at work already."""


_open: set[Any] = set()


@contextlib.contextmanager
def QueueRunners(sess: Any) -> Iterator[None]:
    """Starts the queue runners of the graph; at the end of the block they are asked to stop, and waited for."""
    if sess.graph in _open:
        raise NestedQueueRunnerError("the queue runners of this graph are at work already: leave the other block first")
    _open.add(sess.graph)
    coord = train.Coordinator()
    try:
        with sess.graph.as_default():
            threads = train.start_queue_runners(sess=sess, coord=coord)
        yield
    finally:
        _open.discard(sess.graph)
        coord.request_stop()
    coord.join(threads, stop_grace_period_secs=120)
