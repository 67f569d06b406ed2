"""Losses and metrics made of a model's own tensors: they train what they are made of, and copies and files have them."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepkit import keras
from deepkit.errors import ArgumentError, DataError
from deepkit.keras import backend as K

X = np.random.default_rng(3).normal(size=(5, 3))
Y = X.sum(1, keepdims=True)


def functional() -> Any:
    x = keras.Input((3,))
    hidden = keras.layers.Dense(4, activation="tanh", name="hidden")(x)
    model = keras.Model(x, keras.layers.Dense(1)(hidden))
    model.add_loss(0.5 * K.mean(K.square(hidden)) + K.sum(K.abs(model.get_layer("hidden").kernel)))
    model.add_metric(K.mean(hidden), "mean", "height")
    return model


def sequential() -> Any:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh", name="hidden"), keras.layers.Dense(1)])
    layer = model.layers[0]
    layer.add_loss(0.5 * K.mean(K.square(layer.output)) + K.sum(K.abs(layer.kernel)))
    model.add_metric(K.mean(layer.output), "mean", "height")
    return model


def called_before() -> Any:
    """Layers that were called elsewhere first: in the configuration calls are counted within the model."""
    model = functional()
    model(keras.Input((3,)))
    model.get_layer("hidden")(keras.Input((3,)))
    x = keras.Input((3,))
    hidden = model.get_layer("hidden")(x)
    again = keras.Model(x, model.layers[-1](hidden))
    again.add_loss(0.5 * K.mean(K.square(hidden)) + K.sum(K.abs(model.get_layer("hidden").kernel)))
    again.add_metric(K.mean(hidden), "mean", "height")
    return again


def saved(model: Any) -> Any:
    model.save("m.h5")
    return keras.models.load_model("m.h5")


def from_config(model: Any) -> Any:
    return type(model).from_config(model.get_config())


WAYS: dict[str, Callable[[Any], Any]] = {
    "clone": keras.models.clone_model,
    "config": from_config,
    "json": lambda model: keras.models.model_from_json(model.to_json()),
    "yaml": lambda model: keras.models.model_from_yaml(model.to_yaml()),
    "file": saved,
    "file, twice": lambda model: saved(saved(model)),
    "deepcopy": copy.deepcopy,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("made", [functional, sequential, called_before])
def test_a_copy_has_them_of_its_own_weights_and_tensors(
    made: Any, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = made()
    twin = WAYS[way](model)
    w, b, v, c = weights = [np.random.default_rng(i).normal(size=a.shape) for i, a in enumerate(model.get_weights())]
    twin.set_weights(weights)
    twin.compile("sgd", "mse")

    def loss(w: np.ndarray) -> float:
        hidden = np.tanh(X @ w + b)
        return float(((hidden @ v + c - Y) ** 2).mean() + 0.5 * (hidden**2).mean() + np.abs(w).sum())

    assert twin.metrics_names == ["loss", "height"]
    np.testing.assert_allclose(twin.evaluate(X, Y, verbose=0), [loss(w), np.tanh(X @ w + b).mean()], rtol=1e-5)
    twin.train_on_batch(X, Y)
    steps = 1e-6 * np.eye(w.size).reshape(-1, *w.shape)
    slope = np.array([(loss(w + step) - loss(w - step)) / 2e-6 for step in steps]).reshape(w.shape)
    np.testing.assert_allclose(twin.get_weights()[0], w - 0.01 * slope, rtol=1e-4, atol=1e-5)
    assert np.abs(model.get_weights()[0] - w).max() > 0.01, "the model's own weights are as they were"


def with_a_branch() -> Any:
    """`side` and `beyond` lead to no output, only to a loss and a metric."""
    x = keras.Input((3,))
    hidden = keras.layers.Dense(4, name="hidden")(x)
    model = keras.Model(x, keras.layers.Dense(1, name="out")(hidden))
    model.add_loss(K.mean(K.square(keras.layers.Dense(2, name="side", activation="tanh")(hidden) - 1.0)))
    model.add_metric(keras.layers.Dense(1, name="beyond")(model.get_layer("side").output), "mean", "far")
    return model


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("way", [None, *WAYS])
def test_layers_that_lead_only_to_a_loss_are_part_of_the_model(
    way: str | None, eager: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = with_a_branch() if way is None else WAYS[way](with_a_branch())
    assert [layer.name for layer in model.layers][1:] == ["hidden", "out", "side", "beyond"]
    assert len(model.trainable_weights) == 8
    w, b, v, c, s, t, f, g = weights = [np.random.default_rng(i).normal(size=a.shape) for i, a in enumerate(model.get_weights())]
    model.set_weights(weights)
    model.compile("sgd", "mse", run_eagerly=eager)
    hidden = X @ w + b
    side = np.tanh(hidden @ s + t)
    loss = ((hidden @ v + c - Y) ** 2).mean() + ((side - 1) ** 2).mean()
    np.testing.assert_allclose(model.evaluate(X, Y, verbose=0), [loss, (side @ f + g).mean()], rtol=1e-5)
    np.testing.assert_allclose(model.predict(X), hidden @ v + c, rtol=1e-4, atol=1e-5)
    model.train_on_batch(X, Y)
    slope = hidden.T @ (2 / side.size * (side - 1) * (1 - side**2))
    np.testing.assert_allclose(model.get_weights()[4], s - 0.01 * slope, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.get_weights()[6], f, rtol=1e-6)


def test_a_loss_of_an_input_that_the_model_does_not_have_is_refused() -> None:
    x, other = keras.Input((3,)), keras.Input((3,), name="other")
    model = keras.Model(x, keras.layers.Dense(1)(x))
    with pytest.raises(ArgumentError, match="need other"):
        model.add_loss(K.mean(keras.layers.Dense(1)(other)))


def test_the_learning_phase_in_a_loss_is_that_of_the_run(tmp_path: Path) -> None:
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Dense(1, kernel_initializer="zeros")(x))
    model.add_loss(K.in_train_phase(K.sum(x) * 0 + 2.0, K.sum(x) * 0 + 7.0))
    model.save(tmp_path / "m.h5")
    twin = keras.models.load_model(tmp_path / "m.h5")
    for each in (model, twin):
        each.compile("sgd", "mse")
        assert each.test_on_batch(X, 0 * Y) == 7
        assert each.train_on_batch(X, 0 * Y) == 2


def test_a_variable_of_the_program_is_written_with_the_value_it_has() -> None:
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Dense(1, kernel_initializer="zeros")(x))
    share = K.variable(2.0, name="share")
    model.add_loss(share * K.sum(x))
    K.set_value(share, 3.0)
    with pytest.warns(UserWarning, match="share.* belongs to none of its layers"):
        twin = from_config(model)
    twin.compile("sgd", "mse")
    K.set_value(share, 4.0)
    np.testing.assert_allclose(twin.test_on_batch(X, 0 * Y), 3 * X.sum(), rtol=1e-5)


def test_a_metric_called_on_tensors_is_not_written_and_says_so() -> None:
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Dense(1)(x))
    model.add_metric(keras.metrics.Mean(name="middle")(x))
    with pytest.warns(UserWarning, match="'middle' was called on the model's tensors"):
        twin = from_config(model)
    twin.compile("sgd", "mse")
    assert twin.metrics_names == ["loss"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda entry: entry["formula"].pop("result"),
        lambda entry: entry["formula"].update(result="nothing:0"),
        lambda entry: entry["formula"]["graph"]["nodes"][-1].update(op="Nonsense"),
        lambda entry: entry["weights"].append(["hidden", 0]),
        lambda entry: entry["weights"].append(["hidden", 99]),
        lambda entry: entry.update(tensors=[["nowhere", 0, 0]]),
        lambda entry: entry.update(owner="nobody"),
        lambda entry: entry.clear(),
    ],
)
@pytest.mark.parametrize("made", [functional, sequential])
def test_a_damaged_formula_is_an_error_of_the_configuration(made: Any, damage: Callable[[Any], Any]) -> None:
    said = json.loads(made().to_json())
    damage(said["config"]["added"][0])
    with pytest.raises(DataError):
        keras.models.model_from_json(json.dumps(said))
