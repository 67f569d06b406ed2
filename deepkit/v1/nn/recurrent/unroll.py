"""A cell over a sequence: unrolled into one node per step (static), or run by one node (dynamic)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepkit import ops
from deepkit.core.symbol import Symbol
from deepkit.device.dtypes import int32
from deepkit.errors import ArgumentError, DTypeError, ShapeError
from deepkit.v1.framework.control_flow import cond
from deepkit.v1.framework.scopes import variable_scope
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.framework.tensor_array import flat, packed
from deepkit.v1.nn.recurrent.layer_cell import as_cell
from deepkit.v1.nn.recurrent.sequence import one_step, over_time
from deepkit.v1.nn.recurrent.states import batch_of, check_cell, check_state, here, mapped


def dynamic_rnn(
    cell: Any, inputs: Any, sequence_length: Any = None, initial_state: Any = None, dtype: Any = None,
    parallel_iterations: int | None = None, swap_memory: bool = False, time_major: bool = False, scope: Any = None,
) -> tuple[Any, Any]:
    """(outputs, last state) of `cell` run along the time axis of `inputs` by one node, however long that axis is.

    inputs: (batch, time, depth), or (time, batch, depth) with time_major; outputs alike, with cell.output_size in
    the last axis. sequence_length: (batch) integers; past its length the outputs of a sequence are 0 and its state stays
    what it was at the end. initial_state: nested as cell.state_size, each part (batch, n); zeros of type dtype if None.
    A plain LSTM, GRU or RNN, or a stack of them, is one op a layer; other cells are run by a loop, those of Keras among
    them, whose state is nested as their own state_size. parallel_iterations and swap_memory are accepted for old programs.
    """
    cell = as_cell("dynamic_rnn", cell)
    with variable_scope(scope or "rnn"):
        xs = [constant_of(x) for x in flat(inputs)]
        for x in xs:
            _check_sequence(x, time_major)
        if not time_major:
            xs = [_swapped(x) for x in xs]
        batch = batch_of(xs, 1)
        state = _first_state("dynamic_rnn", cell, initial_state, batch, dtype)
        lengths = None if sequence_length is None else _checked_lengths(sequence_length, batch)
        outputs, last = over_time(cell, packed(inputs, xs), state, lengths)
        return (outputs if time_major else mapped(_swapped, outputs)), last


def bidirectional_dynamic_rnn(
    cell_fw: Any, cell_bw: Any, inputs: Any, sequence_length: Any = None, initial_state_fw: Any = None,
    initial_state_bw: Any = None, dtype: Any = None, parallel_iterations: int | None = None, swap_memory: bool = False,
    time_major: bool = False, scope: Any = None,
) -> tuple[Any, Any]:
    """((outputs, outputs), (last state, last state)) of two cells, one reading forwards, the other backwards.

    Each sequence is turned round within its own length. tf.concat(outputs, 2) puts both side by side.
    """
    for where, cell in (("cell_fw", cell_fw), ("cell_bw", cell_bw)):
        check_cell(f"bidirectional_dynamic_rnn, {where}", cell)
    time, batch = (0, 1) if time_major else (1, 0)

    def turned(x: Any) -> Any:
        if sequence_length is None:
            return ops.reverse(x, [time])
        return ops.reverse_sequence(x, sequence_length, time, batch)

    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as fw:
            forwards, state_fw = dynamic_rnn(
                cell_fw, inputs, sequence_length, initial_state_fw, dtype, time_major=time_major, scope=fw
            )
        with variable_scope("bw") as bw:
            xs = mapped(lambda x: turned(constant_of(x)), inputs)
            backwards, state_bw = dynamic_rnn(
                cell_bw, xs, sequence_length, initial_state_bw, dtype, time_major=time_major, scope=bw
            )
        return (forwards, mapped(turned, backwards)), (state_fw, state_bw)


def static_rnn(
    cell: Any, inputs: Sequence[Any], initial_state: Any = None, dtype: Any = None, sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """(outputs, last state) of `cell` run along a list of inputs (batch, depth): the graph holds every step.

    tf.unstack(x, axis=1) makes the list from (batch, time, depth). sequence_length as for dynamic_rnn.
    """
    cell = as_cell("static_rnn", cell)
    _check_list("static_rnn", inputs)
    with variable_scope(scope or "rnn") as own:
        steps = [mapped(constant_of, x) for x in inputs]
        leaves = flat(steps[0])
        batch = batch_of(leaves, 0)
        state = _first_state("static_rnn", cell, initial_state, batch, dtype)
        lengths = None if sequence_length is None else _checked_lengths(sequence_length, batch)
        longest: Any = None if lengths is None else ops.reduce_max(ops.concat([lengths, [0]], 0))
        outputs = []
        for time, x in enumerate(steps):
            if time:
                own.reuse_variables()
            live = None if lengths is None else (ops.less(time, longest), ops.less(time, lengths))
            output, state = _step_while_live(cell, x, state, live)
            outputs.append(output)
        return outputs, state


def _step_while_live(cell: Any, x: Any, state: Any, live: tuple[Symbol, Symbol] | None) -> tuple[Any, Any]:
    """(output, state after it) of one step; where no sequence is live any more the cell is not run, so it draws nothing.

    live: whether any sequence is, and which; None: all are.
    """
    if live is None:
        return one_step(cell, x, state, None)
    made: list[Any] = []

    def step() -> tuple[Any, Any]:
        made.append(one_step(cell, x, state, live[1]))
        return made[0]

    def stay() -> tuple[Any, Any]:
        batch = batch_of(flat(x), 0)
        return mapped(lambda y: ops.zeros([batch, *y.shape[1:]], y.dtype), made[0][0]), state

    return cond(live[0], step, stay, strict=True)


def static_bidirectional_rnn(
    cell_fw: Any, cell_bw: Any, inputs: Sequence[Any], initial_state_fw: Any = None, initial_state_bw: Any = None,
    dtype: Any = None, sequence_length: Any = None, scope: Any = None,
) -> tuple[list[Any], Any, Any]:
    """(outputs, last forward state, last backward state); each output holds both directions side by side."""
    for where, cell in (("cell_fw", cell_fw), ("cell_bw", cell_bw)):
        check_cell(f"static_bidirectional_rnn, {where}", cell)
    _check_list("static_bidirectional_rnn", inputs)
    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as fw:
            forwards, state_fw = static_rnn(cell_fw, inputs, initial_state_fw, dtype, sequence_length, fw)
        with variable_scope("bw") as bw:
            turned = turned_list(inputs, sequence_length)
            backwards, state_bw = static_rnn(cell_bw, turned, initial_state_bw, dtype, sequence_length, bw)
        both = zip(forwards, turned_list(backwards, sequence_length), strict=True)
        outputs = [mapped(lambda a, b: ops.concat([a, b], 1), a, b) for a, b in both]
        return outputs, state_fw, state_bw


def turned_list(steps: Sequence[Any], lengths: Any) -> list[Any]:
    """The steps in reverse order, each sequence within its own length."""
    if lengths is None:
        return list(steps)[::-1]
    columns = zip(*[[constant_of(x) for x in flat(step)] for step in steps], strict=True)
    turned = [ops.unstack(ops.reverse_sequence(ops.stack(list(c)), lengths, 0, 1)) for c in columns]
    return [packed(steps[0], row) for row in zip(*turned, strict=True)]


# ---- checks


def _first_state(where: str, cell: Any, given: Any, batch: Any, dtype: Any) -> Any:
    if given is not None:
        state = mapped(constant_of, given)
        check_state(where, state, cell.state_size)
        return state
    if dtype is None:
        raise ArgumentError(
            f"{where} without initial_state needs dtype", where=here(), rule="the first state is zeros of that type",
            hint="dtype=tf.float32",
        )
    return cell.zero_state(batch, dtype)


def _check_sequence(x: Symbol, time_major: bool) -> None:
    expected = "(time, batch, depth)" if time_major else "(batch, time, depth)"
    if x.shape.rank is not None and x.shape.rank < 3:
        raise ShapeError(
            f"dynamic_rnn: inputs of shape {x.shape}", where=here(), rule=f"inputs are {expected}",
            hint="x[:, :, tf.newaxis] gives a series of numbers one feature for each step" if x.shape.rank == 2 else
            "tf.reshape(x, [-1, steps, depth])",
        )
    if x.shape.lengths is None or any(d is None for d in x.shape.lengths[2:]):
        raise ShapeError(
            f"dynamic_rnn: inputs of shape {x.shape}", where=here(),
            rule=f"inputs are {expected}, and all but the batch and the time are known before the graph runs",
            hint="tf.placeholder(tf.float32, [None, None, depth]), or x.set_shape([None, None, depth])",
        )


def _check_list(where: str, inputs: Any) -> None:
    if not isinstance(inputs, (list, tuple)) or not inputs:
        raise ArgumentError(
            f"{where}: inputs are {inputs!r}", where=here(), rule="a list with the inputs (batch, depth) of each step",
            hint="tf.unstack(x, axis=1) of x (batch, time, depth); dynamic_rnn takes x itself",
        )


def _checked_lengths(given: Any, batch: Any) -> Symbol:
    lengths = constant_of(given)
    if not lengths.dtype.is_integer:
        raise DTypeError(f"sequence_length is {lengths.dtype.name}", where=here(), rule="numbers of steps are integers")
    expected = batch if isinstance(batch, int) else None
    if not lengths.shape.is_compatible_with((expected,)):
        raise ShapeError(
            f"sequence_length has shape {lengths.shape} for a batch of {expected or '?'}", where=here(),
            rule="one number of steps for each sequence: (batch)",
        )
    return ops.identity(ops.cast(lengths, int32), name="sequence_length")


def _swapped(x: Symbol) -> Symbol:
    """The first two axes, batch and time, the other way round."""
    return ops.transpose(x, [1, 0, *range(2, x.shape.rank or 2)])
