"""Runs in several parts: what a part has computed is not computed again by the next, though other feeds come in between."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from deepkit.core.graph import Graph
from deepkit.core.nest import leaves
from deepkit.core.node import Node, needed
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.errors import ArgumentError
from deepkit.runtime.feeds import feed_key, spread


class PartialRun:
    """One run in parts: what may be fetched and fed, and what is known so far."""

    def __init__(self, graph: Graph, fetches: Any, feeds: Sequence[Any]):
        self.graph = graph
        self.fetches = [self._element(x) for x in leaves(fetches)]
        self.feeds = [feed_key(graph, x) for x in feeds]
        self.known: dict[Symbol, Any] = {}
        self.done: set[Node] = set()

    def _element(self, x: Any) -> Any:
        return self.graph.as_graph_element(x, "a fetch")

    def run(self, session: Any, fetches: Any, feed_dict: Any) -> Any:
        """The values of some of the fetches, each once. ArgumentError: one that the setup did not name, or fed twice."""
        fed = {feed_key(self.graph, key): value for key, value in spread(feed_dict or {}).items()}
        wanted = [self._element(x) for x in leaves(fetches)]
        self._check(list(fed), [x for x in self.feeds if x not in self.known], "fed")
        self._check(wanted, self.fetches, "fetched")
        self.known.update(fed)
        kept = self._kept(wanted)
        found, values = session.run([fetches, kept], self.known)
        self.known.update(zip(kept, values, strict=True))
        self.fetches = [x for x in self.fetches if x not in wanted]
        return found

    @staticmethod
    def _check(given: Sequence[Any], open_: Sequence[Any], what: str) -> None:
        for x in given:
            if x not in open_:
                raise ArgumentError(
                    f"partial_run: {x.name} was not announced, or is {what} again", rule="what the setup names, once"
                )

    def _kept(self, wanted: Sequence[Any]) -> list[Symbol]:
        """The tensors that are computed for these fetches and may be needed again."""
        given = {x.node for x in self.known}

        before = functools.partial(_before, given)
        later = set(needed([x for x in self.fetches if x not in wanted], before))
        return [y for node in needed(wanted, before) if node in later - given for y in _values(node)]


def _before(given: set[Node], node: Node) -> list[Node]:
    """The nodes that one needs, unless it is given."""
    return [] if node in given else [*[x.node for x in node.inputs], *node.control_inputs]


def _values(node: Node) -> list[Symbol]:
    """The outputs that have a value of their own in a run."""
    if node.op.is_constant or node.op.resource:
        return []
    return [y for y in node.outputs if not isinstance(y, Variable)]


def setup(graph: Graph, fetches: Any, feeds: Any) -> PartialRun:
    """A run in parts of which all fetches and feeds are announced. ArgumentError: no fetches."""
    made = PartialRun(graph, fetches, list(feeds or ()))
    if not made.fetches:
        raise ArgumentError("partial_run_setup without fetches", rule="all tensors that any part fetches")
    return made
