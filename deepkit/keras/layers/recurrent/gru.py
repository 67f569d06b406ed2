"""GRU: one gate chooses between the old state and a new one, another forgets before the new one is made."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.keras import activations, backend
from deepkit.keras.layers.recurrent.base import OneCellRNN
from deepkit.keras.layers.recurrent.cells import Cell, Masks, one_op, products, under_mask
from deepkit.layers import recurrent


class GRUCell(Cell):
    """One step of a GRU: h_t = z h_(t-1) + (1 - z) g, where z and the reset gate r are recurrent_activation of
    (x_t @ kernel + h_(t-1) @ recurrent_kernel + bias), each with columns of its own. They stand in the order z, r, g.

    With reset_after g = activation(x_t @ kernel + r (h_(t-1) @ recurrent_kernel + bias)), and there is one bias for the
    inputs and one for the state, (2, 3 units); else g = activation(x_t @ kernel + (r h_(t-1)) @ recurrent_kernel).
    implementation: 1 drops inputs for each gate on its own, 2 for all gates at once.
    """

    gates = 3
    arguments = (*Cell.arguments, "recurrent_activation", "implementation", "reset_after")

    def __init__(
        self, units: int, activation: Any = "tanh", recurrent_activation: Any = "sigmoid", *args: Any,
        reset_after: bool = True, **kwargs: Any,
    ):
        implementation = kwargs.pop("implementation", 2)
        super().__init__(units, activation, *args, **kwargs)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.reset_after = reset_after
        self.implementation = 1 if self.recurrent_dropout else implementation

    @property
    def bias_form(self) -> recurrent.Biases:  # type: ignore[override]
        return "pair" if self.reset_after else "one"

    def mask_counts(self) -> tuple[int, int]:
        return (3 if self.implementation == 1 else 1), 3

    def call(self, inputs: Any, states: Any, training: Any = None) -> tuple[Any, Any]:
        many = isinstance(states, (list, tuple))
        h = states[0] if many else states
        x_masks, h_masks = self.masks_for(inputs, training)
        x_bias, h_bias = self.biases()
        gate = self.recurrent_activation
        kernel, recurrent_kernel = self.kernels()
        x_z, x_r, x_g = products(inputs, kernel, x_bias, x_masks, 3)
        if self.reset_after:
            h_z, h_r, h_g = products(h, recurrent_kernel, h_bias, h_masks, 3)

            def candidate(r: Any) -> Any:
                return self.activation(x_g + r * h_g)
        else:
            gates, last = ops.split(recurrent_kernel, [2 * self.units, self.units], 1)
            h_z, h_r = products(h, gates, None, h_masks[:2], 2)

            def candidate(r: Any) -> Any:
                return self.activation(x_g + backend.dot(r * (h * h_masks[2] if h_masks else h), last))

        h = recurrent.gru(gate(x_z + h_z), gate(x_r + h_r), h, candidate)
        return h, [h] if many else h

    def ops_know_activations(self) -> bool:
        return None not in (one_op(self.activation), one_op(self.recurrent_activation))

    def sequence(self, x: Any, states: list[Any], masks: Masks) -> list[Any]:
        x_bias, h_bias = self.biases()
        h = ops.gru(
            under_mask(x, masks[0]), *self.kernels(), x_bias, states[0], h_bias, self.reset_after,
            gate=str(one_op(self.recurrent_activation)), activation=str(one_op(self.activation)),
        )
        return [h]


class GRU(OneCellRNN):
    """A gated recurrent unit: (batch, steps, features) -> (batch, units), the state after the last step.

    What a step computes stands at GRUCell. dropout: the share of the inputs that is set to 0 while training;
    recurrent_dropout: that of the state. The other arguments are those of RNN.
    Source: K. Cho et al., EMNLP 2014; reset_after as cuDNN has it: N. Kalchbrenner et al., 2016.

    >>> import numpy as np
    >>> GRU(4)(np.ones([32, 10, 8], "float32")).shape
    Shape([32, 4])
    """

    cell_class = GRUCell

    def __init__(
        self, units: int, activation: Any = "tanh", recurrent_activation: Any = "sigmoid", use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros", kernel_regularizer: Any = None, recurrent_regularizer: Any = None,
        bias_regularizer: Any = None, activity_regularizer: Any = None, kernel_constraint: Any = None,
        recurrent_constraint: Any = None, bias_constraint: Any = None, dropout: float = 0.0,
        recurrent_dropout: float = 0.0, return_sequences: bool = False, return_state: bool = False,
        go_backwards: bool = False, stateful: bool = False, unroll: bool = False, time_major: bool = False,
        reset_after: bool = True, **kwargs: Any,
    ):
        super().__init__(locals())
