"""LSTM: a memory that three gates write, keep and read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepkit import ops
from deepkit.keras import activations
from deepkit.keras.initializers import Initializer
from deepkit.keras.layers.recurrent.base import OneCellRNN
from deepkit.keras.layers.recurrent.cells import Cell, Masks, one_op, products, under_mask
from deepkit.layers import recurrent


class UnitForgetBias(Initializer):
    """1 for the forget gate; the other biases start as `first` says. Source: R. Jozefowicz et al., ICML 2015.

    The bias ends with the forget gate, the memory and the output gate; `before` counts the parts in front of them.
    """

    def __init__(self, first: Any, before: int = 1):
        self.first, self.before = first, before

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        units = shape[0] // (self.before + 3)
        ahead, behind = (self.first((count * units,), dtype=dtype) for count in (self.before, 2))
        return ops.concat([ahead, ops.ones([units], dtype), behind], 0)


class LSTMCell(Cell):
    """One step of an LSTM; the states are the output h and the memory c.

    i, f, o = recurrent_activation of (x_t @ kernel + h_(t-1) @ recurrent_kernel + bias), each with columns of its own;
    c_t = f c_(t-1) + i activation(...); h_t = o activation(c_t). Columns stand in the order i, f, c, o.

    With unit_forget_bias the bias of the forget gate starts as 1: the memory lasts until the network learns to forget.
    implementation: 1 drops inputs for each gate on its own, 2 for all gates at once.
    """

    gates = 4
    arguments = (*Cell.arguments, "recurrent_activation", "unit_forget_bias", "implementation")

    def __init__(
        self, units: int, activation: Any = "tanh", recurrent_activation: Any = "sigmoid", use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros", unit_forget_bias: bool = True, *args: Any, **kwargs: Any,
    ):
        implementation = kwargs.pop("implementation", 2)
        super().__init__(
            units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer, *args, **kwargs
        )
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias
        self.implementation = 1 if self.recurrent_dropout else implementation
        self.state_size = [self.units, self.units]

    def first_bias(self) -> Any:
        before = 5 if self.bias_form == "row" else 1
        return UnitForgetBias(self.bias_initializer, before) if self.unit_forget_bias else self.bias_initializer

    def mask_counts(self) -> tuple[int, int]:
        return (4 if self.implementation == 1 else 1), 4

    def whole_bias(self) -> Any:
        """What is added to the gates, (4 units); None if there is no bias."""
        for_inputs, for_state = self.biases()
        return for_inputs if for_state is None else for_inputs + for_state

    def from_inputs(self, x: Any, masks: Sequence[Any]) -> list[Any]:
        """What the inputs contribute to the gates i, f, c, o."""
        return products(x, self.kernels()[0], self.whole_bias(), masks, 4)

    def from_state(self, h: Any, masks: Sequence[Any]) -> list[Any]:
        """What the last output contributes to them."""
        return products(h, self.kernels()[1], None, masks, 4)

    def call(self, inputs: Any, states: Any, training: Any = None) -> tuple[Any, Any]:
        h, c = states
        x_masks, h_masks = self.masks_for(inputs, training)
        from_x, from_h = self.from_inputs(inputs, x_masks), self.from_state(h, h_masks)
        i, f, j, o = (a + b for a, b in zip(from_x, from_h, strict=True))
        h, c = recurrent.lstm([i, j, f, o], c, self.activation, self.recurrent_activation)
        return h, [h, c]

    def ops_know_activations(self) -> bool:
        return one_op(self.activation) == "tanh" and one_op(self.recurrent_activation) in ("sigmoid", "hard_sigmoid")

    def sequence(self, x: Any, states: list[Any], masks: Masks) -> list[Any]:
        h, c = states
        kernel, recurrent_kernel = self.kernels()
        z = ops.tensordot(under_mask(x, masks[0]), _in_op_order(kernel), 1)
        bias = self.whole_bias()
        z = z if bias is None else ops.bias_add(z, _in_op_order(bias))
        gate = str(one_op(self.recurrent_activation))
        return list(ops.lstm_of_gates(z, _in_op_order(recurrent_kernel), c, h, gate))


def _in_op_order(weights: Any) -> Any:
    """Columns for the gates i, f, c, o as i, c, f, o: the order in which the op takes them."""
    return recurrent.reordered(weights, [0, 2, 1, 3])


class LSTM(OneCellRNN):
    """A long short-term memory: (batch, steps, features) -> (batch, units), the output after the last step.

    What a step computes stands at LSTMCell. With return_state the result is [output, h, c]. dropout: the share of the
    inputs that is set to 0 while training; recurrent_dropout: that of the state. The other arguments are those of RNN.
    Source: S. Hochreiter, J. Schmidhuber, 1997; forget gate: F. Gers et al., 1999.

    >>> import numpy as np
    >>> LSTM(4)(np.ones([32, 10, 8], "float32")).shape
    Shape([32, 4])
    >>> [x.shape for x in LSTM(4, return_sequences=True, return_state=True)(np.ones([32, 10, 8], "float32"))]
    [Shape([32, 10, 4]), Shape([32, 4]), Shape([32, 4])]
    """

    cell_class = LSTMCell

    def __init__(
        self, units: int, activation: Any = "tanh", recurrent_activation: Any = "sigmoid", use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros", unit_forget_bias: bool = True, kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None, bias_regularizer: Any = None, activity_regularizer: Any = None,
        kernel_constraint: Any = None, recurrent_constraint: Any = None, bias_constraint: Any = None,
        dropout: float = 0.0, recurrent_dropout: float = 0.0, return_sequences: bool = False,
        return_state: bool = False, go_backwards: bool = False, stateful: bool = False, time_major: bool = False,
        unroll: bool = False, **kwargs: Any,
    ):
        super().__init__(locals())
