"""Transposed convolutions, also called deconvolutions: strides enlarge what goes in."""

from __future__ import annotations

from typing import Any

from deepkit.errors import ArgumentError
from deepkit.keras.base.input_spec import InputSpec
from deepkit.keras.layers.arguments import described, numbers
from deepkit.keras.layers.convolutional.plain import Conv
from deepkit.layers.convolution import transposed_conv, transposed_conv_weights
from deepkit.layers.weights import Declared


class _Transposed(Conv):
    """Base: the transpose of the convolution that leads from the outputs to the inputs. kernel: (size..., out, in).

    "same" gives size * stride, "valid" max(kernel - stride, 0) more. output_padding, one number below the stride for
    each axis, chooses (size - 1) * stride + kernel - 2 * zeros + output_padding instead, where zeros is half the kernel
    for "same" and none for "valid".
    """

    def __init__(
        self, filters: int, kernel_size: Any, strides: Any = 1, padding: str = "valid", output_padding: Any = None,
        data_format: str | None = None, dilation_rate: Any = 1, activation: Any = None, use_bias: bool = True,
        **kwargs: Any,
    ):
        if kwargs.get("groups", 1) != 1:
            raise ArgumentError(
                f"{type(self).__name__}: groups={kwargs['groups']}", rule="no groups here", hint="groups=1"
            )
        super().__init__(
            filters, kernel_size, strides, padding, data_format, dilation_rate, activation=activation, use_bias=use_bias,
            **kwargs,
        )
        self.output_padding = None
        if output_padding is not None:
            self.output_padding = numbers(output_padding, self.space, "output_padding", 0)
            if any(more >= stride for more, stride in zip(self.output_padding, self.strides, strict=True)):
                raise ArgumentError(
                    f"{type(self).__name__}: output_padding={self.output_padding} with strides={self.strides}",
                    rule="output_padding chooses among the sizes that the stride joins: below the stride on each axis",
                )
        self.input_spec = InputSpec(ndim=self.space + 2)

    def weights_for(self, channels: int) -> list[Declared]:
        return transposed_conv_weights(self.kernel_size, channels, self.filters, self.use_bias)

    def convolve(self, inputs: Any) -> Any:
        return transposed_conv(inputs, self.kernel, self.bias, self.window, self.output_padding)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "output_padding")}


class Conv1DTranspose(_Transposed):
    """The transpose of Conv1D: (batch, steps, channels) -> (batch, steps * strides, filters)."""

    space = 1


class Conv2DTranspose(_Transposed):
    """The transpose of Conv2D: images grow by the strides.

    >>> import numpy as np
    >>> Conv2DTranspose(4, 3, strides=2, padding="same")(np.zeros([1, 7, 7, 8], "float32")).shape
    Shape([1, 14, 14, 4])
    """

    space = 2


class Conv3DTranspose(_Transposed):
    """The transpose of Conv3D: volumes grow by the strides."""

    space = 3

    def get_config(self) -> dict[str, Any]:
        return {key: value for key, value in super().get_config().items() if key != "dilation_rate"}
