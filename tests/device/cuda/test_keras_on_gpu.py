"""Keras models train where the GPU is: weights and slots stay there, a step moves its batch up and its figures down."""

from __future__ import annotations

import numpy as np
import pytest
import standin

import deepkit.v1 as tf
from deepkit import keras
from deepkit.keras import layers
from deepkit.keras.backend.session import World

RNG = np.random.default_rng(0)
IMAGES, TABLE = RNG.normal(size=(24, 8, 8, 1)).astype(np.float32), RNG.normal(size=(24, 6)).astype(np.float32)
WORDS = RNG.integers(0, 20, (24, 5))
CLASSES = np.arange(24) % 3


def stack(kind: str):
    """A small model of that kind, and its inputs."""
    keras.backend.clear_session()
    tf.set_random_seed(3)
    model = keras.Sequential()
    if kind == "images":
        model.add(layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1)))
        model.add(layers.BatchNormalization())
        model.add(layers.MaxPooling2D())
        model.add(layers.Flatten())
    elif kind == "words":
        model.add(layers.Embedding(20, 6, input_length=5))
        model.add(layers.LSTM(7))
    else:
        model.add(layers.Dense(16, activation="relu", input_shape=(6,)))
        model.add(layers.Dropout(0.3))
    model.add(layers.Dense(3, activation="softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, {"images": IMAGES, "words": WORDS, "table": TABLE}[kind]


def trained(kind: str):
    """What training, evaluation and prediction give."""
    model, x = stack(kind)
    history = model.fit(x, CLASSES, batch_size=8, epochs=2, verbose=0, shuffle=False).history
    return history["loss"], model.evaluate(x, CLASSES, verbose=0), model.predict(x), model.get_weights()


@pytest.mark.parametrize("kind", ["table", "images", "words"])
def test_training_gives_the_numbers_of_the_cpu(kind: str, monkeypatch) -> None:
    here = trained(kind)
    standin.install(monkeypatch)
    there = trained(kind)
    for a, b in zip(there[:3], here[:3], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    for a, b in zip(there[3], here[3], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["table", "images", "words"])
def test_a_step_moves_its_batch_up_and_its_figures_down(kind: str, monkeypatch) -> None:
    gpu = standin.install(monkeypatch)
    model, x = stack(kind)
    for _ in range(2):
        model.train_on_batch(x[:8], CLASSES[:8])
        gpu.traffic.clear()
    model.train_on_batch(x[:8], CLASSES[:8])
    assert sorted(gpu.traffic.up) == sorted([x[:8].shape, (8,)])
    assert gpu.traffic.down == [(), ()]  # the loss and the accuracy
    arrays = World.of(*model.weights).session._arrays
    assert all(isinstance(arrays[w], gpu.ndarray) for w in [*model.weights, *model.optimizer.weights])
