"""Activations that are layers, because they have a setting or weights of their own."""

from __future__ import annotations

from typing import Any

from deepkit import ops
from deepkit.errors import ArgumentError
from deepkit.keras import backend
from deepkit.keras.base.input_spec import InputSpec
from deepkit.keras.base.layer import Layer
from deepkit.keras.layers.arguments import described, settle
from deepkit.layers.weights import Declared, make_weights

__all__ = ["ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax", "ThresholdedReLU"]


def _setting(value: Any, layer: str, what: str, least: float | None = None) -> float:
    """A number rounded to floatx(), as Keras keeps it."""
    if value is None or (least is not None and value < least):
        raise ArgumentError(
            f"{layer}: {what}={value!r}", rule="a number" + ("" if least is None else f" not below {least:g}")
        )
    return float(backend.cast_to_floatx(value))


class LeakyReLU(Layer):
    """x where x > 0, else alpha x: the slope below zero is small, but not zero."""

    def __init__(self, alpha: float = 0.3, **kwargs: Any):
        super().__init__(**kwargs)
        self.alpha = _setting(alpha, "LeakyReLU", "alpha")
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return backend.relu(inputs, alpha=self.alpha)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "alpha")}


class PReLU(Layer):
    """x where x > 0, else alpha x with a trained alpha for each feature.

    shared_axes: axes along which alpha is one number, [1, 2] for one alpha a channel of images.
    Source: K. He et al., ICCV 2015.
    """

    def __init__(
        self, alpha_initializer: Any = "zeros", alpha_regularizer: Any = None, alpha_constraint: Any = None,
        shared_axes: Any = None, **kwargs: Any,
    ):
        super().__init__(**kwargs)
        settle(self, alpha=(alpha_initializer, alpha_regularizer, alpha_constraint))
        self.alpha: Any = None
        listed = shared_axes if isinstance(shared_axes, (list, tuple)) else [shared_axes]
        self.shared_axes = None if shared_axes is None else list(listed)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        shared = self.shared_axes or []
        shape = [1 if axis in shared else n for axis, n in enumerate(input_shape)][1:]
        make_weights(self, [Declared("alpha", tuple(shape), "zeros")])
        axes = {axis: n for axis, n in enumerate(input_shape) if axis and axis not in shared} if shared else {}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=axes)
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        return ops.relu(inputs) - self.alpha * ops.relu(-inputs)

    def get_config(self) -> dict[str, Any]:
        own = described(self, "alpha_initializer", "alpha_regularizer", "alpha_constraint", "shared_axes")
        return {**super().get_config(), **own}


class ELU(Layer):
    """x where x > 0, else alpha (exp(x) - 1). Source: D.-A. Clevert et al., ICLR 2016."""

    def __init__(self, alpha: float = 1.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.alpha = _setting(alpha, "ELU", "alpha")
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return backend.elu(inputs, self.alpha)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "alpha")}


class ThresholdedReLU(Layer):
    """x where x > theta, else 0."""

    def __init__(self, theta: float = 1.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.theta = _setting(theta, "ThresholdedReLU", "theta", 0)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs * ops.cast(inputs > self.theta, inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "theta")}


class ReLU(Layer):
    """max_value where x >= max_value, x above the threshold, negative_slope (x - threshold) below it."""

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.max_value = None if max_value is None else _setting(max_value, "ReLU", "max_value", 0)
        self.negative_slope = _setting(negative_slope, "ReLU", "negative_slope", 0)
        self.threshold = _setting(threshold, "ReLU", "threshold", 0)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return backend.relu(inputs, self.negative_slope, self.max_value, self.threshold)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "max_value", "negative_slope", "threshold")}


class Softmax(Layer):
    """exp(x) / sum(exp(x)) along `axis` (or several axes); where a mask is False the result is 0."""

    def __init__(self, axis: Any = -1, **kwargs: Any):
        super().__init__(**kwargs)
        self.axis = axis
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is not None:
            far = -1e9 if inputs.dtype.name != "float16" else -3e4  # its exponential is 0
            inputs = inputs + (1.0 - ops.cast(mask, inputs.dtype)) * far
        several = isinstance(self.axis, (tuple, list))
        axis = self.axis[0] if several and len(self.axis) == 1 else tuple(self.axis) if several else self.axis
        return backend.softmax(inputs, axis)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "axis")}
