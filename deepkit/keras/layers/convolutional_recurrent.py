"""ConvLSTM: an LSTM over sequences of images, whose products are convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepkit import ops
from deepkit.core.shape import Shape
from deepkit.device import windows
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras import backend
from deepkit.keras.backend.config import normalize_data_format
from deepkit.keras.base.input_spec import InputSpec
from deepkit.keras.layers.arguments import naming, numbers, padding_name
from deepkit.keras.layers.recurrent.base import OneCellRNN
from deepkit.keras.layers.recurrent.cells import Cell, Masks, products
from deepkit.keras.layers.recurrent.lstm import LSTMCell
from deepkit.layers.recurrent import separate_weights
from deepkit.layers.weights import Declared

_CONVOLUTIONS = {1: backend.conv1d, 2: backend.conv2d, 3: backend.conv3d}
_WINDOW = ("filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate")


class ConvLSTMCell(LSTMCell):
    """One step of an LSTM on images: inputs and output are convolved with the kernels, everything else is as in LSTMCell.

    rank: the number of space axes. strides, padding and dilation_rate are those of the inputs' convolution.
    """

    arguments = (*_WINDOW, *Cell.arguments[1:], "recurrent_activation", "unit_forget_bias")

    def __init__(
        self, rank: int, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid",
        data_format: str | None = None, dilation_rate: Any = 1, **kwargs: Any,
    ):
        super().__init__(filters, implementation=1, **{"recurrent_activation": "hard_sigmoid", **kwargs})
        self.rank, self.filters = rank, self.units
        self.kernel_size = numbers(kernel_size, rank, "kernel_size")
        self.strides = numbers(strides, rank, "strides")
        self.padding = padding_name(padding, "ConvLSTM")
        self.data_format = normalize_data_format(data_format)
        self.dilation_rate = numbers(dilation_rate, rank, "dilation_rate")

    @property
    def axis(self) -> int:
        """The axis of the channels."""
        return 1 if self.data_format == "channels_first" else -1

    def image_of(self, input_shape: Any) -> Shape:
        """The shape of a state, without the batch, for inputs (batch, ...) of this shape."""
        first = self.data_format == "channels_first"
        space = input_shape[2:] if first else input_shape[1:-1]
        rows = zip(space, self.kernel_size, self.strides, self.dilation_rate, strict=True)
        lengths = [windows.count(n, k, s, d, self.padding.upper()) for n, k, s, d in rows]
        return Shape([self.filters, *lengths] if first else [*lengths, self.filters])

    def weights_for(self, input_shape: Any) -> list[Declared]:
        channels = input_shape[self.axis]
        if channels is None:
            raise ShapeError(
                f"ConvLSTM: the number of channels of inputs of shape {tuple(input_shape)} is not known",
                rule="the kernel's size depends on it", hint="input_shape=(steps, rows, columns, channels)",
            )
        return separate_weights(channels, self.filters, 4, "one" if self.use_bias else None, self.kernel_size)

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self._input_dims = input_shape[1:]
        self.state_size = [self.image_of(input_shape)] * 2
        self.output_size = self.state_size[0]

    def mask_dims(self) -> tuple[Sequence[int], Sequence[int]]:
        dims = list(self._input_dims), list(self.output_size.lengths)
        if (self.dropout or self.recurrent_dropout) and None in [*dims[0], *dims[1]]:
            raise ShapeError(
                f"ConvLSTM with dropout on images of shape {tuple(self._input_dims)}",
                rule="masks are drawn once for a whole sequence: the shape of an image must be known",
                hint="input_shape=(None, rows, columns, channels): only the number of steps may be left open",
            )
        return dims

    def is_whole(self, masks: Masks) -> bool:
        return False

    def from_inputs(self, x: Any, masks: Sequence[Any]) -> list[Any]:
        def convolve(image: Any, kernel: Any) -> Any:
            return _CONVOLUTIONS[self.rank](
                image, kernel, self.strides, self.padding, self.data_format, self.dilation_rate
            )

        return products(x, self.kernel, self.bias, masks, 4, convolve, self._add_bias, self.axis)

    def from_state(self, h: Any, masks: Sequence[Any]) -> list[Any]:
        def convolve(image: Any, kernel: Any) -> Any:
            return _CONVOLUTIONS[self.rank](image, kernel, (1,) * self.rank, "same", self.data_format)

        return products(h, self.recurrent_kernel, None, masks, 4, convolve, self._add_bias, self.axis)

    def _add_bias(self, x: Any, bias: Any) -> Any:
        return backend.bias_add(x, bias, data_format=self.data_format)


class ConvLSTM(OneCellRNN):
    """Base of the convolutional LSTMs; `space` is the number of axes of an image."""

    cell_class = ConvLSTMCell
    cell_in_names = False
    space = 2

    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid", data_format: str | None = None,
        dilation_rate: Any = 1, activation: Any = "tanh", recurrent_activation: Any = "hard_sigmoid",
        use_bias: bool = True, kernel_initializer: Any = "glorot_uniform", recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros", unit_forget_bias: bool = True, kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None, bias_regularizer: Any = None, activity_regularizer: Any = None,
        kernel_constraint: Any = None, recurrent_constraint: Any = None, bias_constraint: Any = None,
        return_sequences: bool = False, return_state: bool = False, go_backwards: bool = False,
        stateful: bool = False, dropout: float = 0.0, recurrent_dropout: float = 0.0, **kwargs: Any,
    ):
        super().__init__(locals())
        if self.unroll or self.time_major:
            raise ArgumentError(
                f"{type(self).__name__} has neither unroll nor time_major", rule="(batch, steps, ...image)"
            )
        self.input_spec = [InputSpec(ndim=self.space + 3)]

    def make_cell(self, **arguments: Any) -> Any:
        return self.cell_class(self.space, **arguments)

    def build(self, input_shape: Any) -> None:
        with naming(self):
            super().build(input_shape)

    def _sizes_for(self, shape: tuple[Any, ...]) -> tuple[Any, list[Any]]:
        image = self.cell.image_of((shape[0], *shape[2:]))
        return image, [image, image]

    def get_initial_state(self, inputs: Any) -> list[Any]:
        """Zeros: as many as a convolution of the inputs makes, also where their number is not known yet."""
        one = self.cell.from_inputs(ops.zeros_like(inputs[:, 0]), [])[0]
        return [ops.zeros_like(one)] * 2


class ConvLSTM1D(ConvLSTM):
    """An LSTM of rows: (batch, steps, width, channels) -> (batch, new width, filters). See ConvLSTM2D."""

    space = 1


class ConvLSTM2D(ConvLSTM):
    """An LSTM of images: (batch, steps, rows, columns, channels) -> (batch, new rows, new columns, filters).

    The products with the inputs and with the state are convolutions with kernels of kernel_size: the state keeps the
    picture. strides, padding and dilation_rate belong to the convolution of the inputs; that of the state keeps its size.
    The other arguments are those of LSTM; recurrent_activation is hard_sigmoid unless said otherwise.
    Source: X. Shi et al., NIPS 2015.

    >>> import numpy as np
    >>> ConvLSTM2D(4, 3, padding="same")(np.zeros([2, 3, 8, 8, 1], "float32")).shape
    Shape([2, 8, 8, 4])
    """


class ConvLSTM3D(ConvLSTM):
    """An LSTM of volumes: (batch, steps, planes, rows, columns, channels). See ConvLSTM2D."""

    space = 3


__all__ = ["ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"]
