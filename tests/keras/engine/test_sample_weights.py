"""sample_weight and class_weight: forms, values, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit import keras
from deepkit.errors import ArgumentError
from deepkit.keras.engine.sample_weights import class_weights_of, weights_of
from deepkit.keras.layers import Dense, Input
from deepkit.keras.models import Model

X = np.array([[1.0], [2.0], [3.0]])
ZEROS = np.zeros((3, 1))
W = np.array([1.0, 2.0, 3.0])


@pytest.fixture(scope="module")
def two():
    x = Input((1,))
    model = Model(x, [Dense(1, kernel_initializer="ones", name=name)(x) for name in "ab"])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    return model


@pytest.mark.parametrize("weights", [[W, None], {"a": W}, {"a": W, "b": None}, (W, None)])
def test_an_output_may_have_no_weights(two, weights):
    """1 + 2 * 4 + 3 * 9 = 36 beside 1 + 4 + 9 = 14, each divided by the three samples."""
    total, a, b = two.evaluate(X, [ZEROS, ZEROS], sample_weight=weights, verbose=0)
    np.testing.assert_allclose([total, a, b], [50 / 3, 12, 14 / 3], rtol=1e-6)
    history = two.fit(X, [ZEROS, ZEROS], sample_weight=weights, verbose=0).history
    np.testing.assert_allclose(history["loss"], [50 / 3], rtol=1e-6)


@pytest.mark.parametrize("weights", [W, [W], [W, W, W], {"c": W}])
def test_weights_that_fit_no_output_are_refused(two, weights):
    with pytest.raises(ArgumentError, match="sample_weight"):
        two.evaluate(X, [ZEROS, ZEROS], sample_weight=weights, verbose=0)


TABLE = {0: 1.0, 1: 2.0, 2: 10.0}


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (np.array([0, 2, 1]), [1, 10, 2]),
        (np.array([[0.0], [2.0], [2.0]]), [1, 10, 10]),
        (np.eye(3)[[2, 0]], [10, 1]),
        (np.array([True, False]), [2, 1]),
        (np.zeros((0, 1)), []),
    ],
)
def test_each_sample_has_the_weight_of_its_class(targets, expected):
    found = class_weights_of(targets, TABLE, "y")
    assert found.tolist() == expected
    assert found.shape == (len(targets),)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.array([0, 3]), "no factor for class 3"),
        (np.array([0.0, 0.5]), "no factor for class 0.5"),
        (np.eye(4), "no factor for class 3"),
        (np.eye(4).reshape(2, 2, 4), "no factor for class 3[^$]*read as one-hot rows"),
    ],
)
def test_a_class_without_a_weight_is_refused(targets, message):
    with pytest.raises(ArgumentError, match=message):
        class_weights_of(targets, TABLE, "y")


def test_each_step_of_a_sample_has_the_weight_of_its_class():
    classes = np.array([[0, 1, 0], [1, 1, 0]])
    expected = np.where(classes == 1, 2.0, 1.0).tolist()
    assert class_weights_of(classes[..., None], TABLE, "y").tolist() == expected
    assert class_weights_of(np.eye(2)[classes], TABLE, "y").tolist() == expected


def test_weights_of_samples_hold_for_all_their_steps():
    classes = np.array([[0, 1, 0], [1, 1, 0]])
    found = weights_of(np.array([1.0, 10.0]), TABLE, [classes[..., None]], ["y"])
    assert found[0].tolist() == [[1, 2, 1], [20, 20, 10]]


def test_both_kinds_of_weights_multiply():
    targets = [np.array([0, 1]), np.array([1, 0])]
    a, b = weights_of({"a": np.array([3.0, 5.0])}, {"a": TABLE}, targets, ["a", "b"])
    assert (a.tolist(), b) == ([3.0, 10.0], None)
    steps, _ = weights_of([np.ones((2, 3)), None], [TABLE, None], targets, ["a", "b"])
    assert steps.tolist() == [[1, 1, 1], [2, 2, 2]]


@pytest.mark.parametrize("table", [{0: 1.0, 1: 5.0}, {"c": TABLE}, [TABLE], [TABLE, 3], "balanced", 2.0])
def test_tables_that_fit_no_output_are_refused(two, table):
    with pytest.raises(ArgumentError, match="class_weight"):
        two.fit(X, [ZEROS, ZEROS], class_weight=table, verbose=0)


@pytest.mark.parametrize("table", [TABLE, [TABLE]])
def test_one_output_takes_one_table(table):
    assert weights_of(None, table, [np.array([2, 0])], ["y"])[0].tolist() == [10.0, 1.0]
    assert weights_of(None, {"y": TABLE}, [np.array([2, 0])], ["y"])[0].tolist() == [10.0, 1.0]
