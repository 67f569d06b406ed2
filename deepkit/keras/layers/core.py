"""The layers that every network is made of: Dense, Activation, dropout, and those that only change shapes."""

from __future__ import annotations

import math
from typing import Any

from deepkit import ops
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras import activations, backend, regularizers
from deepkit.keras.backend.config import normalize_data_format
from deepkit.keras.backend.nested import kept
from deepkit.keras.backend.tensors import lengths
from deepkit.keras.base.input_spec import InputSpec
from deepkit.keras.base.layer import Layer
from deepkit.keras.layers.arguments import described, numbers, settle, share
from deepkit.keras.layers.lambda_layer import Lambda
from deepkit.layers import dense as _dense
from deepkit.layers import dropout as _dropout
from deepkit.layers.layouts import layout
from deepkit.layers.weights import make_weights

__all__ = [
    "Activation", "ActivityRegularization", "Dense", "Dropout", "Flatten", "Lambda", "Masking", "Permute",
    "RepeatVector", "Reshape", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D",
]


class Dense(Layer):
    """activation(x @ kernel + bias): (..., n) -> (..., units).

    >>> import numpy as np
    >>> layer = Dense(2, kernel_initializer="ones")
    >>> layer(np.array([[1.0, 2.0, 3.0]], "float32")).numpy().tolist()
    [[6.0, 6.0]]
    """

    def __init__(
        self, units: int, activation: Any = None, use_bias: bool = True, kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros", kernel_regularizer: Any = None, bias_regularizer: Any = None,
        activity_regularizer: Any = None, kernel_constraint: Any = None, bias_constraint: Any = None, **kwargs: Any,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        (self.units,) = numbers(int(units) if isinstance(units, float) else units, 1, "units")
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        settle(
            self, kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )
        self.supports_masking = True
        self.input_spec = InputSpec(min_ndim=2)
        self.kernel: Any = None
        self.bias: Any = None

    def build(self, input_shape: Any) -> None:
        features = input_shape[-1]
        make_weights(self, _dense.dense_weights(features, self.units, self.use_bias))
        self.input_spec = InputSpec(min_ndim=2, axes={-1: features})
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        return self.activation(_dense.dense(ops.cast(inputs, self.kernel.dtype), self.kernel, self.bias))

    def get_config(self) -> dict[str, Any]:
        own = described(
            self, "units", "activation", "use_bias", "kernel_initializer", "bias_initializer", "kernel_regularizer",
            "bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint",
        )
        return {**super().get_config(), **own}


class Activation(Layer):
    """A function of each number: a name such as "relu", or a function of a tensor."""

    def __init__(self, activation: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return self.activation(inputs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "activation")}


class ActivityRegularization(Layer):
    """The input itself; l1 sum(|x|) + l2 sum(x^2), divided by the batch size, is added to the loss."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any):
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1, self.l2 = l1, l2
        self.supports_masking = True

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "l1", "l2")}


class Masking(Layer):
    """Marks the time steps in which all features equal mask_value, so that later layers leave them out.

    (batch, steps, features) keeps its shape; the features of masked steps become 0. The mask is (batch, steps).
    """

    def __init__(self, mask_value: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.mask_value = mask_value
        self.supports_masking = True

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return backend.any(backend.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs: Any) -> Any:
        counts = backend.any(backend.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        return inputs * ops.cast(counts, inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "mask_value")}


# ---- dropout


class Dropout(Layer):
    """While training each number becomes 0 with probability `rate`; the others are divided by 1 - rate.

    noise_shape: the shape of the random mask, 1 along the axes where numbers stay or go together, None for the input's
    own length. Source: N. Srivastava et al., JMLR 15 (2014).
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.rate = share(rate, type(self).__name__)
        self.noise_shape, self.seed = kept(noise_shape), seed
        self.supports_masking = True

    def mask_shape(self, inputs: Any) -> Any:
        """The shape of the random mask, None for that of the inputs."""
        return self.noise_shape

    def call(self, inputs: Any, training: Any = None) -> Any:
        if isinstance(self.rate, (int, float)) and self.rate == 0:
            return inputs
        if isinstance(self.rate, (int, float)) and self.rate == 1:
            return backend.in_train_phase(lambda: ops.zeros_like(inputs), inputs, training)
        noise = self.mask_shape(inputs)
        return backend.in_train_phase(lambda: backend.dropout(inputs, self.rate, noise, self.seed), inputs, training)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "rate", "noise_shape", "seed")}


class _SpatialDropout(Dropout):
    """Base: whole feature maps stay or go. Source: J. Tompson et al., CVPR 2015."""

    space = 2

    def __init__(self, rate: float, data_format: str | None = None, **kwargs: Any):
        super().__init__(rate, **kwargs)
        self.data_format = normalize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.space + 2)

    def mask_shape(self, inputs: Any) -> Any:
        return _dropout.whole_channels(layout(self.data_format, self.space))


class SpatialDropout1D(_SpatialDropout):
    """Dropout of whole features of (batch, steps, features), for all steps at once."""

    space = 1

    def __init__(self, rate: float, **kwargs: Any):
        super().__init__(rate, "channels_last", **kwargs)


class SpatialDropout2D(_SpatialDropout):
    """Dropout of whole channels of images."""


class SpatialDropout3D(_SpatialDropout):
    """Dropout of whole channels of volumes."""

    space = 3


# ---- other shapes for the same numbers


class Flatten(Layer):
    """All numbers of an example as one row: (batch, ...) -> (batch, n).

    With data_format="channels_first" the row is that of the channels_last arrangement.
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = normalize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Any:
        if len(inputs.shape) == 1:
            return ops.expand_dims(inputs, 1)
        return _dense.flat(inputs, self.data_format == "channels_first")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "data_format")}


class Reshape(Layer):
    """The numbers of an example under another shape: (batch, ...) -> (batch, *target_shape).

    One entry of target_shape may be -1: what is left over.
    """

    def __init__(self, target_shape: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.target_shape = tuple(int(n) for n in target_shape)
        if sum(n < 0 for n in self.target_shape) > 1 or min(self.target_shape, default=1) < -1:
            raise ArgumentError(
                f"Reshape: target_shape={target_shape!r}", rule="lengths, of which one may be -1: what is left over",
                hint="the batch axis is not part of it: Reshape((28, 28, 1))",
            )

    def call(self, inputs: Any) -> Any:
        batch, *inner = lengths(inputs)
        target = list(self.target_shape)
        if all(isinstance(n, int) for n in inner):
            target = self._completed(inner)
            batch = -1 if 0 not in target else batch
        return ops.reshape(inputs, [batch, *target])

    def _completed(self, inner: list[int]) -> list[int]:
        """target_shape without -1, for examples of the shape `inner`."""
        size, known = math.prod(inner), math.prod(n for n in self.target_shape if n != -1)
        if known != size if -1 not in self.target_shape else known == 0 or size % known:
            raise ShapeError(
                f"layer {self.name!r}: an example of shape {tuple(inner)} cannot take the shape {self.target_shape}",
                rule=f"both hold the same numbers: {' * '.join(map(str, inner)) or 1} = {size}, target {known}",
                hint="target_shape leaves the batch axis out; one entry may be -1",
            )
        return [size // known if n == -1 else n for n in self.target_shape]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "target_shape")}


class Permute(Layer):
    """The axes of an example in another order, counted from 1: Permute((2, 1)) swaps the first two."""

    def __init__(self, dims: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ArgumentError(
                f"Permute: dims={dims!r}", rule="each axis once, counted from 1; the batch axis stays in front",
                hint=f"for {len(self.dims)} axes some order of {tuple(range(1, len(self.dims) + 1))}",
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Any) -> Any:
        return backend.permute_dimensions(inputs, (0, *self.dims))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "dims")}


class RepeatVector(Layer):
    """Each row n times: (batch, features) -> (batch, n, features)."""

    def __init__(self, n: int, **kwargs: Any):
        super().__init__(**kwargs)
        (self.n,) = numbers(n, 1, "n")
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Any) -> Any:
        return backend.repeat(inputs, self.n)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "n")}
