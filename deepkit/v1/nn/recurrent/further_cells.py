"""Further cells of tf.contrib.rnn: with layer normalization, with attention to the last outputs, with highways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit import ops
from deepkit.errors import ArgumentError, ShapeError
from deepkit.layers import recurrent
from deepkit.layers.recurrent import linear
from deepkit.train.initializers import Constant
from deepkit.v1.contrib.layers._other_norms import layer_norm
from deepkit.v1.framework.scopes import get_variable, variable_scope
from deepkit.v1.framework.tensor_array import flat
from deepkit.v1.nn import embedding_lookup
from deepkit.v1.nn.recurrent.base import RNNCell, activation_of, check_units, layer_in_scope
from deepkit.v1.nn.recurrent.cells import GatedMemoryCell
from deepkit.v1.nn.recurrent.states import LSTMStateTuple, check_cell, here, mapped
from deepkit.v1.nn.recurrent.wrappers import CellWrapper


class LayerNormBasicLSTMCell(GatedMemoryCell):
    """LSTM whose gates, candidate and memory are normalized over the units, with dropout of the candidate.

    Variables: kernel, and gamma and beta of input, transform, forget, output and state; without layer_norm kernel, bias.
    Sources: J. Ba et al., 2016 (arXiv 1607.06450); S. Semeniuta et al., 2016 (arXiv 1603.05118).
    """

    def __init__(
        self, num_units: int, forget_bias: float = 1.0, input_size: Any = None, activation: Any = None,
        layer_norm: bool = True, norm_gain: float = 1.0, norm_shift: float = 0.0, dropout_keep_prob: Any = 1.0,
        dropout_prob_seed: int | None = None, reuse: Any = None,
    ):
        super().__init__(_reuse=reuse)
        self._num_units, self._forget_bias = check_units("num_units", num_units), float(forget_bias)
        self._activation, self._layer_norm = activation_of(activation), layer_norm
        self._gain, self._shift = norm_gain, norm_shift
        self._keep_prob, self._seed = dropout_keep_prob, dropout_prob_seed

    def build(self, inputs_shape: Any) -> None:
        units = self._num_units
        if not self._layer_norm:
            self._kernel, self._bias = self._affine(4 * units)
            return
        (kernel,) = recurrent.joined_weights(self.depth, units, 4 * units, bias=False)
        self._kernel = self.add_variable(kernel.name, kernel.shape)
        for name in ("input", "transform", "forget", "output", "state"):
            self.add_variable(f"{name}/gamma", [units], initializer=Constant(self._gain))
            self.add_variable(f"{name}/beta", [units], initializer=Constant(self._shift))

    def _norm(self, x: Any, name: str) -> Any:
        return layer_norm(x, reuse=True, scope=name) if self._layer_norm else x

    def call(self, inputs: Any, state: Any) -> Any:
        c, h = state
        gates = linear([inputs, h], self._kernel, None if self._layer_norm else self._bias)
        names = ("input", "transform", "forget", "output")
        normed = [self._norm(x, name) for x, name in zip(ops.split(gates, 4, 1), names, strict=True)]
        candidate = self._activation(normed[1])
        if not isinstance(self._keep_prob, (int, float)) or self._keep_prob < 1:
            candidate = ops.dropout(candidate, self._keep_prob, seed=self._seed)
        h, c = recurrent.lstm(
            normed, c, self._activation, forget_bias=self._forget_bias, candidate=candidate,
            hold=lambda memory: self._norm(memory, "state"),
        )
        return h, LSTMStateTuple(c, h)


class AttentionCellWrapper(RNNCell):
    """A cell that attends to its own last attn_length outputs.

    State: (the cell's state, the last attention (batch, attn_size), the outputs (batch, attn_size * attn_length)).
    Source: J. Cheng et al., Long short-term memory-networks, 2016 (arXiv 1601.06733).
    """

    def __init__(
        self, cell: Any, attn_length: int, attn_size: int | None = None, attn_vec_size: int | None = None,
        input_size: int | None = None, state_is_tuple: bool = True, reuse: Any = None,
    ):
        super().__init__(_reuse=reuse)
        check_cell("AttentionCellWrapper", cell)
        if not state_is_tuple:
            raise ArgumentError(
                "AttentionCellWrapper(state_is_tuple=False)", rule="its state is a tuple", hint="leave the argument out"
            )
        self._cell, self._length = cell, check_units("attn_length", attn_length)
        self._size = cell.output_size if attn_size is None else attn_size
        self._vec_size = self._size if attn_vec_size is None else attn_vec_size
        self._input_size = input_size

    @property
    def state_size(self) -> Any:
        return (self._cell.state_size, self._size, self._size * self._length)

    @property
    def output_size(self) -> int:
        return self._size

    def call(self, inputs: Any, state: Any) -> Any:
        state, attention, kept = state
        kept = ops.reshape(kept, [-1, self._length, self._size])
        inputs = layer_in_scope([inputs, attention], self._input_size or inputs.shape.lengths[1])
        output, state = self._cell(inputs, state)
        attention = self._attend(ops.concat(flat(state), 1) if len(flat(state)) > 1 else flat(state)[0], kept)
        with variable_scope("attn_output_projection"):
            output = layer_in_scope([output, attention], self._size)
        kept = ops.concat([kept[:, 1:], ops.expand_dims(output, 1)], 1)
        return output, (state, attention, ops.reshape(kept, [-1, self._length * self._size]))

    def _attend(self, query: Any, kept: Any) -> Any:
        with variable_scope("attention"):
            kernel = get_variable("attn_w", [1, 1, self._size, self._vec_size])
            v = get_variable("attn_v", [self._vec_size])
            keys = ops.tensordot(kept, ops.reshape(kernel, [self._size, self._vec_size]), 1)
            score = ops.reduce_sum(v * ops.tanh(keys + ops.expand_dims(layer_in_scope([query], self._vec_size), 1)), 2)
        return ops.reduce_sum(ops.expand_dims(ops.softmax(score), 2) * kept, 1)


class HighwayWrapper(CellWrapper):
    """A cell with a gate that mixes its inputs into its output: inputs * carry + output * transform.

    carry = sigmoid(inputs @ carry_w + carry_b); transform is 1 - carry, or a gate of its own.
    Source: R. Srivastava et al., Highway networks, 2015 (arXiv 1505.00387).
    """

    def __init__(self, cell: Any, couple_carry_transform_gates: bool = True, carry_bias_init: float = 1.0):
        super().__init__(cell)
        self._coupled, self._carry_bias = couple_carry_transform_gates, carry_bias_init

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """One time step of the cell inside, with the highway around it."""
        output, state = self._cell(inputs, state) if scope is None else self._cell(inputs, state, scope)
        return mapped(self._mixed, inputs, output), state

    def _mixed(self, x: Any, y: Any) -> Any:
        if not x.shape.is_compatible_with(y.shape):
            raise ShapeError(
                f"HighwayWrapper: inputs {x.shape}, outputs {y.shape}", where=here(),
                rule="both are mixed, so they have one shape", hint="as many units as features",
            )
        carry = self._gate("carry", x, self._carry_bias)
        transform = 1 - carry if self._coupled else self._gate("transform", x, -self._carry_bias)
        return x * carry + y * transform

    def _gate(self, name: str, x: Any, bias: float) -> Any:
        size = x.shape.lengths[1]
        kernel = get_variable(f"{name}_w", [size, size], x.dtype)
        return ops.sigmoid(linear([x], kernel, get_variable(f"{name}_b", [size], x.dtype, Constant(bias))))


class EmbeddingWrapper(RNNCell):
    """A cell that reads class numbers (batch,) or (batch, 1): its inputs are rows of a variable `embedding`."""

    def __init__(
        self, cell: Any, embedding_classes: int, embedding_size: int, initializer: Callable[..., Any] | None = None,
        reuse: Any = None,
    ):
        super().__init__(_reuse=reuse)
        check_cell("EmbeddingWrapper", cell)
        self._cell, self._initializer = cell, initializer
        self._classes = check_units("embedding_classes", embedding_classes)
        self._size = check_units("embedding_size", embedding_size)

    @property
    def state_size(self) -> Any:
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        return self._cell.output_size

    def call(self, inputs: Any, state: Any) -> Any:
        from deepkit.v1.initializers import random_uniform

        start = self._initializer or random_uniform(-(3**0.5), 3**0.5)
        table = get_variable("embedding", [self._classes, self._size], flat(state)[0].dtype, start)
        return self._cell(embedding_lookup(table, ops.reshape(inputs, [-1])), state)
