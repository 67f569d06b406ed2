"""Losses against NumPy; weights, masks and reductions; errors that say which loss fits."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit.core.apply import convert
from deepkit.errors import ArgumentError, GraphWarning, ShapeError
from deepkit.keras import backend as K
from deepkit.keras import losses
from deepkit.keras.losses import Reduction

RNG = np.random.default_rng(4)
TRUE, PRED = RNG.uniform(0.1, 0.9, (2, 4, 3)).astype("float32")
LABELS = np.array([2, 0, 1, 1])
ROWS = np.eye(3, dtype="float32")[LABELS]
PROBABILITIES = PRED / PRED.sum(1, keepdims=True)
EPS = 1e-7


def unit(x):
    return x / np.sqrt((x**2).sum(-1, keepdims=True))


EXPECTED = {
    "mean_squared_error": ((TRUE - PRED) ** 2).mean(1),
    "mean_absolute_error": np.abs(TRUE - PRED).mean(1),
    "mean_absolute_percentage_error": 100 * np.abs((TRUE - PRED) / TRUE).mean(1),
    "mean_squared_logarithmic_error": ((np.log1p(TRUE) - np.log1p(PRED)) ** 2).mean(1),
    "log_cosh": np.log(np.cosh(TRUE - PRED)).mean(1),
    "huber": (0.5 * (TRUE - PRED) ** 2).mean(1),
    "poisson": (PRED - TRUE * np.log(PRED)).mean(1),
    "kl_divergence": (TRUE * np.log(TRUE / PRED)).sum(1),
    "cosine_similarity": -(unit(TRUE) * unit(PRED)).sum(1),
    "hinge": np.maximum(1 - TRUE * PRED, 0).mean(1),
    "squared_hinge": (np.maximum(1 - TRUE * PRED, 0) ** 2).mean(1),
    "binary_crossentropy": -(TRUE * np.log(PRED) + (1 - TRUE) * np.log(1 - PRED)).mean(1),
    "categorical_crossentropy": -(TRUE * np.log(PROBABILITIES)).sum(1),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_functions(name):
    found = getattr(losses, name)(convert(TRUE), convert(PRED))
    np.testing.assert_allclose(found.numpy(), EXPECTED[name], rtol=2e-5, atol=1e-6)
    assert losses.get(name) is getattr(losses, name)
    assert losses.serialize(losses.get(name)) == name


def test_class_numbers_and_rows_give_the_same():
    rows = losses.categorical_crossentropy(ROWS, PROBABILITIES).numpy()
    np.testing.assert_allclose(rows, -np.log(PROBABILITIES[np.arange(4), LABELS]), rtol=1e-5)
    for labels in (LABELS, LABELS[:, None], LABELS.astype("float32")):
        found = losses.sparse_categorical_crossentropy(labels, PROBABILITIES)
        np.testing.assert_allclose(found.numpy(), rows, rtol=1e-5)


def test_labels_0_and_1_become_minus_1_and_1():
    signs = 2 * ROWS - 1
    np.testing.assert_allclose(losses.hinge(ROWS, PRED).numpy(), losses.hinge(signs, PRED).numpy())
    right, wrong = (ROWS * PRED).sum(1), (PRED - 2 * ROWS).max(1)
    np.testing.assert_allclose(
        losses.categorical_hinge(ROWS, PRED).numpy(), np.maximum(wrong - right + 1, 0), rtol=1e-5
    )


def test_label_smoothing():
    smooth = 0.8 * ROWS + 0.2 / 3
    found = losses.categorical_crossentropy(ROWS, PROBABILITIES, label_smoothing=0.2)
    np.testing.assert_allclose(found.numpy(), -(smooth * np.log(PROBABILITIES)).sum(1), rtol=1e-5)
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        losses.BinaryCrossentropy(label_smoothing=2.0)(ROWS, PRED)


def test_ignored_classes_count_nothing():
    kept = LABELS != 1
    each = -np.log(PROBABILITIES[np.arange(4), LABELS]) * kept
    found = losses.sparse_categorical_crossentropy(LABELS, PROBABILITIES, ignore_class=1)
    np.testing.assert_allclose(found.numpy(), each, rtol=1e-5)
    loss = losses.SparseCategoricalCrossentropy(ignore_class=1)
    assert loss(LABELS, PROBABILITIES).item() == pytest.approx(each.sum() / kept.sum(), rel=1e-5)


# ---- objects


def test_every_class_is_found_by_its_name_and_configuration():
    for name, cls in losses.OBJECTS.items():
        if not isinstance(cls, type) or name in ("Loss", "LossFunctionWrapper"):
            continue
        described = losses.serialize(cls(reduction="sum"))
        assert described["class_name"] == name
        again = losses.deserialize(described)
        assert (type(again), again.get_config()) == (cls, described["config"])
        y = (LABELS, PROBABILITIES) if name.startswith("Sparse") else (TRUE, PRED)
        assert again(*y).shape == []


def test_reductions():
    each = EXPECTED["mean_squared_error"]
    for reduction, expected in (
        ("none", each),
        ("sum", each.sum()),
        ("auto", each.mean()),
        ("sum_over_batch_size", each.mean()),
    ):
        found = losses.MeanSquaredError(reduction=reduction)(TRUE, PRED).numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    with pytest.raises(ArgumentError, match="'sum_over_batch_size'"):
        losses.MeanSquaredError(reduction="mean")
    assert Reduction.SUM in Reduction.all()


def test_weights_count_in_the_sum_and_masks_in_the_number():
    each, weights = EXPECTED["mean_absolute_error"], np.array([1.0, 2.0, 0.0, 0.5], "float32")
    loss = losses.MeanAbsoluteError()
    for w in (weights, weights[:, None]):
        assert loss(TRUE, PRED, w).item() == pytest.approx((each * weights).mean(), rel=1e-5)
    mask = np.array([True, True, False, False])
    assert loss(TRUE, PRED, mask=mask).item() == pytest.approx(each[:2].mean(), rel=1e-5)
    assert loss(TRUE, PRED, weights, mask).item() == pytest.approx((each * weights)[:2].mean(), rel=1e-5)
    with pytest.raises(ShapeError, match="one weight for each example"):
        loss(TRUE, PRED, np.ones(3, "float32"))


def test_a_column_and_a_vector_are_compared_entry_by_entry():
    found = losses.MeanSquaredError()(TRUE[:, 0], PRED[:, :1])
    assert found.item() == pytest.approx(((TRUE[:, 0] - PRED[:, 0]) ** 2).mean(), rel=1e-5)


def test_losses_of_ones_own():
    class Largest(losses.Loss):
        def call(self, y_true, y_pred):
            return K.max(K.abs(y_pred - y_true), axis=-1)

    assert Largest()(TRUE, PRED).item() == pytest.approx(np.abs(TRUE - PRED).max(1).mean(), rel=1e-5)
    assert isinstance(losses.deserialize(losses.serialize(Largest()), {"Largest": Largest}), Largest)
    with pytest.raises(ArgumentError, match="did you mean 'mse'"):
        losses.get("msee")


def test_a_batch_of_nothing_has_loss_0():
    assert losses.MeanSquaredError()(np.zeros((0, 3), "float32"), np.zeros((0, 3), "float32")).item() == 0


# ---- mistakes

MISTAKES = {
    "class numbers": (lambda: losses.categorical_crossentropy(LABELS, PROBABILITIES), "sparse_categorical_crossentropy"),
    "a column of class numbers": (
        lambda: losses.categorical_crossentropy(LABELS[:, None], PROBABILITIES), r"to_categorical\(y, 3\)"
    ),
    "rows": (lambda: losses.sparse_categorical_crossentropy(ROWS, PROBABILITIES), "loss='categorical_crossentropy'"),
    "a vector and a column": (lambda: losses.mean_squared_error(LABELS, PRED[:, :1]), r"y_true.reshape\(-1, 1\)"),
    "a column and a vector": (lambda: losses.mean_absolute_error(TRUE[:, :1], PRED[:, 0]), r"y_true.reshape\(-1\)"),
    "other units": (lambda: losses.binary_crossentropy(ROWS, PRED[:, :1]), "needs 3 units, it has 1"),
    "in a graph": (
        lambda: losses.mse(K.placeholder(shape=(None,)), K.placeholder(shape=(None, 1))), r"\(batch,\), y_pred \(batch, 1\)"
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_labels_that_do_not_fit(case):
    call, says = MISTAKES[case]
    with pytest.raises(ShapeError, match=says):
        call()


def test_one_class_is_no_classification():
    with pytest.warns(GraphWarning, match="binary_crossentropy"):
        losses.categorical_crossentropy(ROWS[:, :1], PRED[:, :1])
