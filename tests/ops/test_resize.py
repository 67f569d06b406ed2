"""repeat and resize_linear against NumPy, and activations that are made of other ops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

import deepkit as dk
from deepkit import ops
from deepkit.testing.differences import numeric_gradient

X = np.random.default_rng(2).normal(size=(2, 3, 4))


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_repeat_is_numpys(axis):
    assert (ops.repeat(X, 3, axis).numpy() == X.repeat(3, axis)).all()


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("factor", [1, 2, 3])
def test_resize_linear_interpolates(axis, factor):
    length = X.shape[axis]
    places = (np.arange(length * factor) + 0.5) / factor - 0.5
    expected = np.apply_along_axis(lambda row: np.interp(places, np.arange(length), row), axis, X)
    np.testing.assert_allclose(ops.resize_linear(X, factor, axis).numpy(), expected, rtol=1e-6)


def test_the_gradient_of_resize_linear():
    weights = np.random.default_rng(3).normal(size=(2, 6, 4))
    x = dk.tensor(X)
    slope = dk.gradients(ops.reduce_sum(ops.resize_linear(x, 2, 1) * weights), [x])[0].numpy()
    expected = numeric_gradient(lambda a: float((ops.resize_linear(a, 2, 1).numpy() * weights).sum()), [X], 0)
    np.testing.assert_allclose(slope, expected, rtol=1e-4, atol=1e-6)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize(
    ("function", "reference"),
    [
        (ops.gelu, lambda x: x * norm.cdf(x)),
        (ops.swish, lambda x: x * sigmoid(x)),
        (lambda x: ops.swish(x, 1.5), lambda x: x * sigmoid(1.5 * x)),
        (ops.mish, lambda x: x * np.tanh(np.log1p(np.exp(x)))),
        (ops.hard_sigmoid, lambda x: np.clip(0.2 * x + 0.5, 0, 1)),
    ],
    ids=["gelu", "swish", "swish 1.5", "mish", "hard_sigmoid"],
)
def test_composed_activations(function, reference):
    x = np.linspace(-4, 4, 33)
    np.testing.assert_allclose(function(x).numpy(), reference(x), rtol=1e-10, atol=1e-12)


def test_gelu_by_tanh_is_close_to_gelu():
    x = np.linspace(-4, 4, 33)
    difference = np.abs(ops.gelu(x, approximate=True).numpy() - ops.gelu(x).numpy()).max()
    assert 0 < difference < 1e-3
