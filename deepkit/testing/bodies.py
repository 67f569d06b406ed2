"""An op inside bodies: in a branch, a loop, a scan, a branch within a scan it gives what it gives outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from deepkit.core.apply import apply
from deepkit.core.autodiff import gradients, pulled_back
from deepkit.core.control_flow import tracing
from deepkit.core.control_flow.branches import cond, scan, while_loop
from deepkit.core.graph import Graph
from deepkit.core.op import Op, lookup
from deepkit.core.shape import SCALAR, UNKNOWN, Shape
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.core.variable import Variable
from deepkit.device.dtypes import as_dtype
from deepkit.runtime.session import Session
from deepkit.testing.comparison import agree, as_array, as_tensors, compare, failure, outputs_of

ROUNDING = 1e-9
"""What derivatives in float64 may differ by that are summed in another order."""
ROWS = (True, False, True)
"""What the bodies are given: a scan takes these turns, a branch is taken where they are True."""

Turn = list[Symbol]
"""The outputs of the op in one turn of a body."""


class _Written(NamedTuple):
    """An op inside one body: its inputs, its outputs turn by turn, and the derivatives by its float inputs."""

    inputs: list[Symbol]
    turns: list[Turn]
    slopes: dict[int, Symbol]


def check_bodies(op: Op, values: Sequence[Any], wrt: Sequence[int]) -> None:
    """CheckFailedError unless the op's values and gradients inside each of BODIES are those outside.

    values: arrays, floats as float64; wrt: the inputs whose derivatives are compared. An op that draws has numbers of its
    own in each turn: its gradient must be that of what was drawn in the same run. All bodies are one graph and one run.
    """
    given = as_tensors(op, values)
    outside = [outputs_of(op, given) for _ in ROWS]  # an op that writes goes on from what it has written
    weights = [[np.cos(np.arange(y.size) + t).reshape(y.shape) for y in ys] for t, ys in enumerate(outside)]
    graph = Graph()
    with graph.as_default(), Session(graph=graph) as session:
        rows, *fed = [placeholder(graph, x) for x in (np.array(ROWS), *values)]
        written = {name: _write(op, name, fed, rows, values, outside[0], weights, wrt) for name in BODIES}
        session.run([x.initializer for w in written.values() for x in w.inputs if isinstance(x, Variable)])
        feeds = dict(zip([rows, *fed], [ROWS, *values], strict=True))
        found = session.run([[w.turns, w.slopes] for w in written.values()], feeds)
    for name, (turns, slopes) in zip(written, found, strict=True):
        _check_values(op, name, turns, outside)
        if wrt:
            _check_slopes(op, name, turns, slopes, weights, values, wrt)


def placeholder(graph: Graph, value: np.ndarray) -> Symbol:
    """A place in the graph for arrays like this one, of its shape and type."""
    return graph.add(lookup("Placeholder")(to=as_dtype(value.dtype), static=value.shape), ())


def _write(
    op: Op, name: str, fed: Sequence[Symbol], rows: Symbol, values: Sequence[Any], like: Sequence[Any], weights: Any,
    wrt: Sequence[int],
) -> _Written:
    refs = {*op.writes, *op.refs}
    inputs = [Variable(values[i]) if i in refs else x for i, x in enumerate(fed)]
    blanks = [np.full(y.shape, b"" if y.dtype == object else 0, y.dtype) for y in like]

    def call(xs: Sequence[Symbol]) -> Turn:
        result = apply(op, *xs) if xs else tracing.innermost().add(op, ())
        return result if isinstance(result, list) else [result]

    turns = BODIES[name](call, inputs, rows, blanks)
    return _Written(inputs, turns, _slopes_of(turns, weights, [inputs[i] for i in wrt], wrt))


def _slopes_of(turns: Sequence[Turn], weights: Any, xs: Sequence[Symbol], wrt: Sequence[int]) -> dict[int, Any]:
    """The derivatives of the weighted sum of all float outputs by those inputs that have one."""
    weighted = [(y, w) for ys, ws in zip(turns, weights, strict=False) for y, w in zip(ys, ws, strict=True)]
    weighted = [(y, w) for y, w in weighted if y.dtype.is_floating]
    if not (wrt and weighted):
        return {}
    ys, ws = zip(*weighted, strict=True)
    dxs = gradients(list(ys), list(xs), list(ws), warn=False)
    return {i: dx for i, dx in zip(wrt, dxs, strict=True) if dx is not None}


def _check_values(op: Op, name: str, turns: Sequence[Any], outside: Sequence[Any]) -> None:
    for t, (ys, expected) in enumerate(zip(turns, outside, strict=False)):
        for i, (y, e) in enumerate(zip(map(as_array, ys), expected, strict=True)):
            fits = y.shape == e.shape and y.dtype == e.dtype if op.random else agree(y, e)
            if not fits:
                raise failure(op, f"{name}, turn {t}, output {i} is {y}, outside {e}", rule="a body changes no value")


def _check_slopes(
    op: Op, name: str, turns: Sequence[Any], slopes: dict[int, Any], weights: Sequence[Any], values: Sequence[Any],
    wrt: Sequence[int],
) -> None:
    """The derivatives against the op's own gradient rule, turn by turn, at the outputs that the body gave."""
    expected = {i: np.zeros(values[i].shape) for i in wrt}
    for ys, ws in zip(turns, weights, strict=False):
        for i, dx in enumerate(_slopes_outside(op, ys, ws, values)):
            if dx is not None and i in expected:
                expected[i] = expected[i] + np.asarray(dx.value)
    for i, e in expected.items():
        compare(op, slopes.get(i, np.zeros_like(e)), e, ROUNDING, f"{name} the derivative by input {i}")


def _slopes_outside(op: Op, ys: Sequence[Any], weights: Sequence[Any], values: Sequence[Any]) -> Sequence[Any]:
    floats = [np.asarray(y).dtype.kind == "f" for y in ys]
    if op.gradient is None or not any(floats):
        return []
    dys = [Tensor(w) if f else None for w, f in zip(weights, floats, strict=True)]
    inputs = as_tensors(op, values)
    many = isinstance(op.specs(inputs), list)
    return pulled_back(op, many, dys, [Tensor(np.asarray(y)) for y in ys], inputs)


# ---- bodies: (the op, its inputs, ROWS, blank outputs) to the op's outputs, turn by turn

Call = Callable[[Sequence[Symbol]], Turn]


def _in_branch(call: Call, xs: list[Symbol], rows: Symbol, blanks: list[Any]) -> list[Turn]:
    return [cond(rows[0], lambda: call(xs), lambda: list(blanks))]


def _in_loop(call: Call, xs: list[Symbol], rows: Symbol, blanks: list[Any]) -> list[Turn]:
    """The loop variables are the op's inputs, and its outputs of the last two turns: of all that there are."""
    held = [i for i, x in enumerate(xs) if not isinstance(x, Variable)]
    width, first = len(blanks), len(held)

    def body(turn: Symbol, *state: Symbol) -> list[Symbol]:
        inputs = {**dict(enumerate(xs)), **dict(zip(held, state, strict=False))}
        return [turn + 1, *state[:first], *state[first + width :], *call(list(inputs.values()))]

    constants = [rows.graph.constant(x) for x in (np.int32(0), *blanks, *blanks)]
    start = [constants[0], *[xs[i] for i in held], *constants[1:]]
    shapes: list[Shape] = [SCALAR, *[xs[i].shape for i in held], *[UNKNOWN] * (2 * width)]
    after = while_loop(lambda turn, *_: turn < 2, body, start, shapes)[1 + first :]
    return [after[:width], after[width:]]


def _in_scan(call: Call, xs: list[Symbol], rows: Symbol, blanks: list[Any]) -> list[Turn]:
    _, stacked = scan(lambda states, row: ([], call(xs)), [], [rows])
    return [[y[t] for y in stacked] for t in range(len(ROWS))]


def _in_branch_in_scan(call: Call, xs: list[Symbol], rows: Symbol, blanks: list[Any]) -> list[Turn]:
    _, stacked = scan(
        lambda states, row: ([], cond(row[0], lambda: call(xs), lambda: list(blanks))), [], [rows]
    )
    return [[y[t] for y in stacked] for t, taken in enumerate(ROWS) if taken]


BODIES = {
    "in a branch": _in_branch, "in a loop": _in_loop, "in a scan": _in_scan,
    "in a branch within a scan": _in_branch_in_scan,
}
