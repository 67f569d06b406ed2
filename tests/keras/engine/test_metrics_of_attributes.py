"""Metrics that are attributes of layers and models, or belong to a model within: shown, in Keras' order, with their values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepkit import keras
from deepkit.keras import backend as K

X = np.random.default_rng(0).normal(size=(8, 3))
Y = X.sum(1, keepdims=True)


class Held(keras.layers.Layer):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.second, self.first = keras.metrics.Mean(name="second"), keras.metrics.Mean(name="first")
        self.dense = keras.layers.Dense(2)

    def call(self, inputs: Any) -> Any:
        y = self.dense(inputs)
        self.add_metric(K.max(y), name="largest", aggregation="mean")
        self.add_metric(self.first(K.sum(y)))
        self.second.update_state(K.mean(y))
        return y


@pytest.mark.parametrize("eagerly", [False, True])
def test_attributes_of_a_layer_come_first_and_the_models_own_last(eagerly: bool) -> None:
    x = keras.Input((3,))
    held = Held()
    y = held(x)
    model = keras.Model(x, keras.layers.Dense(1)(y))
    if not eagerly:
        model.add_metric(K.min(y), name="own", aggregation="mean")
    model.compile("sgd", "mse", metrics=["mae"], run_eagerly=eagerly)
    names = ["loss", "mae", "second", "first", "largest", *([] if eagerly else ["own"])]
    assert model.metrics_names == names
    assert [m.name for m in model.metrics] == names[1:]
    found = model.evaluate(X, Y, batch_size=4, verbose=0, return_dict=True)
    assert list(found) == names
    values = keras.Model(x, y).predict(X).reshape(2, -1)
    assert found["first"] == pytest.approx(values.sum(1).mean(), rel=1e-5)
    assert found["second"] == pytest.approx(values.mean(), rel=1e-5)
    assert found["largest"] == pytest.approx(values.max(1).mean(), rel=1e-5)


def test_a_metric_of_a_subclassed_model_is_shown_and_starts_anew() -> None:
    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense, self.sums = keras.layers.Dense(1), keras.metrics.Mean(name="sums")

        def call(self, inputs: Any) -> Any:
            y = self.dense(inputs)
            self.sums.update_state(K.sum(y))
            return y

    model = Net()
    model.compile(keras.optimizers.SGD(0.0), "mse")
    history = model.fit(X, Y, batch_size=4, epochs=2, verbose=0).history
    sums = model.predict(X).reshape(2, -1).sum(1).mean()
    assert history["sums"] == pytest.approx([sums, sums], rel=1e-5)


def test_a_metric_given_to_compile_is_shown_once() -> None:
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Dense(1)(x))
    model.error = keras.metrics.MeanAbsoluteError(name="error")
    model.compile("sgd", "mse", metrics=[model.error])
    assert model.metrics_names == ["loss", "error"]


@pytest.mark.parametrize("metric", [keras.metrics.Mean, keras.metrics.Sum])
def test_a_metric_object_of_a_model_within_counts_what_goes_through_it_there(metric: Any) -> None:
    a = keras.Input((3,))
    h = keras.layers.Dense(2)(a)
    inner = keras.Model(a, h)
    inner.add_metric(metric(name="height")(K.sum(h)))
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Dense(1)(inner(keras.layers.Lambda(lambda t: 2 * t)(x))))
    model.compile("sgd", "mse")
    found = model.evaluate(X, Y, batch_size=4, verbose=0, return_dict=True)["height"]
    sums = inner.predict(2 * X).reshape(2, -1).sum(1)
    assert found == pytest.approx(sums.mean() if metric is keras.metrics.Mean else sums.sum(), rel=1e-5)
