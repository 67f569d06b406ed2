"""Regularizers and constraints: values against NumPy, names and configurations."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit.core.apply import convert
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras import constraints, regularizers

W = np.array([[3.0, -0.5], [-4.0, 0.0], [0.0, 1.0]], "float32")


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda: regularizers.l1(0.5), 0.5 * 8.5),
        (lambda: regularizers.l2(l=0.5), 0.5 * 26.25),
        (lambda: regularizers.L1L2(0.5, 1.0), 0.5 * 8.5 + 26.25),
        (lambda: regularizers.L1L2(), 0.0),
        (lambda: regularizers.get("l1_l2"), 0.01 * 8.5 + 0.01 * 26.25),
        (lambda: regularizers.get({"class_name": "L1L2", "config": {"l1": 0.0, "l2": 2.0}}), 52.5),
        (lambda: regularizers.l1_l2(l1=1.0, l2=0.0), 8.5),
    ],
)
def test_penalties(made, expected):
    assert made()(convert(W)).item() == pytest.approx(expected, rel=1e-6)
    again = regularizers.deserialize(regularizers.serialize(made()))
    assert again(convert(W)).item() == pytest.approx(expected, rel=1e-6)


def test_the_orthogonal_regularizer_measures_angles():
    angle = 0.3
    rows = np.array([[2.0, 0.0], [np.cos(angle), np.sin(angle)]], "float32")
    assert regularizers.OrthogonalRegularizer(0.5)(rows).item() == pytest.approx(0.5 * np.cos(angle), rel=1e-5)
    with pytest.raises(ShapeError, match="a matrix"):
        regularizers.OrthogonalRegularizer()(np.ones(3, "float32"))


def test_regularizers_of_ones_own():
    class Cubes(regularizers.Regularizer):
        def __call__(self, x):
            return (x * x * x).sum()

    with pytest.raises(ArgumentError, match="get_config"):
        regularizers.serialize(Cubes())
    assert regularizers.get(Cubes)(np.array([2.0])) == 8.0
    assert regularizers.get(None) is None
    with pytest.raises(ArgumentError, match="finite number"):
        regularizers.l2(float("nan"))
    with pytest.raises(ArgumentError, match="unknown regularizer 'l3'"):
        regularizers.get("l3")


NORMS = np.sqrt((W**2).sum(0))


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda: constraints.max_norm(2), W * np.minimum(1, 2 / NORMS)),
        (lambda: constraints.MaxNorm(2, axis=1), W * np.minimum(1, 2 / np.sqrt((W**2).sum(1, keepdims=True)))),
        (lambda: constraints.get("nonneg"), np.maximum(W, 0)),
        (lambda: constraints.get("unit_norm"), W / NORMS),
        (lambda: constraints.MinMaxNorm(2.0, 3.0), W * np.clip(NORMS, 2, 3) / NORMS),
        (lambda: constraints.min_max_norm(2.0, 3.0, rate=0.5), W * (0.5 * np.clip(NORMS, 2, 3) + 0.5 * NORMS) / NORMS),
        (lambda: constraints.get({"class_name": "MaxNorm", "config": {"max_value": 2, "axis": 0}}), W * np.minimum(1, 2 / NORMS)),
    ],
)
def test_constrained_weights(made, expected):
    np.testing.assert_allclose(made()(convert(W)).numpy(), expected, rtol=1e-5, atol=1e-6)
    again = constraints.deserialize(constraints.serialize(made()))
    assert (type(again), again.get_config()) == (type(made()), made().get_config())


def test_radial_weights_are_equal_on_rings():
    w = np.arange(16, dtype="float32").reshape(4, 4, 1, 1)
    outer, inner = w[3, 3, 0, 0], w[1, 1, 0, 0]
    expected = np.full((4, 4), outer)
    expected[1:3, 1:3] = inner
    assert (constraints.RadialConstraint()(w).numpy()[:, :, 0, 0] == expected).all()
    w = np.arange(25, dtype="float32").reshape(5, 5, 1, 1)
    expected = np.full((5, 5), w[3, 3, 0, 0])
    expected[1:4, 1:4] = w[2, 2, 0, 0]
    expected[2, 2] = w[1, 1, 0, 0]  # Keras takes the middle from there
    assert (constraints.RadialConstraint()(w).numpy()[:, :, 0, 0] == expected).all()
    with pytest.raises(ShapeError, match="square filter"):
        constraints.RadialConstraint()(np.ones((3, 2, 1, 1), "float32"))
