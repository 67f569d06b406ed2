"""A function of elements, written down once as a graph and then run by a plan for each element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from deepkit.core.control_flow.function_graph import FunctionGraph
from deepkit.core.graph import default_graph
from deepkit.core.seeds import Counter
from deepkit.core.symbol import Symbol
from deepkit.errors import ArgumentError
from deepkit.ops.input.iteration import Pass, Row
from deepkit.v1.data._elements import Part, describe, flatten, map_leaves, pack, part_of, symbols


class ElementFunction:
    """What `function` does with an element of the form `element`: another element, or a data set.

    `inputs` are the tensors of the graph around that it uses; `result` is the form of what it gives.
    """

    def __init__(self, function: Callable[..., Any], element: Any, what: str):
        if not callable(function):
            raise ArgumentError(
                f"{what} got {type(function).__name__}", rule="a function of an element", hint="lambda x: ..."
            )
        self.graph = FunctionGraph(default_graph())
        self.graph.seed_counter = Counter()  # as in TensorFlow, where the function is a graph of its own
        with self.graph.building():
            parts = flatten(element)
            self.graph.inputs = [self.graph.placeholder(p.shape, p.dtype, "element") for p in parts]
            given = pack(element, self.graph.inputs)
            try:
                answer: Any = function(*given) if type(given) is tuple else function(given)
            except TypeError as error:
                if "argument" in str(error) and getattr(error.__traceback__, "tb_next", None) is None:
                    several = f"{len(given)} arguments" if type(given) is tuple else "one argument"
                    error.add_note(f"{what}() calls the function with {several}: an element is {describe(element)}")
                raise
            answer = tuple(answer) if isinstance(answer, list) else answer  # what a py_func of several types gives
            self.dataset = answer if hasattr(answer, "rows") else None
            if self.dataset is not None:
                self.graph.results = [self.graph.adopt(x) for x in self.dataset.inputs]
                self.result = self.dataset.element
            else:
                made = symbols(tuple(answer) if isinstance(answer, list) else answer, what)  # decode_csv's tensors
                self.graph.results = flatten(made)
                self.result = map_leaves(part_of, made)
        self.inputs: list[Symbol] = list(self.graph.captured)

    def bound(self, go: Pass) -> Callable[[Row], Any]:
        """The function of a row in this pass: it gives a row, or the rows of the data set."""
        run = go.function(self.graph)
        captured = [go.values[x] for x in self.inputs]
        types = [x.dtype.numpy for x in self.graph.results]
        dataset = self.dataset

        def call(row: Row) -> Any:
            results = run([*row, *captured])
            values = tuple(np.asarray(v, t) for v, t in zip(results, types, strict=True))
            if dataset is None:
                return values
            return dataset.rows(go.inside(dict(zip(dataset.inputs, values, strict=True))))

        return call


def moved_state(
    start: Any, element: Any, function: Callable[..., Any], what: str, state_of: Callable[[Any], Any]
) -> tuple[Any, ElementFunction]:
    """The form of a state that a function of it and of an element moves on, and the function.

    start: the first state, tensors. state_of: the new state in what the function answers. A dimension that changes from
    one state to the next is open. ArgumentError: a state of another form or type.
    """
    state = map_leaves(part_of, start)
    for _ in range(2):
        made = ElementFunction(function, (state, element), what)
        if made.dataset is not None:
            raise ArgumentError(f"{what}: the function returned a data set", rule="it returns the next state")
        new = state_of(made.result)
        before, after = flatten(state), flatten(new)
        same = map_leaves(lambda p: None, state) == map_leaves(lambda p: None, new)
        if not same or [p.dtype for p in before] != [p.dtype for p in after]:
            raise ArgumentError(
                f"{what}: the state is {describe(state)}, the function returned {describe(new)}",
                rule="the next state has the form and the types of the state",
                hint="np.int64(0) or 0.0 as the first state where elements are of these types",
            )
        common = [
            Part(a.dtype, a.shape.common(b.shape))
            for a, b in zip(before, after, strict=True)
        ]
        if common == before:
            break
        state = pack(state, common)
    return state, made
