"""A list, dictionary or array that is given is kept as it is at that moment; and layers in lists belong to their owner."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit import keras

L, M = keras.layers, keras.models
ONES = np.ones((1, 2), "float32")


def test_a_list_that_grows_with_what_layers_make_of_it():
    features = [L.Input((2,))]
    x = features[0]
    for _ in range(3):  # as DenseNet and Inception are written
        features.append(L.Lambda(lambda t: 2 * t)(x))
        x = L.concatenate(features)
        features[:] = [*features]
    model = M.Model(features[0], x)
    # 2 numbers, twice the 2 before, twice the 4 before, twice the 10 before
    assert model.predict(ONES).ravel().tolist() == [1, 1, 2, 2, 2, 2, 4, 4, *[2, 2, 4, 4, 4, 4, 8, 8]]
    again = M.Model.from_config(model.get_config(), custom_objects={"<lambda>": lambda t: 2 * t})
    assert np.array_equal(again.predict(ONES), model.predict(ONES))


def test_a_list_of_inputs_that_shrinks():
    a, b = L.Input((2,)), L.Input((2,))
    given = [a, b]
    y = L.add(given)
    ends = [[a, b], [y]]
    model = M.Model(*ends)
    given.pop()
    for end in ends:
        end.clear()
    assert model.predict([ONES, 2 * ONES]).tolist() == [[3, 3]]
    assert M.Model.from_config(model.get_config()).predict([ONES, ONES]).tolist() == [[2, 2]]


def test_arguments_in_dictionaries_and_lists():
    by, shape, value, axes = {"by": [2.0]}, [None, 1], np.array([3.0]), [1, 1]
    layer = L.Lambda(lambda x, by: x * by[0], arguments=by)
    others = [
        L.Dropout(0.5, noise_shape=shape),
        L.AlphaDropout(0.5, noise_shape=shape),
        L.Dense(1, bias_initializer=keras.initializers.Constant(value)),
        L.Dot(axes),
        L.Dense(1, weights=[np.ones((2, 1)), value], input_shape=(2,)),
    ]
    layer.get_config()["arguments"]["by"].append(0)
    others[0].get_config()["noise_shape"].append(0)
    by["by"][0] = shape[1] = axes[0] = 7
    value[:] = 7
    assert layer(ONES).numpy().tolist() == [[2, 2]]
    assert layer.get_config()["arguments"] == {"by": [2.0]}
    assert others[0].get_config()["noise_shape"] == others[1].noise_shape == [None, 1]
    assert others[2](0 * ONES).numpy().tolist() == [[3]]
    assert others[3].get_config()["axes"] == [1, 1]
    assert others[4](ONES).numpy().tolist() == [[5]]


def test_what_compile_was_given():
    x = L.Input((2,))
    model = M.Model(x, [L.Dense(1, name="a", kernel_initializer="ones")(x), L.Dense(1, name="b")(x)])
    losses, factors, metrics = {"a": "mse", "b": "mae"}, [1.0, 0.0], {"a": ["mae"]}
    model.compile("sgd", losses, metrics=metrics, loss_weights=factors)
    losses["a"], factors[1] = "mae", 5.0
    metrics["a"].append("mse")
    zeros = np.zeros((1, 1))
    found = model.evaluate(ONES, [zeros, zeros], verbose=0, return_dict=True)
    assert found["loss"] == found["a_loss"] == 4.0
    assert found["a_mae"] == 2.0
    assert "a_mse" not in found
    assert M.clone_model(model).predict(ONES)[0].shape == (1, 1)


def test_a_schedules_boundaries():
    boundaries, values = [1, 2], [1.0, 0.5, 0.1]
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, values)
    boundaries[:], values[:] = [0, 0], [9.0, 9.0, 9.0]
    assert float(schedule(0)) == 1.0
    assert schedule.get_config()["values"] == [1.0, 0.5, 0.1]


class Rows(M.Model):
    """Layers that come into lists, dictionaries and private attributes after these were set."""

    def __init__(self):
        super().__init__()
        self.row, self.named, self._last = [], {}, L.Dense(1)
        self.row.append(L.Dense(2))
        self.row.append([L.Dense(2)])
        self.named["one"] = L.Dense(2)

    def call(self, inputs):
        return self._last(self.named["one"](self.row[1][0](self.row[0](inputs))))


@pytest.mark.parametrize("as_layer", [False, True])
def test_layers_in_lists_are_trained(as_layer):
    x = L.Input((2,))
    rows = Rows()
    model = M.Model(x, rows(x)) if as_layer else rows
    model.compile("sgd", "mse")
    model.train_on_batch(ONES, np.ones((1, 1)))
    before = model.get_weights()
    assert [len(model.trainable_weights), len(rows.layers)] == [8, 4]
    model.train_on_batch(ONES, np.ones((1, 1)))
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))
    rows.row[0] = L.Dense(2)
    assert len(rows.layers) == 4
