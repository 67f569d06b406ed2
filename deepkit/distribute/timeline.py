"""When gradients came into being and when their buckets were under way: measured where it happens, off unless asked for."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import NamedTuple


class Event(NamedTuple):
    """Something about a bucket: "gradient" (one was put into it), "begin" (it was sent off) or "end" (its sum is there)."""

    bucket: str
    kind: str
    when: float
    """Seconds since `recorded` began."""
    size: int
    """Bytes; 0 for an end."""


_events: list[Event] | None = None
_begin = 0.0
_under_way: set[str] = set()


@contextlib.contextmanager
def recorded() -> Iterator[list[Event]]:
    """Collects what buckets do inside the block.

    An end is when somebody noticed it: at the next gradient, or where the sum was waited for.
    """
    global _events, _begin
    _events, _begin = [], time.perf_counter()
    _under_way.clear()
    try:
        yield _events
    finally:
        _events = None


def mark(bucket: str, kind: str, size: int = 0) -> None:
    """Notes an event; a second end of what has ended already is none."""
    if _events is None:
        return
    if kind == "begin":
        _under_way.add(bucket)
    elif kind == "end":
        if bucket not in _under_way:
            return
        _under_way.remove(bucket)
    _events.append(Event(bucket, kind, time.perf_counter() - _begin, size))
