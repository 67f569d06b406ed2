"""Cells over a whole sequence at once: any cell made one, the same backwards, and a GRU with the block GRU's variables."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.errors import ArgumentError
from deepkit.train.initializers import Constant, Zeros
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.framework.tensor_array import flat
from deepkit.v1.nn.recurrent.cells import GRUCell
from deepkit.v1.nn.recurrent.states import batch_of, check_cell, here, mapped
from deepkit.v1.nn.recurrent.unroll import dynamic_rnn, static_rnn, turned_list


class FusedRNNCell:
    """Base of what runs over all time steps: `outputs, state = cell(x, dtype=tf.float32)`.

    x: (time, batch, depth), or a list of (batch, depth); the outputs are as x is.
    """

    def __call__(
        self, inputs: Any, initial_state: Any = None, dtype: Any = None, sequence_length: Any = None, scope: Any = None
    ) -> Any:
        """(outputs, last state) of the whole sequence."""
        raise ArgumentError(
            f"{type(self).__name__} does not say what it computes",
            rule="it defines __call__(inputs, initial_state, dtype, sequence_length, scope)",
        )


class FusedRNNCellAdaptor(FusedRNNCell):
    """A cell run over a whole sequence: by dynamic_rnn, or by static_rnn, where the graph holds every step."""

    def __init__(self, cell: Any, use_dynamic_rnn: bool = False):
        check_cell("FusedRNNCellAdaptor", cell)
        self._cell, self._dynamic = cell, use_dynamic_rnn

    def __call__(
        self, inputs: Any, initial_state: Any = None, dtype: Any = None, sequence_length: Any = None, scope: Any = None
    ) -> Any:
        """(outputs, last state) of the whole sequence."""
        listed = isinstance(inputs, (list, tuple))
        if self._dynamic:
            x = ops.stack([constant_of(step) for step in inputs]) if listed else inputs
            outputs, state = dynamic_rnn(
                self._cell, x, sequence_length, initial_state, dtype, time_major=True, scope=scope
            )
            return ops.unstack(outputs, len(inputs)) if listed else outputs, state
        steps = inputs if listed else ops.unstack(constant_of(inputs))
        outputs, state = static_rnn(self._cell, steps, initial_state, dtype, sequence_length, scope)
        return outputs if listed else ops.stack(outputs), state


class TimeReversedFusedRNN(FusedRNNCell):
    """A fused cell that reads from the end: its output at a step has seen what comes after that step."""

    def __init__(self, cell: Any):
        self._cell = cell

    def __call__(
        self, inputs: Any, initial_state: Any = None, dtype: Any = None, sequence_length: Any = None, scope: Any = None
    ) -> Any:
        """(outputs, last state); the outputs stand where their inputs stood."""
        outputs, state = self._cell(
            _turned(inputs, sequence_length), initial_state=initial_state, dtype=dtype, sequence_length=sequence_length,
            scope=scope,
        )
        return _turned(outputs, sequence_length), state


def _turned(sequence: Any, lengths: Any) -> Any:
    """The steps in reverse order, each sequence within its own length."""
    if isinstance(sequence, (list, tuple)):
        return turned_list(sequence, lengths)
    sequence = constant_of(sequence)
    return ops.reverse(sequence, [0]) if lengths is None else ops.reverse_sequence(sequence, lengths, 0, 1)


class GRUBlockCellV2(GRUCell):
    """A GRU with the variables of GRUCell, below gru_cell/."""

    names = ("gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias")
    """Of the variables."""

    def __init__(self, num_units: int | None = None, cell_size: int | None = None, reuse: Any = None, name: str = "gru_cell"):
        if (num_units is None) == (cell_size is None):
            raise ArgumentError(
                f"num_units={num_units}, cell_size={cell_size}", where=here(), rule="one of them", hint="num_units=128"
            )
        super().__init__((num_units if cell_size is None else cell_size) or 0, reuse=reuse, name=name)

    def build(self, inputs_shape: Any) -> None:
        units, rows = self._num_units, self.depth + self._num_units
        shapes = ([rows, 2 * units], [2 * units], [rows, units], [units])
        begins = (None, Constant(1.0), None, Zeros())
        made = [self.add_variable(n, s, initializer=b) for n, s, b in zip(self.names, shapes, begins, strict=True)]
        self._gate_kernel, self._gate_bias, self._candidate_kernel, self._candidate_bias = made


class GRUBlockCell(GRUBlockCellV2):
    """GRUBlockCellV2 whose variables are called w_ru, b_ru (begins at 1), w_c, b_c."""

    names = ("w_ru", "b_ru", "w_c", "b_c")


def transpose_batch_time(x: Any) -> Any:
    """The first two axes of x, (batch, time, ...), the other way round; a vector stays as it is."""
    x = constant_of(x)
    rank = x.shape.rank
    return x if rank is not None and rank < 2 else ops.transpose(x, [1, 0, *range(2, rank or 2)])


def best_effort_input_batch_size(flat_input: Any) -> Any:
    """The batch of time-major inputs: a number where one of them knows it, else a tensor."""
    return batch_of(flat(mapped(constant_of, flat_input)), 1)
