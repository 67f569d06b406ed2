"""Kinds of LSTM of tf.contrib.rnn: of images, with coupled gates, normalized weights or a clock, and the one a search found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from deepkit import ops
from deepkit.core.shape import Shape
from deepkit.errors import ArgumentError, ShapeError
from deepkit.layers import recurrent
from deepkit.layers.recurrent import mixed
from deepkit.train.initializers import Constant, Zeros
from deepkit.v1.contrib.layers._other_norms import layer_norm
from deepkit.v1.framework.scopes import get_variable, variable_scope
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.initializers import random_uniform
from deepkit.v1.nn.recurrent.base import LayerRNNCell, RNNCell, activation_of, check_units, layer_in_scope
from deepkit.v1.nn.recurrent.cells import GatedMemoryCell, LSTMCell
from deepkit.v1.nn.recurrent.states import LSTMStateTuple, check_state, here, mapped


class CoupledInputForgetGateLSTMCell(GatedMemoryCell):
    """An LSTM that writes where it forgets: c = f c + (1 - f) activation(j), so that it has three gates' kernels.

    Variables: W_0 (depth + outputs, 3 num_units) of j, f, o; B; W_F_diag and W_O_diag with peepholes; W_P_0 with num_proj;
    with layer_norm gamma and beta of transform, forget, output and state, and B is not added.
    Source: K. Greff et al., LSTM: a search space odyssey, 2015 (arXiv 1503.04069).
    """

    def __init__(
        self, num_units: int, use_peepholes: bool = False, initializer: Any = None, num_proj: int | None = None,
        proj_clip: float | None = None, num_unit_shards: int = 1, num_proj_shards: int = 1, forget_bias: float = 1.0,
        state_is_tuple: bool = True, activation: Any = ops.tanh, reuse: Any = None, layer_norm: bool = False,
        norm_gain: float = 1.0, norm_shift: float = 0.0,
    ):
        super().__init__(_reuse=reuse)
        if (num_unit_shards, num_proj_shards) != (1, 1):
            raise ArgumentError(f"{self.name}: shards", rule="a variable is kept in one piece", hint="leave them out")
        self._num_units = check_units("num_units", num_units)
        self._num_proj = None if num_proj is None else check_units("num_proj", num_proj)
        self._use_peepholes, self._proj_clip, self._forget_bias = use_peepholes, proj_clip, float(forget_bias)
        self._initializer, self._state_is_tuple = initializer, state_is_tuple
        self._activation, self._norms = activation_of(activation), layer_norm
        self._gain, self._shift = norm_gain, norm_shift

    def build(self, inputs_shape: Any) -> None:
        units = self._num_units
        self._kernel = self.add_variable("W_0", [self.depth + self.output_size, 3 * units])
        self._bias = self.add_variable("B", [3 * units], initializer=Zeros())
        for name in ("transform", "forget", "output", "state") if self._norms else ():
            self.add_variable(f"{name}/gamma", [units], initializer=Constant(self._gain))
            self.add_variable(f"{name}/beta", [units], initializer=Constant(self._shift))
        if self._use_peepholes:
            self._to_forget, self._to_output = (self.add_variable(f"W_{gate}_diag", [units]) for gate in "FO")
        if self._num_proj is not None:
            self._projection = self.add_variable("W_P_0", [units, self._num_proj])

    def _norm(self, x: Any, name: str) -> Any:
        return layer_norm(x, reuse=True, scope=name) if self._norms else x

    def call(self, inputs: Any, state: Any) -> Any:
        c, h = self.unpacked(state)
        parts = recurrent.linear([inputs, h], self._kernel, None if self._norms else self._bias)
        names = ("transform", "forget", "output")
        j, f, o = (self._norm(x, name) for x, name in zip(ops.split(parts, 3, 1), names, strict=True))
        f = f + self._forget_bias
        f = f + self._to_forget * c if self._use_peepholes else f
        c = self._norm(mixed(ops.sigmoid(f), c, self._activation(j)), "state")
        o = o + self._to_output * c if self._use_peepholes else o
        h = ops.sigmoid(o) * self._activation(c)
        if self._num_proj is not None:
            h = recurrent.projected(h, self._projection, self._proj_clip)
        return h, self.packed(c, h)


class WeightNormLSTMCell(LSTMCell):
    """An LSTM whose kernels' columns have a learned length: for x and h apart, column / |column| * norm.

    Variables, all below wn_lstm_cell/: those of LSTMCell, norm_0 and norm_1 (4 num_units), and projection/norm_0.
    Source: T. Salimans, D. Kingma, Weight normalization, 2016 (arXiv 1602.07868).
    """

    def __init__(
        self, num_units: int, norm: bool = True, use_peepholes: bool = False, cell_clip: float | None = None,
        initializer: Any = None, num_proj: int | None = None, proj_clip: float | None = None, forget_bias: float = 1,
        activation: Any = None, reuse: Any = None,
    ):
        super().__init__(
            num_units, use_peepholes, cell_clip, initializer, num_proj, proj_clip, forget_bias=forget_bias,
            activation=activation, reuse=reuse, name="wn_lstm_cell",
        )
        self._norms = norm

    def build(self, inputs_shape: Any) -> None:
        with variable_scope("wn_lstm_cell", initializer=self._initializer, auxiliary_name_scope=False):
            super().build(inputs_shape)
            if not self._norms:
                return
            rows = ops.split(self._kernel, [self.depth, self.output_size], 0)
            self._kernel = ops.concat([self._normed(r, f"norm_{k}") for k, r in enumerate(rows)], 0)
            if self._num_proj is not None:
                self._projection = self._normed(self._projection, "projection/norm_0")

    def _normed(self, kernel: Any, name: str) -> Any:
        return ops.l2_normalize(kernel, 0) * self.add_variable(name, [kernel.shape.lengths[1]])


class NASCell(GatedMemoryCell):
    """The cell that a search of architectures found: eight maps of x and of h, joined in a tree of functions.

    Variables: recurrent_kernel (outputs, 8 num_units), kernel (depth, 8 num_units), bias with use_biases, and
    projection_weights with num_proj. Source: B. Zoph, Q. Le, ICLR 2017 (arXiv 1611.01578).
    """

    def __init__(self, num_units: int, num_proj: int | None = None, use_biases: bool = False, reuse: Any = None, **options: Any):
        super().__init__(_reuse=reuse, **options)
        self._num_units, self._use_biases = check_units("num_units", num_units), use_biases
        self._num_proj = None if num_proj is None else check_units("num_proj", num_proj)

    def build(self, inputs_shape: Any) -> None:
        wide = 8 * self._num_units
        self._recurrent = self.add_variable("recurrent_kernel", [self.output_size, wide])
        self._kernel = self.add_variable("kernel", [self.depth, wide])
        if self._use_biases:
            self._bias = self.add_variable("bias", [wide], initializer=Zeros())
        if self._num_proj is not None:
            self._projection = self.add_variable("projection_weights", [self._num_units, self._num_proj])

    def call(self, inputs: Any, state: Any) -> Any:
        c, h = state
        of_h = ops.matmul(h, self._recurrent)
        of_h = ops.bias_add(of_h, self._bias) if self._use_biases else of_h
        x, m = ops.split(ops.matmul(inputs, self._kernel), 8, 1), ops.split(of_h, 8, 1)
        functions = (ops.sigmoid, ops.relu, ops.sigmoid, None, ops.tanh, ops.sigmoid, ops.tanh, ops.sigmoid)
        leaf = [ops.relu(x[3] * m[3]) if f is None else f(x[k] + m[k]) for k, f in enumerate(functions)]
        c = ops.tanh(ops.tanh(leaf[0] * leaf[1]) + c) * ops.tanh(leaf[2] + leaf[3])
        h = ops.tanh(c * ops.tanh(ops.tanh(leaf[4] * leaf[5]) + ops.sigmoid(leaf[6] + leaf[7])))
        h = h if self._num_proj is None else recurrent.projected(h, self._projection)
        return h, LSTMStateTuple(c, h)


class PhasedLSTMCell(RNNCell):
    """An LSTM whose units are open only in a part of a period of their own: cell((time (batch, 1), x), state).

    In its period p the gate k rises to 1 and falls to 0 while the share (time - phase) mod p / p is below ratio_on, and is
    leak times the share after that; the new state is k new + (1 - k) old. Variables: kernel and bias of mask_gates,
    new_input and output_gate; period (begins between period_init_min and _max), phase, ratio_on.
    Source: D. Neil et al., NIPS 2016 (arXiv 1610.09513).
    """

    def __init__(
        self, num_units: int, use_peepholes: bool = False, leak: Any = 0.001, ratio_on: float = 0.1,
        trainable_ratio_on: bool = True, period_init_min: float = 1.0, period_init_max: float = 1000.0, reuse: Any = None,
    ):
        super().__init__(_reuse=reuse)
        self._num_units, self._use_peepholes, self._leak = check_units("num_units", num_units), use_peepholes, leak
        self._ratio_on, self._learns_ratio = ratio_on, trainable_ratio_on
        self._periods = math.log(period_init_min), math.log(period_init_max)

    @property
    def state_size(self) -> LSTMStateTuple:
        return LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self) -> int:
        return self._num_units

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """(output, new state) of one step at `time` (batch, 1) with x (batch, depth): inputs = (time, x)."""
        state = mapped(constant_of, state)
        check_state(self.name, state, self.state_size)
        if not isinstance(inputs, (list, tuple)) or len(inputs) != 2:
            raise ArgumentError(
                f"{self.name}: inputs {inputs!r}", where=here(), rule="a pair: the time (batch, 1), and x (batch, depth)"
            )
        return super().__call__(tuple(constant_of(x) for x in inputs), state, scope)

    def call(self, inputs: Any, state: Any) -> Any:
        (time, x), (c, h) = inputs, state
        gates = ops.sigmoid(self._layer("mask_gates", [x, h, c], 2))
        write, keep = ops.split(gates, 2, 1)
        new_c = c * keep + write * ops.tanh(self._layer("new_input", [x, h], 1))
        new_h = ops.tanh(new_c) * ops.sigmoid(self._layer("output_gate", [x, h, new_c], 1))
        openness = self._openness(time)
        new_c, new_h = mixed(openness, new_c, c), mixed(openness, new_h, h)
        return new_h, LSTMStateTuple(new_c, new_h)

    def _layer(self, name: str, inputs: list[Any], gates: int) -> Any:
        """A gate's map; of the memory, the third of the inputs, only through peepholes."""
        with variable_scope(name):
            return layer_in_scope(inputs if self._use_peepholes else inputs[:2], gates * self._num_units)

    def _openness(self, time: Any) -> Any:
        """k (batch, num_units); the gradient passes through the remainder as if nothing were taken away."""
        period = get_variable("period", [self._num_units], initializer=self._first_periods)

        def first_phases(shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
            return random_uniform(0.0, 1.0)(shape, dtype) * period.initial_value

        phase = get_variable("phase", [self._num_units], initializer=first_phases)
        ratio = get_variable(
            "ratio_on", [self._num_units], initializer=Constant(self._ratio_on), trainable=self._learns_ratio
        )
        shifted, long = time - ops.cast(phase, time.dtype), ops.cast(period, time.dtype)
        share = (shifted + ops.stop_gradient(ops.floormod(shifted, long) - shifted)) / long
        share = ops.cast(share, ratio.dtype)
        rising = 2 * share / ratio
        closed = ops.where(ops.less(share, ratio), 2 - rising, self._leak * share)
        return ops.where(ops.less(share, 0.5 * ratio), rising, closed)

    def _first_periods(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        return ops.exp(random_uniform(*self._periods)(shape, dtype))


class ConvLSTMCell(LayerRNNCell):
    """An LSTM of images: its affine maps are convolutions, and its state (c, h) has their shape.

    input_shape: (lengths..., channels) without the batch, conv_ndims lengths; kernel_shape: the window's lengths. Output
    (batch, lengths..., output_channels); with skip_connection the inputs' channels beside them (the state is without).
    Variables: kernel (window..., channels + output_channels, 4 output_channels), biases.
    Source: X. Shi et al., 2015 (arXiv 1506.04214), without peepholes.
    """

    def __init__(
        self, conv_ndims: int, input_shape: Sequence[int], output_channels: int, kernel_shape: Sequence[int],
        use_bias: bool = True, skip_connection: bool = False, forget_bias: float = 1.0, initializers: Any = None,
        name: str | None = "conv_lstm_cell",
    ):
        super().__init__(name=name)
        self._channels = check_units("output_channels", output_channels)
        self._image, self._window = [int(n) for n in input_shape], [int(n) for n in kernel_shape]
        if len(self._image) - 1 != conv_ndims or len(self._window) != conv_ndims:
            raise ShapeError(
                f"{self.name}: input_shape {self._image}, kernel_shape {self._window}, {conv_ndims} axes of space",
                where=here(), rule="input_shape is the lengths of space and the channels, kernel_shape a length for each",
            )
        self._use_bias, self._skips, self._forget_bias = use_bias, skip_connection, float(forget_bias)

    @property
    def state_size(self) -> LSTMStateTuple:
        shape = Shape([*self._image[:-1], self._channels])
        return LSTMStateTuple(shape, shape)

    @property
    def output_size(self) -> Shape:
        return Shape([*self._image[:-1], self._channels + (self._image[-1] if self._skips else 0)])

    def _check_inputs(self, inputs: Any, rank: int) -> None:
        expected = (None, *self._image)
        if not inputs.shape.is_compatible_with(expected):
            raise ShapeError(
                f"{self.name}: inputs of shape {inputs.shape}", where=here(),
                rule=f"(batch, {', '.join(map(str, self._image))}), as input_shape says",
            )
        inputs.shape = inputs.shape.merge(expected)

    def build(self, inputs_shape: Any) -> None:
        wide = 4 * self._channels
        self._kernel = self.add_variable("kernel", [*self._window, self._image[-1] + self._channels, wide])
        if self._use_bias:
            self._bias = self.add_variable("biases", [wide], initializer=Zeros())

    def call(self, inputs: Any, state: Any) -> Any:
        c, h = state
        maps = ops.convolution(ops.concat([inputs, h], -1), self._kernel, "SAME")
        maps = maps + self._bias if self._use_bias else maps
        h, c = recurrent.lstm(ops.split(maps, 4, -1), c, forget_bias=self._forget_bias)
        return ops.concat([h, inputs], -1) if self._skips else h, LSTMStateTuple(c, h)


class Conv1DLSTMCell(ConvLSTMCell):
    """ConvLSTMCell of series: input_shape (length, channels)."""

    def __init__(self, name: str | None = "conv_1d_lstm_cell", **options: Any):
        super().__init__(conv_ndims=1, name=name, **options)


class Conv2DLSTMCell(ConvLSTMCell):
    """ConvLSTMCell of images: input_shape (height, width, channels)."""

    def __init__(self, name: str | None = "conv_2d_lstm_cell", **options: Any):
        super().__init__(conv_ndims=2, name=name, **options)


class Conv3DLSTMCell(ConvLSTMCell):
    """ConvLSTMCell of volumes: input_shape (depth, height, width, channels)."""

    def __init__(self, name: str | None = "conv_3d_lstm_cell", **options: Any):
        super().__init__(conv_ndims=3, name=name, **options)
