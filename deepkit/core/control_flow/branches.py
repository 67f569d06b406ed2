"""Branches as ops that run graphs: `cond`. Loops are such ops, too, `while_loop` and `scan` in the file `loops`.

A gradient is made of the same ops, so it has one itself. The derivative of a branch is a branch; that of a loop is a
scan that walks the loop's turns backwards, computes each one anew from what its variables were before it, and
differentiates it. What a second run of a body would not give again (drawn numbers, effects) is kept: its outcomes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from deepkit.core.control_flow.function_graph import trace
from deepkit.core.control_flow.graph_ops import (
    GraphOp,
    Spec,
    apply_graphs,
    close,
    connected,
    holds,
    keep_outcomes,
    outer_graph,
    pull_back,
    specs,
)
from deepkit.core.control_flow.loops import scan, while_loop
from deepkit.core.op import register
from deepkit.core.symbol import Symbol
from deepkit.errors import ShapeError

__all__ = ["cond", "scan", "while_loop"]


@register
class Cond(GraphOp):
    """The results of the first graph if the predicate holds, else of the second; only that one is run.

    Inputs: the predicate, what the graphs capture. Outputs: the results; the outcomes of the first graph, of the second
    (None for the one that did not run).
    """

    results: int = 0
    kept: tuple[int, ...] = (0, 0)

    def forward(self, xp: Any, call: Any, used: Any, predicate: Any, *values: Any) -> Any:
        which = 0 if holds("cond", predicate) else 1
        found = call(which, *values)
        results, outcomes = found[: self.results], found[self.results :]
        others = [None] * self.kept[1 - which]
        return (*results, *others, *outcomes) if which else (*results, *outcomes, *others)

    def live(self, used: Sequence[bool]) -> list[list[bool]]:
        results, outcomes = used[: self.results], used[self.results :]
        first = self.kept[0]
        return [[*results, *outcomes[:first]], [*results, *outcomes[first:]]]

    def gradient(self, dys: Any, ys: Any, predicate: Any, *inputs: Any) -> Any:
        given = {i: dy for i, dy in enumerate(dys[: self.results]) if dy is not None and ys[i].dtype.is_differentiable}
        count = len(self.subgraphs[0].inputs)
        values, variables = inputs[:count], inputs[count:]
        chosen = {i for g in self.subgraphs for i in connected(g, list(given), [*g.inputs, *variables])}
        wrt = sorted(chosen)
        outcomes = ys[self.results : self.results + self.kept[0]], ys[self.results + self.kept[0] :]

        def back(which: int) -> Callable[[], list[Symbol]]:
            return lambda: pull_back(self.subgraphs[which], values, outcomes[which], given, wrt, variables)

        found = dict(zip(wrt, cond(predicate, back(0), back(1)), strict=True)) if wrt else {}
        return (None, *[found.get(i) for i in range(len(inputs))])


def cond(
    predicate: Symbol, true_fn: Callable[[], list[Symbol]], false_fn: Callable[[], list[Symbol]],
    name: str | None = None,
) -> list[Symbol]:
    """The results of one of two functions that return equally many tensors of equal types; only one is run."""
    graphs = tuple(trace(outer_graph(predicate), f, [], "input") for f in (true_fn, false_fn))
    given: list[Spec] = []
    for a, b in zip(graphs[0].results, graphs[1].results, strict=True):
        if a.dtype is not b.dtype:
            raise ShapeError(
                f"cond: the branches return {a.dtype.name} and {b.dtype.name}",
                rule="both branches return the same types",
            )
        given.append((a.shape.common(b.shape), a.dtype))
    captured = close(graphs)
    outcomes = [keep_outcomes(g) for g in graphs]
    op = Cond(
        subgraphs=graphs, results=len(given), kept=tuple(map(len, outcomes)),
        outputs_=(*given, *[spec for kept in outcomes for spec in specs(kept)]),
    )
    return apply_graphs(op, [predicate], captured, name)[: len(given)]
