"""keras.callbacks.TensorBoard: the curves, histograms, images, graph and vectors that fit leaves in the folder."""

from __future__ import annotations

import os

import numpy as np
import pytest

pytest.importorskip("tensorboard", reason="tensorboard is not installed (extra: tensorboard)")

from deepkit import keras
from deepkit.errors import ArgumentError
from deepkit.io.events import read_events
from deepkit.ops.summary.event_messages import message

X = np.random.default_rng(0).normal(size=(12, 5)).astype(np.float32)
Y = X.sum(axis=1, keepdims=True)


@pytest.fixture
def model():
    keras.backend.clear_session()
    model = keras.models.Sequential([keras.layers.Dense(3, input_shape=(5,), name="hidden"), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def events(folder):
    names = [name for name in sorted(os.listdir(folder)) if name.startswith("events")]
    return [e for name in names for e in read_events(folder / name)]


def values(folder):
    return [(e.step, v) for e in events(folder) for v in e.summary.value]


def test_numbers_of_epochs(model, tmp_path):
    callback = keras.callbacks.TensorBoard(log_dir=tmp_path)
    history = model.fit(X, Y, epochs=3, validation_split=0.25, verbose=0, callbacks=[callback]).history
    found = {}
    for step, value in values(tmp_path):
        found.setdefault(value.tag, []).append((step, value.simple_value))
    assert sorted(found) == sorted(f"epoch_{name}" for name in history)
    for name, numbers in history.items():
        assert found[f"epoch_{name}"] == list(enumerate(np.float32(numbers)))


def test_numbers_of_batches(model, tmp_path):
    callback = keras.callbacks.TensorBoard(tmp_path, update_freq="batch")
    model.fit(X, Y, epochs=2, batch_size=4, verbose=0, callbacks=[callback])
    steps = [step for step, v in values(tmp_path) if v.tag == "batch_loss"]
    assert steps == list(range(6))
    assert [step for step, v in values(tmp_path) if v.tag == "epoch_loss"] == [12, 24]  # samples


def test_numbers_after_so_many_samples(model, tmp_path):
    model.fit(X, Y, epochs=2, batch_size=4, verbose=0, callbacks=[keras.callbacks.TensorBoard(tmp_path, update_freq=8)])
    assert [step for step, v in values(tmp_path) if v.tag == "batch_loss"] == [1, 3, 5]


def test_the_graph_of_the_training_step(model, tmp_path):
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[keras.callbacks.TensorBoard(tmp_path)])
    (graph,) = [e.graph_def for e in events(tmp_path) if e.graph_def]
    names = [node.name for node in message("GraphDef").FromString(graph).node]
    assert any(name.startswith("hidden/") for name in names)
    folder = tmp_path / "without"
    model.fit(X, Y, epochs=1, verbose=0, callbacks=[keras.callbacks.TensorBoard(folder, write_graph=False)])
    assert not any(e.graph_def for e in events(folder))


def test_histograms_and_images_of_the_weights(model, tmp_path):
    callback = keras.callbacks.TensorBoard(tmp_path, histogram_freq=2, write_images=True, write_graph=False)
    model.fit(X, Y, epochs=3, verbose=0, callbacks=[callback])
    found = values(tmp_path)
    kernel = [(step, v.histo) for step, v in found if v.tag == "hidden/kernel_0"]
    assert [step for step, _ in kernel] == [0, 2]
    now = model.get_layer("hidden").get_weights()[0].astype(np.float64)
    assert (kernel[-1][1].min, kernel[-1][1].max, kernel[-1][1].num) == (now.min(), now.max(), 15)
    image = next(v.image for _, v in found if v.tag == "hidden/kernel_0/image/0")
    assert (image.height, image.width, image.colorspace) == (3, 5, 1)  # lying down


def test_vectors_for_the_projector(tmp_path):
    keras.backend.clear_session()
    model = keras.models.Sequential(
        [keras.layers.Embedding(6, 2, input_length=3, name="words"), keras.layers.Flatten()]
    )
    model.add(keras.layers.Dense(1))
    model.compile("sgd", "mse")
    data = np.array([[0, 1, 2], [3, 4, 5]])
    callback = keras.callbacks.TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata="labels.tsv")
    model.fit(data, np.zeros((2, 1)), epochs=1, verbose=0, callbacks=[callback])
    np.testing.assert_allclose(
        np.loadtxt(tmp_path / "words_embedding.tsv"), model.get_layer("words").get_weights()[0], rtol=1e-6
    )
    config = (tmp_path / "projector_config.pbtxt").read_text()
    assert 'tensor_path: "words_embedding.tsv"' in config
    assert 'metadata_path: "labels.tsv"' in config
    given = keras.callbacks.TensorBoard(
        tmp_path, embeddings_freq=1, embeddings_layer_names=["words"], embeddings_data=data
    )
    model.fit(data, np.zeros((2, 1)), epochs=1, verbose=0, callbacks=[given])
    assert np.loadtxt(tmp_path / "words_embedding.tsv").shape == (2, 6)


def test_one_callback_for_two_trainings(model, tmp_path):
    callback = keras.callbacks.TensorBoard(tmp_path, write_graph=False)
    for _ in range(2):
        model.fit(X, Y, epochs=1, verbose=0, callbacks=[callback])
    assert callback.writer.closed
    assert len(os.listdir(tmp_path)) == 2


def test_arguments(tmp_path):
    with pytest.raises(ArgumentError, match="update_freq='step'"):
        keras.callbacks.TensorBoard(tmp_path, update_freq="step")
    with pytest.warns(UserWarning, match="histograms of gradients are not written"):
        keras.callbacks.TensorBoard(tmp_path, write_grads=True)
