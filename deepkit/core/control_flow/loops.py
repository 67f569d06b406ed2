"""Loops as ops that run graphs: while_loop and scan, and the scan that walks a loop's turns backwards: its gradient."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from deepkit.core.apply import apply
from deepkit.core.control_flow.function_graph import FunctionGraph, trace
from deepkit.core.control_flow.graph_ops import (
    GraphOp,
    Spec,
    Turns,
    apply_graphs,
    carried,
    close,
    connected,
    holds,
    keep_outcomes,
    outer_graph,
    pull_back,
    read_by,
    specs,
    unstacked,
)
from deepkit.core.node import needed
from deepkit.core.op import lookup, register
from deepkit.core.shape import SCALAR, UNKNOWN, Shape
from deepkit.core.symbol import Symbol
from deepkit.device.arrays import xp_of
from deepkit.device.dtypes import bool_ as boolean
from deepkit.device.dtypes import int32
from deepkit.errors import DTypeError, ShapeError

# ---- while


@register
class While(GraphOp):
    """Runs the second graph on the loop variables as long as the first one says True.

    Inputs: the variables, what the graphs capture. Outputs: the variables; the numbers of the turns; and as Turns, kept
    only where they are used, what each variable was before every turn, and the outcomes of every turn.
    """

    count: int = 0
    limit: int | None = None

    def forward(self, xp: Any, call: Any, used: Any, *values: Any) -> Any:
        state, captured = values[: self.count], values[self.count :]
        kept = [Turns() for _ in used[self.count + 1 :]]
        turns = 0
        while holds("while_loop", call(0, *state, *captured)[0]) and (self.limit is None or turns < self.limit):
            results = call(1, *state, *captured)
            _remember(kept, used[self.count + 1 :], (*state, *results[self.count :]))
            state, turns = results[: self.count], turns + 1
        return (*state, np.arange(turns, dtype=np.int32), *kept)

    def live(self, used: Sequence[bool]) -> list[list[bool]]:
        test, body = self.subgraphs
        count, tested = self.count, read_by(test.results)
        states = [used[i] or used[count + 1 + i] or test.inputs[i].node in tested for i in range(count)]
        return [[True], carried(body, count, [*states, *used[2 * count + 1 :]])]

    def reads(self, used: Sequence[bool], shapes: Sequence[Shape]) -> list[bool]:
        live = self.live(used)[1][: self.count]  # after no turn a variable is what it was at first
        return [a or b for a, b in itertools.zip_longest(super().reads(used, shapes), live, fillvalue=False)]

    def gradient(self, dys: Any, ys: Any, *inputs: Any) -> Any:
        count, body = self.count, self.subgraphs[1]
        histories = slice(count + 1, 2 * count + 1)
        captured = len(body.inputs) - count
        run = _Run(
            body, ys[:count], [], frozenset(), inputs[count : count + captured], inputs[count + captured :],
            ys[histories], ys[2 * count + 1 :],
        )
        return _backwards(run, dys[:count], [], dys[histories], reverse=True, turns=[ys[count]])


def _remember(kept: list[Turns], used: Sequence[bool], values: Sequence[Any]) -> None:
    for turns, wanted, value in zip(kept, used, values, strict=True):
        if wanted:
            turns.append(value)


def while_loop(
    test: Callable[..., Any], body: Callable[..., list[Any]], variables: Sequence[Symbol],
    invariants: Sequence[Shape] | None = None, limit: int | None = None, name: str | None = None,
) -> list[Symbol]:
    """The loop variables after `body` was applied to them as long as `test` of them is True.

    The shape of a variable may change from turn to turn only where `invariants` leave a dimension open.
    """
    outer = outer_graph(variables[0])
    shapes = [x.shape for x in variables] if invariants is None else [Shape(s) for s in invariants]
    given = [(s, x.dtype) for s, x in zip(shapes, variables, strict=True)]
    graphs = trace(outer, lambda *v: [test(*v)], given, "variable"), trace(outer, body, given, "variable")
    _check_test(graphs[0].results[0])
    for x, (shape, dtype), result in zip(variables, given, graphs[1].results, strict=True):
        if result.dtype is not dtype:
            raise ShapeError(
                f"while_loop: the variable that starts as {x.name} is {dtype.name}, but the body returns {result.dtype.name}",
                rule="a loop variable keeps its type",
            )
        if not shape.is_compatible_with(result.shape) or (shape.is_full and not result.shape.is_full):
            raise ShapeError(
                f"while_loop: the variable that starts as {x.name} has shape {shape}, after one turn {result.shape}",
                rule="a loop variable keeps its shape", hint="shape_invariants=[..., TensorShape([None, ...]), ...]",
            )
    captured = close(graphs)
    outcomes = keep_outcomes(graphs[1])
    op = While(
        subgraphs=graphs, count=len(variables), limit=limit,
        outputs_=(*given, (Shape((None,)), int32), *unstacked(variables), *unstacked(outcomes)),
    )
    return apply_graphs(op, list(variables), captured, name)[: len(variables)]


def _check_test(result: Symbol) -> None:
    if result.dtype is not boolean:
        raise DTypeError(f"while_loop: the condition is {result.dtype.name}", rule="it is bool", hint="x > 0 for a number x")
    if result.shape.rank:
        raise ShapeError(
            f"while_loop: the condition has shape {result.shape}", rule="it is one bool, of shape ()",
            hint="reduce_all(p), reduce_any(p)",
        )


# ---- scan


@register
class Scan(GraphOp):
    """Runs a graph (states, one row of each xs) -> (states, one row of each ys) along axis 0; the rows of ys are stacked.

    Inputs: the states, the xs, what the graph captures. Outputs: the last states; the ys; and, as Turns that are kept
    only where they are used, what each state was before every turn, and the outcomes of every turn. The xs and ys that
    are numbered in listed_xs and listed_ys are Turns, too.
    """

    states: int = 0
    rows: int = 0
    width: int = 0
    listed_xs: tuple[int, ...] = ()
    listed_ys: tuple[int, ...] = ()
    reverse: bool = False

    def forward(self, xp: Any, call: Any, used: Any, *values: Any) -> Any:
        state, rest = values[: self.states], values[self.states :]
        xs, captured = rest[: self.rows], rest[self.rows :]
        first = self.states + self.width
        wanted = used[self.states :]
        kept = [Turns() for _ in wanted]
        order = range(len(xs[0]))
        for t in reversed(order) if self.reverse else order:
            results = call(0, *state, *[x[t] if isinstance(x, Turns) else x[t, ...] for x in xs], *captured)
            _remember(kept, wanted, (*results[self.states : first], *state, *results[first:]))
            state = results[: self.states]
        if self.reverse:
            kept = [Turns(reversed(turns)) for turns in kept]
        ys = [
            turns if i in self.listed_ys else self._stack(xp, turns, i, state) for i, turns in enumerate(kept[: self.width])
        ]
        return (*state, *ys, *kept[self.width :])

    def _stack(self, xp: Any, rows: Turns, i: int, states: Sequence[Any]) -> Any:
        if rows:
            return xp_of(*rows).stack(rows)
        shape, dtype = self.outputs_[self.states + i]
        results = self.subgraphs[0].results
        for state, after in zip(states, results, strict=False):
            if after is results[self.states + i] and state is not None:  # its rows are the states, and of their shape
                return xp_of(state).zeros((0, *state.shape), dtype.numpy)
        home = np if dtype.stays_on_cpu else xp
        return home.zeros(tuple(d or 0 for d in shape.lengths or (0,)), dtype.numpy)

    def live(self, used: Sequence[bool]) -> list[list[bool]]:
        count, first = self.states, self.states + self.width
        states = [used[i] or used[first + i] for i in range(count)]
        return [carried(self.subgraphs[0], count, [*states, *used[count:first], *used[first + count :]])]

    def reads(self, used: Sequence[bool], shapes: Sequence[Shape]) -> list[bool]:
        """Also states that are results, if there is no turn, or whose history is; and xs of which rows are taken that nobody
        reads, but where an array of the same shape can be made."""
        first = self.states + self.width
        kept = [used[i] or used[first + i] for i in range(self.states)]
        kept += [not shape.is_full for shape in shapes[self.states : self.states + self.rows]]
        return [a or b for a, b in itertools.zip_longest(super().reads(used, shapes), kept, fillvalue=False)]

    def gradient(self, dys: Any, ys: Any, *inputs: Any) -> Any:
        body, first = self.subgraphs[0], self.states + self.width
        histories = slice(first, first + self.states)
        captured = self.states + self.rows
        run = _Run(
            body, ys[: self.states], inputs[self.states : captured], frozenset(self.listed_xs),
            inputs[captured : len(body.inputs)], inputs[len(body.inputs) :], ys[histories], ys[first + self.states :],
        )
        return _backwards(run, dys[: self.states], dys[self.states : first], dys[histories], not self.reverse)


def scan(
    body: Callable[..., tuple[list[Any], list[Any]]], states: Sequence[Symbol], xs: Sequence[Symbol],
    reverse: bool = False, name: str | None = None,
) -> tuple[list[Symbol], list[Symbol]]:
    """(last states, stacked ys) of `body(states, rows) -> (states, ys)` applied to one row of each xs after the other."""
    rows = [(x.shape[1:] if x.shape.lengths is not None else UNKNOWN, x.dtype) for x in xs]
    return _scan(body, states, specs(states), xs, rows, frozenset(), frozenset(), reverse, name)


def _scan(
    body: Callable[..., tuple[list[Any], list[Any]]], states: Sequence[Symbol], state_specs: Sequence[Spec],
    xs: Sequence[Symbol], row_specs: Sequence[Spec], listed_xs: frozenset[int], listed_ys: frozenset[int],
    reverse: bool, name: str | None = None,
) -> tuple[list[Symbol], list[Symbol]]:
    """As scan; the shapes of states and rows are given, and some xs and ys are Turns."""
    count = len(states)

    def flat(*inputs: Symbol) -> list[Any]:
        new, ys = body(list(inputs[:count]), list(inputs[count:]))
        return [*new, *ys]

    graph = trace(outer_graph(xs[0]), flat, [*state_specs, *row_specs], "input")
    _check_states(state_specs, graph.results[:count])
    read = _rows_read(graph, count)
    length = None if 0 in listed_xs or not xs[0].shape.lengths else xs[0].shape.lengths[0]
    ys = [
        (UNKNOWN if i in listed_ys else Shape((length,)).concatenate(y.shape), y.dtype)
        for i, y in enumerate(graph.results[count:])
    ]
    captured = close([graph])
    outcomes = keep_outcomes(graph)
    op = Scan(
        subgraphs=(graph,), states=count, rows=len(read), width=len(ys), reverse=reverse,
        listed_xs=tuple(k for k, i in enumerate(read) if i in listed_xs), listed_ys=tuple(sorted(listed_ys)),
        outputs_=(*state_specs, *ys, *unstacked(states), *unstacked(outcomes)),
    )
    results = apply_graphs(op, [*states, *[xs[i] for i in read]], captured, name)
    return results[:count], results[count : count + len(ys)]


def _check_states(state_specs: Sequence[Spec], results: Sequence[Symbol]) -> None:
    for (shape, dtype), after in zip(state_specs, results, strict=True):
        if after.dtype is not dtype or not shape.is_compatible_with(after.shape):
            raise ShapeError(
                f"scan: a state is {dtype.name}{shape} at first and {after.dtype.name}{after.shape} after one step",
                rule="a state keeps its shape and type",
            )


def _rows_read(graph: FunctionGraph, states: int) -> list[int]:
    """Drops the rows that the results do not depend on from a body's inputs, but the first: it tells how many there are."""
    used = set(needed(graph.results))
    rows = graph.inputs[states:]
    read = [i for i, row in enumerate(rows) if not i or row.node in used]
    graph.inputs = [*graph.inputs[:states], *[rows[i] for i in read]]
    return read


# ---- backwards


class _Run(NamedTuple):
    """A loop as its gradient sees it. The body's inputs are the states, one row of each xs, and what it captured."""

    body: FunctionGraph
    last: Sequence[Symbol]  # the states after the last turn
    xs: Sequence[Symbol]
    listed: frozenset[int]  # which xs are Turns
    captured: Sequence[Symbol]
    variables: Sequence[Symbol]
    histories: Sequence[Symbol]  # what each state was before every turn
    outcomes: Sequence[Symbol]


class _Places(NamedTuple):
    """Which derivatives a loop's way back hands on, as places among the body's inputs, its results and the variables."""

    live: list[int]  # states whose derivative goes from turn to turn
    given: list[int]  # results of every turn at which a derivative arrived
    arrived: list[int]  # states at whose values before every turn a derivative arrived
    by_row: list[int]  # inputs of which every turn has one of its own
    summed: list[int]  # inputs and variables that all turns share: their derivatives are added up


def _places(run: _Run, dys: Sequence[Any], dhistories: Sequence[Any]) -> _Places:
    body, states = run.body, len(run.last)
    differentiable = [i for i, y in enumerate(body.results) if y.dtype.is_differentiable]
    live = [i for i in differentiable if i < states]
    given = [i for i in differentiable if states <= i < states + len(dys) and dys[i - states] is not None]
    wrt = connected(body, [*live, *given], [*body.inputs, *run.variables])
    first_shared = states + len(run.xs)
    return _Places(
        live, given, [i for i in live if dhistories[i] is not None],
        [i for i in wrt if states <= i < first_shared], [i for i in wrt if i >= first_shared],
    )


def _turn_back(run: _Run, places: _Places, turns: int) -> Callable[..., tuple[list[Any], list[Any]]]:
    """What one turn of the way back computes: (derivatives by the states before the turn, sums so far), (by the rows)."""
    live, given, arrived, by_row, summed = places
    sizes = [turns, len(run.xs), len(run.last), len(run.outcomes), len(given), len(arrived)]

    def step(before: list[Symbol], rows: list[Symbol]) -> tuple[list[Any], list[Any]]:
        _, xs, history, outcomes, drows, dhistory = _split(rows, sizes)
        values = [*history, *xs, *run.captured]
        chosen = [*live, *by_row, *summed]
        arriving = {**dict(zip(live, before, strict=False)), **dict(zip(given, drows, strict=True))}
        found = dict(zip(chosen, pull_back(run.body, values, outcomes, arriving, chosen, run.variables), strict=True))
        for i, dy in zip(arrived, dhistory, strict=True):
            found[i] = found[i] + dy
        totals = [total + found[i] for i, total in zip(summed, before[len(live) :], strict=True)]
        return [*[found[i] for i in live], *totals], [found[i] for i in by_row]

    return step


def _rows_back(
    run: _Run, places: _Places, dys: Sequence[Any], dhistories: Sequence[Any], turns: Sequence[Symbol]
) -> tuple[list[Any], list[Spec], frozenset[int]]:
    """What each turn of the way back is handed of the same turn of the way there; the specs; which of it are Turns."""
    body, states = run.body, len(run.last)
    dgiven = [dys[i - states] for i in places.given]
    rows = [*turns, *run.xs, *run.histories, *run.outcomes, *dgiven, *[dhistories[i] for i in places.arrived]]
    first_outcome = len(body.results) - len(run.outcomes)
    row_specs = [(SCALAR, int32)] * len(turns) + specs([
        *body.inputs[states : states + len(run.xs)], *body.inputs[:states], *body.results[first_outcome:],
        *[body.results[i] for i in places.given], *[body.inputs[i] for i in places.arrived],
    ])
    dense = {*range(len(turns)), *[len(turns) + i for i in range(len(run.xs)) if i not in run.listed]}
    first_given = len(rows) - len(places.arrived) - len(dgiven)
    dense |= {*range(first_given, first_given + len(dgiven))}
    return rows, row_specs, frozenset(range(len(rows))) - dense


def _backwards(
    run: _Run, dlast: Sequence[Any], dys: Sequence[Any], dhistories: Sequence[Any], reverse: bool,
    turns: Sequence[Symbol] = (),
) -> tuple[Any, ...]:
    """The derivatives by the states before the first turn, the xs, what was captured, and the variables.

    With s' = f(s, x, c) in each turn, da/ds = da/ds' df/ds is handed from turn to turn, da/dx = da/ds' df/dx is the turn's
    own, and da/dc is the sum of da/ds' df/dc over the turns. `turns` are rows that only tell how many there were. What
    the loop takes has a derivative, zeros where the turns use none of it.
    """
    states, first_shared = len(run.last), len(run.last) + len(run.xs)
    places = _places(run, dys, dhistories)
    shared = [*run.captured, *run.variables]
    added = [shared[i - first_shared] for i in places.summed]
    zeros = lookup("ZerosLike")()
    starts = [apply(zeros, run.last[i]) if dlast[i] is None else dlast[i] for i in places.live]
    starts += [apply(zeros, source) for source in added]
    rows, row_specs, listed = _rows_back(run, places, dys, dhistories, turns)
    last, dxs = _scan(
        _turn_back(run, places, len(turns)), starts, specs([*[run.body.inputs[i] for i in places.live], *added]),
        rows, row_specs, listed, frozenset(k for k, i in enumerate(places.by_row) if i - states in run.listed), reverse,
    )
    by_place = dict(zip([*places.live, *places.summed, *places.by_row], [*last, *dxs], strict=True))
    for i, x in enumerate([*run.xs, *shared]):
        if i not in run.listed:
            by_place[states + i] = _shaped(by_place.get(states + i), x, states + i in places.by_row)
    return tuple(by_place.get(i) for i in range(first_shared + len(shared)))


def _shaped(dx: Any, x: Symbol, by_row: bool) -> Any:
    """The derivative by x: zeros where there is none; of x's shape, which a stack of no rows cannot tell."""
    if dx is None:
        return apply(lookup("ZerosLike")(), x) if x.dtype.is_differentiable else None
    return apply(lookup("ReshapeLike")(), dx, x) if by_row and not dx.shape[1:].is_full else dx


def _split(values: Sequence[Any], sizes: Sequence[int]) -> list[list[Any]]:
    """A list cut into parts of these sizes."""
    rest = iter(values)
    return [[next(rest) for _ in range(size)] for size in sizes]
