"""Activations: values, and how they are found and written by name."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit.core.apply import convert
from deepkit.errors import ArgumentError
from deepkit.keras import activations
from deepkit.keras.registry import custom_object_scope

X = np.linspace(-3, 3, 12).reshape(3, 4).astype("float32")


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("linear", lambda x: x),
        ("relu", lambda x: np.maximum(x, 0)),
        ("relu6", lambda x: np.clip(x, 0, 6)),
        ("tanh", np.tanh),
        ("sigmoid", lambda x: 1 / (1 + np.exp(-x))),
        ("hard_sigmoid", lambda x: np.clip(0.2 * x + 0.5, 0, 1)),
        ("exponential", np.exp),
        ("softplus", lambda x: np.log1p(np.exp(x))),
        ("softsign", lambda x: x / (1 + np.abs(x))),
        ("elu", lambda x: np.where(x > 0, x, np.expm1(x))),
        ("selu", lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x))),
        ("swish", lambda x: x / (1 + np.exp(-x))),
        ("leaky_relu", lambda x: np.where(x > 0, x, 0.2 * x)),
        ("softmax", lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True)),
        ("log_softmax", lambda x: x - np.log(np.exp(x).sum(-1, keepdims=True))),
    ],
)
def test_values(name, reference):
    function = activations.get(name)
    np.testing.assert_allclose(function(convert(X)).numpy(), reference(X), rtol=1e-5, atol=1e-6)
    assert activations.get(activations.serialize(function)) is function


def test_arguments_that_name_an_activation():
    assert activations.get(None) is activations.linear
    assert activations.get(np.tanh) is np.tanh
    assert activations.serialize(activations.silu) == "swish"
    new = {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"}
    assert activations.get(new) is activations.relu


def test_activations_of_ones_own():
    def square(x):
        return x * x

    assert activations.serialize(square) == "square"
    with custom_object_scope({"square": square}):
        assert activations.get("square") is square
    assert activations.deserialize("square", custom_objects={"square": square}) is square
    with pytest.raises(ArgumentError, match="custom_objects"):
        activations.get("square")


def test_a_misspelt_name_is_guessed():
    with pytest.raises(ArgumentError, match=r"unknown activation function 'rleu'(.|\n)*did you mean 'relu'"):
        activations.get("rleu")
    with pytest.raises(ArgumentError, match="is no activation function"):
        activations.get(3)


def test_a_lambda_has_no_name():
    with pytest.raises(ArgumentError, match="lambda"):
        activations.get(activations.serialize(lambda x: x))
