"""Steps: they use the graph that the user's calls wrote, with the phase inside it, and train what compile saw."""

from __future__ import annotations

import threading
import warnings

import numpy as np
import pytest

import deepkit as dk
from deepkit import keras, ops
from deepkit.core.graph import Graph
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.errors import GraphWarning
from deepkit.keras import backend as K
from deepkit.runtime.plan import Plan

L, M = keras.layers, keras.models


class Recorder(L.Layer):
    """Notes each run of its Python code; its loss and its update are the mean of the input."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seen = []

    def build(self, input_shape):
        self.mean = self.add_weight("mean", (), initializer="zeros", trainable=False)
        super().build(input_shape)

    def call(self, inputs, training=None):
        self.seen.append(training)
        self.add_loss(K.mean(inputs))
        self.add_update(self.mean.assign(K.mean(inputs)))
        return inputs


def used(model, x, y):
    """Every kind of step, twice."""
    model.compile("sgd", "mse", metrics=["mae"])
    for _ in range(2):
        model.fit(x, y, verbose=0)
        model.evaluate(x, y, verbose=0)
        model.predict(x)
        model.train_on_batch(x, y.astype("int32"))  # targets of another type: another step
    K.function([model.input], [model.output])([x])


def test_a_layers_code_runs_once_for_each_call_that_the_user_writes():
    x, layer = L.Input((3,)), Recorder()
    inner = M.Model(x, layer(x))
    assert len(layer.seen) == 1
    model = M.Model(x, L.Dense(1)(inner(x)))
    assert len(layer.seen) == 2  # `inner` was called
    used(model, np.ones((4, 3)), np.ones((4, 1)))
    assert len(layer.seen) == 2
    assert len(model.losses) == len(model.updates) == len(inner.losses) == 1


def test_the_losses_and_updates_are_those_between_the_models_own_ends():
    x, layer = L.Input((3,)), Recorder()
    first = M.Model(x, layer(x))
    second = M.Model(x, layer(L.Lambda(lambda t: 10 * t)(x)))
    for model, mean in ((first, 1.0), (second, 10.0)):
        model.compile("sgd", "mse")
        ones = np.ones((4, 3))
        assert model.train_on_batch(ones, mean * ones) == mean
        assert K.get_value(layer.mean) == mean


def test_a_lambda_in_a_loop_keeps_the_number_it_was_called_with():
    x = L.Input((3, 1))
    model = M.Model(x, L.concatenate([L.Lambda(lambda v: v[:, t])(x) for t in range(3)]))  # noqa: B023
    steps = np.array([[[1.0], [2.0], [3.0]]])
    assert model.predict(steps).tolist() == K.function([x], [model.output])([steps])[0].tolist() == [[1, 2, 3]]
    model.compile("sgd", "mse")
    assert model.evaluate(steps, np.array([[1.0, 2.0, 3.0]]), verbose=0) == 0.0


def test_a_subclass_is_called_with_the_phase_as_a_truth_value():
    class Doubling(M.Model):
        def __init__(self):
            super().__init__()
            self.same = L.Dense(1, use_bias=False, kernel_initializer="ones")
            self.seen = []

        def call(self, inputs, training=None):
            self.seen.append(training)
            return self.same(inputs) * (2.0 if training else 1.0)

    K.clear_session()
    model, ones = Doubling(), np.ones((2, 1))
    model.compile(keras.optimizers.SGD(0.0), "mse")
    for _ in range(2):
        assert model.train_on_batch(ones, ones) == 1.0
        assert model.evaluate(ones, ones, verbose=0) == 0.0
        assert model.predict(ones).tolist() == ones.tolist()
    assert model.seen == [0, 1]
    assert [w.name for w in model.weights] == ["doubling_1/dense_1/kernel:0"]


def test_set_learning_phase_rules_over_graphs_made_before():
    with Graph().as_default():
        model = M.Sequential([L.Dropout(0.5, input_shape=(1000,))])
        ones = np.ones((1, 1000))
        K.set_learning_phase(1)
        assert (model.predict(ones) == 0).mean() == pytest.approx(0.5, abs=0.1)
        assert (K.function([model.input], [model.output])([ones])[0] == 0).mean() == pytest.approx(0.5, abs=0.1)


def gan():
    judge = M.Sequential([L.Dense(1, input_shape=(3,), kernel_initializer="ones")])
    judge.compile(keras.optimizers.SGD(0.1), "mse")
    judge.trainable = False
    z = L.Input((2,))
    maker = M.Sequential([L.Dense(3, input_shape=(2,), kernel_initializer="ones")])
    both = M.Model(z, judge(maker(z)))
    both.compile(keras.optimizers.SGD(0.1), "mse")
    return judge, maker, both


def test_compile_decides_which_weights_are_trained():
    judge, maker, both = gan()
    with pytest.warns(GraphWarning, match="Discrepancy"):
        judge.train_on_batch(np.ones((4, 3)), np.zeros((4, 1)))
    assert np.allclose(judge.get_weights()[0], 1 - 0.1 * 2 * 3)
    before = judge.get_weights()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        both.train_on_batch(np.ones((4, 2)), np.zeros((4, 1)))
    assert all(np.array_equal(a, b) for a, b in zip(before, judge.get_weights(), strict=True))
    assert not np.allclose(maker.get_weights()[0], 1)
    judge.trainable = True
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        judge.train_on_batch(np.ones((4, 3)), np.zeros((4, 1)))


@pytest.mark.parametrize("when", ["before compile", "after compile"])
def test_a_batch_normalization_is_frozen_as_compile_found_it(when):
    model = M.Sequential([L.BatchNormalization(momentum=0.5, input_shape=(1,))])
    if when == "before compile":
        model.layers[0].trainable = False
        model.add(L.Dense(1, kernel_initializer="zeros"))
    model.compile("sgd", "mse")
    model.trainable = False
    x = np.array([[1.0], [5.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GraphWarning)
        model.train_on_batch(x, x)
    mean, variance = model.layers[0].get_weights()[2:]
    # batch: mean 3, variance 4; the averages go half of the way there, or stay
    assert (mean, variance) == ((0.0, 1.0) if when == "before compile" else (1.5, 2.5))
    model.predict(x)
    model.evaluate(x, x, verbose=0)
    assert [v.tolist() for v in model.layers[0].get_weights()[2:]] == [mean.tolist(), variance.tolist()]


def test_a_compile_that_fails_leaves_the_model_as_it_was():
    model = M.Sequential([L.Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse", metrics=["mae"])
    old = model.optimizer
    for wrong in ({"metrics": ["acuracy"]}, {"loss": "mze"}, {"loss_weights": [1, 2]}, {"optimizer": "sgdd"}):
        with pytest.raises(ValueError, match=r"."):
            model.compile(**{"optimizer": "adam", "loss": "mse", **wrong})
    assert model.optimizer is old
    assert list(model.fit(np.ones((2, 2)), np.ones((2, 1)), verbose=0).history) == ["loss", "mae"]


def test_only_the_branch_of_its_phase_is_in_a_steps_plan(monkeypatch):
    plans = []

    class Noted(Plan):
        def __init__(self, *args):
            super().__init__(*args)
            if self.feeds:  # no initial values
                plans.append([node.type for node in self.order])

    monkeypatch.setattr("deepkit.runtime.session.Plan", Noted)
    model = M.Sequential([L.Dropout(0.5, input_shape=(3,)), L.BatchNormalization(), L.Dense(1)])
    model.compile("sgd", "mse")
    model.predict(np.ones((2, 3)))
    model.train_on_batch(np.ones((2, 3)), np.ones((2, 1)))
    predicting, training = plans
    assert not {"Choose", "Dropout", "Mean", "Assign"} & set(predicting)
    assert "Choose" not in training
    assert training.count("Dropout") == 1
    assert training.count("Rsqrt") == 1  # not by the moving averages as well


def test_ten_threads_call_one_layer_on_tensors_and_each_gets_its_own_gradient():
    """The inner product of the inputs with the kernel: its derivative by the kernel is the sum of the thread's own rows."""

    class Slow(L.Dense):
        def call(self, inputs):
            meet.wait()  # all ten are in the middle of their call at the same time
            y = super().call(inputs)
            meet.wait()
            return y

    layer, meet, right = Slow(3), threading.Barrier(1), []
    layer(np.ones((1, 4), "float32"))
    meet = threading.Barrier(10, timeout=60)

    def work(number):
        for _ in range(5):
            y = layer(dk.tensor(np.full((2, 4), number, "float32")))
            found = dk.gradients(ops.reduce_sum(y), [layer.kernel.eager])[0]
            if np.array_equal(found.numpy(), np.full((4, 3), 2 * number)):
                right.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(right) == sorted([*range(10)] * 5)


def test_a_weight_is_the_same_object_on_tensors_and_in_a_graph():
    class Looks(L.Dense):
        def call(self, inputs):
            seen.append((self.kernel, self.kernel.read()))
            return super().call(inputs)

    seen = []
    layer = Looks(2)
    layer(L.Input((3,)))
    layer(np.ones((1, 3), "float32"))
    (in_graph, read), (on_tensors, value) = seen
    assert in_graph is on_tensors is layer.kernel
    assert isinstance(read, Symbol)
    assert isinstance(value, Tensor)
    assert np.array_equal(value.numpy(), layer.get_weights()[0])


class OwnNames(M.Model):
    """A model whose author has used names that others like, too: methods of PyTorch's, numbers of the training."""

    def __init__(self):
        super().__init__()
        self.dense = L.Dense(1, kernel_initializer="ones")
        self.step = self.steps = self.training = self.signature = self.objective = self.world = self.topology = 3
        self.calls = self.scope = self.penalties = self._training = self._calls = 0

    def remember(self, *what):
        self.calls += len(what)

    def forward(self, x):
        return self.dense(x)

    def call(self, x):
        return self.forward(x)


@pytest.mark.parametrize("eagerly", [False, True])
def test_a_models_own_names_are_not_taken(eagerly):
    model, x, y = OwnNames(), np.ones((4, 2)), np.ones((4, 1))
    model.compile("sgd", "mse", run_eagerly=eagerly)
    assert model.evaluate(x, y, verbose=0) == 1.0  # (1 + 1 - 1)^2
    assert model.train_on_batch(x, y) == 1.0
    assert model.evaluate(x, y, verbose=0) < 1.0
    model.remember("state", "action")
    assert model.step == model.topology == 3
    assert model.calls == 2
