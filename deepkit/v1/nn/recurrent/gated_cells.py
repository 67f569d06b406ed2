"""Cells of tf.contrib.rnn with few gates, with independent units, or with a step that a search found."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.errors import ShapeError
from deepkit.layers.recurrent import linear, lstm, mixed
from deepkit.train.initializers import Constant, GlorotUniform, Ones, RandomUniform, Zeros
from deepkit.v1.framework.scopes import get_variable_scope, variable_scope
from deepkit.v1.initializers import get as initializer_of
from deepkit.v1.nn.recurrent.base import LayerRNNCell, activation_of, check_units, layer_in_scope
from deepkit.v1.nn.recurrent.cells import GatedMemoryCell, GRUCell
from deepkit.v1.nn.recurrent.states import LSTMStateTuple, here


class _OneState(LayerRNNCell):
    """Base of the cells whose state is one tensor (batch, num_units), with a kernel, a bias and an activation."""

    def __init__(
        self, num_units: int, activation: Any = None, kernel_initializer: Any = None, bias_initializer: Any = None,
        **options: Any,
    ):
        super().__init__(**options)
        self._num_units, self._activation = check_units("num_units", num_units), activation_of(activation)
        self._kernel_initializer, self._bias_initializer = kernel_initializer, bias_initializer

    @property
    def state_size(self) -> int:
        return self._num_units

    output_size = state_size


class UGRNNCell(_OneState):
    """One update gate: g, c = [x, h] @ kernel + bias; new h = g h + (1 - g) activation(c), g = sigmoid(g + forget_bias).

    Variables: kernel (depth + num_units, 2 num_units), bias. Source: J. Collins et al., 2017 (arXiv 1611.09913).
    """

    def __init__(
        self, num_units: int, initializer: Any = None, forget_bias: float = 1.0, activation: Any = None, reuse: Any = None
    ):
        super().__init__(num_units, activation, initializer, _reuse=reuse)
        self._forget_bias = float(forget_bias)

    def build(self, inputs_shape: Any) -> None:
        self._kernel, self._bias = self._affine(2 * self._num_units, kernel=self._kernel_initializer)

    def call(self, inputs: Any, state: Any) -> Any:
        g, c = ops.split(linear([inputs, state], self._kernel, self._bias), 2, 1)
        new = mixed(ops.sigmoid(g + self._forget_bias), state, self._activation(c))
        return new, new


class IntersectionRNNCell(_OneState):
    """Gates in time and in depth, for deep stacks: gh, h, gy, y = [x, state] @ kernel + bias, and with the gates' sigmoids

        new state = gh state + (1 - gh) tanh(h),    output = gy x + (1 - gy) y_activation(y).

    x has num_units features; num_in_proj=num_units projects others (in_projection/kernel, bias).
    Source: J. Collins et al., 2017 (arXiv 1611.09913).
    """

    def __init__(
        self, num_units: int, num_in_proj: int | None = None, initializer: Any = None, forget_bias: float = 1.0,
        y_activation: Any = ops.relu, reuse: Any = None,
    ):
        super().__init__(num_units, y_activation, initializer, _reuse=reuse)
        self._projects, self._forget_bias = bool(num_in_proj), float(forget_bias)

    def call(self, inputs: Any, state: Any) -> Any:
        units = self._num_units
        with variable_scope(get_variable_scope(), initializer=self._kernel_initializer, auxiliary_name_scope=False):
            if self.depth != units:
                if not self._projects:
                    raise ShapeError(
                        f"{self.name}: {self.depth} features for {units} units", where=here(),
                        rule="the inputs are mixed into the output, so both are equally many",
                        hint=f"num_in_proj={units} in the first layer",
                    )
                with variable_scope("in_projection"):
                    inputs = layer_in_scope([inputs], units)
            gate_h, h, gate_y, y = ops.split(layer_in_scope([inputs, state], 4 * units), 4, 1)
        new_state = mixed(ops.sigmoid(gate_h + self._forget_bias), state, ops.tanh(h))
        return mixed(ops.sigmoid(gate_y + self._forget_bias), inputs, self._activation(y)), new_state


class SRUCell(_OneState):
    """The state meets no matrix: z, f, r, skip = x @ kernel; f and r get the bias and a sigmoid; then

        c = f c + (1 - f) z,    output = r activation(c) + (1 - r) skip.

    Variables: kernel (depth, 4 num_units), bias (2 num_units). Source: T. Lei et al., 2017 (arXiv 1709.02755).
    """

    def __init__(self, num_units: int, activation: Any = None, reuse: Any = None, name: str | None = None, **options: Any):
        super().__init__(num_units, activation, _reuse=reuse, name=name, **options)

    def build(self, inputs_shape: Any) -> None:
        self._kernel = self.add_variable("kernel", [self.depth, 4 * self._num_units])
        self._bias = self.add_variable("bias", [2 * self._num_units], initializer=Zeros())

    def call(self, inputs: Any, state: Any) -> Any:
        units = self._num_units
        z, gates, skip = ops.split(ops.matmul(inputs, self._kernel), [units, 2 * units, units], 1)
        forget, read = ops.split(ops.sigmoid(ops.bias_add(gates, self._bias)), 2, 1)
        c = mixed(forget, state, z)
        return mixed(read, self._activation(c), skip), c


class MinimalRNNCell(_OneState):
    """z = activation(x @ Kx); u = sigmoid([z, h] @ Kg + bias); output = new h = u h + (1 - u) z.

    Variables: kernel (depth + 2 units, units), Kx above Kg; bias (begins at 1). Source: M. Chen et al., ICML 2018.
    """

    def __init__(
        self, units: int, activation: Any = "tanh", kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "ones", name: str | None = None, dtype: Any = None, **options: Any,
    ):
        super().__init__(units, activation, kernel_initializer, bias_initializer, name=name, dtype=dtype, **options)

    def build(self, inputs_shape: Any) -> None:
        units = self._num_units
        self._kernel = self.add_variable("kernel", [self.depth + 2 * units, units], initializer=self._start("kernel"))
        self._bias = self.add_variable("bias", [units], initializer=self._start("bias"))

    def _start(self, what: str) -> Any:
        given = self._kernel_initializer if what == "kernel" else self._bias_initializer
        named = {"glorot_uniform": GlorotUniform, "ones": Ones}
        return named[given]() if given in named else initializer_of(given)

    def call(self, inputs: Any, state: Any) -> Any:
        for_x, for_gate = ops.split(self._kernel, [self.depth, 2 * self._num_units], 0)
        z = self._activation(ops.matmul(inputs, for_x))
        new = mixed(ops.sigmoid(linear([z, state], for_gate, self._bias)), state, z)
        return new, new


class CFNCell(MinimalRNNCell):
    """No chaos: new h = a activation(h) + (1 - b) activation(x @ W), a and b = sigmoid(h @ U + x @ V + bias).

    Variables: kernel (depth, 3 units), V beside W; recurrent_kernel (units, 2 units); bias (begins at 1).
    Source: T. Laurent, J. von Brecht, A recurrent neural network without chaos, ICLR 2017, with 1 - b as input gate.
    """

    def build(self, inputs_shape: Any) -> None:
        units, made = self._num_units, self._start("kernel")
        self._kernel = self.add_variable("kernel", [self.depth, 3 * units], initializer=made)
        self._recurrent = self.add_variable("recurrent_kernel", [units, 2 * units], initializer=made)
        self._bias = self.add_variable("bias", [2 * units], initializer=self._start("bias"))

    def call(self, inputs: Any, state: Any) -> Any:
        for_gates, candidate = ops.split(ops.matmul(inputs, self._kernel), [2 * self._num_units, self._num_units], 1)
        gates = ops.bias_add(ops.matmul(state, self._recurrent) + for_gates, self._bias)
        keep, block = ops.split(ops.sigmoid(gates), 2, 1)
        new = keep * self._activation(state) + (1 - block) * self._activation(candidate)
        return new, new


# ---- independent units: each sees of the state only its own number


class _Independent(LayerRNNCell):
    """Base of the cells whose recurrent kernel is a row: x @ kernel + h * kernel_u + bias."""

    _kernel_initializer: Any = None
    _bias_initializer: Any = None

    def _own(self, width: int, prefix: str = "", kernel: str = "kernel_w", bias: Any = None) -> tuple[Any, ...]:
        """The variables of an affine map whose state meets no matrix: kernel (depth, width), row (1, width), bias (width)."""
        if self._bias_initializer is not None:
            bias = self._bias_initializer
        return (
            self.add_variable(prefix + kernel, [self.depth, width], initializer=self._kernel_initializer),
            self.add_variable(f"{prefix}kernel_u", [1, width], initializer=RandomUniform(-1.0, 1.0)),
            self.add_variable(f"{prefix}bias", [width], initializer=Zeros() if bias is None else bias),
        )


def _by_rows(x: Any, h: Any, weights: tuple[Any, ...]) -> Any:
    """x @ kernel + h * row + bias; h (batch, n) stands beside itself for each gate of a row (1, gates n)."""
    kernel, row, bias = weights
    gates = row.shape.lengths[1] // h.shape.lengths[1]
    beside = ops.tile(h, [1, gates]) if gates > 1 else h
    return ops.bias_add(ops.matmul(x, kernel) + beside * row, bias)


class IndRNNCell(_Independent, _OneState):
    """output = new h = activation(x @ kernel_w + h * kernel_u + bias): each unit remembers by itself.

    Variables: kernel_w (depth, num_units), kernel_u (1, num_units), bias. Source: S. Li et al., 2018 (arXiv 1803.04831).
    """

    def __init__(
        self, num_units: int, activation: Any = None, reuse: Any = None, name: str | None = None, dtype: Any = None
    ):
        super().__init__(num_units, activation, _reuse=reuse, name=name, dtype=dtype)

    def build(self, inputs_shape: Any) -> None:
        self._map = self._own(self._num_units)

    def call(self, inputs: Any, state: Any) -> Any:
        output = self._activation(_by_rows(inputs, state, self._map))
        return output, output


class IndyGRUCell(_Independent, GRUCell):
    """A GRU of independent units: h reaches the gates and the candidate through a row instead of a matrix.

    Variables: gates/kernel_w, gates/kernel_u, gates/bias (begins at 1), candidate/kernel, candidate/kernel_u,
    candidate/bias. Source: after S. Li et al., 2018 (arXiv 1803.04831).
    """

    def __init__(
        self, num_units: int, activation: Any = None, reuse: Any = None, kernel_initializer: Any = None,
        bias_initializer: Any = None, name: str | None = None, dtype: Any = None,
    ):
        super().__init__(num_units, activation, reuse, kernel_initializer, bias_initializer, name, dtype)

    def build(self, inputs_shape: Any) -> None:
        self._gates = self._own(2 * self._num_units, "gates/", bias=Constant(1.0))
        self._candidate = self._own(self._num_units, "candidate/", "kernel")

    def call(self, inputs: Any, state: Any) -> Any:
        reset, update = ops.split(ops.sigmoid(_by_rows(inputs, state, self._gates)), 2, 1)
        new = mixed(update, state, self._activation(_by_rows(inputs, reset * state, self._candidate)))
        return new, new


class IndyLSTMCell(_Independent, GatedMemoryCell):
    """An LSTM of independent units: i, j, f, o = x @ kernel_w + h * kernel_u + bias, h beside itself four times.

    Variables: kernel_w (depth, 4 num_units), kernel_u (1, 4 num_units), bias. Source: P. Gonnet, T. Deselaers, 2019
    (arXiv 1903.08023).
    """

    def __init__(
        self, num_units: int, forget_bias: float = 1.0, activation: Any = None, reuse: Any = None,
        kernel_initializer: Any = None, bias_initializer: Any = None, name: str | None = None, dtype: Any = None,
    ):
        super().__init__(name=name, dtype=dtype, _reuse=reuse)
        self._num_units, self._forget_bias = check_units("num_units", num_units), float(forget_bias)
        self._activation = activation_of(activation)
        self._kernel_initializer, self._bias_initializer = kernel_initializer, bias_initializer

    def build(self, inputs_shape: Any) -> None:
        self._map = self._own(4 * self._num_units)

    def call(self, inputs: Any, state: Any) -> Any:
        c, h = state
        gates = ops.split(_by_rows(inputs, h, self._map), 4, 1)
        h, c = lstm(gates, c, self._activation, forget_bias=self._forget_bias)
        return h, LSTMStateTuple(c, h)
