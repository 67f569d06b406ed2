"""The basic cells: the plain recurrent cell, LSTM with its variants, GRU, and a stack of cells."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from deepkit import ops
from deepkit.errors import ArgumentError, GraphWarning
from deepkit.layers import recurrent
from deepkit.layers.recurrent import linear
from deepkit.train.initializers import Constant
from deepkit.v1.framework.scopes import variable_scope
from deepkit.v1.nn.recurrent.base import LayerRNNCell, RNNCell, activation_of, check_units
from deepkit.v1.nn.recurrent.states import LSTMStateTuple, check_cell, check_state, shape_text


class BasicRNNCell(LayerRNNCell):
    """The plain cell: output = new state = activation([x, state] @ kernel + bias).

    Variables: kernel (depth + num_units, num_units), bias (num_units).
    """

    def __init__(
        self, num_units: int, activation: Any = None, reuse: Any = None, name: str | None = None, dtype: Any = None,
        trainable: bool = True,
    ):
        super().__init__(trainable, name, dtype, reuse)
        self._num_units = check_units("num_units", num_units)
        self._activation = activation_of(activation)

    @property
    def state_size(self) -> int:
        return self._num_units

    output_size = state_size

    def build(self, inputs_shape: Any) -> None:
        self._kernel, self._bias = self._affine(self._num_units)

    def call(self, inputs: Any, state: Any) -> Any:
        output = self._activation(linear([inputs, state], self._kernel, self._bias))
        return output, output


class GRUCell(LayerRNNCell):
    """Gated recurrent unit: a reset gate r, an update gate u, and a candidate c for the new state.

    r, u = sigmoid([x, h] @ Kg + bg);  c = activation([x, r * h] @ Kc + bc);  new h = u * h + (1 - u) * c.
    Variables: gates/kernel, gates/bias (begins at 1), candidate/kernel, candidate/bias.
    Source: K. Cho et al., 2014 (arXiv 1406.1078).
    """

    def __init__(
        self, num_units: int, activation: Any = None, reuse: Any = None, kernel_initializer: Any = None,
        bias_initializer: Any = None, name: str | None = None, dtype: Any = None, trainable: bool = True,
    ):
        super().__init__(trainable, name, dtype, reuse)
        self._num_units = check_units("num_units", num_units)
        self._activation = activation_of(activation)
        self._kernel_initializer, self._bias_initializer = kernel_initializer, bias_initializer

    @property
    def state_size(self) -> int:
        return self._num_units

    output_size = state_size

    def build(self, inputs_shape: Any) -> None:
        units, kernel, bias = self._num_units, self._kernel_initializer, self._bias_initializer
        kept = Constant(1.0) if bias is None else bias  # at first the state is kept
        self._gate_kernel, self._gate_bias = self._affine(2 * units, "gates/", kernel, kept)
        self._candidate_kernel, self._candidate_bias = self._affine(units, "candidate/", kernel, bias)

    def call(self, inputs: Any, state: Any) -> Any:
        gates = ops.sigmoid(linear([inputs, state], self._gate_kernel, self._gate_bias))
        reset, update = ops.split(gates, 2, 1)

        def candidate(r: Any) -> Any:
            return self._activation(linear([inputs, r * state], self._candidate_kernel, self._candidate_bias))

        new = recurrent.gru(update, reset, state, candidate)
        return new, new


class GatedMemoryCell(LayerRNNCell):
    """Base of the LSTMs: their state is the memory c (num_units) and the output h, a tuple or side by side."""

    _num_units: int
    _num_proj: int | None = None
    _state_is_tuple = True

    @property
    def state_size(self) -> Any:
        both = LSTMStateTuple(self._num_units, self.output_size)
        return both if self._state_is_tuple else sum(both)

    @property
    def output_size(self) -> int:
        return self._num_proj or self._num_units

    def unpacked(self, state: Any) -> Any:
        """(c, h) of a state."""
        return state if self._state_is_tuple else ops.split(state, [self._num_units, self.output_size], 1)

    def packed(self, c: Any, h: Any) -> Any:
        """The state of (c, h)."""
        return LSTMStateTuple(c, h) if self._state_is_tuple else ops.concat([c, h], 1)


class BasicLSTMCell(GatedMemoryCell):
    """LSTM without extras; `forget_bias` is added to the forget gate's input, so that at first nothing is forgotten.

    i, j, f, o = [x, h] @ kernel + bias;  c = sigmoid(f + forget_bias) * c + sigmoid(i) * activation(j);
    h = sigmoid(o) * activation(c). Variables: kernel (depth + num_units, 4 num_units), bias (4 num_units).
    Source: W. Zaremba et al., 2014 (arXiv 1409.2329).
    """

    def __init__(
        self, num_units: int, forget_bias: float = 1.0, state_is_tuple: bool = True, activation: Any = None,
        reuse: Any = None, name: str | None = None, dtype: Any = None, trainable: bool = True,
    ):
        super().__init__(trainable, name, dtype, reuse)
        self._num_units = check_units("num_units", num_units)
        self._forget_bias, self._state_is_tuple = float(forget_bias), state_is_tuple
        self._activation = activation_of(activation)

    def build(self, inputs_shape: Any) -> None:
        self._kernel, self._bias = self._affine(4 * self._num_units)

    def call(self, inputs: Any, state: Any) -> Any:
        c, h = self.unpacked(state)
        gates = ops.split(linear([inputs, h], self._kernel, self._bias), 4, 1)
        h, c = recurrent.lstm(gates, c, self._activation, forget_bias=self._forget_bias)
        return h, self.packed(c, h)


class LSTMCell(GatedMemoryCell):
    """LSTM with the usual extras: peepholes, a clipped memory, and a projected output.

    use_peepholes: the gates see the memory c, through one weight for each unit (w_f_diag, w_i_diag, w_o_diag).
    cell_clip: c is held in [-cell_clip, cell_clip]. num_proj: the output, and the h of the state, is h @ projection/kernel
    (num_proj numbers), held in [-proj_clip, proj_clip]. Otherwise as BasicLSTMCell.
    Sources: F. Gers et al., 1999; H. Sak et al., 2014 (peepholes and projection).
    """

    def __init__(
        self, num_units: int, use_peepholes: bool = False, cell_clip: float | None = None, initializer: Any = None,
        num_proj: int | None = None, proj_clip: float | None = None, num_unit_shards: Any = None,
        num_proj_shards: Any = None, forget_bias: float = 1.0, state_is_tuple: bool = True, activation: Any = None,
        reuse: Any = None, name: str | None = None, dtype: Any = None, trainable: bool = True,
    ):
        super().__init__(trainable, name, dtype, reuse)
        if num_unit_shards is not None or num_proj_shards is not None:
            raise ArgumentError(f"{self.name}: shards", rule="a variable is kept in one piece", hint="leave them out")
        self._num_units = check_units("num_units", num_units)
        self._num_proj = None if num_proj is None else check_units("num_proj", num_proj)
        self._use_peepholes, self._cell_clip, self._proj_clip = use_peepholes, cell_clip, proj_clip
        self._initializer, self._forget_bias = initializer, float(forget_bias)
        self._state_is_tuple, self._activation = state_is_tuple, activation_of(activation)

    peepholes = "fio"
    """The gates that see the memory, in the order in which their weights are made."""
    clips_straight = False
    """Whether the gradient passes through a clipped memory as if it were not clipped."""
    _diagonal: dict[str, Any] | None = None
    _projection: Any = None

    def build(self, inputs_shape: Any) -> None:
        units, made = self._num_units, self._initializer
        self._kernel, self._bias = self._affine(4 * units, kernel=made)
        if self._use_peepholes:
            declared = recurrent.peephole_weights(units, self.peepholes)
            diagonal = (self.add_variable(w.name, w.shape, initializer=made) for w in declared)
            self._diagonal = dict(zip(self.peepholes, diagonal, strict=True))
        if self._num_proj is not None:
            (kernel,) = recurrent.projection_weights(units, self._num_proj)
            self._projection = self.add_variable(kernel.name, kernel.shape, initializer=made)

    def call(self, inputs: Any, state: Any) -> Any:
        c, h = self.unpacked(state)
        gates = ops.split(linear([inputs, h], self._kernel, self._bias), 4, 1)
        h, c = recurrent.lstm(
            gates, c, self._activation, forget_bias=self._forget_bias, peepholes=self._diagonal,
            hold=None if self._cell_clip is None else lambda x: recurrent.bounded(x, self._cell_clip, self.clips_straight),
        )
        h = recurrent.projected(h, self._projection, self._proj_clip)
        return h, self.packed(c, h)


class MultiRNNCell(RNNCell):
    """Cells on top of each other: the output of one is the input of the next; the state is the tuple of their states.

    Each layer needs a cell of its own: MultiRNNCell([LSTMCell(n) for _ in range(3)]), not [cell] * 3.
    """

    def __init__(self, cells: Sequence[Any], state_is_tuple: bool = True):
        super().__init__()
        if not isinstance(cells, (list, tuple)) or not cells:
            raise ArgumentError(
                f"MultiRNNCell({cells!r})", rule="a list of cells", hint="MultiRNNCell([LSTMCell(64), LSTMCell(32)])"
            )
        for cell in cells:
            check_cell("MultiRNNCell", cell)
        if len({id(cell) for cell in cells}) < len(cells):
            warnings.warn(
                "MultiRNNCell was given one cell several times: its layers share their weights. Make one cell for each "
                "layer: [LSTMCell(n) for _ in range(layers)]",
                GraphWarning, stacklevel=2,
            )
        self._cells, self._state_is_tuple = list(cells), state_is_tuple
        if not state_is_tuple and any(isinstance(c.state_size, (list, tuple)) for c in cells):
            raise ArgumentError(
                f"MultiRNNCell(state_is_tuple=False) of cells with the states {shape_text([c.state_size for c in cells])}",
                rule="states side by side in one tensor need cells whose own state is one tensor",
                hint="state_is_tuple=True, or cells with state_is_tuple=False",
            )

    @property
    def cells(self) -> list[Any]:
        return self._cells

    @property
    def state_size(self) -> Any:
        sizes = tuple(cell.state_size for cell in self._cells)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> Any:
        return self._cells[-1].output_size

    @property
    def variables(self) -> list[Any]:
        found = [v for cell in self._cells for v in cell.variables]
        return list(dict.fromkeys(found))

    weights = variables

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The tuple of the cells' zero states."""
        if not self._state_is_tuple:
            return super().zero_state(batch_size, dtype)
        return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)

    def call(self, inputs: Any, state: Any) -> Any:
        check_state("MultiRNNCell", state, self.state_size)
        if not self._state_is_tuple:
            state = ops.split(state, [cell.state_size for cell in self._cells], 1)
        output, states = inputs, []
        for k, (cell, before) in enumerate(zip(self._cells, state, strict=True)):
            with variable_scope(f"cell_{k}"):
                output, after = cell(output, before)
            states.append(after)
        return output, tuple(states) if self._state_is_tuple else ops.concat(states, 1)
