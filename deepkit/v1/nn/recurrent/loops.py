"""raw_rnn, a loop over a cell whose every input, state and output a function decides; and stacks of two-way networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from deepkit import ops
from deepkit.core.nest import flatten
from deepkit.errors import ArgumentError
from deepkit.v1.framework.control_flow import while_loop
from deepkit.v1.framework.scopes import variable_scope
from deepkit.v1.framework.symbolic import constant_of, symbolic
from deepkit.v1.framework.tensor_array import TensorArray, flat, packed
from deepkit.v1.nn.recurrent.states import batch_of, check_cell, here, kept, mapped, select, shape_of
from deepkit.v1.nn.recurrent.unroll import bidirectional_dynamic_rnn, static_bidirectional_rnn

_zeros = symbolic(ops.zeros)


def raw_rnn(
    cell: Any, loop_fn: Callable[..., Any], parallel_iterations: int | None = None, swap_memory: bool = False,
    scope: Any = None,
) -> tuple[Any, Any, Any]:
    """(TensorArray of what was emitted, last state, last loop state) of a loop that `loop_fn` steers.

    loop_fn(time, output, state, loop_state) returns (finished bool (batch,), next input, next state, what is emitted, next
    loop state). It is first called with (0, None, None, None), where it emits None for the cell's outputs, or a tensor of
    the shape and type of one example's entry. The loop ends when all are finished; past its end a sequence emits zeros and
    keeps its state.
    """
    check_cell("raw_rnn", cell)
    if not callable(loop_fn):
        raise ArgumentError(
            f"raw_rnn: loop_fn={loop_fn!r}", where=here(),
            rule="a function of (time, cell_output, cell_state, loop_state)",
        )
    with variable_scope(scope or "rnn"):
        finished, inputs, state, emitted, loop_state = loop_fn(constant_of(0), None, None, None)
        finished, inputs, state = constant_of(finished), mapped(constant_of, inputs), mapped(constant_of, state)
        batch = batch_of([finished, *flat(inputs)], 0)
        if emitted is None:
            dtype = flat(state)[0].dtype
            nothing = mapped(lambda size: _zeros([batch, *shape_of(size)], dtype), cell.output_size)
        else:
            nothing = mapped(lambda x: _repeated(constant_of(x), batch), emitted)
        lists = mapped(lambda x: TensorArray(x.dtype, size=0, dynamic_size=True, element_shape=x.shape), nothing)
        counts = loop_state is not None
        loop_state = constant_of(0) if loop_state is None else loop_state

        def body(time: Any, finished: Any, inputs: Any, lists: Any, state: Any, loop_state: Any) -> Any:
            output, after = cell(inputs, state)
            ended, following, after, out, loop_after = loop_fn(time + 1, output, after, loop_state if counts else None)
            out = output if out is None else out
            out = mapped(lambda y, zero: select(finished, zero, constant_of(y)), out, nothing)
            after = kept(after, state, lambda new, old: select(finished, old, constant_of(new)))
            arrays = [a.write(time, y) for a, y in zip(flatten(lists), flat(out), strict=True)]
            loop_after = loop_state if loop_after is None else loop_after
            return (
                time + 1, ops.logical_or(constant_of(ended), finished), mapped(constant_of, following),
                packed(lists, [a.flow for a in arrays]), after, loop_after,
            )

        start = (constant_of(0), finished, inputs, lists, state, loop_state)
        test = lambda time, finished, *rest: ops.logical_not(ops.reduce_all(finished))  # noqa: E731
        _, _, _, lists, state, loop_state = while_loop(test, body, start)
        return lists, state, loop_state if counts else None


def _repeated(x: Any, batch: Any) -> Any:
    """Zeros (batch, ...) for an entry (...)."""
    return ops.zeros(ops.concat([[batch], ops.shape(x)], 0), x.dtype) if x.shape.rank else _zeros([batch], x.dtype)


def stack_bidirectional_dynamic_rnn(
    cells_fw: Sequence[Any], cells_bw: Sequence[Any], inputs: Any, initial_states_fw: Any = None,
    initial_states_bw: Any = None, dtype: Any = None, sequence_length: Any = None, parallel_iterations: int | None = None,
    time_major: bool = False, scope: Any = None, swap_memory: bool = False,
) -> tuple[Any, Any, Any]:
    """(outputs, forward states, backward states) of layers that each read both ways; a layer reads both outputs of the last.

    outputs: those of the last layer side by side, (batch, time, units forwards + units backwards).
    """
    _check_pairs("stack_bidirectional_dynamic_rnn", cells_fw, cells_bw)
    states_fw, states_bw = [], []
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for i, (forwards, backwards) in enumerate(zip(cells_fw, cells_bw, strict=True)):
            with variable_scope(f"cell_{i}"):
                outputs, (fw, bw) = bidirectional_dynamic_rnn(
                    forwards, backwards, inputs, sequence_length, initial_states_fw and initial_states_fw[i],
                    initial_states_bw and initial_states_bw[i], dtype, time_major=time_major,
                )
            inputs = ops.concat(outputs, 2)
            states_fw.append(fw)
            states_bw.append(bw)
    return inputs, tuple(states_fw), tuple(states_bw)


def stack_bidirectional_rnn(
    cells_fw: Sequence[Any], cells_bw: Sequence[Any], inputs: Sequence[Any], initial_states_fw: Any = None,
    initial_states_bw: Any = None, dtype: Any = None, sequence_length: Any = None, scope: Any = None,
) -> tuple[Any, Any, Any]:
    """As stack_bidirectional_dynamic_rnn along a list of inputs (batch, depth): the graph holds every step."""
    _check_pairs("stack_bidirectional_rnn", cells_fw, cells_bw)
    steps, states_fw, states_bw = list(inputs), [], []
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for i, (forwards, backwards) in enumerate(zip(cells_fw, cells_bw, strict=True)):
            with variable_scope(f"cell_{i}"):
                steps, fw, bw = static_bidirectional_rnn(
                    forwards, backwards, steps, initial_states_fw and initial_states_fw[i],
                    initial_states_bw and initial_states_bw[i], dtype, sequence_length,
                )
            states_fw.append(fw)
            states_bw.append(bw)
    return steps, tuple(states_fw), tuple(states_bw)


def _check_pairs(where: str, cells_fw: Sequence[Any], cells_bw: Sequence[Any]) -> None:
    if not cells_fw or len(cells_fw) != len(cells_bw):
        raise ArgumentError(
            f"{where}: {len(cells_fw)} cells forwards, {len(cells_bw)} backwards", where=here(),
            rule="equally many, at least one",
        )
