"""The cells of tf.contrib.rnn that are made for speed: block LSTMs, one op for a whole sequence, and groups of units."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.errors import ArgumentError, ShapeError
from deepkit.layers import recurrent
from deepkit.train.initializers import Zeros
from deepkit.v1.framework.scopes import get_variable, get_variable_scope, variable_scope
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.nn.recurrent.base import activation_of, check_units
from deepkit.v1.nn.recurrent.cells import GatedMemoryCell, LSTMCell
from deepkit.v1.nn.recurrent.sequence import by_steps, lstm_over_time, runs_as_one_op
from deepkit.v1.nn.recurrent.states import LSTMStateTuple, batch_of, check_state, here, mapped, zeros_of


class LSTMBlockCell(LSTMCell):
    """An LSTM with the variables of LSTMCell. The gradient passes through a clipped memory as if it were not clipped."""

    peepholes = "ifo"
    clips_straight = True

    def __init__(
        self, num_units: int, forget_bias: float = 1.0, cell_clip: float | None = None, use_peephole: bool = False,
        dtype: Any = None, reuse: Any = None, name: str | None = "lstm_cell",
    ):
        clip = None if cell_clip is None or cell_clip <= 0 else cell_clip
        super().__init__(num_units, use_peephole, clip, forget_bias=forget_bias, reuse=reuse, name=name, dtype=dtype)


class LSTMBlockFusedCell(LSTMBlockCell):
    """An LSTM over a whole sequence at once: `outputs, state = cell(x, dtype=tf.float32)`, without dynamic_rnn.

    x: (time, batch, depth), or a list of (batch, depth). Without peepholes and clipping it is one op.
    """

    def __init__(
        self, num_units: int, forget_bias: float = 1.0, cell_clip: float | None = None, use_peephole: bool = False,
        reuse: Any = None, dtype: Any = None, name: str | None = "lstm_fused_cell",
    ):
        super().__init__(num_units, forget_bias, cell_clip, use_peephole, dtype, reuse, name)

    @property
    def num_units(self) -> int:
        return self._num_units

    def __call__(  # type: ignore[override]
        self, inputs: Any, initial_state: Any = None, dtype: Any = None, sequence_length: Any = None, scope: Any = None
    ) -> Any:
        """(outputs, last state): outputs (time, batch, num_units), or a list as the inputs; the state is (c, h)."""
        listed = isinstance(inputs, (list, tuple))
        x = ops.stack([constant_of(step) for step in inputs]) if listed else constant_of(inputs)
        if x.shape.rank not in (None, 3):
            raise ShapeError(
                f"{self.name}: inputs of shape {x.shape}", where=here(),
                rule="all time steps at once: (time, batch, depth), or a list of (batch, depth)",
            )
        if initial_state is None and dtype is None:
            raise ArgumentError(
                f"{self.name} without initial_state needs dtype", where=here(), rule="the first state is zeros of that type",
                hint="dtype=tf.float32",
            )
        state = (
            zeros_of(self.state_size, batch_of([x], 1), dtype)
            if initial_state is None
            else mapped(constant_of, initial_state)
        )
        check_state(self.name, state, self.state_size)
        lengths = None if sequence_length is None else ops.cast(constant_of(sequence_length), "int32")

        def run() -> tuple[Any, Any]:
            if runs_as_one_op(self):
                return lstm_over_time(self, x, state, lengths)
            return by_steps(self.call, x, state, lengths)

        outputs, last = self.in_scope(scope, x, run, rank=3)
        return ops.unstack(outputs, len(inputs)) if listed else outputs, last


class GLSTMCell(GatedMemoryCell):
    """LSTM whose units form groups that see only their own part of the inputs and of the state: fewer weights.

    Variables: group0/kernel ... (depth/groups + outputs/groups, 4 num_units/groups), bias_i, bias_j, bias_f, bias_o, and
    projection/kernel with num_proj. Source: O. Kuchaiev, B. Ginsburg, 2017 (arXiv 1703.10722).
    """

    def __init__(
        self, num_units: int, initializer: Any = None, num_proj: int | None = None, number_of_groups: int = 1,
        forget_bias: float = 1.0, activation: Any = None, reuse: Any = None,
    ):
        super().__init__(_reuse=reuse)
        self._num_units, self._groups = (
            check_units("num_units", num_units), check_units("number_of_groups", number_of_groups),
        )
        self._num_proj = None if num_proj is None else check_units("num_proj", num_proj)
        for what, number in (("num_units", self._num_units), ("num_proj", self._num_proj or 0)):
            self._check_groups(what, number)
        self._initializer, self._forget_bias = initializer, float(forget_bias)
        self._activation = activation_of(activation)

    def _check_groups(self, what: str, number: int) -> None:
        if number % self._groups:
            raise ArgumentError(
                f"GLSTMCell: {what} {number} with {self._groups} groups", where=here(),
                rule=f"each group has a part of {what}",
            )

    def call(self, inputs: Any, state: Any) -> Any:
        c, h = state
        self._check_groups("the number of features", self.depth)
        units = self._num_units // self._groups
        with variable_scope(get_variable_scope(), initializer=self._initializer, auxiliary_name_scope=False):
            parts = []
            xs, hs = ops.split(inputs, self._groups, 1), ops.split(h, self._groups, 1)
            for k, (x, own) in enumerate(zip(xs, hs, strict=True)):
                with variable_scope(f"group{k}"):
                    both = ops.concat([x, own], 1)
                    kernel = get_variable("kernel", [both.shape[1], 4 * units], both.dtype)
                    parts.append(ops.split(ops.matmul(both, kernel), 4, 1))
            gates = [
                ops.bias_add(
                    ops.concat(list(columns), 1), get_variable(f"bias_{gate}", [self._num_units], inputs.dtype, Zeros())
                )
                for gate, columns in zip("ijfo", zip(*parts, strict=True), strict=True)
            ]
            h, c = recurrent.lstm(
                gates, c, self._activation, forget_bias=self._forget_bias, candidate=ops.tanh(gates[1])
            )
            if self._num_proj is not None:
                h = ops.matmul(h, get_variable("projection/kernel", [self._num_units, self._num_proj], h.dtype))
        return h, LSTMStateTuple(c, h)
