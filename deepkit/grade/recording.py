"""What an answer does with sessions, as plain data: noted down beside the answer, and done again where no answer runs.

Notes alone prove nothing, for beside an answer anything may be written down. Done again in a graph that was built from data,
with other numbers in the place of those that the answer was given, they give what that graph makes of these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from deepkit.core.graph import Graph
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.ops.arrays.creation import Const
from deepkit.runtime.session import Session

Step = list[Any]
"""[number of the session, what is fetched, [[tensor, value], ...]]; where nothing is fetched, a variable is given its value."""


def recorded(work: Callable[[], Any]) -> list[Any]:
    """[what some work returns, its steps]: every run of a session by whatever name, and every value that a variable is given.

    RuntimeError where there is none.
    """
    from unittest import mock

    steps: list[Step] = []
    sessions: list[Session] = []
    run, load = Session._run, Session.load

    def note(session: Session, targets: Sequence[Any], feeds: Sequence[tuple[Symbol, Any]]) -> None:
        if session not in sessions:
            sessions.append(session)
        given = [[x, np.array(value)] for x, value in feeds]
        steps.append([sessions.index(session), [x for x in targets if x is not None], given])

    def noted_run(session: Session, plan: Any, values: Sequence[Any], patience: float) -> list[Any]:
        note(session, plan.targets, list(zip(plan.feeds, values, strict=True)))
        return run(session, plan, values, patience)

    def noted_load(session: Session, variable: Variable, value: Any) -> None:
        note(session, [], [(variable, value)])
        load(session, variable, value)

    with mock.patch.object(Session, "_run", noted_run), mock.patch.object(Session, "load", noted_load):
        made = work()
    if not steps:
        raise RuntimeError("no session is run: what computes this?")
    return [made, steps]


def repeated(graph: Graph, steps: Sequence[Step], old: Any, new: Any) -> list[np.ndarray]:
    """What is fetched when the steps are done again in a graph where the numbers `new` stand for `old`, in the steps' order.

    They stand for them wherever they are: in what is fed, in the values of variables, and in the graph's constants.
    """
    exchange = _exchange(old, new)
    sessions = [Session(graph=graph) for _ in range(1 + max(number for number, *_ in steps))]
    fixed = _constants(graph, exchange)
    told: list[np.ndarray] = []
    for number, targets, feeds in steps:
        given = {x: exchange(value) for x, value in feeds}
        if targets:
            told += filter(_is_told, sessions[number].run(targets, {**fixed, **given}))
        else:
            for variable, value in given.items():
                sessions[number].load(variable, value)
    return list(map(np.asarray, told))


def _is_told(value: Any) -> bool:
    """Whether it is a value: of a node that is run for its effect there is none."""
    return value is not None


def _constants(graph: Graph, exchange: Callable[[np.ndarray], np.ndarray]) -> dict[Symbol, np.ndarray]:
    """Constants that become others. They may wait for other nodes, which must not run for this, so none is run."""
    constants = {node.outputs[0]: np.asarray(node.op.value) for node in graph.get_operations() if isinstance(node.op, Const)}
    exchanged = {x: exchange(value) for x, value in constants.items()}
    return {x: value for x, value in exchanged.items() if not np.array_equal(value, constants[x])}


def _exchange(old: Any, new: Any) -> Callable[[np.ndarray], np.ndarray]:
    """A function that puts the numbers `new` in the place of `old` in an array of floats of either width."""
    before, after = np.ravel(old).astype(np.float32), np.ravel(new)
    order = np.argsort(before)
    before, after = before[order], after[order]

    def exchanged(array: np.ndarray) -> np.ndarray:
        if array.dtype.kind != "f":
            return array
        narrow = array.astype(np.float32)
        place = np.searchsorted(before, narrow).clip(max=len(before) - 1)
        return np.where(before[place] == narrow, after[place], array).astype(array.dtype)

    return exchanged
