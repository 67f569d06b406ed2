"""Activation functions of layers, and how they are found by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from deepkit import ops
from deepkit.keras import registry
from deepkit.keras.backend import nn
from deepkit.loading import listing, load_module

__all__ = [
    "deserialize", "elu", "exponential", "gelu", "get", "hard_sigmoid", "leaky_relu", "linear", "log_softmax", "mish",
    "relu", "relu6", "selu", "serialize", "sigmoid", "silu", "softmax", "softplus", "softsign", "swish", "tanh",
]
__dir__ = listing(__all__)


def softmax(x: Any, axis: Any = -1) -> Any:
    """exp(x) / sum(exp(x)) along `axis`: the probabilities of classes."""
    return nn.softmax(x, axis)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """x where x > 0, else alpha (exp(x) - 1). Source: D.-A. Clevert et al., ICLR 2016."""
    return nn.elu(x, alpha)


def selu(x: Any) -> Any:
    """1.0507 elu(x, 1.6733): keeps mean 0 and variance 1 from layer to layer, if weights start as lecun_normal.

    Source: G. Klambauer et al., NIPS 2017.
    """
    return ops.selu(x)


def softplus(x: Any) -> Any:
    """log(1 + exp(x))."""
    return ops.softplus(x)


def softsign(x: Any) -> Any:
    """x / (1 + |x|)."""
    return ops.softsign(x)


def relu(x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """max(x, 0); alpha is the slope below the threshold, max_value the largest value."""
    return nn.relu(x, alpha, max_value, threshold)


def leaky_relu(x: Any, alpha: float = 0.2) -> Any:
    """x where x > 0, else alpha x."""
    return ops.leaky_relu(x, alpha)


def relu6(x: Any) -> Any:
    """x limited to [0, 6]."""
    return ops.relu6(x)


def tanh(x: Any) -> Any:
    """The hyperbolic tangent, between -1 and 1."""
    return ops.tanh(x)


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)), between 0 and 1."""
    return ops.sigmoid(x)


def hard_sigmoid(x: Any) -> Any:
    """0.2 x + 0.5 limited to [0, 1]."""
    return ops.hard_sigmoid(x)


def exponential(x: Any) -> Any:
    """exp(x)."""
    return ops.exp(x)


def linear(x: Any) -> Any:
    """x itself."""
    return x


def swish(x: Any) -> Any:
    """x sigmoid(x), also called silu."""
    return ops.swish(x)


silu = swish


def gelu(x: Any, approximate: bool = False) -> Any:
    """x times the probability that a standard normal number is below x."""
    return ops.gelu(x, approximate)


def mish(x: Any) -> Any:
    """x tanh(softplus(x))."""
    return ops.mish(x)


def log_softmax(x: Any, axis: int = -1) -> Any:
    """The logarithm of softmax."""
    return ops.log_softmax(x, axis)


OBJECTS: dict[str, Callable[..., Any]] = {
    name: value
    for name, value in globals().items()
    if name in __all__ and name not in ("deserialize", "get", "serialize")
}
"""The activations by their names."""
_LAYERS = ("ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax", "ThresholdedReLU")


class _Names(dict[str, Any]):
    """The activations, and the layers that are activations with weights or settings."""

    def __contains__(self, name: object) -> bool:
        return name in _LAYERS or super().__contains__(name)

    def __missing__(self, name: str) -> Any:
        return getattr(load_module("deepkit.keras.layers.advanced_activations"), name)


_BY_NAME = _Names(OBJECTS)


def serialize(activation: Any) -> Any:
    """The name of an activation function, the configuration of a layer."""
    return registry.serialize_keras_object(activation)


def deserialize(name: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The activation of that name."""
    return registry.deserialize_keras_object(name, _BY_NAME, custom_objects, "activation function")


def get(identifier: Any) -> Any:
    """The activation that an argument means: a name, a function, None for linear.

    >>> get("relu") is relu, get(None) is linear
    (True, True)
    """
    return linear if identifier is None else registry.find(identifier, _BY_NAME, "activation function")
