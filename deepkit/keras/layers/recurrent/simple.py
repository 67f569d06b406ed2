"""SimpleRNN: the output of a step is the state of the next one."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.keras import backend
from deepkit.keras.layers.recurrent.base import OneCellRNN
from deepkit.keras.layers.recurrent.cells import Cell, Masks, one_op, products, under_mask


class SimpleRNNCell(Cell):
    """One step: h_t = activation(x_t @ kernel + h_(t-1) @ recurrent_kernel + bias).

    >>> import numpy as np
    >>> cell = SimpleRNNCell(2, kernel_initializer="ones", activation="linear")
    >>> output, states = cell(np.ones([1, 3], "float32"), [np.zeros([1, 2], "float32")])
    >>> output.numpy().tolist()
    [[3.0, 3.0]]
    """

    def call(self, inputs: Any, states: Any, training: Any = None) -> tuple[Any, Any]:
        many = isinstance(states, (list, tuple))
        h = states[0] if many else states
        x_masks, h_masks = self.masks_for(inputs, training)
        z = products(inputs, self.kernel, self.bias, x_masks, 1)[0]
        h = self.activation(z + backend.dot(h * h_masks[0] if h_masks else h, self.recurrent_kernel))
        return h, [h] if many else h

    def sequence(self, x: Any, states: list[Any], masks: Masks) -> list[Any]:
        x, activation = under_mask(x, masks[0]), one_op(self.activation)
        return [ops.simple_rnn(x, self.kernel, self.recurrent_kernel, self.bias, states[0], str(activation))]


class SimpleRNN(OneCellRNN):
    """A simple recurrent network: (batch, steps, features) -> (batch, units), the state after the last step.

    h_t = activation(x_t @ kernel + h_(t-1) @ recurrent_kernel + bias). dropout: the share of the inputs that is set to
    0 while training; recurrent_dropout: that of the state. The other arguments are those of RNN.
    Source: J. Elman, Finding structure in time, 1990.

    >>> import numpy as np
    >>> SimpleRNN(4)(np.ones([32, 10, 8], "float32")).shape
    Shape([32, 4])
    >>> SimpleRNN(4, return_sequences=True)(np.ones([32, 10, 8], "float32")).shape
    Shape([32, 10, 4])
    """

    cell_class = SimpleRNNCell

    def __init__(
        self, units: int, activation: Any = "tanh", use_bias: bool = True, kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal", bias_initializer: Any = "zeros", kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None, bias_regularizer: Any = None, activity_regularizer: Any = None,
        kernel_constraint: Any = None, recurrent_constraint: Any = None, bias_constraint: Any = None,
        dropout: float = 0.0, recurrent_dropout: float = 0.0, return_sequences: bool = False,
        return_state: bool = False, go_backwards: bool = False, stateful: bool = False, unroll: bool = False,
        **kwargs: Any,
    ):
        super().__init__(locals())
