"""Models and weights in streams of bytes and in groups of open HDF5 files, as Keras 2 takes them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from deepkit import keras
from deepkit.errors import ArgumentError, DataError

X, Y = np.ones((4, 3)), np.ones((4, 2))


def trained() -> Any:
    model = keras.Sequential([keras.layers.Dense(2, input_shape=(3,)), keras.layers.BatchNormalization()])
    model.compile("adam", "mse")
    model.fit(X, Y, verbose=0)
    return model


def same(model: Any, other: Any) -> None:
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_a_model_in_a_stream(kind: str, tmp_path: Path) -> None:
    model = trained()
    with io.BytesIO() if kind == "memory" else open(tmp_path / "m", "w+b") as stream:
        model.save(stream)
        stream.seek(0)
        loaded = keras.models.load_model(stream)
    same(model, loaded)
    assert loaded.train_on_batch(X, Y) == model.train_on_batch(X, Y)  # with the optimizer's memory


def test_weights_in_a_stream() -> None:
    model, other, stream = trained(), trained(), io.BytesIO()
    model.layers[0].set_weights([np.full((3, 2), 7.0), np.ones(2)])
    model.save_weights(stream)
    stream.seek(0)
    other.load_weights(stream)
    same(model, other)


def test_groups_of_an_open_file() -> None:
    model, other = trained(), trained()
    with h5py.File("in memory", "w", driver="core", backing_store=False) as file:
        model.save(file.create_group("a/b"))
        model.save_weights(file.create_group("weights"))
        same(model, keras.models.load_model(file["a/b"]))
        other.load_weights(file["weights"])
    same(model, other)


def test_what_is_no_model() -> None:
    with pytest.raises(ArgumentError, match="a stream of text"):
        trained().save(io.StringIO())
    with pytest.raises(ArgumentError, match="a stream of text"):
        keras.models.load_model(io.StringIO("x"))
    stream = io.BytesIO()
    trained().save(stream)
    with pytest.raises(DataError, match=r"no more bytes[\s\S]*seek\(0\)"):
        keras.models.load_model(stream)
    with pytest.raises(DataError, match="damaged or no HDF5 file"):
        keras.models.load_model(io.BytesIO(stream.getvalue()[:500]))


def test_a_lambda_of_this_process_comes_again_from_its_configuration() -> None:
    model = keras.Sequential([keras.layers.Lambda(lambda x: x * 3, input_shape=(3,))])
    assert keras.Sequential.from_config(model.get_config()).predict(X).tolist() == (X * 3).tolist()
    with pytest.raises(ArgumentError, match="lambda"):
        keras.models.model_from_json(model.to_json())
