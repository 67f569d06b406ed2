"""pickle and copy.deepcopy of models and layers: equal, and from then on apart."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from deepkit import keras
from deepkit.errors import ArgumentError

L, M = keras.layers, keras.models
X, Y = np.linspace(-1, 1, 12).reshape(4, 3), np.ones((4, 1))


class Times(L.Layer):
    """A layer of the program's own."""

    def __init__(self, by=1.0, **kwargs):
        super().__init__(**kwargs)
        self.by = by

    def build(self, input_shape):
        self.factor = self.add_weight("factor", (input_shape[-1],), initializer="ones")
        super().build(input_shape)

    def call(self, inputs):
        return inputs * self.factor * self.by

    def get_config(self):
        return {**super().get_config(), "by": self.by}


def doubled(x):
    return 2.0 * x


def distance(y_true, y_pred):
    return keras.backend.mean(keras.backend.abs(y_true - y_pred), axis=-1)


def functional():
    x = L.Input((3,))
    y = L.Dense(4, activation=doubled)(L.Lambda(doubled)(Times(by=0.5)(x)))
    return M.Model(x, L.Dense(1)(L.add([y, y])))


WAYS = {"pickle": lambda m: pickle.loads(pickle.dumps(m)), "deepcopy": copy.deepcopy}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("make", [functional, lambda: M.Sequential([Times(input_shape=(3,)), L.Dense(1)])])
def test_a_copy_goes_on_where_the_model_is(make, way):
    model = make()
    model.compile(keras.optimizers.Adam(0.1), distance, metrics=["mse"])
    model.fit(X, Y, epochs=2, verbose=0)
    other = WAYS[way](model)
    assert np.array_equal(other.predict(X), model.predict(X))
    before = model.get_weights()
    a = other.fit(X, Y, epochs=2, shuffle=False, verbose=0).history
    assert all(np.array_equal(v, w) for v, w in zip(before, model.get_weights(), strict=True))
    b = model.fit(X, Y, epochs=2, shuffle=False, verbose=0).history
    assert a["loss"] == b["loss"]  # the optimizer's memory went along


@pytest.mark.parametrize("way", WAYS)
def test_a_layer(way):
    layer = L.Dense(2, kernel_regularizer="l2", name="own")
    fresh = WAYS[way](layer)
    assert fresh.get_config() == layer.get_config()
    y = layer(X)
    assert np.array_equal(WAYS[way](layer)(X).numpy(), y.numpy())
    assert not np.array_equal(fresh(X).numpy(), y.numpy())


def test_a_model_that_is_python_code_cannot_be_written_down():
    class Own(M.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(ArgumentError, match="save_weights"):
        copy.deepcopy(Own())


def test_the_advice_for_a_lambda_loads_the_file(tmp_path):
    pytest.importorskip("h5py", reason="h5py is not installed (extra: io)")
    model = M.Sequential([L.Dense(1, input_shape=(3,)), L.Lambda(lambda x: 2.0 * x, name="twice")])
    model.save(tmp_path / "m.h5")
    with pytest.raises(ArgumentError, match=r"custom_objects=\{'twice': f\}"):
        M.load_model(tmp_path / "m.h5")
    again = M.load_model(tmp_path / "m.h5", custom_objects={"twice": doubled})
    assert np.array_equal(again.predict(X), model.predict(X))


def test_a_lambda_that_returns_a_list_of_one():
    x = L.Input((3,))
    y = L.Lambda(lambda t: [t * 2.0])(x)
    assert np.array_equal(M.Model(x, L.add([y, y])).predict(X), (4 * X).astype("float32"))


class Cubes(keras.regularizers.Regularizer):
    """factor times the sum of |w|^3."""

    def __init__(self, factor=1.0):
        self.factor = factor

    def __call__(self, weight):
        return self.factor * keras.backend.sum(keras.backend.abs(weight) ** 3)

    def get_config(self):
        return {"factor": self.factor}


def test_a_clone_knows_the_programs_own_regularizers_and_activations():
    """clone_model wrote their names down and could not read them."""
    cell = L.LSTMCell(2, bias_regularizer=Cubes(3.0))
    steps = L.TimeDistributed(L.Dense(2, activation=doubled, kernel_regularizer=Cubes(2.0)), input_shape=(3, 4))
    model = M.Sequential([steps, L.RNN(cell)])
    dense, rnn = M.clone_model(model).layers
    assert dense.layer.activation is doubled
    assert (dense.layer.kernel_regularizer.factor, rnn.cell.bias_regularizer.factor) == (2.0, 3.0)
    assert rnn.cell is not cell
    with pytest.raises(ArgumentError, match="doubled"):
        M.model_from_json(model.to_json())
