"""A graph inside a graph: the body of a loop or of a branch, written down once and run by an op of the outer graph."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import apply
from deepkit.core.control_flow import tracing
from deepkit.core.graph import Graph, awaited
from deepkit.core.node import Node, needed
from deepkit.core.op import Op, lookup
from deepkit.core.shape import Shape
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.device.dtypes import DType


class FunctionGraph(Graph):
    """A graph with inputs and results; a Symbol of an outer graph that is used inside becomes a further input.

    `captured` maps those outer Symbols to the placeholders that stand for them. Variables are not captured: their
    values are the session's, and a body reads them each time it runs. `awaited` are nodes of the graphs around that
    must have run before: the op that runs this graph waits for them.
    """

    def __init__(self, outer: Graph):
        super().__init__()
        self.outer = outer
        self.root = outer.root
        self.seed, self.seed_counter = outer.seed, outer.seed_counter
        self.collections = outer.collections
        self.inputs: list[Symbol] = []
        self.results: list[Symbol] = []
        self.captured: dict[Symbol, Symbol] = {}
        self.awaited: dict[Node, None] = {}
        self._copies: dict[Symbol, Symbol] = {}
        self._copied: list[FunctionGraph] = []
        self._reads: dict[Variable, Symbol] = {}

    def encloses(self, graph: Graph) -> bool:
        """True if Symbols of `graph` may be used inside this one."""
        return graph is self or graph in self._copied or self.outer.encloses(graph)

    def adopt(self, x: Symbol) -> Symbol:
        """x itself if it lives here, else its copy or the placeholder that stands for it."""
        if x.graph is self or isinstance(x, Variable):
            return x
        if x in self._copies:
            return self._copies[x]
        outer = self.outer.adopt(x)
        if outer not in self.captured:
            inner = self.placeholder(outer.shape, outer.dtype, "captured")
            inner.node.origin = outer
            self.captured[outer] = inner
        return self.captured[outer]

    def placeholder(self, shape: Shape, dtype: DType, name: str) -> Symbol:
        """An input that the op which runs this graph will give."""
        with self.control_dependencies(None):
            return self.add(lookup("Placeholder")(to=dtype, static=shape.lengths), (), name)

    def read(self, variable: Variable) -> Symbol:
        """The variable's value when the graph runs; under control dependencies, after those."""
        if self.has_control:
            return variable.read_value()
        if variable not in self._reads:
            self._reads[variable] = variable.read_value()
        return self._reads[variable]

    @contextlib.contextmanager
    def control_dependencies(self, nodes: Sequence[Any] | None) -> Iterator[None]:
        """As in every graph; for a node of a graph around, the op that runs this graph waits."""
        inside: list[Any] | None = None if nodes is None else []
        for x in nodes or ():
            graph = x.graph if isinstance(x, Node | Symbol) else self
            if graph is not self and self.encloses(graph):
                self.awaited[awaited(x)] = None
            else:
                inside.append(x)  # type: ignore[union-attr]
        with super().control_dependencies(inside):
            yield

    @contextlib.contextmanager
    def building(self) -> Iterator[FunctionGraph]:
        """What is built inside goes into this graph."""
        with tracing.enter(self), self.as_default():
            yield self

    @property
    def variables(self) -> list[Variable]:
        """The variables that the results depend on or that are written for them."""
        used = (x for node in needed(self.results) for x in node.inputs if isinstance(x, Variable))
        return list(dict.fromkeys(used))

    @property
    def outcomes(self) -> list[Symbol]:
        """What a second run might not give again, in the order of `copy`: drawn numbers, values of variables, effects."""
        own = set(self.inputs)
        return [y for node in _computed(self.results) if not node.op.is_pure for y in node.outputs if y not in own]

    def copy(
        self, source: FunctionGraph, inputs: Sequence[Symbol], outcomes: Sequence[Symbol], replay: Callable[[Node], Op]
    ) -> list[Symbol]:
        """The results of `source` computed anew here from its inputs and from what a run of it gave as its outcomes.

        Effects are not repeated: `replay` gives an op that takes their place. From now on Symbols of `source` that are
        used here stand for their copies: a gradient rule of one's own may have kept some.
        """
        self._copied.append(source)
        self._copies.update(zip(source.inputs, map(self.adopt, inputs), strict=True))
        given = iter(outcomes)
        for node in _computed(source.results):
            if node.outputs[0] in self._copies:
                continue
            op, arguments = node.op, [x if x in node.required else self._like(x) for x in node.inputs]
            if not op.is_pure:
                kept = [next(given) for _ in node.outputs]
                op, arguments = replay(node), [*arguments, *kept]
            made = self.add(op, arguments, node.name)
            self._copies.update(zip(node.outputs, made if isinstance(made, list) else [made], strict=True))
        return [self._copies[r] for r in source.results]

    def _like(self, x: Symbol) -> Symbol:
        """For an input of which only the known shape is used: x if it is at hand, else a constant of that shape."""
        if x.graph is self or isinstance(x, Variable) or x in self._copies:
            return x
        return self.constant(np.broadcast_to(np.zeros((), x.dtype.numpy), tuple(x.shape)))


def _computed(results: Sequence[Symbol]) -> list[Node]:
    """The nodes that the values of `results` are computed from, each after its inputs."""
    return needed(results, lambda node: [x.node for x in node.required if not isinstance(x, Variable)])


def trace(outer: Graph, function: Callable[..., Any], specs: Sequence[tuple[Shape, DType]], name: str) -> FunctionGraph:
    """`function` of tensors with these shapes and types, written down; it returns the list of result Symbols."""
    graph = FunctionGraph(outer)
    with graph.building():
        graph.inputs = [graph.placeholder(shape, dtype, name) for shape, dtype in specs]
        graph.results = [graph.adopt(_as_symbol(graph, r)) for r in function(*graph.inputs)]
    return graph


def _as_symbol(graph: FunctionGraph, value: Any) -> Symbol:
    if isinstance(value, Variable):
        return value.read()
    if isinstance(value, (list, tuple)) and any(isinstance(v, Symbol) for v in value):
        return apply(lookup("Pack")(), *value)
    return value if isinstance(value, Symbol) else graph.constant(value)
