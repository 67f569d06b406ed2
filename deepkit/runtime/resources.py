"""What a session keeps beside variables: the objects behind queues, readers and iterators, and their end."""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any

from deepkit.core.control_flow.function_graph import FunctionGraph
from deepkit.core.node import Node
from deepkit.core.variable import Variable
from deepkit.errors import NameNotFoundError
from deepkit.runtime.plan import Plan


class Resources:
    """One object for each node of a `resource` op, made at first use; nodes with one shared_name have one object.

    store, stream_of and passes are the session's: the functions that datasets map over their elements are plans.
    """

    def __init__(self, store: MutableMapping[Variable, Any], stream_of: Callable[[Node], Any], passes: frozenset[str]):
        self.stream_of = stream_of
        self._store, self._passes = store, passes - {"inplace"}  # a function may look at what others hold
        self._kept: dict[Any, Any] = {}
        self._lock = threading.RLock()
        self._closed = False

    def of(self, node: Node) -> Any:
        """The object of a node."""
        key = getattr(node.op, "shared_name", None) or node
        with self._lock:
            if key not in self._kept:
                self._kept[key] = node.op.make(node, self)
                _alive.add(self)
                if self._closed:
                    self._kept[key].cancel()
            return self._kept[key]

    def named(self, name: str) -> Any:
        """The object of the node of that name."""
        with self._lock:
            for key, kept in self._kept.items():
                if isinstance(key, Node) and key.name == name:
                    return kept
        raise NameNotFoundError(
            f"the session has no iterator {name!r}", rule="a string handle is good in the session that gave it",
            hint="handle = sess.run(iterator.string_handle()) in this session",
        )

    def function(self, graph: FunctionGraph) -> Callable[[Sequence[Any]], list[Any]]:
        """A function of the values of graph.inputs and then of what the graph captured; returns its results."""
        plan = Plan(
            graph.results, [*graph.inputs, *graph.captured.values()], self.stream_of, self._passes, self.of
        )
        return lambda values: plan.run(values, self._store)

    def close(self) -> None:
        """Ends every wait: who waits for a queue gets a ClosedSessionError, and background threads stop."""
        with self._lock:
            self._closed = True
            kept = list(self._kept.values())
            self._kept.clear()
        for each in kept:
            each.cancel()


_alive: weakref.WeakSet[Resources] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """When the program ends, so do the threads that feed its queues."""
    for resources in list(_alive):
        resources.close()
