"""How long a run may wait: its deadline, kept by the thread that computes it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from deepkit.errors import DeadlineExceededError

_run = threading.local()


@contextlib.contextmanager
def within(milliseconds: float) -> Iterator[None]:
    """In the block this thread waits for queues so long altogether, then it gets a DeadlineExceededError."""
    former = getattr(_run, "deadline", None)
    _run.deadline = time.monotonic() + milliseconds / 1000
    try:
        yield
    finally:
        _run.deadline = former


def wait(changed: threading.Condition, condition: Callable[[], bool], most: float | None, what: str) -> bool:
    """Waits at most so many seconds (None: without end) for the condition, and says whether it holds.

    Raises:
        DeadlineExceededError: the deadline of the run passes meanwhile; `what` it waited for.
    """
    deadline = getattr(_run, "deadline", None)
    left = None if deadline is None else max(deadline - time.monotonic(), 0.0)
    first = left is not None and (most is None or left <= most)
    if changed.wait_for(condition, left if first else most):
        return True
    if first:
        raise DeadlineExceededError(
            f"the run waited for {what} until its time was over",
            rule="so long a run waits: timeout_in_ms of its RunOptions, or operation_timeout_in_ms of ConfigProto",
            hint="start_queue_runners starts the threads; coord.join raises the error of one that failed",
        )
    return False
