"""Branches and loops as ops that run graphs: cond, while_loop and scan, with their gradients.

A loop keeps, where a gradient will need it, what its variables were before each turn. The gradient walks these
turns backwards, computes each one anew from what was kept, and differentiates it. (Random numbers are kept, too.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from deepkit.core.apply import apply
from deepkit.core.autodiff import gradients
from deepkit.core.function_graph import FunctionGraph, copy_into, trace
from deepkit.core.graph import Graph
from deepkit.core.op import Op, lookup, register
from deepkit.core.shape import SCALAR, UNKNOWN, Shape
from deepkit.core.symbol import Symbol
from deepkit.device.dtypes import DType, string
from deepkit.errors import ShapeError


class GraphOp(Op):
    """Base of the ops that run graphs. `outputs_` holds the shape and type of each output."""

    attrs = ("subgraphs",)
    outputs_: tuple[tuple[Shape, DType], ...] = ()
    types = ("any",)

    def shape(self, *_: Shape) -> Any:
        return tuple(shape for shape, _ in self.outputs_)

    def dtype(self, *_: DType) -> Any:
        return tuple(dtype for _, dtype in self.outputs_)

    def key(self) -> Any:
        return id(self)


def _specs(symbols: Sequence[Symbol]) -> list[tuple[Shape, DType]]:
    return [(x.shape, x.dtype) for x in symbols]


def _nothing(x: Symbol) -> Symbol:
    return apply(lookup("ZerosLike")(), x)


def _derivatives(
    outer: Graph, body: FunctionGraph, inputs: Sequence[Symbol], wrt: list[int], outs: list[int], saved: list[Symbol]
) -> FunctionGraph:
    """The graph (inputs, saved values, derivatives by the results `outs`) -> derivatives by the inputs `wrt`."""
    graph = FunctionGraph(outer)
    with graph.building():
        own = [graph.placeholder(x.shape, x.dtype, "value") for x in inputs]
        kept = [graph.placeholder(x.shape, x.dtype, "saved") for x in saved]
        results = copy_into(graph, body, {**dict(zip(inputs, own, strict=True)), **dict(zip(saved, kept, strict=True))})
        dys = [graph.placeholder(results[i].shape, results[i].dtype, "dy") for i in outs]
        chosen = [results[i] for i in outs]
        found = gradients(chosen, [own[i] for i in wrt], dys, warn=False) if outs else [None] * len(wrt)
        graph.inputs = [*own, *kept, *dys]
        graph.results = [_nothing(own[i]) if dx is None else dx for i, dx in zip(wrt, found, strict=True)]
    return graph


# ---- cond


class Branching(GraphOp):
    """Base of Cond and its gradient: `captures` tells how many inputs belong to the first graph and how many to the second."""

    captures: tuple[int, int] = (0, 0)

    def _of(self, which: int, values: Sequence[Any]) -> Sequence[Any]:
        return values[self.captures[0] :] if which else values[: self.captures[0]]


@register
class Cond(Branching):
    """The results of the first graph if the predicate holds, else of the second; only that one is run.

    The last output holds the random numbers that the chosen graph drew, for the gradient.
    """

    def forward(self, xp: Any, call: Any, used: Any, predicate: Any, *values: Any) -> Any:
        which = 0 if bool(predicate) else 1
        results = call(which, *self._of(which, values))
        count = len(self.outputs_) - 1
        return (*results[:count], results[count:])

    def gradient(self, dys: Any, ys: Any, predicate: Any, *captured: Any) -> Any:
        outs = [i for i, y in enumerate(ys[:-1]) if y.dtype.is_differentiable]
        wrt = [[i for i, x in enumerate(self._of(k, captured)) if x.dtype.is_differentiable] for k in (0, 1)]
        backs = tuple(
            _derivatives(predicate.graph, g, list(g.captured.values()), wrt[k], outs, g.random_outputs)
            for k, g in enumerate(self.subgraphs)
        )
        chosen = [*wrt[0], *[self.captures[0] + i for i in wrt[1]]]
        op = CondGrad(
            subgraphs=backs, captures=self.captures, wrt=tuple(chosen), outputs_=_specs([captured[i] for i in chosen])
        )
        found = apply(op, predicate, ys[-1], *captured, *[dys[i] for i in outs])
        by_input = dict(zip(chosen, found, strict=True))
        return (None, *[by_input.get(i) for i in range(len(captured))])


@register
class CondGrad(Branching):
    """The derivatives by what the chosen graph captured; zeros for what only the other one did."""

    wrt: tuple[int, ...] = ()
    gradient = None

    def forward(self, xp: Any, call: Any, used: Any, predicate: Any, saved: Any, *values: Any) -> Any:
        total = sum(self.captures)
        captured, dys = values[:total], values[total:]
        which = 0 if bool(predicate) else 1
        found = iter(call(which, *self._of(which, captured), *saved, *dys))
        return tuple(
            next(found) if (i >= self.captures[0]) == bool(which) else xp.zeros_like(captured[i]) for i in self.wrt
        )


def cond(predicate: Symbol, true_fn: Callable[[], list[Symbol]], false_fn: Callable[[], list[Symbol]]) -> list[Symbol]:
    """The results of one of two functions that return equally many tensors of equal types; only one is run."""
    graphs = [trace(predicate.graph, f, [], "input") for f in (true_fn, false_fn)]
    specs = []
    for a, b in zip(graphs[0].results, graphs[1].results, strict=True):
        if a.dtype is not b.dtype:
            raise ShapeError(
                f"cond: the branches return {a.dtype.name} and {b.dtype.name}",
                rule="both branches return the same types",
            )
        specs.append((_common(a.shape, b.shape), a.dtype))
    for g in graphs:
        g.results = [*g.results, *g.random_outputs]
        g.inputs = list(g.captured.values())
    op = Cond(
        subgraphs=tuple(graphs), outputs_=(*specs, (SCALAR, string)), captures=tuple(len(g.captured) for g in graphs)
    )
    return apply(op, predicate, *[x for g in graphs for x in g.captured])[:-1]


def _common(a: Shape, b: Shape) -> Shape:
    """What is true of both shapes."""
    if a.dims is None or b.dims is None or len(a.dims) != len(b.dims):
        return UNKNOWN
    return Shape.of(tuple(x if x == y else None for x, y in zip(a.dims, b.dims, strict=True)))


# ---- while


@register
class While(GraphOp):
    """Runs the second graph on the loop variables as long as the first one says True.

    The last output is the loop's history: what the variables were before each turn, kept only if it is used.
    """

    count: int = 0
    captures: tuple[int, ...] = (0, 0)
    limit: int | None = None

    def forward(self, xp: Any, call: Any, used: Any, *values: Any) -> Any:
        state, rest = list(values[: self.count]), values[self.count :]
        for_test, for_body = rest[: self.captures[0]], rest[self.captures[0] :]
        history: list[Any] = []
        turns = 0
        while bool(call(0, *state, *for_test)[0]) and (self.limit is None or turns < self.limit):
            results = call(1, *state, *for_body)
            if used[-1]:
                history.append((state, results[self.count :]))
            state, turns = list(results[: self.count]), turns + 1
        return (*state, history)

    def gradient(self, dys: Any, ys: Any, *inputs: Any) -> Any:
        body = self.subgraphs[1]
        captured = inputs[self.count + self.captures[0] :]
        kept = body.random_outputs
        floats = [i for i in range(self.count) if ys[i].dtype.is_differentiable]
        wrt = [*floats, *[self.count + i for i, x in enumerate(captured) if x.dtype.is_differentiable]]
        back = _derivatives(inputs[0].graph, body, body.inputs, wrt, floats, kept)
        variables = [ys[i] for i in floats]
        used = [captured[i - self.count] for i in wrt[len(floats) :]]
        op = LoopGrad(subgraphs=(back,), count=len(floats), outputs_=tuple(_specs([*variables, *used])))
        found = dict(zip(wrt, _outputs(apply(op, ys[-1], *captured, *[dys[i] for i in floats])), strict=True))
        skipped = self.captures[0]
        by_input = {(i if i < self.count else i + skipped): d for i, d in found.items()}
        return tuple(by_input.get(i) for i in range(len(inputs)))


@register
class LoopGrad(GraphOp):
    """Walks a loop's history backwards: the derivatives by its variables before the first turn and by what it captured."""

    count: int = 0
    gradient = None

    def forward(self, xp: Any, call: Any, used: Any, history: Any, *values: Any) -> Any:
        captured, dstate = values[: len(values) - self.count], list(values[len(values) - self.count :])
        totals: list[Any] = [None] * (len(self.outputs_) - self.count)
        for state, saved in reversed(history):
            results = call(0, *state, *captured, *saved, *dstate)
            dstate = list(results[: self.count])
            totals = [d if t is None else t + d for t, d in zip(totals, results[self.count :], strict=True)]
        zeros = [xp.zeros_like(x) for x in captured if x.dtype.kind in "fc"] if not history else totals
        return (*dstate, *zeros)


def _outputs(result: Any) -> list[Symbol]:
    return result if isinstance(result, list) else [result]


def while_loop(
    test: Callable[..., Any], body: Callable[..., list[Any]], variables: Sequence[Symbol],
    invariants: Sequence[Shape] | None = None, limit: int | None = None,
) -> list[Symbol]:  # fmt: skip
    """The loop variables after `body` was applied to them as long as `test` of them is True.

    The shape of a variable may change from turn to turn only where `invariants` leave a dimension open.
    """
    outer = variables[0].graph
    shapes = [x.shape for x in variables] if invariants is None else [Shape(s) for s in invariants]
    specs = [(s, x.dtype) for s, x in zip(shapes, variables, strict=True)]
    test_graph = trace(outer, lambda *v: [test(*v)], specs, "variable")
    body_graph = trace(outer, body, specs, "variable")
    for x, (shape, dtype), result in zip(variables, specs, body_graph.results, strict=True):
        if result.dtype is not dtype:
            raise ShapeError(
                f"while_loop: the variable that starts as {x.name} is {dtype.name}, but the body returns {result.dtype.name}",
                rule="a loop variable keeps its type",
            )
        if not shape.is_compatible_with(result.shape) or (shape.is_full and not result.shape.is_full):
            raise ShapeError(
                f"while_loop: the variable that starts as {x.name} has shape {shape}, after one turn {result.shape}",
                rule="a loop variable keeps its shape", hint="shape_invariants=[..., TensorShape([None, ...]), ...]",
            )  # fmt: skip
    body_graph.results = [*body_graph.results, *body_graph.random_outputs]
    for graph in (test_graph, body_graph):
        graph.inputs = [*graph.inputs, *graph.captured.values()]
    op = While(
        subgraphs=(test_graph, body_graph), count=len(variables), limit=limit,
        outputs_=(*specs, (SCALAR, string)), captures=(len(test_graph.captured), len(body_graph.captured)),
    )  # fmt: skip
    return apply(op, *variables, *test_graph.captured, *body_graph.captured)[: len(variables)]


# ---- scan


@register
class Scan(GraphOp):
    """Runs a graph (states, one row of each xs) -> (states, one row of each ys) along axis 0; the rows of ys are stacked.

    Outputs: the last states, the stacked ys, and the history of the states (kept only if it is used).
    """

    states: int = 0
    rows: int = 0
    reverse: bool = False

    def forward(self, xp: Any, call: Any, used: Any, *values: Any) -> Any:
        state, rest = list(values[: self.states]), values[self.states :]
        xs, captured = rest[: self.rows], rest[self.rows :]
        length = xs[0].shape[0]
        width = len(self.outputs_) - self.states - 1
        ys: list[list[Any]] = [[] for _ in range(width)]
        history: list[Any] = []
        for t in reversed(range(length)) if self.reverse else range(length):
            results = call(0, *state, *[x[t] for x in xs], *captured)
            if used[-1]:
                history.append((state, results[self.states + width :]))
            state = list(results[: self.states])
            for y, row in zip(ys, results[self.states : self.states + width], strict=True):
                y.append(row)
        stacked = [self._stack(xp, y, i) for i, y in enumerate(ys)]
        return (*state, *stacked, history)

    def _stack(self, xp: Any, rows: list[Any], i: int) -> Any:
        if not rows:
            shape, dtype = self.outputs_[self.states + i]
            return xp.zeros(tuple(d or 0 for d in shape.dims or (0,)), dtype.numpy)
        return xp.stack(rows[::-1] if self.reverse else rows)

    def gradient(self, dys: Any, ys: Any, *inputs: Any) -> Any:
        body = self.subgraphs[0]
        results = len(ys) - 1
        outs = [i for i in range(results) if ys[i].dtype.is_differentiable]
        wrt = [i for i, x in enumerate(inputs) if x.dtype.is_differentiable]
        back = _derivatives(inputs[0].graph, body, body.inputs, wrt, outs, body.random_outputs)
        op = ScanGrad(
            subgraphs=(back,), outputs_=tuple(_specs([inputs[i] for i in wrt])), reverse=self.reverse,
            states=self.states, rows=self.rows, wrt=tuple(wrt), outs=tuple(outs), given=len(inputs) - self.states,
        )  # fmt: skip
        found = apply(op, ys[-1], *inputs, *[dys[i] for i in outs])
        by_input = dict(zip(wrt, _outputs(found), strict=True))
        return tuple(by_input.get(i) for i in range(len(inputs)))


@register
class ScanGrad(GraphOp):
    """Walks a scan backwards."""

    states: int = 0
    rows: int = 0
    given: int = 0
    reverse: bool = False
    wrt: tuple[int, ...] = ()
    outs: tuple[int, ...] = ()
    gradient = None

    def forward(self, xp: Any, call: Any, used: Any, history: Any, *values: Any) -> Any:
        count = self.states + self.given
        inputs, dys = values[:count], values[count:]
        xs, captured = inputs[self.states : self.states + self.rows], inputs[self.states + self.rows :]
        dstates = {i: d for i, d in zip(self.outs, dys, strict=True) if i < self.states}
        drows = {i: d for i, d in zip(self.outs, dys, strict=True) if i >= self.states}
        result: list[Any] = [dstates.get(i) if i < self.states else xp.zeros_like(inputs[i]) for i in self.wrt]
        length = len(history)
        for turn in reversed(range(length)):
            state, saved = history[turn]
            t = length - 1 - turn if self.reverse else turn
            dy = [dstates[i] if i < self.states else drows[i][t] for i in self.outs]
            parts = call(0, *state, *[x[t] for x in xs], *captured, *saved, *dy)
            for k, (i, part) in enumerate(zip(self.wrt, parts, strict=True)):
                if i < self.states:
                    dstates[i] = result[k] = part
                elif i < self.states + self.rows:
                    result[k][t] = part
                else:
                    result[k] = result[k] + part
        return tuple(result)


def scan(
    body: Callable[..., tuple[list[Any], list[Any]]], states: Sequence[Symbol], xs: Sequence[Symbol],
    reverse: bool = False,
) -> tuple[list[Symbol], list[Symbol]]:  # fmt: skip
    """(last states, stacked ys) of `body(states, rows) -> (states, ys)` applied to one row of each xs after the other."""
    outer = xs[0].graph
    row_specs = [(x.shape[1:] if x.shape.dims is not None else UNKNOWN, x.dtype) for x in xs]
    count = len(states)

    def flat(*inputs: Symbol) -> list[Any]:
        new, ys = body(list(inputs[:count]), list(inputs[count:]))
        return [*new, *ys]

    graph = trace(outer, flat, [*_specs(states), *row_specs], "input")
    for before, after in zip(states, graph.results[:count], strict=True):
        if after.dtype is not before.dtype or not before.shape.is_compatible_with(after.shape):
            raise ShapeError(
                f"scan: a state is {before.dtype.name}{before.shape} at first and {after.dtype.name}{after.shape} after one step",
                rule="a state keeps its shape and type",
            )
    length = xs[0].shape.dims[0] if xs[0].shape.dims else None
    stacked = [(Shape((length,)).concatenate(y.shape), y.dtype) for y in graph.results[count:]]
    graph.results = [*graph.results, *graph.random_outputs]
    graph.inputs = [*graph.inputs, *graph.captured.values()]
    op = Scan(
        subgraphs=(graph,), states=count, rows=len(xs), reverse=reverse,
        outputs_=(*_specs(states), *stacked, (SCALAR, string)),
    )  # fmt: skip
    results = apply(op, *states, *xs, *graph.captured)
    return results[:count], results[count:-1]
