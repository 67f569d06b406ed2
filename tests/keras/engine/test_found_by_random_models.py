"""Programs that random models beside tf_keras brought to light; the right values are tf_keras's."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit import keras
from deepkit.keras import dialects


class Small(keras.Model):
    """One dense layer."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(2)

    def call(self, x):
        return self.dense(x)


def test_metrics_given_to_compile_are_no_layers_of_a_subclassed_model():
    """Their sums stood among the weights, so that get_weights grew at compile and saved weights did not fit."""
    model = Small()
    model.build((None, 3))
    kept = model.get_weights()
    metrics = [keras.metrics.MeanAbsoluteError(), keras.metrics.AUC()]
    model.compile("sgd", "mse", metrics=metrics, weighted_metrics=[keras.metrics.Poisson()])
    model.train_on_batch(np.ones((2, 3)), np.ones((2, 2)))
    assert [w.shape for w in model.get_weights()] == [(3, 2), (2,)]
    assert model.layers == [model.dense]
    assert len(model.non_trainable_weights) == 0
    model.set_weights(kept)


def test_of_metrics_that_are_called_alike_the_last_one_counts():
    """A name and an object of the same name were shown twice; tf_keras and Keras 2.3.1 keep one for each name."""
    model = keras.Sequential([keras.layers.Dense(1, input_shape=(1,))])
    named = keras.metrics.RootMeanSquaredError(name="mae")
    model.compile("sgd", "mse", metrics=["mae", "mse", named])
    assert model.metrics_names == ["loss", "mae", "mse"]
    assert model.metrics[0] is named


def test_build_names_the_weights_of_a_subclass_by_their_layers():
    """Keras' build calls `call` itself, a first batch calls the model: only there its name is in front."""
    built, called = Small(), Small()
    built.build((None, 3))
    called.predict(np.ones((1, 3)))
    assert built.weights[0].name == f"{built.dense.name}/kernel:0"
    assert called.weights[0].name == f"{called.name}/{called.dense.name}/kernel:0"


@pytest.fixture
def speak():
    yield dialects.speak
    dialects.speak(dialects.LAST)


@pytest.mark.parametrize(("dialect", "first"), [(dialects.LAST, 1.5), (dialects.STANDALONE, 36 / 5)])
def test_what_evaluate_left_in_the_metrics(speak, dialect, first):
    """They start anew before a batch in tf_keras; after it in Keras 2.3.1 and in tf_keras' graphs: (1 + 2 + 30 + 1 + 2) / 5."""
    speak(dialect)
    model = keras.Sequential([keras.layers.Activation("linear", input_shape=(1,))])
    model.compile("sgd", "mse", metrics=["mae"])
    x, zeros = np.array([[1.0], [2.0], [30.0]]), np.zeros((3, 1))
    model.evaluate(x, zeros, verbose=0)
    batches = [model.test_on_batch(x[:2], zeros[:2]) for _ in range(2)]
    np.testing.assert_allclose(batches, [[2.5, first], [2.5, 1.5]])


class Counting(keras.layers.Layer):
    """Counts its runs; a stateful one says that the count is its state."""

    def __init__(self, stateful: bool) -> None:
        super().__init__(input_shape=(1,))
        self.stateful = stateful

    def build(self, input_shape):
        self.runs = self.add_weight("runs", (), initializer="zeros", trainable=False)
        super().build(input_shape)

    def call(self, x):
        self.add_update(keras.backend.update_add(self.runs, 1.0))
        return x


def counted(stateful: bool, frozen: bool) -> list[int]:
    """The count after a run to train, to test and to predict, and how many updates the model has."""
    layer = Counting(stateful)
    model = keras.Sequential([layer])
    layer.trainable = not frozen
    model.compile("sgd", "mse")
    found, x = [], np.ones((1, 1))
    for run in (model.train_on_batch, model.test_on_batch, lambda x, _: model.predict(x)):
        run(x, x)
        found.append(int(layer.get_weights()[0]))
    return [*found, len(model.updates)]


def test_updates_belong_to_training_and_states_to_every_run():
    """add_update's assignments happened in evaluate and predict, too; in Keras only a stateful layer's do."""
    assert counted(stateful=False, frozen=False) == [1, 1, 1, 1]
    assert counted(stateful=False, frozen=True) == [0, 0, 0, 0]
    assert counted(stateful=True, frozen=True) == [1, 2, 3, 1]


class Measured(keras.layers.Layer):
    """Passes its input on and shows two metrics of it: one that it holds, and the mean of a value."""

    def __init__(self) -> None:
        super().__init__(input_shape=(1,))
        self.held = keras.metrics.Mean("held")

    def call(self, x):
        self.add_metric(self.held(x))
        self.add_metric(keras.backend.sum(x), name="total", aggregation="mean")
        return x


def test_metrics_made_in_the_call_of_a_layer():
    """They were unknown before the first batch, a held one's result was averaged again, and its sums were weights."""
    layer = Measured()
    model = keras.Sequential([layer])
    model.compile("sgd", "mse")
    x = np.array([[1.0], [2.0], [30.0]])
    assert model.metrics_names == ["loss", "held", "total"]
    assert layer.held in model.metrics
    assert not model.weights
    model.predict(x)  # measures nothing
    np.testing.assert_allclose(model.evaluate(x, x, batch_size=2, verbose=0), [0, 11, 33 / 2])
    model.compile("adam", "mse")  # what is added goes on counting, until a batch starts it anew
    np.testing.assert_allclose(model.test_on_batch(x, x, reset_metrics=False), [0, 11, 66 / 3])
    np.testing.assert_allclose(model.test_on_batch(x, x), [0, 11, 33])


def test_a_number_is_a_loss():
    model = keras.models.Sequential([keras.layers.Dense(1, kernel_initializer="ones", input_shape=(1,))])
    model.add_loss(1)
    model.compile("sgd", "mse")
    assert model.test_on_batch(np.ones((1, 1)), np.zeros((1, 1))) == 1.0 + 1.0


def test_the_metrics_of_a_batch_are_its_own_whatever_came_before():
    """Found by program 40032: reset_metrics=True is about this batch, and False goes on from it."""
    model = keras.models.Sequential([keras.layers.Dense(1, kernel_initializer="ones", input_shape=(1,))])
    model.compile(keras.optimizers.SGD(0.0), "mse", metrics=["mae"])
    x, zeros = np.array([[1.0], [2.0], [6.0]]), np.zeros((3, 1))
    assert model.evaluate(x, zeros, verbose=0)[1] == 3.0
    assert model.train_on_batch(x[:1], zeros[:1])[1] == 1.0
    assert model.test_on_batch(x[2:], zeros[2:], reset_metrics=False)[1] == (1.0 + 6.0) / 2
    assert model.test_on_batch(x[1:2], zeros[1:2])[1] == 2.0


def test_an_optimizer_of_a_model_without_trained_weights_has_its_count():
    model = keras.Sequential([keras.layers.Dense(1, input_shape=(1,), trainable=False)])
    model.compile("sgd", "mse")
    model.train_on_batch(np.ones((2, 1)), np.ones((2, 1)))
    assert [int(w) for w in model.optimizer.get_weights()] == [0]
