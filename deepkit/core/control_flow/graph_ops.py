"""What ops that run graphs have in common: how they are applied, and what a derivative needs of a run of theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import apply
from deepkit.core.autodiff import gradients
from deepkit.core.control_flow import tracing
from deepkit.core.control_flow.function_graph import FunctionGraph
from deepkit.core.control_flow.replay import Replay
from deepkit.core.graph import Graph
from deepkit.core.node import Node, needed
from deepkit.core.op import Op, lookup
from deepkit.core.shape import UNKNOWN, Shape
from deepkit.core.symbol import Symbol
from deepkit.device.dtypes import DType
from deepkit.errors import ShapeError

Spec = tuple[Shape, DType]


class GraphOp(Op):
    """Base of the ops that run graphs.

    The inputs are those that a subclass names, then what the graphs capture, then the variables that they use (`refs`).
    All the graphs take the same values. `outputs_` holds the shape and type of each output.
    """

    refs: tuple[int, ...] = ()  # type: ignore[misc]
    outputs_: tuple[Spec, ...] = ()
    attrs = ("subgraphs", "refs")
    types = ("any",)
    reads_old = False
    takes_none = True

    def shape(self, *_: Shape) -> Any:
        return tuple(shape for shape, _ in self.outputs_)

    def dtype(self, *_: DType) -> Any:
        return tuple(dtype for _, dtype in self.outputs_)

    def key(self) -> Any:
        return id(self)

    def reads(self, used: Sequence[bool], shapes: Sequence[Shape]) -> list[bool]:
        read: set[Node] = set()
        for graph, live in zip(self.subgraphs, self.live(used), strict=True):
            read |= read_by([result for result, wanted in zip(graph.results, live, strict=True) if wanted])
        inputs = zip(*[g.inputs for g in self.subgraphs], strict=True)
        handed = [any(x.node in read for x in same) for same in inputs]
        own = len(shapes) - len(handed) - len(self.refs)
        return [True] * own + handed + [True] * len(self.refs)


class Turns(list[Any]):
    """One value for each turn of a loop. Their shapes may differ, so they are not stacked; sums are taken turn by turn."""

    @property
    def shape(self) -> tuple[int, ...]:
        """How many turns there are: all that is common to them."""
        return (len(self),)

    def __add__(self, other: Any) -> Turns:
        return Turns(a + b for a, b in zip(self, other, strict=True))


def carried(body: FunctionGraph, states: int, wanted: Sequence[bool]) -> list[bool]:
    """The wanted results of a loop's body, and those of its first ones, the states, that these depend on a turn later."""
    found = list(wanted)
    while True:
        read = read_by([result for result, live in zip(body.results, found, strict=True) if live])
        more = [live or (i < states and body.inputs[i].node in read) for i, live in enumerate(found)]
        if more == found:
            return found
        found = more


def read_by(results: Sequence[Symbol]) -> set[Node]:
    """The nodes that compute the results, and those they are handed a value of, be it for its shape only."""
    nodes = needed(results)
    return {*nodes, *(x.node for node in nodes for x in node.inputs)}


def outer_graph(x: Symbol) -> Graph:
    """The graph into which an op goes that runs graphs and takes x."""
    return tracing.target(x.graph)


def specs(symbols: Sequence[Symbol]) -> list[Spec]:
    """Shape and type of each."""
    return [(x.shape, x.dtype) for x in symbols]


def unstacked(symbols: Sequence[Symbol]) -> list[Spec]:
    """How the graph knows Turns: by the type of their values alone."""
    return [(UNKNOWN, x.dtype) for x in symbols]


def close(graphs: Sequence[FunctionGraph]) -> list[Symbol]:
    """Gives all the graphs the same inputs: their own, then what any of them needs from around. Returns the latter."""
    used = {node for g in graphs for node in needed(g.results)}
    captured = [x for g in graphs for x, inner in g.captured.items() if inner.node in used]
    captured = list(dict.fromkeys(captured))
    for g in graphs:
        g.inputs = [*g.inputs, *[g.adopt(x) for x in captured]]
    return captured


def keep_outcomes(graph: FunctionGraph) -> list[Symbol]:
    """The outcomes of a body, which are now results of it, too."""
    outcomes = graph.outcomes
    graph.results = [*graph.results, *outcomes]
    return outcomes


def apply_graphs(
    op: GraphOp, values: Sequence[Symbol], captured: Sequence[Symbol], name: str | None = None
) -> list[Symbol]:
    """The outputs of an op that runs closed graphs; it waits for what they await."""
    graphs = op.subgraphs
    variables = list(dict.fromkeys(v for g in graphs for v in g.variables))
    inputs = [*values, *captured]
    op.refs = tuple(range(len(inputs), len(inputs) + len(variables)))
    with graphs[0].outer.control_dependencies([node for g in graphs for node in g.awaited]):
        return apply(op, *inputs, *variables, name=name)


def holds(what: str, predicate: Any) -> bool:
    """Whether a predicate's value, one bool, is True; ShapeError for several."""
    if np.ndim(predicate):
        raise ShapeError(
            f"{what}: the predicate has shape {Shape(predicate.shape)}", rule="it is one bool, of shape ()",
            hint="reduce_all(p), reduce_any(p); for a choice in each place where(p, x, y)",
        )
    return bool(predicate)


def connected(body: FunctionGraph, results: Sequence[int], inputs: Sequence[Symbol]) -> list[int]:
    """Which of `inputs`, of a body or variables, can have a derivative of the numbered results."""
    found = {body.results[i] for i in results}
    for node in reversed(needed(body.results)):
        if node.op.gradient is not None and not found.isdisjoint(node.outputs):
            found.update(_differentiated(node))
    return [i for i, x in enumerate(inputs) if x in found and x.dtype.is_differentiable]


def _differentiated(node: Node) -> Iterator[Symbol]:
    """The inputs of a node that have a derivative of its outputs."""
    outcomes = len(node.outputs) if isinstance(node.op, Replay) else 0  # these have none
    for x in node.inputs[: len(node.inputs) - outcomes]:
        if x.dtype.is_differentiable and x in node.required:
            yield x


def pull_back(
    body: FunctionGraph, inputs: Sequence[Symbol], outcomes: Sequence[Symbol], dys: dict[int, Symbol],
    wrt: Sequence[int], variables: Sequence[Symbol],
) -> list[Symbol]:
    """The derivatives by some of a body's inputs and variables, numbered one after the other, in the body being built now.

    What the body computed from `inputs` is computed anew, with the `outcomes` of the run; dys are the derivatives by
    some of its results.
    """
    graph = tracing.innermost()
    results = graph.copy(body, inputs, outcomes, Replay.of)
    places = [*map(graph.adopt, inputs), *variables]
    xs = [places[i] for i in wrt]
    found = gradients([results[i] for i in dys], xs, list(dys.values()), warn=False, inside=True)
    zeros = lookup("ZerosLike")()
    return [apply(zeros, x) if dx is None else dx for x, dx in zip(xs, found, strict=True)]
