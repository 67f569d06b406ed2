"""Embedding, noise, and activations that are layers, beside NumPy; every exported layer has a configuration."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from deepkit import keras
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras.backend.context import mask_of

L, K = keras.layers, keras.backend
RNG = np.random.default_rng(0)


def real(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype("float32")


def test_embedding_takes_rows(run: Any) -> None:
    table, ids = real(7, 3), RNG.integers(0, 7, (4, 5)).astype("int32")
    np.testing.assert_array_equal(run(L.Embedding(7, 3), ids, weights=[table]), table[ids])
    np.testing.assert_array_equal(run(L.Embedding(7, 3), ids.astype("float32"), weights=[table]), table[ids])


def test_embedding_masks_zeros() -> None:
    K.clear_session()
    inputs = L.Input(shape=(3,), dtype="int32")
    y = L.Embedding(5, 2, mask_zero=True)(inputs)
    assert K.function([inputs], [mask_of(y)])([[[1, 0, 4], [0, 0, 2]]])[0].tolist() == [
        [True, False, True],
        [False, False, True],
    ]


def test_embedding_is_trained_only_where_it_was_used() -> None:
    K.clear_session()
    model = keras.models.Sequential([L.Embedding(6, 2, input_length=3), L.Flatten(), L.Dense(1)])
    model.compile("sgd", "mse")
    before = model.get_weights()[0]
    model.fit(np.array([[1, 2, 2]]), np.array([[9.0]]), verbose=0)
    moved = (model.get_weights()[0] != before).any(axis=1)
    assert moved.tolist() == [False, True, True, False, False, False]
    assert model.input_shape == (None, 3)


def test_the_slope_of_prelu_may_be_shared(run: Any) -> None:
    x, alpha = real(2, 3, 4, 5), real(1, 1, 5)
    want = np.where(x > 0, x, alpha * x)
    np.testing.assert_allclose(run(L.PReLU(shared_axes=[1, 2]), x, weights=[alpha]), want, rtol=1e-6)


@pytest.mark.parametrize(
    ("layer", "rule"),
    [
        (lambda: L.LeakyReLU(0.2), lambda x: np.where(x > 0, x, 0.2 * x)),
        (lambda: L.ELU(0.5), lambda x: np.where(x > 0, x, 0.5 * np.expm1(x))),
        (lambda: L.ThresholdedReLU(0.3), lambda x: x * (x > 0.3)),
        (lambda: L.ReLU(0.8, 0.1, 0.2), lambda x: np.where(x >= 0.8, 0.8, np.where(x > 0.2, x, 0.1 * (x - 0.2)))),
        (lambda: L.Softmax(1), lambda x: np.exp(x) / np.exp(x).sum(1, keepdims=True)),
    ],
)
def test_activations(run: Any, layer: Any, rule: Any) -> None:
    x = real(3, 4, 5)
    np.testing.assert_allclose(run(layer(), x), rule(x), rtol=1e-5, atol=1e-6)


def test_softmax_leaves_masked_numbers_out(run: Any) -> None:
    x = real(2, 4)
    got = L.Softmax()(x, mask=np.array([[True, True, False, True]] * 2)).numpy()
    kept = np.exp(x) * [1, 1, 0, 1]
    np.testing.assert_allclose(got, kept / kept.sum(1, keepdims=True), rtol=1e-5)


# ---- noise


def in_training(layer: Any, x: np.ndarray) -> np.ndarray:
    K.clear_session()
    np.random.seed(0)
    inputs = L.Input(shape=x.shape[1:])
    f = K.function([inputs, K.learning_phase()], [layer(inputs)])
    np.testing.assert_array_equal(f([x, 0])[0], x)
    first, second = f([x, 1])[0], f([x, 1])[0]
    assert (first != second).any()
    return first


def test_gaussian_noise() -> None:
    added = in_training(L.GaussianNoise(0.5), np.full((100, 100), 3.0, "float32")) - 3
    assert abs(added.mean()) < 0.02
    assert added.std() == pytest.approx(0.5, rel=0.03)


def test_gaussian_dropout() -> None:
    factors = in_training(L.GaussianDropout(0.2), np.full((100, 100), 2.0, "float32")) / 2
    assert factors.mean() == pytest.approx(1, abs=0.02)
    assert factors.std() == pytest.approx(0.5, rel=0.03)  # sqrt(0.2 / 0.8)


def test_alpha_dropout_keeps_mean_and_variance() -> None:
    x = np.random.default_rng(1).normal(size=(200, 200)).astype("float32")
    got = in_training(L.AlphaDropout(0.3), x)
    assert abs(got.mean()) < 0.03
    assert got.std() == pytest.approx(1, rel=0.03)
    _, counts = np.unique(got, return_counts=True)
    assert counts.max() / got.size == pytest.approx(0.3, abs=0.02)
    together = in_training(L.AlphaDropout(0.3, noise_shape=(None, 1)), x)
    dropped = np.isclose(together, together.min(axis=1, keepdims=True)).all(axis=1)
    assert 0.15 < dropped.mean() < 0.45


@pytest.mark.parametrize("layer", [L.GaussianNoise(0.5, seed=3), L.Dropout(0.5, seed=3), L.AlphaDropout(0.5, seed=3)])
def test_noise_in_a_layer_that_computes_at_once(layer: Any) -> None:
    x = np.ones([4, 5], "float32")
    np.testing.assert_array_equal(layer(x).numpy(), x)
    assert (layer(x, training=True).numpy() != x).any()


# ---- configurations

NEEDED: dict[str, dict[str, Any]] = {
    "Activation": {"activation": "relu"}, "AlphaDropout": {"rate": 0.1}, "Dense": {"units": 2}, "Dot": {"axes": 1},
    "Dropout": {"rate": 0.1}, "Embedding": {"input_dim": 3, "output_dim": 2}, "GaussianDropout": {"rate": 0.1},
    "GaussianNoise": {"stddev": 0.1}, "Lambda": {"function": abs}, "Permute": {"dims": (1,)}, "RepeatVector": {"n": 2},
    "Reshape": {"target_shape": (2,)}, "SpatialDropout1D": {"rate": 0.1}, "SpatialDropout2D": {"rate": 0.1},
    "SpatialDropout3D": {"rate": 0.1},
}
MODULES = (
    "advanced_activations",
    "convolutional",
    "core",
    "embeddings",
    "local",
    "merge",
    "noise",
    "normalization",
    "pooling",
)


def classes() -> list[type]:
    import importlib

    found = {}
    for module in MODULES:
        names = vars(importlib.import_module(f"deepkit.keras.layers.{module}"))
        for name, value in names.items():
            if (
                name[0].isupper()
                and isinstance(value, type)
                and issubclass(value, L.Layer)
                and getattr(L, name, None) is value
            ):
                found[value] = name
    return sorted((c for c in found if c is not L.Layer), key=lambda c: c.__name__)


@pytest.mark.parametrize("cls", classes(), ids=lambda c: c.__name__)
def test_configuration(cls: type) -> None:
    needed = NEEDED.get(cls.__name__, {})
    if issubclass(cls, (L.Conv1D.__mro__[2], L.LocallyConnected1D.__mro__[1])):
        needed = {"kernel_size": 2, **({} if cls.__name__.startswith("Depthwise") else {"filters": 4})}
    layer = cls(name="probe", trainable=False, **needed)
    config = layer.get_config()
    assert config["name"] == "probe"
    assert config["trainable"] is False
    again = cls.from_config(config)
    assert again.get_config() == config
    if cls is not L.Lambda:
        json.dumps(config)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: L.Embedding(0, 3), ArgumentError, "input_dim"),
        (lambda: L.Embedding(5, 3, input_length=4)(L.Input(shape=(3,), dtype="int32")), ShapeError,
          "input_length=4"), (lambda: L.ReLU(max_value=-1.0), ArgumentError, "max_value"),
        (lambda: L.LeakyReLU(None), ArgumentError, "alpha"),
        (lambda: L.ThresholdedReLU(-0.5), ArgumentError, "theta"),
        (lambda: L.AlphaDropout(2.0), ArgumentError, "rate=0.02"),
    ],
)
def test_errors(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()
