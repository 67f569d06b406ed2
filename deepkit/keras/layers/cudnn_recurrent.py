"""CuDNNGRU and CuDNNLSTM: GRU and LSTM with the weights and the fixed functions of the cuDNN library, on any device."""

from __future__ import annotations

from typing import Any

from deepkit.keras.layers.recurrent.base import OneCellRNN
from deepkit.keras.layers.recurrent.cells import Cell
from deepkit.keras.layers.recurrent.gru import GRUCell
from deepkit.keras.layers.recurrent.lstm import LSTMCell

_ARGUMENTS = tuple(
    name for name in Cell.arguments if name not in ("activation", "use_bias", "dropout", "recurrent_dropout")
)


class CuDNNGRUCell(GRUCell):
    """A GRUCell whose two biases stand in one row (6 units)."""

    arguments, bias_form = _ARGUMENTS, "row"


class CuDNNLSTMCell(LSTMCell):
    """An LSTMCell with a bias for the inputs and one for the state, in one row (8 units); their sum is what counts."""

    arguments, bias_form = (*_ARGUMENTS, "unit_forget_bias"), "row"


class _CuDNN(OneCellRNN):
    """Base of both."""

    cell_in_names = False

    def get_config(self) -> dict[str, Any]:
        return {key: value for key, value in super().get_config().items() if key != "unroll"}


class CuDNNGRU(_CuDNN):
    """A GRU with tanh and sigmoid that resets after the product; its biases stand in one row (6 units).

    >>> import numpy as np
    >>> CuDNNGRU(4)(np.ones([32, 10, 8], "float32")).shape
    Shape([32, 4])
    """

    cell_class = CuDNNGRUCell

    def __init__(
        self, units: int, kernel_initializer: Any = "glorot_uniform", recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros", kernel_regularizer: Any = None, recurrent_regularizer: Any = None,
        bias_regularizer: Any = None, activity_regularizer: Any = None, kernel_constraint: Any = None,
        recurrent_constraint: Any = None, bias_constraint: Any = None, return_sequences: bool = False,
        return_state: bool = False, go_backwards: bool = False, stateful: bool = False, **kwargs: Any,
    ):
        super().__init__(locals())


class CuDNNLSTM(_CuDNN):
    """An LSTM with tanh and sigmoid, and biases for the inputs and for the state in one row (8 units).

    >>> import numpy as np
    >>> CuDNNLSTM(4)(np.ones([32, 10, 8], "float32")).shape
    Shape([32, 4])
    """

    cell_class = CuDNNLSTMCell

    def __init__(
        self, units: int, kernel_initializer: Any = "glorot_uniform", recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros", unit_forget_bias: bool = True, kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None, bias_regularizer: Any = None, activity_regularizer: Any = None,
        kernel_constraint: Any = None, recurrent_constraint: Any = None, bias_constraint: Any = None,
        return_sequences: bool = False, return_state: bool = False, go_backwards: bool = False,
        stateful: bool = False, **kwargs: Any,
    ):
        super().__init__(locals())


__all__ = ["CuDNNGRU", "CuDNNLSTM"]
