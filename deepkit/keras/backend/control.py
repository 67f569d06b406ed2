"""Choices and loops: switch, rnn (one step after the other along time), map_fn, foldl and foldr."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from deepkit import ops
from deepkit.core.control_flow import branches, loops
from deepkit.core.graph import graph_of
from deepkit.core.nest import flatten, pack
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras.backend.tensors import lengths, rank, tensor

__all__ = ["foldl", "foldr", "map_fn", "rnn", "switch"]

Body = Callable[[list[Any], list[Any]], tuple[list[Any], list[Any]]]


def _in_graph(graph: Any, x: Any) -> Any:
    """x as a node of the graph: a constant if its value is known."""
    if graph_of(x) is not None:
        return x.read() if hasattr(x, "read") else x
    return graph.constant(x)


def scan(body: Body, states: Sequence[Any], xs: Sequence[Any], reverse: bool = False) -> tuple[list[Any], list[Any]]:
    """(last states, stacked ys) of body(states, rows) -> (states, ys) over the rows of xs: axis 0 is time.

    In a graph this is one op, whatever the number of rows; of Tensors it is a Python loop.
    """
    graph = graph_of(*xs, *states)
    if graph is None:
        return _written_out(body, states, xs, len(xs[0]), reverse)
    return loops.scan(body, [_in_graph(graph, s) for s in states], [_in_graph(graph, x) for x in xs], reverse)


def _written_out(
    body: Body, states: Sequence[Any], xs: Sequence[Any], length: int, reverse: bool = False
) -> tuple[list[Any], list[Any]]:
    """The same as a Python loop."""
    if not length:
        raise ShapeError("a loop over a tensor without rows", rule="axis 0 has at least one entry")
    state, rows = list(states), []
    for t in reversed(range(length)) if reverse else range(length):
        state, ys = body(state, [x[t] for x in xs])
        rows.append(ys)
    columns = map(list, zip(*rows, strict=True))
    return state, [ops.stack(column[::-1] if reverse else column) for column in columns]


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """then_expression where the condition holds, else else_expression; each is a tensor or a function that makes one.

    A scalar condition chooses the whole tensor, and only one of the functions is run.

    >>> switch([True, False], [1.0, 2.0], [3.0, 4.0]).numpy().tolist()
    [1.0, 4.0]
    """
    condition = ops.cast(tensor(condition), "bool")
    if rank(condition) == 0:
        return _either(condition, then_expression, else_expression)
    then, other = (
        tensor(e() if callable(e) else e, beside=condition) for e in (then_expression, else_expression)
    )
    if rank(condition) > rank(then):
        raise ShapeError(
            f"switch: a condition of shape {condition.shape} for expressions of shape {then.shape}",
            rule="the condition has at most as many axes as the expressions",
        )
    if 1 < rank(condition) < rank(then):
        for _ in range(rank(then) - rank(condition)):
            condition = ops.expand_dims(condition, -1)
    return ops.where(condition, then, other)


def _either(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    if graph_of(condition) is None:
        chosen = then_expression if bool(condition) else else_expression
        return chosen() if callable(chosen) else chosen

    def branch(expression: Any) -> Callable[[], list[Any]]:
        return lambda: [_in_graph(condition.graph, expression() if callable(expression) else expression)]

    return branches.cond(condition, branch(then_expression), branch(else_expression))[0]


# ---- over the rows of a tensor


def _packed(many: bool, items: list[Any]) -> Any:
    return items if many else items[0]


def map_fn(fn: Callable[..., Any], elems: Any, name: str | None = None, dtype: Any = None) -> Any:
    """fn applied to each row of a tensor (or to each list of rows of several), the results stacked."""
    many = isinstance(elems, (list, tuple))
    answers: list[bool] = []

    def body(_: list[Any], rows: list[Any]) -> tuple[list[Any], list[Any]]:
        result = fn(_packed(many, rows))
        answers.append(isinstance(result, (list, tuple)))
        return [], list(result) if answers[-1] else [result]

    _, ys = scan(body, [], [tensor(x) for x in (elems if many else [elems])])
    return _packed(answers[0], ys)


def foldl(
    fn: Callable[[Any, Any], Any], elems: Any, initializer: Any = None, name: str | None = None
) -> Any:
    """The last value of a = fn(a, row) over the rows of a tensor, from the first to the last.

    It starts with the initializer, or with the first row.
    """
    return _fold(fn, tensor(elems), initializer, False)


def foldr(fn: Callable[[Any, Any], Any], elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """As foldl, from the last row to the first."""
    return _fold(fn, tensor(elems), initializer, True)


def _fold(fn: Callable[[Any, Any], Any], x: Any, initializer: Any, reverse: bool) -> Any:
    if initializer is None:
        start, x = (x[-1], x[:-1]) if reverse else (x[0], x[1:])
    else:
        start = tensor(initializer, beside=x)
    if graph_of(start, x) is None and not len(x):
        return start
    return scan(lambda states, rows: ([fn(states[0], rows[0])], []), [start], [x], reverse)[0][0]


# ---- recurrence


def _swapped(x: Any, time_major: bool = False) -> Any:
    """Batch and time exchanged, unless time comes first already."""
    return x if time_major else ops.transpose(x, [1, 0, *range(2, rank(x))])


def _chosen(mask: Any, new: Any, old: Any) -> Any:
    """`new` where the mask holds, else `old`; the mask lacks the last axes, or has length 1 there."""
    for _ in range(rank(new) - rank(mask)):
        mask = ops.expand_dims(mask, -1)
    return ops.where(mask, new, old)


def _known_length(length: Any, x: Any) -> int:
    if not isinstance(length, int):
        raise ArgumentError(
            f"unroll=True for sequences of shape {x.shape} (time, batch, ...)",
            rule="every step becomes part of the graph: their number must be known",
            hint="Input(shape=(steps, features)), or unroll=False",
        )
    return length


def _mask_in_order(mask: Any, time_major: bool, go_backwards: bool) -> Any:
    """A mask (batch, time), or (time, batch), with the time steps on axis 0 in the order in which they are taken."""
    mask = _swapped(mask, time_major)
    return ops.reverse(mask, [0]) if go_backwards else mask


def _mask_from_lengths(input_length: Any, steps: Any, go_backwards: bool) -> Any:
    """True at the time steps (axis 0) that lie within each sequence, in the order in which they are taken."""
    time = ops.expand_dims(ops.range(steps), 1)
    length = ops.cast(ops.reshape(input_length, [1, -1]), "int32")
    return time > ops.reduce_max(length) - 1 - length if go_backwards else time < length


class _Step:
    """A step function on plain lists: it nests what it hands on, and remembers how the output was nested."""

    def __init__(self, function: Callable[..., tuple[Any, Any]], inputs: Any, states: list[Any], constants: list[Any]):
        self.function, self.inputs, self.states, self.constants = function, inputs, states, constants
        self.output: Any = None

    def __call__(self, states: list[Any], rows: list[Any]) -> tuple[list[Any], list[Any]]:
        given = [*pack(self.states, states), *self.constants]
        self.output, new = self.function(pack(self.inputs, rows), given)
        return flatten(list(new)), flatten(self.output)

    def zeros(self, xs: list[Any]) -> list[Any]:
        """Zeros like the outputs of one step: what stands before the first one."""
        return [ops.zeros_like(y) for y in self(flatten(self.states), [x[0] for x in xs])[1]]

    def masked(self, states: list[Any], rows: list[Any]) -> tuple[list[Any], list[Any]]:
        """The same where the last of the rows, a mask, holds; elsewhere states stay, and outputs too.

        The outputs of the step before follow the states; where they are missing, outputs are 0.
        """
        *own, here = rows
        count = len(flatten(self.states))
        new, outputs = self(states[:count], own)
        before = states[count:] or [ops.zeros_like(y) for y in outputs]
        shown = [_chosen(here, y, old) for y, old in zip(outputs, before, strict=True)]
        kept = [_chosen(here, s, old) for s, old in zip(new, states[:count], strict=True)]
        return [*kept, *(shown if states[count:] else [])], shown


def rnn(
    step_function: Callable[..., tuple[Any, Any]], inputs: Any, initial_states: Any, go_backwards: bool = False,
    mask: Any = None, constants: Any = None, unroll: bool = False, input_length: Any = None, time_major: bool = False,
    zero_output_for_mask: bool = False, return_all_outputs: bool = True,
) -> tuple[Any, Any, list[Any]]:
    """(last output, outputs, new states) of a step function taken along time.

    step_function(input, states): input (batch, ...) of one time step, states the list of states followed by the
    `constants`; it returns (output, new states). inputs (batch, time, ...), or nested tensors of such shapes; outputs
    (batch, time, ...), in the order of the steps: with go_backwards the last time step comes first.

    mask (batch, time): where it is False, the states stay as they are, and the output is that of the step before
    (zeros before the first one; always zeros with zero_output_for_mask). An input_length for each sequence is a mask
    that ends there. unroll writes every step into the graph, which needs a known number of them.
    """
    xs = [_swapped(x, time_major) for x in map(tensor, flatten(inputs))]
    length = lengths(xs[0])[0]
    xs = [ops.reverse(x, [0]) for x in xs] if go_backwards else xs
    if mask is not None:
        mask = _mask_in_order(ops.cast(tensor(mask), "bool"), time_major, go_backwards)
    elif hasattr(input_length, "dtype"):
        mask = _mask_from_lengths(input_length, length, go_backwards)
    step = _Step(step_function, inputs, list(initial_states), list(constants or []))
    states = flatten(step.states)
    body: Body = step
    if mask is not None:
        if not zero_output_for_mask:
            states = [*states, *step.zeros(xs)]
        xs, body = [*xs, mask], step.masked
    states, ys = _written_out(body, states, xs, _known_length(length, xs[0])) if unroll else scan(body, states, xs)
    last = pack(step.output, [y[-1] for y in ys])
    ys = ys if return_all_outputs else [y[-1:] for y in ys]
    outputs = pack(step.output, [_swapped(y, time_major) for y in ys])
    return last, outputs, pack(step.states, states)
