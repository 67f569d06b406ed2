"""The engine: how layers are called, remembered, cut into models, and trained."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit import ops
from deepkit.core.graph import Graph
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras import backend as K
from deepkit.keras.backend.weights import Weight
from deepkit.keras.layers import Dense, Input, Layer
from deepkit.keras.models import Model, Sequential


@pytest.fixture(autouse=True)
def _own_graph():
    with Graph().as_default():
        yield


def _data(samples=24, features=3, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(samples, features)).astype("float32")
    return x, (x @ np.arange(1, features + 1, dtype="float32"))[:, None]


class Scale(Layer):
    """Multiplies by one weight for each feature, doubled in training."""

    def build(self, input_shape):
        self.factor = self.add_weight(name="factor", shape=(input_shape[-1],), initializer="ones")
        super().build(input_shape)

    def call(self, inputs, training=None):
        y = inputs * self.factor
        return K.in_train_phase(y * 2.0, y, training)


class Counter(Layer):
    """Passes its input on and counts its runs in a weight that is not trained."""

    def build(self, input_shape):
        self.runs = self.add_weight(name="runs", shape=(), initializer="zeros", trainable=False)

    def call(self, inputs):
        self.add_update(self.runs.assign_add(1.0))
        return inputs * 1.0


def test_a_dense_stack_computes_what_numpy_computes():
    model = Sequential([Dense(4, activation="relu", input_shape=(3,)), Dense(2)])
    x, _ = _data()
    w, b, v, c = model.get_weights()
    np.testing.assert_allclose(model.predict(x), np.maximum(x @ w + b, 0) @ v + c, rtol=1e-5, atol=1e-6)
    assert model.output_shape == (None, 2)
    assert model.count_params() == 3 * 4 + 4 + 4 * 2 + 2


def test_names_count_the_layers_of_a_kind_and_weights_carry_them():
    model = Sequential([Dense(1, input_shape=(2,)), Dense(1)])
    assert [layer.name for layer in model.layers] == ["dense_1", "dense_2"]
    assert [w.name for w in model.weights][:2] == ["dense_1/kernel:0", "dense_1/bias:0"]


def test_add_and_pop_change_the_model():
    model = Sequential([Dense(4, input_shape=(3,)), Dense(2)])
    model.pop()
    assert model.output_shape == (None, 4)
    assert len(model.layers) == 1
    model.add(Dense(5))
    assert model.predict(np.ones((2, 3))).shape == (2, 5)


def test_a_model_without_an_input_shape_is_built_by_its_first_batch():
    model = Sequential([Dense(2)])
    with pytest.raises(ArgumentError, match="no outputs yet"):
        _ = model.output
    assert model.predict(np.ones((4, 3))).shape == (4, 2)
    assert model.layers[0].kernel.shape.as_list() == [3, 2]


def test_a_shared_layer_has_one_set_of_weights_and_several_outputs():
    a, b = Input((3,)), Input((3,))
    shared = Dense(2)
    model = Model(inputs=[a, b], outputs=[shared(a), shared(b)])
    assert len(model.weights) == 2
    assert shared.get_output_shape_at(1) == (None, 2)
    x, _ = _data()
    first, second = model.predict([x, 2 * x])
    np.testing.assert_allclose(
        second - model.get_weights()[1], 2 * (first - model.get_weights()[1]), rtol=1e-4, atol=1e-5
    )


def test_a_model_is_a_layer_of_another_model():
    inner = Sequential([Dense(4, input_shape=(3,)), Dense(2)])
    x = Input((3,))
    outer = Model(x, Dense(1)(inner(x)))
    assert [layer.name for layer in outer.layers][1] == inner.name
    assert len(outer.weights) == 6
    data, _ = _data()
    w, b = outer.layers[2].get_weights()
    np.testing.assert_allclose(outer.predict(data), inner.predict(data) @ w + b, rtol=1e-5, atol=1e-6)


def test_layers_are_ordered_by_depth_then_by_the_way_back_from_the_outputs():
    a = Input((2,), name="a")
    left = Dense(2, name="left")(a)
    deep = Dense(2, name="deep2")(Dense(2, name="deep1")(a))
    model = Model(a, [Dense(1, name="out1")(deep), Dense(1, name="out2")(left)])
    # the order that tf_keras gives for the same calls
    assert [layer.name for layer in model.layers] == ["a", "deep1", "deep2", "left", "out1", "out2"]


def test_an_input_that_is_missing_is_named():
    a, b = Input((2,), name="a"), Input((2,), name="b")
    with pytest.raises(ArgumentError, match="need b:0, which its inputs do not lead to"):
        Model(a, Dense(1)(Pair()([a, b])))


class Pair(Layer):
    """The sum of two inputs."""

    def call(self, inputs):
        return inputs[0] + inputs[1]


def test_a_tensor_that_no_layer_made_is_explained():
    a = Input((2,))
    with pytest.raises(ArgumentError, match="Lambda"):
        Model(a, a * 2.0)


def test_eager_and_compiled_training_give_the_same_weights():
    x, y = _data()
    runs = []
    for eager in (False, True):
        model = Sequential([Scale(input_shape=(3,)), Dense(4, activation="tanh"), Dense(1)])
        model.set_weights([np.full(w.shape.as_list(), 0.1 * (i + 1), "float32") for i, w in enumerate(model.weights)])
        model.compile("sgd", "mse", run_eagerly=eager)
        history = model.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0)
        runs.append((history.history["loss"], model.get_weights()))
    np.testing.assert_allclose(runs[0][0], runs[1][0], rtol=1e-5)
    for a, b in zip(runs[0][1], runs[1][1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_one_sgd_step_is_the_formula():
    x, y = _data()
    model = Sequential([Dense(1, input_shape=(3,))])
    w, b = model.get_weights()
    model.compile("sgd", "mse")
    loss = model.train_on_batch(x, y)
    error = x @ w + b - y
    np.testing.assert_allclose(loss, (error**2).mean(), rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], w - 0.01 * 2 * x.T @ error / len(x), rtol=1e-4, atol=1e-6)


def test_sample_and_class_weights_scale_each_sample():
    x, y = _data()
    model = Sequential([Dense(1, input_shape=(3,))])
    model.compile("sgd", "mse")
    losses = ((model.predict(x) - y) ** 2)[:, 0]
    weights = np.linspace(0, 2, len(x)).astype("float32")
    np.testing.assert_allclose(
        model.evaluate(x, y, sample_weight=weights, verbose=0), (losses * weights).mean(), rtol=1e-5
    )
    classes = (np.arange(len(x)) % 2)[:, None]
    losses = ((model.predict(x) - classes) ** 2)[:, 0]
    got = model.train_on_batch(x, classes, class_weight={0: 1.0, 1: 3.0})
    np.testing.assert_allclose(got, (losses * np.where(classes[:, 0], 3, 1)).mean(), rtol=1e-5)


def test_the_phase_tells_training_from_testing():
    model = Sequential([Scale(input_shape=(3,))])
    x = np.ones((2, 3), "float32")
    assert model.predict(x)[0, 0] == 1.0
    f = K.function([model.input, K.learning_phase()], [model.output])
    assert f([x, 0])[0][0, 0] == 1.0
    assert f([x, 1])[0][0, 0] == 2.0
    model.compile("sgd", "mse")
    np.testing.assert_allclose(model.train_on_batch(x, np.zeros((2, 3))), 4.0)


def test_updates_of_layers_happen_once_per_run():
    model = Sequential([Counter(input_shape=(3,)), Dense(1)])
    x, y = _data(samples=16)
    model.compile("sgd", "mse")
    model.fit(x, y, batch_size=4, epochs=2, verbose=0)
    assert K.get_value(model.layers[0].runs) == 8
    model.predict(x, batch_size=8)  # add_update is for training, as in Keras 2.3.1 and in tf_keras' graphs
    assert K.get_value(model.layers[0].runs) == 8


def test_a_layer_called_on_an_array_computes_at_once():
    layer = Dense(2)
    y = layer(np.ones((1, 3), "float32"))
    np.testing.assert_allclose(y.numpy(), np.ones((1, 3)) @ layer.get_weights()[0] + layer.get_weights()[1], rtol=1e-6)
    assert isinstance(layer.kernel, Weight)


def test_frozen_layers_stay():
    model = Sequential([Dense(2, input_shape=(3,)), Dense(1)])
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.train_on_batch(*_data())
    after = model.get_weights()
    np.testing.assert_array_equal(before[0], after[0])
    assert not np.array_equal(before[2], after[2])
    assert len(model.trainable_weights) == 2
    assert len(model.non_trainable_weights) == 2


def test_weights_that_are_set_are_never_drawn():
    model = Sequential([Dense(2, input_shape=(3,))])
    values = [np.ones((3, 2)), np.zeros(2)]
    model.set_weights(values)
    np.testing.assert_array_equal(model.get_weights()[0], values[0])


def test_a_graph_seed_repeats_the_initial_weights():
    found = []
    for _ in range(2):
        with Graph().as_default() as graph:
            graph.seed = 7
            found.append(Sequential([Dense(4, input_shape=(3,))]).get_weights()[0])
    np.testing.assert_array_equal(*found)


def test_validation_split_holds_back_the_last_samples():
    x, y = _data(samples=20)
    model = Sequential([Dense(1, input_shape=(3,))])
    model.compile("sgd", "mse")
    history = model.fit(x, y, validation_split=0.25, epochs=2, verbose=0)
    np.testing.assert_allclose(history.history["val_loss"][-1], model.evaluate(x[15:], y[15:], verbose=0), rtol=1e-5)


def test_fit_takes_generators_and_sequences():
    x, y = _data(samples=16)

    def forever():
        while True:
            yield x, y

    model = Sequential([Dense(1, input_shape=(3,))])
    model.compile("sgd", "mse")
    history = model.fit_generator(forever(), steps_per_epoch=3, epochs=2, verbose=0, validation_data=(x, y))
    assert len(history.history["val_loss"]) == 2
    with pytest.raises(ValueError, match="ended after 1 of 3"):
        model.fit(iter([(x, y)]), steps_per_epoch=3, verbose=0)


def test_several_outputs_have_their_own_losses_and_weights():
    a = Input((3,))
    model = Model(a, [Dense(1, name="p")(a), Dense(1, name="q")(a)])
    model.compile("sgd", {"p": "mse", "q": "mae"}, loss_weights=[1.0, 0.5])
    x, y = _data()
    p, q = model.predict(x)
    total, first, second = model.evaluate(x, {"p": y, "q": -y}, verbose=0)
    np.testing.assert_allclose([first, second], [((p - y) ** 2).mean(), abs(q + y).mean()], rtol=1e-5)
    np.testing.assert_allclose(total, first + 0.5 * second, rtol=1e-5)
    assert model.metrics_names == ["loss", "p_loss", "q_loss"]


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (lambda m, x, y: m.fit(x[:, :2], y, verbose=0), ShapeError, "expected shape (None, 3), got (24, 2)"),
        (lambda m, x, y: m.fit(x, y[:5], verbose=0), ShapeError, "24, 5"),
        (lambda m, x, y: m.fit(x, np.ones((24, 2)), verbose=0), ShapeError, "nothing is broadcast"),
        (lambda m, x, y: m.set_weights([np.ones((2, 2)), np.ones(1)]), ShapeError, "kernel"),
        (lambda m, x, y: m.set_weights([np.ones((3, 1))]), ArgumentError, "1 arrays for 2 weights"),
        (lambda m, x, y: m.get_layer("nothing"), ArgumentError, "dense_1"),
        (lambda m, x, y: m.add(Dense), ArgumentError, "not a layer"),
        (lambda m, x, y: m.layers[0](np.ones((2, 5), "float32")), ShapeError, "axis of features"),
        (lambda m, x, y: Dense(3, unit=3), ArgumentError, "did you mean 'units'"),
        (lambda m, x, y: m.fit(x, y, batch_size=0, verbose=0), ArgumentError, "at least 1"),
        (lambda m, x, y: Sequential([Dense(1, input_shape=(2,))]).fit(x, y), ArgumentError, "not compiled"),
    ],
)
def test_mistakes_are_explained(act, error, words):
    model = Sequential([Dense(1, input_shape=(3,))])
    model.compile("sgd", "mse")
    with pytest.raises(error) as caught:
        act(model, *_data())
    assert words in str(caught.value)


def test_a_column_is_not_compared_with_a_row():
    """Targets (n,) beside outputs (n, 1) would broadcast to (n, n); they are taken as a column."""
    x, y = _data()
    model = Sequential([Dense(1, input_shape=(3,))])
    model.compile("sgd", "mse")
    np.testing.assert_allclose(model.evaluate(x, y[:, 0], verbose=0), model.evaluate(x, y, verbose=0), rtol=1e-6)


def test_a_subclassed_model_trains():
    class Two(Model):
        def __init__(self):
            super().__init__()
            self.hidden, self.out = Dense(4, activation="tanh"), Dense(1)

        def call(self, inputs):
            return self.out(self.hidden(inputs))

    model = Two()
    model.compile("sgd", "mse")
    x, y = _data()
    losses = model.fit(x, y, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert len(model.weights) == 4


def test_assignments_in_call_are_not_lost():
    """A layer in the manner of later Keras versions assigns its state inside `call`."""

    class Last(Layer):
        def build(self, input_shape):
            self.seen = self.add_weight(name="seen", shape=(), initializer="zeros", trainable=False)

        def call(self, inputs):
            self.seen.assign(ops.reduce_max(inputs))
            return inputs * 1.0

    model = Sequential([Last(input_shape=(2,))])
    model.predict(np.array([[1.0, 5.0]]))
    assert K.get_value(model.layers[0].seen) == 5.0


@pytest.mark.parametrize("eager", [False, True])
def test_a_layer_s_own_metric_is_shown(eager):
    class Watched(Layer):
        def call(self, inputs):
            self.add_metric(ops.reduce_max(inputs), name="largest")
            return inputs * 1.0

    model = Sequential([Watched(input_shape=(2,)), Dense(1)])
    model.compile("sgd", "mse", run_eagerly=eager)
    found = model.test_on_batch(np.array([[1.0, 5.0]]), np.zeros((1, 1)), return_dict=True)
    assert found["largest"] == 5.0


def test_one_batch_is_predicted():
    model = Sequential([Dense(2, input_shape=(3,))])
    x, _ = _data()
    np.testing.assert_array_equal(model.predict_on_batch(x), model.predict(x, batch_size=len(x)))


def test_a_layer_that_does_not_fit_is_no_part_of_the_model():
    model = Sequential([Dense(4, input_shape=(3,))])
    with pytest.raises(ShapeError):
        model.add(Dense(2, input_shape=(5,), weights=[np.zeros((7, 2)), np.zeros(2)]))
    model.add(Dense(1))
    assert [layer.units for layer in model.layers] == [4, 1]
    assert model.output_shape == (None, 1)


def test_a_model_of_one_output_in_a_list_gives_a_tensor():
    """As tf_keras and Keras 2.3.1: such a model is a layer like others."""
    x = Input((2,))
    inner = Model([x], [Dense(3, kernel_initializer="ones")(x)])
    assert inner(Input((2,))).shape.as_list() == [None, 3]
    assert Dense(4)(inner(x)).shape.as_list() == [None, 4]
    row = Sequential([inner, Dense(1, kernel_initializer="ones")])
    assert row.output_shape == (None, 1)
    assert row.predict(np.ones((1, 2)), verbose=0).tolist() == [[6.0]]
    with pytest.raises(ShapeError, match=r"layer\(x\) instead of layer\(\[x\]\)"):
        Dense(4)([x])


def test_programs_name_a_layer_by_its_private_attribute():
    model = Sequential([Dense(1, input_shape=(2,))])
    model._name = "mine"
    model.layers[0]._name = "first"
    assert (model.name, model.layers[0]._name, model.get_layer("first").name) == ("mine", "first", "first")
