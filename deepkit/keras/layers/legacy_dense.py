"""Layers of Keras 1 that Keras 2 only kept for old programs: Highway, MaxoutDense, and convolutions with holes."""

from __future__ import annotations

import warnings
from typing import Any

from deepkit import ops
from deepkit.keras import activations, backend, initializers, registry
from deepkit.keras.base.input_spec import InputSpec
from deepkit.keras.base.layer import Layer
from deepkit.keras.layers.arguments import described, numbers, settle
from deepkit.keras.layers.convolutional import Conv1D, Conv2D


class _OldDense(Layer):
    """What both dense layers share: Keras 1's words for their weights W and b, and inputs of two axes."""

    def __init__(
        self, init: Any, weights: Any, W_regularizer: Any, b_regularizer: Any, activity_regularizer: Any,
        W_constraint: Any, b_constraint: Any, bias: bool, input_dim: int | None, kwargs: dict[str, Any],
    ):
        if input_dim:
            kwargs["input_shape"] = (input_dim,)
        super().__init__(weights=weights, activity_regularizer=activity_regularizer, **kwargs)
        self.init = initializers.get(init)
        self.bias, self.input_dim = bias, input_dim
        settle(self, W=(init, W_regularizer, W_constraint), b=("zeros", b_regularizer, b_constraint))
        self.input_spec = InputSpec(ndim=2)
        self.W: Any = None
        self.b: Any = None

    def _make_W(self, shape: tuple[int, ...]) -> None:
        self.W = self.add_weight("W", shape, None, self.init, self.W_regularizer, True, self.W_constraint)

    def _make_b(self, shape: tuple[int, ...]) -> None:
        self.b = self.add_weight("b", shape, None, "zeros", self.b_regularizer, True, self.b_constraint)

    def build(self, input_shape: Any) -> None:
        self.input_spec = InputSpec(shape=(None, input_shape[-1]))
        super().build(input_shape)

    def get_config(self) -> dict[str, Any]:
        names = ("W_regularizer", "b_regularizer", "activity_regularizer", "W_constraint", "b_constraint", "bias", "input_dim")
        own = {"init": registry.serialize_keras_object(self.init), **described(self, *names)}
        return {**super().get_config(), **own}


class Highway(_OldDense):
    """T(x) activation(x W + b) + (1 - T(x)) x with T(x) = sigmoid(x W_carry + b_carry): (batch, n) -> (batch, n).

    b_carry starts at 1: a new layer changes most of what goes through it.
    Source: R. Srivastava et al., Highway networks, 2015 (arXiv 1505.00387).

    >>> import numpy as np
    >>> layer = Highway(init="zeros")
    >>> [[format(y, ".3f") for y in row] for row in layer(np.array([[1.0, 2.0]], "float32")).numpy()]
    [['0.269', '0.538']]
    """

    def __init__(
        self, init: Any = "glorot_uniform", activation: Any = None, weights: Any = None, W_regularizer: Any = None,
        b_regularizer: Any = None, activity_regularizer: Any = None, W_constraint: Any = None, b_constraint: Any = None,
        bias: bool = True, input_dim: int | None = None, **kwargs: Any,
    ):
        kwargs.pop("transform_bias", None)
        super().__init__(
            init, weights, W_regularizer, b_regularizer, activity_regularizer, W_constraint, b_constraint, bias,
            input_dim, kwargs,
        )
        self.activation = activations.get(activation)
        self.W_carry: Any = None
        self.b_carry: Any = None

    def build(self, input_shape: Any) -> None:
        n = input_shape[-1]
        self._make_W((n, n))
        self.W_carry = self.add_weight("W_carry", (n, n), None, self.init)
        if self.bias:
            self._make_b((n,))
            self.b_carry = self.add_weight("b_carry", (n,), None, "ones")
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        changed, share = ops.matmul(inputs, self.W), ops.matmul(inputs, self.W_carry)
        if self.bias:
            changed, share = changed + self.b, share + self.b_carry
        share = activations.sigmoid(share)
        return share * self.activation(changed) + (1 - share) * inputs

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "activation")}


class MaxoutDense(_OldDense):
    """The largest of `nb_feature` linear functions: (batch, n) -> (batch, output_dim).

    W has shape (nb_feature, n, output_dim), b (nb_feature, output_dim).
    Source: I. Goodfellow et al., Maxout networks, ICML 2013 (arXiv 1302.4389).

    >>> import numpy as np
    >>> layer = MaxoutDense(1, nb_feature=2, weights=[np.array([[[1.0]], [[-1.0]]]), np.zeros([2, 1])])
    >>> layer(np.array([[3.0], [-2.0]], "float32")).numpy().tolist()
    [[3.0], [2.0]]
    """

    def __init__(
        self, output_dim: int, nb_feature: int = 4, init: Any = "glorot_uniform", weights: Any = None,
        W_regularizer: Any = None, b_regularizer: Any = None, activity_regularizer: Any = None,
        W_constraint: Any = None, b_constraint: Any = None, bias: bool = True, input_dim: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(
            init, weights, W_regularizer, b_regularizer, activity_regularizer, W_constraint, b_constraint, bias,
            input_dim, kwargs,
        )
        (self.output_dim,) = numbers(output_dim, 1, "output_dim")
        (self.nb_feature,) = numbers(nb_feature, 1, "nb_feature")

    def build(self, input_shape: Any) -> None:
        self._make_W((self.nb_feature, input_shape[-1], self.output_dim))
        if self.bias:
            self._make_b((self.nb_feature, self.output_dim))
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        each = backend.dot(inputs, self.W)  # (batch, nb_feature, output_dim)
        return backend.max(each + self.b if self.bias else each, axis=1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **described(self, "output_dim", "nb_feature")}


def AtrousConvolution1D(*args: Any, atrous_rate: Any = 1, **kwargs: Any) -> Conv1D:
    """Conv1D whose window has holes: Keras 1's name for Conv1D(..., dilation_rate=atrous_rate)."""
    _say("AtrousConvolution1D", "Conv1D")
    return Conv1D(*args, dilation_rate=atrous_rate, **kwargs)


def AtrousConvolution2D(*args: Any, atrous_rate: Any = 1, **kwargs: Any) -> Conv2D:
    """Conv2D whose window has holes: Keras 1's name for Conv2D(..., dilation_rate=atrous_rate)."""
    _say("AtrousConvolution2D", "Conv2D")
    return Conv2D(*args, dilation_rate=atrous_rate, **kwargs)


def _say(old: str, new: str) -> None:
    warnings.warn(f"{old} is Keras 1; today it is {new}(..., dilation_rate=...)", DeprecationWarning, stacklevel=3)
