"""A cell over all time steps inside the graph: as one op where the cell is a plain LSTM, GRU or RNN, else as a loop."""

from __future__ import annotations

import inspect
from typing import Any

from deepkit import ops
from deepkit.core.control_flow import loops
from deepkit.core.symbol import Symbol
from deepkit.errors import ShapeError
from deepkit.layers.recurrent import WHOLE_SEQUENCE
from deepkit.v1.framework.scopes import variable_scope
from deepkit.v1.framework.tensor_array import flat, packed
from deepkit.v1.nn.recurrent.cells import BasicLSTMCell, BasicRNNCell, GRUCell, LSTMCell, MultiRNNCell
from deepkit.v1.nn.recurrent.states import (
    LSTMStateTuple,
    batch_of,
    here,
    kept,
    opened,
    same_nesting,
    select,
    shape_text,
)


def over_time(cell: Any, inputs: Any, state: Any, lengths: Symbol | None) -> tuple[Any, Any]:
    """(outputs, last state) of `cell` along the first axis of (time, batch, depth) inputs, begun in `state`.

    lengths (batch): steps of each sequence; past them outputs are 0 and the state stays as it is.
    """
    if isinstance(inputs, Symbol) and runs_as_one_op(cell):
        return _as_one_op(cell, inputs, state, lengths)
    return by_steps(cell, inputs, state, lengths)


def runs_as_one_op(cell: Any) -> bool:
    """True for a plain LSTM, GRU or RNN, or a stack of some. A subclass may compute something else: step by step."""
    if type(cell) is MultiRNNCell:
        return cell._state_is_tuple and all(runs_as_one_op(c) for c in cell.cells)
    if not type(cell).__module__.startswith(__package__ or ""):
        return False
    if type(cell) in (BasicRNNCell, GRUCell):
        return _activation(cell) is not None
    plain = isinstance(cell, BasicLSTMCell) or (
        isinstance(cell, LSTMCell) and (cell._use_peepholes, cell._cell_clip, cell._num_proj) == (False, None, None)
    )
    return plain and cell._state_is_tuple and _activation(cell) == "tanh"


def _activation(cell: Any) -> Any:
    """The name under which the whole-sequence ops know the cell's activation; None if they do not."""
    return WHOLE_SEQUENCE.get(inspect.unwrap(cell._activation))


def _as_one_op(cell: Any, x: Symbol, state: Any, lengths: Symbol | None) -> tuple[Any, Any]:
    if type(cell) is MultiRNNCell:
        return cell.in_scope(None, x, lambda: _layers(cell, x, state, lengths))
    run = {BasicRNNCell: rnn_over_time, GRUCell: gru_over_time}.get(type(cell), lstm_over_time)
    return cell.in_scope(None, x, lambda: run(cell, x, state, lengths), rank=3)


def _layers(stack: MultiRNNCell, x: Symbol, state: Any, lengths: Symbol | None) -> tuple[Any, Any]:
    """One layer after the other, each over the whole sequence."""
    states = []
    for k, (cell, before) in enumerate(zip(stack.cells, state, strict=True)):
        with variable_scope(f"cell_{k}"):
            x, after = _as_one_op(cell, x, before, lengths)
        states.append(after)
    return x, tuple(states)


def lstm_over_time(cell: Any, x: Symbol, state: Any, lengths: Symbol | None) -> tuple[Any, Any]:
    """As `over_time`, for a plain LSTM inside its own scope."""
    c0, h0 = state
    h, c = ops.lstm(x, cell._kernel, cell._bias, c0, h0, cell._forget_bias)
    last = LSTMStateTuple(_at(lengths, c, c0), _at(lengths, h, h0))
    return _while_live(h, lengths), last


def rnn_over_time(cell: Any, x: Symbol, h0: Any, lengths: Symbol | None) -> tuple[Any, Any]:
    """As `over_time`, for a BasicRNNCell inside its own scope."""
    for_x, for_h = ops.split(cell._kernel, [cell.depth, cell.output_size], 0)
    h = ops.simple_rnn(x, for_x, for_h, cell._bias, h0, _activation(cell))
    return _while_live(h, lengths), _at(lengths, h, h0)


def gru_over_time(cell: Any, x: Symbol, h0: Any, lengths: Symbol | None) -> tuple[Any, Any]:
    """As `over_time`, for a GRUCell inside its own scope. The cell keeps its gates as r, u; the op takes u, r, c."""

    def in_order(gates: Any, candidate: Any, axis: int) -> Symbol:
        reset, update = ops.split(gates, 2, axis)
        return ops.concat([update, reset, candidate], axis)

    kernel = in_order(cell._gate_kernel, cell._candidate_kernel, 1)
    for_x, for_h = ops.split(kernel, [cell.depth, cell.output_size], 0)
    bias = in_order(cell._gate_bias, cell._candidate_bias, 0)
    h = ops.gru(x, for_x, for_h, bias, h0, reset_after=False, activation=_activation(cell))
    return _while_live(h, lengths), _at(lengths, h, h0)


def _while_live(steps: Symbol, lengths: Symbol | None) -> Symbol:
    """The steps (time, batch, n) of each sequence up to its length, 0 past it."""
    if lengths is None:
        return steps
    rows = ops.reshape(steps, [-1, batch_of([steps], 2)])
    masked = select(ops.reshape(_live(steps, lengths), [-1]), rows, ops.zeros_like(rows))
    whole: Any = ops.reshape_like(masked, steps)
    return whole


def _last(steps: Symbol, first: Symbol) -> Symbol:
    """The last step, or `first` if there are none."""
    if steps.shape.lengths is not None and steps.shape.lengths[0]:
        return steps[-1]
    return ops.concat([ops.expand_dims(first, 0), steps], 0)[-1]


def _at(lengths: Symbol | None, steps: Symbol, first: Symbol) -> Symbol:
    """What each sequence of the batch was after its last step; `first` if it has none."""
    if lengths is None:
        return _last(steps, first)
    count = ops.minimum(ops.maximum(lengths, 0), ops.shape(steps)[0])
    places = ops.stack([count, ops.range(ops.shape(steps)[1])], 1)
    found = ops.gather_nd(ops.concat([ops.expand_dims(first, 0), steps], 0), places)
    found.shape = found.shape.merge(first.shape).merge(steps.shape[1:])
    return found


def _live(steps: Symbol, lengths: Symbol) -> Symbol:
    """(time, batch): whether a sequence has not ended before this step."""
    return ops.less(ops.expand_dims(ops.range(ops.shape(steps)[0]), 1), ops.expand_dims(lengths, 0))


def by_steps(cell: Any, inputs: Any, state: Any, lengths: Symbol | None) -> tuple[Any, Any]:
    """As `over_time`, with a loop that calls the cell, or another function of (inputs, state), once for each step.

    It ends with the longest sequence, after one step at least, as in TensorFlow: a cell that draws draws no further.
    """
    structure: list[Any] = []
    count = len(flat(inputs))

    def step(states: list[Any], rows: list[Any]) -> tuple[list[Any], list[Any]]:
        before = packed(state, states)
        output, after = one_step(cell, packed(inputs, rows[:count]), before, rows[count] if rows[count:] else None)
        structure.append(output)
        return flat(after), flat(output)

    rows = flat(inputs)
    if lengths is None:
        last, outputs = loops.scan(step, opened(state), rows)
        return packed(structure[0], outputs), packed(state, last)
    time = ops.shape(rows[0])[0]
    most = ops.minimum(time, ops.reduce_max(ops.concat([lengths, [1]], 0)))
    last, outputs = loops.scan(step, opened(state), [x[:most] for x in (*rows, _live(rows[0], lengths))])
    outputs = [_filled(y, time - most, rows[0]) for y in outputs]
    return packed(structure[0], outputs), packed(state, last)


def _filled(steps: Symbol, more: Any, whole: Symbol) -> Symbol:
    """`steps` and as many more of zeros as bring them to the length of `whole`."""
    zeros = ops.zeros(ops.concat([ops.expand_dims(more, 0), ops.shape(steps)[1:]], 0), steps.dtype)
    filled = ops.concat([steps, zeros], 0)
    filled.shape = filled.shape.merge(whole.shape[:1].concatenate(steps.shape[1:]))
    return filled


def one_step(cell: Any, inputs: Any, before: Any, live: Symbol | None) -> tuple[Any, Any]:
    """(output, new state) of one step; for a sequence that is not live any more, 0 and the state before."""
    output, after = cell(inputs, before)
    if not same_nesting(before, after):
        name = getattr(cell, "name", type(cell).__name__)
        raise ShapeError(
            f"{name} was given the state {shape_text(before)} and returned {shape_text(after)}",
            where=here(), rule="cell(inputs, state) returns (output, new state), the new state nested as the old one",
        )
    if live is not None:
        output = packed(output, [select(live, y, ops.zeros_like(y)) for y in flat(output)])
        after = kept(after, before, lambda new, old: select(live, new, old))
    return output, after
