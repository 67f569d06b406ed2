"""What all convolutional layers share: where windows lie, the bias, and the activation."""

from __future__ import annotations

from typing import Any, ClassVar

from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras import activations
from deepkit.keras.backend.config import normalize_data_format
from deepkit.keras.base.input_spec import InputSpec
from deepkit.keras.base.layer import Layer
from deepkit.keras.layers.arguments import described, naming, numbers, padding_name, settle
from deepkit.layers.convolution import Window
from deepkit.layers.layouts import layout
from deepkit.layers.weights import Declared, make_weights

WINDOW = ("kernel_size", "strides", "padding", "data_format", "dilation_rate")
END = (
    "activation", "use_bias", "bias_initializer", "bias_regularizer", "activity_regularizer", "bias_constraint",
)


class Convolutional(Layer):
    """Base: activation(convolve(inputs)). A subclass declares its weights in weights_for and uses them in convolve.

    kernel_size, strides and dilation_rate are numbers or one for each of the `space` axes.
    """

    space: ClassVar[int] = 2
    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")

    def __init__(
        self, kernel_size: Any, strides: Any = 1, padding: str = "valid", data_format: str | None = None,
        dilation_rate: Any = 1, activation: Any = None, use_bias: bool = True, bias_initializer: Any = "zeros",
        bias_regularizer: Any = None, bias_constraint: Any = None, **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.kernel_size = numbers(kernel_size, self.space, "kernel_size")
        self.strides = numbers(strides, self.space, "strides")
        self.padding = padding_name(padding, type(self).__name__, self.paddings)
        self.data_format = normalize_data_format(data_format or ("channels_last" if self.space == 1 else None))
        self.dilation_rate = numbers(dilation_rate, self.space, "dilation_rate")
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ArgumentError(
                f"{type(self).__name__}: strides={self.strides} and dilation_rate={self.dilation_rate}",
                rule="a convolution either skips (strides > 1) or spreads its kernel (dilation_rate > 1)",
                hint="one convolution after the other does both",
            )
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        settle(self, bias=(bias_initializer, bias_regularizer, bias_constraint))
        self.bias: Any = None
        self.input_spec = InputSpec(ndim=self.space + 2)

    @property
    def channel_axis(self) -> int:
        """The axis of the channels, counted from the end."""
        return -1 - self.space if self.data_format == "channels_first" else -1

    @property
    def layout(self) -> str:
        """The data format as the ops call it, such as "NHWC"."""
        return layout(self.data_format, self.space)

    @property
    def window(self) -> Window:
        """How the kernel slides; causal: all zeros in front, so that no output sees a later input."""
        padding: Any = self.padding.upper()
        if self.padding == "causal":
            taps = zip(self.kernel_size, self.dilation_rate, strict=True)
            padding = [(dilation * (size - 1), 0) for size, dilation in taps]
        return Window(self.strides, padding, self.layout, self.dilation_rate)

    # ---- what subclasses define

    def weights_for(self, channels: int) -> list[Declared]:
        """The weights for inputs with so many channels."""
        raise TypeError(f"{type(self).__name__} does not define weights_for(channels)")

    def convolve(self, inputs: Any) -> Any:
        """The convolution with its bias, before the activation."""
        raise TypeError(f"{type(self).__name__} does not define convolve(inputs)")

    # ---- the layer

    def build(self, input_shape: Any) -> None:
        channels = input_shape[self.channel_axis]
        if channels is None:
            raise ShapeError(
                f"layer {self.name!r}: the number of channels of an input of shape {tuple(input_shape)} is not known",
                rule=f"the kernel's size depends on it; with {self.data_format} it is axis {self.channel_axis}",
                hint="input_shape=(28, 28, 1): rows, columns, channels",
            )
        make_weights(self, self.weights_for(int(channels)))
        self.input_spec = InputSpec(
            ndim=self.input_spec.ndim, min_ndim=self.input_spec.min_ndim, axes={self.channel_axis: int(channels)}
        )
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        with naming(self):
            outputs = self.convolve(inputs)
        return self.activation(outputs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, *WINDOW, *END)}
