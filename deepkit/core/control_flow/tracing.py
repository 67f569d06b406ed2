"""Which function graph, the body of a loop or of a branch, is being written down in this thread."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any


class _Stack(threading.local):
    def __init__(self) -> None:
        self.graphs: list[Any] = []


_stack = _Stack()


def target(graph: Any) -> Any:
    """Where a node made from Symbols of `graph` belongs: the body being written down if it may use them, else there."""
    if _stack.graphs and _stack.graphs[-1].encloses(graph):
        return _stack.graphs[-1]
    return graph


def innermost() -> Any:
    """The function graph that is being written down."""
    return _stack.graphs[-1]


@contextlib.contextmanager
def enter(graph: Any) -> Iterator[None]:
    """Inside, nodes go into this function graph."""
    _stack.graphs.append(graph)
    try:
        yield
    finally:
        _stack.graphs.pop()


@contextlib.contextmanager
def suspended() -> Iterator[None]:
    """Inside, no function graph is being written down: variables of a body belong to the outermost graph."""
    saved, _stack.graphs = _stack.graphs, []
    try:
        yield
    finally:
        _stack.graphs = saved
