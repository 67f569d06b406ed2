"""A graph inside a graph: the body of a loop or of a branch, written down once and run by an op of the outer graph."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from deepkit.core import building
from deepkit.core.apply import apply
from deepkit.core.graph import Graph
from deepkit.core.node import Node
from deepkit.core.op import lookup
from deepkit.core.shape import Shape
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.device.dtypes import DType


class FunctionGraph(Graph):
    """A graph with inputs and results; a Symbol of an outer graph that is used inside becomes a further input.

    `captured` maps those outer Symbols to the placeholders that stand for them. Variables are not captured: their
    values are the session's.
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

    def encloses(self, graph: Graph) -> bool:
        """True if Symbols of `graph` may be used inside this one."""
        inner: Any = self
        while inner is not None:
            if inner is graph:
                return True
            inner = getattr(inner, "outer", None)
        return False

    def adopt(self, x: Symbol) -> Symbol:
        """x itself if it lives here, else the placeholder that stands for it."""
        if x.graph is self or isinstance(x, Variable):
            return x
        outer = self.outer.adopt(x)
        if outer not in self.captured:
            self.captured[outer] = self.placeholder(outer.shape, outer.dtype, "captured")
        return self.captured[outer]

    def placeholder(self, shape: Shape, dtype: DType, name: str) -> Symbol:
        """An input that the op which runs this graph will give."""
        return self.add(lookup("Placeholder")(to=dtype, static=shape.dims), (), name)

    @contextlib.contextmanager
    def building(self) -> Iterator[FunctionGraph]:
        """What is built inside goes into this graph."""
        with building.enter(self), self.as_default():
            yield self

    @property
    def random_outputs(self) -> list[Symbol]:
        """What a second run would not give again: outputs of random nodes, and of loops that hold some."""
        return [y for node in self.get_operations() if draws(node) for y in node.outputs]


def draws(node: Node) -> bool:
    """True if the node draws random numbers, itself or in its body."""
    return node.op.random or any(draws(n) for g in node.op.subgraphs for n in g.get_operations())


def writes(node: Node) -> bool:
    """True if the node changes a variable, itself or in its body."""
    return bool(node.op.writes) or any(writes(n) for g in node.op.subgraphs for n in g.get_operations())


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


def copy_into(graph: FunctionGraph, source: FunctionGraph, known: dict[Symbol, Symbol]) -> list[Symbol]:
    """The results of `source` computed anew in `graph`; `known` says what stands for its inputs and saved values.

    Effects are not copied: this is for gradients, which run after the effects have happened.
    """
    for node in source.get_operations():
        if not node.outputs or all(y in known for y in node.outputs) or writes(node):
            continue
        made = graph.add(node.op, [known.get(x, x) for x in node.inputs], node.name)
        known.update(zip(node.outputs, made if isinstance(made, list) else [made], strict=True))
    return [known[r] for r in source.results]
